"""The one place for session state and caches.

What a link must carry lives in widgets with `bind="query-params"`, not here.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.models import gpt_numpy
from core.tokenizer import WordTokenizer

# Entries of the session that are not controls. No control's key starts with "state-".
OFFERS, DRAWN, SETTINGS, PAGE = "state-offers", "state-drawn", "state-settings", "state-page"
TALL = "state-tall"  # pixels for each figure of the beat on the stage
DIALS = "state-dials"  # of each page: Streamlit keeps their values, which are no widgets
ON_STAGE = "state-on-stage"  # their names
HELD = "state-held"  # the figures that the beat on the stage hides until Reveal
LINKED = "state-linked"  # the values of OWN_LINKS

# What links of a page to itself set.
OWN_LINKS = ("q", "exam", "class", "test", "mode", "beat", "run")

USUAL_HEIGHT = 434  # pixels of 720 for a figure alone, with two lines of an answer above it


def presenting() -> bool:
    """Whether this is the lecturer's view (`?mode=present`): large type, no navigation."""
    return st.query_params.get("mode") == "present"


def revealed() -> bool:
    """Whether the lecturer has revealed the answer of this beat (`?reveal=1`)."""
    return presenting() and st.query_params.get("reveal") == "1"


def on_stage() -> list[str]:
    """What the beat on the stage shows; empty off the stage."""
    names: list[str] = st.session_state.get(ON_STAGE, []) if presenting() else []
    return names


def held() -> list[str]:
    """The figures that the lecturer has not revealed yet."""
    names: list[str] = st.session_state.get(HELD, []) if presenting() and not revealed() else []
    return names


def figure_height() -> int | None:
    """The height of a figure on the stage in pixels, so that the room sees it; None elsewhere."""
    return st.session_state.get(TALL, USUAL_HEIGHT) if presenting() else None


def offer(
    key: str,
    default: object,
    options: Sequence[object] = (),
    show: Callable[[Any], str] = str,
) -> None:
    """Store a control's default and its options, which the lecturer's keys and links set.

    show: an option -> its label; links name options by their labels.
    """
    named = {show(option): option for option in options}
    offers()[key] = (default, named)
    st.session_state.setdefault(DRAWN, set()).add(key)


def offers() -> dict[str, tuple[object, dict[str, object]]]:
    """Every control drawn in this session: its default, and its options by their labels.

    All share one entry of the session state, because Streamlit searches every entry for some
    widgets.
    """
    by_page: dict[str, tuple[object, dict[str, object]]] = st.session_state.setdefault(OFFERS, {})
    return by_page


def offered(key: str) -> bool:
    """Whether this page has drawn the control before."""
    return key in st.session_state.get(DRAWN, ())


def record(key: str, value: object) -> None:
    """Store the value of a control of this page."""
    settings(st.session_state.get(PAGE, ""))[key] = value


def settings(page: str) -> dict[str, object]:
    """The values of a page's controls, also outside of its run (for a download)."""
    by_page: dict[str, dict[str, object]] = st.session_state.setdefault(SETTINGS, {})
    return by_page.setdefault(page, {})


def dials(page: str) -> set[str]:
    """The controls of a page that its instruments draw."""
    by_page: dict[str, set[str]] = st.session_state.setdefault(DIALS, {})
    return by_page.setdefault(page, set())


def set_controls(values: Mapping[str, object]) -> None:
    """Set controls before the page draws them; a value that is not among the options is skipped."""
    for key, value in values.items():
        _, named = offers().get(key, (None, {}))
        if not named or value in named.values():
            st.session_state[key] = value


def reset_controls(keys: Iterable[str]) -> None:
    """Reset controls of the page to their defaults."""
    for key in keys:
        if key in offers():
            st.session_state[key] = offers()[key][0]


def put_in_link(key: str, value: str | None) -> None:
    """Write a value without a widget of its own into the address; None removes it.

    Nothing is written when the value is the same: each write sends the whole address as the server
    knows it, which would undo what a slider has changed in the browser since.
    """
    if value is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value


def apply_link(page: str) -> None:
    """On arrival at a page: the link's settings win, and all others are reset.

    A link without settings, such as the menu's, restores the page as the user left it. What a link
    from a page to itself sets is written into the address: the browser changes it only on the way
    to another page, and would send the old one with the next click.
    """
    before = st.session_state.get(PAGE)
    linked = {key: st.query_params.get(key) for key in OWN_LINKS}
    if before == page and linked != st.session_state.get(LINKED):
        st.query_params.update({})  # sends the address as it is
    st.session_state[LINKED] = linked
    if before != page:
        st.session_state[DRAWN] = set()
        for key in dials(before or ""):  # another page may have a control of that name
            st.session_state.pop(key, None)
        if not st.query_params:
            st.session_state.update({key: settings(page)[key] for key in dials(page)})
        else:
            for key in offers().keys() - st.query_params.keys():
                st.session_state.pop(key, None)
    st.session_state[PAGE] = page


def step_choice(key: str, by: int) -> None:
    """Move the choice `key` by so many options, within its list; nothing for an unknown key."""
    options = list(offers().get(key, (None, {}))[1].values())
    if st.session_state.get(key) in options:
        at = options.index(st.session_state[key]) + by
        st.session_state[key] = options[min(max(at, 0), len(options) - 1)]


def device_in_use() -> str | None:
    """The device on which models run, or None while torch is not loaded; never loads it."""
    if "torch" not in sys.modules:
        return None
    from core.system.device import pick_device

    return pick_device().type


@st.cache_resource(max_entries=2, show_spinner=False)
def numpy_gpt(weights: Path, who: str) -> tuple[gpt_numpy.NumpyGPT, WordTokenizer]:
    """The GPT of a run in NumPy, and its tokenizer; shared by all sessions, only ever read.

    who: the model's identity, so that another model in the same folder is not taken from the cache.
    Errors: ValueError or OSError when the checkpoint or its vocabulary is missing or damaged.
    """
    vocabulary = weights.parent.parent / "vocab.json"
    return gpt_numpy.load(weights), WordTokenizer.load(vocabulary)
