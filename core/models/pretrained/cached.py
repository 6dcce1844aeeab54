"""Generation by a real model with a KV cache of G heads, one token in one pass over the weights.

Letters   B batch · T new tokens · S tokens already cached · L layers · H heads · G heads of keys
          and values · n head dimension · d dim

A token costs as long as its weights take to arrive from memory. So a step reads them in 16 bits
where this processor multiplies those faster; sums, norms, softmax and the stream stay in 32 bits.
A prompt, where each weight serves many tokens, is read by the model itself in 32 bits.

The cache holds 2 · L · G · n numbers a token: H/G times fewer than with a head of keys and values
for every query head. Source: Ainslie et al. 2023, "GQA", section 2.2.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, linear, rms_norm, silu

from core.attention import attention, causal_mask
from core.models.pretrained.gpt2 import GPT2
from core.models.pretrained.llama import Llama, RMSNorm, SwiGLU
from core.models.pretrained.rotary import RotaryAttention, rotate

Step = Callable[[Tensor], Tensor]  # (B, d) -> (B, d)


class GroupedCache:
    """Keys and values of B texts of up to N tokens: (L, B, G, N, n) each, allocated once."""

    def __init__(self, model: GPT2 | Llama, batch: int, room: int):
        attn: Any = model.transformer.layers[0].attn
        self.groups = getattr(attn, "num_kv_heads", attn.num_heads)
        shape = (len(model.transformer.layers), batch, self.groups, room, attn.n_hidden)
        self.keys, self.values = torch.empty(shape), torch.empty(shape)
        self.length = 0

    @property
    def bytes(self) -> int:
        """Memory of both tables."""
        return self.keys.nbytes + self.values.nbytes

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """T new tokens over all S + T, (B, H, T, n); keeps their keys and values.

        q: (B, H, T, n), k and v: (B, G, T, n).
        """
        start, stop = self.length, self.length + q.shape[2]
        keys, values = self.keys[layer, :, :, :stop], self.values[layer, :, :, :stop]
        keys[:, :, start:], values[:, :, start:] = k, v
        each = q.shape[1] // self.groups
        k, v = (part.repeat_interleave(each, 1) for part in (keys, values))
        return attention(q, k, v, causal_mask(stop)[start:])[0]


class _Linear(NamedTuple):
    """A linear layer whose weights are in `weight.dtype`; what goes in and out is fp32."""

    weight: Tensor
    bias: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        out = linear(x.to(self.weight.dtype), self.weight).float()
        return out if self.bias is None else out.add_(self.bias)


class CachedModel:
    """A model of text that reads tokens after those that it has read.

    dtype: of the weights in a step; None takes what is faster here, see `fast_dtype`.
    """

    def __init__(
        self, model: GPT2 | Llama, batch: int = 1, room: int = 0, dtype: torch.dtype | None = None
    ):
        self.model = model
        self.room = min(room or model.max_N, model.max_N)
        self.cache = GroupedCache(model, batch, self.room)
        self._blocks, self._head = _steps(model, dtype or fast_dtype())

    @torch.inference_mode()
    def read(self, ids: Tensor) -> Tensor:
        """ids: (B, T) -> logits (B, V) for the token after the last one.

        Errors: ValueError when the tokens do not fit into the cache.
        """
        tokens, start = ids.shape[1], self.cache.length
        if start + tokens > self.room:
            raise ValueError(
                f"The cache has room for {self.room - start} more tokens, but {tokens} were given; "
                "shorten the text."
            )
        logits = self._one(ids[:, 0]) if tokens == 1 else self._many(ids, start)
        self.cache.length += tokens
        return logits

    def _many(self, ids: Tensor, start: int) -> Tensor:
        """T tokens by the model itself."""
        model = self.model
        x = model.token_embed(ids) + model.positions(start + ids.shape[1])[start:]
        for layer, block in enumerate(model.transformer.layers):
            attn: Any = block.attn
            if isinstance(attn, RotaryAttention):
                qkv = attn.grouped_qkv(block.attention_input(x), start)
            else:
                qkv = attn.split_qkv(block.attention_input(x))
            x = block.after_attention(x, attn.project(self.cache.attend(layer, *qkv)))
        return model.read_out(x[:, -1])

    def _one(self, ids: Tensor) -> Tensor:
        """One token of every text, (B,), in as few operations as it takes."""
        position = self.cache.length
        x = self.model.token_embed(ids) + self.model.positions(position + 1)[position]
        for layer, block in enumerate(self._blocks):
            x = x + block.project(self._attend(block, layer, block.norm(x), position))
            x = x + block.mlp(x)
        return self._head(x)

    def _attend(self, block: _Block, layer: int, x: Tensor, position: int) -> Tensor:
        """(B, d) -> the heads side by side, (B, H·n): softmax(q Kᵀ / √n) V, group by group."""
        attn, groups = block.attn, self.cache.groups
        n = attn.n_hidden
        rows = block.qkv(x).view(len(x), -1, n)
        q, k, v = rows.split([attn.num_heads, groups, groups], dim=1)
        if isinstance(attn, RotaryAttention):
            cos, sin = attn.rotation.angles(0, self.room, n)
            turned = rotate(rows[:, :-groups], cos[position], sin[position])
            q, k = turned.split([attn.num_heads, groups], dim=1)
        self.cache.keys[layer, :, :, position] = k
        self.cache.values[layer, :, :, position] = v
        keys = self.cache.keys[layer, :, :, : position + 1]
        values = self.cache.values[layer, :, :, : position + 1]
        scores = (q * n**-0.5).view(len(x), groups, -1, n) @ keys.mT
        return (scores.softmax(-1) @ values).view(len(x), -1)

    @torch.inference_mode()
    def generate(self, ids: Tensor, count: int) -> Tensor:
        """Greedy: ids (B, T) -> (B, T + count), with the most probable token each time."""
        made = [ids]
        for _ in range(count):
            made.append(self.read(made[-1]).argmax(-1, keepdim=True))
        return torch.cat(made, dim=1)


class _Block(NamedTuple):
    """One layer for steps of one token."""

    attn: Any
    norm: Step
    qkv: Step
    project: Step
    mlp: Step


@lru_cache(maxsize=2)
def _steps(model: GPT2 | Llama, dtype: torch.dtype) -> tuple[list[_Block], Step]:
    """The layers and the head with weights in `dtype`; kept, since all texts share them."""
    with torch.inference_mode(False), torch.no_grad():
        blocks = [
            _Block(
                block.attn, _norm(block.norm), _linear(dtype, block.attn.qkv),
                _linear(dtype, block.attn.project_layer), _mlp(dtype, block.ffn),
            )
            for block in model.transformer.layers
        ]  # fmt: skip
        norm, out = _norm(model.head[0]), _linear(dtype, model.head[1])
    return blocks, lambda x: out(norm(x))


def _linear(dtype: torch.dtype, *layers: Any) -> _Linear:
    """Layers that read the same, one below the other."""
    weights = [layer.weight.detach() for layer in layers]
    weight = weights[0] if len(weights) == 1 else torch.cat(weights)
    bias = layers[0].bias
    return _Linear(weight.to(dtype), None if bias is None else bias.detach())


def _norm(norm: Any) -> Step:
    weight, eps = norm.weight.detach(), norm.eps
    if isinstance(norm, RMSNorm):
        return lambda x: rms_norm(x, weight.shape, weight, eps)
    bias = norm.bias.detach()
    return lambda x: layer_norm(x, weight.shape, weight, bias, eps)


def _mlp(dtype: torch.dtype, ffn: Any) -> Step:
    if isinstance(ffn, SwiGLU):
        norm, both, down = _norm(ffn.norm), _linear(dtype, ffn.gate, ffn.up), ffn.down
        out = _linear(dtype, down)

        def swiglu(x: Tensor) -> Tensor:
            gate, up = both(norm(x)).chunk(2, dim=-1)
            return out(silu(gate).mul_(up))

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
