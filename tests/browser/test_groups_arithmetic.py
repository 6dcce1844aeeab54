"""The bytes that the browser computes are those of core/decoding/cost.py."""

import json

import pytest
from playwright.sync_api import Page

from core.decoding.cost import key_value_bytes, whole_groups
from tests.conftest import ROOT

SOURCE = ROOT / "dashboard/decoding/groups_instrument/arithmetic.js"


@pytest.mark.parametrize("heads", [4, 6, 9])
def test_groups_and_their_bytes(blank: Page, heads: int) -> None:
    told = blank.evaluate(
        f"(H) => {{ {SOURCE.read_text(encoding='utf-8')}\n"
        "return JSON.stringify(Array.from({ length: H }, (_, i) => wholeGroups(i + 1, H))"
        ".map((G) => [G, keyValueBytes(3, G, 16, 1000), attentionWeights(96, 16, H, G)])); }",
        heads,
    )
    groups = [whole_groups(asked, heads) for asked in range(1, heads + 1)]
    assert json.loads(told) == [
        [G, key_value_bytes(3, G, 16, 1000), 96 * 16 * (2 * heads + 2 * G)] for G in groups
    ]
