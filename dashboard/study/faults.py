"""Find the bug: the widgets of the task, and the fault beside its repair once it is answered."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import streamlit as st

from core.linear_rnn.spectrum import with_minus
from core.study.faults import FAULTS, Outcome
from core.study.progress import Answer
from core.study.tasks import Bug
from dashboard.components.formula import formula


def ask(task: Bug, key: str, seed: str, on_change: Callable[[], None] | None) -> None:
    """The code, and below it a line and a symptom to choose."""
    st.markdown(task.prompt)
    _code(task.code)
    numbers = {line: str(i) for i, line in enumerate(task.code, 1)}
    st.radio(
        "The line with the fault", task.code, index=None, format_func=lambda line: numbers[line],
        horizontal=True, key=f"{key}-line", on_change=on_change,
    )  # fmt: skip
    st.radio(
        "Symptom", shown_symptoms(task, seed), index=None, format_func=formula,
        key=f"{key}-symptom", on_change=on_change,
    )  # fmt: skip


def shown_symptoms(task: Bug, seed: str) -> list[str]:
    """The symptoms in the order in which this seed shows them."""
    texts = [option.text for option in task.symptoms]
    random.Random(f"symptoms:{seed}:{task.prompt}").shuffle(texts)
    return texts


def selection(key: str) -> tuple[str, str]:
    """The line and the symptom in the widgets, "" for what is not chosen."""
    held = st.session_state.get
    return held(f"{key}-line") or "", held(f"{key}-symptom") or ""


def restored(task: Bug, key: str, lines: tuple[str, ...]) -> Mapping[str, object]:
    """The widgets' values for an earlier answer, as far as it fits the task."""
    line, symptom = (*lines, "", "")[:2]
    known = [option.text for option in task.symptoms]
    return {
        f"{key}-line": line if line in task.code else "",
        f"{key}-symptom": symptom if symptom in known else "",
    }


def show(task: Bug, answer: Answer) -> None:
    """The answer in words."""
    line, symptom = (*answer.lines, "", "")[:2]
    number = task.code.index(line) + 1 if line in task.code else "?"
    st.markdown(f"**Your answer:** line {number}. {formula(symptom)}")


def right(task: Bug) -> str:
    """The right answer in words."""
    line, symptom = task.right
    return f"line {task.code.index(line) + 1}. {symptom}"


def compare(task: Bug) -> None:
    """The code, and side by side its faulty line and the repaired one, with what each computes."""
    fault, number = FAULTS[task.fault], task.code.index(task.wrong) + 1
    _code(task.code)
    wrong, repaired = fault.run()
    with_fault, without = st.columns(2, gap="medium")
    with with_fault:
        st.markdown(f"**Line {number} with the fault**")
        st.code(task.wrong.strip(), language="python", wrap_lines=True)
        _numbers(wrong, fault.tells)
    with without:
        st.markdown("**Repaired**")
        st.code(task.repair.strip(), language="python", wrap_lines=True)
        _numbers(repaired, fault.tells)
    st.caption(f"{formula(fault.shows)}. Both were computed just now, on the same example.")


def _code(lines: tuple[str, ...]) -> None:
    st.code("\n".join(lines), language="python", line_numbers=True)


def _numbers(outcome: Outcome, tells: str) -> None:
    shown = ", ".join(_short(number) for number in outcome.numbers)
    st.markdown(f"{shown}  \n{tells}: **{_short(outcome.value)}**")


def _short(number: float) -> str:
    return with_minus(f"{number:.3f}".rstrip("0").rstrip(".")) or "0"
