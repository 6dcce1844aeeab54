"""A random token that a browser keeps for itself, so that a phone is counted once.

The server signs each token and offers a session only one: nobody can make tokens of their own.
"""

from __future__ import annotations

import streamlit as st

from core.study.storage.rooms import Rooms

_HTML = """
<span hidden></span>
"""

_JS = """
export default function ({ data, setStateValue }) {
  const name = "unrolled-phone";
  let token = null;
  try {
    token = localStorage.getItem(name);
    if (!token || token === data.refused) {
      token = data.offer;
      localStorage.setItem(name, token);
    }
  } catch { token = null; }
  if (token) setStateValue("token", token);
}
"""

_KEY = "phone-token"
_component = st.components.v2.component("unrolled_phone_token", html=_HTML, js=_JS)


def phone_token(rooms: Rooms) -> str:
    """The token of this browser, signed for these rooms; empty until the browser has sent it, or
    where it keeps none."""
    offer = st.session_state.get("phone-offer", "")
    if not rooms.accepts(offer):
        offer = st.session_state["phone-offer"] = rooms.new_token()
    kept = _token(st.session_state.get(_KEY))
    refused = "" if rooms.accepts(kept) else kept  # from another server, or an older version
    told = _component(
        key=_KEY,
        data={"offer": offer, "refused": refused},
        on_token_change=lambda: None,
        height="content",
    )
    token = _token(told)
    return token if rooms.accepts(token) else ""


def _token(told: object) -> str:
    """What the browser has sent, which may be anything."""
    token = told.get("token") if hasattr(told, "get") else None
    return token if isinstance(token, str) else ""
