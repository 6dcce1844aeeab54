"""A link from one lesson to another sets all that it names."""

from urllib.parse import parse_qs

import pytest
from streamlit.runtime.state.query_params import QueryParams

from dashboard.whole_links import keeping

HERE, THERE = "the page before", "the page now"


def arrived(before: str, sent: str, to: str = THERE) -> dict[str, list[str]]:
    """The parameters of a page after one with the controls `section`, `model` and `several`."""
    link = QueryParams()
    for name, values in parse_qs(before).items():
        link.set_with_no_forward_msg(name, values)
    for name in ("section", "model", "several"):
        link.bind_widget(name, f"control {name}", "string_value", HERE)
    keeping(link, sent, {THERE} if to == THERE else None)
    return {name: link.get_all(name) for name in link}


@pytest.mark.parametrize(
    ("before", "sent", "shown"),
    [
        ("", "model=b&layer=2", {"model": ["b"], "layer": ["2"]}),
        ("model=a", "model=a&model=b", {"model": ["b"]}),
        ("model=b", "model=b&model=b&layer=2", {"model": ["b"], "layer": ["2"]}),
        ("model=a&section=One", "model=a&section=One&section=Two", {"section": ["Two"]}),
        ("several=1&several=2", "several=1&several=2&several=3", {"several": ["3"]}),
        ("section=One&model=a", "model=a&model=b", {"model": ["b"]}),  # One is the default
        ("mode=present", "mode=present&model=b", {"mode": ["present"], "model": ["b"]}),
        ("", "section=", {"section": [""]}),
    ],
)
def test_what_a_link_names_stays(before: str, sent: str, shown: dict[str, list[str]]) -> None:
    assert arrived(before, sent) == shown


@pytest.mark.parametrize(
    ("before", "sent", "shown"),
    [
        ("model=a&section=One", "model=a&section=One", {}),
        ("model=a&hash=1", "model=a", {}),
        ("", "layer=2", {"layer": ["2"]}),
        ("model=a", "model=a&layer=2", {"layer": ["2"]}),
    ],
)
def test_what_the_page_before_had_is_dropped_after_the_menu(
    before: str, sent: str, shown: dict[str, list[str]]
) -> None:
    assert arrived(before, sent) == shown


def test_on_the_same_page_all_stays() -> None:
    assert arrived("model=a", "model=b&section=One", HERE) == {"model": ["b"], "section": ["One"]}
