"""The models in assets/ and how each was trained; `make pretrain` trains this table.

ViT and CNN have nearly as many parameters and see as many images, on all of the data, a tenth
(-10pct) and a hundredth (-1pct) of it. On CIFAR-10 each has its own best recipe, which for the ViT
is Muon with small initialisation.
"""

from dataclasses import replace

from core.config.presets import BEST, COURSE, DEMO
from core.config.run_spec import RunSpec

# Small data sets: more epochs, smaller batches.
_CIFAR_RECIPES = {
    1.0: {"epochs": 12},
    0.1: {"epochs": 20, "batch_size": 64},
    0.01: {"epochs": 40, "batch_size": 32},
}
_SHAPES_RECIPES = {
    1.0: {"epochs": 15},
    0.1: {"epochs": 20, "batch_size": 64},
    0.01: {"epochs": 40, "batch_size": 16},
}
_SUFFIX = {1.0: "", 0.1: "-10pct", 0.01: "-1pct"}


def _pictures(name: str, spec: RunSpec, recipes: dict[float, dict[str, int]]) -> dict[str, RunSpec]:
    """One specification for each share of the data."""
    return {
        f"{name}{_SUFFIX[share]}": replace(spec, share=share, recipe={**spec.recipe, **recipe})
        for share, recipe in recipes.items()
    }


SHIPPED: dict[str, RunSpec] = {
    **_pictures("vit-shapes", DEMO["vit"], _SHAPES_RECIPES),
    "vit-shapes-sinusoidal": replace(
        DEMO["vit"],
        architecture="SinusoidalViT",
        recipe={**DEMO["vit"].recipe, **_SHAPES_RECIPES[1.0]},
    ),
    **_pictures("cnn-shapes", replace(DEMO["cnn"], model={"dim": 80}), _SHAPES_RECIPES),
    **_pictures("vit-cifar10", replace(BEST["vit"], validation_share=0.1), _CIFAR_RECIPES),
    **_pictures("cnn-cifar10", replace(BEST["cnn"], validation_share=0.1), _CIFAR_RECIPES),
    "vit-cifar10-course": COURSE["vit"],
    "gpt-grammar": DEMO["gpt"],
    # The smallest circuit that finds a repetition: one head in each of two layers. With sinusoidal
    # positions "the token before" is one linear map, the same everywhere, and soon learned.
    "gpt-refrain": RunSpec(
        "gpt",
        "SinusoidalGPT",
        model={"dim": 64, "attn_dim": 32, "mlp_dim": 64, "num_heads": 1, "num_layers": 2}
        | {"max_N": 96},
        recipe={"epochs": 36, "batch_size": 32, "lr": 2e-3, "optimizer": "muon", "clip": 1.0}
        | {"schedule": "warmup", "batches": "length"},
        data="refrain",
    ),
    "gpt-shakespeare": BEST["gpt"],
    "gpt-shakespeare-course": COURSE["gpt"],
    "gpt-shakespeare-sinusoidal": replace(COURSE["gpt"], architecture="SinusoidalGPT"),
}
