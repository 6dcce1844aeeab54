"""From logits to text: strategies, beam search, the KV cache and the engine that reads tokens.

    from core.decoding import generate, nucleus, temperature, top_k

Imports core.models and below, core.data for text; names are imported when first used.
"""

from typing import TYPE_CHECKING

from core.system.lazy_names import lazy_names

if TYPE_CHECKING:
    from core.decoding.filters import (
        nucleus as nucleus,
        temperature as temperature,
        top_k as top_k,
    )
    from core.decoding.strategies import (
        Greedy as Greedy,
        Nucleus as Nucleus,
        Temperature as Temperature,
        TopK as TopK,
        generate as generate,
    )

_FILTERS = ("nucleus", "temperature", "top_k")
_STRATEGIES = ("Greedy", "Nucleus", "Temperature", "TopK", "generate")
__getattr__ = lazy_names(
    __name__, dict.fromkeys(_FILTERS, "filters") | dict.fromkeys(_STRATEGIES, "strategies")
)
