"""The decoding engine of a real model: the same engine, with grouped heads in its cache."""

from typing import Any

from core.decoding.engine import DecodingEngine
from core.decoding.strategies import choose_eagerly
from core.models.pretrained.cached import GroupedCache, Reader
from core.models.pretrained.gpt2 import GPT2
from core.models.pretrained.llama import Llama


class RealEngine(DecodingEngine):
    """A `DecodingEngine` for GPT-2 and Llama. It has no `weights`: those are the model's own."""

    def __init__(self, model: GPT2 | Llama):
        read: Any = Reader(model)
        self.path = "eager PyTorch"
        self.weight_bits = 8 * read.dtype.itemsize
        self._begin(model, read, choose_eagerly)

    def empty_cache(self) -> Any:
        """A `GroupedCache`, which has the attributes of `KVCache`."""
        return GroupedCache(self.model)  # type: ignore[arg-type]
