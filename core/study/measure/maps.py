"""Measurements of the maps of a Vision Transformer: how alike they are, what a rollout says.

Each function returns the values that `core.study.measure.store.MEASUREMENTS` names.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, cast

import torch
from torch import Tensor

from core.interpret.attribution import (
    class_row,
    course_heatmap,
    gradient_relevance,
    rollout,
    rollout_steps,
    six_maps,
)
from core.interpret.faithfulness import (
    correlation,
    deletion_curve,
    most_important_first,
    object_share,
    patches_to_pixels,
    random_curves,
)
from core.models.zoo import find_model, load_model
from core.study.measure.store import Values
from core.study.measure.vision import PICTURES, to_input

DELETED = 12  # pictures whose patches are removed one after the other
WALKS = 10_000  # of each of these pictures


def maps() -> Values:
    """Pictures of Shapes, maps of vit-shapes-plain.

    On DELETED pictures: the area under the deletion curve by the gradient map, by mean attention
    and in random order. On PICTURES: see `_alike` and `_brightest`. On one: see `_walks`.
    """
    from core.data.images import shapes

    loaded = load_model(find_model("vit-shapes-plain"))
    model = cast(Any, loaded.model)
    images, _, masks = shapes.generate(PICTURES, seed=1)
    inputs = to_input(loaded, images)
    with torch.no_grad():
        logits, alphas = model(inputs, return_attn=True)
    classes = logits.argmax(-1)
    relevance = gradient_relevance(model, inputs, classes)
    areas: dict[str, list[float]] = {"by_map": [], "by_attention": [], "by_chance": []}
    rows = {"by_map": class_row(relevance), "by_attention": course_heatmap(alphas)}
    for i, (image, label) in enumerate(zip(inputs[:DELETED], classes.tolist(), strict=False)):
        for name, row in rows.items():
            order = most_important_first(row[i])
            areas[name].append(deletion_curve(model, image, order, label).area)
        chance, _ = random_curves(model, image, label, torch.Generator().manual_seed(0), orders=2)
        areas["by_chance"].append(chance.area)
    return {
        **{"images": DELETED, "pictures": PICTURES},
        **{name: sum(values) / DELETED for name, values in areas.items()},
        **_alike(six_maps(alphas, relevance)),
        **_brightest(model, inputs, classes, alphas, torch.from_numpy(masks)),
        **_walks(alphas[:DELETED]),
        "values_matter": _without_values(model, inputs, alphas, classes),
    }


def _alike(maps: dict[str, Tensor]) -> Values:
    """Correlations of two maps of a picture, their mean over the pictures: the smallest of two that
    are made of attention alone, the largest of the gradient map with one of them. same_brightest:
    the share of pictures whose brightest patch is the same in all six; brightest: how many patches
    are the brightest of one of them, on average."""
    apart: dict[bool, list[float]] = {True: [], False: []}
    for (a, first), (b, second) in combinations(maps.items(), 2):
        pairs = [correlation(p, q) for p, q in zip(first, second, strict=True)]
        apart["Gradient relevance" in (a, b)].append(sum(pairs) / len(pairs))
    brightest = torch.stack([m.argmax(1) for m in maps.values()], 1).tolist()
    counts = [len(set(row)) for row in brightest]
    return {
        **{"attention_alike": min(apart[False]), "gradient_alike": max(apart[True])},
        **{"same_brightest": counts.count(1) / len(counts), "brightest": sum(counts) / len(counts)},
    }


def _brightest(
    model: Any, inputs: Tensor, classes: Tensor, alphas: Tensor, masks: Tensor
) -> Values:
    """What the brightest patches of a rollout are. background: the share of bright patches (at
    least half of the largest weight) that show more background than object. same_answer,
    elsewhere_first: the shares of pictures whose answer stays when the brightest patch is removed,
    and where the first layer gives another patch the most weight."""
    flow = class_row(rollout(alphas))
    brightest = flow.argmax(1)
    removed = torch.nn.functional.one_hot(brightest, flow.shape[1])
    shown = patches_to_pixels(1 - removed.float(), inputs.shape[-1])
    with torch.no_grad():
        without = model(inputs * shown[:, None])[0].argmax(1)
    bright = flow >= flow.amax(1, keepdim=True) / 2
    covered = object_share(masks, flow.shape[1])
    first = class_row(alphas[:, 0].mean(1)).argmax(1)
    return {
        "background": float((covered[bright] < 0.5).float().mean()),
        "same_answer": float((classes == without).float().mean()),
        "elsewhere_first": float((first != brightest).float().mean()),
    }


def _walks(alphas: Tensor) -> Values:
    """Random walks from the class token back through the layers: in each layer a walk stays where
    it is or follows a weight of the mean head, with equal probability. walked: the share that ends
    at the patch that is brightest in the rollout; flow: its weight there; the means over the
    pictures, and the largest difference of the two of a picture."""
    generator = torch.Generator().manual_seed(0)
    flow = rollout(alphas)[:, 0]
    brightest = 1 + flow[:, 1:].argmax(1)
    shares = []
    for picture, patch in enumerate(brightest.tolist()):
        at = torch.zeros(WALKS, dtype=torch.long)
        for layer in reversed(rollout_steps(alphas[picture : picture + 1])):
            at = torch.multinomial(layer[0][at], 1, generator=generator)[:, 0]
        shares.append(float((at == patch).float().mean()))
    expected = flow.gather(1, brightest[:, None])[:, 0]
    return {
        **{"walks": WALKS, "walked": sum(shares) / len(shares), "flow": float(expected.mean())},
        "walks_differ": float((torch.tensor(shares) - expected).abs().max()),
    }


def _without_values(model: Any, inputs: Tensor, alphas: Tensor, classes: Tensor) -> float:
    """The share of pictures whose answer changes when every value is 0 and every weight, and with
    them the rollout, stays as it is."""
    layers = iter(alphas.unbind(1))

    def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        weights = next(layers)
        return weights @ torch.zeros_like(v), weights

    with torch.no_grad():
        z, _ = model.transformer(model.embed(inputs), attend=attend)
        return float((model.read_out(z).argmax(1) != classes).float().mean())
