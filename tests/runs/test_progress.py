"""How far a run is, how long it still takes, and whether it overfits, from its records."""

import random

import pytest

from core.runs.overfitting import overfitting
from core.runs.progress import run_progress


def records_of(
    epochs: int, per_epoch: int, pace: float, measuring: float, first: float = 5.0
) -> list[dict]:
    """A run as it is recorded: slow first steps, then `pace` seconds a step, give or take."""
    noise, seconds, records = random.Random(0), 0.0, [{"kind": "start", "step": 0, "epoch": 0}]
    for step in range(1, epochs * per_epoch + 1):
        seconds += first if step <= 2 else pace * noise.uniform(0.7, 1.3)
        if step <= 10 or step % 10 == 0:
            at = {"epoch": step / per_epoch, "examples": 8 * step, "seconds": seconds}
            records.append({"kind": "step", "step": step, "loss": 1.0, **at})
        if step % per_epoch == 0:
            seconds += measuring
            at = {"epoch": step // per_epoch, "seconds": seconds}
            records.append({"kind": "epoch", "step": step, "train": {}, "held_out": {}, **at})
    return records


@pytest.mark.parametrize(("per_epoch", "measuring"), [(200, 4.0), (37, 3.0), (5, 0.4)])
def test_the_time_left_is_right_within_thirty_per_cent(per_epoch: int, measuring: float) -> None:
    epochs = 12
    whole = records_of(epochs, per_epoch, 0.2, measuring)
    total = whole[-1]["seconds"]
    for number, record in enumerate(whole):
        if record["step"] < 6 or (record["epoch"] < 1 and measuring > 0.3 * per_epoch * 0.2):
            continue  # a few steps must have been timed, and the measuring where it takes long
        left = run_progress(whole[: number + 1], epochs).left
        true = total - record["seconds"]
        assert left == pytest.approx(true, rel=0.3, abs=1.0 + measuring), record


def test_slow_first_steps_do_not_count() -> None:
    early = records_of(10, 100, 0.1, 0.5, first=20.0)[:9]
    left = run_progress(early, 10).left
    assert left is not None
    assert 60 < left < 140


def test_nothing_is_said_before_a_step_was_timed() -> None:
    whole = records_of(10, 100, 0.1, 0.5)
    assert [run_progress(whole[:n], 10).left for n in range(4)] == [None] * 4
    assert run_progress(whole, 10).left == 0


def epoch(number: int, train: float, held: float) -> dict:
    return {
        "kind": "epoch", "step": number, "epoch": number,
        "train": {"loss": train}, "held_out": {"loss": held},
    }  # fmt: skip


def test_held_out_loss_that_rises_while_training_loss_falls_is_overfitting() -> None:
    losses = [(2.0, 2.1), (1.5, 1.6), (1.0, 1.5), (0.5, 1.7), (0.2, 2.0)]
    curve = [epoch(i, *pair) for i, pair in enumerate(losses, 1)]
    told = [overfitting(curve[:n]) for n in (3, 4, 5)]
    assert told[:2] == [None, None]  # one epoch of it may be chance
    assert told[2] is not None
    assert (told[2].epoch, told[2].lowest, told[2].now, told[2].training) == (3, 1.5, 2.0, 0.2)


@pytest.mark.parametrize(
    "losses",
    [
        [],
        [(2.0, 2.1), (1.5, 1.6), (1.2, 1.4)],  # both fall
        [(1.0, 1.5), (0.9, 1.51), (0.8, 1.52), (0.7, 1.53)],  # within chance
        [(1.0, 1.5), (1.5, 2.0), (2.0, 2.5), (3.0, 3.5)],  # it diverges
    ],
)
def test_other_curves_are_no_overfitting(losses: list[tuple[float, float]]) -> None:
    assert overfitting([epoch(i, *pair) for i, pair in enumerate(losses, 1)]) is None
