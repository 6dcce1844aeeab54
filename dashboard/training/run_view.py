"""One run on a page: how it stands, its curves, and the buttons to steer it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from core.config.run_spec import RunSpec
from core.run_files.directory import RUN_ID, RunDirectory, runs_folder
from core.runs import log, queue
from core.runs.metrics_tail import Follower, Seen
from core.runs.progress import Progress, in_words, progress
from core.runs.status import Standing, standing
from core.runs.time_estimate import error_of, estimated
from dashboard import controls, limits
from dashboard.components import page
from dashboard.figures import curves
from dashboard.training.run_insight import attention_over_time, texts_over_time

LEFT_OUT = "What can be read of it is shown."
EVERY = 1.0  # seconds between two looks at a run that is not over
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
    """The run of that id in the runs folder. Errors: ValueError; a path is no id."""
    run = RunDirectory(runs_folder() / name) if RUN_ID.fullmatch(name) else None
    if run is None or not run.path.is_dir():
        raise ValueError(f"There is no run {name[:80]!r}.")
    return run


def seen_of(run: RunDirectory) -> Seen:
    """All records, read once for everybody, and what was made of them since the last one came."""
    return _follower(str(run.path)).look()


@st.cache_resource(max_entries=64, show_spinner=False)
def _follower(path: str) -> Follower:
    return Follower(Path(path) / "metrics.jsonl")


def show(run: RunDirectory) -> None:
    """The run, looked at again every second until it is over."""
    over = standing(run).over
    st.fragment(_show, run_every=None if over else EVERY)(run, over)


def _show(run: RunDirectory, was_over: bool) -> None:
    queue.advance(wait=0)
    now = standing(run)
    if now.over != was_over:
        st.rerun()  # the timer ends or begins, and the page sees a new model
    st.subheader(f":material/{ICONS[now.state]}: {now.state.capitalize()}", anchor=False)
    st.caption(f"`{run.path.name}`")
    if now.state == "damaged":
        st.error(page.escape(now.message), icon=":material/broken_image:")
        return
    spec = RunSpec.from_dict(run.spec())
    epochs = spec.recipe_config().epochs
    seen = seen_of(run)
    at = seen.make(progress, epochs)
    _say(run, now)
    _buttons(run, spec, now)
    if now.state == "running" or at.share:
        st.progress(at.share, _in_short(at, now.state))
    if now.over and (trouble := run.history_trouble()):
        st.warning(page.escape(f"{trouble} {LEFT_OUT}"), icon=":material/broken_image:")
    if seen.records:
        _see(run, spec, seen, epochs)
    elif now.state in ("failed", "lost"):
        _log(run)
    _afterwards(run, now, seen.records)


def _in_short(at: Progress, state: str) -> str:
    words = f"epoch {at.epoch:.2f} of {at.epochs}, step {at.step:,}"
    if state == "running" and at.speed:
        words += f" · {at.speed:,.0f} examples/s · {in_words(at.left)} left"
    return words


def _say(run: RunDirectory, now: Standing) -> None:
    text = page.escape(now.message)
    if now.state == "queued":
        before = queue.position(run) or 0
        st.info(
            f"{text} {before} before it in the queue; {_rough_wait(run)}",
            icon=":material/hourglass_empty:",
        )
    elif now.state in ("failed", "lost"):
        st.warning(text, icon=":material/warning:")
    elif text:
        st.caption(text)


def _rough_wait(run: RunDirectory) -> str:
    """What those before it still need, shared among the slots; unknown if one of them is."""
    total = 0.0
    for other in queue.tickets():
        if other.path == run.path:
            return f"a wait of roughly {in_words(total / queue.slots())}."
        try:
            about = other.spec()
            epochs = RunSpec.from_dict(about).recipe_config().epochs
        except ValueError:
            continue
        left = seen_of(other).make(progress, epochs).left
        left = left if left is not None else estimated(about)
        if left is None:
            return "how long that takes is not known yet."
        total += left
    return ""


def _buttons(run: RunDirectory, spec: RunSpec, now: Standing) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if now.state in ("queued", "running"):
            button("Cancel", "stop_circle", lambda: queue.cancel(run), run)
            button("Pause", "pause", lambda: queue.pause(run), run)
        elif now.resumable:
            button("Resume", "play_arrow", lambda: resume(run), run)
        if run.last_checkpoint() is not None:
            open_as_model(run, spec)


def resume(run: RunDirectory) -> None:
    """Queue a run that stopped. Errors: ValueError when it works, is done or too many wait."""
    with limits.starting():
        queue.enqueue(run)


def open_as_model(run: RunDirectory, spec: RunSpec) -> None:
    """A link to the page that shows such a model, with this one chosen."""
    label, name = "Open it as a model", run.path.name
    if spec.kind == "cnn":
        seen = {"compare": "where they look", "data": spec.data, "cnn": name}
        page.lesson_link("versus", label, **seen)
    else:
        page.lesson_link(spec.kind, label, model=name)


def button(label: str, icon: str, act: Callable[[], object], run: RunDirectory) -> None:
    """A button that steers a run; an error becomes its sentence and stays to be read."""
    if st.button(label, icon=f":material/{icon}:", key=f"{label}-{run.path.name}"):
        try:
            act()
        except ValueError as error:
            st.toast(page.escape(str(error)), icon=":material/error:")
        st.rerun()


def _see(run: RunDirectory, spec: RunSpec, seen: Seen, epochs: int) -> None:
    """One of the views; the others cost nothing."""
    views = ["curves", "gradient"]
    views += ["attention"] if (run.path / "attention" / "example.json").exists() else []
    views += ["text", "log"] if spec.kind == "gpt" else ["log"]
    view = controls.pick("See", views, key="see")
    if view == "gradient":
        _gradient(seen, epochs)
    elif view == "attention":
        attention_over_time(run)
    elif view == "text":
        texts_over_time(seen.records)
    elif view == "log":
        _log(run)
    else:
        _curves(seen, epochs)


def _log(run: RunDirectory) -> None:
    st.caption("What its process has said, the end of it.")
    try:
        st.code(log.said(run) or "Nothing so far.", language=None, height=320)
    except OSError as error:
        page.show_error(error)


def _curves(seen: Seen, epochs: int) -> None:
    page.show_figure(
        seen.make(curves.loss_figure, epochs),
        title="Loss",
        description="Cross-entropy in nats. When the held-out loss turns up while training goes "
        "on down, the model overfits.",
        key="loss",
    )
    measure = seen.make(curves.measure_beside_loss)
    if measure:
        page.show_figure(
            seen.make(curves.measure_figure, measure, epochs),
            title=page.escape(measure.capitalize()),
            description="After every epoch. The training value is taken while training, with all "
            "its noise and augmentation.",
            key="measure",
        )


def _gradient(seen: Seen, epochs: int) -> None:
    page.show_figure(
        seen.make(curves.rate_figure, epochs),
        title="Learning rate",
        description="What the schedule says at each step.",
        key="rate",
    )
    norms = seen.make(curves.norms_figure, epochs)
    if norms:
        page.show_figure(
            norms,
            title="Gradient norm of each layer",
            description="Logarithmic. A layer far below the others hardly learns; one that shoots "
            "up announces trouble.",
            key="norms",
        )


def _afterwards(run: RunDirectory, now: Standing, records: list[dict[str, Any]]) -> None:
    if now.state == "done" and records:
        took = records[-1].get("seconds", 0.0)
        words = f"It took {in_words(took)} of training"
        error = error_of(estimated(run.spec()), took)
        st.caption(f"{words}, {error}." if error else f"{words}.")
