"""Saving progress: in a file, on the server, as a summary to hand in; and own questions."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.study.progress import due
from core.study.question import own_files
from core.study.storage import class_store
from core.study.storage.progress_file import MAX_BYTES, dump, load
from core.study.summary import summary_html, verify
from dashboard import limits
from dashboard.components import page
from dashboard.study import progress_browser, room, study_state

NAMED = 6  # questions; the list marks each of them, so more are only counted here


def overview() -> None:
    """One line: which questions are earned and which are due again."""
    progress, questions = study_state.progress(), study_state.questions()
    earned = [
        key
        for key, question in questions.items()
        if progress.record(key).earned(len(question.checks))
    ]
    again = [key for key in due(progress, study_state.now()) if key in questions]
    line = f"{len(earned)} of {len(questions)} earned"
    if 0 < len(earned) <= NAMED:
        line += f": {', '.join(earned)}"
    if again:
        few = len(again) <= NAMED
        line += f" · due again: {', '.join(again)}" if few else f" · {len(again)} due again"
    if progress_browser.is_saved():
        line += " · stored in this browser"
    st.caption(line, width="stretch")


def save_menu() -> None:
    """The popover with everything about saving."""
    with st.popover("Save and hand in", icon=":material/save:"):
        _file()
        _class()
        _hand_in()
        _seed()


def own_questions_menu() -> None:
    """The popover that takes a teacher's own questions."""
    with st.popover("Own questions", icon=":material/library_add:"):
        _own_questions()


def _file() -> None:
    st.markdown("**In a file**")
    progress = study_state.progress()  # read here: the file is made outside the session
    st.download_button(
        "Save my progress",
        lambda: dump(progress).encode(),
        "unrolled-progress.json",
        "application/json",
        on_click="ignore",
        icon=":material/download:",
    )
    file = st.file_uploader("Continue from a saved file", type="json", max_upload_size=1)
    if file is not None and st.button("Load it"):
        _try(lambda: study_state.add_progress(load(file.getvalue()[: MAX_BYTES + 1])), "Added.")


def _class() -> None:
    st.markdown("**On this server**")
    name = st.text_input("A name of your choice", max_chars=30, key="study-name")
    passphrase = st.text_input(
        "Passphrase", max_chars=100, type="password", key="study-word",
        help="Do not use your e-mail password. The passphrase only protects this name here.",
    )  # fmt: skip
    left, right = st.columns(2)
    if left.button("Save here", width="stretch"):
        _try(lambda: _save_here(name, passphrase), "Saved.")
    if right.button("Fetch", width="stretch"):
        _try(lambda: _fetch(name, passphrase), "Loaded and added to your progress.")


def _save_here(name: str, passphrase: str) -> None:
    with limits.guessing(name), limits.within(limits.KEEPING):
        class_store.save(name, passphrase, study_state.progress())


def _fetch(name: str, passphrase: str) -> None:
    with limits.guessing(name), limits.within(limits.KEEPING):
        study_state.add_progress(class_store.fetch(name, passphrase))


def _hand_in() -> None:
    st.markdown("**To hand in**")
    name = st.text_input("Name on the summary", max_chars=60, key="study-summary-name")
    progress, questions = study_state.progress(), study_state.questions()
    sign = room.signing()
    st.download_button(
        "Summary (HTML, with checksum)",
        lambda: summary_html(name, progress, questions, study_state.now(), sign).encode(),
        "unrolled-summary.html",
        "text/html",
        on_click="ignore",
        icon=":material/download:",
    )

    handed_in = st.file_uploader(
        "Check a summary that was handed in", type="html", max_upload_size=1
    )
    if handed_in is not None:
        try:
            data = verify(handed_in.getvalue().decode("utf-8", "replace"))
        except ValueError as error:
            page.show_error(error)
        else:
            whose, saved = (page.escape(str(data[key])) for key in ("name", "saved"))
            st.success(f"It has not been changed since {whose} saved it on {saved}.")


def _seed() -> None:
    st.markdown("**The same numbers for everybody**")
    seed = st.text_input("Seed", study_state.progress().seed, max_chars=20, key="study-seed")
    if st.button("Use this seed"):
        _try(lambda: study_state.set_seed(seed), "All numbers now depend on this seed.")


def _own_questions() -> None:
    st.markdown("**Questions of your own**")
    files = st.file_uploader(
        "A folder of TOML files", type="toml", accept_multiple_files="directory", max_upload_size=1
    )
    if files and st.button("Add them"):
        study_state.set_own_questions(*own_files((file.name, file.getvalue()) for file in files))
        st.rerun()
    for sentence in study_state.own_errors():
        st.error(page.escape(sentence))


def _try(action: Callable[[], object], done: str) -> None:
    if page.succeeded(action):
        st.success(done)
