"""Progress stored in the browser: it survives a reload and is shared by all tabs."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.study.progress import StudyProgress, merge
from core.study.storage.progress_file import MAX_BYTES, dump, load
from dashboard.components import browser_store, page
from dashboard.study import study_state

_STORE, _NAME, _SYNCED, _FORGET = "study-store", "unrolled-progress", "study-synced", "study-forget"
_SAVE = "save your progress as a file before you leave (Save and hand in)."
_PROBLEMS = {
    "off": f"This browser does not allow the page to store anything: {_SAVE}",
    "full": f"This browser has no space left for your progress: {_SAVE}",
    "large": f"Progress of more than {MAX_BYTES:,} bytes is not stored in the browser: {_SAVE}",
}
_UNREADABLE = (
    "The progress in this browser cannot be read ({why}) and was not changed: delete it "
    "to store new progress here, or " + _SAVE
)


@dataclass(frozen=True)
class _Synced:
    """The last state that the browser sent, read; `seed` is the session's at that time."""

    mark: str
    seed: str
    stored: StudyProgress
    problem: str  # one sentence, or ""
    writable: bool


def read() -> None:
    """Merge what the browser has stored into the progress of this session, once it has sent it."""
    message, synced = browser_store.read(_STORE), _synced()
    if message is None or (synced is not None and message.mark == synced.mark):
        return
    seed = study_state.progress().seed
    if st.session_state.get(_FORGET) and (message.text or message.problem == "large"):
        st.session_state[_SYNCED] = _Synced(
            message.mark, seed, StudyProgress(), "", True
        )  # not deleted yet
        return
    stored, problem, writable = StudyProgress(), _PROBLEMS.get(message.problem, ""), True
    if message.problem == "gone":  # deleted in another tab
        study_state.save_progress(StudyProgress(seed))
    elif message.problem == "full":
        stored = synced.stored if synced is not None else stored
    elif problem:
        writable = False
    elif message.text:
        try:
            stored = load(message.text)
        except ValueError as error:
            why = str(error).split(":")[0].replace("The", "the", 1)
            problem, writable = _UNREADABLE.format(why=why), False
        else:
            _add(stored, first=synced is None)
    st.session_state.pop(_FORGET, None)
    seed = study_state.progress().seed
    st.session_state[_SYNCED] = _Synced(message.mark, seed, stored, problem, writable)


def write() -> None:
    """Let the browser store the progress. Called last on the page, when all of it is known."""
    synced, now = _synced(), study_state.progress()
    text = None
    if st.session_state.get(_FORGET):
        text = ""
    elif synced is not None and synced.writable and not _same(synced, now):
        text = dump(now)
    if text is not None and len(text.encode()) > MAX_BYTES:
        st.warning(_PROBLEMS["large"], icon=":material/save:")
        text = None
    mark = synced.mark if synced is not None else ""
    browser_store.write(_STORE, _NAME, text, mark=mark, limit=MAX_BYTES)


def is_first_run() -> bool:
    """Whether the page has just been opened, so that its browser has sent nothing yet."""
    return browser_store.read(_STORE) is None


def is_saved() -> bool:
    """Whether the browser stores the progress of this session."""
    synced = _synced()
    return synced is not None and not synced.problem


def show_problem() -> None:
    """One sentence on why the browser does not store the progress, if it does not."""
    synced = _synced()
    if synced is not None and synced.problem:
        st.warning(page.escape(synced.problem), icon=":material/save:")


def forget_button() -> None:
    """The button that deletes the progress here and in the browser."""
    with st.popover("Delete it", type="tertiary"):
        st.markdown(
            "Deletes your predictions, your answers and what you have earned, here and in this "
            "browser. A saved file stays."
        )
        st.button("Delete my progress", on_click=_forget)


def _forget() -> None:
    study_state.save_progress(StudyProgress(study_state.progress().seed))
    st.session_state[_FORGET] = True


def _synced() -> _Synced | None:
    synced: _Synced | None = st.session_state.get(_SYNCED)
    return synced


def _add(stored: StudyProgress, first: bool) -> None:
    if first:
        study_state.add_progress(stored)
    else:
        study_state.save_progress(merge(study_state.progress(), stored))


def _same(synced: _Synced, now: StudyProgress) -> bool:
    """Whether the browser has all of this. Two tabs may have different seeds."""
    return (now.records, now.seed) == (synced.stored.records, synced.seed)
