"""The gates of the shipped LSTMs: torch's own numbers, what they keep, and their section."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.linear_rnn.latch_task import forget_gates
from core.linear_rnn.through_time import gates, gates_experiment
from dashboard.figures.rnn import through_time as figures
from dashboard.rnn.gates import ANSWERS
from tests import apps
from tests.dashboard.drawings import checked

LSTMS, ABOUT = gates.read()


@pytest.mark.parametrize("bias", gates.BIASES)
def test_they_are_torch_s_lstm(bias: float) -> None:
    lstm = LSTMS[bias]
    theirs = nn.LSTM(10, lstm.units, batch_first=True).double()
    with torch.no_grad():
        for name, array in (("weight_ih", lstm.W), ("weight_hh", lstm.U), ("bias_ih", lstm.b),
                            ("bias_hh", 0 * lstm.b)):  # fmt: skip
            theirs.get_parameter(f"{name}_l0").copy_(torch.from_numpy(array))
    x = np.concatenate([gates.sequence(s, 20, seed=s) for s in range(8)])
    mine = gates.run(lstm, x)
    h, (_, c) = theirs(torch.from_numpy(x))
    np.testing.assert_allclose(mine.o * np.tanh(mine.c), h.detach(), atol=1e-10)
    np.testing.assert_allclose(mine.c[:, -1], c[0].detach(), atol=1e-10)
    np.testing.assert_allclose(mine.f[:, 1:], forget_gates(theirs, torch.from_numpy(x)), atol=1e-10)
    assert gates.accuracy(lstm, gates.DELAY) == pytest.approx(lstm.accuracy, abs=0.06)


def test_open_gates_keep_the_symbol_and_closed_ones_do_not() -> None:
    assert gates.accuracy(LSTMS[1.0], gates.DELAY) > 0.95
    assert gates.accuracy(LSTMS[1.0], gates.DELAY, added=-2) < 0.5
    assert gates.most_kept(LSTMS[0.0])[1] < 0.7 < 0.9 < gates.most_kept(LSTMS[1.0])[1] < 1


def test_the_command_trains_such_an_lstm() -> None:
    made = gates_experiment.trained(1.0, steps=2)
    assert np.shape(made["W"]) == LSTMS[1.0].W.shape
    assert ABOUT["steps"] == gates_experiment.STEPS


def test_a_missing_file_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Path("/nowhere.json")
    monkeypatch.setattr(gates, "read", lambda: open(missing, encoding="utf-8"))  # noqa: SIM115
    app = apps.check(apps.opened("rnn", section="Gates"))
    assert any(gates.COMMAND in info.value for info in app.info)


def test_the_section_answers_after_the_prediction_alone() -> None:
    app = apps.opened("rnn", section="Gates", gate_added="-2", gate_bias="1")
    said = " ".join(m.value for m in apps.check(app).markdown)
    assert f"right on **{gates.accuracy(LSTMS[1.0], gates.DELAY, added=-2):.0%}**" in said
    assert "Above 0.9" not in said
    app.radio(key="guess-gate").set_value(ANSWERS[0])
    said = " ".join(m.value for m in apps.check(app.run()).markdown)
    assert f"on average {gates.most_kept(LSTMS[1.0])[1]:.2f}" in said
    assert f"**Your prediction was wrong:** {ANSWERS[0]}  \n" in said


@pytest.mark.parametrize("signed", [True, False])
def test_the_server_s_figures(signed: bool) -> None:
    checked(figures.units(np.random.default_rng(0).random((16, 21)), signed=signed))
