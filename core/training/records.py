"""The records of a training: frozen, one for the start, one kind for steps and one for epochs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StartRecord:
    """The untrained model, before the first step. text: as in `EpochRecord`."""

    step: int
    epoch: int
    text: str | None


@dataclass(frozen=True)
class StepRecord:
    """One optimiser step. loss in nats; layer_norms: the gradient's 2-norm in each layer.

    seconds: wall time of the training so far, evaluation included; cpu_seconds: CPU time.
    """

    step: int
    epoch: float
    loss: float
    lr: float
    grad_norm: float
    examples: int
    seconds: float
    cpu_seconds: float
    layer_norms: dict[str, float]


@dataclass(frozen=True)
class EpochRecord:
    """One pass over the training data.

    train and held_out map the name of a measure to its value: loss in nats, accuracy from 0 to 1,
    perplexity. held_out is measured on the validation set, or without one on the test set; the name
    is that in metrics.jsonl. text: what a GPT generated from the empty prompt, or what an image
    model says about the first held-out image.
    """

    step: int
    epoch: int
    train: dict[str, float]
    held_out: dict[str, float]
    text: str | None
    examples: int
    seconds: float
    cpu_seconds: float


Record = StepRecord | EpochRecord
