"""Runs: all trainings of this machine, to compare, rename, export and import."""

import streamlit as st

from dashboard import controls
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures import compare
from dashboard.training import real_models, run_table, run_view

page.page_header(
    "Runs",
    "Two runs that differ in one setting are an experiment. **What did the setting change**, and "
    "is the difference larger than between two random seeds?",
)

# --- the table ---
rows = run_table.all_rows()
said, search = st.columns([3, 2], vertical_alignment="bottom")
said.markdown("Select one run to work with it, or several to compare them in one chart.")
with search:
    words = controls.text(
        "Search",
        "",
        key="search",
        max_chars=80,
        help="Names, settings and states, such as: dim=64 vit done",
    )
matches = run_table.matching(rows, words)
damaged = [row for row in rows if row.error]
if damaged:
    names = ", ".join(row.name for row in damaged[:5])
    st.warning(
        f"{len(damaged)} run(s) have a damaged file: {page.escape(names)}. Select one to see "
        "which file; the other runs are not affected.",
        icon=":material/broken_image:",
    )
selected = run_table.select(matches) if matches else []
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(f"{len(matches)} of {len(rows)} runs." if rows else "No runs yet.")
    run_table.undo_delete()
if not rows:
    page.lesson_link("train", "Train a model")

# --- the chart ---
if selected:
    histories = {row.name: run_view.snapshot_of(row.run) for row in selected}
    known = [m for row in selected for m in histories[row.name].derive(compare.measures)]
    options = list(dict.fromkeys(known))
    if options:
        left, right = panes("compare")
        with left:
            best = options.index("held-out loss") if "held-out loss" in options else 0
            measure = controls.choice("Measure", options, key="measure", index=best)
            axis = controls.choice("Against", list(compare.AXES), key="axis")
            smoothing = controls.slider("Smoothing", 0.0, 0.98, 0.0, key="smoothing", step=0.02)
            log = controls.switch("Logarithmic scale", key="log")
        titles = [row.title for row in selected]
        drawn = {
            row.title if titles.count(row.title) == 1 else row.name: histories[row.name].derive(
                compare.points, measure, axis
            )
            for row in selected
        }
        with right:
            page.show_figure(
                compare.compare_figure(drawn, measure, axis, smoothing, log),
                title=f"{page.escape(measure.capitalize())} against {compare.AXES[axis]}",
                description="Each line is a run. Pale lines show the values before smoothing.",
                key="compare",
            )
    if len(selected) > 1:
        run_table.show_differences(selected)
    else:
        run_table.manage(selected[0])

# --- import ---
with st.expander("Import a run", icon=":material/upload:"):
    run_table.import_run()
if rows:
    run_table.check_all()

# --- real models ---
st.header("Models", anchor=False)
st.markdown(
    "**Real models** were trained by others on far more text or pictures. The lessons can open "
    "them, like the models of the course."
)
real_models.show()

page.show_source("core.run_files.directory.RunDirectory", "core.runs.archive.unpack")
