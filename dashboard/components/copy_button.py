"""A button that copies the address, and the look of the buttons in our own components."""

import streamlit as st

# In the colours of the page, as Streamlit's buttons are.
LOOK = """
button {
  font: inherit; cursor: pointer; color: var(--st-text-color);
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius); white-space: nowrap;
}
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
"""

_HTML = """
<button type="button" title="Copy the link to this page, as it is set now">Copy link</button>
<span role="status" aria-live="polite"></span>
"""

_CSS = f"""{LOOK}
button {{ font-size: 0.85rem; padding: 0.3rem 0.8rem; }}
span {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }}
"""

# The clipboard API needs https or localhost; elsewhere a selection is copied instead.
_JS = """
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const status = parentElement.querySelector("span");
  const copyBySelection = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  button.onclick = async () => {
    const address = window.location.href;
    try { await navigator.clipboard.writeText(address); } catch { copyBySelection(address); }
    status.textContent = "Link copied";
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy link"; status.textContent = ""; }, 1500);
  };
}
"""

_component = st.components.v2.component("unrolled_copy_link", html=_HTML, css=_CSS, js=_JS)


def copy_button() -> None:
    """Copies the page's address, every linked control included."""
    _component(key="copy-link", width="content", height="content")
