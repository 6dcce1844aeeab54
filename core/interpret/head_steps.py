"""One attention head, step by step: every matrix, with the line of code that computes it.

    x → q, k, v → Q Kᵀ → ÷ √n → mask → softmax → · V → concatenate → project → add to the stream

Source: Vaswani et al. 2017, eq. 1 and section 3.2.2.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from core.attention import MultiHeadedAttention
from core.interpret.trace import UNCHANGED, Edit, Trace, Traceable, blocks_of, check_head, own_mask
from core.models.pretrained.rotary import RotaryAttention


@dataclass(frozen=True)
class HeadStep:
    """value: (rows, columns); `rows` and `columns` say what they count; `code` computes it from
    the steps before it; `formula` is the same in TeX."""

    name: str
    title: str
    formula: str
    code: str
    rows: str
    columns: str
    value: Tensor


def head_steps(
    model: Traceable, traced: Trace, layer: int, head: int, sample: int = 0, edit: Edit = UNCHANGED
) -> list[HeadStep]:
    """The twelve steps of one head on one sample, from the stream before its block to after it.

    traced: `trace(model, inputs, edit)`, with the same edit. Layer and head count from 0.
    Errors: ValueError when there is no such layer or head.
    """
    check_head(model, layer, head)
    attn = blocks_of(model)[layer].attn
    stream = traced.stream[sample, layer]
    n, tokens = attn.n_hidden, len(stream)
    mask = own_mask(model, tokens, stream.device) if edit.mask is None else edit.mask
    allowed = torch.ones(tokens, tokens, dtype=torch.bool) if mask is None else mask.bool()
    with torch.no_grad():
        x = blocks_of(model)[layer].attention_input(stream)
        q, k, v = (part[0, head] for part in attn.split_qkv(x[None]))
        scores = q @ k.T
        scaled = scores / (math.sqrt(n) * edit.temperature)
        masked = scaled.masked_fill(~allowed, -torch.inf)
        alpha = masked.softmax(-1).nan_to_num(0.0)
        if (layer, head) in edit.off:
            alpha = torch.zeros_like(alpha)
        out = alpha @ v
        others = traced.attention[sample, layer] @ attn.split_qkv(x[None])[2][0]
        concat = others.transpose(0, 1).flatten(1)
        attended = attn.project_layer(concat)
        after = stream + attended
    warm = "" if edit.temperature == 1.0 else r" \cdot \tau"
    warm_code = "" if edit.temperature == 1.0 else f" / {edit.temperature:g}"
    norm = getattr(blocks_of(model)[layer], "norm", None)
    read = "z" if norm is None else rf"\mathrm{{{type(norm).__name__}}}(z)"
    Q, K, V = (_projection(attn, letter) for letter in "QKV")
    shared = _shared_by(attn, head)
    bias = "" if attn.project_layer.bias is None else " + b_O"
    soft = (
        (r"A = 0 \quad\text{(this head is off)}", "alpha = torch.zeros_like(masked)")
        if (layer, head) in edit.off
        else (r"A = \mathrm{softmax}(S)", "alpha = masked.softmax(-1).nan_to_num(0.0)")
    )
    token, query, key = "token", "query token", "key token"
    inside = f"feature of head {head + 1}"
    return [
        HeadStep(
            "x", "What the head reads", f"x = {read}",
            "x = block.attention_input(stream)", token, "feature of the stream", x,
        ),
        HeadStep("q", "Queries", f"Q = {Q[0]}", f"q = {Q[1]}", query, inside, q),
        HeadStep("k", f"Keys{shared}", f"K = {K[0]}", f"k = {K[1]}", key, inside, k),
        HeadStep("v", f"Values{shared}", f"V = {V[0]}", f"v = {V[1]}", key, inside, v),
        HeadStep("scores", "Every query times every key", r"Q K^\top", "scores = q @ k.T",
             query, key, scores),
        HeadStep("scaled", "Divided by √n",
             rf"Q K^\top / (\sqrt{{n}}{warm}),\quad n = {n}",
             f"scaled = scores / math.sqrt(n_hidden){warm_code}", query, key, scaled),
        HeadStep("masked", "Masked scores are −∞",
             r"S_{ij} = -\infty \;\text{where}\; \mathrm{mask}_{ij} = 0",
             "masked = scaled.masked_fill(mask == 0, -torch.inf)", query, key, masked),
        HeadStep("alpha", "Softmax over the keys: each row sums to one", *soft, query, key, alpha),
        HeadStep("out", "The weighted mean of the values", "A V", "out = alpha @ v",
             query, inside, out),
        HeadStep("concat", "All heads of the layer side by side",
             r"[\,A^{1}V^{1},\dots,A^{H}V^{H}\,]", "concat = torch.cat(outs, dim=-1)",
             query, "feature of all heads", concat),
        HeadStep("attended", "The output projection",
             rf"\mathrm{{concat}}\; W_O^\top{bias}", "attended = project_layer(concat)",
             query, "feature of the stream", attended),
        HeadStep("after", "Added to the residual stream", r"z + \mathrm{attended}",
             "after = stream + attended", query, "feature of the stream", after),
    ]  # fmt: skip


def _projection(attn: MultiHeadedAttention, letter: str) -> tuple[str, str]:
    """How this model computes Q, K or V, in TeX and in code, with its bias and its rotation."""
    formula, code = rf"x W_{letter}^\top", f"x @ W_{letter}.T"
    if attn.qkv.bias is not None:
        formula, code = f"{formula} + b_{letter}", f"{code} + b_{letter}"
    if isinstance(attn, RotaryAttention) and letter != "V":
        return rf"R_t\,({formula})", f"rotate({code}, cos, sin)"
    return formula, code


def _shared_by(attn: MultiHeadedAttention, head: int) -> str:
    """Which heads, counted from 1, share the keys and values of this one; "" if none does."""
    each = attn.num_heads // getattr(attn, "num_kv_heads", attn.num_heads)
    first = head // each * each
    return f", shared by heads {first + 1} to {first + each}" if each > 1 else ""


def pair_product(steps: list[HeadStep], query: int, key: int) -> tuple[Tensor, Tensor, Tensor]:
    """q_i, k_j and their product feature by feature, each (n,); the sum is the score (i, j)."""
    value = {step.name: step.value for step in steps}
    q, k = value["q"][query], value["k"][key]
    return q, k, q * k
