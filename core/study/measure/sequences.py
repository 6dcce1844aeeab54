"""Measurements on scores and √n, gradients through time, gates, heads, LayerNorm and power laws.

Each function returns the values that `core.study.measure.store.MEASUREMENTS` names.
"""

from __future__ import annotations

import math
import statistics
from itertools import pairwise

import numpy as np

from core.study.measure.store import Values


def softmax_scale() -> Values:
    """Mean entropy and gradient of softmax rows at a small and a large n, divided by √n and not;
    autograd: the largest difference of the gradient's formula from automatic differentiation;
    total_off: how far the sum of an undivided row is from one, at most."""
    from core.interpret import softmax_scale as rows

    curves, few, many = rows.curves(), 4, 256
    at_few, at_many = curves.widths.index(few), curves.widths.index(many)
    values: Values = {
        **{"keys": rows.KEYS, "queries": rows.QUERIES, "few": few, "many": many},
        **{"uniform": math.log(rows.KEYS), "gradient_divided": curves.gradient["divided"][at_many]},
        "gradient_few": curves.gradient["undivided"][at_few],
        "gradient_undivided": curves.gradient["undivided"][at_many],
    }
    for name, entropies in curves.entropy.items():
        values |= {f"{name}_few": entropies[at_few], f"{name}_many": entropies[at_many]}
    values["autograd"] = max(
        float(np.abs(rows.jacobian(rows.softmax(row)) - rows.by_autograd(row)).max())
        for row in rows.one_query()[:: few * few]
    )
    values["total_off"] = max(abs(float(rows.softmax(r).sum()) - 1) for r in rows.one_query())
    return values


def through_time() -> Values:
    """‖∂h_T/∂h_1‖ of a tanh RNN with ρ = 1.5 for small and large inputs, and without tanh; apart:
    the largest difference of the product from autograd, as a share of the norm."""
    from core.linear_rnn.through_time import backward

    rho, T, large, small = 1.5, 40, 4.0, 0.1
    W, inputs = backward.drawn_network()
    W, inputs = rho * W, inputs[:T]
    bent = backward.norms(W, large * inputs)
    proof = backward.norms_by_autograd(W, large * inputs)
    return {
        **{"rho": rho, "T": T, "large": large, "small": small},
        "linear": float(backward.linear_norms(W, T)[0]),
        "tanh_large": float(bent[0]),
        "tanh_small": float(backward.norms(W, small * inputs)[0]),
        "slope": float((1 - backward.states(W, large * inputs) ** 2).mean()),
        "apart": float(np.abs(bent / proof - 1).max()),
    }


def clipping() -> Values:
    """The latch task by gradient descent at a learning rate of 0.1: without clipping, and clipped
    to the norm 1 and to 4. steps: until the gradient is no longer finite."""
    from core.linear_rnn.through_time.clipping import STEPS, train

    rate, c, loose = 0.1, 1.0, 4.0
    plain, clipped, barely = train(rate), train(rate, c), train(rate, loose)
    slow = train(0.01)
    return {
        **{"rate": rate, "c": c, "loose": loose, "all_steps": STEPS},
        **{"steps": len(plain.loss), "largest": max(plain.norm), "plain": plain.accuracy},
        **{"clipped": clipped.accuracy, "clipped_steps": sum(n > c for n in clipped.norm)},
        **{"barely": barely.accuracy, "slow": slow.accuracy, "slow_rate": 0.01},
    }


def lstm_gates() -> Values:
    """Of the shipped LSTMs, by the forget gate's bias before training (0, 1, 2): accuracy over the
    trained delay and over three times as many steps, and the mean gate of the unit that keeps most.
    closed: with bias 1, when 2 is subtracted from it after the training."""
    from core.linear_rnn.through_time import gates

    lstms, about = gates.read()
    values: Values = {"delay": about["delay"], "long": gates.LONGEST}
    for bias, lstm in lstms.items():
        left, gate = gates.most_kept(lstm)
        values |= {f"right_{bias:.0f}": gates.accuracy(lstm, gates.DELAY),
                   f"long_{bias:.0f}": gates.accuracy(lstm, gates.LONGEST),
                   f"gate_{bias:.0f}": gate, f"left_{bias:.0f}": left}  # fmt: skip
    values["closed"] = gates.accuracy(lstms[1.0], gates.DELAY, added=-2)
    return values


