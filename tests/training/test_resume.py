"""A resumed training has the losses of an unbroken one, for every preset and architecture.

One process trains each without a break, another resumes each, both with two threads and in the
environment of the queue. The recipes are the presets' own, the models narrow and the data few:
pictures have 16×16 pixels, a quarter of the work.
"""

import json
import os
import random
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from core.config.model_config import CONFIGS
from core.config.presets import PRESETS, preset
from core.config.run_spec import RunSpec
from core.data.array_cache import Arrays, prepare
from core.data.images.arrays import image_arrays
from core.data.locations import JobProgress, drain
from core.run_files.directory import RunDirectory
from core.run_files.pooling import POOLED
from core.runs.launch import environment
from core.training.allocator import limit_kernel_cache
from tests.forks import Forks

PICTURES = "own-pictures-0123456789abcdef"
AFTER = 30  # steps after resuming
KILLED = {
    "course": 3,
    "best": 10,
    "demo": 9,
    "overfit": 7,
    "all": 1,
}  # after this step; 10 ends an epoch
NARROW = {"dim": 16, "attn_dim": 8, "mlp_dim": 32, "num_heads": 2, "num_layers": 2}
ALL = {"optimizer": "muon", "ema": 0.99, "clip": 1.0, "precision": "bf16"}
CASES = {f"{name} {kind}": spec for name, kinds in PRESETS.items() for kind, spec in kinds.items()}
for kind, architecture in (("vit", "SinusoidalViT"), ("gpt", "SinusoidalGPT")):
    best = preset("best", kind)
    CASES[f"all {kind}"] = replace(
        best, architecture=architecture, model={}, recipe={**best.recipe, **ALL}
    )


def pictures() -> Generator[JobProgress, None, Arrays]:
    """10,000 of random pixels, in ten classes, as they are stored."""
    yield JobProgress("drawing", 0, 1, "pictures")
    pixels = np.random.default_rng(0).integers(0, 256, (10_000, 3, 16, 16), dtype=np.uint8)
    labels = [i % 10 for i in range(len(pixels))]
    parts = {"train": (list(pixels), labels), "test": (list(pixels[:10]), labels[:10])}
    return image_arrays(parts, tuple("0123456789"), skipped=())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder: PICTURES, and words.txt, 712 dialogues of 500 words that share parts."""
    folder = tmp_path_factory.mktemp("data")
    with patch.dict(os.environ, {"UNROLLED_DATA": str(folder)}):
        drain(prepare(PICTURES.replace("pictures-", ""), pictures))
    chance = random.Random(0)
    syllables = [c + v for c in "bdfgklmnprst" for v in "aeiou"]
    words = ["".join(chance.choices(syllables, k=3)) for _ in range(500)]
    said = [" ".join(chance.choices(words, k=chance.randrange(5, 40))) for _ in range(712)]
    (folder / "words.txt").write_text("\n\n".join(f"A :\n{text} ." for text in said))
    return folder


def drawn(name: str, data: Path) -> RunSpec:
    """That case on drawn data, ten batches an epoch, and narrow."""
    spec = CASES[name]
    batches = 10 * spec.recipe_config().batch_size
    if spec.kind == "gpt":
        spec = replace(spec, data=str(data / "words.txt"), share=min(1, batches / 640))
    else:
        spec = replace(spec, data=PICTURES, share=batches / 9_900, validation_share=0.01)
    narrow = {"dim": 16} if spec.kind == "cnn" else NARROW
    return replace(spec, model={**spec.model, **narrow}, checkpoint_every=0.0)


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    """A process that has imported what trains, as `python -m core.train` of the queue does."""
    with patch.dict(os.environ, environment(2, None)):
        limit_kernel_cache()
        forks = Forks("core.training.session", "nltk")
    yield forks
    forks.end()


def train(forks: Forks, data: Path, jobs: list[str]) -> list[dict[int, list[float]]]:
    """For each job {step: [loss, gradient norm]}, all in one process."""
    code = f"from tests.training.resuming import main; main({jobs!r})"
    printed = forks.run(code, data, UNROLLED_DATA=str(data))
    return [{int(step): at for step, at in found.items()} for found in json.loads(printed)]


@dataclass(frozen=True)
class Pair:
    """A case's unbroken run and the losses after a kill and a resumption."""

    spec: dict[str, Any]
    whole: dict[int, list[float]]
    resumed: dict[int, list[float]]


@pytest.fixture(scope="module")
def pairs(forks: Forks, data: Path) -> dict[str, Pair]:
    """Every case, trained twice."""
    whole, killed = [], []
    for name in CASES:
        run, step = data / name, KILLED[name.split()[0]]
        RunDirectory.create(run, drawn(name, data).to_dict())
        whole.append(f"{run},{step + AFTER},{step},{run} killed")
        killed.append(f"{run} killed,{step + AFTER}")
    both = zip(CASES, train(forks, data, whole), train(forks, data, killed), strict=True)
    return {name: Pair(RunDirectory(data / name).spec(), *found) for name, *found in both}


def first_difference(one: dict[int, Any], other: dict[int, Any]) -> int | None:
    """The first step that both have and in which they differ."""
    both = sorted(one.keys() & other.keys())
    return next((step for step in both if one[step] != other[step]), None)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", CASES)
def test_a_killed_run_resumes_with_the_losses_of_an_unbroken_one(
    name: str, pairs: dict[str, Pair], forks: Forks, data: Path, tmp_path: Path
) -> None:
    pair, step = pairs[name], KILLED[name.split()[0]]
    assert list(pair.resumed) == list(range(step + 1, step + AFTER + 1))
    differs = first_difference(pair.whole, pair.resumed)
    if differs is None:
        return
    again = RunDirectory.create(tmp_path / "again", pair.spec)
    [second] = train(forks, data, [f"{again.path},{step + AFTER}"])
    chance = first_difference(pair.whole, second)
    if chance is not None:
        pytest.skip(f"on this processor two unbroken runs differ from step {chance} on")
    pytest.fail(f"resumed after step {step}, it differs from step {differs} on")


def test_every_architecture_is_among_them() -> None:
    assert {spec.architecture for spec in CASES.values()} == set(CONFIGS) - set(POOLED.values())
