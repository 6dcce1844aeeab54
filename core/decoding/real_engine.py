"""Generation by a real model with a KV cache, one token in one pass over the weights.

Letters   B batch · T new tokens · S tokens already cached · L layers · H heads · G heads of keys
          and values · n head dimension · d dim

A token costs as long as its weights take to arrive from memory. So a step reads them in 16 bits
where this processor multiplies those faster; sums, norms, softmax and the stream stay in 32 bits.
A prompt, where each weight serves many tokens, is read by the model itself in 32 bits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, linear, rms_norm, silu

from core.decoding.engine import DecodingEngine
from core.decoding.kv_cache import KVCache, require_room
from core.decoding.strategies import choose_eagerly
from core.models.pretrained.gpt2 import GPT2
from core.models.pretrained.llama import Llama, RMSNorm, SwiGLU
from core.models.pretrained.rotary import RotaryAttention, rotate

Step = Callable[[Tensor], Tensor]  # (B, d) -> (B, d)


class RealEngine(DecodingEngine):
    """A `DecodingEngine` for GPT-2 and Llama. It has no `weights`: those are the model's own."""

    def __init__(self, model: GPT2 | Llama):
        read = Reader(model)
        self.path = "eager PyTorch"
        self.weight_bits = 8 * read.dtype.itemsize
        self._begin(model, read, choose_eagerly)


class Reader:
    """Reads tokens of texts into their cache: reader(cache, ids) -> logits of the next token.

    dtype: of the weights in a step; None takes what is faster here, see `fast_dtype`.
    """

    def __init__(self, model: GPT2 | Llama, dtype: torch.dtype | None = None):
        self.model, self.dtype = model, dtype or fast_dtype()
        self._blocks, self._head = _steps(model, self.dtype)

    @torch.inference_mode()
    def __call__(self, cache: KVCache, ids: Tensor) -> Tensor:
        """ids: (B, T) -> logits (B, V) for the token after the last one.

        Errors: ValueError when the tokens do not fit into the cache.
        """
        require_room(cache, ids)
        tokens = ids.shape[1]
        logits = self._one(cache, ids[:, 0]) if tokens == 1 else self._many(cache, ids)
        cache.length += tokens
        return logits

    def _many(self, cache: KVCache, ids: Tensor) -> Tensor:
        """T tokens by the model itself."""
        model: Any = self.model
        start = cache.length
        x = model.token_embed(ids) + model.positions(start + ids.shape[1])[start:]
        for layer, block in enumerate(model.transformer.layers):
            attn = block.attn
            if isinstance(attn, RotaryAttention):
                qkv = attn.grouped_qkv(block.attention_input(x), start)
            else:
                qkv = attn.split_qkv(block.attention_input(x))
            x = block.after_attention(x, attn.project(cache.attend(layer, *qkv)[0]))
        logits: Tensor = model.read_out(x[:, -1])
        return logits

    def _one(self, cache: KVCache, ids: Tensor) -> Tensor:
        """One token of every text, (B,), in as few operations as it takes."""
        x = self.model.token_embed(ids) + self.model.positions(cache.length + 1)[cache.length]
        for layer, block in enumerate(self._blocks):
            x = x + block.project(_attend(cache, block, layer, block.norm(x)))
            x = x + block.mlp(x)
        return self._head(x)


def _attend(cache: KVCache, block: _Block, layer: int, x: Tensor) -> Tensor:
    """(B, d) -> the heads side by side, (B, H·n): softmax(q Kᵀ / √n) V, group by group."""
    attn, position = block.attn, cache.length
    groups, n = cache.keys.shape[2], attn.n_hidden
    rows = block.qkv(x).view(len(x), -1, n)
    q, k, v = rows.split([attn.num_heads, groups, groups], dim=1)
    if isinstance(attn, RotaryAttention):
        cos, sin = attn.rotation.angles(0, cache.keys.shape[3], n)
        turned = rotate(rows[:, :-groups], cos[position], sin[position])
        q, k = turned.split([attn.num_heads, groups], dim=1)
    cache.keys[layer, :, :, position] = k
    cache.values[layer, :, :, position] = v
    keys = cache.keys[layer, :, :, : position + 1]
    values = cache.values[layer, :, :, : position + 1]
    scores = (q * n**-0.5).view(len(x), groups, -1, n) @ keys.mT
    heads: Tensor = scores.softmax(-1) @ values
    return heads.view(len(x), -1)


