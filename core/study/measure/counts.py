"""Measurements that need no model: algebra, operation counts, spectra, position codes, histories.

Each function returns the values that `core.study.measure.store.MEASUREMENTS` names.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from itertools import pairwise

import numpy as np

from core.models import llama_history
from core.models.zoo import ASSETS, find_model, second_accuracy
from core.run_files.directory import RunDirectory
from core.study.measure.store import Values
from core.tokenizer import WordTokenizer

FIRST_LONG, LONGEST = 8, 12  # T of the longer sums


def symbols() -> Values:
    """The factors W_h before each input and before a start state in the unrolled sums, and the
    number of terms."""
    from core.linear_rnn.algebra import activation_argument, words
    from core.linear_rnn.unrolling import unroll

    def factors(T: int, letter: str = "W_h", start_state: bool = False) -> dict[str, int]:
        """{x_i: how often the letter comes before it} in y_T, of each input and of h_0."""
        inside = activation_argument(unroll(T, start_state=start_state))
        assert inside is not None
        return {word[-1]: word.count(letter) for word in words(inside)}

    second, third, long, longest = map(factors, (2, 3, FIRST_LONG, LONGEST))
    entries = factors(2, "W_x")
    return {
        **{"first_in_y2": second["x_1"], "second_in_y2": second["x_2"]},
        **{"first_entries": entries["x_1"], "second_entries": entries["x_2"]},
        **{"terms_in_y3": len(third), "T": FIRST_LONG, "terms": len(long)},
        **{"first_power": long["x_1"], "last_power": long[f"x_{FIRST_LONG}"]},
        **{"highest_power": max(long.values()), "longest": LONGEST},
        "longest_power": longest["x_1"],
        "start_power": factors(FIRST_LONG, start_state=True)["h_0"],
    }


def operations() -> Values:
    """What doubling T does to the work of both layers (T = 64 d), and over 1,000 tokens their work,
    their steps that wait for each other and the operations in that chain."""
    from core.linear_rnn.flops import counts

    d, T = 64, 4096
    rnn, attention = ([counts(layer, t, d) for t in (T, 2 * T)] for layer in ("RNN", "attention"))
    values: Values = {"d": d, "T": T, "rnn_doubled": rnn[1].total / rnn[0].total}
    values["attention_doubled"] = attention[1].total / attention[0].total
    for name, count in (
        ("rnn", counts("RNN", 1000, d)),
        ("attention", counts("attention", 1000, d)),
    ):
        values |= {f"{name}_chain": count.chain, f"{name}_span": count.span}
        values[f"{name}_work"] = count.total
    return values


def modes() -> Values:
    """The diagonal preset at ρ = 0.9: what is left of its slowest and its fastest mode after 30
    steps, and of the matrix, there and at ρ = 1.1, and how that differs if all eigenvalues are
    negative and not positive; and the norm of an orthogonal matrix's 100th power."""
    from core.linear_rnn.matrices import preset, with_radius

    steps = 30
    W = preset("diagonal", 16)
    power, above = (np.linalg.matrix_power(with_radius(W, rho), steps) for rho in (0.9, 1.1))
    left = np.abs(np.diagonal(power))
    moduli = np.abs(np.diagonal(with_radius(W, 0.9)))
    plus, minus = (
        float(np.linalg.norm(np.linalg.matrix_power(np.diag(sign * moduli), steps), 2))
        for sign in (1, -1)
    )
    rotation = np.linalg.matrix_power(preset("orthogonal", 16), 100)
    return {
        **{"steps": steps, "slow": float(left.max()), "fast": float(left.min())},
        "norm": (norm := float(np.linalg.norm(power, 2))),
        "norm_above": float(np.linalg.norm(above, 2)),
        "norm_difference": abs(norm / float(left.max()) - 1),
        "sign_difference": abs(plus - minus),
        "orthogonal_change": abs(float(np.linalg.norm(rotation, 2)) - 1),
    }


def gates() -> Values:
    """The shipped sweep: median accuracy of the layers after a short and a longer delay, and of
    the LSTM whose forget gate starts with bias 1 ("opened")."""
    from core.linear_rnn.latch_sweep import read_sweep

    sweep, short, long = read_sweep(), 15, 20
    values: Values = {"short": short, "long": long, "chance": 0.125}
    for name, layer, forget_bias in (
        ("lstm", "LSTM", 0.0), ("opened", "LSTM", 1.0), ("tanh", "tanh RNN", 0.0),
        ("gru", "GRU", 0.0), ("transformer", "Transformer", 0.0),
    ):  # fmt: skip
        median = {point.delay: point.median for point in sweep.curve(layer, forget_bias)}
        values |= {f"{name}_short": median[short], f"{name}_long": median[long]}
    return values


