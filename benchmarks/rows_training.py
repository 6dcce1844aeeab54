"""Training speed in images and tokens a second, compared with plainly written loops."""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import torch

from benchmarks.measure import Row, alternate, fixed, rate
from benchmarks.reference import PlainGPT, PlainViT, gpt_steps, vit_steps
from core.config.model_config import ViTConfig, config_for
from core.config.recipe import ImageRecipe, TextRecipe
from core.data import DialogueDataset, ImageData, load_dialogues, load_images
from core.data.token_cache import tokenizer_of
from core.models.registry import build
from core.runs.launch import PROJECT
from core.tokenizer import WordTokenizer
from core.training.loop import start, train
from core.training.precision import faster_precision
from core.training.tasks.dialogues import Dialogues, DialogueTask, micro_batches
from core.training.tasks.images import CROP, Images, ImageTask, alternate_flip, random_crop


def data_dir() -> Path | None:
    """The folder of the real data: UNROLLED_BENCH_DATA, or `shared/data` beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    chosen = os.environ.get("UNROLLED_BENCH_DATA")
    return Path(chosen) if chosen else beside if beside.is_dir() else None


@cache
def cifar() -> ImageData:
    return load_images("cifar10", data_dir())


def as_images(data: ImageData) -> Images:
    return Images(
        torch.from_numpy(data.train_images),
        torch.from_numpy(data.train_labels),
        torch.tensor(data.mean),
        torch.tensor(data.std),
    )


def product_images(recipe: ImageRecipe) -> Iterator[int]:
    images = as_images(cifar())
    model = build("VisionTransformer", ViTConfig()).to(memory_format=torch.channels_last)
    task = ImageTask(images, images, recipe)
    state, before = start(model, recipe), 0
    for _ in train(state, task, recipe, seed=0, record_every=1):
        yield state.count - before
        before = state.count


def steps(source: Iterator[int], number: int) -> int:
    return sum(next(source) for _ in range(number))


def plain_vit() -> Iterator[int]:
    """The plain loop on the course's ViT."""
    images = as_images(cifar())
    return vit_steps(PlainViT(), images.pixels, images.labels, images.mean, images.std, 256)


def reference_vit_rate() -> float:
    """Images a second of the plain loop, the median of three tries."""
    plain = plain_vit()
    steps(plain, 2)
    return statistics.median(rate(lambda: steps(plain, 4)) for _ in range(3))


def vit_train_throughput(repeats: int) -> Row:
    """The course's architecture and batch, one optimiser step after another."""
    precision = faster_precision(torch.device("cpu"))
    return _vit_throughput("vit-train-throughput", precision, repeats)


def vit_train_throughput_fp32(repeats: int) -> Row:
    """The same in the reference's precision."""
    return _vit_throughput("vit-train-throughput-fp32", "fp32", repeats)


def _vit_throughput(name: str, precision: str, repeats: int) -> Row:
    plain, ours = plain_vit(), product_images(ImageRecipe(precision=precision))
    return alternate(
        name,
        "images/s",
        lambda: rate(lambda: steps(plain, 4)),
        lambda: rate(lambda: steps(ours, 4)),
        repeats,
        f"course ViT (809,866 parameters), batch 256, CIFAR-10; fp32 against {precision}",
    )


@cache
def shakespeare() -> tuple[int, list[torch.Tensor]]:
    """Vocabulary size and the encoded training dialogues."""
    lines = load_dialogues("shakespeare", data_dir()).train
    tokenizer = tokenizer_of(lines)
    dataset = DialogueDataset(tokenizer, lines, 200)
    return tokenizer.vocab_size, [dataset[i] for i in range(len(dataset))]


def product_dialogues(recipe: TextRecipe) -> Iterator[int]:
    vocab_size, examples = shakespeare()
    model = build("DialogueGPT", config_for("DialogueGPT", {"vocab_size": vocab_size}))
    tokenizer = WordTokenizer("unused")
    dialogues = Dialogues.from_encoded(examples, 200)
    task = DialogueTask(dialogues, None, tokenizer, recipe)
    state, before = start(model, recipe), 0
    for _ in train(state, task, recipe, seed=0, record_every=1):
        yield state.count - before
        before = state.count


