"""Train: choose a model and a recipe, start, and watch the curve."""

import streamlit as st

from core.run_files.version import code_version
from core.runs import queue
from dashboard import limits
from dashboard.components import page
from dashboard.training import recipe_controls, run_view

page.page_header(
    "Train",
    "Choose a model, data and a recipe, and start. **What does the curve say**, and does the "
    "model learn or only remember?",
)
st.markdown(
    "A run is a process of its own: it goes on when you close this page, and its link shows it "
    "wherever you open it."
)

left, right = st.columns([2, 3], gap="large")

# --- controls ---
with left, page.one_sentence_for_errors():
    spec = recipe_controls.choose_spec()
    estimate = recipe_controls.show_estimate(spec)
    if st.button("Start training", type="primary", icon=":material/play_arrow:", width="stretch"):
        with st.spinner("Starting …"), limits.starting():
            more = {"estimate": estimate} if estimate else {}
            started = queue.submit(spec.to_dict(), code=code_version(), **more)
        st.query_params["run"] = started.path.name

# --- the run ---
with right:
    working = [run.path.name for run in queue.tickets()]
    name = st.query_params.get("run", "") or next(iter(working), "")
    if name:
        run_view.show(run_view.find_run(name))
        if others := [other for other in working if other != name]:
            with st.expander(f"{len(others)} more in the queue", icon=":material/list:"):
                for other in others[:30]:
                    page.lesson_link("train", other, run=other)
    else:
        st.info("Nothing is training now. Start a run to see its curve here.")

page.show_source(
    "core.training.loop.train",
    "core.training.schedule.learning_rate",
    "core.training.session.run_session",
)
