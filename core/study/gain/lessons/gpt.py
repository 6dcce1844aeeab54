"""Items on the GPT: hidden pairs, perplexity, and the loss of a probability."""

from __future__ import annotations

from core.study.gain.short_test import Item, task
from core.study.grading.number_task import NumberTask


def hidden(value: int) -> NumberTask:
    """T (T − 1) / 2, counted in the causal mask."""
    from core.attention import causal_mask

    count = int((~causal_mask(value)).sum())
    return task(
        f"A GPT reads {value} tokens. How many of the {value}×{value} pairs does the causal mask "
        "hide?",
        count, "pairs", f"{value} · {value - 1} / 2 = {count}.",
    )  # fmt: skip


def perplexity(value: float) -> NumberTask:
    """e^loss."""
    import torch

    result = torch.tensor(value, dtype=torch.float64).exp().item()
    return task(
        f"The mean loss is {value:g} nats a token. What is the perplexity?",
        result, "", f"e^{value:g} = {result:.2f}.", 0.02,
    )  # fmt: skip


def loss(value: tuple[int, str]) -> NumberTask:
    """The cross-entropy of a token that the model gave this probability."""
    import torch

    inverse, unit = value
    logits = torch.zeros(1, inverse, dtype=torch.float64)
    nats = torch.nn.functional.cross_entropy(logits, torch.tensor([0])).item()
    result = nats if unit == "nats" else nats / torch.tensor(2.0).log().item()
    name = "ln" if unit == "nats" else "log₂"
    return task(
        f"The model gave the next token the probability 1/{inverse}. How large is the loss of this "
        f"token in {unit}?",
        result, unit, f"−{name}(1/{inverse}) = {result:.3f} {unit}.", 0.02,
    )  # fmt: skip


ITEMS = (
    Item(range(5, 17), hidden),
    Item([0.5, 0.7, 1.0, 1.2, 1.5, 1.8, 2.0, 2.3, 2.5, 2.8, 3.0, 3.2], perplexity),
    Item([(n, unit) for n in (2, 4, 8, 16, 32, 64) for unit in ("nats", "bits")], loss),
)
