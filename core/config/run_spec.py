"""The specification of a run: everything needed to repeat it, free of torch."""

import shlex
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from core.config.model_config import CONFIGS, config_for, require_between, require_positive_int
from core.config.recipe import ImageRecipe, Recipe, TextRecipe
from core.system.command import typed

KINDS = {
    "vit": (
        *("VisionTransformer", "CompactViT", "SinusoidalViT"),
        *("PooledCompactViT", "PooledSinusoidalViT"),
    ),
    "cnn": ("SmallCNN",),
    "gpt": ("DialogueGPT", "CompactGPT", "SinusoidalGPT"),
}
RENAMED_SETTINGS = {"beginning": "initialisation", "word_parts": "subword_embeddings"}
FROM_DATA = ("vocab_size", "n_channels", "nout", "img_size")  # sizes that the data decide


@dataclass(frozen=True)
class RunSpec:
    """One training, as requested.

    kind, architecture   "vit", "cnn" or "gpt", and the class of core.config.CONFIGS
    model                constructor arguments that differ from the architecture's defaults
    recipe               fields of the recipe that differ from its defaults
    data, data_dir       as in core.data.load_images and load_dialogues
    validation_share     the share (0 … 0.5) of the training set that is set aside for validation
                         and measured on; 0: measure on the test set; formerly called held_back
    share                the share (0 … 1] of the training set that is used
    seed, device         device as in core.system.device.pick_device
    threads              CPU threads of the training process, 0 for torch's choice
    checkpoint_every     seconds between checkpoints within an epoch
    """

    kind: str
    architecture: str
    model: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    data: str = "shapes"
    data_dir: str | None = None
    validation_share: float = 0.0
    share: float = 1.0
    seed: int = 0
    device: str = "auto"
    threads: int = 0
    checkpoint_every: float = 60.0

    def __post_init__(self) -> None:
        if self.architecture not in KINDS.get(self.kind, ()):
            raise ValueError(f"There is no {self.kind!r} called {self.architecture!r}.")
        for name, value in {"data": self.data, "device": self.device}.items():
            if not isinstance(value, str):
                raise ValueError(f"{name} must be a text, not {str(value)[:40]!r}.")
        if not isinstance(self.data_dir, str | None):
            raise ValueError(f"data_dir must be a path, not {str(self.data_dir)[:40]!r}.")
        if not 0 <= self.validation_share <= 0.5:
            raise ValueError(
                f"validation_share must be from 0 to 0.5, not {self.validation_share!r}."
            )
        if not 0 < self.share <= 1:
            raise ValueError(f"share must be above 0 and at most 1, not {self.share!r}.")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"seed must be a whole number of at least 0, not {self.seed!r}.")
        if self.threads:
            require_positive_int(threads=self.threads)
        require_between(0.0, 86_400.0, checkpoint_every=self.checkpoint_every)
        self.recipe_config()
        placeholder = {"vocab_size": 3} if self.kind == "gpt" else {}
        config_for(self.architecture, {**placeholder, **self.model})

    def recipe_config(self) -> Recipe:
        """The checked recipe. Errors: ValueError naming the setting that is out of range."""
        kind = TextRecipe if self.kind == "gpt" else ImageRecipe
        return kind.from_dict(self.recipe)

    def require_data(self) -> None:
        """Errors: MissingDataError, one sentence, when the data is not on this machine."""
        from core.data.sources import require_dialogues, require_images

        require = require_dialogues if self.kind == "gpt" else require_images
        require(self.data, self.data_dir)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for spec.json."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RunSpec":
        """From a spec.json, also of an earlier version. Errors: ValueError, a field is wrong."""
        known = {f.name for f in fields(cls)}
        values = _with_new_names(values, {"held_back": "validation_share"})
        if isinstance(recipe := values.get("recipe"), dict):
            values["recipe"] = _with_new_names(recipe, RENAMED_SETTINGS)
        try:
            return cls(**{k: v for k, v in values.items() if k in known})
        except TypeError as error:
            raise ValueError(f"This is not the specification of a run: {error}.") from error


def _with_new_names(values: dict[str, Any], renamed: dict[str, str]) -> dict[str, Any]:
    """The same values; where an earlier and a new name are both there, the new one counts."""
    earlier = {renamed[name]: value for name, value in values.items() if name in renamed}
    return {**earlier, **{k: v for k, v in values.items() if k not in renamed}}


def model_fields(architecture: str) -> dict[str, Any]:
    """The constructor arguments a user may choose, with their defaults (those of data left out)."""
    return {f.name: f.default for f in fields(CONFIGS[architecture]) if f.name not in FROM_DATA}


def command_line(spec: RunSpec) -> str:
    """The command line that repeats a run, with every setting, so that no default matters."""
    words = [*typed("train").split(), spec.kind, "--architecture", spec.architecture]
    own = ("data", "data_dir", "validation_share", "share", "seed", "device", "threads")
    values = {name: getattr(spec, name) for name in (*own, "checkpoint_every")}
    values |= {**model_fields(spec.architecture), **spec.model}
    values |= vars(spec.recipe_config())
    for name, value in values.items():
        if value is not None:
            words += [f"--{name.replace('_', '-').lower()}", str(value)]
    return shlex.join(words)
