"""Train: choose a model and a recipe, start the training and watch its curves."""

import streamlit as st

from core.run_files.version import code_version
from core.runs import queue
from dashboard import limits
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.training import recipe_controls, run_view

page.page_header(
    "Train",
    "Choose a model, data and a recipe, and start. **What do the curves show**: does the model "
    "generalise or memorise?",
)
left, right = panes("train", (2, 3))

# --- controls ---
with left, page.one_sentence_for_errors():
    spec = recipe_controls.choose_spec()
    estimate = recipe_controls.show_estimate(spec)
    if st.button("Start training", type="primary", icon=":material/play_arrow:", width="stretch"):
        with st.spinner("Starting …"), limits.starting():
            fields = {"estimate": estimate} if estimate else {}
            started = queue.submit(spec.to_dict(), code=code_version(), **fields)
        st.query_params["run"] = started.path.name

# --- the run ---
with right:
    queued = [run.path.name for run in queue.tickets()]
    name = st.query_params.get("run", "") or next(iter(queued), "")
    if name:
        run_view.show(run_view.find_run(name))
        if others := [other for other in queued if other != name]:
            with st.expander(f"{len(others)} more in the queue", icon=":material/list:"):
                for other in others[:30]:
                    page.lesson_link("train", other, run=other)
    else:
        st.info(
            "No training is running. Start one to see its curves here. A training continues when "
            "you close this page; the link of the run opens it again."
        )

page.show_source(
    "core.training.loop.train",
    "core.training.schedule.learning_rate",
    "core.training.session.run_session",
)
