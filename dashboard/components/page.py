"""The parts of every page: heading, figures with their downloads, formulas, source, links."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Literal, ParamSpec

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitPageNotFoundError
from streamlit.logger import get_logger

from dashboard import lessons, state
from dashboard.components.copy_button import copy_button
from dashboard.components.glossary import explain_words
from dashboard.components.save_menu import save_menu
from dashboard.components.scrolling import scroll_to_figure
from dashboard.components.source import Source, read_source
from dashboard.figures import data as figure_data
from dashboard.figures.layout import Drawing, readable

UNFORESEEN = (
    "An unexpected error stopped this page: reload it. If the error stays, tell the person who "
    "runs the dashboard; the details are in the terminal."
)

Given = ParamSpec("Given")
Data = Mapping[str, object] | Callable[[], Mapping[str, object]]

# Streamlit's Markdown changes these even when escaped: addresses, arrows, dashes, its logo.
_CHANGED = re.compile(
    r"(?<=:)(?=//|streamlit:)|(?<=www)(?=\.)|(?<=@)(?=\w)|(?<=[-<>~])(?=[->=])", re.IGNORECASE
)
_JOINER = "\u2060"  # no width, no line break
_HARMLESS = re.compile(r"[^\W_]+(?:[-_ ][^\W_]+)*")
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&^=@/])")


def escape(text: str) -> str:
    """`text` as Markdown that shows exactly these characters: for anything that a user typed.

    Words joined by single hyphens, underscores or spaces need no escape and stay unchanged.
    """
    line = " ".join(text.split())
    if _HARMLESS.fullmatch(line):
        return line
    return _MARKUP.sub(r"\\\1", _CHANGED.sub(_JOINER, line))


def alt_text(title: str, description: str) -> str:
    """Title and description as a text alternative: the Markdown without its markup."""
    shown = f"{title}. {description}".replace(_JOINER, "")
    return re.sub(r"\\" + _MARKUP.pattern + r"|\*\*", r"\1", shown)


def of_all_lessons() -> dict[str, st.Page]:
    """A page of Streamlit for every lesson, under the lesson's name."""
    return {
        lesson.name: st.Page(
            lesson.path,
            title=lesson.title,
            icon=f":material/{lesson.icon}:",
            url_path=lesson.name,
            default=lesson.name == "home",
            help=lesson.line,
        )
        for lesson in lessons.available()
    }


def menu(pages: Mapping[str, st.Page]) -> None:
    """The sidebar: a link to every page, under the headings of the groups."""
    group = ""
    with st.sidebar, st.container(key="menu"):
        for name, page in pages.items():
            lesson = lessons.by_name(name)
            if lesson.group != group:
                group = lesson.group
                st.caption(group)
            st.page_link(page, label=lessons.menu_title(lesson), width="stretch")


def page_header(title: str, question: str) -> None:
    """The page's only h1, the question it answers, and the button that copies its link.

    When it was opened from a study question (`?back=1d`), a link that stays in view leads back to
    that question, and the figure that decides it (`&figure=passes`) scrolls into view.
    """
    asked = st.query_params.get("back", "")
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,19}", asked):
        with st.container(key="back", horizontal=True):
            lesson_link("study", f"Back to question {asked}", q=asked)
            figure = st.query_params.get("figure", "")
            if re.fullmatch(r"[\w-]{1,40}", figure):
                scroll_to_figure(figure)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="stretch")
        # together, or a narrow window would show one of them beside the title and one below it
        with st.container(horizontal=True, width="content", gap="small"):
            if not state.presenting():
                explain_words()
            copy_button()
    with st.container(key="question"):
        st.markdown(question)


def show_figure(
    fig: Drawing,
    *,
    title: str,
    description: str,
    key: str,
    data: Data | None = None,
    more: str | None = None,
) -> None:
    """A figure under its title, with a text alternative, and downloads as PNG, SVG and data.

    title: one line. description: what the figure shows, in words, for those who cannot see it; it
    is the caption too, at most two lines of it. more: the rest, behind the caption's question mark.
    data: named columns or arrays to download instead of the plotted ones, or a function that makes
    them on demand. key: unique on the page; part of the names of downloads.
    """
    with st.container(key=f"figure-{key}"):
        files = {"Data": lambda: _packed(data or figure_data.arrays_of(fig))}
        _titled(title, key, files, plot=True)
        st.plotly_chart(
            readable(fig, state.figure_height()),
            theme=None,
            key=key,
            alt=alt_text(title, f"{description} {more or ''}".strip()),
            config={
                "displaylogo": False,
                "toImageButtonOptions": {"filename": f"unrolled-{key}", "scale": 2},
                "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
            },
        )
        st.caption(description, help=more)


