"""What torch is needed for: gradients through time, learning to remember, the cost by the clock."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from core.linear_rnn import cost as clock
from core.linear_rnn.flops import (
    CostRecord,
    counts,
    crossover_of_counts,
    crossover_of_times,
    read_report,
    slope,
    time_on_units,
    units_where_attention_wins,
)
from core.linear_rnn.latch_sweep import read_sweep
from core.linear_rnn.latch_task import (
    LAYERS,
    SYMBOLS,
    LinearRNN,
    Memory,
    MemoryTask,
    gradient_by_step,
    sequences,
    train_memory,
)
from core.system.device import this_machine


@pytest.mark.parametrize("layer", LAYERS)
def test_gradient_norms_are_those_of_the_full_jacobian(layer: str) -> None:
    task = MemoryTask(delay=6, hidden=5)
    torch.manual_seed(0)
    model = Memory(layer, task)
    x = sequences(task, 1, torch.Generator().manual_seed(0))[0][0]
    jacobian = torch.autograd.functional.jacobian(lambda s: model.last_state(s[None])[0], x)
    expected = jacobian.pow(2).sum(dim=(0, 2)).sqrt()
    assert np.allclose(gradient_by_step(model, x), expected, rtol=1e-4)


def test_the_linear_rnn_is_the_recurrence_and_its_gradient_the_power() -> None:
    torch.manual_seed(1)
    rnn = LinearRNN(3, 4).double()
    x = torch.randn(2, 7, 3, dtype=torch.double)
    h = torch.zeros(2, 4, dtype=torch.double)
    for t in range(7):
        h = h @ rnn.W_h.weight.T + x[:, t] @ rnn.W_x.weight.T
    assert torch.allclose(rnn(x)[0][:, -1], h)


def test_a_sequence_shows_its_symbol_once_and_noise_after_it() -> None:
    task = MemoryTask(delay=9)
    x, symbols = sequences(task, 50, torch.Generator().manual_seed(3))
    assert x.shape == (50, 10, SYMBOLS + 2)
    assert torch.equal(x[:, 0, :SYMBOLS].argmax(dim=1), symbols)
    assert not x[:, 1:, :SYMBOLS].any()
    assert not x[:, 0, SYMBOLS:].any()


def test_a_short_delay_is_learned() -> None:
    task = MemoryTask(delay=2, steps=150)
    for layer in ("tanh RNN", "Transformer"):
        records = list(train_memory(layer, task))
        assert records[0].step == 0
        assert records[-1].step == task.steps
        assert records[0].accuracy < 0.5
        assert records[-1].accuracy > 0.95
        assert records[0].gradient.shape == records[-1].gradient.shape == (3,)


def test_gradients_vanish_at_the_start_unless_w_h_is_orthogonal() -> None:
    """Entries uniform in ±1/√d have ρ ≈ 1/√3; an orthogonal W_h has ρ = 1."""
    plain = next(train_memory("linear RNN", MemoryTask(delay=30)))
    kept = next(train_memory("linear RNN", MemoryTask(delay=30, orthogonal=True)))
    per_step = (plain.gradient[0] / plain.gradient[-1]) ** (1 / 30)
    assert 0.4 < per_step < 0.75
    assert np.allclose(kept.gradient, kept.gradient[-1], rtol=1e-4)
    block = next(train_memory("Transformer", MemoryTask(delay=30)))
    assert block.gradient[0] > 1e3 * plain.gradient[0]


def test_a_training_is_deterministic_and_leaves_the_global_random_state_alone() -> None:
    task = MemoryTask(delay=3, steps=20)
    before = torch.random.get_rng_state()
    first, second = (list(train_memory("GRU", task, every=10)) for _ in range(2))
    assert [r.loss for r in first] == [r.loss for r in second]
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_forget_bias_opens_the_lstm_and_leaves_every_other_layer_as_it_was() -> None:
    torch.manual_seed(0)
    opened = Memory("LSTM", MemoryTask(hidden=4, forget_bias=1.0)).layer
    torch.manual_seed(0)
    plain = Memory("LSTM", MemoryTask(hidden=4)).layer
    bias, before = (
        (lstm.bias_ih_l0 + lstm.bias_hh_l0).detach().reshape(4, 4) for lstm in (opened, plain)
    )  # rows: input, forget, cell, output gate
    assert bias[1].tolist() == [1.0] * 4
    assert torch.equal(bias[[0, 2, 3]], before[[0, 2, 3]])
    torch.manual_seed(0)
    gru = Memory("GRU", MemoryTask(hidden=4, forget_bias=1.0)).state_dict()
    torch.manual_seed(0)
    for name, weight in Memory("GRU", MemoryTask(hidden=4)).state_dict().items():
        assert torch.equal(gru[name], weight)


def test_with_a_forget_bias_the_gradient_reaches_further_back_before_training() -> None:
    """The cell keeps σ(bias) of itself at each step: about 0.5, or 0.73."""
    plain = next(train_memory("LSTM", MemoryTask(delay=30)))
    opened = next(train_memory("LSTM", MemoryTask(delay=30, forget_bias=1.0)))
    first, second = ((r.gradient[0] / r.gradient[-1]) ** (1 / 30) for r in (plain, opened))
    assert 0.5 < first < 0.7
    assert 0.73 < second < 0.9


@pytest.mark.parametrize("wrong", [{"delay": 0}, {"delay": 201}, {"steps": 0}, {"hidden": 999}])
def test_impossible_trainings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="choose a whole number from 1 to"):
        MemoryTask(**wrong)
    with pytest.raises(ValueError, match="There is no layer"):
        next(train_memory("CNN", MemoryTask()))


# cost


def test_counts_match_the_products_that_are_computed() -> None:
    """Counted by torch on the layers themselves, two operations to a multiply-add."""
    from torch.utils.flop_counter import FlopCounterMode

    T, d = 24, 8
    head = clock._layer("attention", d)
    with FlopCounterMode(display=False) as counter:
        head(torch.randn(1, T, d))
    found = counts("attention", T, d)
    assert counter.get_total_flops() == 2 * (found.projections + found.mixing)
    rnn = LinearRNN(d, d)
    with FlopCounterMode(display=False) as counter:
        rnn(torch.randn(1, T + 1, d))  # h_1 needs no recurrent product
    assert counter.get_total_flops() == 2 * (T * d * d + (T + 1) * d * d)
    assert counts("RNN", T, d).projections == counts("RNN", T, d).mixing == T * d * d


@pytest.mark.parametrize("d", [2, 16, 64, 256])
def test_the_counts_cross_where_the_formula_says(d: int) -> None:
    T = int(crossover_of_counts(d))
    assert counts("RNN", T, d).mixing == counts("attention", T, d).mixing
    assert counts("RNN", T + 1, d).mixing < counts("attention", T + 1, d).mixing


class Operation:
    """A number that knows how many operations, one after another, it took."""

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth

    def with_(self, *others: "Operation") -> "Operation":
        return Operation(1 + max(one.depth for one in (self, *others)))


def added(numbers: list[Operation]) -> Operation:
    """Their sum, in pairs."""
    while len(numbers) > 1:
        pairs = [a.with_(b) for a, b in zip(numbers[::2], numbers[1::2], strict=False)]
        numbers = pairs + numbers[len(pairs) * 2 :]
    return numbers[0]


def product(x: list[Operation], y: list[Operation]) -> Operation:
    return added([a.with_(b) for a, b in zip(x, y, strict=True)])


@pytest.mark.parametrize(("T", "d"), [(1, 1), (4, 2), (5, 4), (3, 6), (16, 8)])
def test_the_span_is_the_longest_chain_of_the_layer_computed_with_numbers_that_count(
    T: int, d: int
) -> None:
    weights, x = [Operation()] * d, [[Operation()] * d] * T
    h = weights
    for x_t in x:
        h = [product(weights, h).with_(product(weights, x_t)).with_() for _ in range(d)]
    assert max(one.depth for one in h) == counts("RNN", T, d).span

    q = [[product(weights, x_t) for _ in range(d)] for x_t in x]  # k and v are made the same way
    scores = [product(q[0], k).with_() for k in q]
    top = scores[0]
    top = added(scores) if T > 1 else top
    powers = [score.with_(top).with_() for score in scores]
    total = added(powers)
    weight = [power.with_(total) for power in powers]
    assert product(weight, [v[0] for v in q]).depth == counts("attention", T, d).span


def test_brents_bound_is_the_measured_time_on_one_unit_and_the_span_on_very_many() -> None:
    count = counts("RNN", 100, 8)
    assert time_on_units(3.0, count, 1) == pytest.approx(3.0)
    assert time_on_units(3.0, count, 1e12) == pytest.approx(3.0 * count.span / count.total)
    rnn, attention = 4e-3, 5e-3
    P = units_where_attention_wins(rnn, attention, 1024, 64)
    at = [
        time_on_units(seconds, counts(layer, 1024, 64), P)
        for layer, seconds in (("RNN", rnn), ("attention", attention))
    ]
    assert at[0] == pytest.approx(at[1])
    assert units_where_attention_wins(5e-3, 4e-3, 1024, 64) == 1
    assert units_where_attention_wins(1e-9, 1.0, 4, 256) is None


def test_orders_of_growth() -> None:
    for layer, growth, chain in (("RNN", 2, 2), ("attention", 4, 1)):
        short, long = counts(layer, 4096, 64), counts(layer, 8192, 64)
        assert long.mixing == growth * short.mixing
        assert long.chain == chain * short.chain
    with pytest.raises(ValueError, match="at least 1"):
        counts("RNN", 0, 4)


def line(layer: str, seconds) -> list[CostRecord]:
    return [CostRecord("cpu", 1, layer, T, 8, seconds(T), 0) for T in (256, 512, 1024, 2048)]


def test_slopes_and_the_measured_crossover() -> None:
    linear, square = line("RNN", lambda T: 1e-6 * T), line("attention", lambda T: 2e-9 * T * T)
    assert slope(linear) == pytest.approx(1)
    assert slope(square) == pytest.approx(2)
    assert crossover_of_times(linear, square) == pytest.approx(500)
    assert crossover_of_times(square, linear) is None
    assert slope(linear[:1]) is None


def test_measuring_gives_every_point_with_its_spread() -> None:
    found = list(clock.measure([4], T_values=[8, 16], repeats=3))
    assert [(r.layer, r.T) for r in found] == [
        (layer, T) for T in (8, 16) for layer in ("RNN", "attention")
    ]
    assert all(0 < r.fastest <= r.median < 10 for r in found)
    assert "torch" in this_machine()


def test_each_number_of_threads_is_measured_in_a_process_of_its_own() -> None:
    threads = torch.get_num_threads()
    found = list(clock.measure_apart([4], T_values=[8], repeats=2))
    assert [(r.threads, r.layer) for r in found if r.device == "cpu"] == [
        (1, "RNN"), (1, "attention"), (2, "RNN"), (2, "attention"),
    ]  # fmt: skip
    assert torch.get_num_threads() == threads


def test_a_measurement_whose_process_fails_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="The measurement on cpu stopped"):
        list(clock.measure_apart([-1], T_values=[8], repeats=2))


def test_the_shipped_measurement_is_complete_and_names_its_machine() -> None:
    report = read_report()
    assert "torch" in report.machine
    assert report.date
    for d in (16, 64, 256):
        for layer in ("RNN", "attention"):
            points = report.points("cpu", 1, layer, d)
            assert [p.T for p in points] == [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
            assert all(0 < p.fastest <= p.median for p in points)
    for layer in ("RNN", "attention"):
        assert report.seconds(layer, 1024, 64).keys() == {1, 2}  # quoted by question 1e


def test_the_shipped_sweep_is_complete() -> None:
    report = read_sweep()
    assert "seeds" in report.training
    for layer, forget_bias in [*((layer, 0.0) for layer in LAYERS), ("LSTM", 1.0)]:
        curve = report.curve(layer, forget_bias)
        assert [p.delay for p in curve] == [3, 5, 10, 15, 20, 30, 45, 60]
        assert all(0 <= a <= 1 for p in curve for a in p.accuracies)


def test_a_sweep_from_before_the_forget_bias_is_read(tmp_path: Path) -> None:
    old = {"training": "3 seeds", "points": [{"layer": "LSTM", "delay": 3, "accuracies": [0.5]}]}
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    report = read_sweep(tmp_path / "old.json")
    assert [p.accuracies for p in report.curve("LSTM")] == [(0.5,)]
    assert not report.curve("LSTM", 1.0)


def test_the_report_can_be_written_and_read(tmp_path: Path) -> None:
    record = CostRecord("cpu", 1, "RNN", 16, 8, 2e-5, 3e-5)
    path = tmp_path / "cost.json"
    stored = {"machine": "a machine", "date": "2026-01-01", "records": [vars(record)]}
    path.write_text(json.dumps(stored), encoding="utf-8")
    assert read_report(path).points("cpu", 1, "RNN", 8) == [record]
    assert math.isclose(read_report(path).records[0].fastest, 2e-5)


def test_counting_and_reading_need_no_torch() -> None:
    code = (
        "import sys, core.linear_rnn.flops, core.linear_rnn.latch_sweep; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
