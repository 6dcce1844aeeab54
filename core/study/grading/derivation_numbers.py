"""Numbers of the questions on derivations, drawn for each seed."""

from __future__ import annotations

import math
import random

from core.study.grading.number_task import NumberTask


def logit_gradient(rng: random.Random) -> NumberTask:
    """p - 1: the gradient of the loss with respect to the right logit."""
    p = rng.choice([0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9])
    return NumberTask(
        f"The softmax gives the right class the probability {p:g}. What is the derivative of the "
        "cross-entropy (in nats) with respect to the logit of that class?",
        p - 1,
        "",
        0.005,
        (
            (1 - p, "The sign is wrong: raising the right logit lowers the loss."),
            (p, "That holds for a wrong class; for the right one 1 is subtracted."),
            (-1 / p, "That is the derivative with respect to p; the softmax comes after it."),
            (-math.log(p), "That is the loss itself."),
            (p * (1 - p), "That is ∂p/∂z: multiply it by ∂L/∂p = −1/p."),
            (-p, "The derivative is p − y, and y is 1 for the right class."),
        ),
        f"p − 1 = {p - 1:.3g}.",
    )


def text_perplexity(rng: random.Random) -> NumberTask:
    """(p_1 … p_T)^(-1/T) with powers of two."""
    powers = rng.choice(
        [(1, 2, 3), (1, 1, 4), (2, 3, 4), (1, 3, 5), (2, 2, 5), (1, 4, 4), (3, 4, 5)]
    )
    mean = sum(powers) / 3
    shares = [0.5**k for k in powers]
    arithmetic = sum(shares) / 3
    return NumberTask(
        "A model gives the three tokens of a text the probabilities "
        f"{', '.join(f'1/{2**k}' for k in powers)}. What is the perplexity?",
        2**mean,
        "choices",
        0.005,
        (
            (mean, "That is the mean loss in bits: take 2 to the power of it."),
            (
                mean * math.log(2),
                "That is the mean loss in nats: take e to the power of it.",
            ),
            (2 ** sum(powers), "That is 1 divided by the text's probability: take the third root."),
            (1 / arithmetic, "Average the logarithms, not the probabilities."),
            (sum(2**k for k in powers) / 3, "Average the logarithms, not the inverses."),
            (0.5**mean, "That is the mean probability (geometric): take its inverse."),
        ),
        f"The mean loss is {mean:g} bits, and 2^{mean:g} = {2**mean:g}.",
    )


def rotary_angle(rng: random.Random) -> NumberTask:
    """(t - s) ω: the angle between a rotated query and a rotated key."""
    t, gap = rng.choice([20, 50, 120, 300]), rng.choice([3, 7, 12, 15])
    speed = rng.choice([0.1, 0.01, 0.05])
    answer = gap * speed
    return NumberTask(
        f"A pair of features is rotated by {speed:g} radians for each position. The query stands "
        f"at position {t}, the key at position {t - gap}. By which angle (in radians) is the query "
        "rotated further than the key?",
        answer,
        "radians",
        0.005,
        (
            (t * speed, "That is the angle of the query alone: subtract that of the key."),
            ((t - gap) * speed, "That is the angle of the key."),
            (gap, "That is the distance in tokens: multiply it by the angle of one position."),
            ((2 * t - gap) * speed, "The angles are subtracted, not added."),
            (gap / speed, "Multiply by the angle of one position, do not divide."),
        ),
        f"({t} − {t - gap}) · {speed:g} = {answer:g}.",
    )


def merged_vocabulary(rng: random.Random) -> NumberTask:
    """256 + m: the size of a byte-level vocabulary after m merges."""
    merges = rng.choice([100, 500, 1000, 2000, 4000, 8000, 16000, 32000])
    return NumberTask(
        f"Byte-level BPE begins with all bytes and makes {merges:,} merges. How many entries "
        "does its vocabulary have, without special tokens?",
        merges + 256,
        "entries",
        0.0,
        (
            (merges, "The bytes themselves stay in the vocabulary."),
            (merges * 2, "A merge adds one entry, and both parts stay."),
            (256, "That is before the first merge."),
            (merges + 26, "It begins with bytes, not with letters: there are 256."),
            (merges + 128, "A byte has 8 bits, so there are 256 of them."),
            (merges + 255, "The byte 0 counts too."),
        ),
        f"256 + {merges:,} = {merges + 256:,}.",
    )


DERIVATION_NUMBERS = {
    function.__name__: function
    for function in (logit_gradient, text_perplexity, rotary_angle, merged_vocabulary)
}
