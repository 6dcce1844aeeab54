"""The whole dialogue GPT again, in NumPy alone: small enough to print on one slide.

It reads the same weights as core/gpt.py and core/models/compact_gpt.py and, to rounding, gives the
same
attention and the same probabilities; a test holds it so. It needs no torch, so it answers while a
page is still opening.

Letters   T tokens · d = dim · n width of a head · H heads · L layers · V vocabulary

Source: Vaswani et al. 2017, "Attention Is All You Need", equation 1; Radford et al.
2018, "Improving Language Understanding by Generative Pre-Training", section 3.1.
"""

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as tensors_from_bytes

from core.config.model_config import config_for
from core.run_files import schema

Array = NDArray[np.float32]
READABLE = ("DialogueGPT", "CompactGPT")


def softmax(x: Array) -> Array:
    """exp(x) / Σ exp(x) over the last axis, shifted by the maximum so that nothing overflows."""
    e: Array = np.exp(x - x.max(-1, keepdims=True))
    total: Array = e.sum(-1, keepdims=True)
    return e / total


def gelu(x: Array) -> Array:
    """x Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016)."""
    erf = np.fromiter(map(math.erf, x.ravel() / math.sqrt(2)), np.float32, x.size)
    return x * ((1 + erf.reshape(x.shape)) / np.float32(2))


class NumpyGPT:
    """A trained dialogue GPT, forward only; `weights` by the names they have in the checkpoint."""

    def __init__(self, weights: dict[str, Array], num_heads: int, num_layers: int):
        self.w, self.num_heads, self.num_layers = weights, num_heads, num_layers

    def linear(self, x: Array, name: str) -> Array:
        """W x + b"""
        return x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]

    def norm(self, x: Array, name: str) -> Array:
        """LayerNorm: mean 0, variance 1, then scaled and shifted."""
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return x * self.w[f"{name}.weight"] + self.w[f"{name}.bias"]

    def attend(self, x: Array, name: str) -> tuple[Array, Array]:
        """softmax(QKᵀ/√n) V for all heads; x: (T, d) -> (T, d), alphas (H, T, T)."""
        qkv = self.linear(x, f"{name}.qkv").reshape(len(x), 3, self.num_heads, -1)
        q, k, v = qkv.transpose(1, 2, 0, 3)  # each (H, T, n)
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        future = np.triu(np.ones((len(x), len(x)), dtype=bool), 1)
        alphas = softmax(np.where(future, -np.inf, scores))
        heads = (alphas @ v).transpose(1, 0, 2).reshape(len(x), -1)
        return self.linear(heads, f"{name}.project_layer"), alphas

    def __call__(self, ids: Sequence[int]) -> tuple[Array, Array]:
        """ids: T token numbers -> next-token probabilities (V,), alphas (L, H, T, T).

        Errors: ValueError when there is no token, or more than the model has positions for.
        """
        positions = self.w["pos_embed.weight"]
        if not 0 < len(ids) <= len(positions):
            raise ValueError(f"This model reads 1 to {len(positions)} tokens, not {len(ids)}.")
        x = self.w["token_embed.weight"][list(ids)] + positions[: len(ids)]
        maps = []
        for layer in (f"transformer.layers.{i}" for i in range(self.num_layers)):
            pre_norm = f"{layer}.norm.weight" in self.w
            attended, alphas = self.attend(
                self.norm(x, f"{layer}.norm") if pre_norm else x, f"{layer}.attn"
            )
            x = x + attended
            hidden = gelu(self.linear(self.norm(x, f"{layer}.ffn.0"), f"{layer}.ffn.1"))
            x = x + self.linear(hidden, f"{layer}.ffn.3")
            maps.append(alphas)
        return softmax(self.linear(self.norm(x[-1], "head.0"), "head.1")), np.stack(maps)


def load(checkpoint: Path) -> NumpyGPT:
    """Read checkpoint.safetensors and checkpoint.json, a dialogue GPT with learned positions.

    Errors: ValueError when the weights are damaged or belong to another architecture; OSError
    when a file is missing.
    """
    about = schema.read(checkpoint.with_suffix(".json"), schema.Weights)
    data = checkpoint.with_suffix(".safetensors").read_bytes()
    if about["architecture"] not in READABLE:
        raise ValueError(f"{checkpoint.name} is a {about['architecture']}, not a dialogue GPT.")
    if hashlib.sha256(data).hexdigest() != about["sha256"]:
        raise ValueError(f"{checkpoint.name} is damaged: its SHA-256 is not the one recorded.")
    weights = {
        name.removeprefix("model."): tensor.astype(np.float32)
        for name, tensor in tensors_from_bytes(data).items()
        if name.startswith("model.")
    }
    weights.setdefault("head.1.weight", weights["token_embed.weight"])  # tied embeddings
    config = config_for(about["architecture"], about["config"])
    return NumpyGPT(weights, config.num_heads, config.num_layers)  # type: ignore[union-attr]
