"""The cost of an RNN layer and of a self-attention layer over T tokens, counted (no torch).

With d features in and out and one head of size d, in multiply-adds:

    RNN        input products T d²,  recurrence T d²                        chain of T steps
    attention  projections 3 T d²,  Q Kᵀ T² d,  softmax T²,  A V T² d       chain of 4 steps

One step of the RNN is O(d²), not O(1), and A V costs as much as Q Kᵀ: O(T² d) each (Vaswani et al.
2017, table 1). Projections apart, the counts cross where T d² = 2 T² d: at T = d / 2.

Work is the number of all operations, span that of the longest chain in which each needs the one
before; n numbers are added in ⌈log₂ n⌉ such operations. Brent's bound for P units that start
whatever is ready (R. Brent, "The Parallel Evaluation of General Arithmetic Expressions", 1974):

    operations one after another ≤ (work − span) / P + span
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from core.system.measurements import load, shipped

Layer = Literal["RNN", "attention"]

LAYERS: tuple[Layer, ...] = ("RNN", "attention")
T_VALUES = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
D_VALUES = (16, 64, 256)
THREADS = (1, 2)  # numbers of CPU threads that are measured
SLOPE_FROM = 512  # slopes are fitted from this T on, where fixed costs no longer matter
SHIPPED = shipped("rnn_cost")


@dataclass(frozen=True)
class CostRecord:
    """One measured point: seconds of one forward pass, batch 1, the fastest and the median.

    Other processes can only slow a pass down, so layers are compared by their fastest passes.
    """

    device: str
    threads: int
    layer: Layer
    T: int
    d: int
    fastest: float
    median: float


@dataclass(frozen=True)
class CostReport:
    """A measurement, and the machine and date it was made on."""

    machine: str
    date: str
    records: tuple[CostRecord, ...]

    def points(self, device: str, threads: int, layer: Layer, d: int) -> list[CostRecord]:
        """The records of one curve, by T."""
        wanted = (device, threads, layer, d)
        curve = [r for r in self.records if (r.device, r.threads, r.layer, r.d) == wanted]
        return sorted(curve, key=lambda r: r.T)

    def seconds(self, layer: Layer, T: int, d: int) -> dict[int, float]:
        """{threads: the fastest pass measured on the CPU} for one T and d."""
        which = (layer, T, d)
        same = [r for r in self.records if r.device == "cpu" and (r.layer, r.T, r.d) == which]
        return {r.threads: r.fastest for r in same}


@dataclass(frozen=True)
class Counts:
    """The multiply-adds of one forward pass (softmax: exponentials), and the bytes it needs."""

    projections: int
    mixing: int  # what lets tokens influence each other: recurrence, or Q Kᵀ and A V
    softmax: int
    memory: int  # float32 bytes of all arrays that exist at the same time
    chain: int  # length of the longest chain of dependent steps
    span: int  # operations, one after another, in that chain

    @property
    def total(self) -> int:
        """The work."""
        return self.projections + self.mixing + self.softmax


def counts(layer: Layer, T: int, d: int) -> Counts:
    """The counts of the table above. Memory: outputs and what they are made of, 4 bytes each.

    RNN: inputs already multiplied by W_x, and states (2 T d). Attention: Q, K, V, the output and
    the weights before and after the softmax (4 T d + 2 T²).

    Span: a step of the RNN multiplies, adds d products, adds W_x x_t and applies φ. Attention does
    the first two for Q and K, for Q Kᵀ and, with T products, for A V; between them it divides by
    √n and takes the softmax: maximum, difference, exponential, sum, quotient.
    """
    if T < 1 or d < 1:
        raise ValueError(f"T is {T} and d is {d}: both have to be at least 1.")
    add_d, add_T = (d - 1).bit_length(), (T - 1).bit_length()  # ⌈log₂ d⌉, ⌈log₂ T⌉
    if layer == "RNN":
        return Counts(T * d * d, T * d * d, 0, 4 * 2 * T * d, T, T * (add_d + 3))
    span = 2 * (1 + add_d) + 1 + (2 * add_T + 3) + (1 + add_T)
    return Counts(3 * T * d * d, 2 * T * T * d, T * T, 4 * (4 * T * d + 2 * T * T), 4, span)


def time_on_units(measured: float, count: Counts, P: float) -> float:
    """Seconds on P units by Brent's bound, where one unit takes `measured` seconds. A model: units
    that never wait for memory or for each other, and as long for every operation."""
    return measured * ((count.total - count.span) / P + count.span) / count.total


def units_where_attention_wins(rnn: float, attention: float, T: int, d: int) -> float | None:
    """The P from which attention is faster in that model, given both times on one unit in seconds.

    None where it is slower on any number of units.
    """
    r, a = counts("RNN", T, d), counts("attention", T, d)
    chains = rnn * r.span / r.total - attention * a.span / a.total
    rest = attention * (1 - a.span / a.total) - rnn * (1 - r.span / r.total)
    return max(1.0, rest / chains) if chains > 0 else None


def crossover_of_counts(d: int) -> float:
    """The T above which attention's mixing needs more multiply-adds than the recurrence."""
    return d / 2


def crossover_of_times(rnn: Sequence[CostRecord], attention: Sequence[CostRecord]) -> float | None:
    """The T at which attention becomes slower, between measured points on straight log-log lines.

    None when one of them is faster at every T measured.
    """
    if len(rnn) != len(attention) or len(rnn) < 2:
        return None
    gap = [math.log(a.fastest / r.fastest) for r, a in zip(rnn, attention, strict=True)]
    for i in range(len(gap) - 1, 0, -1):
        if gap[i - 1] <= 0 < gap[i]:
            part = gap[i - 1] / (gap[i - 1] - gap[i])
            return float(rnn[i - 1].T * (rnn[i].T / rnn[i - 1].T) ** part)
    return None


def slope(points: Sequence[CostRecord], start: int = SLOPE_FROM) -> float | None:
    """The exponent p of time ~ T^p, by least squares on the logarithms from T = start on."""
    used = [p for p in points if start <= p.T]
    if len(used) < 2:
        return None
    x, y = np.log([p.T for p in used]), np.log([p.fastest for p in used])
    return float(np.polyfit(x, y, 1)[0])


def read_report(path: Path = SHIPPED) -> CostReport:
    """A measurement written by `python -m core.linear_rnn.cost`."""
    stored = load(path)
    records = tuple(CostRecord(**record) for record in stored["records"])
    return CostReport(stored["machine"], stored["date"], records)
