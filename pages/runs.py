"""Runs: everything that was trained here, compared, named, handed out and taken in."""

import streamlit as st

from dashboard import controls
from dashboard.components import page
from dashboard.figures import compare
from dashboard.training import run_table, run_view

page.page_header(
    "Runs",
    "Two runs that differ in one setting are an experiment. **What did the setting change**, and "
    "is the difference larger than that between two seeds?",
)
st.markdown("Tick runs in the table: one to work with it, several to see them on one chart.")

# --- the table ---
rows = run_table.all_rows()
words = controls.text("Search", "", key="search", max_chars=80, help="Any setting: dim=64 vit done")
found = run_table.matching(rows, words)
damaged = [row for row in rows if row.error]
if damaged:
    names = ", ".join(row.name for row in damaged[:5])
    st.warning(
        f"{len(damaged)} run(s) have a damaged file: {page.escape(names)}. Tick one to see "
        "which; the others are not affected.",
        icon=":material/broken_image:",
    )
chosen = run_table.choose(found) if found else []
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(f"{len(found)} of {len(rows)} runs." if rows else "Nothing was trained here yet.")
    run_table.bin_of_runs()
if not rows:
    page.lesson_link("train", "Train the first one")

# --- the chart ---
if chosen:
    seen = {row.name: run_view.seen_of(row.run) for row in chosen}
    known = [m for row in chosen for m in seen[row.name].make(compare.measures)]
    options = list(dict.fromkeys(known))
    if options:
        one, two, three, four = st.columns(4, vertical_alignment="bottom")
        with one:
            best = options.index("held-out loss") if "held-out loss" in options else 0
            measure = controls.choice("Measure", options, key="measure", index=best)
        with two:
            axis = controls.choice("Against", list(compare.AXES), key="axis")
        with three:
            smoothing = controls.slider("Smoothing", 0.0, 0.98, 0.0, key="smoothing", step=0.02)
        with four:
            log = controls.switch("Logarithmic", key="log")
        titles = [row.title for row in chosen]
        drawn = {
            row.title if titles.count(row.title) == 1 else row.name: seen[row.name].make(
                compare.points, measure, axis
            )
            for row in chosen
        }
        page.show_figure(
            compare.compare_figure(drawn, measure, axis, smoothing, log),
            title=f"{page.escape(measure.capitalize())} against {compare.AXES[axis]}",
            description="Each line is a run. Behind a smoothed line its own values stand pale.",
            key="compare",
        )
    if len(chosen) > 1:
        run_table.show_differences(chosen)
    else:
        run_table.steer(chosen[0])

# --- from elsewhere ---
with st.expander("Take in a run from elsewhere", icon=":material/upload:"):
    run_table.take_in()
if rows:
    run_table.check_all()

page.show_source("core.run_files.directory.RunDirectory", "core.runs.archive.unpack")
