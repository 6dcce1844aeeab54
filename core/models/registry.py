"""From a configuration to a model."""

from dataclasses import asdict

from torch import nn

from core.config.model_config import ModelConfig
from core.gpt import DialogueGPT
from core.models.cnn import SmallCNN
from core.models.compact_gpt import CompactGPT
from core.models.compact_vit import CompactViT
from core.models.pooled_vit import PooledCompactViT, PooledSinusoidalViT
from core.models.sinusoidal_gpt import SinusoidalGPT
from core.models.sinusoidal_vit import SinusoidalViT
from core.vit import VisionTransformer

MODELS: dict[str, type[nn.Module]] = {
    "VisionTransformer": VisionTransformer,
    "CompactViT": CompactViT,
    "SinusoidalViT": SinusoidalViT,
    "PooledCompactViT": PooledCompactViT,
    "PooledSinusoidalViT": PooledSinusoidalViT,
    "SmallCNN": SmallCNN,
    "DialogueGPT": DialogueGPT,
    "CompactGPT": CompactGPT,
    "SinusoidalGPT": SinusoidalGPT,
}


def build(architecture: str, config: ModelConfig) -> nn.Module:
    """A model with fresh weights, drawn from torch's global generator."""
    return MODELS[architecture](**asdict(config))


def parameter_count(model: nn.Module) -> int:
    """How many numbers are learned; a tensor shared by two layers counts once."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
