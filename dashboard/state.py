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


def presenting() -> bool:
    """Whether this is the lecturer's view (`?mode=present`): large type, no navigation."""
    return st.query_params.get("mode") == "present"


def revealed() -> bool:
    """Whether the lecturer has uncovered the answer of the beat on the wall (`?reveal=1`)."""
    return presenting() and st.query_params.get("reveal") == "1"


def offer(
    key: str,
    default: object,
    options: Sequence[object] = (),
    show: Callable[[Any], str] = str,
) -> None:
    """Remember a control's default and what it offers: the lecturer's keys move controls.

    Links name an option as it is shown, so both its value and its label are known here.
    """
    named = {show(option): option for option in options}
    offers()[key] = (default, named)
    st.session_state.setdefault(DRAWN, set()).add(key)


def offers() -> dict[str, tuple[object, dict[str, object]]]:
    """Every control drawn in this session: its default, and its options by their labels.

    One entry of the session for all: Streamlit looks through every entry for some widgets.
    """
    kept: dict[str, tuple[object, dict[str, object]]] = st.session_state.setdefault(OFFERS, {})
    return kept


def offered(key: str) -> bool:
    """Whether this page has drawn the control before."""
    return key in st.session_state.get(DRAWN, ())


def note(key: str, value: object) -> None:
    """Remember how a control of this page stands."""
    settings(st.session_state.get(PAGE, ""))[key] = value


def settings(page: str) -> dict[str, object]:
    """A page's controls as they stand, also for what is made later and outside of its run."""
    kept: dict[str, dict[str, object]] = st.session_state.setdefault(SETTINGS, {})
    return kept.setdefault(page, {})


def set_controls(values: Mapping[str, object]) -> None:
    """Set controls from outside, before the page draws them; what one does not offer is skipped."""
    for key, value in values.items():
        _, named = offers().get(key, (None, {}))
        if not named or value in named.values():
            st.session_state[key] = value


def reset_controls(keys: Iterable[str]) -> None:
    """Give controls of the page their defaults back."""
    for key in keys:
        if key in offers():
            st.session_state[key] = offers()[key][0]


def put_in_link(key: str, value: str | None) -> None:
    """Write what no widget is bound to into the address, or take it out (None), if it is new.

    Each writing sends the whole address as the server knows it, and would undo there what the
    browser has changed meanwhile: a slider moved fast.
    """
    if value is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value


def arrive(page: str) -> None:
    """Opened by a link with settings, a page stands as the link says and else as at first.

    Through the menu, whose links have none, one comes back to what one left.
    """
    if st.session_state.get(PAGE) != page:
        st.session_state[DRAWN] = set()
        if st.query_params:
            for key in offers().keys() - st.query_params.keys():
                st.session_state.pop(key, None)
    st.session_state[PAGE] = page


def step_choice(key: str, by: int) -> None:
    """Move the choice `key` to a neighbouring option, when the page has one."""
    options = list(offers().get(key, (None, {}))[1].values())
    if st.session_state.get(key) in options:
        at = options.index(st.session_state[key]) + by
        st.session_state[key] = options[min(max(at, 0), len(options) - 1)]


def device_in_use() -> str | None:
    """The device models run on, or None as long as nothing has loaded torch; never loads it."""
    if "torch" not in sys.modules:
        return None
    from core.system.device import pick_device

    return pick_device().type


@st.cache_resource(max_entries=2, show_spinner=False)
def numpy_gpt(weights: Path, who: str) -> tuple[gpt_numpy.NumpyGPT, WordTokenizer]:
    """The GPT of a run in NumPy, and its tokenizer; shared by all sessions, only ever read.

    who: the model's identity, so that another model in the same place is read anew.
    Errors: ValueError or OSError when the checkpoint or its vocabulary is missing or damaged.
    """
    vocabulary = weights.parent.parent / "vocab.json"
    return gpt_numpy.load(weights), WordTokenizer.load(vocabulary)
