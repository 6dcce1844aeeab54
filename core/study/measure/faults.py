"""What the faults of the questions do on their small examples, and what a wrong prediction of a
question would mean there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import numpy as np

from core.study.faults import FAULTS
from core.study.faults.fault import Array, softmax
from core.study.measure.store import Values

if TYPE_CHECKING:
    from core.gpt import DialogueGPT

EXAMPLES = 1000  # random queries and keys
PROMPT, NEW = 4, 3  # tokens in the cache, and tokens that follow
READ = 10  # tokens of a prompt that a GPT reads
TRAINED = 300  # steps


def faults() -> Values:
    """For each fault its telling number with the fault, and repaired; then the numbers of MORE."""
    values: Values = {}
    for name, fault in FAULTS.items():
        wrong, right = fault.run()
        values |= {f"{name}_wrong": wrong.value, f"{name}_right": right.value}
        values |= {f"{name}_{key}": number for key, number in MORE[name]().items()}
    return values


def _no_scale() -> dict[str, float]:
    """By what the weights of the first query on five keys are multiplied, before they are divided
    by their sum, when its scores become √n = 8 times as large."""
    q, k = FAULTS["no_scale"].example()
    undivided = k @ q[0]
    factors = np.exp(undivided - undivided / np.sqrt(len(q[0])))
    return {"least": float(factors.min()), "most": float(factors.max())}


def _wrong_axis() -> dict[str, float]:
    """Sums of the weights of a query with the fault: the first, the smallest and the largest."""
    sums = FAULTS["wrong_axis"].run()[0].numbers
    return {"first": sums[0], "least": min(sums), "most": max(sums)}


def _late_mask() -> dict[str, float]:
    """Sums of the weights of the first, the second and the last of five tokens with the fault, the
    mean of many random examples."""
    rng, fault = np.random.default_rng(0), FAULTS["late_mask"]
    shape = fault.example()[0].shape
    draws = (fault.wrong(*rng.normal(size=(2, *shape))).sum(-1) for _ in range(EXAMPLES))
    sums = np.mean(list(draws), axis=0)
    return {"first": float(sums[0]), "second": float(sums[1]), "last": float(sums[-1])}


def _not_shifted() -> dict[str, float]:
    """A table of logits, one row for each token, trained with the faulty line: the mean probability
    of the token itself, of the next one and of the one before."""
    import torch

    ids = torch.from_numpy(FAULTS["not_shifted"].example()[1])
    table = torch.zeros(int(ids.max()) + 1, int(ids.max()) + 1, requires_grad=True)
    optimizer = torch.optim.SGD([table], lr=1.0)
    for _ in range(TRAINED):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(table[ids], ids).backward()
        optimizer.step()
    p = table.detach().softmax(-1)
    pairs = {"own": (ids, ids), "next": (ids[:-1], ids[1:]), "before": (ids[1:], ids[:-1])}
    values = {name: float(p[read, said].mean()) for name, (read, said) in pairs.items()}
    return values | {"guess": 1 / len(table)}


def _cache() -> dict[str, float]:
    """Weights of the last of NEW tokens after a prompt of PROMPT, when the keys of all new tokens
    are written to the same place. The value of a token is its own unit vector, so the result of
    attention is the weight on each token."""
    rng = np.random.default_rng(3)
    q, k = rng.normal(size=(2, PROMPT + NEW, 16))
    v = np.eye(len(k))
    keys, values = k[: PROMPT + 1].copy(), v[: PROMPT + 1].copy()
    for t in range(PROMPT, PROMPT + NEW):
        keys[PROMPT], values[PROMPT] = k[t], v[t]
    weights = softmax(q[-1] @ keys.T / np.sqrt(q.shape[-1])) @ values
    shares = {"own": weights[-1], "before": weights[-2], "prompt": weights[:PROMPT].sum()}
    return {name: float(share) for name, share in shares.items()}


def _crossing() -> dict[str, float]:
    """The probability of the first token, and of all others together."""
    probabilities, _ = FAULTS["crossing"].example()
    return {"first": float(probabilities[0]), "rest": float(probabilities[1:].sum())}


def _positions() -> dict[str, float]:
    """A GPT reads READ words with a cache and then one more, at the position 0, 1, 9 or 10: the
    largest difference of a logit from those of one pass over the whole text."""
    import torch

    from core.decoding.kv_cache import KVCache, read_tokens
    from core.models.zoo import find_model, load_model
    from core.study.measure.codes import LINE, MODEL

    loaded = load_model(find_model(MODEL))
    model = cast("DialogueGPT", loaded.model)
    assert loaded.tokenizer is not None
    ids = torch.tensor([loaded.tokenizer.ids(LINE)[: READ + 1]])
    table = model.pos_embed.weight
    rows, values = table.detach().clone(), {}
    with torch.no_grad():
        whole = model(ids)[0][0, -1]
        for position in (0, 1, READ - 1, READ):
            table[READ] = rows[position]
            cache = KVCache(model)
            read_tokens(model, cache, ids[:, :READ])
            logits = read_tokens(model, cache, ids[:, READ:])[0]
            values[f"at_{position}"] = float((logits - whole).abs().max())
    return values


def _state_carried() -> dict[str, float]:
    """The last state of the first sequence, and its last input."""
    _, sequences = FAULTS["state_carried"].example()
    left = FAULTS["state_carried"].run()[0].numbers[0]
    return {"left": left, "input": float(sequences[0, -1, 0])}


def _power() -> dict[str, float]:
    """The right result plus W_h, and the right result with one more input."""
    fault = FAULTS["power"]
    W_h, x = fault.example()
    more = fault.right(W_h, np.concatenate([x, x[:1]]))
    return {"plus": float(fault.right(W_h, x)[0] + W_h[0, 0]), "longer": float(more[0])}


def _not_zeroed() -> dict[str, float]:
    """The faulty loop in PyTorch: how many calls of backward returned. And the largest w along the
    mean of all gradients."""
    import torch

    goal, rate, steps = FAULTS["not_zeroed"].example()
    w, calls = torch.zeros(1, requires_grad=True), 0
    optimizer = torch.optim.SGD([w], lr=rate)
    for _ in range(steps):
        ((w - goal) ** 2 / 2).sum().backward()
        optimizer.step()
        calls += 1
    path, gradients = [0.0], []
    for _ in range(steps):
        gradients.append(path[-1] - goal)
        path.append(path[-1] - rate * float(np.mean(gradients)))
    return {"calls": calls, "mean": max(path)}


def _class_token() -> dict[str, float]:
    """The largest change of a score when the last patch alone becomes another."""
    fault = FAULTS["class_token"]
    z, W = fault.example()
    other = z[:1].copy()
    other[:, -1] = z[:1, -2]
    return {"last": fault.value(fault.wrong(np.concatenate([z[:1], other]), W))}


def _temperature() -> dict[str, float]:
    """The largest and the smallest probability at t = 1, and the smallest with the fault."""
    logits, _ = FAULTS["temperature"].example()
    plain = softmax(logits)
    least = min(FAULTS["temperature"].run()[0].numbers)
    return {"plain": float(plain.max()), "plain_least": float(plain.min()), "least": least}


def _heads_mixed() -> dict[str, float]:
    """With the fault: the number of rows, and the share of the first row's numbers that are those
    of one head, in their order."""
    fault = FAULTS["heads_mixed"]
    (heads,) = fault.example()
    rows: Array = fault.wrong(heads)
    return {"rows": len(rows), "same": float((rows[0] == heads[0].ravel()[: rows.shape[1]]).mean())}


MORE: dict[str, Callable[[], dict[str, float]]] = {
    **{"no_scale": _no_scale, "wrong_axis": _wrong_axis, "late_mask": _late_mask},
    **{"not_shifted": _not_shifted, "cache": _cache, "crossing": _crossing},
    **{"positions": _positions, "state_carried": _state_carried, "power": _power},
    **{"not_zeroed": _not_zeroed, "class_token": _class_token, "temperature": _temperature},
    "heads_mixed": _heads_mixed,
}
