"""A random token that a browser keeps for itself, so that a phone is counted once."""

from __future__ import annotations

import streamlit as st

_HTML = """
<span hidden></span>
"""

_JS = """
export default function ({ setStateValue }) {
  const name = "unrolled-phone";
  let token = null;
  try {
    token = localStorage.getItem(name);
    if (!token) {
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      token = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
      localStorage.setItem(name, token);
    }
  } catch { token = null; }
  if (token) setStateValue("token", token);
}
"""

_component = st.components.v2.component("unrolled_phone_token", html=_HTML, js=_JS)


def phone_token() -> str:
    """The token of this browser; empty until the browser has told it, or where it keeps none."""
    told = _component(key="phone-token", on_token_change=lambda: None, height="content")
    return told.get("token") or ""
