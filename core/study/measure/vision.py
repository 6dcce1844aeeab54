"""Measurements that look into the shipped Vision Transformers and CNNs.

Each function returns the values that `core.study.measure.store.MEASUREMENTS` names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import torch

from core.data.images import shapes
from core.interpret.faithfulness import (
    attention_on_object,
    class_rows,
    correlation,
    object_share,
    spread,
)
from core.models.registry import build
from core.models.zoo import LoadedModel, find_model, load_model
from core.study.measure.robustness import PLACES, What, shipped_accuracies
from core.study.measure.store import Values

PICTURES = 200


def patches() -> Values:
    """A course ViT's patches: their number, the difference between its convolution with kernel =
    stride = patch and a matrix times each patch, and the answer for shuffled patches with and
    without positions. half: tokens and attention weights with patches half as wide; larger: tokens
    and the parameters of one head for a picture twice as wide and high."""
    from core.config.model_config import GPTConfig, ViTConfig

    torch.manual_seed(0)
    model = cast(Any, build("VisionTransformer", ViTConfig())).eval()
    picture = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        tokens = model.patch_embed(picture)
        cut = torch.nn.functional.unfold(picture, 4, stride=4).mT  # (1, patches, 48)
        by_matrix = cut @ model.patch_embed.conv.weight.flatten(1).T + model.patch_embed.conv.bias
        order = torch.randperm(tokens.shape[1], generator=torch.Generator().manual_seed(1))
        z = model.embed(picture)
        table = model.pos_E.weight
        bag = z.clone()
        bag[:, 1:] -= table
        shuffled = bag.clone()
        shuffled[:, 1:] = bag[:, 1:][:, order]
        plain = model.read_out(model.transformer(bag)[0])
        moved = model.read_out(model.transformer(shuffled)[0])
        with_place = shuffled.clone()
        with_place[:, 1:] += table
        known = model.read_out(model.transformer(z)[0])
        lost = model.read_out(model.transformer(with_place)[0])
    text = cast(Any, build("DialogueGPT", GPTConfig(vocab_size=8)))
    same = type(model.transformer) is type(text.transformer)
    return {
        **{"patches": tokens.shape[1], "tokens": z.shape[1], "same_blocks": float(same)},
        "matrix_difference": float((tokens - by_matrix).abs().max()),
        "bag_difference": float((plain - moved).abs().max()),
        "place_difference": float((known - lost).abs().max()),
        **_other_sizes(),
    }


def _other_sizes() -> Values:
    """The course's ViT, the same with smaller patches, and for larger pictures, see `patches`."""
    from core.config.model_config import ViTConfig

    course = ViTConfig()
    configs = {
        "": course,
        "half_": replace(course, patch_size=course.patch_size // 2),
        "larger_": replace(course, img_size=2 * course.img_size),
    }
    counts: dict[str, int] = {}
    for name, config in configs.items():
        model = cast(Any, build("VisionTransformer", config)).eval()
        with torch.no_grad():
            picture = torch.zeros(1, 3, config.img_size, config.img_size)
            _, alphas = model(picture, return_attn=True)
        learned = sum(p.numel() for p in model.transformer.layers[0].attn.qkv.parameters())
        counts |= {f"{name}tokens": alphas.shape[-1], f"{name}weights": alphas.numel()}
        counts |= {f"{name}head": learned // config.num_heads}
    return {**counts, "weights_growth": counts["half_weights"] / counts["weights"]}


def patch_sizes() -> Values:
    """The shipped trainings with patches of 2, 4 and 8 pixels: held-out accuracy (means, the worst
    and the best seed), tokens, the share of attention in all multiplications, and milliseconds of a
    training step; …_growth: how many times as large with 2 pixels as with 4."""
    from core.models.patch_sizes.history import SIZES, cost_of, read

    history = read()
    costs = {p: cost_of(p) for p in SIZES}
    best_2, worst_4, best_8 = (
        best(run.accuracy for run in history.of(p)) for p, best in ((2, max), (4, min), (8, max))
    )
    values: Values = {"best_2": best_2, "worst_4": worst_4, "best_8": best_8}
    for p in SIZES:
        values |= {
            **{f"accuracy_{p}": history.accuracy(p), f"tokens_{p}": costs[p].tokens},
            **{f"share_{p}": costs[p].share, f"step_{p}": history.milliseconds(p)},
            **{f"parameters_{p}": history.of(p)[0].parameters},
        }
    return values | {
        "attention_growth": costs[2].attention / costs[4].attention,
        "whole_growth": costs[2].total / costs[4].total,
        "step_growth": history.milliseconds(2) / history.milliseconds(4),
        **{"steps": history.about["steps"], "held_out": history.about["held_out"]},
    }


def object_size() -> Values:
    """Shapes, small and large objects: the share of the class token's attention on them, and the
    share that uniform attention would give them; how far attention spreads, correlated with the
    size of the object, and the same with random weights (untrained)."""
    loaded = load_model(find_model("vit-shapes-plain"))
    inputs, rows, known = on_shapes(loaded)
    row = rows.mean((1, 2))
    on = attention_on_object(row, known)
    uniform = object_share(known, row.shape[-1]).mean(1)
    small = uniform < uniform.median()
    torch.manual_seed(0)
    fresh = cast(Any, build(loaded.entry.architecture, loaded.config)).eval()
    random = class_rows(fresh, inputs)[1][..., 1:]
    by_size, by_size_untrained = (
        correlation(spread(each).mean((1, 2)), uniform) for each in (rows, random)
    )
    return {
        **{"spread": by_size, "untrained": by_size_untrained},
        **{"images": PICTURES, "small": float(on[small].mean()), "large": float(on[~small].mean())},
        "uniform_small": float(uniform[small].mean()),
        "uniform_large": float(uniform[~small].mean()),
        **{"on_object": float(on.mean()), "covered": float(uniform.mean())},
    }


def vit_layers() -> Values:
    """Shapes, vit-shapes-plain: the share of the class token's attention on the object in the first
    and in the last layer, and how many patches it is spread over (e to its entropy) there; what the
    object covers; and how alike the maps of two heads of the last layer are."""
    loaded = load_model(find_model("vit-shapes-plain"))
    _, rows, known = on_shapes(loaded)
    values: Values = {"images": PICTURES}
    for name, layer in (("first", 0), ("last", -1)):
        heads = rows[:, layer].unbind(1)
        on = torch.stack([attention_on_object(head, known).mean() for head in heads])
        patches = torch.stack([spread(head).exp().mean() for head in heads])
        values |= {f"{name}_on_object": float(on.mean()), f"{name}_patches": float(patches.mean())}
    last = [head.flatten() for head in rows[:, -1].unbind(1)]
    pairs = [correlation(a, b) for i, a in enumerate(last) for b in last[:i]]
    return {
        **values,
        "covered": float(object_share(known, rows.shape[-1]).mean()),
        "heads_alike": sum(pairs) / len(pairs),
    }


def evidence() -> Values:
    """Shapes, the maps of a CNN (Grad-CAM) and of a plain ViT (gradient relevance) for the class
    that each predicts: their share on patches that hold a part of the object and on the background.
    object, edge: the share of such patches, and of those that hold a part of the background too."""
    from core.interpret.attribution import grad_cam, patch_map

    images, _, masks = shapes.generate(PICTURES, seed=1)
    values: Values = {"images": PICTURES}
    for name, model in (("cnn", "cnn-shapes"), ("vit", "vit-shapes-plain")):
        loaded = load_model(find_model(model))
        inputs, rival = to_input(loaded, images), cast(Any, loaded.model)
        with torch.no_grad():
            classes = rival(inputs)[0].argmax(-1)
        if name == "cnn":
            weights = grad_cam(rival, inputs, classes).flatten(1)
        else:
            weights = patch_map(rival, inputs, "gradient", classes)
        covered = object_share(torch.from_numpy(masks), weights.shape[1])
        on = float(((weights * (covered > 0)).sum(1) / weights.sum(1)).mean())
        values |= {f"{name}_object": on, f"{name}_background": 1 - on}
        values |= {"object": float((covered > 0).float().mean())}
        values |= {"edge": float(((covered > 0) & (covered < 1)).float().mean())}
    return values


def tune() -> Values:
    """A tune of all notes: how many are loudest at the row of the spectrogram that holds their
    frequency, and the height of a row in hertz."""
    from core.data import audio

    seconds, hop = 0.4, 64
    heights = audio.RATE / 256
    picture = audio.spectrogram(audio.tone_sequence(list(audio.TONES), seconds), hop=hop)
    width = seconds * audio.RATE / hop
    matches = 0
    for note, frequency in enumerate(audio.TONES.values()):
        row = int(picture[:, round((note + 0.4) * width)].argmax())
        matches += abs(row * heights - frequency) <= heights / 2
    return {"notes": len(audio.TONES), "found": matches, "bin": heights}


def sizes() -> Values:
    """vit-shapes-plain, cnn-shapes, and a ViT that begins with convolutions and computes its
    positions (stem), at their trained side of 32 pixels and at 64."""
    values: Values = {"images": PICTURES, "side": 64}
    names = {"vit": "vit-shapes-plain", "cnn": "cnn-shapes", "stem": "vit-shapes-sinusoidal"}
    for name, model in names.items():
        values[f"{name}_trained"], values[f"{name}_larger"] = _accuracies(model, "size", (32, 64))
    return values


def shifts() -> Values:
    """Shapes moved by 6 pixels: the plain ViT trained with shifted and mirrored copies and without
    (bare), and the CNN."""
    pixels = 6
    values: Values = {"pixels": pixels}
    names = {
        "plain": "vit-shapes-plain",
        "bare": "vit-shapes-plain-unaugmented",
        "cnn": "cnn-shapes",
    }
    for name, model in names.items():
        still, moved = _accuracies(model, "shift", (0, pixels))
        values |= {f"{name}_still": still, f"{name}_moved": moved}
    return values


def _accuracies(name: str, what: What, places: tuple[int, int]) -> list[float]:
    """Those shipped with the model, at two of PLACES[what]."""
    known = shipped_accuracies(find_model(name), what)
    if known is None:
        raise ValueError(
            f"{name} has no shipped accuracies; run python -m core.study.measure.robustness."
        )
    return [known[PLACES[what].index(place)] for place in places]


def on_shapes(loaded: LoadedModel) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Held-out pictures of Shapes as the model reads them (N, 3, S, S), the class token's attention
    to the patches (N, L, H, P), and the masks of the objects (N, S, S)."""
    images, _, masks = shapes.generate(PICTURES, seed=1)
    inputs = to_input(loaded, images)
    _, rows = class_rows(cast(Any, loaded.model), inputs)
    return inputs, rows[..., 1:], torch.from_numpy(masks)


def to_input(loaded: LoadedModel, images: Any) -> torch.Tensor:
    """uint8 pictures (N, 3, S, S), normalised as the model was trained: (N, 3, S, S)."""
    mean, std = (torch.tensor(loaded.extra[name]).view(1, 3, 1, 1) for name in ("mean", "std"))
    return (torch.from_numpy(images).float() / 255 - mean) / std
