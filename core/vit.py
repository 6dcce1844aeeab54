"""The Vision Transformer of the course: an image is a sequence of patches.

Letters   S image side in pixels · P number of patches · D = dim · L layers · H heads

Source: Dosovitskiy et al. 2021, "An Image Is Worth 16x16 Words", equations 1-4 (without its
pre-norm: see core/transformer.py for the block the course uses).
"""

import torch
from torch import Tensor, nn

from core.transformer import Transformer


class PatchEmbed(nn.Module):
    """Patches, each mapped linearly: a convolution with stride = kernel = patch."""

    def __init__(self, img_size: int, patch_size: int, nin: int, nout: int):
        super().__init__()
        if img_size % patch_size:
            raise ValueError(f"patch_size {patch_size} does not divide img_size {img_size}.")
        self.img_size = img_size
        self.num_patches = (img_size // patch_size) ** 2
        self.conv = nn.Conv2d(nin, nout, kernel_size=patch_size, stride=patch_size)

    def forward(self, img: Tensor) -> Tensor:
        """img: (B, nin, S, S) -> (B, num_patches, nout), patches row by row."""
        if img.shape[-2:] != (self.img_size, self.img_size):
            raise ValueError(
                f"This model takes images of {self.img_size}×{self.img_size} pixels, "
                f"not {img.shape[-2]}×{img.shape[-1]}."
            )
        patches: Tensor = self.conv(img).flatten(2).transpose(1, 2)
        return patches


class VisionTransformer(nn.Module):
    """z_0 = [class; patches + positions], z = Transformer(z_0), logits = head(z_class).

    The head is LayerNorm and Linear.
    """

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
    ):
        super().__init__()
        self.patch_embed = PatchEmbed(img_size, patch_size, n_channels, dim)
        self.pos_E = nn.Embedding(self.patch_embed.num_patches, dim)
        self.cls_token = nn.Parameter(torch.randn(1, 1, dim))
        self.transformer = Transformer(dim, attn_dim, mlp_dim, num_heads, num_layers)
        self.head = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, nout))

    def forward(self, img: Tensor, return_attn: bool = False) -> tuple[Tensor, Tensor | None]:
        """img: (B, C, S, S) -> logits (B, nout), alphas (B, L, H, P+1, P+1) or None.

        Token 0 is the class token, token 1 + r·(S/patch) + c the patch in row r and column c.
        """
        z, alphas = self.transformer(self.embed(img), return_attn=return_attn)
        return self.read_out(z), alphas

    def read_out(self, z: Tensor) -> Tensor:
        """The residual stream (B, P+1, dim) -> logits (B, nout): only the class token is read."""
        logits: Tensor = self.head(z[:, 0])
        return logits

    def embed(self, img: Tensor) -> Tensor:
        """img: (B, C, S, S) -> z_0 (B, P+1, dim); only patches carry a position, not the class."""
        patches = self.patch_embed(img) + self.pos_E.weight
        return torch.cat([self.cls_token.expand(len(img), -1, -1), patches], dim=1)
