"""A small convolutional network, the ViT's opponent in the lesson on inductive bias.

Blocks of two 3×3 convolutions with BatchNorm and GELU, halving the grid between them, then the
mean over the grid and a linear layer. Source of the pattern: Simonyan & Zisserman 2015 (3×3
convolutions throughout), Lin et al. 2014 (global average pooling), Ioffe & Szegedy 2015.
"""

from torch import Tensor, nn


class SmallCNN(nn.Module):
    """logits = Linear(mean over the grid of features(img))."""

    def __init__(self, n_channels: int, nout: int, img_size: int, dim: int):
        super().__init__()
        self.img_size = img_size
        self.features = nn.Sequential(
            *_block(n_channels, dim // 4, dim // 2),
            nn.MaxPool2d(2),
            *_block(dim // 2, dim // 2, dim),
            nn.MaxPool2d(2),
            *_block(dim, dim, dim),
        )
        self.head = nn.Linear(dim, nout)

    def forward(self, img: Tensor) -> tuple[Tensor, None]:
        """img: (B, C, S, S) -> logits (B, nout), and None where a ViT has its attention maps."""
        logits: Tensor = self.head(self.features(img).mean(dim=(-2, -1)))
        return logits, None


def _block(nin: int, middle: int, nout: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for a, b in ((nin, middle), (middle, nout)):
        layers += [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.GELU()]
    return layers