def greedy(
    model: GPT2 | Llama, ids: Tensor, count: int, dtype: torch.dtype | None = None
) -> Tensor:
    """ids (B, T) -> (B, T + count), with the most probable token each time."""
    read, cache = Reader(model, dtype), KVCache(model, len(ids), ids.shape[1] + count)
    made = [ids]
    for _ in range(count):
        made.append(read(cache, made[-1]).argmax(-1, keepdim=True))
    return torch.cat(made, dim=1)


class _Block(NamedTuple):
    """One layer for steps of one token."""

    attn: Any
    norm: Step
    qkv: Step
    project: Step
    mlp: Step


_prepared: WeakKeyDictionary[Any, dict[torch.dtype, tuple[list[_Block], Step]]]
_prepared = WeakKeyDictionary()  # as long as the model itself


def _steps(model: GPT2 | Llama, dtype: torch.dtype) -> tuple[list[_Block], Step]:
    """The layers and the head with weights in `dtype`; kept, since all texts share them."""
    known = _prepared.setdefault(model, {})
    if dtype not in known:
        known[dtype] = _prepare(model, dtype)
    return known[dtype]


def _prepare(model: GPT2 | Llama, dtype: torch.dtype) -> tuple[list[_Block], Step]:
    with torch.inference_mode(False), torch.no_grad():
        blocks = [_block(dtype, layer) for layer in model.transformer.layers]
        norm, out = _norm(model.head[0]), _linear(dtype, model.head[1])
    return blocks, lambda x: out(norm(x))


def _block(dtype: torch.dtype, block: Any) -> _Block:
    attn = block.attn
    qkv, project = _linear(dtype, attn.qkv), _linear(dtype, attn.project_layer)
    return _Block(attn, _norm(block.norm), qkv, project, _mlp(dtype, block.ffn))


def _linear(dtype: torch.dtype, *layers: Any) -> Step:
    """Layers that read the same, one below the other; what goes in and comes out is fp32."""
    weights = [layer.weight.detach() for layer in layers]
    weight = (weights[0] if len(weights) == 1 else torch.cat(weights)).to(dtype)
    if layers[0].bias is None:
        return lambda x: linear(x.to(dtype), weight).float()
    bias = layers[0].bias.detach()
    return lambda x: linear(x.to(dtype), weight).float() + bias


def _norm(norm: Any) -> Step:
    weight, eps = norm.weight.detach(), norm.eps
    if isinstance(norm, RMSNorm):
        return lambda x: rms_norm(x, weight.shape, weight, eps)
    bias = norm.bias.detach()
    return lambda x: layer_norm(x, weight.shape, weight, bias, eps)


def _mlp(dtype: torch.dtype, ffn: Any) -> Step:
    if isinstance(ffn, SwiGLU):
        norm, both = _norm(ffn.norm), _linear(dtype, ffn.gate, ffn.up)
        down = _linear(dtype, ffn.down)

        def swiglu(x: Tensor) -> Tensor:
            gate, up = both(norm(x)).chunk(2, dim=-1)
            return down(silu(gate).mul_(up))

        return swiglu
    norm, up, between, down = _norm(ffn[0]), _linear(dtype, ffn[1]), ffn[2], _linear(dtype, ffn[3])
    return lambda x: down(between(up(norm(x))))


@lru_cache(maxsize=1)
def fast_dtype() -> torch.dtype:
    """float16 where one row times a matrix is faster in it on this processor, else float32.

    Measured once, in some milliseconds, on a matrix too large for the caches of a core.
    """
    weight, x = torch.ones(4096, 1024), torch.ones(1, 1024)
    seconds = {}
    for dtype in (torch.float32, torch.float16):
        w, row = weight.to(dtype), x.to(dtype)
        linear(row, w)
        times = []
        for _ in range(5):
            began = time.perf_counter()
            linear(row, w)
            times.append(time.perf_counter() - began)
        seconds[dtype] = min(times)
    return min(seconds, key=lambda dtype: seconds[dtype])
