"""The widgets of each kind of task."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.study.grading.checks import Response, points_found, shuffled
from core.study.grading.numbers import draw
from core.study.grading.quantities import draw_quantity
from core.study.options import shown_options
from core.study.progress import Answer
from core.study.tasks import (
    Bug,
    Choice,
    Expression,
    Match,
    Number,
    Order,
    Quantity,
    Rubric,
    Task,
)
from dashboard.components import page, streamlit_dom as dom
from dashboard.components.formula import formula
from dashboard.study import faults, figures

_LEFT = "justify-content: flex-start; text-align: left;"


def ask(
    task: Task,
    key: str,
    seed: str,
    initial: Answer | None = None,
    changed: Callable[[Answer], None] | None = None,
) -> Answer | None:
    """Draw the task; return the answer given so far, or None while it is empty.

    initial: fills empty fields. changed: called with every change, before the page runs.
    """
    if initial is not None:
        restore(task, key, initial)
    on_change = None if changed is None else lambda: changed(read(task, key))
    match task:
        case Choice():
            texts = [option.text for option in shown_options(task, seed)]
            st.radio(
                task.prompt, texts, index=None, format_func=formula, key=key, on_change=on_change
            )
        case Order():
            _order(task, key, seed, on_change)
        case Number() | Quantity() | Expression():
            _line(task, key, seed, on_change)
        case Bug():
            faults.ask(task, key, seed, on_change)
        case Match():
            figures.ask(task, key, seed, on_change)
        case Rubric():
            st.text_area(task.prompt, max_chars=5000, height=140, key=key, on_change=on_change)
    return given(task, key)


def given(task: Task, key: str) -> Answer | None:
    """The answer in the widgets of the task, or None while they are empty."""
    answer = read(task, key)
    complete = all(answer.lines) if answer.lines else bool(answer.text)
    return answer if complete else None


def prompt(task: Task, seed: str) -> str:
    """The text of the task, with the numbers of this seed."""
    match task:
        case Number():
            return draw(task.variant, seed).prompt
        case Quantity():
            return draw_quantity(task.variant, seed).task.prompt
    return task.prompt


def response(task: Task, answer: Answer) -> Response:
    """The part of an answer that is graded."""
    return answer.lines if isinstance(task, Order | Bug | Match) else answer.text


def show(task: Task, answer: Answer) -> None:
    """Show an answer as it was given, to be compared with the model answer."""
    if isinstance(task, Bug):
        return faults.show(task, answer)
    if isinstance(task, Match):
        return figures.show(task, answer)
    lines = [written(task, line) for line in answer.text.splitlines() if line.strip()]
    st.markdown("\n\n".join(["**Your answer:** " + "".join(lines[:1]), *lines[1:]]))
    if isinstance(task, Order):
        st.markdown("\n".join(f"1. {formula(line)}" for line in answer.lines))


def written(task: Task, text: str) -> str:
    """One line of an answer as Markdown: an expression as it was typed; in other text, letters of
    the lecture are set as formulas."""
    return page.escape(text) if isinstance(task, Expression) else formula(text)


def show_points(task: Rubric, text: str, *, rubric: bool) -> None:
    """The points that the text makes, each with its sentence, and those that are missing.

    rubric: name the missing points too; otherwise only the question that leads to each.
    """
    lines = []
    for point, sentence in zip(task.points, points_found(task, text), strict=True):
        if sentence is not None:
            quote = formula(sentence if len(sentence) <= 120 else f"{sentence[:119]}…")
            lines.append(f":material/check: {point.text}. :small[You wrote: “{quote}”]")
        else:
            missing = (
                f"Not in your text: {point.text}." if rubric else f"Not found yet: {point.ask}"
            )
            lines.append(f":material/radio_button_unchecked: {missing}")
    st.markdown("\n\n".join(lines))


def read(task: Task, key: str) -> Answer:
    """The answer in the widgets."""
    held = st.session_state.get
    match task:
        case Order():
            return Answer(lines=tuple(held(key, ())))
        case Bug():
            return Answer(lines=faults.selection(key))
        case Match():
            return Answer(lines=figures.selection(task, key))
    return Answer(held(key) or "")


def restore(task: Task, key: str, initial: Answer) -> None:
    """Fill empty fields with an earlier answer, as far as it fits the task."""
    if (now := read(task, key)).text or any(now.lines):
        return
    values: dict[str, object] = {key: initial.text[:2000]}
    match task:
        case Choice():
            values = {key: initial.text} if initial.text in [o.text for o in task.options] else {}
        case Order():
            values = {key: tuple(item for item in initial.lines if item in task.items)}
        case Rubric():
            values = {key: initial.text}
        case Bug():
            values = dict(faults.restored(task, key, initial.lines))
        case Match():
            values = dict(figures.restored(task, key, initial.lines))
    st.session_state.update({name: value for name, value in values.items() if value})


def _line(
    task: Number | Quantity | Expression, key: str, seed: str, on_change: Callable[[], None] | None
) -> None:
    code = isinstance(task, Expression)
    st.markdown(prompt(task, seed))
    st.text_input(
        _label(task, seed),
        max_chars=2000,
        key=key,
        autocomplete="off",
        help="You can write W_h or Wh, x_1 or x1, a product with *, @ or a space, a power as ^2 "
        "or ². LaTeX works as well."
        if code
        else None,
        on_change=on_change,
    )


def _label(task: Number | Quantity | Expression, seed: str) -> str:
    if isinstance(task, Expression):
        return "Your expression"
    if isinstance(task, Quantity):
        return "Your number with its unit"
    unit = draw(task.variant, seed).unit
    return f"Your number of {unit}" if unit else "Your number"


def _order(task: Order, key: str, seed: str, on_change: Callable[[], None] | None) -> None:
    """A button for each line: a click makes it the next of the order, another takes it out."""
    ordered: tuple[str, ...] = st.session_state.get(key, ())
    st.markdown(task.prompt)
    st.caption("Click the lines in their order, beginning with the first.")
    name = f"order-{key}"
    with st.container(key=name, gap="xsmall"):
        st.html(f"<style>{dom.keyed(name)} :is(button, button > div) {{{_LEFT}}}</style>")
        for i, line in enumerate(shuffled(task.items, seed)):
            badge = f":blue-badge[{ordered.index(line) + 1}] " if line in ordered else ""
            icon = None if badge else ":material/radio_button_unchecked:"
            st.button(
                badge + formula(line), key=f"{key}-{i}", icon=icon, width="stretch",
                on_click=_set_order, args=(key, _toggled(ordered, line), on_change),
            )  # fmt: skip
        st.button(
            "Start again", key=f"{key}-clear", type="tertiary", disabled=not ordered,
            on_click=_set_order, args=(key, (), on_change),
        )  # fmt: skip


def _toggled(ordered: tuple[str, ...], line: str) -> tuple[str, ...]:
    left = tuple(other for other in ordered if other != line)
    return left if line in ordered else (*ordered, line)


def _set_order(key: str, lines: tuple[str, ...], on_change: Callable[[], None] | None) -> None:
    st.session_state[key] = lines
    if on_change is not None:
        on_change()
