"""Models beyond the course's own classes, and how any of them is built, stored, found and loaded.

The course's classes are core.attention, transformer, vit and gpt. Imports those, core.config,
core.data and core.run_files. `load_model("gpt-grammar")` is the shortest way to a trained model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.models.zoo import LoadedModel


def load_model(name: str) -> LoadedModel:
    """The trained model `name`: a shipped one, such as "gpt-grammar", a run of this machine, or a
    real model that `python -m core.models get` stored.

    Errors: ValueError, one sentence, if there is no such model or its files are damaged.
    """
    from core.models import zoo
    from core.models.pretrained import store

    if real := store.entry(name):
        return store.load_model(real)
    return zoo.load_model(zoo.find_model(name))
