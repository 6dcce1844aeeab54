"""Instruments by the protocol: what they send, what a release costs, and forged values."""

import json
import zlib
from typing import Any

import pytest

from tests.hostile.attacks import find
from tests.hostile.conftest import Served, nothing_told
from tests.load.client import Tab, View, key_of
from tests.load.loop import run

FIRST, RELEASE = 150_000, 20_000  # bytes: of an instrument, and of the answer to a release
DECAY = {"section": "Eigenvalues and decay", "matrix": "Scaled rotation"}
INSTRUMENTS = {
    "rnn": ("live-rnn", DECAY, {"rho": 0.7}),
    "positions": ("live-positions", {"table": "trained to 64 tokens"}, {"t": 50}),
    "positions, rotary": ("live-rotary", {}, {"query": 90}),
    "vit": ("live-maps", {"model": "vit-cifar10"}, {"patch": 20, "layer": 2}),
    "heads": ("live-heads", {"model": "gpt-shakespeare"}, {"heads_off": "0.1,2.3"}),
    "decoding": (
        "live-decoding-b", {"model": "gpt-shakespeare", "step": "3", "length": "10"}, {"t-b": 0.5},
    ),
    "decoding, a long text": (
        "live-decoding-b", {"model": "gpt-shakespeare", "step": "75", "length": "150"},
        {"t-b": 0.5},
    ),
    "attention": ("live-row", {"section": "One row", "layer": "2"}, {"temperature": 0.5}),
    "attention, a long text": (
        "live-row",
        {"section": "One row", "model": "gpt-shakespeare-course", "prompt": "the old king " * 70},
        {"temperature": 0.5},
    ),
    "gpt": ("live-decoding-next", {"model": "gpt-shakespeare", "length": "150"}, {"t": 0.5}),
}  # fmt: skip
FORGED: list[dict[str, Any]] = [
    {"rho": 99}, {"rho": -1}, {"rho": "0.5"}, {"rho": None}, {"rho": [0.5]}, {"rho": True},
    {"longest": 55.5}, {"longest": 1e308}, {"at": {}}, {"moved": "0:1e9:0"}, {"moved": 5},
    {"moved": "9" * 5000}, {"moved": "0:0.5:0.5;1:0.5:0.5"}, {"__proto__": 1}, {"matrix": "own"},
]  # fmt: skip


def data_of(view: View, key: str) -> dict[str, Any]:
    """What an instrument was sent."""
    feed = key.replace("live-", "feed-")
    (content,) = (c for kind, c in view.elements if kind == "bidi_component" and key_of(c) == feed)
    return dict(json.loads(zlib.decompress(content.bytes)))


async def release(lesson: str, served: Served) -> tuple[int, int]:
    """Bytes of the instrument's messages, and of all those that a release brings."""
    key, query, change = INSTRUMENTS[lesson]
    tab = Tab(served.address, lesson.split(",")[0], query)
    view = await tab.open()
    assert not view.errors, view.errors
    widget = find(view, "bidi_component", key)
    first = data_of(view, key)
    both = (key, key.replace("live-", "feed-"))
    size = sum(c.ByteSize() for kind, c in view.elements if key_of(c) in both)
    values = first["order"]["values"] | change
    said = {"values": {"n": first["order"]["n"], **values}}
    answer = await tab.change(widget, json_value=json.dumps(said))
    again = data_of(answer, key)
    assert again["order"] == first["order"], "the browser has these values already"
    await tab.close()
    return size, answer.bytes


@pytest.mark.parametrize("lesson", INSTRUMENTS)
def test_an_instrument_is_small_and_a_release_smaller(lesson: str, served: Served) -> None:
    size, answer = run(release(lesson, served))
    print(f"{lesson}: first {size:,} bytes, release {answer:,}")
    assert size <= FIRST
    assert answer <= RELEASE


async def forge(
    served: Served, lesson: str, key: str, query: dict[str, str], values: list[dict[str, Any]]
) -> None:
    tab = Tab(served.address, lesson, query)
    view = await tab.open()
    widget = find(view, "bidi_component", key)
    before = data_of(view, key)["order"]
    for forged in values:
        said = {"values": {"n": before["n"], **before["values"], **forged}}
        view = await tab.change(widget, json_value=json.dumps(said))
        assert not view.errors, (forged, view.errors)
        assert not view.exceptions
        order = data_of(view, key)["order"]
        assert order["values"] == before["values"], forged
        before = order
        nothing_told(view, served)
    for broken in ('{"values": 5}', '{"values": {"n": []}}', '{"failed": {}}'):
        view = await tab.change(widget, json_value=broken)
        assert not view.exceptions
    await tab.close()


FORGED_BY_KEY = {
    "rnn": ("live-rnn", DECAY, FORGED),
    "vit": ("live-maps", {}, [
        {"patch": 65}, {"patch": -1}, {"patch": 2.5}, {"patch": True}, {"patch": "1"},
        {"layer": 99}, {"head": [1]}, {"through": 1},
    ]),
    "heads": ("live-heads", {"model": "gpt-shakespeare"}, [
        {"heads_off": off}
        for off in ("9.0", "0.9", "0.0,", "-1.0", "0.0;1.0", "0." + "1" * 9000, 5)
    ]),
}  # fmt: skip


@pytest.mark.parametrize("lesson", FORGED_BY_KEY)
def test_values_that_no_hand_sends_are_refused(lesson: str, served: Served) -> None:
    run(forge(served, lesson, *FORGED_BY_KEY[lesson]))
