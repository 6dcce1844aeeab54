"""Study: questions in four moves each, the answer once it is earned; and a practice exam."""

import streamlit as st

from dashboard.components import page
from dashboard.components.scrolling import scroll_into_view
from dashboard.stage import stage
from dashboard.study import (
    exam,
    helps,
    progress_browser,
    progress_store,
    question_list,
    question_steps,
    room,
    study_state,
)
from dashboard.study.classes import lecturer, student

if stage.notes():
    st.stop()
if room.asked_for():
    room.show()
    st.stop()
if room.poll_offered(study_state.questions()):
    st.stop()
if lecturer.shown():
    st.stop()

questions = study_state.questions()
if exam.asked_for():
    exam.show(questions)
    st.stop()

page.page_header(
    "Study",
    f"{len(questions)} questions. **Predict, try it, check**, and then read the answer.",
)

progress_browser.read()
student.section()

# --- which question ---
name = question_list.pick(questions)
with st.container(horizontal=True, vertical_alignment="center"):
    overview = st.container()
    progress_browser.forget_button()
question = questions[name]
with st.container(horizontal=True, vertical_alignment="center", key="study-actions"):
    progress_store.save_menu()  # may load another progress, which the overview tells of
    student.menu()
    progress_store.own_questions_menu()
    if room.may_be_asked(question):
        room.open_button(question)
    exam.link()
with overview:
    progress_store.overview()

progress_browser.show_problem()
helps.calibrated()

changed = study_state.newly_opened(question.id)
scroll_into_view(
    "question-top", "" if progress_browser.is_first_run() else changed, only_if_hidden=True
)
st.header(f"{question.id} · {question.title}", anchor=False)
st.markdown(question.text)

# --- four moves ---
record = study_state.progress().record(question.id)
question_steps.predict(question)
if record.prediction:
    question_steps.experiment(question)
    with st.container(key="checks"):
        question_steps.checks(question)
else:
    st.caption("The experiment and the checks open once you have made a prediction.")
progress = study_state.progress()
if progress.record(question.id).done(len(question.checks)):
    question_steps.answer(question)
    question_steps.next_question(question, questions)
progress_browser.write()
