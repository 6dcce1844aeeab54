"""A class for its students: join, hand in, see or delete what was handed in, and short tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from core.study.results.result import dump_results, load_results, results_of
from core.study.storage.classes import HandIn, NamedClass
from dashboard import limits, state
from dashboard.components import page, tables
from dashboard.study import study_state
from dashboard.study.classes import short_tests
from dashboard.study.phone_token import phone_token
from dashboard.study.room import classes, rooms

_CODE, _KEY, _NAME, _DONE = "class", "study-class-key", "study-class-name", "study-class-done"
STORED = (
    "For each question that you have begun, the class stores the share you earned, how many "
    "answers you gave, how many hints you opened, how sure you were, how many seconds it took, and "
    "your objection. What you typed is not stored. The lecturer sees this under the name that you "
    "choose. You can delete it here at any time; otherwise it is deleted with the class, after "
    "half a year at the latest."
)


def menu() -> None:
    """The popover by which a student joins a class and a lecturer opens one, outside of a class."""
    if "study-class" in st.session_state:
        return
    with st.popover("Class", icon=":material/school:"):
        st.markdown("**Join a class**")
        code = st.text_input("Code of the class", max_chars=10, key="study-class-code")
        st.button("Join", on_click=_join, args=(code,))
        st.markdown("**Open a class**")
        st.markdown(
            "For lecturers: students hand in their results, and you see them in one table. Only "
            "the link that you then get opens this table."
        )
        name = st.text_input("Name of the class", max_chars=60, key="study-class-new")
        st.button("Open a class", on_click=_open, args=(name,))
        show_done()


def joined() -> NamedClass | None:
    """The class in the link, or the one that was joined in this session."""
    code = st.query_params.get(_CODE, st.session_state.get("study-class", "")).strip().upper()
    if not code:
        return None
    try:
        own_class = classes().find(code)
    except (ValueError, OSError) as error:
        page.show_error(error)
        leave()
        return None
    st.session_state["study-class"] = code
    state.put_in_link(_CODE, code)
    return own_class


def section() -> None:
    """The row of the class that was joined; nothing without one."""
    own_class = joined()
    if own_class is None:
        return
    token = key_of_browser()
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="class-row"):
        mine = classes().mine(own_class.code, token)
        st.markdown(f"**{page.escape(own_class.name)}**: {_handed_in(mine)}", width="stretch")
        with st.popover("Hand in", icon=":material/upload:"):
            _hand_in(own_class, token)
        if own_class.tests:
            with st.popover("Short tests", icon=":material/trending_up:"):
                short_tests.choose(own_class, classes().my_tests(own_class.code, token))
        st.button("Leave the class", type="tertiary", on_click=leave)
    if own_class.tests:
        short_tests.due(own_class, classes().my_tests(own_class.code, token))


def key_of_browser() -> str:
    """The token that this browser keeps, or the one of another browser that was entered here."""
    own = phone_token(rooms())
    entered = str(st.session_state.get(_KEY, "")).strip()
    return entered if rooms().accepts(entered) else own


def _handed_in(mine: HandIn | None) -> str:
    if mine is None:
        return "you have not handed in yet."
    at = datetime.fromtimestamp(mine.at, UTC).strftime("%Y-%m-%d at %H:%M UTC")
    return f"you handed in as {page.escape(mine.name)} on {at}."


def _hand_in(own_class: NamedClass, token: str) -> None:
    mine = classes().mine(own_class.code, token)
    st.text_input("Your name or pseudonym", mine.name if mine else "", max_chars=60, key=_NAME)
    st.button(
        "Hand in again" if mine else "Hand in",
        type="primary",
        on_click=_send,
        args=(own_class.code, token),
        disabled=not token,
    )
    show_done()
    st.caption(STORED)
    if mine is not None:
        with st.expander("What is stored"):
            tables.show([vars(result) for result in load_results(mine.results)], hide_index=True)
        st.button("Delete what is mine", on_click=_withdraw, args=(own_class.code, token))
    with st.expander("Another device"):
        st.markdown(
            "This key belongs to your browser. Enter it on another device to continue there. "
            "Anyone who has the key can see and delete what you handed in."
        )
        st.code(token)
        st.text_input("Key of your other browser", max_chars=60, key=_KEY)


def _send(code: str, token: str) -> None:
    """Hand in. A callback, like those below: a click is handled before the page runs."""
    name = str(st.session_state.get(_NAME, ""))
    results = dump_results(results_of(study_state.progress(), study_state.questions()))

    def hand_in() -> None:
        with limits.within(limits.HAND_INS):
            classes().hand_in(code, token, name, results)

    attempt(hand_in, "Handed in.")


def _withdraw(code: str, token: str) -> None:
    attempt(
        lambda: classes().withdraw(code, token), "Everything of yours in this class is deleted."
    )


def _join(code: str) -> None:
    def join() -> None:
        st.session_state["study-class"] = classes().find(code.strip().upper()).code

    attempt(join, "")


def leave() -> None:
    """Forget the class here; what was handed in stays."""
    st.session_state.pop("study-class", None)
    st.query_params.pop(_CODE, None)


def _open(name: str) -> None:
    def open_class() -> None:
        with limits.within(limits.CLASSES):
            new, secret = classes().open_class(name)
        st.query_params.from_dict({_CODE: new.code, "host": secret})

    attempt(open_class, "")


def attempt(action: Callable[[], None], done: str) -> None:
    """Run what a button asks for and remember what to say: `done`, or the error."""
    try:
        action()
    except (ValueError, OSError) as error:
        st.session_state[_DONE] = error
    else:
        st.session_state[_DONE] = done


def show_done() -> None:
    """Say once how the last button ended."""
    outcome = st.session_state.pop(_DONE, "")
    if isinstance(outcome, Exception):
        page.show_error(outcome)
    elif outcome:
        st.success(outcome)
