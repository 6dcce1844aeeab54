"""Looking inside: what a map costs beside the prediction, how exact it is, what travels."""

import json
import statistics
import time
from collections.abc import Callable
from functools import cache
from typing import cast

import numpy as np
import torch
from torch import Tensor

from benchmarks.measure import Row, alternate
from benchmarks.threads import threads
from core.attention import AttentionHead, causal_mask
from core.config.model_config import config_for
from core.interpret.trace import (
    Traceable,
    attention_only,
    blocks_of,
    fused_logits,
    heads_of,
    own_mask,
    trace,
)
from core.models import zoo
from core.models.registry import build
from dashboard.components.attention_view import pack

CALLS = 15  # of each, for one figure: the faster half, averaged


def milliseconds(work: Callable[[], object]) -> float:
    """CPU time of one call of `work` on its one thread, so that other work on the machine does
    not decide: the mean of the faster half of CALLS."""
    took = []
    with threads(1):
        for _ in range(CALLS):
            began = time.thread_time()
            work()
            took.append(1000 * (time.thread_time() - began))
    return statistics.fmean(sorted(took)[: CALLS // 2])


@cache
def subject(kind: str) -> tuple[Traceable, str]:
    """The shipped model with most attention maps, or the course's size with random weights."""
    shipped = [e for e in zoo.available_models(kind) if e.shipped]
    loaded = [zoo.load_model(entry) for entry in shipped]
    loaded.sort(key=lambda m: -m.config.num_layers * m.config.num_heads)  # type: ignore[union-attr]
    if loaded:
        layers, heads = heads_of(cast(Traceable, loaded[0].model))
        name = f"{loaded[0].entry.name} ({layers} layers × {heads} heads)"
        return cast(Traceable, loaded[0].model), name
    torch.manual_seed(0)
    architecture, sizes = {
        "gpt": ("DialogueGPT", {"vocab_size": 15_000}),
        "vit": ("VisionTransformer", {}),
    }[kind]
    model = build(architecture, config_for(architecture, sizes)).eval()
    return cast(Traceable, model), f"{architecture} of the course's size, random weights"


def inputs(kind: str, batch: int) -> Tensor:
    model, _ = subject(kind)
    generator = torch.Generator().manual_seed(0)
    if kind == "vit":
        return torch.randn(batch, 3, 32, 32, generator=generator)
    vocabulary = model.token_embed.num_embeddings  # type: ignore[union-attr]
    return torch.randint(3, vocabulary, (batch, 200), generator=generator)


def one_map(kind: str, repeats: int) -> Row:
    """Forward and one requested map (middle layer, head 0) beside the plain fused forward."""
    model, name = subject(kind)
    x = inputs(kind, 1)
    return alternate(
        f"trace-one-map-{kind}",
        "ms of CPU",
        lambda: milliseconds(lambda: fused_logits(model, x)),
        lambda: milliseconds(
            lambda: attention_only(model, x, layer=heads_of(model)[0] // 2, head=0)
        ),
        repeats,
        f"{name}, one sample, {'200 tokens' if kind == 'gpt' else '65 tokens'}, fp32, one thread; "
        "reference: plain fused forward",
    )


def sample_maps(kind: str, repeats: int) -> Row:
    """All maps of one sample of a batch of 32, beside capturing everything for all 32."""
    model, name = subject(kind)
    x = inputs(kind, 32)
    how = f"{name}, all maps of 1 of 32 samples"
    return _beside_all(
        f"trace-sample-maps-{kind}", kind, lambda: trace(model, x[7:8]), repeats, how
    )


def sample_and_batch(kind: str, repeats: int) -> Row:
    """The same, with the predictions of all 32 besides."""
    model, name = subject(kind)
    x = inputs(kind, 32)
    how = f"{name}, predictions of all 32 samples and all maps of one"
    row = f"trace-sample-and-batch-{kind}"
    return _beside_all(row, kind, lambda: attention_only(model, x, sample=7), repeats, how)


def _beside_all(row: str, kind: str, work: Callable[[], object], repeats: int, how: str) -> Row:
    """`work` beside all maps of all 32 samples in eager attention."""
    model, x = subject(kind)[0], inputs(kind, 32)

    def eager() -> object:
        with torch.no_grad():
            return model(x, return_attn=True)

    return alternate(
        row, "ms of CPU", lambda: milliseconds(eager), lambda: milliseconds(work), repeats,
        f"{how}, fp32, one thread; reference: all maps of all 32 in eager attention",
    )  # fmt: skip


def largest_difference(kind: str, repeats: int) -> Row:
    """Every map of the fused path against the textbook head, one `AttentionHead` at a time."""
    model, name = subject(kind)
    x = inputs(kind, 1)
    worst = 0.0
    _, maps = attention_only(model, x)
    with torch.no_grad():
        z = model.embed(x)
        mask = own_mask(model, z.shape[1])
        full = None if mask is None else causal_mask(z.shape[1])[None]
        for layer, block in enumerate(blocks_of(model)):
            for head in range(heads_of(model)[1]):
                plain = AttentionHead(z.shape[-1], block.attn.n_hidden)
                for part, values in head_weights(model, layer, head).items():
                    linear = getattr(plain, f"W_{part[-1]}")
                    (linear.weight if part[0] == "W" else linear.bias).copy_(values)
                alpha = plain(block.attention_input(z), full)[1]
                worst = max(worst, float((alpha - maps[:, layer, head]).abs().max()))
            z = block(z, full)[0]
    return {
        "name": f"trace-map-difference-{kind}", "unit": "largest absolute difference",
        "reference": 1e-5, "product": worst, "ratio": worst / 1e-5, "ratio_low": worst / 1e-5,
        "ratio_high": worst / 1e-5,
        "conditions": f"{name}; fused path against AttentionHead; reference: the bound of 1e-5",
    }  # fmt: skip


def head_weights(model: Traceable, layer: int, head: int) -> dict[str, Tensor]:
    """W_Q, W_K, W_V of one head, each (n, dim), and their biases (n,), cut out of `qkv`.

    Without a bias there are only the weights. Heads that share keys and values share W_K and W_V.
    """
    attn = blocks_of(model)[layer].attn
    H, groups = attn.num_heads, getattr(attn, "num_kv_heads", attn.num_heads)
    group = head * groups // H
    rows = {"Q": head, "K": H + group, "V": H + groups + group}
    weight = attn.qkv.weight.detach().unflatten(0, (-1, attn.n_hidden))
    cut = {f"W_{name}": weight[row] for name, row in rows.items()}
    if attn.qkv.bias is not None:
        bias = attn.qkv.bias.detach().unflatten(0, (-1, attn.n_hidden))
        cut |= {f"b_{name}": bias[row] for name, row in rows.items()}
    return cut


def bytes_to_browser(repeats: int) -> Row:
    """18 maps of 200 tokens as the component gets them, beside the same as JSON heatmaps."""
    torch.manual_seed(0)
    model, name = subject("gpt")
    if np.prod(heads_of(model)) != 18:
        sizes = {"vocab_size": model.token_embed.num_embeddings}  # type: ignore[union-attr]
        model = cast(Traceable, build("DialogueGPT", config_for("DialogueGPT", sizes)).eval())
        name = "DialogueGPT of the course's size, random weights"
    alphas = trace(model, inputs("gpt", 1)).attention[0].numpy()
    words = [f"word{i}" for i in range(200)]
    ours = len(pack(alphas, words, {"layer": 0, "head": 0, "query": 0, "key": 0}, causal=True))
    heatmaps = [{"type": "heatmap", "x": words, "y": words, "z": a.tolist()}
                for a in alphas.reshape(-1, 200, 200)]  # fmt: skip
    plain = len(json.dumps({"data": heatmaps}))
    ratio = ours / plain
    return {
        "name": "attention-bytes", "unit": "bytes", "reference": plain, "product": ours,
        "ratio": ratio, "ratio_low": ratio, "ratio_high": ratio,
        "conditions": f"18 maps of 200 tokens, {name}; reference: the same as Plotly JSON",
    }  # fmt: skip


ROWS: dict[str, Callable[[int], Row]] = {
    "trace-one-map-gpt": lambda repeats: one_map("gpt", repeats),
    "trace-one-map-vit": lambda repeats: one_map("vit", repeats),
    "trace-sample-maps-gpt": lambda repeats: sample_maps("gpt", repeats),
    "trace-sample-maps-vit": lambda repeats: sample_maps("vit", repeats),
    "trace-sample-and-batch-gpt": lambda repeats: sample_and_batch("gpt", repeats),
    "trace-sample-and-batch-vit": lambda repeats: sample_and_batch("vit", repeats),
    "trace-map-difference-gpt": lambda repeats: largest_difference("gpt", repeats),
    "trace-map-difference-vit": lambda repeats: largest_difference("vit", repeats),
    "attention-bytes": bytes_to_browser,
}
