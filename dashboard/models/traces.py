"""What models compute on an input, cached for everybody who looks at the same.

identity: of the model (`core.models.identity`), and whether its weights are trained. The results
are shared and must not be changed.
"""

from __future__ import annotations

import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from core.interpret.attribution import Fuse
    from core.interpret.trace import Edit, Trace
    from core.models.gpt_numpy import NumpyGPT


LARGE = 2_000_000  # attention weights and logits, above which few traces are kept


@st.cache_resource(max_entries=256, show_spinner=False)
def reading(
    identity: str, ids: tuple[int, ...], _model: NumpyGPT
) -> tuple[np.ndarray, np.ndarray, float]:
    """A text read in NumPy: the next word's probabilities (V,), the maps (L, H, T, T), ms."""
    began = time.perf_counter()
    probabilities, alphas = _model(ids)
    return probabilities, alphas, 1000 * (time.perf_counter() - began)


def trace(identity: str, model: Any, inputs: Tensor, edit: Edit | None = None) -> Trace:
    """`core.interpret.trace.trace`, without an edit if none is given."""
    content = _content(inputs)
    for field in fields(edit) if edit is not None else ():
        value = getattr(edit, field.name)
        content += _content(value) if hasattr(value, "numpy") else repr(value).encode()
    held = _large_trace if _numbers(model, inputs) > LARGE else _trace
    traced: Trace = held(identity, content, model, inputs, edit)
    return traced


@st.cache_resource(max_entries=32, show_spinner=False)  # up to 15 MB each, most under 1 MB
def _trace(
    identity: str, content: bytes, _model: Any, _inputs: Tensor, _edit: Edit | None
) -> Trace:
    from core.interpret.trace import UNCHANGED, trace

    return trace(_model, _inputs, _edit or UNCHANGED)


@st.cache_resource(max_entries=4, show_spinner="Running the model …")  # up to 300 MB each
def _large_trace(
    identity: str, content: bytes, _model: Any, _inputs: Tensor, _edit: Edit | None
) -> Trace:
    from core.interpret.trace import UNCHANGED, trace

    return trace(_model, _inputs, _edit or UNCHANGED)


def _numbers(model: Any, inputs: Tensor) -> int:
    """How many attention weights and logits the trace of these inputs holds."""
    from core.interpret.attribution import extra_tokens
    from core.interpret.trace import heads_of

    layers, heads = heads_of(model)
    if inputs.ndim == 4:  # pictures
        tokens = int(model.pos_E.num_embeddings + extra_tokens(model))
        return len(inputs) * layers * heads * tokens**2
    tokens, words = inputs.shape[1], int(model.token_embed.num_embeddings)
    return len(inputs) * (layers * heads * tokens**2 + tokens * words)


def lens_words(
    identity: str, model: Any, inputs: Tensor, traced: Trace
) -> tuple[np.ndarray, list[list[int]]]:
    """The logit lens of a text: the probability (L+1, T) of its final answers, and the best ids."""
    return _lens_words(identity, _content(inputs), model, traced)


@st.cache_resource(max_entries=32, show_spinner="Every layer answers …")
def _lens_words(
    identity: str, content: bytes, _model: Any, _traced: Trace
) -> tuple[np.ndarray, list[list[int]]]:
    from core.interpret.logit_lens import lens_words

    best, final = lens_words(_model, _traced.stream)
    return final[0].numpy(), best[0].tolist()


def removal_effect(identity: str, model: Any, inputs: Tensor, answer: int) -> Tensor:
    """`core.interpret.head_metrics.removal_effect`, (L, H)."""
    return _removal_effect(identity, _content(inputs), answer, model, inputs)


@st.cache_resource(max_entries=256, show_spinner=False)
def _removal_effect(
    identity: str, content: bytes, answer: int, _model: Any, _inputs: Tensor
) -> Tensor:
    from core.interpret.head_metrics import removal_effect

    return removal_effect(_model, _inputs, answer)


@st.cache_resource(max_entries=256, show_spinner="Reading random words twice …")
def induction(identity: str, _model: Any) -> Tensor:
    """`core.interpret.head_metrics.induction`, (L, H), always on the same random words."""
    import torch

    from core.interpret.head_metrics import induction

    return induction(_model, torch.Generator().manual_seed(0))


def class_heat(
    identity: str, model: Any, images: Tensor, over_layers: Fuse, over_heads: Fuse
) -> np.ndarray:
    """(N, P): where the class token looks in each of N pictures, layers and heads fused."""
    return _class_heat(identity, _content(images), over_layers, over_heads, model, images)


@st.cache_resource(max_entries=256, show_spinner=False)
def _class_heat(
    identity: str, content: bytes, over_layers: Fuse, over_heads: Fuse, _model: Any, _images: Tensor
) -> np.ndarray:
    from core.interpret.attribution import course_heatmap
    from core.interpret.trace import attention_only

    _, alphas = attention_only(_model, _images)
    return course_heatmap(alphas, over_layers, over_heads).numpy()


def relevance(identity: str, model: Any, inputs: Tensor, target: int) -> Tensor:
    """Gradient relevance (1, T, T) of one picture for the class `target`."""
    return _relevance(identity, _content(inputs), target, model, inputs)


@st.cache_resource(max_entries=64, show_spinner=False)
def _relevance(identity: str, content: bytes, target: int, _model: Any, _inputs: Tensor) -> Tensor:
    import torch

    from core.interpret.attribution import gradient_relevance

    return gradient_relevance(_model, _inputs, torch.tensor([target]))


def _content(inputs: Tensor) -> bytes:
    return repr((inputs.dtype, *inputs.shape)).encode() + inputs.numpy().tobytes()
