"""The real models of this machine: a table with their sizes, and controls to get and remove one."""

from __future__ import annotations

import threading

import psutil
import streamlit as st

from core.models.pretrained import store
from core.models.pretrained.fetching.incoming import incoming
from core.models.pretrained.fetching.needs import Needs, needs
from core.models.pretrained.fetching.process import Fetch
from core.models.zoo import ModelEntry
from core.system.command import typed
from dashboard import controls, limits
from dashboard.components import page, tables

SOURCES = ("SmolLM2", "Hugging Face", "incoming folder")
OFF = (
    "Models cannot be downloaded or removed on this page, because other people can reach it. On "
    f"the machine itself, use `{typed('models get …')}`, or allow it here with `UNROLLED_FETCH=1`."
)
_NEEDS, _ERROR, _MINE = "model-needs", "model-error", "model-fetch"
_LOCK = threading.Lock()
_fetches: list[Fetch] = []  # the newest one, of all visitors: one model is fetched at a time


def show() -> None:
    """The section."""
    models = store.available()
    if models:
        tables.show([_row(model) for model in models], hide_index=True, width="stretch")
    else:
        st.caption("There is no real model on this machine yet.")
    if error := st.session_state.pop(_ERROR, None):
        page.show_error(error)
    if not limits.models_may_change():
        st.caption(OFF)
        return
    if _fetches and _fetches[-1].running:
        st.fragment(_follow, run_every=1.0)(_fetches[-1])
    else:
        _outcome()
        with st.expander("Get a model", icon=":material/download:"):
            _get()
    if models:
        _remove([model.name for model in models])


def _row(model: ModelEntry) -> dict[str, object]:
    extra = store.description(model.path)["extra"]
    size = sum(path.stat().st_size for path in model.path.iterdir() if path.is_file())
    return {
        "model": model.name,
        "family": model.architecture,
        "reads": "text" if model.kind == "gpt" else "pictures",
        "parameters": f"{extra['parameters'] / 1e6:,.1f} M",
        "on disk": _bytes(size),
        "in memory": _bytes(4 * extra["parameters"]),
        "licence": extra["licence"] or "not stated",
        "origin": extra["origin"],
    }


def _bytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"


def _get() -> None:
    kind = controls.pick("From", SOURCES, key="models-from")
    source = _source(kind)
    if not source:
        return
    known = st.session_state.get(_NEEDS)
    if kind == SOURCES[0]:
        known = (source, needs(source))
    elif st.button("Check size and licence", icon=":material/search:"):
        known = st.session_state[_NEEDS] = _looked_up(source)
    if not known or known[0] != source or known[1] is None:
        return
    from core.models.pretrained.sources import default_name

    st.markdown(_in_words(known[1]))
    name = st.text_input(
        "Name on this machine", default_name(source), max_chars=80, key=f"model-name-{source}",
        help="Small letters, digits and hyphens.",
    )  # fmt: skip
    if st.button("Get", icon=":material/download:", type="primary"):
        try:
            with limits.within(limits.MODELS):
                _start(source, name)
        except (ValueError, OSError) as error:
            st.session_state[_ERROR] = error
        st.rerun()


def _source(kind: str) -> str:
    """What is asked for, as `sources.obtain` reads it from a page; "" while it is not known."""
    if kind == SOURCES[0]:
        return "smollm2"
    if kind == SOURCES[1]:
        name = st.text_input("Name on Hugging Face", "", max_chars=200, placeholder="OWNER/MODEL")
        return f"hub:{name.strip()}" if name.strip() else ""
    names = incoming()
    if not names:
        st.caption(
            "Put a folder of Hugging Face files, or a `.gguf` file, into the folder `incoming` in "
            "the data folder of this machine; it is then listed here."
        )
        return ""
    return f"incoming:{st.selectbox('Model', names, key='models-incoming')}"


def _looked_up(source: str) -> tuple[str, Needs | None]:
    """What it needs, or None and the error on the page; a failed look-up counts as well."""
    try:
        with limits.within(limits.MODELS):
            pass
        with st.spinner("Reading its configuration …"):
            return source, needs(source)
    except (ValueError, OSError) as error:
        page.show_error(error)
        return source, None


def _in_words(what: Needs) -> str:
    free = psutil.virtual_memory().available
    download = f"a download of {_bytes(what.download)}, " if what.download else ""
    return (
        f"{page.escape(what.family)} with {what.parameters / 1e6:,.1f} M parameters needs "
        f"{download}**{_bytes(what.disk)}** on disk, and **{_bytes(what.memory)}** of memory while "
        f"a lesson uses it ({_bytes(free)} are free now). "
        f"Licence: {page.escape(what.licence or 'not stated')}."
    )


def _start(source: str, name: str) -> None:
    with _LOCK:
        if _fetches and _fetches[-1].running:
            raise ValueError(
                f"{_fetches[-1].name} is being downloaded: start yours when that has finished."
            )
        fetch = Fetch(source, name)
        _fetches[:] = [fetch]
        st.session_state[_MINE] = fetch


def _follow(fetch: Fetch) -> None:
    """Redrawn every second while the fetch runs; the whole page at its end."""
    if not fetch.running:
        st.rerun()
    what, share = fetch.progress()
    if share is None:
        st.markdown(f":material/hourglass_empty: {page.escape(what)} …")
    else:
        st.progress(share, f"{page.escape(what)}: {share:.0%}")
    if st.button("Cancel", icon=":material/close:", key="models-cancel"):
        with st.spinner("Stopping …"):
            fetch.cancel()
        st.rerun()


def _outcome() -> None:
    """How the fetch of this session ended."""
    fetch = st.session_state.get(_MINE)
    if fetch is None or fetch.running:
        return
    if fetch.cancelled:
        st.info(f"Cancelled: nothing of {fetch.name} was kept.", icon=":material/close:")
    elif error := fetch.error():
        page.show_error(ValueError(error))
    elif store.entry(fetch.name):
        st.success(f"{fetch.name} is ready.", icon=":material/check_circle:")


def _remove(names: list[str]) -> None:
    with st.popover("Remove a model", icon=":material/delete:"):
        name = st.selectbox("Model to remove", names, key="models-remove")
        st.caption("Its files will be deleted. To use it again, you have to get it again.")
        if name and st.button("Delete its files", icon=":material/delete:"):
            try:
                store.remove(name)
            except (ValueError, OSError) as error:
                st.session_state[_ERROR] = error
            st.rerun()
