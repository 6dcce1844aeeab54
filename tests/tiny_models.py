"""Small models with random weights, made the same way every time."""

import torch
from torch import nn

from core.config.model_config import (
    CNNConfig,
    CompactGPTConfig,
    CompactViTConfig,
    GPTConfig,
    ViTConfig,
)
from core.models.registry import build

SIZES = {"dim": 12, "attn_dim": 5, "mlp_dim": 16, "num_heads": 2, "num_layers": 3}


def tiny(name: str, seed: int = 0) -> nn.Module:
    """vit, compact_vit, gpt, compact_gpt or cnn, in eval mode, with weights large enough that the
    attention is far from uniform."""
    architecture, config = {
        "vit": ("VisionTransformer", ViTConfig(img_size=16, nout=4, **SIZES)),
        "compact_vit": ("CompactViT", CompactViTConfig(img_size=16, nout=4, **SIZES)),
        "gpt": ("DialogueGPT", GPTConfig(vocab_size=19, max_N=24, **SIZES)),
        "compact_gpt": ("CompactGPT", CompactGPTConfig(vocab_size=19, max_N=24, **SIZES)),
        "cnn": ("SmallCNN", CNNConfig(img_size=16, nout=4, dim=8)),
    }[name]
    torch.manual_seed(seed)
    model = build(architecture, config)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.2 * torch.randn_like(p))
    return model.eval()


def some_input(name: str, batch: int = 3, seed: int = 1) -> torch.Tensor:
    """Images (B, 3, 16, 16), or token ids (B, 9)."""
    g = torch.Generator().manual_seed(seed)
    if "gpt" in name:
        return torch.randint(0, 19, (batch, 9), generator=g)
    return torch.randn(batch, 3, 16, 16, generator=g)
