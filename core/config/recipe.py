"""How a model is trained: frozen, checked on construction, free of torch.

The defaults are the course's recipes: AdamW, the cosine stepped once an epoch, fp32.
"""

from dataclasses import dataclass

from core.config.model_config import Config, require_between, require_positive_int

SCHEDULES = ("cosine", "warmup")
OPTIMIZERS = ("adamw", "muon")
INITIALISATIONS = ("plain", "small")
PRECISIONS = ("fp32", "bf16", "auto")


def require_one_of(choices: tuple[str, ...], **values: object) -> None:
    """Every value must be one of the choices; the error names the one that is not."""
    for name, value in values.items():
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")


@dataclass(frozen=True)
class CommonRecipe(Config):
    """What every training has; the defaults are those of images.

    epochs, batch_size   passes over the data · examples a step
    lr, weight_decay     the peak learning rate · AdamW's decoupled weight decay
    schedule             "cosine": one step an epoch. "warmup": linear up, then linear to zero
    optimizer            "adamw", or "muon" for the hidden matrices and AdamW for the rest
    ema                  decay of the moving average of the weights, which is evaluated; 0: none
    clip                 largest gradient norm; 0: no clipping
    precision            "fp32", "bf16" (autocast; weights and optimiser stay fp32), or "auto": the
                         faster of the two on the machine where the run starts
    """

    epochs: int = 10
    batch_size: int = 256
    lr: float = 1e-3
    weight_decay: float = 0.01
    schedule: str = "cosine"
    optimizer: str = "adamw"
    ema: float = 0.0
    clip: float = 0.0
    precision: str = "fp32"

    def __post_init__(self) -> None:
        require_positive_int(epochs=self.epochs, batch_size=self.batch_size)
        require_between(1e-8, 1.0, lr=self.lr)
        require_between(0.0, 10.0, weight_decay=self.weight_decay)
        require_between(0.0, 0.99999, ema=self.ema)
        require_between(0.0, 1e6, clip=self.clip)
        require_one_of(SCHEDULES, schedule=self.schedule)
        require_one_of(OPTIMIZERS, optimizer=self.optimizer)
        require_one_of(PRECISIONS, precision=self.precision)


@dataclass(frozen=True)
class ImageRecipe(CommonRecipe):
    """Training on images; the defaults are the course's ViT recipe.

    initialisation       "plain": torch's own. "small": scaled_init of
                         core/training/tasks/initialisation.py; formerly called beginning
    augment              random crop by up to 4 pixels and alternating flip
    label_smoothing      ε: the target is 1 − ε on the class and ε spread over all
    """

    initialisation: str = "plain"
    augment: bool = False
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_between(0.0, 0.9, label_smoothing=self.label_smoothing)
        require_one_of(INITIALISATIONS, initialisation=self.initialisation)
        _require_bool(augment=self.augment)


@dataclass(frozen=True)
class TextRecipe(CommonRecipe):
    """Training on dialogues; the defaults are the course's GPT recipe.

    batches              "file": dialogues in file order. "length": texts of similar length
                         together, reshuffled every epoch
    subword_embeddings   embeddings are sums of subword vectors, which similar words share:
                         core/training/tasks/subword_embeddings.py; formerly called word_parts
    temperature          of the text generated after every epoch; 0 is greedy
    """

    epochs: int = 80
    batch_size: int = 64
    lr: float = 1e-4
    weight_decay: float = 0.0
    batches: str = "file"
    subword_embeddings: bool = False
    temperature: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_one_of(("file", "length"), batches=self.batches)
        _require_bool(subword_embeddings=self.subword_embeddings)
        require_between(0.0, 10.0, temperature=self.temperature)


Recipe = ImageRecipe | TextRecipe


def _require_bool(**values: object) -> None:
    for name, value in values.items():
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, not {value!r}.")