def recall() -> Values:
    """The shipped layers on the recall task: accuracy by the number of heads (mean of the seeds),
    the best seed of one head, the worst of four, and their parameters."""
    from core.models.recall.history import HEADS, PLACES, read

    history = read()
    values: Values = {f"heads_{h}": history.accuracy(h) for h in HEADS}
    return values | {
        **{"places": len(PLACES), "symbols": history.about["symbols"]},
        **{"best_of_one": max(one.accuracy for one in history.of(1))},
        **{"worst_of_four": min(one.accuracy for one in history.of(4))},
        **{f"parameters_{h}": history.of(h)[0].parameters for h in (1, 4)},
    }


def norm_place() -> Values:
    """The shipped trainings with LayerNorm before and after the block: losses by number of layers
    (means; the worst and the best seed at 12). The last block's gradient before training, after
    divided by before, with 2 and with 24 layers; and of 24 by that of the first block, before."""
    from core.models.norm_place.history import AFTER, BEFORE, RECIPES, read

    history = read()
    about, names = history.about, ("before", "after", "warm")
    values: Values = {
        f"{name}_{depth}": statistics.mean(history.losses(recipe, depth))
        for name, recipe in zip(names, RECIPES, strict=True) for depth in (4, 12, 24)
    }  # fmt: skip
    for depth in (2, 24):
        before, after = (history.norms(position, depth) for position in (BEFORE, AFTER))
        values[f"last_ratio_{depth}"] = after[-1] / before[-1]
    return values | {
        **{"layers": 12, "steps": about["steps"], "rate": about["learning_rate"]},
        **{"warm_up": about["warm_up"], "frequencies": about["frequencies"]},
        **{"before_worst": max(history.losses(BEFORE, 12))},
        **{"after_best": min(history.losses(AFTER, 12))},
        **{"last_before": before[-1] / before[0]},
    }


def power_law() -> Values:
    """The law fitted to the shipped GPTs and the model that it has not seen. factor_…: what one
    doubling of the width leaves of L − L∞; …_fall: by how many nats it lowers it; few_miss: by how
    much the law is too high for the fewest dialogues, which it is not fitted to."""
    from core.models.power_law.fit import fit, left_out
    from core.models.power_law.history import HELD_OUT, WIDTHS, read

    history = read()
    trained, floor = history.fitted(), history.about["floor"]
    law, held = fit(trained, floor), history.of(*HELD_OUT)
    counts = sorted({run.dialogues for run in trained})
    above = {d: [history.of(w, d).loss - floor for w in WIDTHS] for d in counts}
    factors = [after / before for row in above.values() for before, after in pairwise(row)]
    first, *_, before_last, last = above[counts[0]]
    return {
        **{"models": len(trained), "alpha": law.alpha, "beta": law.beta, "floor": floor},
        **{"held_width": held.width, "held_dialogues": held.dialogues, "held": held.loss},
        **{"predicted": law.loss(*HELD_OUT), "miss": held.loss - law.loss(*HELD_OUT)},
        **{"left_out_most": max(map(abs, left_out(trained, floor)))},
        "factor": 2**-law.alpha,
        **{"factor_least": min(factors), "factor_most": max(factors)},
        **{"first_fall": first - above[counts[0]][1], "last_fall": before_last - last},
        "few_miss": max(law.loss(t.width, t.dialogues) - t.loss for t in history.grid()),
        "few": min(t.dialogues for t in history.grid()),
        **{"widest": WIDTHS[-1], "most": counts[-1], "left_at_widest": above[counts[-1]][-1]},
    }
