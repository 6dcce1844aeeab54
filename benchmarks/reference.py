"""The course's models and loops as a student would first write them; the yardstick of the bench.

Heads in a Python loop, every position through the head, fp32, batches as they come, no
augmentation, a `DataLoader`. Nothing of the product but the building blocks of the lecture.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from core.attention import AttentionHead, causal_mask
from core.data import collate_fn
from core.gpt import DialogueLoss
from core.transformer import FFN
from core.vit import PatchEmbed


class PlainMultiHead(nn.Module):
    """One head after another, concatenated, projected."""

    def __init__(self, dim: int, n_hidden: int, num_heads: int):
        super().__init__()
        self.heads = nn.ModuleList(AttentionHead(dim, n_hidden) for _ in range(num_heads))
        self.project_layer = nn.Linear(num_heads * n_hidden, dim)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = self.project_layer(torch.cat([h(x, mask)[0] for h in self.heads], dim=-1))
        return out


class PlainTransformer(nn.Module):
    """x = attn(x) + x; x = ffn(x) + x, num_layers times."""

    def __init__(self, dim: int, attn_dim: int, mlp_dim: int, num_heads: int, num_layers: int):
        super().__init__()
        self.attn = nn.ModuleList(
            PlainMultiHead(dim, attn_dim, num_heads) for _ in range(num_layers)
        )
        self.ffn = nn.ModuleList(FFN(dim, mlp_dim) for _ in range(num_layers))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        for attn, ffn in zip(self.attn, self.ffn, strict=True):
            x = attn(x, mask) + x
            x = ffn(x) + x
        return x


class PlainViT(nn.Module):
    """The course's ViT: 809,866 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = PatchEmbed(32, 4, 3, 128)
        self.pos_E = nn.Embedding(64, 128)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, 128))
        self.transformer = PlainTransformer(128, 64, 128, 3, 6)
        self.head = nn.Sequential(nn.LayerNorm(128), nn.Linear(128, 10))

    def forward(self, img: Tensor) -> Tensor:
        patches = self.patch_embed(img) + self.pos_E(torch.arange(64, device=img.device))
        z = torch.cat([self.cls_token.expand(len(img), -1, -1), patches], dim=1)
        logits: Tensor = self.head(self.transformer(z)[:, 0])
        return logits


class PlainGPT(nn.Module):
    """The course's dialogue GPT."""

    def __init__(self, vocab_size: int, max_N: int = 200):
        super().__init__()
        self.token_embed = nn.Embedding(vocab_size, 128)
        self.pos_embed = nn.Embedding(max_N, 128)
        self.transformer = PlainTransformer(128, 64, 128, 3, 6)
        self.head = nn.Sequential(nn.LayerNorm(128), nn.Linear(128, vocab_size))

    def forward(self, ids: Tensor) -> Tensor:
        b, t = ids.shape
        x = self.token_embed(ids) + self.pos_embed(torch.arange(t, device=ids.device))
        logits: Tensor = self.head(self.transformer(x, causal_mask(t).expand(b, t, t)))
        return logits


def vit_steps(
    model: PlainViT, pixels: Tensor, labels: Tensor, mean: Tensor, std: Tensor, batch_size: int
) -> Iterator[int]:
    """Endless training steps on uint8 images; yields the number of images of each."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    images = (pixels.float() / 255 - mean[:, None, None]) / std[:, None, None]
    loader = DataLoader(TensorDataset(images, labels), batch_size, shuffle=True)
    while True:
        for image, label in loader:
            loss = nn.functional.cross_entropy(model(image), label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield len(label)


def gpt_steps(model: PlainGPT, examples: Sequence[Tensor], batch_size: int) -> Iterator[int]:
    """Endless training steps in file order; yields the number of real targets of each."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.0)
    loss_of = DialogueLoss()
    while True:
        for begin in range(0, len(examples), batch_size):
            batch = collate_fn(examples[begin : begin + batch_size])  # type: ignore[arg-type]
            loss = loss_of(model(batch["input_ids"]), batch["input_ids"], batch["input_mask"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield int(batch["input_mask"][:, 1:].sum())
