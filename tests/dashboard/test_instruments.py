"""Every instrument: what the server draws where it has stopped, and what a forged client sends."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.live import Instrument
from tests.conftest import ROOT

PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "rnn": ("rnn", {"section": "Eigenvalues and decay", "matrix": "Scaled rotation"}),
    "gates": ("rnn", {"section": "Gates"}),
    "tanh": ("rnn", {"section": "Back through time"}),
    "decoding": ("decoding", {"model": "gpt-grammar", "length": "10"}),
    "steps": ("decoding", {"model": "gpt-grammar", "length": "10"}),
    "groups": ("decoding", {"section": "shared keys", "model": "gpt-grammar"}),
    "costs": ("decoding", {"section": "the KV cache", "model": "gpt-shakespeare"}),
    "row": ("attention", {"section": "One row", "model": "gpt-grammar"}),
    "scaling": ("attention", {"section": "Why √n?"}),
    "heads": ("heads", {"model": "gpt-grammar"}),
    "positions": ("positions", {}),
    "rotary": ("positions", {}),
    "loss": ("gpt", {"section": "Loss and perplexity", "model": "gpt-grammar"}),
    "powerlaw": ("gpt", {"section": "Width and data"}),
    "maps": ("vit", {}),
    "patches": ("patches", {}),
    "objects": ("maps", {"try": "size of the object"}),
}
FIGURES = ("plotly_chart", "imgs")
FORGED: list[object] = [
    None, True, float("nan"), float("inf"), -float("inf"), 1e308, -1e9, 10**400, b"1", [], [1], {},
    {"a": 1}, "x", "1" * 100_000, "-1.0", "99.99", "0.0;" * 9999, "0:nan:0", "0:1e9:1e9",
    "<script>", "٣.٣", "0.0\n",
]  # fmt: skip


def opened(name: str, **kept: object) -> AppTest:
    page, query = PAGES[name]
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=180)
    for key, value in kept.items():
        app.session_state[key] = value
    for key, text in query.items():
        app.query_params[key] = text
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    return app


def drawn(app: AppTest) -> int:
    return sum(len(app.get(kind)) for kind in FIGURES)


def test_every_instrument_is_named_here() -> None:
    files = (ROOT / "dashboard").rglob("*.py")
    found = [re.findall(r'= Instrument\(\s*"(\w+)"', f.read_text("utf-8")) for f in files]
    assert {name for names in found for name in names} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_where_it_has_stopped_one_sentence_says_so_and_the_server_draws(name: str) -> None:
    whole, stopped = opened(name), opened(name, **{f"state-live-stopped-{name}": True})
    said = [one.value for one in stopped.warning if "so the server draws it" in one.value]
    assert said, "one sentence for each place of it"
    assert not [one for one in whole.warning if "so the server draws it" in one.value]
    assert len(stopped.slider) > len(whole.slider) or drawn(stopped) > drawn(whole)
    if name != "steps":  # a slider alone
        assert drawn(stopped) > drawn(whole)


@pytest.mark.parametrize("name", PAGES)
def test_it_refuses_whatever_does_not_fit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[Any, Mapping[str, Any]]] = []
    whole = Instrument.show

    def show(self: Instrument, data: Any, dials: Any, **rest: Any) -> bool:
        if self.name == name:
            shown.append((dials, rest.get("others") or {}))
        return whole(self, data, dials, **rest)

    monkeypatch.setattr(Instrument, "show", show)
    opened(name)
    assert shown
    for dials, others in shown:
        for dial in dials:
            assert dial.fits(dial.value)
            assert not any(dial.fits(value) for value in FORGED)
            assert not dial.fits(dial.high + 1)
            assert not dial.fits(dial.low - 1)
        for now, fits in others.values():
            assert fits(now)
            assert [value for value in FORGED if fits(value)] == []
