"""Measurements of heads: which of them matter on one line, and which find a repetition.

Each function returns the values that `core.study.measure.store.MEASUREMENTS` names.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core.models.zoo import LoadedModel, ModelEntry, available_models, find_model, load_model
from core.study.measure.store import Values

DIALOGUES = 60
SONG = "raven candle moon thorn river\napple lamp snow bell\nraven candle moon thorn"


def heads() -> Values:
    """gpt-shakespeare on one line: the largest change of the loss (nats) without a single head.

    grammar: gpt-grammar on new dialogues: the mean loss (nats), the largest without a single head
    and that of guessing, and without how many heads it is higher and lower.
    """
    from core.data.text import grammar
    from core.interpret.head_metrics import loss_by_token, removal_effect
    from core.interpret.trace import trace

    loaded = load_model(find_model("gpt-shakespeare"))
    ids = _ids(loaded, "KING RICHARD III:\nWhy,")
    answer = int(trace(loaded.model, ids).logits[0, -1].argmax())
    effect = removal_effect(loaded.model, ids, answer)
    largest = float(effect.abs().max())
    values: Values = {"model": loaded.entry.name, "count": effect.numel(), "largest": largest}
    loaded = load_model(find_model("gpt-grammar"))
    losses, effects = [], []
    for text in grammar.generate(DIALOGUES, seed=1):
        ids = _ids(loaded, text)
        losses.append(loss_by_token(trace(loaded.model, ids).logits, ids).mean())
        effects.append(removal_effect(loaded.model, ids, answer=0))
    loss, effect = torch.stack(losses).mean(), torch.stack(effects).mean(0)
    words = len(loaded.tokenizer.vocab)
    return values | {
        **{"grammar_model": loaded.entry.name, "grammar_texts": DIALOGUES},
        **{"grammar_heads": effect.numel(), "grammar_loss": float(loss)},
        "grammar_without": float(loss + effect.max()),
        **{"grammar_raised": int((effect > 0).sum()), "grammar_lowered": int((effect < 0).sum())},
        **{"grammar_words": words, "grammar_guess": math.log(words)},
    }


def induction() -> Values:
    """The best induction score of gpt-refrain and of the other shipped GPTs; the loss (nats) of
    repeated and of new words of 100 new songs, with that head and without it."""
    from core.data.text import refrain
    from core.interpret import head_metrics
    from core.interpret.trace import Edit, trace

    def scores(entry: ModelEntry) -> Tensor:
        generator = torch.Generator().manual_seed(0)
        return head_metrics.induction(load_model(entry).model, generator)

    loaded = load_model(find_model("gpt-refrain"))
    own = scores(loaded.entry)
    others = [e for e in available_models("gpt") if e.shipped and e.name != loaded.entry.name]
    layer, head = divmod(int(own.argmax()), own.shape[1])
    off = Edit(off=frozenset({(layer, head)}))
    repeated, new = [], []
    for song in refrain.generate(100, seed=1):
        ids = _ids(loaded, song)
        traces = (trace(loaded.model, ids), trace(loaded.model, ids, off))
        losses = torch.stack([head_metrics.loss_by_token(t.logits, ids)[0] for t in traces])
        again = head_metrics.repeated(ids[0])
        repeated.append(losses[:, again])
        new.append(losses[:, ~again])
    means = [torch.cat(parts, 1).mean(1).tolist() for parts in (repeated, new)]
    (repeated_with, repeated_without), (new_with, new_without) = means
    return {
        **{"model": loaded.entry.name, "best": float(own.max())},
        **{"layer": layer + 1, "head": head + 1},
        **{"others": max(float(scores(e).max()) for e in others), "other_models": len(others)},
        **{"repeated": repeated_with, "repeated_without": repeated_without},
        **{"new": new_with, "new_without": new_without},
    }


def layers() -> Values:
    """gpt-refrain on a song whose first line returns: the probability of its answer, read from the
    embedding, after each layer, and with all heads of layer 1 switched off; its logit, what those
    heads add to it directly, and the logit without them; and what the loss of the song rises by
    (nats) without any one head, at least."""
    from core.interpret.direct import direct_logits
    from core.interpret.head_metrics import removal_effect
    from core.interpret.logit_lens import lens_probability
    from core.interpret.trace import Edit, heads_of, trace

    loaded = load_model(find_model("gpt-refrain"))
    ids = _ids(loaded, SONG)
    traced = trace(loaded.model, ids)
    lens = lens_probability(loaded.model, traced.stream, traced.logits.argmax(-1))[0, :, -1]
    answer = int(traced.logits[0, -1].argmax())
    first = frozenset((0, head) for head in range(heads_of(loaded.model)[1]))
    without = trace(loaded.model, ids, Edit(off=first)).logits[0, -1]
    parts = direct_logits(loaded.model, traced, [answer])
    return {
        **{"model": loaded.entry.name, "answer": loaded.tokenizer.vocab[answer]},
        **{"embedding": float(lens[0]), "first_layer": float(lens[1]), "last": float(lens[-1])},
        "without_first": float(without.softmax(-1)[answer]),
        **{"logit": float(traced.logits[0, -1, answer]), "logit_without": float(without[answer])},
        "direct": float(parts.heads[0].sum()),
        "one_head": float(removal_effect(loaded.model, ids, answer).min()),
    }


def _ids(loaded: LoadedModel, text: str) -> Tensor:
    """(1, T)."""
    return torch.tensor([loaded.tokenizer.ids(text)])


def sinks() -> Values:
    """One passage read by two GPTs: the mean weight of its second half on the key that draws most,
    and by how many nats the loss of that half rises without it, without the start token, and
    without any other of the first eight tokens, at most. plain: the GPT without sinks."""
    from core.interpret import sinks
    from core.interpret.trace import trace

    values: Values = {}
    for name, prefix in (("gpt-shakespeare-course", ""), ("gpt-shakespeare", "plain_")):
        loaded = load_model(find_model(name))
        ids = _ids(loaded, sinks.PASSAGE)
        weights = sinks.weights_by_layer(trace(loaded.model, ids).attention[0]).mean(0)
        costs = sinks.cost_of_hiding(loaded.model, ids, late=True)
        key = int(weights.argmax())
        others = [float(c) for i, c in enumerate(costs) if i not in (0, key)]
        values |= {
            **{f"{prefix}model": name, f"{prefix}weight": float(weights[key])},
            **{f"{prefix}word": loaded.tokenizer.vocab[int(ids[0, key])]},
            **{f"{prefix}cost": float(costs[key]), f"{prefix}start_cost": float(costs[0])},
            **{f"{prefix}others": max(others), f"{prefix}largest": float(costs.abs().max())},
        }
    return values | {"tokens": ids.shape[1], "uniform": sinks.uniform_weight(ids.shape[1])}
