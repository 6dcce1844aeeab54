"""Accuracy of the shipped picture models when pictures move or change their size.

    python -m core.study.measure.robustness [--data-dir FOLDER]

measures those that are not yet in assets/measurements/robustness.json, on 200 held-out pictures, so
that a page shows them at once, also where the data is not. A model is known there by
`ModelEntry.identity`.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import cache
from typing import Any, Literal

import numpy as np

from core.models.zoo import LoadedModel, ModelEntry, available_models, load_model
from core.system.measurements import load, shipped
from core.system.processor import processor_name

What = Literal["shift", "size"]
PICTURES = 200
PLACES: dict[What, tuple[int, ...]] = {
    "shift": (0, 1, 2, 4, 6, 8),  # pixels
    "size": (24, 28, 32, 40, 48, 56, 64),  # side of the picture in pixels
}
SHIPPED = shipped("robustness")


@cache
def _shipped() -> dict[str, Any]:
    return load(SHIPPED) if SHIPPED.exists() else {}


def _table() -> dict[str, dict[str, list[float]]]:
    return dict(_shipped().get("accuracies", {}))


def shipped_accuracies(entry: ModelEntry, what: What) -> list[float] | None:
    """The accuracies at PLACES[what] that were measured when the model was shipped, else None."""
    return _table().get(entry.identity, {}).get(what)


def shipped_machine() -> str:
    """The processors that measured them."""
    return str(_shipped().get("machine", "an unknown machine"))


def _machines() -> str:
    """Those, and this one."""
    here, known = processor_name(), _shipped().get("machine", "")
    return known if here in known else f"{known} and {here}" if known else here


def accuracies(loaded: LoadedModel, pictures: Any, labels: Any, what: What) -> list[float]:
    """Measured here. pictures: uint8 (N, 3, S, S); labels: (N,)."""
    import torch

    from core.interpret.robustness import accuracy, at_size, resized, shift_accuracy

    mean, std = (torch.tensor(loaded.extra[key]).view(3, 1, 1) for key in ("mean", "std"))
    inputs = (torch.from_numpy(np.ascontiguousarray(pictures)).float() / 255 - mean) / std
    inputs = resized(inputs, loaded.config.img_size)
    truth = torch.from_numpy(np.asarray(labels))
    if what == "shift":
        return shift_accuracy(loaded.model, inputs, truth, PLACES[what])
    is_cnn = loaded.entry.kind == "cnn"
    return [
        accuracy(
            loaded.model if is_cnn else at_size(loaded.model, side), resized(inputs, side), truth
        )
        for side in PLACES[what]
    ]


def main() -> int:
    """Measure every shipped model of pictures that is not yet in the file."""
    top = argparse.ArgumentParser(
        prog="python -m core.study.measure.robustness", description=__doc__
    )
    top.add_argument("--data-dir", help="where the source files of the real data are; only read")
    options = top.parse_args()

    from core.data import load_images
    from core.data.images.order import held_out_order
    from core.system.device import use_threads

    use_threads(1)
    shipped = [e for e in available_models() if e.shipped and e.kind in ("vit", "cnn")]
    results = {e.identity: _table()[e.identity] for e in shipped if e.identity in _table()}
    machines = _machines()
    for entry in shipped:
        if entry.identity not in results:
            data, loaded = load_images(entry.data, options.data_dir), load_model(entry)
            order = held_out_order(entry.data, data.test_labels)[0][:PICTURES]
            held_out = data.test_images[order], data.test_labels[order]
            results[entry.identity] = {what: accuracies(loaded, *held_out, what) for what in PLACES}
            print(entry.name, results[entry.identity], flush=True)
        about = {"machine": machines, "pictures": PICTURES, "accuracies": results}
        SHIPPED.write_text(json.dumps(about, indent=1), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
