"""Real models in memory: at most two are kept in this process, shared by all sessions.

An open page holds its model until it runs again, even if the model has been evicted since.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from threading import RLock

import streamlit as st

from core.models.pretrained import store
from core.models.zoo import LoadedModel, ModelEntry
from dashboard.models.generation_cache import GenerationCache

MOST = 2  # models held; the least recently used one is evicted
MOST_TOKENS = 36  # that lessons read: all maps of SmolLM2 then take some 150 KB


class RealModel:
    """A loaded real model, and what generates with it, made when it is first needed."""

    def __init__(self, loaded: LoadedModel):
        self.loaded = loaded
        self._lock = RLock()

    @property
    def generations(self) -> GenerationCache:
        """The texts it generated; their engine has a second copy of the weights in 16 bits.

        Errors: ValueError when the memory of the machine does not hold that copy.
        """
        with self._lock:
            return self._generations

    @cached_property
    def _generations(self) -> GenerationCache:
        from core.decoding.real_engine import RealEngine
        from core.models.pretrained.convert import require_memory

        require_memory(self.loaded.extra["parameters"] // 2)
        return GenerationCache(RealEngine(self.loaded.model))


class HeldModels:
    """The real models in memory by their identity, the one used last at the end."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, RealModel] = OrderedDict()
        self._lock, self._loading = RLock(), RLock()

    def __contains__(self, identity: str) -> bool:
        return identity in self._held

    def get(self, entry: ModelEntry) -> RealModel:
        """The model; others are evicted first, so that there is room for it.

        Errors: ValueError, one sentence, when it is damaged or the memory does not hold it.
        """
        model = self._used(entry.identity)
        if model is not None:
            return model
        with self._loading:  # one at a time; whoever uses another model does not wait
            model = self._used(entry.identity)
            if model is None:
                with self._lock:
                    while len(self._held) >= MOST:
                        self._held.popitem(last=False)
                model = RealModel(store.load_model(entry))
                with self._lock:
                    self._held[entry.identity] = model
            return model

    def _used(self, identity: str) -> RealModel | None:
        with self._lock:
            if identity in self._held:
                self._held.move_to_end(identity)
            return self._held.get(identity)


@st.cache_resource(show_spinner=False)
def held() -> HeldModels:
    """The models of this process."""
    return HeldModels()


def hold(entry: ModelEntry) -> RealModel:
    """The real model; while it is loaded the page says how large it is.

    Errors: ValueError, one sentence, when it is damaged or the memory does not hold it.
    """
    if entry.identity in held():
        return held().get(entry)
    with st.spinner(f"Loading {entry.name}, {size(entry)} …", show_time=True):
        return held().get(entry)


def size(entry: ModelEntry) -> str:
    """Parameters and memory, in words."""
    count = store.description(entry.path)["extra"]["parameters"]
    return f"{count / 1e6:,.0f} million parameters in {4 * count / 1e9:,.2f} GB of memory"
