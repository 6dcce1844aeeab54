"""The drawing of a Transformer that reads text or a picture: what is sent to the browser."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from dashboard import controls
from dashboard.components import page
from dashboard.components.live import packed
from dashboard.components.network_view import keep, linked, network_view
from dashboard.components.program import is_index
from dashboard.figures.maps.attention_maps import colours, enlarge
from dashboard.figures.maps.vit_maps import channels_last
from dashboard.models import traces
from dashboard.models.model_input import ModelInput, patch_names

if TYPE_CHECKING:
    from torch import Tensor

    from core.decoding.prompt import Prompt
    from core.interpret.trace import Trace
    from core.models.zoo import LoadedModel

MOST = 16  # tokens drawn: more would be too small to read from the last row
PREDICTIONS, PREDICTIONS_BEFORE = (
    6,
    3,
)  # next words or classes with their probabilities; of earlier blocks
LONGEST_NAME = 40  # characters of a token or an answer
# What can be selected, all counted from 0: token among those drawn, depth of the zoom
OnHead = Callable[[int, int, int], None]
FIELDS = ("block", "part", "at_token", "depth", "stage")


def show(reading: ModelInput, *, key: str, on_head: OnHead | None = None) -> None:
    """Draw the model on its input; block, head, token and zoom are selected in the drawing.

    on_head(block, head, token) is called when the user follows the link to a head's steps, on the
    page that has them; elsewhere the link opens that page.
    """
    traced = traces.trace(reading.identity, reading.model, reading.inputs)
    tokens = shown_tokens(reading, traced)
    followed = _along(
        reading.identity, reading.inputs.numpy().tobytes(), tuple(tokens), reading, traced
    )
    first = {f"net_{name}": value for name, value in defaults(reading, tokens).items()}
    held = {name.removeprefix("net_"): value for name, value in linked(first).items()}
    at = checked(reading, tokens, held)
    keep({f"net_{name}": value for name, value in at.items()}, first, {})
    model = overview(reading, traced, tokens, followed)
    model |= zoomed(reading, traced, tokens, at["block"]) | {"here": bool(on_head)}

    def take(reply: Mapping[str, object]) -> None:
        now = checked(reading, tokens, reply)
        st.session_state.update({f"net_{name}": value for name, value in now.items()})
        if reply.get("leave") and on_head is not None:
            on_head(now["block"], now["part"], tokens[now["at_token"]])

    network_view("transformer", model, at, parts(reading), key=key, on_change=take)


def show_picture(loaded: LoadedModel, inputs: Tensor, image: np.ndarray) -> None:
    """Draw a Vision Transformer on one picture; image: (3, S, S) uint8, inputs: (1, 3, S, S)."""
    names = patch_names(loaded.model)
    names[1:1] = ["distillation"] * (getattr(loaded.model, "extra_tokens", 1) - 1)
    answers = list(loaded.extra["classes"])
    show(ModelInput(loaded, loaded.model, inputs, names, answers, image, True), key="drawn")


@page.fragment
def show_text(loaded: LoadedModel, prompt: Prompt) -> None:
    """A switch, and behind it a GPT that reads the prompt."""
    import torch

    if controls.switch("Draw the whole network", key="network"):
        ids, words = torch.tensor([prompt.ids]), list(prompt.words)
        vocabulary = loaded.tokenizer.vocab
        show(ModelInput(loaded, loaded.model, ids, words, vocabulary, None, True), key="drawn")


def defaults(reading: ModelInput, tokens: list[int]) -> dict[str, int]:
    """The whole model is shown at first, with the token that is read out lit."""
    return dict.fromkeys(FIELDS, 0) | {"at_token": len(tokens) - 1 if reading.causal else 0}


def checked(reading: ModelInput, tokens: list[int], values: Mapping[str, object]) -> dict[str, int]:
    """All FIELDS, with the given values where the model has them; block L is the embedding."""
    from core.interpret.trace import heads_of

    layers, heads = heads_of(reading.model)
    limits = {"block": layers, "part": heads - 1, "at_token": len(tokens) - 1, "depth": 2}
    limits["stage"] = 20
    at = defaults(reading, tokens)
    for name, most in limits.items():
        value = values.get(name)
        if is_index(value, most + 1):
            at[name] = value
    return at


def shown_tokens(reading: ModelInput, traced: Trace) -> list[int]:
    """The tokens drawn, at most MOST: the last ones of a text; of a picture the class token and
    the patches that it attends to most, as the mean over all layers and heads."""
    count = traced.attention.shape[-1]
    if reading.causal:
        return list(range(max(0, count - MOST), count))
    front = getattr(reading.model, "extra_tokens", 1)
    mean = traced.attention[0, :, :, 0, front:].mean((0, 1))
    best = mean.topk(min(MOST - 1, count - front)).indices + front
    return [0, *sorted(best.tolist())]


Followed = tuple[list[list[float]], list[Any]]


@st.cache_data(max_entries=64, show_spinner="Following the tokens from block to block …")
def _along(
    identity: str, content: bytes, tokens: tuple[int, ...], _reading: ModelInput, _traced: Trace
) -> Followed:
    return along(_reading, _traced, list(tokens))


def along(reading: ModelInput, traced: Trace, tokens: list[int]) -> Followed:
    """What takes longest: ‖z‖ of the tokens drawn (2L+1, T), and what is predicted after each
    block."""
    from core.interpret.block_steps import stream_norms

    norms = stream_norms(reading.model, traced)[:, tokens]
    return (
        [[float(f"{n:.8g}") for n in row] for row in norms.tolist()],
        predictions_by_block(reading, traced, tokens),
    )


def overview(
    reading: ModelInput, traced: Trace, tokens: list[int], followed: Followed | None = None
) -> dict[str, object]:
    """What the drawing of the whole model needs. followed: what `along` returns."""
    from core.interpret.trace import blocks_of, heads_of

    model, config = reading.model, reading.loaded.config
    layers, heads = heads_of(model)
    first = blocks_of(model)[0]
    rows = traced.attention[0][:, :, tokens]
    maps = rows[..., tokens] if reading.causal else rows
    norms, lens = followed or along(reading, traced, tokens)
    return {
        "name": reading.loaded.entry.name if reading.trained else "random weights",
        "layers": layers, "heads": heads, "dim": config.dim, "head_dim": first.attn.n_hidden,
        "mlp_dim": config.mlp_dim, "prenorm": hasattr(first, "norm"), "causal": reading.causal,
        "tokens": [reading.tokens[i][:LONGEST_NAME] for i in tokens], "numbers": tokens,
        "total": len(reading.tokens), "vocabulary": len(reading.answers), "llama": llama_of(first),
        "maps": packed(np.rint(255 * np.sqrt(maps.numpy())), "u1"),
        "norms": norms, "lens": lens, "colours": colours()[::4].tolist(),
        "picture": picture_of(reading), "link": link_of(reading),
        "unit": "tokens" if reading.loaded.entry.real else "words",
    }  # fmt: skip


def llama_of(block: Any) -> dict[str, int] | None:
    """Of a block of a Llama: its heads of keys and values, and which biases it has."""
    from core.interpret.llama_steps import is_llama

    if not is_llama(block):
        return None
    biases = (block.attn.qkv.bias is not None, block.attn.project_layer.bias is not None)
    return {"groups": block.attn.num_kv_heads, "qkv": int(biases[0]), "out": int(biases[1])}


def parts(reading: ModelInput) -> list[tuple[str, str]]:
    """The model's parts from the input to the answer, each with its shape."""
    from core.interpret.trace import blocks_of, heads_of

    layers, heads = heads_of(reading.model)
    config, T = reading.loaded.config, len(reading.tokens)
    first = blocks_of(reading.model)[0]
    llama, width = llama_of(first), first.attn.n_hidden
    names = ("Text", "Next word") if reading.causal else ("Picture", "Class")
    size = f"{T} tokens" if reading.causal else f"{T - 1} patches and the class token"
    block = f"{heads} heads of width {width}, MLP of width {config.mlp_dim}"
    if llama:
        block = (
            f"{heads} heads of queries and {llama['groups']} of keys and values, width {width}; "
            f"SwiGLU of width {config.mlp_dim}"
        )
    return [
        (names[0], size),
        ("Embedding", f"{T}×{config.dim}"),
        *((f"Block {i}", block) for i in range(1, layers + 1)),
        (names[1], f"{len(reading.answers):,} probabilities"),
    ]


