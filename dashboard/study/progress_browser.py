"""Progress that stays in the browser: beyond a reload, and in every tab."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.study.progress import MAX_BYTES, Progress, dump, load, merge
from dashboard.components import browser_store, page
from dashboard.study import study_state

_STORE, _NAME, _MET, _FORGET = "study-store", "unrolled-progress", "study-met", "study-forget"
_SAVE = "save your progress as a file before you leave (Keep and hand in)."
_PROBLEMS = {
    "off": f"This browser does not let the page keep anything: {_SAVE}",
    "full": f"This browser has no room left for your progress: {_SAVE}",
    "large": f"Progress of more than {MAX_BYTES:,} bytes is not kept in the browser: {_SAVE}",
}
_UNREADABLE = (
    "What this browser keeps cannot be read ({why}) and was left as it is: forget it to keep new "
    "progress here, or " + _SAVE
)


@dataclass(frozen=True)
class _Met:
    """What the browser told last, read; `seed` is this session's at that time."""

    mark: str
    seed: str
    stored: Progress
    problem: str  # one sentence, or ""
    writable: bool


def meet() -> None:
    """Add what the browser keeps to the progress of this session, once it has told it."""
    told, met = browser_store.read(_STORE), _met()
    if told is None or (met is not None and told.mark == met.mark):
        return
    seed = study_state.progress().seed
    if st.session_state.get(_FORGET) and (told.text or told.problem == "large"):
        st.session_state[_MET] = _Met(told.mark, seed, Progress(), "", True)  # not forgotten yet
        return
    stored, problem, writable = Progress(), _PROBLEMS.get(told.problem, ""), True
    if told.problem == "gone":  # forgotten in another tab
        study_state.keep(Progress(seed))
    elif told.problem == "full":
        stored = met.stored if met is not None else stored
    elif problem:
        writable = False
    elif told.text:
        try:
            stored = load(told.text)
        except ValueError as error:
            why = str(error).split(":")[0].replace("The", "the", 1)
            problem, writable = _UNREADABLE.format(why=why), False
        else:
            _add(stored, first=met is None)
    st.session_state.pop(_FORGET, None)
    seed = study_state.progress().seed
    st.session_state[_MET] = _Met(told.mark, seed, stored, problem, writable)


def keep() -> None:
    """Have the browser keep the progress. At the end of the page, when all of it is known."""
    met, now = _met(), study_state.progress()
    text = None
    if st.session_state.get(_FORGET):
        text = ""
    elif met is not None and met.writable and not _same(met, now):
        text = dump(now)
    if text is not None and len(text.encode()) > MAX_BYTES:
        st.warning(_PROBLEMS["large"], icon=":material/save:")
        text = None
    mark = met.mark if met is not None else ""
    browser_store.write(_STORE, _NAME, text, mark=mark, limit=MAX_BYTES)


def opened() -> bool:
    """Whether the page was opened just now, and its browser has not told anything yet."""
    return browser_store.read(_STORE) is None


def kept() -> bool:
    """Whether the browser keeps the progress of this session."""
    met = _met()
    return met is not None and not met.problem


def problem() -> None:
    """Say in one sentence why the browser does not keep the progress, if it does not."""
    met = _met()
    if met is not None and met.problem:
        st.warning(page.escape(met.problem), icon=":material/save:")


def forgetting() -> None:
    """The button that forgets it."""
    with st.popover("Forget it", type="tertiary"):
        st.markdown(
            "Deletes your predictions, your answers and what you have earned, here and in this "
            "browser. A saved file stays."
        )
        st.button("Forget my progress", on_click=_forget)


def _forget() -> None:
    study_state.keep(Progress(study_state.progress().seed))
    st.session_state[_FORGET] = True


def _met() -> _Met | None:
    met: _Met | None = st.session_state.get(_MET)
    return met


def _add(stored: Progress, first: bool) -> None:
    if first:
        study_state.add(stored)
    else:
        study_state.keep(merge(study_state.progress(), stored))


def _same(met: _Met, now: Progress) -> bool:
    """Whether the browser keeps all of this. Two tabs may differ in their seeds for good."""
    return (now.records, now.seed) == (met.stored.records, met.seed)
