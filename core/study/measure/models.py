"""Measurements of whole models of this machine: samples, maps on objects, a ViT beside a CNN.

Each function returns the values that `core.study.measure.store.MEASUREMENTS` names. Errors:
ValueError, one sentence, when a model is needed and there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from core.data.sources import GENERATED
from core.models.zoo import LoadedModel, ModelEntry, available_models, load_model
from core.study.measure.store import Values

if TYPE_CHECKING:
    from core.gpt import DialogueGPT

IMAGES = 200
MOVED = 4  # pixels


def empty_prompt() -> Values:
    """Thirty greedy tokens from the start token alone."""
    import torch

    loaded = _own_gpt()
    model = cast("DialogueGPT", loaded.model)
    with torch.inference_mode():
        ids = model.generate(torch.zeros(1, 1, dtype=torch.long), 30)[0, 1:]
    assert loaded.tokenizer is not None
    return {"model": loaded.entry.name, "text": " ".join(loaded.tokenizer.words(ids))}


def samples() -> Values:
    """The first and the last sample of the GPT's training, from its own record."""
    from core.run_files.directory import RunDirectory

    order = sorted(_preferred("gpt"), key=lambda e: (e.data in GENERATED, "course" not in e.name))
    for entry in order:
        epochs = [r for r in RunDirectory(entry.path).epochs() if r.get("text")]
        if len(epochs) > 1:
            first, last = epochs[0], epochs[-1]
            return {
                **{"label": entry.name, "first_epoch": first["epoch"], "last_epoch": last["epoch"]},
                **{"first": _short(first["text"]), "last": _short(last["text"])},
            }
    raise ValueError("No GPT here has stored its samples: train one for two epochs or more.")


def heatmap() -> Values:
    """The class token's row on Shapes against the masks: share on the object, spread and area."""
    from core.interpret.faithfulness import attention_on_object, correlation, object_share, spread
    from core.study.measure.vision import on_shapes

    entries = [entry for entry in _preferred("vit") if entry.data == "shapes"]
    if not entries:
        raise ValueError("No Vision Transformer trained on Shapes is here: train one first.")
    loaded = load_model(entries[0])
    _, rows, masks = on_shapes(loaded)
    row, area = rows.mean((1, 2)), masks.float().mean((1, 2))
    covered = object_share(masks, row.shape[-1]).mean()
    return {
        **{"images": IMAGES, "model": loaded.entry.name, "covered": float(covered)},
        "on_object": float(attention_on_object(row, masks).mean()),
        "correlation": correlation(spread(row), area),
    }


def rivals() -> Values:
    """A CNN and a ViT trained on all of Shapes, on the pictures as they are and shifted."""
    import torch

    from core.data.images import shapes
    from core.interpret.robustness import shift_accuracy
    from core.run_files.directory import RunDirectory
    from core.study.measure.vision import to_input

    pictures, labels, _ = shapes.generate(IMAGES, seed=1)
    values: Values = {"images": IMAGES, "moved": MOVED}
    for kind in ("cnn", "vit"):
        entries = [
            entry
            for entry in _preferred(kind)
            if entry.data == "shapes" and RunDirectory(entry.path).spec().get("share", 1.0) == 1.0
        ]
        if not entries:
            raise ValueError(
                f"No {kind.upper()} trained on all of Shapes is here: train one first."
            )
        loaded = load_model(entries[0])
        inputs = to_input(loaded, pictures)
        still, moved = shift_accuracy(loaded.model, inputs, torch.from_numpy(labels), (0, MOVED))
        values |= {kind: loaded.entry.name, f"{kind}_still": still, f"{kind}_moved": moved}
    return values


def runs() -> Values:
    """The last epoch of a Vision Transformer's training, preferably of one on CIFAR-10."""
    from core.run_files.directory import RunDirectory

    entries = sorted(
        _preferred("vit"), key=lambda e: ("cifar" not in e.data, not e.name.endswith("course"))
    )
    for entry in entries:
        last = RunDirectory(entry.path).last_records().get("epoch", {})
        if "accuracy" in last.get("train", {}) and "accuracy" in last.get("held_out", {}):
            return {
                **{"label": f"{entry.name} on {entry.data}", "epochs": last["epoch"]},
                **{"train": last["train"]["accuracy"], "held_out": last["held_out"]["accuracy"]},
            }
    raise ValueError("No Vision Transformer here has stored its accuracies: train one first.")


def _preferred(kind: str) -> list[ModelEntry]:
    return sorted(available_models(kind), key=lambda entry: not entry.shipped)


def _own_gpt() -> LoadedModel:
    """A GPT of this machine: one trained on texts by people before a generated one."""
    entries = sorted(_preferred("gpt"), key=lambda entry: entry.data in GENERATED)
    if not entries:
        raise ValueError("There is no dialogue GPT here: train one first.")
    return load_model(entries[0])


def _short(text: str) -> str:
    words = text.split()
    return " ".join(words[:14]) + (" …" if len(words) > 14 else "")
