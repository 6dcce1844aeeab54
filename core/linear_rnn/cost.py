"""Measured forward times of an RNN and a self-attention layer, beside the counts (needs torch).

    python -m core.linear_rnn.cost FILE.json      measure everything and write the report (minutes)

The RNN is torch's own (its loop over T runs in C++, not in Python); attention is the textbook head
of the course. Both run as in use: eval mode, no gradients, batch 1, float32. Each number of threads
has its own process, because a library keeps the number it found when it started.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import torch
from torch import Tensor, nn

from core.attention import AttentionHead
from core.linear_rnn.flops import D_VALUES, LAYERS, T_VALUES, THREADS, CostRecord, Layer
from core.system.device import use_threads, whole_machine
from core.system.folders import PROJECT

REPEATS = 9
PAUSE = 0.02  # seconds of sleep before a sample: a process that has slept is scheduled at once
SHORTEST = 2e-3  # seconds of a sample at least: faster passes are repeated within it


def measure_apart(
    d_values: Sequence[int], T_values: Sequence[int] = T_VALUES, repeats: int = REPEATS
) -> Iterator[CostRecord]:
    """Forward times on the CPU with each number of THREADS, then on a GPU if there is one."""
    places = [("cpu", threads) for threads in THREADS]
    if torch.cuda.is_available():
        places.append(("cuda", 1))
    for device, threads in places:
        task = json.dumps([list(d_values), list(T_values), repeats, device])
        numbers = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        with subprocess.Popen(
            [sys.executable, "-m", "core.linear_rnn.cost", "--measure", task],
            cwd=PROJECT, env=os.environ | numbers, stdout=subprocess.PIPE, encoding="utf-8",
        ) as process:  # fmt: skip
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    yield CostRecord(**json.loads(line))
            finally:
                process.kill()
        if process.returncode:
            raise ValueError(f"The measurement on {device} stopped: the terminal says why.")


def measure(
    d_values: Sequence[int],
    T_values: Sequence[int] = T_VALUES,
    repeats: int = REPEATS,
    device: str = "cpu",
) -> Iterator[CostRecord]:
    """Forward times in this process, alternating between the two layers at every T."""
    threads = torch.get_num_threads()
    for d in d_values:
        layers = {layer: _layer(layer, d).to(device) for layer in LAYERS}
        for T in T_values:
            x = torch.randn(1, T, d, device=device)
            for layer in LAYERS:
                times = _sample(layers[layer], x, repeats)
                fastest, median = min(times), statistics.median(times)
                yield CostRecord(device, threads, layer, T, d, fastest, median)


def _layer(layer: Layer, d: int) -> nn.Module:
    return (nn.RNN(d, d, batch_first=True) if layer == "RNN" else AttentionHead(d, d)).eval()


@torch.inference_mode()
def _sample(layer: nn.Module, x: Tensor, repeats: int) -> list[float]:
    """Seconds of one forward pass, `repeats` times; a warm-up sets the passes per sample."""
    layer(x)
    inside = max(1, round(SHORTEST / _seconds(layer, x, 1)))
    times = []
    for _ in range(repeats):
        time.sleep(PAUSE)
        times.append(_seconds(layer, x, inside))
    return times


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


def main(path: Path) -> None:
    records = []
    for record in measure_apart(D_VALUES):
        records.append(asdict(record))
        print(record, flush=True)
    report = {"machine": whole_machine(), "date": date.today().isoformat(), "records": records}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if sys.argv[1] == "--measure":  # one process of `measure_apart`
        use_threads(int(os.environ["OMP_NUM_THREADS"]))
        for record in measure(*json.loads(sys.argv[2])):
            print(json.dumps(asdict(record)), flush=True)
    else:
        main(Path(sys.argv[1]))
