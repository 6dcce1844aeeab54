"""The attention on one fixed example, saved again and again while a model learns.

attention/example.json       {"words": [...]} or {"pixels": C×S×S, "label": name}
attention/step-00000042.npy  float16: (L, H, T, T) for text, the class token's row (L, H, P)
                             for an image

core/run_files/attention_snapshots.py reads these files.
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

MAX_TOKENS, MAX_EPOCH_SNAPSHOTS = 16, 40


@dataclass(frozen=True)
class Example:
    """inputs: (1, C, S, S) or (1, T), ready for the model. description: as in example.json."""

    inputs: Tensor
    description: dict[str, Any]


def fixed_example(prepared: Prepared) -> Example | None:
    """The first held-out example; None when the model has no attention."""
    task = prepared.task
    if isinstance(task, ImageTask) and hasattr(prepared.model, "cls_token"):
        pixels = task.held_out.pixels[:1]
        label = prepared.extra["classes"][int(task.held_out.labels[0])]
        description = {"pixels": pixels[0].cpu().tolist(), "label": label}
        return Example(task.held_out.batch(pixels), description)
    if isinstance(task, DialogueTask):
        texts = task.held_out or task.train
        length = min(MAX_TOKENS, int(texts.lengths[0]))
        ids = texts.ids[:1, :length]
        device = next(prepared.model.parameters()).device
        return Example(ids.to(device), {"words": task.tokenizer.words(ids[0])})
    return None


def is_due(record: Record, epochs: int) -> bool:
    """At steps 1, 2, 4, 8, … of the first epoch and after about forty of the epochs.

    The untrained model's is saved before the first step.
    """
    if isinstance(record, EpochRecord):
        return record.epoch % max(1, epochs // MAX_EPOCH_SNAPSHOTS) == 0 or record.epoch == epochs
    return record.epoch < 1 and record.step & (record.step - 1) == 0


@torch.inference_mode()
def save_snapshot(run: RunDirectory, model: nn.Module, example: Example, step: int) -> None:
    """Write the model's attention on the example at this step. Errors: OSError."""
    _, alphas = model.eval()(example.inputs, return_attn=True)
    maps = alphas[0, :, :, 0, 1:] if "pixels" in example.description else alphas[0]
    folder = run.path / "attention"
    folder.mkdir(exist_ok=True)
    if not (folder / "example.json").exists():
        replace_json(folder / "example.json", example.description)
    with atomic_write(folder / f"step-{step:08d}.npy") as file:
        np.save(file, maps.half().cpu().numpy(), allow_pickle=False)
