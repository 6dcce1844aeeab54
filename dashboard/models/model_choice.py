"""Choosing a model, naming it in the link by name and hash of its weights, and loading it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.models import zoo
from core.models.pretrained import store
from core.models.zoo import LoadedModel, ModelEntry
from dashboard import controls, state
from dashboard.components import page
from dashboard.models import real_models

SHOWN = 12  # characters of the SHA-256 of the weights


def available(kind: str, name: str) -> dict[str, ModelEntry]:
    """The models of a kind by their names, real ones last; the page ends here if there is none.

    name: of the kind, as in "There is no Vision Transformer yet".
    """
    entries = {entry.name: entry for entry in zoo.available_models(kind)}
    for entry in store.available(kind):
        entries.setdefault(entry.name, entry)
    if not entries:
        st.info(f"There is no {name} yet: train one first.", icon=":material/info:")
        page.lesson_link("train")
        st.stop()
    return entries


def load(entry: ModelEntry) -> LoadedModel:
    """The model, ready to run and shared by everybody: it must not be changed.

    The page ends with a sentence if it cannot be used.
    """
    with page.or_stop():
        if entry.real:
            return real_models.hold(entry).loaded
        return load_shared(str(entry.weights), entry.identity, entry)


@st.cache_resource(max_entries=32, show_spinner="Loading the model …")  # all 27 shipped: 50 MB
def load_shared(weights: str, identity: str, _entry: ModelEntry) -> LoadedModel:
    """`core.models.zoo.load_model`, once for everybody. Errors: ValueError, OSError."""

    return zoo.load_model(_entry)


def choose(
    label: str,
    entries: Mapping[str, ModelEntry],
    *,
    key: str,
    index: int = 0,
    help: str | None = None,
) -> ModelEntry:
    """One of `entries` (by name). The link says which, and with which weights (`key`-hash).

    A link made where the same name has other weights would show another picture: it says so, and
    names the model that has the weights of the link, if one is here.
    """
    entry = entries[controls.choice(label, list(entries), key=key, index=index, help=help)]
    linked, hashed = f"linked-{key}", f"{key}-hash"
    own = entry.digest[:SHOWN]
    asked = st.query_params.get(hashed, own)
    if asked != st.session_state.get(linked, (own,))[0]:  # a link that this page did not write
        st.session_state[linked] = (own, asked, entry.name)
    _, digest, name = st.session_state.get(linked, (own, own, entry.name))
    if name == entry.name and digest != own:
        _say(entry, digest[:SHOWN], entries)
    else:
        st.session_state[linked] = (own, own, entry.name)
    state.put_in_link(hashed, own)
    return entry


def _say(entry: ModelEntry, digest: str, entries: Mapping[str, ModelEntry]) -> None:
    same = [e.name for e in entries.values() if len(digest) == SHOWN and e.digest[:SHOWN] == digest]
    where = f"{same[0]} has them" if same else "no model here has them"
    st.info(
        f"The link was made with the weights {page.escape(digest)}, but {page.escape(entry.name)} "
        f"has other weights here: {page.escape(where)}.",
        icon=":material/link_off:",
    )