def gpt_train_throughput(repeats: int) -> Row:
    """Real (not padding) target tokens a second: same model, batches of 64 in file order."""
    vocab_size, examples = shakespeare()
    plain = gpt_steps(PlainGPT(vocab_size), examples, 64)
    precision = faster_precision(torch.device("cpu"))
    ours = product_dialogues(TextRecipe(precision=precision))
    return alternate(
        "gpt-train-throughput",
        "real tokens/s",
        lambda: rate(lambda: steps(plain, 1)),
        lambda: rate(lambda: steps(ours, 3)),
        repeats,
        "course GPT, batches of 64 dialogues in file order, Tiny Shakespeare; reference padded "
        f"to the longest, fp32; product {precision}",
    )


def gpt_padding(repeats: int) -> Row:
    """Share of positions that are padding in one epoch (counted)."""
    _, examples = shakespeare()
    lengths = torch.tensor([len(e) for e in examples])
    padded = ours = 0
    for batch in lengths.split(64):
        padded += int(batch.max()) * len(batch)
        ours += sum(int(batch[p].max()) * len(p) for p in micro_batches(batch))
    real = int(lengths.sum())
    return fixed(
        "gpt-padding",
        "share of positions",
        1 - real / padded,
        1 - real / ours,
        "course GPT recipe, batches of 64 in file order, counted over one epoch",
    )


def peak_memory(kind: str) -> Row:
    """Peak resident memory, data included, each side in a process of its own."""
    peaks = []
    for side in ("reference", "product"):
        command = [sys.executable, "-m", "benchmarks.peak_memory", kind, side]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
        peaks.append(float(done.stdout.split()[-1]))
    said = f"course {kind.upper()}, training for a while, the data in memory; must be ≤ 2,000 MB"
    return fixed(f"{kind}-peak-memory", "MB", *peaks, said)


def vit_loader(repeats: int) -> Row:
    """Augmented images a second: crop, flip and normalise."""
    from torch.utils.data import DataLoader, Dataset
    from torchvision.transforms import v2

    data = cifar()
    transform = v2.Compose(
        [
            v2.RandomCrop(32, padding=4),
            v2.RandomHorizontalFlip(),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(data.mean, data.std),
        ]
    )

    class Pictures(Dataset[tuple[torch.Tensor, int]]):
        """As torchvision's CIFAR10: PIL pictures through a transform, one at a time."""

        def __len__(self) -> int:
            return len(data.train_labels)

        def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
            from PIL import Image

            picture = Image.fromarray(np.moveaxis(data.train_images[i], 0, -1))
            return transform(picture), int(data.train_labels[i])

    batches = iter(DataLoader(Pictures(), 128, shuffle=True))
    images = as_images(data)
    order = iter(torch.randperm(len(images.labels)).split(128))

    def ours() -> int:
        batch = next(order)
        return len(images.batch(alternate_flip(random_crop(images.pixels[batch], CROP), batch, 0)))

    return alternate(
        "vit-loader",
        "augmented images/s",
        lambda: rate(lambda: sum(len(next(batches)[1]) for _ in range(3))),
        lambda: rate(lambda: sum(ours() for _ in range(20))),
        repeats,
        "random crop by 4, horizontal flip, normalise; batch 128; reference: torchvision v2 "
        "transforms in a Dataset and DataLoader, no worker processes",
    )


ROWS: dict[str, Callable[[int], Row]] = {
    "vit-train-throughput": vit_train_throughput,
    "vit-train-throughput-fp32": vit_train_throughput_fp32,
    "gpt-train-throughput": gpt_train_throughput,
    "gpt-padding": gpt_padding,
    "vit-loader": vit_loader,
    "vit-peak-memory": lambda repeats: peak_memory("vit"),
    "gpt-peak-memory": lambda repeats: peak_memory("gpt"),
}
