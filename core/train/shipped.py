"""The models in assets/ and how each was trained; `make pretrain` follows this table."""

from dataclasses import replace

from core.train.presets import BEST, COURSE, DEMO
from core.train.spec import RunSpec


def _small_shapes(kind: str) -> RunSpec:
    spec = DEMO[kind]
    return replace(spec, recipe={**spec.recipe, "epochs": 15})


SHIPPED: dict[str, RunSpec] = {
    "vit-cifar10": replace(BEST["vit"], recipe={**BEST["vit"].recipe, "epochs": 6}, held_back=0.1),
    "vit-cifar10-course": COURSE["vit"],
    "vit-shapes": _small_shapes("vit"),
    "cnn-cifar10": BEST["cnn"],
    "cnn-shapes": _small_shapes("cnn"),
    "gpt-shakespeare": BEST["gpt"],
    "gpt-shakespeare-course": COURSE["gpt"],
    "gpt-shakespeare-sinusoidal": replace(COURSE["gpt"], architecture="SinusoidalGPT"),
    "gpt-grammar": DEMO["gpt"],
}
