"""What a run is asked to do: everything needed to do it again, free of torch."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from core.config.model_config import CONFIGS, config_for, require_between, require_positive_int
from core.config.recipe import ImageRecipe, Recipe, TextRecipe

KINDS = {
    "vit": ("VisionTransformer", "CompactViT", "SinusoidalViT"),
    "cnn": ("SmallCNN",),
    "gpt": ("DialogueGPT", "CompactGPT", "SinusoidalGPT"),
}
FROM_DATA = ("vocab_size", "n_channels", "nout", "img_size")  # sizes that the data decide


@dataclass(frozen=True)
class RunSpec:
    """One training, as asked for.

    kind, architecture   "vit", "cnn" or "gpt", and the class of core.config.CONFIGS
    model                constructor arguments that differ from the architecture's defaults
    recipe               fields of the recipe that differ from its defaults
    data, data_dir       as in core.data.load_images and load_dialogues
    held_back            0: measure on the test part. Above: leave the test part alone, hold back
                         this share (0 … 0.5) of the training part and measure on that
    share                the share (0 … 1] of the training part that is used
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
    held_back: float = 0.0
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
        if not 0 <= self.held_back <= 0.5:
            raise ValueError(f"held_back must be from 0 to 0.5, not {self.held_back!r}.")
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
        """The checked recipe. Errors: ValueError naming the setting that is off."""
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
        """Errors: ValueError when a field is unknown, missing or out of range."""
        known = {f.name for f in fields(cls)}
        try:
            return cls(**{k: v for k, v in values.items() if k in known})
        except TypeError as error:
            raise ValueError(f"This is no description of a run: {error}.") from error


def model_fields(architecture: str) -> dict[str, Any]:
    """The constructor arguments a user may choose, with their defaults (those of data left out)."""
    chosen = (f for f in fields(CONFIGS[architecture]) if f.name not in FROM_DATA)
    return {f.name: f.default for f in chosen}
