"""Widgets that are part of the link: change one and the address in the browser follows.

Each takes `key`, the name of its parameter in the address, unique on its page. A value in a link
that does not fit falls back to the default; limits are checked again in `core`.
"""

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from dashboard import state
from dashboard.components import page
from dashboard.components.live import Dial

Option = TypeVar("Option")

# The name of an option in links of earlier versions -> its label now.
EARLIER = {
    "at hand": "example",
    "an example": "example",
    "draw a shape": "shape",
    "closed": "nothing",
    "as drawn": "unsorted",
    "surest": "most confident",
    "least sure": "least confident",
    "its share on the object": "share on the object",
}


def _warn_if_unknown(label: str, key: str, known: Callable[[str], bool], instead: object) -> None:
    """Say that the link asks for a value that does not exist, and that the default is shown.

    Only when the control is new: later a missing option means that the page has changed, not that
    the link is wrong.
    """
    asked = st.query_params.get(key)
    if asked is not None and not known(asked) and not state.offered(key):
        name, value, default = map(page.escape, (label, asked[:60], str(instead)))
        st.info(
            f"The link asks for {name} “{value}”, which does not exist here: {default} is shown "
            "instead.",
            icon=":material/link_off:",
        )


def _offer_options(
    label: str, options: Sequence[Option], key: str, index: int, show: Callable[[Option], str]
) -> None:
    """Offer the options of a control; an option that a link calls by its earlier label is set."""
    labels = [show(option) for option in options]
    now = EARLIER.get(st.query_params.get(key, ""), "")
    if now in labels and not state.offered(key):
        st.session_state[key] = options[labels.index(now)]
    else:
        _warn_if_unknown(label, key, labels.__contains__, labels[index])
    state.offer(key, options[index], options, show)


def _within(low: float, high: float) -> Callable[[str], bool]:
    def known(asked: str) -> bool:
        try:
            return low <= float(asked) <= high
        except ValueError:
            return False

    return known


def slider(
    label: str,
    low: float,
    high: float,
    value: float,
    *,
    key: str,
    step: float | None = None,
    help: str | None = None,
) -> float:
    """A number from low to high; whole numbers stay whole. New limits clamp the value."""
    current = st.session_state.get(key)
    if isinstance(current, int | float) and not low <= current <= high:
        st.session_state[key] = min(max(current, low), high)
    _warn_if_unknown(label, key, _within(low, high), value)
    state.offer(key, value)
    number = st.slider(label, low, high, value, step, key=key, help=help, bind="query-params")
    state.record(key, number)
    return number


def dial(
    label: str,
    low: float,
    high: float,
    value: float,
    *,
    key: str,
    step: float = 1,
    help: str | None = None,
    unit: str = "",
    off: bool = False,
    options: Sequence[int] = (),
) -> Dial:
    """A slider that an instrument draws, with its value now; it is in the link as all others are.

    A whole `step` means whole numbers. New limits clamp the value. off: it cannot be moved.
    options: its values, where the lecturer's keys step through them.
    """
    _warn_if_unknown(label, key, _within(low, high), value)
    asked, now = st.query_params.get(key), st.session_state.get(key, value)
    if asked is not None and not state.offered(key) and _within(low, high)(asked):
        now = float(asked)
    if not isinstance(now, int | float) or not math.isfinite(now):
        now = value
    now = min(max(now, low), high)
    now = int(now) if isinstance(step, int) else now
    state.offer(key, value, options)
    state.dials(st.session_state.get(state.PAGE, "")).add(key)
    st.session_state[key] = now
    state.record(key, now)
    state.put_in_link(key, f"{now:g}" if now != value else None)
    return Dial(key, label, low, high, step, now, help, unit, off)


def choice(
    label: str,
    options: Sequence[Option],
    *,
    key: str,
    index: int = 0,
    show: Callable[[Option], str] = str,
    help: str | None = None,
) -> Option:
    """One of many options, in a drop-down list."""
    _offer_options(label, options, key, index, show)
    selected = st.selectbox(label, options, index, show, key=key, help=help, bind="query-params")
    return _option(selected, options, index, show, key)


def pick(
    label: str,
    options: Sequence[Option],
    *,
    key: str,
    index: int = 0,
    show: Callable[[Option], str] = str,
    help: str | None = None,
    bare: bool = False,
) -> Option:
    """One of a few options, all visible; exactly one is selected. bare: the label is for screen
    readers only, for options that need none, such as sections."""
    _offer_options(label, options, key, index, show)
    selected = st.segmented_control(
        label,
        options,
        default=options[index],
        format_func=show,
        key=key,
        help=help,
        required=True,
        wrap=True,
        label_visibility="collapsed" if bare else "visible",
        bind="query-params",
    )
    return _option(selected, options, index, show, key)


def _option(
    selected: object, options: Sequence[Option], index: int, show: Callable[[Option], str], key: str
) -> Option:
    """The option itself; one that the page did not offer for a while returns as its label."""
    alike = (option for option in options if selected in (option, show(option)))
    option = next(alike, options[index])
    state.record(key, option)
    return option


def several(
    label: str, options: Sequence[str], default: Sequence[str], *, key: str, most: int | None = None
) -> list[str]:
    """Any number of options, at most `most`, in a drop-down list."""
    state.offer(key, list(default))
    selected = st.multiselect(
        label, options, default, key=key, max_selections=most, bind="query-params"
    )
    state.record(key, selected)
    return selected


def switch(label: str, value: bool = False, *, key: str, help: str | None = None) -> bool:
    """On or off."""
    state.offer(key, value, [True, False])
    on = st.toggle(label, value, key=key, help=help, bind="query-params")
    state.record(key, on)
    return on


def text(label: str, value: str, *, key: str, max_chars: int, help: str | None = None) -> str:
    """A short line of text, at most max_chars long."""
    state.offer(key, value)
    typed = st.text_input(
        label, value, max_chars=max_chars, key=key, help=help, bind="query-params"
    )
    state.record(key, typed)
    return typed


def text_in_link(key: str, fits: Callable[[str], bool]) -> str:
    """A text that an instrument sets, of the session or of a new link; "" where it does not fit."""
    known = state.offered(key) or key not in st.query_params
    value = str(st.session_state.get(key, "") if known else st.query_params[key])
    value = value if fits(value) else ""
    state.offer(key, "")
    st.session_state[key] = value
    state.record(key, value)
    state.put_in_link(key, value or None)
    return value


def prediction_graded(prediction: str, right: bool, case: str = "") -> str:
    """The line above the reply to a prediction: the prediction, and whether it was right."""
    return f"**Your prediction{case} was {'right' if right else 'wrong'}:** {prediction}  \n"


def predict(
    question: str,
    answers: Sequence[str],
    reply: Callable[[], str],
    *,
    right: str,
    key: str,
    wait: str = "",
    case: str = "",
    show: Callable[[str], str] = str,
) -> bool:
    """Ask what a figure will show before it shows it. The answer is not part of the link.

    Returns whether there is an answer, or the lecturer has revealed the figure to a room without
    one. Below the question is whether the answer is the right one of `answers`, and what was
    measured, `reply()`; until then the sentence `wait`.
    case: the setting that the question is about, such as " for c = 1", where the figure has others.
    """
    guess = st.radio(question, answers, None, show, key=key)
    known = guess is not None or state.revealed()
    if known:
        graded = "" if guess is None else prediction_graded(show(guess), guess == right, case)
        st.markdown(graded + reply())
    elif wait:
        st.caption(wait)
    return known
