"""From a run's description to a model and a task."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from core.config.model_config import ModelConfig, config_for
from core.config.recipe import ImageRecipe, TextRecipe
from core.config.run_spec import RunSpec
from core.data import DialogueDataset, load_dialogues, load_images
from core.data.token_cache import tokenizer_of
from core.models.registry import build
from core.training.tasks.dialogues import Dialogues, DialogueTask
from core.training.tasks.images import Images, ImageTask
from core.training.tasks.initialisation import begin_small
from core.training.tasks.task import Task


@dataclass(frozen=True)
class Prepared:
    """A fresh model, what it will learn, and what a checkpoint must say about both.

    extra holds classes, mean and std for images, and is what pages need to read the model's output;
    vocab is the tokenizer's vocabulary, None for images. note says what was made of the data.
    """

    model: nn.Module
    config: ModelConfig
    task: Task
    extra: dict[str, Any]
    vocab: list[str] | None
    checksum: str
    note: str


def prepare(spec: RunSpec, device: torch.device) -> Prepared:
    """Load the data and draw the first weights from the seed.

    Errors: MissingDataError or ValueError, one sentence each, when the data is not there or unfit.
    """
    recipe = spec.recipe_config()
    if isinstance(recipe, TextRecipe):
        return _prepare_text(spec, recipe, device)
    return _prepare_images(spec, recipe, device)


def _prepare_images(spec: RunSpec, recipe: ImageRecipe, device: torch.device) -> Prepared:
    data = load_images(spec.data, spec.data_dir)
    sizes = {"n_channels": 3, "nout": len(data.classes), "img_size": data.size}
    config = config_for(spec.architecture, {**spec.model, **sizes})
    mean, std = torch.tensor(data.mean, device=device), torch.tensor(data.std, device=device)
    pixels, labels = torch.from_numpy(data.train_images), torch.from_numpy(data.train_labels)
    # One order for every run: the part held back and the shares are the same whatever the seed.
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    held_back = round(spec.held_back * len(labels))
    kept = order[held_back:]
    kept = kept[: max(1, round(spec.share * len(kept)))]
    train = Images(pixels[kept].to(device), labels[kept].to(device), mean, std)
    if held_back:
        apart = order[:held_back]
        held_out = Images(pixels[apart].to(device), labels[apart].to(device), mean, std)
    else:
        test_pixels, test_labels = map(torch.from_numpy, (data.test_images, data.test_labels))
        held_out = Images(test_pixels.to(device), test_labels.to(device), mean, std)
    task = ImageTask(train, held_out, recipe.batch_size, recipe.augment, recipe.label_smoothing)
    extra = {"classes": list(data.classes), "mean": list(data.mean), "std": list(data.std)}
    torch.manual_seed(spec.seed)
    model = build(spec.architecture, config).to(device).to(memory_format=torch.channels_last)
    if recipe.beginning == "small":
        begin_small(model)
    note = f"{data.note} {len(kept):,} images to train on, {len(held_out.labels):,} held out."
    return Prepared(model, config, task, extra, None, data.checksum, note)


def _prepare_text(spec: RunSpec, recipe: TextRecipe, device: torch.device) -> Prepared:
    data = load_dialogues(spec.data, spec.data_dir)
    lines, apart = data.train, data.held_out
    if spec.held_back:
        cut = len(lines) - max(1, round(spec.held_back * len(lines)))
        lines, apart = lines[:cut], lines[cut:]
    lines = lines[: max(1, round(spec.share * len(lines)))]
    tokenizer = tokenizer_of(lines)
    config = config_for(spec.architecture, {**spec.model, "vocab_size": tokenizer.vocab_size})
    max_N = config.max_N  # type: ignore[union-attr]
    dataset = DialogueDataset(tokenizer, lines, max_N)
    train = Dialogues.from_encoded([dataset[i] for i in range(len(dataset))], max_N)
    held = DialogueDataset(tokenizer, apart, max_N)
    held_out = Dialogues.from_encoded([held[i] for i in range(len(held))], max_N) if apart else None
    task = DialogueTask(
        train,
        held_out,
        tokenizer,
        recipe.batch_size,
        recipe.batches,
        recipe.epochs,
        recipe.temperature,
    )
    torch.manual_seed(spec.seed)
    model = build(spec.architecture, config).to(device)
    note = (
        f"{data.note} {len(lines):,} dialogues to train on, {len(apart):,} held out, "
        f"a vocabulary of {tokenizer.vocab_size:,}. {dataset.note}".strip()
    )
    return Prepared(model, config, task, {}, tokenizer.vocab, data.checksum, note)
