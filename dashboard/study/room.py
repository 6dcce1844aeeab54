"""Ask the room: a poll, on the lecturer's screen and on the phones."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

import streamlit as st

from core.study import poll
from core.study.grading.checks import grade_answer
from core.study.grading.grade import Grade
from core.study.options import shown_options
from core.study.question import Question
from core.study.storage.classes import Classes
from core.study.storage.rooms import MINUTES_OPEN, Room, Rooms
from core.study.summary import Sign
from core.study.tasks import Choice, Expression, Number
from dashboard import lessons, limits
from dashboard.components import claims, page
from dashboard.components.formula import formula
from dashboard.figures.poll import poll_bars
from dashboard.study import study_state, tasks
from dashboard.study.phone_token import phone_token
from dashboard.study.room_link import join

SECONDS_LECTURER, SECONDS_PHONE = 1, 5
MOST_ON_A_PHONE = 12  # answers, the right one among them
COUNTED = "Your answer is counted."


@st.cache_resource(show_spinner=False)
def rooms() -> Rooms:
    """The rooms of this server, shared by all sessions."""
    return Rooms()


def classes() -> Classes:
    """The classes of this server, in the file of its rooms."""
    return Classes(rooms())


def signing() -> Sign | None:
    """What signs a summary on this server; None where the file of the rooms cannot be used."""
    try:
        return rooms().signature
    except OSError:
        return None


def may_be_asked(question: Question) -> bool:
    """Whether the prediction of this question can be a poll."""
    return isinstance(question.predict, (Choice, Expression, Number))


def open_button(question: Question) -> None:
    """The lecturer's button that opens a room on this prediction."""
    with st.popover("Ask the room", icon=":material/groups:"):
        st.markdown(
            f"Opens a poll on this prediction for {MINUTES_OPEN} minutes. Students join with a "
            "short link or the QR code and answer once, without a name."
        )
        _open(question)


def _open(question: Question) -> None:
    if st.button("Open a room", key=f"room-{question.id}", type="primary"):
        with limits.within(limits.ROOMS):
            room, secret = rooms().open_room(question.id)
        st.query_params.update({"room": room.code, "host": secret, "mode": "present"})
        st.rerun()


def poll_offered(questions: Mapping[str, Question]) -> bool:
    """Draw the page that a beat's link opens (`?ask=rnn-4&q=1d`): its poll, not opened yet."""
    question, beat = questions.get(st.query_params.get("q", "")), _beat()
    if not beat or question is None or not may_be_asked(question):
        return False
    page.page_header("Ask the room", tasks.prompt(_asked(question), ""))
    st.markdown(
        f"Students answer on their phones for {MINUTES_OPEN} minutes, once and without a name."
    )
    with st.container(horizontal=True):
        _open(question)
        _back_to_beat(*beat)
    return True


def _beat() -> tuple[str, str] | None:
    """The lesson and the number of the beat from which the poll was opened."""
    asked = re.fullmatch(r"([a-z]{1,20})-(\d{1,2})", st.query_params.get("ask", ""))
    known = asked and asked[1] in [lesson.name for lesson in lessons.available()]
    return (asked[1], asked[2]) if asked and known else None


def _back_to_beat(lesson: str, number: str) -> None:
    beat = {"mode": "present", "beat": number}
    page.marked_link(lesson, f"Back to beat {number}", "arrow_back", beat)


def asked_for() -> bool:
    """Whether the link leads into a room."""
    return bool(st.query_params.get("room"))


def show() -> None:
    """The room in the link: the lecturer's view with the right secret, otherwise the phone's."""
    code = st.query_params["room"].strip().upper()
    try:
        room = rooms().room(code)
    except (ValueError, OSError):
        st.title("Ask the room", anchor=False)
        raise
    question = study_state.questions().get(room.question)
    if question is None:
        raise ValueError(
            f"The room {code} asks question {room.question}, which this server does not have."
        )
    secret = st.query_params.get("host", "")
    if secret and rooms().owns(code, secret):
        _lecturer(room, question, secret)
    else:
        _phone(room, question)


def _lecturer(room: Room, question: Question, secret: str) -> None:
    task = _asked(question)
    page.page_header(f"Room {room.code}", tasks.prompt(task, room.code))
    with st.container(horizontal=True):
        if not room.revealed and st.button("Reveal", type="primary"):
            rooms().reveal(room.code, secret)
            st.rerun()
        if _counting(room) and st.button("Close the room"):
            rooms().close(room.code, secret)
            st.rerun()
        if beat := _beat():
            _back_to_beat(*beat)
        else:
            st.button("Back to the question", on_click=_leave, args=(question.id,))
    left, right = st.columns([1, 2])
    with left:
        if room.revealed:
            _right_answer(room, task)
        else:
            join(f"?room={room.code}")
    with right:
        _live_histogram(room.code, question)
    if room.revealed:
        _decides(room, question)


def _leave(question: str) -> None:
    """Leave the room for its question. A callback: it runs before the page."""
    for name in ("room", "host", "mode", "ask"):
        st.query_params.pop(name, None)
    st.query_params["q"] = question


def _right_answer(room: Room, task: poll.Asked) -> None:
    """The right answer and why it is right."""
    text, grade = poll.right_answer(task, room.code)
    with st.container(key="right-answer"):
        st.markdown(f":material/check_circle: **The right answer: {formula(text)}**")
        st.markdown(formula(grade.message))


