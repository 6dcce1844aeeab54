"""A model in the link: by its name, and by the hash of its weights."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.models.zoo import ModelEntry
from dashboard import controls, state
from dashboard.components import page

SHOWN = 12  # characters of the SHA-256 of the weights


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
    place, hashed = f"linked-{key}", f"{key}-hash"
    own = entry.digest[:SHOWN]
    asked = st.query_params.get(hashed, own)
    if asked != st.session_state.get(place, (own,))[0]:  # a link that this page did not write
        st.session_state[place] = (own, asked, entry.name)
    _, wanted, name = st.session_state.get(place, (own, own, entry.name))
    if name == entry.name and wanted != own:
        _say(entry, wanted[:SHOWN], entries)
    else:
        st.session_state[place] = (own, own, entry.name)
    state.put_in_link(hashed, own)
    return entry


def _say(entry: ModelEntry, wanted: str, entries: Mapping[str, ModelEntry]) -> None:
    same = [e.name for e in entries.values() if len(wanted) == SHOWN and e.digest[:SHOWN] == wanted]
    where = f"{same[0]} has them" if same else "no model here has them"
    st.info(
        f"The link was made with the weights {page.escape(wanted)}, and "
        f"{page.escape(entry.name)} here has others: {page.escape(where)}.",
        icon=":material/link_off:",
    )
