"""From a run's specification to a model and a task."""

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
from core.training.tasks.initialisation import scaled_init
from core.training.tasks.task import Task


@dataclass(frozen=True)
class Prepared:
    """A fresh model, its task, and what a checkpoint must say about both.

    extra: classes, mean and std of image data, which pages need to read the model's output.
    vocab: the tokenizer's vocabulary, None for images. note: the data used, in one or two
    sentences for the user.
    """

    model: nn.Module
    config: ModelConfig
    task: Task
    extra: dict[str, Any]
    vocab: list[str] | None
    checksum: str
    note: str


def prepare(spec: RunSpec, device: torch.device) -> Prepared:
    """Load the data and draw the initial weights from the seed.

    Errors: MissingDataError or ValueError, one sentence each, when the data is missing or unusable.
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
    # One order for every run: validation set and share are the same whatever the seed.
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    validation, rest = order.tensor_split([round(spec.validation_share * len(labels))])
    used = rest[: max(1, round(spec.share * len(rest)))]
    train = Images(pixels[used].to(device), labels[used].to(device), mean, std)
    if len(validation):
        held_out = Images(pixels[validation].to(device), labels[validation].to(device), mean, std)
    else:
        test_pixels, test_labels = map(torch.from_numpy, (data.test_images, data.test_labels))
        held_out = Images(test_pixels.to(device), test_labels.to(device), mean, std)
    task = ImageTask(train, held_out, recipe, tuple(data.classes))
    extra = {"classes": list(data.classes), "mean": list(data.mean), "std": list(data.std)}
    torch.manual_seed(spec.seed)
    model = build(spec.architecture, config).to(device).to(memory_format=torch.channels_last)
    if recipe.initialisation == "small":
        scaled_init(model)
    note = f"{data.note} Trained on {len(used):,} images; {len(held_out.labels):,} are held out."
    return Prepared(model, config, task, extra, None, data.checksum, note)


def _prepare_text(spec: RunSpec, recipe: TextRecipe, device: torch.device) -> Prepared:
    data = load_dialogues(spec.data, spec.data_dir)
    lines, held_out_lines = data.train, data.held_out
    if spec.validation_share:
        cut = len(lines) - max(1, round(spec.validation_share * len(lines)))
        lines, held_out_lines = lines[:cut], lines[cut:]
    lines = lines[: max(1, round(spec.share * len(lines)))]
    tokenizer = tokenizer_of(lines)
    config = config_for(spec.architecture, {**spec.model, "vocab_size": tokenizer.vocab_size})
    max_N = config.max_N  # type: ignore[union-attr]
    dataset = DialogueDataset(tokenizer, lines, max_N)
    train = Dialogues.from_encoded([dataset[i] for i in range(len(dataset))], max_N)
    held = DialogueDataset(tokenizer, held_out_lines, max_N)
    held_out = Dialogues.from_encoded([held[i] for i in range(len(held))], max_N) if held else None
    task = DialogueTask(train, held_out, tokenizer, recipe)
    # On a GPU in 16 bits, cuDNN's attention makes a plan for every new length, 0.1 s each.
    torch.backends.cuda.enable_cudnn_sdp(False)
    torch.manual_seed(spec.seed)
    model = build(spec.architecture, config).to(device)
    note = (
        f"{data.note} Trained on {len(lines):,} dialogues; {len(held_out_lines):,} are held out. "
        f"The vocabulary has {tokenizer.vocab_size:,} tokens. {dataset.note}".strip()
    )
    return Prepared(model, config, task, {}, tokenizer.vocab, data.checksum, note)
