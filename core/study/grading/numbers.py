"""Questions whose answer is a number: drawn for each seed, graded, and read from text.

Each draws round values, computes the right answer and lists the usual wrong ones: K or V forgotten,
the quotient inverted, the crossing token left out.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from core.study.grading import model_numbers, sequence_numbers
from core.study.grading.derivation_numbers import DERIVATION_NUMBERS
from core.study.grading.fault_numbers import FAULT_NUMBERS
from core.study.grading.grade import Grade
from core.study.grading.number_task import NumberTask

_SCALES = {
    **{"": 1.0, "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "g": 1e9, "billion": 1e9},
    **{"b": 1.0, "byte": 1.0, "bytes": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9},
    **{"kib": 2.0**10, "mib": 2.0**20, "gib": 2.0**30},
}
_NUMBER = re.compile(
    r"[≈~=\s]*(?P<number>[-+−]?\d[\d ,._'’]*(?:[eE][-+]?\d{1,2})?)"
    r"(?:\s*[*×·x]\s*10\s*\^?\s*(?P<power>[-+]?\d{1,2}))?\s*(?P<unit>[A-Za-z-]*)\s*"
)


@lru_cache(maxsize=1024)  # a page asks again at every change of a control
def draw(variant: str, seed: str) -> NumberTask:
    """The task of this variant for this seed, the same on every machine."""
    return without_coincidences(VARIANTS[variant](random.Random(f"{variant}:{seed}")))


def without_coincidences(task: NumberTask) -> NumberTask:
    """The task without mistakes that lead to the right number or to the same one as an earlier
    mistake, for the values drawn."""
    distinct: list[tuple[float, str]] = []
    for value, reply in task.mistakes:
        same = any(math.isclose(value, earlier) for earlier, _ in distinct)
        if not same and not _near(value, task.answer, task.tolerance):
            distinct.append((value, reply))
    return replace(task, mistakes=tuple(distinct))


def grade_number(task: NumberTask, text: str) -> Grade:
    """Grade the number in `text`; feedback names the mistake that leads to it. Never raises."""
    value = read_number(text)
    if value is None:
        unit = f" ({task.unit})" if task.unit else ""
        return Grade(False, f"This is not a number: write it as in 1234, 1.2e6 or 3.5{unit}.")
    if _near(value, task.answer, task.tolerance):
        return Grade(True, f"Right. {task.worked}")
    slips = [slip for slip in task.mistakes if _near(value, slip[0], task.tolerance)]
    if slips:
        _, reply = min(slips, key=lambda slip: abs(value - slip[0]))
        return Grade(False, reply)
    if value < 0 < task.answer:
        reason = f": it is a number of {task.unit}" if task.unit else ""
        return Grade(False, f"It cannot be negative{reason}.")
    ratio = value / task.answer
    if task.answer < 0:
        return Grade(False, "This is not the number: write down each step, including the sign.")
    if 0.3 < ratio < 3:
        size = "large" if ratio > 1 else "small"
        return Grade(False, f"The order of magnitude is right, but the number is too {size}.")
    return Grade(False, f"Far too {'large' if ratio > 1 else 'small'}: write down each step.")


def read_number(text: str) -> float | None:
    """The value of 1234, 1,234, 1.2e6, 1.2·10^6, 2.3 MB or 4 million; None for anything else."""
    match = _NUMBER.fullmatch(text.strip()) if len(text) < 60 else None
    if match is None:
        return None
    digits = re.sub(r"[ _'’]", "", match["number"]).replace("−", "-").rstrip(".,")
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", digits):
        digits = digits.replace(",", "")  # 1,234,567.8
    elif digits.count(",") == 1 and "." not in digits:
        digits = digits.replace(",", ".")  # 13,5
    unit = match["unit"].lower().strip("-")
    try:
        value = float(digits) * 10.0 ** int(match["power"] or 0)
    except (ValueError, OverflowError):
        return None
    value *= _SCALES.get(unit, 1.0)
    return value if math.isfinite(value) else None


def _near(value: float, target: float, tolerance: float) -> bool:
    return abs(value - target) <= max(tolerance * abs(target), 1e-9)


def half_life(rng: random.Random) -> NumberTask:
    """ln ½ / ln ρ."""
    rho = rng.choice([0.8, 0.85, 0.9, 0.92, 0.95, 0.97, 0.98, 0.99])
    answer = math.log(0.5) / math.log(rho)
    return NumberTask(
        f"The spectral radius is ρ = {rho}. After how many steps has the slowest mode fallen to "
        "half?",
        answer,
        "steps",
        0.02,
        (
            (1 / answer, "The fraction is upside down: the number of steps k solves ρ^k = ½."),
            (
                -answer,
                "The sign is wrong: both logarithms are negative, so their quotient is positive.",
            ),
            (
                1 / (1 - rho),
                "That is the time to fall to about 1/e, but the question asks for half.",
            ),
            (
                -1 / math.log(rho),
                "That is the time to fall to 1/e, but the question asks for half.",
            ),
            (0.5 / rho, "The decay is geometric: ρ multiplies at every step, it does not add."),
            (0.5 / (1 - rho), "The decay is not linear: each step takes a share of what is left."),
        ),
        f"ρ^k = ½ gives k = ln ½ / ln ρ = {answer:.1f} steps.",
    )


def attention_operations(rng: random.Random) -> NumberTask:
    """3 T d² + 2 T² d multiply-adds."""
    T, d = rng.choice([64, 128, 256, 512, 1024]), rng.choice([32, 64, 128, 256])
    project, pairs = T * d * d, T * T * d
    return NumberTask(
        f"One self-attention head reads T = {T:,} tokens of width d = {d}, without a mask. How "
        f"many multiply-adds do the three projections, QKᵀ and AV take together?",
        3 * project + 2 * pairs,
        "multiply-adds",
        0.005,
        (
            (3 * project + pairs, "One of QKᵀ and AV is missing: each is T·T·d."),
            (3 * project + pairs + T * T, "AV is T·T·d, not T·T: each weight scales d numbers."),
            (2 * pairs, "The projections to Q, K and V are missing."),
            (project + 2 * pairs, "There are three projections, for Q, K and V."),
            (6 * project + 4 * pairs, "This counts a multiply-add as two: count it once."),
            (
                4 * project + 2 * pairs,
                "These are four projections, but the question does not ask "
                "for the output projection.",
            ),
            (T * d + 2 * pairs, "A projection is a d×d matrix for every token: T·d·d."),
        ),
        f"3·T·d² + 2·T²·d = 3·{T:,}·{d}² + 2·{T:,}²·{d} = {3 * project + 2 * pairs:,}.",
    )


def kv_cache_bytes(rng: random.Random) -> NumberTask:
    """2 L H n T numbers of 4 or 2 bytes."""
    L, H = rng.choice([2, 4, 6, 12]), rng.choice([2, 3, 4, 8])
    n, T = rng.choice([16, 32, 64]), rng.choice([100, 200, 500, 1000])
    name, size = rng.choice([("float32", 4), ("float16", 2)])
    numbers = L * H * n * T
    answer = 2 * numbers * size
    return NumberTask(
        f"A GPT has {L} layers of {H} heads of width n = {n}. How many bytes does its KV "
        f"cache hold after {T:,} tokens, in {name}, for one text?",
        answer,
        "bytes",
        0.005,
        (
            (answer / 2, "A factor 2 is missing: keys and values, or the bytes of a number."),
            (2 * numbers, f"This is the number of values: each takes {size} bytes in {name}."),
            (numbers, f"Both keys and values are kept, and each number takes {size} bytes."),
            (answer / L, f"Every one of the {L} layers keeps its own keys and values."),
            (answer / H, f"Every one of the {H} heads keeps its own keys and values."),
            (answer * 1.5, "Queries are not kept: each is used once, for its own token."),
            (answer * T, "No T×T weights are kept: only one key and one value for each token."),
            (answer * 8, "That is in bits, but the question asks for bytes."),
        ),
        f"2 · {L} · {H} · {n} · {T:,} numbers of {size} bytes = {answer:,} bytes.",
    )


def nucleus_size(rng: random.Random) -> NumberTask:
    """The smallest set, most probable first, that reaches p; the crossing token included."""
    while True:
        cuts = sorted(rng.sample(range(2, 98), 6))
        shares = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
        p = rng.choice([60, 70, 75, 80, 85, 90])
        ranked = sorted(shares, reverse=True)
        sums = [sum(ranked[: k + 1]) for k in range(7)]
        listed = [sum(shares[: k + 1]) for k in range(7)]
        size = next(k for k, total in enumerate(sums, 1) if total >= p)
        in_order = next(k for k, total in enumerate(listed, 1) if total >= p)
        if len(set(shares)) == 7 and p not in sums and 2 <= size <= 5 and in_order > size:
            break
    over = sum(share >= p for share in shares)
    shown = ", ".join(f"0.{share:02d}" for share in shares)
    return NumberTask(
        f"The next token has the probabilities {shown}. How many tokens are in the nucleus for "
        f"p = {p / 100:g}?",
        size,
        "tokens",
        0.0,
        (
            (size - 1, "The token that crosses p belongs to the nucleus: the sum must reach p."),
            (in_order, "Sort first: the nucleus starts with the most probable token."),
            (over, "p is a sum, not a threshold for each token."),
            (7, "Not all of them: the tokens after the sum has reached p are cut off."),
        ),
        f"Sorted and summed: {', '.join(f'{s / 100:g}' for s in sums[:size])}; "
        f"the sum reaches {p / 100:g} at token {size}.",
    )


def head_parameters(rng: random.Random) -> NumberTask:
    """3 (dim n + n): W_K, W_Q, W_V with bias."""
    dim, n = rng.choice([96, 128, 192, 256]), rng.choice([16, 24, 32, 48])
    answer = 3 * (dim * n + n)
    return NumberTask(
        f"How many parameters does AttentionHead(dim={dim}, n_hidden={n}) have?",
        answer,
        "parameters",
        0.0,
        (
            (3 * dim * n, "The biases are missing: W_K, W_Q and W_V are linear layers with bias."),
            (2 * (dim * n + n), "There are three linear layers: keys, queries and values."),
            (dim * n + n, "That is one linear layer; a head has three."),
            (4 * (dim * n + n), "The output projection belongs to the multi-headed layer."),
            (3 * (dim * n + dim), "A bias has one number for each output, so n_hidden of them."),
            (3 * (dim * dim + dim), "The layers map dim to n_hidden, not dim to dim."),
        ),
        f"3 · ({dim} · {n} + {n}) = {answer:,}.",
    )


def patch_tokens(rng: random.Random) -> NumberTask:
    """(S / p)² + 1."""
    p = rng.choice([4, 8, 16])
    S = p * rng.choice([6, 8, 10, 14])
    patches = (S // p) ** 2
    return NumberTask(
        f"A Vision Transformer cuts a {S}×{S} image into patches of {p}×{p} pixels and puts a "
        f"class token in front. How many tokens does its Transformer see?",
        patches + 1,
        "tokens",
        0.0,
        (
            (patches, "The class token is a token too."),
            (S // p, "That is one side: the patches fill a square."),
            (S // p + 1, "That is one side: the patches fill a square."),
            (3 * patches + 1, "Colours are not tokens: a patch is one vector of p·p·3 numbers."),
            (S * S + 1, "Those are pixels: one token stands for a whole patch."),
            (S * S // p + 1, "Divide both sides by the patch: p·p pixels become one token."),
        ),
        f"({S}/{p})² + 1 = {patches + 1} tokens.",
    )


VARIANTS: dict[str, Callable[[random.Random], NumberTask]] = {
    "half_life": half_life,
    "attention_operations": attention_operations,
    "kv_cache_bytes": kv_cache_bytes,
    "nucleus_size": nucleus_size,
    "head_parameters": head_parameters,
    "patch_tokens": patch_tokens,
    **FAULT_NUMBERS,
    **DERIVATION_NUMBERS,
    **sequence_numbers.VARIANTS,
    "perplexity_of_bits": model_numbers.perplexity_of_bits,
    "sink_weight": model_numbers.sink_weight,
    "grouped_cache_bytes": model_numbers.grouped_cache_bytes,
    "alibi_factor": model_numbers.alibi_factor,
    "standard_error": model_numbers.standard_error,
    "patch_products": model_numbers.patch_products,
}
