"""Measurements of what trained models do inside: causality, patches, maps.

As in `core.study.measure.models`, each function returns the values that `MEASUREMENTS` names.
"""

from __future__ import annotations

from typing import Any, cast

import torch

from core.models.registry import build
from core.models.zoo import LoadedModel, find_model, load_model
from core.study.measure.store import Values

PICTURES = 200


def _gpt(name: str = "gpt-shakespeare") -> LoadedModel:
    return load_model(find_model(name))


def _ids(loaded: LoadedModel, text: str) -> torch.Tensor:
    from core.decoding.prompt import read_prompt

    assert loaded.tokenizer is not None
    return torch.tensor([read_prompt(text, loaded.tokenizer, cast(Any, loaded.model).max_N).ids])


def causality() -> Values:
    """Attention of a GPT on one line: the largest weight on a later word, the rows' sums, the
    first row's largest weight; and that the next-word probabilities sum to one."""
    from core.interpret.trace import trace

    loaded = _gpt()
    traced = trace(cast(Any, loaded.model), _ids(loaded, "KING:\nGood queen, where are the"))
    attention = traced.attention
    later = attention.triu(1)
    return {
        **{"model": loaded.entry.name, "later": float(later.max())},
        "row_error": float((attention.sum(-1) - 1).abs().max()),
        "first_row": float(attention[..., 0, :].max(-1).values.min()),
        "probability": float(traced.logits[0, -1].softmax(-1).sum()),
    }


def repeats() -> Values:
    """Greedy text three times from the start token, and one sampled text: equal or not, and the
    share of 4-grams that occurred before."""
    from core.decoding.engine import DecodingEngine
    from core.decoding.strategies import Greedy, Nucleus, Strategy, generate
    from core.decoding.text_metrics import repetition

    loaded = _gpt()
    model = cast(Any, loaded.model)
    engine = DecodingEngine.of(model)

    def text(strategy: Strategy, seed: int) -> list[int]:
        generator = torch.Generator().manual_seed(seed)
        return [step.token for step in generate(engine, [0], strategy, 100, generator)]

    greedy = [text(Greedy(), seed) for seed in range(3)]
    sampled = [text(Nucleus(p=0.9, t=1.0), seed) for seed in range(3)]
    return {
        "greedy_texts": len({tuple(one) for one in greedy}),
        "sampled_texts": len({tuple(one) for one in sampled}),
        "greedy_repetition": repetition(greedy[0], 4),
        "sampled_repetition": sum(repetition(one, 4) for one in sampled) / 3,
    }


def first_difference() -> Values:
    """The step at which sampled text leaves greedy text, and the first step whose draw falls on
    another word than the most probable one, over 20 seeds."""
    from core.decoding.engine import DecodingEngine
    from core.decoding.strategies import Greedy, Nucleus, generate

    loaded = _gpt()
    engine = DecodingEngine.of(cast(Any, loaded.model))
    greedy = [s.token for s in generate(engine, [0], Greedy(), 40, torch.Generator())]
    agree, seeds = 0, 20
    for seed in range(seeds):
        generator = torch.Generator().manual_seed(seed)
        steps = list(generate(engine, [0], Nucleus(p=0.9, t=1.0), 40, generator))
        leaves = next((i for i, s in enumerate(steps) if s.token != greedy[i]), -1)
        draws = next((i for i, s in enumerate(steps) if s.rank > 1), -1)
        agree += leaves == draws
    return {"seeds": seeds, "agree": agree}


def patches() -> Values:
    """A course ViT's patches: their number, the embedding beside a convolution with kernel =
    stride = patch, and the answer for shuffled patches with and without positions."""
    from core.config.model_config import GPTConfig, ViTConfig

    torch.manual_seed(0)
    model = cast(Any, build("VisionTransformer", ViTConfig())).eval()
    picture = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        tokens = model.patch_embed(picture)
        order = torch.randperm(tokens.shape[1], generator=torch.Generator().manual_seed(1))
        z = model.embed(picture)
        place = model.pos_E.weight
        bag = z.clone()
        bag[:, 1:] -= place
        shuffled = bag.clone()
        shuffled[:, 1:] = bag[:, 1:][:, order]
        plain = model.read_out(model.transformer(bag)[0])
        moved = model.read_out(model.transformer(shuffled)[0])
        with_place = shuffled.clone()
        with_place[:, 1:] += place
        known = model.read_out(model.transformer(z)[0])
        lost = model.read_out(model.transformer(with_place)[0])
    text = cast(Any, build("DialogueGPT", GPTConfig(vocab_size=8)))
    same = type(model.transformer) is type(text.transformer)
    return {
        **{"patches": tokens.shape[1], "tokens": z.shape[1], "same_blocks": float(same)},
        "bag_difference": float((plain - moved).abs().max()),
        "place_difference": float((known - lost).abs().max()),
    }


