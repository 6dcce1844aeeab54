"""python -m benchmarks.peak_memory vit|gpt reference|product: train a little, print the peak in MB.

A process of its own, since the peak of a process never falls again. Linux only: it is read from
/proc (getrusage would also count the parent's memory at the moment of the fork).
"""

import re
import sys
from pathlib import Path

import torch

from benchmarks.reference import PlainGPT, PlainViT, gpt_steps, vit_steps
from benchmarks.rows_training import (
    as_images,
    cifar,
    product_dialogues,
    product_images,
    shakespeare,
    steps,
)
from core.config.recipe import ImageRecipe, TextRecipe
from core.system.device import use_threads
from core.training.precision import faster_precision

STEPS = {"vit": 8, "gpt": 5}  # a batch of 64 dialogues of the file is padded to 200 from the first


def main(kind: str, side: str) -> None:
    use_threads(2)
    precision = faster_precision(torch.device("cpu"))
    if kind == "vit":
        images = as_images(cifar())
        if side == "reference":
            plain = PlainViT()
            source = vit_steps(
                plain, images.pixels, images.labels, images.mean, images.std, batch_size=256
            )
        else:
            source = product_images(ImageRecipe(precision=precision))
    elif side == "reference":
        vocab_size, examples = shakespeare()
        source = gpt_steps(PlainGPT(vocab_size), examples, batch_size=64)
    else:
        source = product_dialogues(TextRecipe(precision=precision))
    steps(source, STEPS[kind])
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1000)


if __name__ == "__main__":
    main(*sys.argv[1:])
