"""The running exam in the browser's storage: a reload finds its answers, and the time goes on."""

from __future__ import annotations

import streamlit as st

from core.study.exam import Item
from core.study.record import Answer
from core.study.sitting import MAX_BYTES, Sitting, dump, load
from dashboard.components import browser_store, page
from dashboard.study import study_state, tasks

_STORE, _NAME, _MARK, _FORGET = "exam-store", "unrolled-exam", "exam-mark", "exam-forget"


def field(seed: str, item: Item) -> str:
    """The key of the item's fields."""
    return f"exam-{seed}-{item.question}"


def answers(items: tuple[Item, ...], seed: str) -> dict[str, Answer]:
    """What is in the fields, by question; whole or not."""
    fields = {item.question: tasks.read(item.task, field(seed, item)) for item in items}
    return {name: answer for name, answer in fields.items() if answer.text or any(answer.lines)}


def read(items: tuple[Item, ...], seed: str) -> bool:
    """Continue the exam that the browser has stored, if it is the one with this seed.

    Fields that are filled here stay as they are; the earlier beginning counts. Whether the stored
    one was handed in.
    """
    message, held = browser_store.read(_STORE), st.session_state
    if message is None:
        return False
    if message.problem in ("off", "full"):
        words = "This browser cannot store your answers: do not reload the page before you hand in."
        st.warning(words, icon=":material/save:")
    if not message.text or message.mark == held.get(_MARK):
        held[_MARK] = message.mark
        return False
    held[_MARK] = message.mark
    try:
        stored = load(message.text, study_state.now())
    except ValueError as error:
        page.show_error(error)
        return False
    if stored.seed != seed or f"exam-done-{seed}" in held:
        return False
    begun = held.get(f"exam-begun-{seed}", stored.begun)
    held[f"exam-begun-{seed}"] = min(begun, stored.begun)
    for item in items:
        if item.question in stored.answers:
            tasks.restore(item.task, field(seed, item), stored.answers[item.question])
    return stored.done


def write(items: tuple[Item, ...], seed: str) -> None:
    """Let the browser store this exam, or remove one that is taken again. Called last."""
    held, text = st.session_state, "" if st.session_state.get(_FORGET) else None
    if begun := held.get(f"exam-begun-{seed}"):
        done = f"exam-done-{seed}" in held
        given = held[f"exam-given-{seed}"] if done else answers(items, seed)
        text = dump(Sitting(seed, begun, given, done))
    browser_store.write(_STORE, _NAME, text, mark=held.get(_MARK, ""), limit=MAX_BYTES)


def forget(again: bool) -> None:
    """Remove the stored exam (again), or no longer, since a new one has begun."""
    st.session_state[_FORGET] = again
