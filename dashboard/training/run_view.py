"""One run on a page: its status, its curves, and the buttons that control it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from core.config.run_spec import RunSpec
from core.models import zoo
from core.run_files.directory import RUN_ID, RunDirectory, runs_folder
from core.runs import log, queue
from core.runs.metrics_tail import MetricsTail, Snapshot
from core.runs.progress import RunProgress, in_words, run_progress
from core.runs.status import RunStatus, run_status
from core.runs.time_estimate import estimate_error, estimated_seconds
from dashboard import controls, limits, state
from dashboard.components import page
from dashboard.figures import curves
from dashboard.training import run_overview
from dashboard.training.run_insight import attention_over_time, texts_over_time

PARTIAL = "The records that can be read are shown."
REFRESH = 1.0  # seconds between two updates of a run in progress
ICONS = {
    "queued": "hourglass_empty",
    "running": "play_circle",
    "paused": "pause_circle",
    "done": "check_circle",
    "failed": "error",
    "cancelled": "cancel",
    "lost": "help",
    "damaged": "broken_image",
}


def find_run(name: str) -> RunDirectory:
    """The run of that id in the runs folder. Errors: ValueError; paths are not accepted."""
    run = RunDirectory(runs_folder() / name) if RUN_ID.fullmatch(name) else None
    if run is None or not run.path.is_dir():
        raise ValueError(f"There is no run {name[:80]!r}.")
    return run


def snapshot_of(run: RunDirectory) -> Snapshot:
    """The records, read once for all sessions, and what was computed from them."""
    return _tail_of(str(run.path)).read()


@st.cache_resource(max_entries=64, show_spinner=False)
def _tail_of(path: str) -> MetricsTail:
    return MetricsTail(Path(path) / "metrics.jsonl")


def show_shipped(spec: RunSpec) -> None:
    """The loss of a shipped model that was trained on the same data; nothing where there is none.

    One of the same architecture comes first.
    """
    alike = [m for m in zoo.available_models(spec.kind) if m.shipped and m.data == spec.data]
    if not alike:
        return
    model = min(alike, key=lambda m: m.architecture != spec.architecture)
    run = RunDirectory(model.path)
    trained = RunSpec.from_dict(run.spec())
    epochs = trained.recipe_config().epochs
    page.show_figure(
        snapshot_of(run).derive(curves.loss_figure, epochs),
        title=f"Loss of the shipped {model.name}",
        description=f"It was trained on {model.data} for {epochs} epochs. The curves of your "
        "training will appear here.",
        more=run_overview.why_higher(trained).strip() or None,
        key="shipped-loss",
    )


def show(run: RunDirectory) -> None:
    """The run, updated every second until it stops."""
    over = run_status(run).is_over
    st.fragment(_show, run_every=None if over else REFRESH)(run, over)


def _show(run: RunDirectory, was_over: bool) -> None:
    queue.advance(wait=0)
    now = run_status(run)
    if now.is_over != was_over:
        st.rerun()  # starts or stops the timer, and lets the page find the new model
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    title = f":material/{ICONS[now.state]}: {now.state.capitalize()}"
    row.header(title, anchor=False, width="content")
    row.caption(f"`{run.path.name}`", width="stretch")
    if now.state == "damaged":
        st.error(page.escape(now.message), icon=":material/broken_image:")
        return
    spec = RunSpec.from_dict(run.spec())
    with row:
        _buttons(run, spec, now)
    epochs = spec.recipe_config().epochs
    history = snapshot_of(run)
    at = history.derive(run_progress, epochs)
    if now.state != "done":
        _show_message(run, now)
    if now.state == "running" or 0 < at.share < 1:
        st.progress(at.share, _progress_text(at, now.state))
    if now.is_over and (error := run.history_error()):
        st.warning(page.escape(f"{error} {PARTIAL}"), icon=":material/broken_image:")
    if history.records:
        _show_view(run, spec, history, epochs)
    elif now.state in ("failed", "lost"):
        _log(run)
    _afterwards(run, now, history.records)


def _progress_text(at: RunProgress, state: str) -> str:
    words = f"epoch {at.epoch:.2f} of {at.epochs}, step {at.step:,}"
    if state == "running" and at.speed:
        words += f" · {at.speed:,.0f} examples/s"
        words += f" · about {in_words(at.left)} left" if at.left is not None else ""
    return words


def _show_message(run: RunDirectory, now: RunStatus) -> None:
    text = page.escape(now.message)
    if now.state == "queued":
        before = queue.position(run) or 0
        st.info(
            f"{text} {before} ahead of it in the queue; {_estimated_wait(run)}",
            icon=":material/hourglass_empty:",
        )
    elif now.state in ("failed", "lost"):
        st.warning(text, icon=":material/warning:")
    elif text:
        st.caption(text)


def _estimated_wait(run: RunDirectory) -> str:
    """The remaining time of the runs ahead, divided by the slots, in words."""
    total = 0.0
    for other in queue.tickets():
        if other.path == run.path:
            return f"it starts in about {in_words(total / queue.slots())}."
        try:
            about = other.spec()
            epochs = RunSpec.from_dict(about).recipe_config().epochs
        except ValueError:
            continue
        left = snapshot_of(other).derive(run_progress, epochs).left
        left = left if left is not None else estimated_seconds(about)
        if left is None:
            return "the waiting time is not known yet."
        total += left
    return ""


def _buttons(run: RunDirectory, spec: RunSpec, now: RunStatus) -> None:
    if now.state in ("queued", "running"):
        button("Cancel", "stop_circle", lambda: queue.cancel(run), run)
        button("Pause", "pause", lambda: queue.pause(run), run)
    elif now.resumable:
        button("Resume", "play_arrow", lambda: resume(run), run)
    if run.last_checkpoint() is not None:
        open_as_model(run, spec)


def resume(run: RunDirectory) -> None:
    """Queue a stopped run. Errors: ValueError when it is not stopped or too many are waiting."""
    with limits.starting():
        queue.enqueue(run)


def open_as_model(run: RunDirectory, spec: RunSpec) -> None:
    """A link to the page for such a model, with this one selected."""
    label, name = "Open the model", run.path.name
    if spec.kind == "cnn":
        settings = {"compare": "where they look", "data": spec.data, "cnn": name}
        page.lesson_link("versus", label, **settings)
    else:
        page.lesson_link(spec.kind, label, model=name)


def button(label: str, icon: str, act: Callable[[], object], run: RunDirectory) -> None:
    """A button that controls a run; an error is shown as a toast."""
    if st.button(label, icon=f":material/{icon}:", key=f"{label}-{run.path.name}"):
        try:
            act()
        except ValueError as error:
            st.toast(page.escape(str(error)), icon=":material/error:")
        st.rerun()


def _show_view(run: RunDirectory, spec: RunSpec, history: Snapshot, epochs: int) -> None:
    """The selected view; the others are not computed."""
    views = ["overview", "curves", "gradient"]
    views += ["attention"] if (run.path / "attention" / "example.json").exists() else []
    views += ["text"] if any("text" in record for record in history.records) else []
    views += ["log"]
    view = views[0] if state.presenting() else controls.pick("See", views, key="see")
    if view == "gradient":
        _gradient(history, epochs)
    elif view == "attention":
        attention_over_time(run)
    elif view == "text":
        texts_over_time(history.records, spec.kind)
    elif view == "log":
        _log(run)
    elif view == "curves":
        run_overview.show_curves(history, spec)
    else:
        run_overview.show(run, spec, history)


def _log(run: RunDirectory) -> None:
    st.caption("End of the training log.")
    try:
        st.code(log.tail(run) or "The log is empty.", language=None, height=320)
    except OSError as error:
        page.show_error(error)


def _gradient(history: Snapshot, epochs: int) -> None:
    page.show_figure(
        history.derive(curves.rate_figure, epochs),
        title="Learning rate",
        description="The value of the schedule at each step.",
        key="rate",
    )
    norms = history.derive(curves.norms_figure, epochs)
    if norms:
        page.show_figure(
            norms,
            title="Gradient norm of each layer",
            description="The scale is logarithmic. A layer far below the others hardly learns. A "
            "sudden rise often comes before divergence.",
            key="norms",
        )


def _afterwards(run: RunDirectory, now: RunStatus, records: list[dict[str, Any]]) -> None:
    if now.state == "done" and records:
        seconds = records[-1].get("seconds", 0.0)
        text = f"Training took {in_words(seconds)}"
        error = estimate_error(estimated_seconds(run.spec()), seconds)
        st.caption(f"{text}, {error}." if error else f"{text}.")
        _show_message(run, now)