def show_image(
    png: bytes,
    *,
    title: str,
    description: str,
    key: str,
    data: Data | None = None,
    width: Literal["stretch", "content"] | int = "content",
    more: str | None = None,
) -> None:
    """A picture (PNG bytes) under its title, with text alternative and downloads; see show_figure.

    The SVG contains the same pixels, which stay sharp at any size.
    """
    with st.container(key=f"figure-{key}"):
        _titled(title, key, _files(lambda: png, data))
        # Otherwise Streamlit converts it to JPEG at every run of the page.
        alt = alt_text(title, f"{description} {more or ''}".strip())
        st.image(png, alt=alt, width=width, output_format="PNG")
        st.caption(description, help=more)


def caption_and_downloads(
    description: str,
    png: Callable[[], bytes],
    key: str,
    data: Data | None = None,
) -> None:
    """The caption below a picture that has no title, and the menu that saves it beside it."""
    with _row():
        st.caption(description, width="stretch")
        if not state.presenting():
            save_menu(key, _files(png, data))


def _titled(
    title: str, key: str, files: Mapping[str, Callable[[], bytes]], *, plot: bool = False
) -> None:
    """The title with the menu that saves the figure, which the lecturer's view does not have."""
    with _row():
        st.markdown(f"**{title}**", width="stretch")
        if not state.presenting():
            save_menu(key, files, plot=plot)


def _row() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False)


def _files(png: Callable[[], bytes], data: Data | None) -> dict[str, Callable[[], bytes]]:
    files = {"PNG": png, "SVG": lambda: figure_data.as_svg(png())}
    return files if data is None else files | {"Data": lambda: _packed(data)}


def _packed(data: Data) -> bytes:
    return figure_data.pack(data() if callable(data) else data)


def show_math(latex: str, words: str) -> None:
    """A formula, and below it the same in words, which is its text alternative."""
    st.latex(latex)
    st.caption(words)


def show_source(*what: Callable[..., object] | str, label: str = "Show the PyTorch") -> None:
    """The code behind the page: functions, classes, or names ("core.attention.AttentionHead").

    A name is read from its file without importing it, so that a theory page need not load torch.
    Nothing is read or sent before the user opens it.
    """
    fragment(_show_source)(what, label)


def _show_source(what: tuple[Callable[..., object] | str, ...], label: str) -> None:
    names = [name if isinstance(name, str) else name.__name__ for name in what]
    key = "source-" + "-".join(names).replace(".", "-")
    about = st.expander(label, key=key, icon=":material/code:", on_change="rerun")
    if about.open:
        with about:
            for source in map(read_source, what):
                _show_one_source(source)


def _show_one_source(source: Source) -> None:
    st.caption(f"`{source.path}`, line {source.line}")
    st.code(source.text, language="python", line_numbers=False)


def lesson_link(name: str, label: str | None = None, **settings: str | int | float) -> None:
    """A link to a lesson with some of its controls set, such as layer=2."""
    lesson = lessons.by_name(name)
    marked_link(name, label or f"**{lesson.title}**", lesson.icon, settings)


def marked_link(
    name: str, label: str, icon: str, settings: Mapping[str, str | int | float]
) -> None:
    """The same with another icon."""
    query = {key: str(value) for key, value in settings.items()}
    if state.presenting():
        query.setdefault("mode", "present")
    try:
        st.page_link(
            lessons.by_name(name).path,
            label=label,
            icon=f":material/{icon}:",
            query_params=query or None,
        )
    except StreamlitPageNotFoundError:  # without the router, or no such page
        st.caption(label)


def show_error(error: Exception) -> None:
    """Show an error that the user can correct, as one sentence."""
    sentence = str(error)
    if isinstance(error, OSError) and error.strerror:  # the system's message, without our folders
        name = Path(str(error.filename or "a file")).name
        sentence = f"{name} cannot be used: {error.strerror}."
    st.error(escape(sentence), icon=":material/error:")


@contextmanager
def one_sentence_for_errors() -> Iterator[None]:
    """Shows an error inside as one sentence on the page; the terminal gets the traceback.

    ValueError and OSError show their own sentence; anything else, such as a forged value of a
    widget, shows a general one.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        get_logger(__name__).warning("Shown to the user as one sentence.", exc_info=True)
        show_error(error)
    except Exception:
        get_logger(__name__).exception("The page stopped.")
        st.error(UNFORESEEN, icon=":material/error:")


@contextmanager
def or_stop() -> Iterator[None]:
    """Shows a ValueError or OSError inside as one sentence, here, and ends the page."""
    try:
        yield
    except (ValueError, OSError) as error:
        show_error(error)
        st.stop()


def succeeded(action: Callable[[], object]) -> bool:
    """Do what a button asks for; a ValueError or OSError is shown as one sentence: then false."""
    try:
        action()
    except (ValueError, OSError) as error:
        show_error(error)
        return False
    return True


def fragment(part: Callable[Given, None]) -> Callable[Given, None]:
    """A part of a page whose controls run only this part; an error in it becomes one sentence."""

    @wraps(part)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> None:
        with one_sentence_for_errors():
            part(*args, **kwargs)

    return st.fragment(guarded)