def code() -> Values:
    """The sinusoidal code: wavelengths, and how far similarity is from a function of distance."""
    from core.models.positions import similarity, sinusoidal, wavelength

    tokens, dim = 200, 64
    alike = similarity(sinusoidal(tokens, dim))
    spread = max(float(np.ptp(np.diagonal(alike, k))) for k in range(tokens))
    return {
        **{
            "first_wavelength": wavelength(dim, 0),
            "last_wavelength": wavelength(dim, dim // 2 - 1),
        },
        "off_diagonal_spread": spread,
    }


def lengths() -> Values:
    """The shipped experiment: mean loss in nats up to the trained length and past it, without the
    first eight positions, where every model guesses."""
    about = json.loads((ASSETS / "positions" / "curves.json").read_text(encoding="utf-8"))
    trained = about["trained"]
    values: Values = {"trained": trained, "read": about["read"]}
    for name in ("learned", "sinusoidal", "none", "rotary", "alibi"):
        loss = about["loss"][name]
        values[f"{name}_before"] = float(np.mean(loss[8 : trained - 1]))
        values[f"{name}_past"] = float(np.mean(loss[trained - 1 :]))
    return values


def llama() -> Values:
    """The shipped experiment on the six steps to a Llama: validation loss after each step in bits
    per character, what it changed, and the numbers that a KV cache holds a token before and after
    step 5."""
    history = llama_history.read()
    sizes, words = history.about["sizes"], history.corpus(0)
    heads = {"full": sizes["num_heads"], "grouped": history.about["kv_heads"]}
    return {
        **{f"bits_{step}": history.mean(step) for step in range(7)},
        **{f"change_{step}": history.change(step) for step in range(1, 7)},
        **{"seeds_differ": history.spread(), "unknown": words.unknown / words.tokens},
        **{"spelling": words.bits(0), "steps": history.about["steps"]},
        **{f"cached_{name}": 2 * sizes["num_layers"] * count * sizes["attn_dim"]
           for name, count in heads.items()},
    }  # fmt: skip


def overfitting() -> Values:
    """The history of the course's ViT: accuracies at the end, and its validation loss from its
    lowest epoch to the last."""
    return _end_of("vit-cifar10-course")


def longer_training() -> Values:
    """The same of the course's ViT trained for twice as many epochs, in bf16."""
    return _end_of("vit-cifar10-course-20")


def _end_of(name: str) -> Values:
    epochs = RunDirectory(find_model(name).path).epochs()
    losses = [epoch["held_out"]["loss"] for epoch in epochs]
    lowest = int(np.argmin(losses))
    return {
        **{"epochs": len(epochs), "lowest_epoch": lowest + 1, "lowest_loss": losses[lowest]},
        **{"last_loss": losses[-1], "train": epochs[-1]["train"]["accuracy"]},
        "train_at_lowest": epochs[lowest]["train"]["accuracy"],
        "held_out": epochs[-1]["held_out"]["accuracy"],
        "held_out_at_lowest": epochs[lowest]["held_out"]["accuracy"],
    }


def augmentation() -> Values:
    """The histories of the plain ViT on Shapes with shifted and mirrored copies (with) and without:
    accuracies after the last epoch, and the standard error of a held-out one."""
    values: Values = {"pictures": 2000}
    names = {"with": "vit-shapes-plain", "without": "vit-shapes-plain-unaugmented"}
    for which, name in names.items():
        epochs = RunDirectory(find_model(name).path).epochs()
        train, held_out = (epochs[-1][part]["accuracy"] for part in ("train", "held_out"))
        values |= {
            "epochs": len(epochs), f"train_{which}": train, f"held_out_{which}": held_out,
            f"gap_{which}": train - held_out,
            f"error_{which}": float(np.sqrt(held_out * (1 - held_out) / 2000)),
        }  # fmt: skip
    return values


def little_data() -> Values:
    """Validation accuracy of the shipped ViTs and CNNs on all, 10 and 1% of CIFAR-10, the mean of
    two seeds where there are two, and the largest difference between two seeds. And the training
    accuracy of the plain ViT on 1% after its last epoch."""
    values: Values = {}
    differences = []
    names = {"plain": "vit-cifar10-plain", "vit": "vit-cifar10", "cnn": "cnn-cifar10"}
    for kind, name in names.items():
        for share, suffix in (("all", ""), ("tenth", "-10pct"), ("hundredth", "-1pct")):
            entry = find_model(f"{name}{suffix}")
            first, second = entry.held_out["accuracy"], second_accuracy(entry)
            if second is not None:
                differences.append(abs(first - second))
            values[f"{kind}_{share}"] = first if second is None else (first + second) / 2
    last = RunDirectory(find_model("vit-cifar10-plain-1pct").path).epochs()[-1]
    values["plain_hundredth_train"] = last["train"]["accuracy"]
    return {**values, "seeds_differ": max(differences)}


def early_text() -> Values:
    """The texts of the course's GPT: after the first epoch, how much of it is the most frequent
    token, and the share of different tokens, also after the last epoch.

    word, name, full_name: the first epoch whose text holds a word, opens with a name in capitals
    and a colon, and with a name of several words. early_fall: of the whole fall of the held-out
    loss, the share that lies before the name. unlisted: of the tokens written in all epochs, those
    that are not in the vocabulary.
    """
    run = RunDirectory(find_model("gpt-shakespeare-course").path)
    epochs = [e for e in run.epochs() if e["text"]]
    listed = set(WordTokenizer.load(run.path / "vocab.json").vocab)
    written = [word for e in epochs for word in e["text"].split()]
    first, last = (epochs[i]["text"].split()[:10] for i in (0, -1))
    (token, count), *_ = Counter(first).most_common(1)
    losses = [e["held_out"]["loss"] for e in epochs]

    def begins(pattern: str) -> int:
        return next(i for i, e in enumerate(epochs) if re.search(pattern, e["text"]))

    word, name, full_name = map(
        begins, (r"[A-Za-z]", r"^[A-Z]{2,}.* :", r"^[A-Z]{2,} [A-Z]{2,}.* :")
    )
    return {
        **{"token": token, "repeated": count / len(first), "epochs": len(epochs)},
        **{"first_distinct": len(set(first)) / len(first)},
        "last_distinct": len(set(last)) / len(last),
        **{"word_epoch": word + 1, "name_epoch": name + 1, "full_name_epoch": full_name + 1},
        "early_fall": (losses[0] - losses[name]) / (losses[0] - min(losses)),
        **{"written": len(written), "unlisted": sum(word not in listed for word in written)},
    }


def scaling() -> Values:
    """Entropy of the softmax over 64 scores q·k of standard normal vectors, n = 256, divided by
    √n and not. falls: how often the undivided one falls when n is doubled, from n_low to n_high."""
    rng = np.random.default_rng(0)
    n, keys = 256, 64

    def scores_of(n: int) -> np.ndarray:
        return rng.normal(size=(200, n)) @ rng.normal(size=(n, keys))

    scores = scores_of(n)
    widths = [4, 8, 16, 32, 64, 128, 256, 512, 1024]

    def entropy(values: np.ndarray) -> float:
        p = np.exp(values - values.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        return float(-(p * np.log(p + 1e-300)).sum(1).mean())

    undivided = [entropy(scores_of(width)) for width in widths]
    return {
        **{"n": n, "keys": keys, "uniform": math.log(keys), "undivided": entropy(scores)},
        "divided": entropy(scores / math.sqrt(n)),
        **{"n_low": widths[0], "n_high": widths[-1], "doublings": len(widths) - 1},
        **{"undivided_low": undivided[0], "undivided_high": undivided[-1]},
        "falls": sum(wider < narrow for narrow, wider in pairwise(undivided)),
    }


def people() -> Values:
    """The shipped sweep of a GPT: log-probability of text people wrote, beside sampled text.

    likelier: settings whose texts are more probable to the model than those of people.
    """
    table = json.loads((ASSETS / "gpt-shakespeare" / "quality.json").read_text(encoding="utf-8"))
    points, human = table["points"], table["human"]["mean_log_probability"]
    at_p = {point["value"]: point for point in points if point["setting"] == "p"}
    return {
        "people": human,
        "people_repetition": table["human"]["rep4"],
        "settings": len(points),
        "likelier": sum(p["mean_log_probability"] > human for p in points),
        **{"low_p_repetition": at_p[0.1]["rep4"], "high_p_repetition": at_p[0.9]["rep4"]},
        **{"low_p": at_p[0.1]["mean_log_probability"], "high_p": at_p[0.9]["mean_log_probability"]},
    }
