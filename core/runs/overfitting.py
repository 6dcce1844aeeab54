"""Whether a run overfits, from its records."""

from dataclasses import dataclass
from typing import Any

RISE, EPOCHS = 0.05, 2  # share by which the held-out loss has risen, and for how many epochs


@dataclass(frozen=True)
class Overfitting:
    """Since `epoch` the held-out loss has risen from `lowest` to `now`, in nats.

    training: the training loss of the newest epoch, which is lower than at `epoch`.
    """

    epoch: int
    lowest: float
    now: float
    training: float


def overfitting(records: list[dict[str, Any]]) -> Overfitting | None:
    """None while the held-out loss is within RISE of its lowest or the training loss does not fall.

    Held-out loss that rises while training loss falls: the model memorises examples.
    """
    epochs = [r for r in records if r["kind"] == "epoch" and "loss" in r["held_out"]]
    epochs = [r for r in epochs if "loss" in r["train"]]
    if not epochs:
        return None
    best, last = min(epochs, key=lambda r: r["held_out"]["loss"]), epochs[-1]
    lowest, now = best["held_out"]["loss"], last["held_out"]["loss"]
    training = last["train"]["loss"]
    rising = last["epoch"] - best["epoch"] >= EPOCHS and now > (1 + RISE) * lowest
    if not rising or training >= best["train"]["loss"]:
        return None
    return Overfitting(best["epoch"], lowest, now, training)
