"""Items on decoding: the nucleus, the temperature and the KV cache."""

from __future__ import annotations

from core.study.gain.short_test import Item, task
from core.study.grading.number_task import NumberTask


def nucleus_size(value: tuple[int, int]) -> NumberTask:
    """The tokens that the engine's top-p keeps."""
    import torch

    from core.decoding import nucleus

    row, p = value
    logits = torch.tensor(SHARES[row], dtype=torch.float64).log()
    size = int(nucleus(logits, p / 100).isfinite().sum())
    shown = ", ".join(f"0.{share:02d}" for share in SHARES[row])
    return task(
        f"The next token has the probabilities {shown}. How many tokens does top-p keep for "
        f"p = {p / 100:g}?",
        size, "tokens", f"The {size} most probable ones are the first to reach {p / 100:g}.",
    )  # fmt: skip


def odds(value: tuple[int, float]) -> NumberTask:
    """e^(Δ/t), from the softmax of the scaled logits."""
    import torch

    from core.decoding import temperature

    difference, t = value
    shares = temperature(torch.tensor([float(difference), 0.0]).double(), t).softmax(0)
    ratio = (shares[0] / shares[1]).item()
    return task(
        f"Two logits differ by {difference}. At temperature {t:g}, how many times as probable is "
        "the first token as the second?",
        ratio, "times", f"e^({difference}/{t:g}) = {ratio:.2f}.", 0.03,
    )  # fmt: skip


def cache(value: tuple[int, int, int]) -> NumberTask:
    """2 · L · H · n numbers for each token."""
    from core.decoding.cost import key_value_bytes

    L, H, n = value
    count = key_value_bytes(L, H, n, 1)
    return task(
        f"A GPT has {L} layers of {H} heads with n = {n}. By how many bytes does its KV cache grow "
        "with each token, in float32?",
        count, "bytes", f"2 · {L} · {H} · {n} · 4 = {count:,}.",
    )  # fmt: skip


# In percent, in the order of the vocabulary; no partial sum is one of the p asked for.
SHARES = (
    (8, 41, 3, 22, 15, 11), (27, 6, 34, 18, 4, 11), (12, 9, 46, 7, 23, 3),
    (5, 31, 14, 28, 9, 13), (19, 37, 8, 2, 24, 10), (16, 4, 29, 38, 7, 6),
)  # fmt: skip
ITEMS = (
    Item([(row, p) for row in range(len(SHARES)) for p in (60, 75)], nucleus_size),
    Item([(d, t) for d in (1, 2, 3) for t in (0.5, 0.8, 1.25, 2.0)], odds),
    Item([(L, H, n) for L in (2, 4, 6) for H in (2, 3, 4) for n in (16, 32)], cache),
)
