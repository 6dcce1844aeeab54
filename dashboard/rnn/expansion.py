"""The expansion section: stepping through the derivation, and checking a typed y_T."""

import re

import streamlit as st
import sympy

from core.linear_rnn import SubstitutionStep
from core.linear_rnn.printing import to_latex, to_numpy, to_text
from core.study.grading.algebra import grade_output
from dashboard import state
from dashboard.components.formula import formula

_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def stepper(count: int) -> int:
    """The index of the step to show: four buttons, also on the arrow keys.

    In the lecture view the arrow keys move between beats, so that here they need Shift.
    """
    modifier = "shift+" if state.presenting() else ""
    linked = st.query_params.get("rnn_step", "")
    step: int = st.session_state.get(
        "rnn_step", int(linked) if re.fullmatch("[0-9]{1,2}", linked) else 0
    )
    state.offer("rnn_step", 0)
    state.put_in_link("rnn_step", str(step) if step else None)
    at = min(step, count - 1)
    with st.container(horizontal=True, key="stepper"):
        moves = (
            ("First", 0, "home", ":material/first_page:"),
            ("Back", at - 1, "left", ":material/chevron_left:"),
            ("Next", at + 1, "right", ":material/chevron_right:"),
            ("Last", count - 1, "end", ":material/last_page:"),
        )
        for label, to, shortcut, icon in moves:
            to = min(max(to, 0), count - 1)
            st.button(
                label, key=f"step-{label}", on_click=_go_to, args=(to,), icon=icon,
                shortcut=modifier + shortcut, type="primary" if label == "Next" else "secondary",
                disabled=to == at,
            )  # fmt: skip
    return at


def _go_to(step: int) -> None:
    st.session_state["rnn_step"] = step


def show_step(steps: list[SubstitutionStep], at: int, name: str) -> None:
    """The step number `at`: what it does, the line before it, and the new line of `name`."""
    with st.container(border=True, key="figure-unrolled"):
        st.markdown(f"**Step {at} of {len(steps) - 1}.** {in_math(steps[at].sentence)}")
        if at > 0:
            st.latex(to_latex(steps[at - 1].expression, left=name))
        st.latex(to_latex(steps[at].expression, steps[at].new, mark, left=name))


def in_math(sentence: str) -> str:
    """A sentence with its letters set as in a formula: W_h, x_1, h_12."""
    return re.sub(r"\b([Wxhy])_(\w+)", r"$\1_{\2}$", sentence)


def mark(latex: str) -> str:
    """Highlight the new part of a step: dark on yellow, in both themes."""
    return rf"\colorbox{{#ffe08a}}{{$\textcolor{{#16202c}}{{{latex}}}$}}"


def check_answer(T: int, **options: bool) -> None:
    """A field for y_T, and what is right or wrong with the expression in it.

    options: start_state and bias, as in core.linear_rnn.unroll.
    """
    lowered = str(T).translate(_LOWERED)  # a label read aloud has no $ in it
    answer = st.text_input(
        f"Write y{lowered} yourself", placeholder="phi_y(W_y W_h W_x x_1 + …)", max_chars=2000
    )
    if not answer:
        return
    grade = grade_output(T, answer, **options)
    (st.success if grade.correct else st.warning)(formula(grade.message))


def copies(expression: sympy.Basic, name: str) -> None:
    """The result as LaTeX, text and NumPy, each with a copy button, written once it is opened."""
    about = st.expander(
        "Copy the result as LaTeX, text or NumPy",
        key="copies", icon=":material/content_copy:", on_change="rerun",
    )  # fmt: skip
    if about.open:
        with about:
            st.code(to_latex(expression, left=name), language="latex", wrap_lines=True)
            st.code(to_text(expression), language=None, wrap_lines=True)
            st.code(to_numpy(expression), language="python", wrap_lines=True)
