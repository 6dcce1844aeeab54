"""Measurements of what the drawings of the networks show: paths, the stream, the cache,
the class token.

Each function returns the values that `core.study.measure.store.MEASUREMENTS` names.
"""

from __future__ import annotations

from typing import Any, cast

from core.models.zoo import find_model, load_model
from core.study.measure.store import Values

T, SIZE = 8, 8  # of the unrolled RNN
MODEL, VIT = "gpt-shakespeare", "vit-shapes-plain"
LINE, OTHER = "KING RICHARD III:\nWhy,", "QUEEN RICHARD III:\nWhy,"


def paths() -> Values:
    """The Gaussian preset: how much of x_1 and of x_T reaches y_T at three spectral radii."""
    from core.linear_rnn.instruments.paths import path_inputs, path_norms
    from core.linear_rnn.matrices import preset, with_radius

    values: Values = {"T": T, "below": 0.9, "above": 1.2}
    W, inputs = preset("vanishing", SIZE), path_inputs(SIZE, T)
    for name in ("below", "above"):
        arriving = path_norms(with_radius(W, float(values[name])), inputs)[:, -1]
        values |= {f"first_{name}": float(arriving[0]), f"last_{name}": float(arriving[-1])}
    return values


def stream() -> Values:
    """One line read by a GPT. error: largest difference between the last stream and the embedding
    plus the outputs of all attention and MLP layers. together, alone: what another first word
    changes in the logits of the last position, as it is and while tokens attend to themselves only.
    """
    import torch

    from core.decoding.prompt import read_prompt
    from core.interpret.trace import UNCHANGED, Edit, blocks_of, heads_of, trace

    loaded = load_model(find_model(MODEL))
    model = cast(Any, loaded.model)
    assert loaded.tokenizer is not None
    layers, heads = heads_of(model)
    ids, others = (
        torch.tensor([read_prompt(line, loaded.tokenizer, model.max_N).ids])
        for line in (LINE, OTHER)
    )
    written: list[torch.Tensor] = []
    hooks = [
        part.register_forward_hook(
            lambda _part, _given, out: written.append(out[0] if isinstance(out, tuple) else out)
        )
        for block in blocks_of(model)
        for part in (block.attn, block.ffn)
    ]
    traced = trace(model, ids)
    for hook in hooks:
        hook.remove()
    total = traced.stream[:, 0] + torch.stack(written).sum(0)

    def change(edit: Edit) -> float:
        first, second = (trace(model, text, edit).logits[0, -1] for text in (ids, others))
        return float((first - second).abs().max())

    return {
        **{"model": MODEL, "blocks": layers, "heads": layers * heads, "parts": len(written)},
        **{"error": float((total - traced.stream[:, -1]).abs().max())},
        **{"together": change(UNCHANGED), "alone": change(Edit(mask=torch.eye(ids.shape[1])))},
    }


def kept() -> Values:
    """A GPT's cache: the vectors computed for one token; how the bytes of all layers and the keys
    of the last grow when the text is twice as long; and the largest difference of a cached key
    from the same key in the longer text."""
    import torch

    from core.decoding.cost import cache_bytes
    from core.decoding.engine import DecodingEngine
    from core.interpret.block_steps import block_steps
    from core.interpret.trace import heads_of, trace

    model = cast(Any, load_model(find_model(MODEL)).model)
    layers, _ = heads_of(model)
    weights = DecodingEngine.of(model).weights
    text = torch.arange(40)[None]
    whole, half = trace(model, text), trace(model, text[:, :20])
    last, last_half = (block_steps(model, traced, layers - 1)["k"] for traced in (whole, half))
    differences = [
        block_steps(model, whole, layer)[name][:, :20] - block_steps(model, half, layer)[name]
        for layer in range(layers)
        for name in ("k", "v")
    ]
    return {
        **{"model": MODEL, "blocks": layers, "vectors": 2 * layers},
        "difference": max(float(difference.abs().max()) for difference in differences),
        "doubled": cache_bytes(weights, 40) / cache_bytes(weights, 20),
        "last_doubled": last.numel() / last_half.numel(),
    }


def class_token() -> Values:
    """A ViT on one picture: the change of a logit when the last state of every patch is replaced by
    noise, and when that of the class token is."""
    import torch

    from core.interpret.trace import trace

    loaded = load_model(find_model(VIT))
    model = cast(Any, loaded.model)
    noise = torch.Generator().manual_seed(0)
    size = loaded.config.img_size
    traced = trace(model, torch.rand(1, 3, size, size, generator=noise))
    values: Values = {"model": VIT}
    for name, places in (("patches", slice(1, None)), ("own", slice(0, 1))):
        z = traced.stream[:, -1].clone()
        z[:, places] = torch.randn(z[:, places].shape, generator=noise)
        with torch.no_grad():
            values[name] = float((model.read_out(z) - traced.logits).abs().max())
    return values
