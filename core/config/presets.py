"""Presets: the course's recipe, the best recipe, and two small demonstrations."""

from dataclasses import replace

from core.config.run_spec import RunSpec

COURSE = {
    "vit": RunSpec("vit", "VisionTransformer", data="cifar10"),
    "gpt": RunSpec("gpt", "DialogueGPT", data="shakespeare"),
    "cnn": RunSpec("cnn", "SmallCNN", data="cifar10"),
}

_BEST_IMAGES = {
    "epochs": 24,
    "batch_size": 128,
    "lr": 2e-3,
    "weight_decay": 0.05,
    "schedule": "warmup",
    "augment": True,
    "label_smoothing": 0.1,
    "precision": "auto",
}
_BEST_TEXT = {
    "epochs": 9,
    "batch_size": 32,
    "lr": 1e-3,
    "weight_decay": 0.5,
    "schedule": "warmup",
    "batches": "length",
    "subword_embeddings": True,
    "precision": "auto",
}
_MUON = {"lr": 1e-3, "optimizer": "muon", "clip": 1.0}  # for the matrices of a Transformer
BEST = {
    "vit": RunSpec(
        "vit",
        "CompactViT",
        recipe={**_BEST_IMAGES, **_MUON, "initialisation": "small"},
        data="cifar10",
    ),
    "cnn": RunSpec("cnn", "SmallCNN", recipe=_BEST_IMAGES, data="cifar10"),
    "gpt": RunSpec(
        "gpt",
        "CompactGPT",
        model={"dropout": 0.35, "word_dropout": 0.1},
        recipe={**_BEST_TEXT, **_MUON},
        data="shakespeare",
    ),
}

_SMALL = {"dim": 64, "attn_dim": 16, "mlp_dim": 128, "num_heads": 4, "num_layers": 3}
DEMO = {
    "vit": RunSpec(
        "vit",
        "CompactViT",
        model=_SMALL,
        recipe={**_BEST_IMAGES, "epochs": 4},
        data="shapes",
    ),
    "gpt": RunSpec(
        "gpt",
        "CompactGPT",
        model={**_SMALL, "dropout": 0.1},
        recipe={**_BEST_TEXT, "epochs": 6, "weight_decay": 0.1, "subword_embeddings": False},
        data="grammar",
    ),
    "cnn": RunSpec(
        "cnn", "SmallCNN", model={"dim": 64}, recipe={**_BEST_IMAGES, "epochs": 4}, data="shapes"
    ),
}

# Few examples, no augmentation, no dropout, no label smoothing: every model memorises them.
OVERFIT = {
    "vit": RunSpec(
        "vit",
        "VisionTransformer",
        model={**_SMALL, "patch_size": 8},
        recipe={"epochs": 40, "batch_size": 32, "lr": 1e-3, "schedule": "warmup"},
        data="shapes",
        share=0.03,
    ),
    "gpt": RunSpec(
        "gpt",
        "CompactGPT",
        model={**_SMALL, "dropout": 0.0},
        recipe={"epochs": 60, "batch_size": 8, "lr": 3e-3, "schedule": "warmup"},
        data="grammar",
        share=0.02,
    ),
    "cnn": RunSpec(
        "cnn",
        "SmallCNN",
        model={"dim": 32},
        recipe={"epochs": 40, "batch_size": 16, "lr": 2e-3, "schedule": "warmup"},
        data="shapes",
        share=0.01,
    ),
}

PRESETS = {"course": COURSE, "best": BEST, "demo": DEMO, "overfit": OVERFIT}


def preset(name: str, kind: str, data: str | None = None) -> RunSpec:
    """The preset for that kind of model, on other data if given. Errors: ValueError."""
    if name not in PRESETS or kind not in PRESETS[name]:
        raise ValueError(
            f"There is no preset {name!r} for {kind!r}; choose from {', '.join(PRESETS)}."
        )
    spec = PRESETS[name][kind]
    return replace(spec, data=data) if data else spec
