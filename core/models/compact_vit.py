"""A Vision Transformer that learns well from 50,000 small images.

Three 3×3 convolutions with two poolings turn the image into a grid of tokens (stride 4: 8×8 for
CIFAR-10); pre-norm blocks follow. As in the course's model, only the class token is read: what it
attends to is all that the answer knows of the image.

Sources: Hassani et al. 2021, "Escaping the Big Data Paradigm with Compact Transformers", section
3.3 (convolutional tokenizer); Xiao et al. 2021, "Early Convolutions Help Transformers See Better".
"""

import torch
from torch import Tensor, nn

from core.models.prenorm import PreNormTransformer
from core.vit import VisionTransformer


class ConvTokenizer(nn.Module):
    """Three 3×3 convolutions, each normalised, at sides S, S/2 and S/2, then S/4."""

    def __init__(self, img_size: int, nin: int, nout: int):
        super().__init__()
        self.num_patches = (img_size // 4) ** 2
        self.conv = nn.Sequential(
            *_conv(nin, nout // 2, nn.MaxPool2d(2)),
            *_conv(nout // 2, nout),
            *_conv(nout, nout, nn.MaxPool2d(2)),
        )

    def forward(self, img: Tensor) -> Tensor:
        """img: (B, nin, S, S) -> (B, num_patches, nout), tokens row by row."""
        tokens: Tensor = self.conv(img).flatten(2).transpose(1, 2)
        return tokens


def _conv(nin: int, nout: int, *pool: nn.Module) -> list[nn.Module]:
    conv = nn.Conv2d(nin, nout, kernel_size=3, padding=1, bias=False)
    return [conv, *pool, nn.BatchNorm2d(nout), nn.GELU()]


class CompactViT(VisionTransformer):
    """A `VisionTransformer` with a `ConvTokenizer` for patches and pre-norm blocks."""

    def __init__(
        self,
        n_channels: int,
        nout: int,
        img_size: int,
        patch_size: int,
        dim: int,
        attn_dim: int,
        mlp_dim: int,
        num_heads: int,
        num_layers: int,
        dropout: float,
    ):
        nn.Module.__init__(self)
        assert patch_size == 4, "CompactViTConfig holds it so"
        self.patch_embed = ConvTokenizer(img_size, n_channels, dim)  # type: ignore[assignment]
        self.pos_E = nn.Embedding(self.patch_embed.num_patches, dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.transformer = PreNormTransformer(
            dim, attn_dim, mlp_dim, num_heads, num_layers, dropout
        )
        self.head = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, nout))
        nn.init.normal_(self.pos_E.weight, std=0.02)
