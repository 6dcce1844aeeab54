"""What a browser claims to keep is taken only in the form in which our own script tells it."""

import pytest
import streamlit as st

from dashboard.components.browser_store import Stored, read


@pytest.mark.parametrize(
    "said",
    [
        *(None, {}, "text", 7, [], {"told": None}, {"told": "text"}, {"told": []}, {"told": {}}),
        {"told": {"mark": 1, "text": "", "problem": ""}},
        {"told": {"mark": "m", "text": None, "problem": ""}},
        {"told": {"mark": "m", "text": "", "problem": ["large"]}},
    ],
)
def test_malformed_messages_are_ignored(said: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {"store": said})
    assert read("store") is None


def test_messages_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"told": {"mark": "m", "text": "kept", "problem": "", "more": 1}}
    monkeypatch.setattr(st, "session_state", {"store": said})
    assert read("store") == Stored("m", "kept", "")
    assert read("another") is None
