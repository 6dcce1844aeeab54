"""Train: choose a model and a recipe, start the training and watch it learn."""

import streamlit as st

from core.config.run_spec import RunSpec
from core.run_files.version import code_version
from core.runs import queue
from dashboard import limits, state
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.training import recipe_controls, run_view

page.page_header(
    "Train",
    "Train a model and watch it. **What do the curves show**: does it generalise or memorise?",
)
queued = [run.path.name for run in queue.tickets()]
name = st.query_params.get("run", "") or next(iter(queued), "")


def choose_and_start() -> RunSpec:
    """The controls of a new training, and the button that starts it."""
    st.caption("A training continues when you close this page. Its link opens it again.")
    spec = recipe_controls.choose_spec()
    estimate = recipe_controls.show_estimate(spec)
    if st.button("Start training", type="primary", icon=":material/play_arrow:", width="stretch"):
        with st.spinner("Starting …"), limits.starting():
            fields = {"estimate": estimate} if estimate else {}
            started = queue.submit(spec.to_dict(), code=code_version(), **fields)
        st.query_params["run"] = started.path.name
        st.rerun()
    return spec


# --- the run ---
if name:
    with page.one_sentence_for_errors():
        run_view.show(run_view.find_run(name))
        if others := [other for other in queued if other != name]:
            with st.expander(f"{len(others)} more in the queue", icon=":material/list:"):
                for other in others[:30]:
                    page.lesson_link("train", other, run=other)

# --- a new training ---
if not name:
    left, right = panes("train", (3, 2))
    right.info(
        "No training is running. Start one to see its curves, its attention maps and its output."
    )
    with left, page.one_sentence_for_errors():
        spec = choose_and_start()
        with right:
            run_view.show_shipped(spec)
elif not state.presenting():
    another = st.expander("Start another training", icon=":material/add:")
    with another, page.one_sentence_for_errors():
        choose_and_start()

page.show_source(
    "core.training.loop.train",
    "core.training.schedule.learning_rate",
    "core.training.session.run_session",
)
