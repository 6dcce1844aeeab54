"""The menu that saves a figure: PNG, SVG and its numbers, each made on the click."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard.components import streamlit_dom as dom

KINDS = {
    "PNG": ("png", "image/png"),
    "SVG": ("svg", "image/svg+xml"),
    "Data": ("zip", "application/zip"),
}

_HTML = """
<span class="row">
  <button type="button" data-format="png" title="Save this figure as a PNG">PNG</button>
  <button type="button" data-format="svg" title="Save this figure as an SVG">SVG</button>
</span>
"""

_CSS = """
.row { display: inline-flex; gap: 0.4rem; }
button {
  font: inherit; font-size: 0.9rem; min-height: 2.5rem; padding: 0 0.4rem; cursor: pointer;
  color: var(--st-text-color); background: none; border: 0; border-radius: var(--st-button-radius);
}
button:hover { color: var(--st-primary-color); text-decoration: underline; }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
"""

# Sets the format of the figure's own save button, then clicks it.
_JS = """
export default function ({ data, parentElement }) {
  const save = (format) => {
    const figure = document.querySelector(data.figure);
    if (!figure) return;
    figure._context.toImageButtonOptions = { format, filename: data.name, scale: 2 };
    figure.querySelector(data.save).click();
  };
  for (const button of parentElement.querySelectorAll("button")) {
    button.onclick = () => save(button.dataset.format);
  }
}
"""

_component = st.components.v2.component("unrolled_picture_buttons", html=_HTML, css=_CSS, js=_JS)


def save_menu(key: str, files: Mapping[str, Callable[[], bytes]], *, plot: bool = False) -> None:
    """A button "Save" that opens the downloads of the figure `key`.

    files: of KINDS, each with the function that makes its bytes. plot: the figure is one of Plotly
    with that key, whose PNG and SVG the browser makes as it shows it.
    """
    with (
        st.popover("Save", type="tertiary", key=f"save-menu-{key}"),
        st.container(horizontal=True, vertical_alignment="center", gap="small"),
    ):
        if plot:
            picture_buttons(key, f"unrolled-{key}")
        for label, content in files.items():
            ending, mime = KINDS[label]
            st.download_button(
                label,
                content,
                f"unrolled-{key}.{ending}",
                mime,
                key=f"{ending}-{key}",
                on_click="ignore",
                type="tertiary",
            )


def picture_buttons(figure: str, name: str) -> None:
    """PNG and SVG buttons for the Plotly figure with the key `figure`; `name`: of the file."""
    _component(
        key=f"save-{figure}",
        data={
            "figure": f"{dom.keyed(figure)} {dom.PLOT}",
            "save": dom.SAVE_BUTTON,
            "name": name,
        },
        width="content",
        height="content",
    )