def object_size() -> Values:
    """Shapes, small and large objects: the share of the class token's attention on them, and the
    share that uniform attention would give them."""
    from core.data.images import shapes
    from core.interpret.faithfulness import attention_on_object, class_rows, object_share

    loaded = load_model(find_model("vit-shapes"))
    images, _, masks = shapes.generate(PICTURES, seed=1)
    inputs = to_input(loaded, images)
    _, rows = class_rows(cast(Any, loaded.model), inputs)
    row, known = rows[..., 1:].mean((1, 2)), torch.from_numpy(masks)
    on = attention_on_object(row, known)
    uniform = object_share(known, row.shape[-1]).mean(1)
    small = uniform < uniform.median()
    return {
        **{"images": PICTURES, "small": float(on[small].mean()), "large": float(on[~small].mean())},
        "uniform_small": float(uniform[small].mean()),
        "uniform_large": float(uniform[~small].mean()),
        **{"on_object": float(on.mean()), "covered": float(uniform.mean())},
    }


def maps() -> Values:
    """Twelve pictures of Shapes, maps of vit-shapes: how alike two of them are, and the area under
    the deletion curve by the gradient map and in random order."""
    from core.data.images import shapes
    from core.interpret.attribution import class_row, course_heatmap, gradient_relevance
    from core.interpret.faithfulness import (
        correlation,
        deletion_curve,
        most_important_first,
        random_curves,
    )
    from core.interpret.trace import trace

    loaded = load_model(find_model("vit-shapes"))
    model = cast(Any, loaded.model)
    images, _, _ = shapes.generate(12, seed=1)
    inputs = to_input(loaded, images)
    traced = trace(model, inputs)
    target = traced.logits.argmax(-1)
    gradient = class_row(gradient_relevance(model, inputs, target))
    mean = course_heatmap(traced.attention)
    alike = [correlation(a, b) for a, b in zip(gradient, mean, strict=True)]
    by_map, by_chance = [], []
    for image, weights, label in zip(inputs, gradient, target.tolist(), strict=True):
        by_map.append(deletion_curve(model, image, most_important_first(weights), label).area)
        chance, _ = random_curves(model, image, label, torch.Generator().manual_seed(0), orders=2)
        by_chance.append(chance.area)
    count = len(by_map)
    return {
        **{"images": count, "alike": sum(alike) / count, "by_map": sum(by_map) / count},
        "by_chance": sum(by_chance) / count,
    }


def sizes() -> Values:
    """vit-shapes and cnn-shapes at their trained side of 32 pixels and at 64."""
    from core.data.images import shapes
    from core.interpret.robustness import accuracy, at_size, resized

    images, labels, _ = shapes.generate(PICTURES, seed=1)
    found: Values = {"images": PICTURES, "side": 64}
    for name in ("vit", "cnn"):
        loaded = load_model(find_model(f"{name}-shapes"))
        inputs, truth = to_input(loaded, images), torch.from_numpy(labels)
        model = loaded.model if name == "cnn" else at_size(cast(Any, loaded.model), 64)
        found[f"{name}_trained"] = accuracy(loaded.model, inputs, truth)
        found[f"{name}_larger"] = accuracy(model, resized(inputs, 64), truth)
    return found


def table() -> Values:
    """Rows of a GPT's learned position table; reads_more: 1 if it reads one token more, else 0."""
    loaded = _gpt("gpt-shakespeare-course")
    model = cast(Any, loaded.model)
    try:
        with torch.no_grad():
            model(torch.zeros(1, model.max_N + 1, dtype=torch.long))
    except (ValueError, AssertionError, IndexError):
        return {"rows": model.max_N, "reads_more": 0.0}
    return {"rows": model.max_N, "reads_more": 1.0}


def to_input(loaded: LoadedModel, images: Any) -> torch.Tensor:
    """uint8 pictures (N, 3, S, S), normalised as the model was trained: (N, 3, S, S)."""
    mean, std = (torch.tensor(loaded.extra[name]).view(1, 3, 1, 1) for name in ("mean", "std"))
    return (torch.from_numpy(images).float() / 255 - mean) / std
