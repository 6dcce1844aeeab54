"""Measured forward times of an RNN and a self-attention layer, beside the counts (needs torch).

    python -m core.linear_rnn.cost FILE.json      measure everything and write the report

The RNN is torch's own (its loop over T runs in C++, not in Python); attention is the textbook head
of the course. Both run as in use: eval mode, no gradients, batch 1, float32.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import torch
from torch import Tensor, nn

from core.attention import AttentionHead
from core.linear_rnn.flops import D_VALUES, LAYERS, T_VALUES, CostRecord, Layer
from core.system.device import use_threads
from core.system.processor import processor_name

REPEATS = 7
SHORTEST = 2e-3  # seconds of a sample at least: faster passes are repeated within it


def devices() -> list[str]:
    """The devices to measure on: "cpu", and "cuda" if there is a GPU."""
    return ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def measure(
    d_values: Sequence[int],
    T_values: Sequence[int] = T_VALUES,
    repeats: int = REPEATS,
    on: Sequence[str] = ("cpu",),
) -> Iterator[CostRecord]:
    """Forward times, one record a point, alternating between the two layers at every T."""
    for device in on:
        for d in d_values:
            layers = {layer: _layer(layer, d).to(device) for layer in LAYERS}
            for T in T_values:
                x = torch.randn(1, T, d, device=device)
                for layer in LAYERS:
                    times = _sample(layers[layer], x, repeats)
                    low, median, high = statistics.quantiles(times, n=4)
                    yield CostRecord(device, layer, T, d, median, low, high)


def _layer(layer: Layer, d: int) -> nn.Module:
    return (nn.RNN(d, d, batch_first=True) if layer == "RNN" else AttentionHead(d, d)).eval()


@torch.inference_mode()
def _sample(layer: nn.Module, x: Tensor, repeats: int) -> list[float]:
    """Seconds of one forward pass, `repeats` times; a warm-up sets the passes per sample."""
    layer(x)
    inside = max(1, round(SHORTEST / _seconds(layer, x, 1)))
    return [_seconds(layer, x, inside) for _ in range(repeats)]


def _seconds(layer: nn.Module, x: Tensor, passes: int) -> float:
    _wait(x)
    start = time.perf_counter()
    for _ in range(passes):
        layer(x)
    _wait(x)
    return (time.perf_counter() - start) / passes


def _wait(x: Tensor) -> None:
    if x.is_cuda:
        torch.cuda.synchronize()


def this_machine() -> str:
    """The machine in words: processor, threads in use, GPU, torch."""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    threads = torch.get_num_threads()
    used = f"{threads} thread{'s' if threads > 1 else ''}"
    return f"{processor_name()}, {used}{gpu}, torch {torch.__version__.split('+')[0]}"


def main(path: Path) -> None:
    use_threads(1)
    records = []
    for record in measure(D_VALUES, on=devices()):
        records.append(asdict(record))
        print(f"{record.device} {record.layer} T {record.T} d {record.d}: {record.median:.2e} s")
    report = {"machine": this_machine(), "date": date.today().isoformat(), "records": records}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
