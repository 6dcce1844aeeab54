"""Learning to classify images: crops, flips and loss; the whole data set is one uint8 tensor."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.config.recipe import ImageRecipe
from core.models.pooled_vit import PooledCompactViT
from core.training.tasks.class_token import class_logits
from core.training.tasks.task import StepLoss
from core.vit import VisionTransformer

CROP = 4  # largest shift of a random crop, in pixels


@dataclass(frozen=True)
class Images:
    """pixels: (N, C, S, S) uint8, labels: (N,) int64, mean and std: (C,) of pixels in [0, 1]."""

    pixels: Tensor
    labels: Tensor
    mean: Tensor
    std: Tensor

    def batch(self, pixels: Tensor) -> Tensor:
        """uint8 (B, C, S, S) -> normalised float32 (B, C, S, S) in channels-last format."""
        scale, shift = 1 / (255 * self.std), -self.mean / self.std
        x = pixels.to(torch.float32, memory_format=torch.channels_last)
        return torch.addcmul(shift[:, None, None], x, scale[:, None, None])


@dataclass(frozen=True)
class ImageTask:
    """Minimise the cross-entropy of the class; the methods are those of `Task`.

    held_out: the validation or test set. classes: their names, for `sample`.
    """

    train: Images
    held_out: Images
    recipe: ImageRecipe
    classes: tuple[str, ...] = ()

    def batches(self, epoch: int, generator: torch.Generator) -> Sequence[Tensor]:
        """A fresh shuffle each epoch; the last batch may be smaller."""
        shuffled = torch.randperm(len(self.train.labels), generator=generator)
        return torch.split(shuffled, self.recipe.batch_size)

    def loss(self, model: nn.Module, batch: Tensor, epoch: int) -> StepLoss:
        """Mean cross-entropy with label smoothing (Szegedy et al. 2016, section 7)."""
        batch = batch.to(self.train.labels.device)
        pixels, labels = self.train.pixels[batch], self.train.labels[batch]
        if self.recipe.augment:
            pixels = alternate_flip(random_crop(pixels, CROP), batch, epoch)
        logits = _logits(model, self.train.batch(pixels))
        loss = nn.functional.cross_entropy(
            logits.float(), labels, label_smoothing=self.recipe.label_smoothing
        )
        correct = int((logits.argmax(-1) == labels).sum())
        return StepLoss(loss, float(loss.detach()) * len(batch), len(batch), correct)

    def measures(self, total: float, count: int, correct: int) -> dict[str, float]:
        """Mean loss (nats) and accuracy over the epoch, as measured in training."""
        return {"loss": total / count, "accuracy": correct / count}

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Loss (nats, without smoothing) and accuracy on the held-out images."""
        return evaluate_images(model, self.held_out)

    def sample(self, model: nn.Module, epoch: int) -> str | None:
        """The three most probable classes of the first held-out image, such as "star 61%"."""
        if not self.classes:
            return None
        logits = model(self.held_out.batch(self.held_out.pixels[:1]))[0][0].float()
        best = logits.softmax(-1).topk(min(3, len(self.classes)))
        pairs = zip(best.values.tolist(), best.indices.tolist(), strict=True)
        return ", ".join(f"{self.classes[i]} {share:.0%}" for share, i in pairs)


def _logits(model: nn.Module, images: Tensor) -> Tensor:
    """(B, C, S, S) -> (B, classes), by the shorter way where only the class token is read."""
    if isinstance(model, VisionTransformer) and not isinstance(model, PooledCompactViT):
        return class_logits(model, images)
    logits: Tensor = model(images)[0]
    return logits


def evaluate_images(model: nn.Module, images: Images) -> dict[str, float]:
    """{"loss": mean cross-entropy in nats, "accuracy": share of correct classes}."""
    loss = correct = 0.0
    for pixels, labels in zip(images.pixels.split(500), images.labels.split(500), strict=True):
        logits = model(images.batch(pixels))[0].float()
        loss += float(nn.functional.cross_entropy(logits, labels, reduction="sum"))
        correct += float((logits.argmax(-1) == labels).sum())
    return {"loss": loss / len(images.labels), "accuracy": correct / len(images.labels)}


def random_crop(pixels: Tensor, limit: int) -> Tensor:
    """Shift every image by −limit … limit pixels in x and y, drawn for each; the border is zero.

    (B, C, S, S) -> (B, C, S, S). One gather for the whole batch from a view of all shifts; the
    shifts come from torch's global generator, which the loop seeds every step.
    """
    size = pixels.shape[-1]
    padded = nn.functional.pad(pixels, (limit, limit, limit, limit))
    shifted = padded.unfold(2, size, 1).unfold(3, size, 1)  # (B, C, row, column, S, S)
    row, column = torch.randint(0, 2 * limit + 1, (2, len(pixels))).to(pixels.device)
    return shifted[torch.arange(len(pixels), device=pixels.device), :, row, column]


def alternate_flip(pixels: Tensor, batch: Tensor, epoch: int) -> Tensor:
    """Mirror half of the images, and in the next epoch exactly the other half.

    pixels: (B, C, S, S), batch: (B,) their indices in the data set. Any two consecutive epochs show
    both views of every image. Source: Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single
    GPU", section 3.6.
    """
    scrambled = (batch * 2_654_435_761) >> 13
    mirrored = (scrambled + epoch) % 2 == 1
    views = pixels.clone()
    views[mirrored] = pixels[mirrored].flip(-1)
    return views
