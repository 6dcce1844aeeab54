"""The configurations of the models: frozen, checked on construction, free of torch.

A page's controls build a configuration, a run stores it before it starts, and a checkpoint stores
it with its weights. `core.models.registry.build` turns one into a model.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


def require_positive_int(**values: object) -> None:
    """Every value must be a whole number of at least 1; the error names the one that is not."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}.")


def require_between(low: float, high: float, **values: object) -> None:
    """Every value must be a finite number in [low, high]; the error names the one that is not."""
    for name, value in values.items():
        ok = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (ok and math.isfinite(value) and low <= value <= high):  # type: ignore[arg-type, operator]
            raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}.")


class Config:
    """Base class of the configurations, which can be built from plain values."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain values. Errors: ValueError naming an unknown or missing field."""
        known = {f.name for f in fields(cls)}  # type: ignore[arg-type]
        unknown = sorted(set(values) - known)
        if unknown:
            names = ", ".join(sorted(known))
            raise ValueError(f"{cls.__name__} has no setting {unknown[0]!r}; it has {names}.")
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(f"{cls.__name__} cannot be built: {error}.") from error


@dataclass(frozen=True)
class ViTConfig(Config):
    """The constructor arguments of `VisionTransformer`; the defaults are the course's recipe."""

    n_channels: int = 3
    nout: int = 10
    img_size: int = 32
    patch_size: int = 4
    dim: int = 128
    attn_dim: int = 64
    mlp_dim: int = 128
    num_heads: int = 3
    num_layers: int = 6

    def __post_init__(self) -> None:
        require_positive_int(**asdict(self))
        if self.img_size % self.patch_size:
            raise ValueError(
                f"patch_size must divide img_size, but {self.patch_size} does not divide "
                f"{self.img_size}."
            )


@dataclass(frozen=True)
class CompactViTConfig(ViTConfig):
    """The constructor arguments of `CompactViT`: those of `VisionTransformer`, and dropout."""

    attn_dim: int = 32
    mlp_dim: int = 256
    num_heads: int = 4
    num_layers: int = 4
    dropout: float = 0.0

    def __post_init__(self) -> None:
        sizes = asdict(self)
        require_between(0.0, 0.9, dropout=sizes.pop("dropout"))
        ViTConfig(**sizes)
        if self.patch_size != 4:
            raise ValueError(
                "CompactViT has a patch_size of 4 (two poolings by two), "
                f"not {self.patch_size}; leave it at 4."
            )


@dataclass(frozen=True)
class SinusoidalViTConfig(CompactViTConfig):
    """The constructor arguments of `SinusoidalViT`, the same as those of `CompactViT`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dim % 2:
            raise ValueError(f"dim must be even (half of it encodes the row), not {self.dim}.")


@dataclass(frozen=True)
class CNNConfig(Config):
    """The constructor arguments of `SmallCNN`; `dim`: channels at the coarsest grid."""

    n_channels: int = 3
    nout: int = 10
    img_size: int = 32
    dim: int = 172

    def __post_init__(self) -> None:
        require_positive_int(**asdict(self))
        if self.img_size % 4 or self.dim % 4:
            raise ValueError(
                f"img_size {self.img_size} and dim {self.dim} must both be multiples of 4."
            )


@dataclass(frozen=True)
class GPTConfig(Config):
    """The constructor arguments of `DialogueGPT`; the defaults are the course's recipe."""

    vocab_size: int
    max_N: int = 200
    dim: int = 128
    attn_dim: int = 64
    mlp_dim: int = 128
    num_heads: int = 3
    num_layers: int = 6

    def __post_init__(self) -> None:
        require_positive_int(**asdict(self))


@dataclass(frozen=True)
class CompactGPTConfig(GPTConfig):
    """The constructor arguments of `CompactGPT`: those of `DialogueGPT`, and two dropout rates."""

    attn_dim: int = 32
    mlp_dim: int = 512
    num_heads: int = 4
    num_layers: int = 4
    dropout: float = 0.3
    word_dropout: float = 0.0

    def __post_init__(self) -> None:
        sizes = asdict(self)
        for name in ("dropout", "word_dropout"):
            require_between(0.0, 0.9, **{name: sizes.pop(name)})
        GPTConfig(**sizes)


@dataclass(frozen=True)
class SinusoidalGPTConfig(GPTConfig):
    """The constructor arguments of `SinusoidalGPT`, the same as those of `DialogueGPT`."""


ModelConfig = ViTConfig | CNNConfig | GPTConfig

CONFIGS: dict[str, type[ModelConfig]] = {
    "VisionTransformer": ViTConfig,
    "CompactViT": CompactViTConfig,
    "SinusoidalViT": SinusoidalViTConfig,
    "PooledCompactViT": CompactViTConfig,
    "PooledSinusoidalViT": SinusoidalViTConfig,
    "SmallCNN": CNNConfig,
    "DialogueGPT": GPTConfig,
    "CompactGPT": CompactGPTConfig,
    "SinusoidalGPT": SinusoidalGPTConfig,
}


def config_for(architecture: str, values: Mapping[str, Any]) -> ModelConfig:
    """The checked configuration of that architecture. Errors: ValueError, unknown name or value."""
    if architecture not in CONFIGS:
        known = ", ".join(CONFIGS)
        raise ValueError(f"There is no architecture {architecture!r}; choose from {known}.")
    return CONFIGS[architecture].from_dict(values)