def _decides(room: Room, question: Question) -> None:
    """After Reveal: the deciding experiment, and what is wrong with the other options."""
    tried = question.experiment
    st.header("The experiment that decides", anchor=False)
    st.markdown(tried.say)
    page.lesson_link(tried.page, f"Open: {tried.label}", **tried.state)
    claims.show(question.decides)
    if isinstance(question.predict, Choice):
        for option in shown_options(question.predict, room.code):
            if not option.right:
                st.markdown(formula(f"✗ **{option.text}:** {option.reply}", safe=True))


def _counting(room: Room) -> bool:
    """Whether answers are still counted."""
    return room.is_open(time.time()) and not room.revealed


def _live_histogram(code: str, question: Question) -> None:
    running = _counting(rooms().room(code))

    @st.fragment(run_every=SECONDS_LECTURER if running else None)
    @page.one_sentence_for_errors()
    def histogram() -> None:
        counts, room = rooms().counts(code), rooms().room(code)
        total = sum(counts.values())
        left = max(0, room.closes - time.time())
        when = f"open for {left / 60:.0f} more minutes" if _counting(room) else "closed"
        st.markdown(f"**{total} answer{'' if total == 1 else 's'}**, {when}")
        _bars(counts, question, room)
        if running and not _counting(room):
            st.rerun()

    histogram()


def _bars(counts: dict[str, int], question: Question, room: Room) -> None:
    task = _asked(question)
    shown = poll.bars(task, counts, room.code, revealed=room.revealed)
    if not shown:
        st.caption("No answer yet.")
        return
    page.show_figure(
        poll_bars(shown, poll.right_answer(task, room.code)[0] if room.revealed else None),
        title="Answers of the room",
        description="; ".join(
            f"{formula(text)}: {often}" for text, often in list(shown.items())[:12]
        ),
        key="poll",
        data={"answer": list(shown), "count": list(shown.values())},
    )


def _shares(counts: dict[str, int], task: poll.Asked, code: str) -> None:
    """The bars of a phone: a class on one network need not fetch Plotly, all in one moment."""
    shown = poll.bars(task, counts, code, revealed=True)
    right, total = poll.right_answer(task, code)[0], max(1, sum(counts.values()))
    often = sorted(shown, key=lambda text: text != right)[:MOST_ON_A_PHONE]
    for text in [text for text in shown if text in often]:
        mark = "✓ " if text == right else ""
        st.progress(shown[text] / total, f"**{shown[text]}** · {mark}{formula(text)}")
    if others := len(shown) - len(often):
        st.caption(f"Answers not shown here: {others}.")


def _note(key: str) -> None:
    st.session_state[key] = True


def _phone(room: Room, question: Question) -> None:
    token, task = phone_token(rooms()), _asked(question)
    counted = rooms().answer_of(room.code, token) if token else None
    st.title(f"Room {room.code}", anchor=False)
    st.markdown(question.text)
    running = _counting(room)
    if running and counted is None:
        answer, sent = tasks.ask(task, f"room-{room.code}", room.code), f"sent-{room.code}"
        # Noted before the run: the browser's token may come in the middle of it and begin another.
        st.button("Send my answer", type="primary", on_click=_note, args=(sent,))
        if st.session_state.pop(sent, False):
            if answer is None:
                st.warning("Choose or write an answer first; a guess is enough.")
                return
            with limits.within(limits.VOTES, room.code):
                rooms().answer(room.code, token, poll.countable(task, answer.text, room.code))
            st.session_state[f"typed-{room.code}"] = answer.text[:2000]
            st.rerun()
        return
    st.markdown(tasks.prompt(task, room.code))
    if not room.revealed:
        st.info("This room is closed.") if counted is None else st.success(COUNTED)
    elif counted is None or not _show_grade(room, task, counted):
        _right_answer(room, task)

    @st.fragment(run_every=SECONDS_PHONE if running else None)
    @page.one_sentence_for_errors()
    def wait() -> None:
        now = rooms().room(room.code)
        if now.revealed and running:
            st.rerun()
        if now.revealed:
            _shares(rooms().counts(room.code), task, room.code)
        else:
            st.caption("The right answer appears here when the lecturer reveals it.")

    wait()


def _show_grade(room: Room, task: poll.Asked, counted: str) -> bool:
    """Show the grade of this phone's answer; return whether it was right.

    Only the session knows the typed text; after a reload the answer is shown as it was counted.
    """
    right, grade = poll.right_answer(task, room.code)
    typed = str(st.session_state.get(f"typed-{room.code}", ""))
    if counted != right:
        answer = typed or (counted if isinstance(task, Choice) else "")
        grade = grade_answer(task, answer, room.code) if answer else Grade(False, "")
    show = st.success if grade.correct else st.warning
    show(
        f"**Your answer was {'right' if grade.correct else 'wrong'}:** "
        f"{formula(typed or counted)}  \n{formula(grade.message)}",
        icon=":material/check_circle:" if grade.correct else ":material/undo:",
    )
    return grade.correct


def _asked(question: Question) -> poll.Asked:
    """The task of the room. Raises ValueError if it cannot be a poll."""
    if not isinstance(question.predict, (Choice, Expression, Number)):
        raise ValueError(f"The prediction of question {question.id} cannot be asked in a room.")
    return question.predict
