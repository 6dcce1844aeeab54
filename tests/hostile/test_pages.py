"""Every page against forged links and forged widget values, sent as a hostile client would.

A browser sends only what a control offers; a custom client may send anything. The page always
answers, reveals nothing about the disk, and works for the next visitor.
"""

import random
from typing import Any

import pytest

from dashboard.components.page import UNFORESEEN
from dashboard.lessons import LESSONS
from tests.hostile.conftest import Served, nothing_told, one_sentence
from tests.load.client import Tab, View, health, key_of
from tests.load.loop import run

NASTY = [
    "", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "C:\\x", "\0", "a" * 5000,
    "<script>alert(1)</script>", "1e999", "nan", "-inf", "-1", "0", "3", "2.5", "9" * 5000, "true",
    "[]", "{}", "$(id)", "=cmd|'/C calc'!A0", "'; DROP TABLE room;--", "\u202e", "😀", "None",
    "__import__('os').system('id')", "00019", "0001" + "9" * 4400, "1d", "rnn", "{{7*7}}",
    "![x](http://127.0.0.1/x.png)", "$\\input{/etc/passwd}$", "²", "--help", "file:///etc/passwd",
]  # fmt: skip
ALWAYS = [  # what a page reads from its address beside its controls
    "mode", "beat", "reveal", "notes", "room", "host", "q", "seed", "back", "figure", "ask", "run",
    "prompt",
]  # fmt: skip
NUMBERS = [float("nan"), float("inf"), 1e308, -1.0, 0.0, 3.0, 2.5]
JSONS = ["[", "null", "5", '"x"', '{"token": 5}', '{"clicked": [1e99, "x"]}', '{"go": "layer up"}']
FITTING = {
    "slider": "double_array_value", "selectbox": "string_value", "checkbox": "bool_value",
    "button_group": "string_array_value", "text_input": "string_value", "dataframe": "string_value",
    "text_area": "string_value", "bidi_component": "json_value", "number_input": "double_value",
}  # fmt: skip
PAGES = [lesson.name for lesson in LESSONS]
ROUNDS = 3  # forged links and forged states, each of them with most of the page's controls


def forged_value(kind: str, draw: random.Random) -> dict[str, Any]:
    """An invalid state for a control of that kind, mostly of the right type."""
    right = FITTING.get(kind, "trigger_value")
    field = right if draw.random() < 0.8 else draw.choice(list(FITTING.values()))
    match field:
        case "double_array_value":
            return {field: draw.choices(NUMBERS, k=draw.choice([0, 1, 1, 1, 2]))}
        case "string_array_value":
            return {field: draw.choices(NASTY, k=draw.choice([0, 1, 1, 3]))}
        case "double_value":
            return {field: draw.choice(NUMBERS)}
        case "json_value":
            return {field: draw.choice(JSONS)}
        case "string_value":
            return {field: draw.choice(NASTY)}
    return {field: True}


def check(view: View, served: Served) -> None:
    nothing_told(view, served)
    for error in view.errors:
        one_sentence(error.replace("\\", ""))


def page_of(name: str) -> str:
    return "" if name == "home" else name


async def attack(name: str, served: Served) -> int:
    """The number of forged values sent to the page."""
    draw, sent = random.Random(name), 0
    tab = Tab(served.address, page_of(name))
    view = await tab.open()
    keys = [key_of(widget) for widget in view.widgets.values() if key_of(widget)]
    for turn in range(ROUNDS):
        query = {key: draw.choice(NASTY) for key in [*keys, *ALWAYS] if draw.random() < 0.7}
        if turn:  # a room or speaker notes hide the rest of the study page
            query = {k: v for k, v in query.items() if k not in ("room", "notes")}
        linked = Tab(served.address, page_of(name), query)
        check(await linked.open(), served)
        await linked.close()
        sent += len(query)
    for _ in range(ROUNDS):
        for kind, widget in view.elements:
            if getattr(widget, "id", "") in view.widgets and "button" not in kind.split("_")[-1]:
                tab.set(widget.id, **forged_value(kind, draw))
                sent += 1
        check(await tab.rerun(), served)
    await tab.close()
    fresh = Tab(served.address, page_of(name))
    healed = await fresh.open()
    assert not healed.errors, "the next visitor finds the page whole"
    assert not healed.exceptions
    await fresh.close()
    return sent


@pytest.mark.parametrize("name", PAGES)
def test_a_page_copes_with_forged_links_and_values(name: str, served: Served) -> None:
    assert run(attack(name, served)) >= 25
    assert run(health(served.address))


def test_an_unexpected_error_is_one_sentence() -> None:
    one_sentence(UNFORESEEN)


def test_the_pages_wrote_nothing_outside_their_place(served: Served) -> None:
    run(attack("train", served))
    assert {p.name for p in served.folder.iterdir()} <= {"log.txt", "runs", "state"}
