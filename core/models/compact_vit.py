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


class CompactViT(nn.Module):
    """z = Transformer([class; tokens + positions]), logits = head(z_class)."""

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
        super().__init__()
        assert patch_size == 4, "CompactViTConfig holds it so"
        self.patch_embed = ConvTokenizer(img_size, n_channels, dim)
        self.pos_E = nn.Embedding(self.patch_embed.num_patches, dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.transformer = PreNormTransformer(
            dim, attn_dim, mlp_dim, num_heads, num_layers, dropout
        )
        self.head = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, nout))
        nn.init.normal_(self.pos_E.weight, std=0.02)

    def forward(self, img: Tensor, return_attn: bool = False) -> tuple[Tensor, Tensor | None]:
        """img: (B, C, S, S) -> logits (B, nout), alphas (B, L, H, P+1, P+1) or None.

        Token 0 is the class token, token 1 + r·(S/4) + c the cell in row r and column c.
        """
        z, alphas = self.transformer(self.embed(img), return_attn=return_attn)
        return self.read_out(z), alphas

    def read_out(self, z: Tensor) -> Tensor:
        """The residual stream (B, P+1, dim) -> logits (B, nout): only the class token is read."""
        logits: Tensor = self.head(z[:, 0])
        return logits

    def embed(self, img: Tensor) -> Tensor:
        """img: (B, C, S, S) -> z_0 (B, P+1, dim); only grid tokens carry a position."""
        patches = self.patch_embed(img) + self.pos_E.weight
        return torch.cat([self.cls_token.expand(len(img), -1, -1), patches], dim=1)