def link_of(reading: ModelInput) -> dict[str, str] | None:
    """The page of a head's steps, with this model; JavaScript adds layer, head and query. That page
    has no real models of pictures."""
    name = reading.loaded.entry.name
    if reading.loaded.entry.real and not reading.causal:
        return None
    reads = (
        {"reads": "text", "model": name} if reading.causal else {"reads": "pictures", "vit": name}
    )
    prompt = {"prompt": st.query_params["prompt"]} if "prompt" in st.query_params else {}
    return reads | prompt | {"weights": "trained" if reading.trained else "random"}


def picture_of(reading: ModelInput) -> dict[str, object] | None:
    """The picture in its own pixels as a PNG, and how many patches it has along a side."""
    if reading.picture is None:
        return None
    config = reading.loaded.config
    own = enlarge(channels_last(reading.picture), config.img_size)
    content = base64.b64encode(own).decode()
    side = round(reading.model.pos_E.num_embeddings**0.5)
    pixels = config.img_size // side
    return {
        **{"png": content, "side": side, "pixels": pixels, "size": config.img_size},
        **{"flat": is_flat(reading.model), "pooled": hasattr(reading.model, "pooled")},
        "front": getattr(reading.model, "extra_tokens", 1),
    }


def is_flat(model: Any) -> bool:
    """Whether each patch is flattened and multiplied by one matrix, as in the course's model."""
    from core.vit import PatchEmbed

    return isinstance(model.patch_embed, PatchEmbed)


