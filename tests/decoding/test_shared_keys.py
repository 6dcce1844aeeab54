"""Shared keys and values: the formula, the allocated cache, and the section of the page."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.decoding.cost import key_value_bytes, whole_groups
from core.decoding.kv_cache import KVCache
from core.models import llama_steps
from core.study.measure.store import measure
from dashboard.decoding.shared_keys import ANSWERS
from tests import apps

SECTION = {"section": "shared keys", "model": "gpt-grammar"}


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_the_formula_is_what_is_allocated(groups: int) -> None:
    cache = KVCache(llama_steps.llama(50, kv_heads=groups), room=50)
    sizes = llama_steps.SIZES
    told = key_value_bytes(sizes["num_layers"], groups, sizes["attn_dim"], 50)
    assert cache.keys.nbytes + cache.values.nbytes == told


def test_groups_are_whole() -> None:
    assert [whole_groups(asked, 6) for asked in range(1, 7)] == [1, 2, 3, 3, 3, 6]


def test_only_the_cache_shrinks_as_much_as_the_heads() -> None:
    found = {name: float(value) for name, value in measure("groups").items()}
    assert found["bytes_full"] == 3 * found["bytes_shared"]
    assert found["weights_full"] < 2 * found["weights_shared"]
    assert found["scores_full"] == found["scores_shared"]


def sent(app: AppTest) -> dict[str, Any]:
    return next(one for one in apps.told(app) if "sizes" in one)


def test_weights_and_operations_wait_for_a_prediction() -> None:
    app = apps.check(apps.opened("decoding", **SECTION, groups="1", tokens="7"))
    assert sent(app)["known"] is False
    assert sent(app)["order"]["values"] == {"groups": 1, "tokens": 7}
    apps.check(app.radio(key="guess-groups").set_value(ANSWERS[2]).run())
    assert sent(app)["known"] is True
    assert any(f"Your prediction was wrong:** {ANSWERS[2]}" in m.value for m in app.markdown)
