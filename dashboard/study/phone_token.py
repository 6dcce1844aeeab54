"""A random token that a browser stores, so that a phone is counted once.

The server signs the tokens and offers each session only one, so that nobody can forge any.
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
    """The token of this browser, signed for these rooms; empty until the browser has sent it, and
    where it stores none."""
    offer = st.session_state.get("phone-offer", "")
    if not rooms.accepts(offer):
        offer = st.session_state["phone-offer"] = rooms.new_token()
    stored = _token(st.session_state.get(_KEY))
    refused = "" if rooms.accepts(stored) else stored  # from another server, or an older version
    message = _component(
        key=_KEY,
        data={"offer": offer, "refused": refused},
        on_token_change=lambda: None,
        height="content",
    )
    token = _token(message)
    return token if rooms.accepts(token) else ""


def _token(message: object) -> str:
    """The token in a message from the browser, which may be anything."""
    token = message.get("token") if hasattr(message, "get") else None
    return token if isinstance(token, str) else ""
