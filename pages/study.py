"""Study: sixteen questions in four moves each; the answer shows once it is earned."""

import streamlit as st

from dashboard import (
    components,
    controls,
    stage,
    study_browser,
    study_keeping,
    study_moves,
    study_room,
    study_state,
)
from dashboard.into_view import into_view

if stage.notes():
    st.stop()
if study_room.asked_for():
    study_room.show()
    st.stop()

components.page_header(
    "Study",
    "Sixteen questions. **Predict, try it, check**, and then read the answer.",
)

study_browser.meet()
questions = study_state.questions()
names = list(questions)

# --- which question ---
name = controls.pick("Question", names, key="q")
with st.container(horizontal=True, vertical_alignment="center"):
    overview = st.container()
    study_browser.forgetting()
    study_keeping.keeping()  # may load another progress, which the line before it tells of
    with overview:
        study_keeping.overview()
    question = questions[name]
    if study_room.may_be_asked(question):
        study_room.open_button(question)

study_browser.problem()

changed = study_state.changed_to(question.id)
into_view("question-top", "" if study_browser.opened() else changed, only_if_hidden=True)
st.header(f"{question.id} · {question.title}", anchor=False)
st.markdown(question.text)

# --- four moves ---
record = study_state.progress().record(question.id)
study_moves.predict(question)
if record.prediction:
    study_moves.experiment(question)
    study_moves.checks(question)
else:
    st.caption("The experiment and the checks open once you have made a prediction.")
progress = study_state.progress()
if progress.record(question.id).done(len(question.checks)):
    study_moves.answer(question)
    study_moves.onward(question, questions)
study_browser.keep()
