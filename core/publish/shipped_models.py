"""The models in assets/ and how each was trained; `make pretrain` trains this table.

Three families of picture models, each on all of the data and on parts of it (-10pct: a tenth): the
plain ViT of the course (-plain), the ViT with a convolutional stem, and the CNN. They have nearly
as many parameters. The ViTs learn with Muon and scaled initialisation, the CNN with AdamW; the
number of epochs differs too, and the comparison on the page names both.
"""

from dataclasses import replace

from core.config.presets import BEST, COURSE, DEMO
from core.config.run_spec import RunSpec

_SUFFIX = {1.0: "", 0.3: "-30pct", 0.1: "-10pct", 0.01: "-1pct"}


def _family(
    name: str, spec: RunSpec, epochs: dict[float, int], batch_size: dict[float, int]
) -> dict[str, RunSpec]:
    """One specification for each share of the data; the smaller the share, the more epochs."""
    return {
        f"{name}{_SUFFIX[share]}": replace(
            spec,
            share=share,
            recipe={**spec.recipe, "epochs": count, "batch_size": batch_size[share]},
        )
        for share, count in epochs.items()
    }


_SHAPES_BATCH = {1.0: 128, 0.3: 64, 0.1: 64}
_SHAPES_EPOCHS = {1.0: 15, 0.3: 20, 0.1: 20}
_PLAIN_SHAPES_EPOCHS = {1.0: 60, 0.3: 100, 0.1: 160}
_CIFAR_BATCH = {1.0: 128, 0.1: 64, 0.01: 32}
_CIFAR_EPOCHS = {1.0: 12, 0.1: 20, 0.01: 40}
_PLAIN_SHAPES = replace(DEMO["vit"], architecture="VisionTransformer", recipe=BEST["vit"].recipe)
_CIFAR_VIT = replace(BEST["vit"], validation_share=0.1)
_CIFAR_SIZES = {"attn_dim": 32, "mlp_dim": 256, "num_heads": 4, "num_layers": 4}
_CIFAR = {
    **_family("vit-cifar10", _CIFAR_VIT, {**_CIFAR_EPOCHS, 1.0: 16}, _CIFAR_BATCH),
    **_family(
        "vit-cifar10-plain",
        replace(_CIFAR_VIT, model=_CIFAR_SIZES, architecture="VisionTransformer"),
        _CIFAR_EPOCHS,
        _CIFAR_BATCH,
    ),
    **_family(
        "cnn-cifar10", replace(BEST["cnn"], validation_share=0.1), _CIFAR_EPOCHS, _CIFAR_BATCH
    ),
}

SHIPPED: dict[str, RunSpec] = {
    **_family("vit-shapes", DEMO["vit"], _SHAPES_EPOCHS, _SHAPES_BATCH),
    **_family(
        "vit-shapes-plain",
        _PLAIN_SHAPES,
        _PLAIN_SHAPES_EPOCHS,
        dict.fromkeys(_SHAPES_BATCH, 64),
    ),
    # The same without shifted and mirrored copies: what augmentation gives.
    "vit-shapes-plain-unaugmented": replace(
        _PLAIN_SHAPES,
        recipe={**_PLAIN_SHAPES.recipe, "epochs": 60, "batch_size": 64, "augment": False},
    ),
    "vit-shapes-sinusoidal": replace(
        DEMO["vit"],
        architecture="SinusoidalViT",
        recipe={**DEMO["vit"].recipe, "epochs": 15},
    ),
    **_family("cnn-shapes", replace(DEMO["cnn"], model={"dim": 80}), _SHAPES_EPOCHS, _SHAPES_BATCH),
    **_CIFAR,
    "vit-cifar10-course": COURSE["vit"],
    "vit-cifar10-course-20": replace(COURSE["vit"], recipe={"epochs": 20, "precision": "bf16"}),
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

# Trained a second time with seed 1, to see how much chance decides; only the accuracy is kept.
REPEATED = tuple(name for name in _CIFAR if name.endswith(("-10pct", "-1pct")))
