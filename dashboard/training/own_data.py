"""A user's own text or pictures for a training, uploaded on the page."""

from __future__ import annotations

import threading
from typing import Any

import streamlit as st

from core.data import own
from core.data.locations import MissingDataError, drain
from dashboard import limits
from dashboard.components import page

_FILES, _SELECTED = "own-files", "own-selected"
_ONE_AT_A_TIME = threading.Lock()
WHAT = {
    "gpt": ("A UTF-8 text file with blank lines between its texts", ["txt"]),
    "vit": ("A zip with a folder of PNG or JPEG pictures for each class", ["zip"]),
    "cnn": ("A zip with a folder of PNG or JPEG pictures for each class", ["zip"]),
}


def names(kind: str, key: str) -> list[str]:
    """The user's data for that kind of model: given in this session, or named in the link.

    key: of the control that chooses the data, which is set to data that was just given.
    """
    if own_data := st.session_state.pop(_SELECTED, None):
        st.session_state[key] = own_data
    asked = [st.query_params.get(key, ""), st.session_state.get(key, "")]
    uploads = [result for result in _files().values() if isinstance(result, str)]
    return [name for name in dict.fromkeys([*uploads, *asked]) if _is_here(name, kind)]


def ask(kind: str) -> None:
    """The button that takes a file; an error of the file is shown as one sentence."""
    label, types = WHAT[kind]
    with st.popover("Use my own data", icon=":material/upload:"):
        file = st.file_uploader(
            label,
            types,
            max_upload_size=own.MAX_BYTES // 10**6,
            key=f"own-{types[0]}",
            help="The file is stored on the machine that runs this dashboard. Whoever knows its "
            "name can use it.",
        )
    if file is None:
        return
    result = _files().get(file.file_id)
    if result is None:
        try:
            with st.spinner("Checking the file …"), limits.within(limits.OWN_DATA):
                result = _files()[file.file_id] = _add(file, kind)
        except ValueError as error:  # too often
            result = error
        if isinstance(result, str):
            st.session_state[_SELECTED] = result
            st.rerun()
    if isinstance(result, ValueError):
        page.show_error(result)


def show_note(name: str) -> None:
    """One sentence about that data, if it is a user's own."""
    if own.is_own(name):
        st.caption(page.escape(own.note(name)))


def _add(file: Any, kind: str) -> str | ValueError:
    """The name of the data, or the error: a file that is refused costs a turn as well."""
    with _ONE_AT_A_TIME:
        try:
            return drain(own.add(file, file.name[-60:], kind))
        except (ValueError, OSError) as error:
            return ValueError(str(error))


def _files() -> dict[str, str | ValueError]:
    """The name of the data or the error of each uploaded file of this session, by its id."""
    files: dict[str, str | ValueError] = st.session_state.setdefault(_FILES, {})
    return files


def _is_here(name: object, kind: str) -> bool:
    if not isinstance(name, str) or not own.is_own(name):
        return False
    try:
        own.require(name, images=kind != "gpt")
    except MissingDataError:
        return False
    return True
