"""Ask the room: the lecturer's view of a poll, and the phones'."""

from __future__ import annotations

import io
import time
from urllib.parse import urlsplit

import segno
import streamlit as st

from core.study.grading import canonical
from core.study.numbers import draw, read_number
from core.study.question import Choice, Expression, Number, Question
from core.study.rooms import MINUTES_OPEN, Room, Rooms
from dashboard import components, state, study_state, study_tasks
from dashboard.figures.poll import poll_bars
from dashboard.phone_token import phone_token

SECONDS_LECTURER, SECONDS_PHONE = 1, 5


@st.cache_resource(show_spinner=False)
def rooms() -> Rooms:
    """The rooms of this server, shared by all sessions."""
    return Rooms()


def may_be_asked(question: Question) -> bool:
    """Whether the prediction of this question makes a poll."""
    return isinstance(question.predict, (Choice, Expression, Number))


def open_button(question: Question) -> None:
    """The lecturer's button: a room on this prediction."""
    with st.popover("Ask the room", icon=":material/groups:"):
        st.markdown(
            f"Opens a poll on this prediction for {MINUTES_OPEN} minutes. Students join by a short "
            "link or the QR code and answer once, without a name."
        )
        if st.button("Open a room", key=f"room-{question.id}"):
            room, secret = rooms().open_room(question.id)
            st.query_params.update({"room": room.code, "host": secret, "mode": "present"})
            st.rerun()


def asked_for() -> bool:
    """Whether the link leads into a room."""
    return bool(st.query_params.get("room"))


def show() -> None:
    """The room of the link: the lecturer's view with the right secret, else the phone's."""
    code = st.query_params["room"].strip().upper()
    try:
        room = rooms().room(code)
    except ValueError:
        st.title("Ask the room", anchor=False)
        raise
    question = study_state.questions().get(room.question)
    if question is None:
        raise ValueError(f"The room {code} asks question {room.question}, which is not known here.")
    secret = st.query_params.get("host", "")
    if secret and rooms().owns(code, secret):
        _lecturer(room, question, secret)
    else:
        _phone(room, question)


def _lecturer(room: Room, question: Question, secret: str) -> None:
    components.page_header(f"Room {room.code}", _prompt(question))
    left, right = st.columns([1, 2])
    with left:
        link = _join_link(room)
        picture = io.BytesIO()
        segno.make(link, error="m").save(picture, kind="png", scale=8, border=3)
        st.image(picture.getvalue(), alt=f"QR code of {link}", width=260)
        st.caption(f"[{components.plain(link)}]({link})")
    with right:
        _live_histogram(room.code, question)
    with st.container(horizontal=True):
        if st.button("Reveal", type="primary", disabled=room.revealed):
            rooms().reveal(room.code, secret)
            st.rerun()
        if st.button("Close the room", disabled=not room.is_open(time.time())):
            rooms().close(room.code, secret)
            st.rerun()
        if st.button("Back to the question"):
            st.query_params.clear()
            st.query_params["q"] = question.id
            st.rerun()
    if room.revealed:
        tried = question.experiment
        st.subheader("The experiment that decides", anchor=False)
        st.markdown(tried.say)
        beside = {"mode": "present"} if state.presenting() else {}
        components.lesson_link(tried.page, f"Open: {tried.label}", **tried.state, **beside)
        if isinstance(question.predict, Choice):
            for option in question.predict.options:
                mark = "✓" if option.right else "✗"
                st.markdown(
                    study_tasks.formula(f"{mark} **{option.text}** {option.reply}", safe=True)
                )


def _live_histogram(code: str, question: Question) -> None:
    still = rooms().room(code)
    running = still.is_open(time.time()) and not still.revealed

    @st.fragment(run_every=SECONDS_LECTURER if running else None)
    def histogram() -> None:
        counts, room = rooms().counts(code), rooms().room(code)
        total = sum(counts.values())
        left = max(0, room.closes - time.time())
        open_still = room.is_open(time.time()) and not room.revealed
        when = f"open for {left / 60:.0f} more minutes" if open_still else "closed"
        st.markdown(f"**{total} answer{'' if total == 1 else 's'}**, {when}")
        _bars(counts, question, room.revealed)
        if running and not open_still:
            st.rerun()

    histogram()


def _bars(counts: dict[str, int], question: Question, revealed: bool) -> None:
    right = None
    if isinstance(question.predict, Choice):  # every option has its bar, in the question's order
        counts = {o.text: counts.get(o.text, 0) for o in question.predict.options}
        right = next(o.text for o in question.predict.options if o.right)
    elif not counts:
        st.caption("No answer yet.")
        return
    components.show_figure(
        poll_bars(counts, right if revealed else None),
        title="What the room says",
        description="; ".join(
            f"{components.plain(text)}: {often}" for text, often in list(counts.items())[:12]
        ),
        key="poll",
        data={"answer": list(counts), "count": list(counts.values())},
    )


def _phone(room: Room, question: Question) -> None:
    token = phone_token()
    st.title(f"Room {room.code}", anchor=False)
    st.markdown(question.text)
    answered = bool(token) and rooms().has_answered(room.code, token)
    running = room.is_open(time.time()) and not room.revealed
    if running and not answered:
        given = study_tasks.ask(question.predict, f"room-{room.code}", room.code)
        if st.button("Send my answer", type="primary"):
            if not isinstance(given, str):
                st.warning("Choose or write something first: a guess is enough.")
                return
            rooms().answer(room.code, token, _countable(question, given))
            st.rerun()
        return
    st.success("Your answer is counted.") if answered else st.info("This room is closed.")

    @st.fragment(run_every=SECONDS_PHONE if running else None)
    def wait() -> None:
        if rooms().room(room.code).revealed:
            _bars(rooms().counts(room.code), question, revealed=True)
        else:
            st.caption("The histogram appears here when the lecturer reveals it.")

    wait()


def _countable(question: Question, given: str) -> str:
    """Answers that mean the same are counted together."""
    if isinstance(question.predict, Expression):
        return canonical(question.predict.grade_as, given)
    if isinstance(question.predict, Number):
        value = read_number(given)
        return "no number" if value is None else f"{value:.2g}"
    return given


def _prompt(question: Question) -> str:
    if isinstance(question.predict, Number):
        return draw(question.predict.variant, "1").prompt
    return question.predict.prompt


def _join_link(room: Room) -> str:
    """The short address for phones, on the host by which this page was reached."""
    here = urlsplit(st.context.url or "http://localhost/study")
    return f"{here.scheme}://{here.netloc}{here.path}?room={room.code}"
