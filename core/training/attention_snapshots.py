"""One fixed example, looked at again and again: how attention forms while a model learns.

attention/example.json       {"words": [...]} or {"pixels": C×S×S, "label": name}
attention/step-00000042.npy  float16: (L, H, T, T) for text, the class token's row (L, H, P)
                             for an image
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.run_files.directory import RunDirectory, replace_json
from core.system.atomic_write import atomic_write
from core.training.prepare import Prepared
from core.training.records import EpochRecord, Record
from core.training.tasks.dialogues import DialogueTask
from core.training.tasks.images import ImageTask

MOST_TOKENS, MOST_EPOCH_FRAMES = 16, 40


@dataclass(frozen=True)
class Example:
    """inputs: (1, C, S, S) or (1, T), ready for the model. about: what example.json says."""

    inputs: Tensor
    about: dict[str, Any]


def fixed_example(prepared: Prepared) -> Example | None:
    """The first held-out example; None when the model has no attention."""
    task = prepared.task
    if isinstance(task, ImageTask) and hasattr(prepared.model, "cls_token"):
        pixels = task.held_out.pixels[:1]
        label = prepared.extra["classes"][int(task.held_out.labels[0])]
        about = {"pixels": pixels[0].cpu().tolist(), "label": label}
        return Example(task.held_out.batch(pixels), about)
    if isinstance(task, DialogueTask):
        texts = task.held_out or task.train
        length = min(MOST_TOKENS, int(texts.lengths[0]))
        ids = texts.ids[:1, :length]
        device = next(prepared.model.parameters()).device
        return Example(ids.to(device), {"words": task.tokenizer.words(ids[0])})
    return None


def worth_a_frame(record: Record, epochs: int) -> bool:
    """Steps 1, 2, 4, 8, … of the first epoch, and about forty of the epochs."""
    if isinstance(record, EpochRecord):
        return record.epoch % max(1, epochs // MOST_EPOCH_FRAMES) == 0 or record.epoch == epochs
    return record.epoch < 1 and record.step & (record.step - 1) == 0


@torch.inference_mode()
def keep_frame(run: RunDirectory, model: nn.Module, example: Example, step: int) -> None:
    """Write what the model attends to now. Errors: OSError."""
    _, alphas = model.eval()(example.inputs, return_attn=True)
    maps = alphas[0, :, :, 0, 1:] if "pixels" in example.about else alphas[0]
    folder = run.path / "attention"
    folder.mkdir(exist_ok=True)
    if not (folder / "example.json").exists():
        replace_json(folder / "example.json", example.about)
    with atomic_write(folder / f"step-{step:08d}.npy") as file:
        np.save(file, maps.half().cpu().numpy(), allow_pickle=False)
