"""The operations of a new token, by the formula, are those that a forward pass executes."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.decoding.cost import ALL, CACHE, LAST, VARIANTS, operations
from core.decoding.kv_cache import KVCache, read_tokens
from core.decoding.weights import decode_weights
from core.gpt import DialogueGPT
from tests.decoding.test_kv_cache import MODELS

BOUND = 0.01  # of the formula; counted are the matrix products, two operations a multiply-add


def counted(model: DialogueGPT, tokens: int, variant: str) -> float:
    """Multiply-adds that torch executes for the token after `tokens` tokens."""
    ids = torch.zeros(1, tokens, dtype=torch.long)
    cache = KVCache(model)
    with torch.inference_mode():
        if variant == CACHE and tokens > 1:
            read_tokens(model, cache, ids[:, :-1])
        with FlopCounterMode(display=False) as counter:
            if variant == ALL:
                model(ids)
            else:
                read_tokens(model, cache, ids[:, cache.length :])
    return counter.get_total_flops() / 2


@pytest.mark.parametrize("tokens", [1, 2, 17, 40])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", MODELS)
def test_the_formula_counts_what_is_executed(name: str, variant: str, tokens: int) -> None:
    model = MODELS[name]().eval()
    expected = operations(decode_weights(model), tokens, variant)
    assert counted(model, tokens, variant) == pytest.approx(expected, rel=BOUND)


def test_the_head_on_all_positions_is_no_part_of_what_the_cache_saves() -> None:
    """With a large vocabulary the variants differ by more than one factor T."""
    weights = decode_weights(DialogueGPT(5000, 64, 8, 2, 16, 4, 2))
    T, head = 64, 8 * 5000
    every, last, cache = (operations(weights, T, variant) for variant in VARIANTS)
    assert every - last == (T - 1) * head
    assert last / cache < T / 4 < every / cache
    assert operations(weights, 1, ALL) == operations(weights, 1, LAST)
    assert operations(weights, 1, LAST) == operations(weights, 1, CACHE)