def predictions_by_block(reading: ModelInput, traced: Trace, tokens: list[int]) -> list[Any]:
    """The logit lens: [L+1][tokens or 1] lists of [answer, probability], best first."""
    from core.interpret.logit_lens import logit_lens

    stream = traced.stream[:, :, tokens] if reading.causal else traced.stream
    probability, ids = logit_lens(reading.model, stream, PREDICTIONS)
    if not reading.causal:  # one answer for the picture, as a separate row
        probability, ids = probability.unsqueeze(2), ids.unsqueeze(2)
    chances, names = probability[0].tolist(), ids[0].tolist()
    chances[:-1], names[:-1] = (
        [[row[:PREDICTIONS_BEFORE] for row in block] for block in whole[:-1]]
        for whole in (chances, names)
    )
    return [
        [_predictions(reading, *pair) for pair in zip(*row, strict=True)]
        for row in zip(chances, names, strict=True)
    ]


def _predictions(reading: ModelInput, chances: list[float], ids: list[int]) -> list[list[Any]]:
    """[answer, probability] of each; every answer is cut to a length that can be drawn."""
    names = (reading.answers[i][:LONGEST_NAME] for i in ids)
    return [[name, float(f"{p:.6g}")] for name, p in zip(names, chances, strict=True)]


def zoomed(reading: ModelInput, traced: Trace, tokens: list[int], block: int) -> dict[str, object]:
    """The matrices of one block (or, as block L, of the embedding) for the tokens drawn, as 16-bit
    floats: {"opened": block, "steps": {name: [shape, numbers]}}."""
    from core.interpret.block_steps import block_steps
    from core.interpret.llama_steps import llama_steps
    from core.interpret.trace import blocks_of, heads_of

    if block == heads_of(reading.model)[0]:
        tensors = embedding_steps(reading, traced)
    else:
        tensors = block_steps(reading.model, traced, block)
        own = blocks_of(reading.model)[block]
        if llama_of(own):
            tensors |= llama_steps(own, tensors["x"], tensors["after"])
            del tensors["product"]
        for name in ("z", "concat", "scaled", "masked"):  # the drawing makes them of others
            del tensors[name]
        tensors = {n: v[..., tokens] if n in ("scores", "alpha") else v for n, v in tensors.items()}
    steps = {
        name: [list(value.shape), packed(value.detach().numpy(), "<f2")]
        for name, value in ((n, v[..., tokens, :]) for n, v in tensors.items())
    }
    return {"opened": block, "steps": steps}


def embedding_steps(reading: ModelInput, traced: Trace) -> dict[str, Tensor]:
    """What becomes z_0: E[token] + P[position], or patches, flattened or convolved, + positions."""
    import torch

    from core.interpret.trace import blocks_of

    model, end = reading.model, traced.stream[0, 0]
    with torch.no_grad():
        if reading.causal:
            if llama_of(blocks_of(model)[0]):  # positions are rotations, in every block
                return {"embedded": end, "end": end}
            position = model.positions(len(end)).expand_as(end)
            return {"embedded": end - position, "position": position, "end": end}
        front = getattr(model, "extra_tokens", 1)  # the class token, in a DeiT one more
        empty = torch.full((front, end.shape[-1]), torch.nan)
        projected = torch.cat([empty, model.patch_embed(reading.inputs)[0]])
        position = torch.cat([empty, model.pos_E.weight[: len(end) - front]])
        steps = {"projected": projected, "position": position, "end": end}
        steps["front"] = torch.cat([end[:front], projected[front:]])
        if is_flat(model):
            side = reading.loaded.config.patch_size
            flat = torch.nn.functional.unfold(reading.inputs, side, stride=side)[0].T
            steps["flat"] = torch.cat([torch.full((front, flat.shape[1]), torch.nan), flat])
        return steps
