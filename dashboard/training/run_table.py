"""The table of runs, and the actions on a selected one."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import streamlit as st

from core.config.run_spec import RunSpec, command_line
from core.run_files.directory import RunDirectory
from core.runs import archive, fork, queue, table
from core.runs.progress import in_words
from core.runs.status import RESUMABLE, run_status
from core.runs.table import Row
from core.system.command import typed
from core.training import tensorboard
from dashboard import limits, state
from dashboard.components import page, tables
from dashboard.figures import data as figure_data

SELECTED, MAX_LINKED = "runs", 50  # the name in the link, and how many runs it selects
MAX_EPOCHS = 10_000  # the largest choice for a run with fewer


def all_rows() -> list[Row]:
    """Every run, newest first; a stopped one is read again only when its files have changed."""
    queue.advance(wait=0)
    rows = []
    for folder in table.folders():
        over = run_status(RunDirectory(folder)).is_over
        rows.append(_row(str(folder), _fingerprint(folder)) if over else table.row(folder))
    return table.newest_first(rows)


def _fingerprint(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, time of change and size of every file."""
    stats = ((p, p.stat()) for p in sorted(folder.rglob("*")) if p.is_file())
    return tuple((p.name, about.st_mtime_ns, about.st_size) for p, about in stats)


@st.cache_resource(max_entries=500, show_spinner=False)
def _row(folder: str, fingerprint: tuple[tuple[str, int, int], ...]) -> Row:
    return table.row(Path(folder))


def matching(rows: list[Row], words: str) -> list[Row]:
    """The runs whose title, id, note, state or settings contain every word."""
    asked = words.lower().split()

    def text(row: Row) -> str:
        settings = " ".join(f"{k}={v}" for k, v in row.settings.items())
        return f"{row.title} {row.name} {row.note} {row.state} {settings}".lower()

    return [row for row in rows if all(word in text(row) for word in asked)]


def select(rows: list[Row]) -> list[Row]:
    """The table; returns the selected rows, which are in the link."""
    frame = pd.DataFrame(
        {
            "run": [row.title for row in rows],
            "state": ["damaged" if row.error else row.state for row in rows],
            "model": [row.settings.get("architecture", "") for row in rows],
            "data": [Path(str(row.settings.get("data", ""))).name for row in rows],
            "epoch": [round(row.epoch, 2) for row in rows],
            "held-out": [row.held_out.get("accuracy") for row in rows],
            "perplexity": [row.held_out.get("perplexity") for row in rows],
            "loss": [row.held_out.get("loss") for row in rows],
            "time": [in_words(row.seconds) if row.seconds else "" for row in rows],
            "started": [pd.Timestamp(row.created, unit="s") for row in rows],
            "note": [row.note for row in rows],
        }
    )
    frame = frame.dropna(axis="columns", how="all")  # such as accuracy, if all models are GPTs
    number = st.column_config.NumberColumn
    event = tables.show(
        frame,
        key="table",
        hide_index=True,
        width="stretch",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": _linked(rows)}},
        column_config={
            "held-out": number("accuracy", format="percent", help="Measured on held-out images."),
            "perplexity": number(format="%.1f", help="Measured on held-out text."),
            "loss": number("held-out loss", format="%.3f"),
            "started": st.column_config.DatetimeColumn("started (UTC)", format="MMM D, HH:mm"),
        },
    )
    numbers: Any = event.selection.rows
    selected = [rows[i] for i in numbers if i < len(rows)]
    state.put_in_link(SELECTED, ",".join(row.name for row in selected) or None)
    return selected


def _linked(rows: list[Row]) -> list[int]:
    """The rows of the runs that the link named when the page was opened."""
    if not state.offered(SELECTED):
        st.session_state[f"linked-{SELECTED}"] = st.query_params.get(SELECTED, "").split(",")
    state.offer(SELECTED, "")
    names = st.session_state.get(f"linked-{SELECTED}", [])
    return [i for i, row in enumerate(rows) if row.name in names][:MAX_LINKED]


def show_differences(rows: list[Row]) -> None:
    """The settings in which the runs differ, one column per run."""
    different = table.differences(rows)
    if not different:
        st.caption("These runs have the same settings.")
        return
    st.markdown(f"**Different settings ({len(different)})**")
    names = _unique([row.title for row in rows])
    values = [["-" if v is None else str(v) for v in line] for line in different.values()]
    frame = pd.DataFrame(values, columns=names, index=pd.Index(list(different), name="setting"))
    tables.show(frame, _mark, width="stretch")


def _mark(line: pd.Series) -> list[str]:
    """Differences from the first run, marked by weight and by a tint behind them."""
    tinted = "font-weight: bold; background-color: rgba(180, 76, 34, 0.25)"
    return ["" if v == line.iloc[0] else tinted for v in line]


def _unique(names: list[str]) -> list[str]:
    return [f"{n} ({i + 1})" if names.count(n) > 1 else n for i, n in enumerate(names)]


def manage(row: Row) -> None:
    """The actions on one run: rename, extend, fork, delete, export."""
    st.header(page.escape(row.title), anchor=False)
    st.caption(f"`{row.name}`")
    if row.error:
        st.error(page.escape(row.error), icon=":material/broken_image:")
    elif row.message:
        st.caption(page.escape(row.message))
    with st.container(horizontal=True):
        page.lesson_link("train", "Show the curves", run=row.name)
        _resume(row)
        if st.button("Delete", icon=":material/delete:", key=f"delete-{row.name}"):
            _try(lambda: table.delete(row.run))
    with st.form(f"about-{row.name}", border=False):
        title = st.text_input("Name", row.title, max_chars=table.TITLE_LENGTH)
        note = st.text_area("Note", row.note, max_chars=table.NOTE_LENGTH, height=80)
        if st.form_submit_button("Save name and note"):
            _try(lambda: table.rename(row.run, title, note))
    _more(row)
    _downloads(row)


def _resume(row: Row) -> None:
    if row.state in RESUMABLE and st.button(
        "Resume", icon=":material/play_arrow:", key=f"resume-{row.name}"
    ):
        _queue(lambda: queue.enqueue(row.run))


def _more(row: Row) -> None:
    names = row.run.checkpoint_names()
    if not names or row.error or row.state in ("queued", "running"):
        return
    epochs_before = row.settings["epochs"]
    with st.expander("Extend or fork", icon=":material/fork_right:"):
        most = max(MAX_EPOCHS, 2 * epochs_before)
        epochs = st.number_input(
            "Total epochs", epochs_before + 1, most, epochs_before + max(1, epochs_before // 2)
        )
        if st.button("Extend", key=f"on-{row.name}"):
            _queue(lambda: fork.extend(row.run, int(epochs)))
        st.divider()
        st.caption("A fork is a new run that starts from these weights and uses other settings.")
        checkpoint = st.selectbox("Checkpoint", names[::-1])
        now = row.settings
        with st.container(horizontal=True):
            rate = st.number_input(
                "Learning rate", 1e-8, 1.0, float(now["lr"]), format="%.6f", step=1e-4
            )
            length = st.number_input("Epochs", 1, most, epochs_before)
            batch = st.number_input(
                "Batch size", 1, max(4_096, now["batch_size"]), now["batch_size"]
            )
            decay = st.number_input(
                "Weight decay", 0.0, 10.0, float(now["weight_decay"]), step=0.01
            )
            seed = st.number_input("Random seed", 0, max(10**9, now["seed"]), now["seed"])
        if st.button("Fork", key=f"fork-{row.name}"):
            recipe = {"lr": float(rate), "epochs": int(length)}
            recipe |= {"batch_size": int(batch), "weight_decay": float(decay)}
            _queue(lambda: fork.fork(row.run, checkpoint, recipe, seed=int(seed)))


def _downloads(row: Row) -> None:
    if not row.settings:
        return
    st.caption("Command line that repeats this run:")
    st.code(command_line(RunSpec.from_dict(row.run.spec())), language="bash", wrap_lines=True)
    with st.container(horizontal=True):
        st.download_button(
            "Download as zip",
            lambda: archive.pack(row.run),
            f"{row.name}.zip",
            "application/zip",
            on_click="ignore",
            icon=":material/download:",
            key=f"zip-{row.name}",
            help="The zip holds the settings, the metrics (also as CSV), the weights and the "
            "command line.",
        )
        if tensorboard.available():
            st.download_button(
                "Download for TensorBoard",
                lambda: _event_files(row.run),
                f"{row.name}-tensorboard.zip",
                "application/zip",
                on_click="ignore",
                key=f"board-{row.name}",
            )


def _event_files(run: RunDirectory) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        tensorboard.export(run, Path(folder))
        return figure_data.pack_files(Path(folder))


def check_all() -> None:
    """A button that reads every file of every run, weights too, and lists the damaged ones."""
    if not st.button("Check every file of every run", icon=":material/fact_check:"):
        return
    folders = table.folders()
    bar = st.progress(0.0)
    damaged = []
    for number, folder in enumerate(folders):
        bar.progress((number + 1) / len(folders), f"{number + 1} of {len(folders)}")
        if error := table.row(folder, thorough=True).error:
            damaged.append(f"{folder.name}: {error}")
    bar.empty()
    for error in damaged:
        st.error(page.escape(error), icon=":material/broken_image:")
    if not damaged:
        st.success(f"All files of {len(folders)} runs are intact.", icon=":material/check_circle:")


def import_run() -> None:
    """Import a zip as a run, after every member was checked."""
    file = st.file_uploader("A run as a zip file", type="zip", key="import")
    st.caption(f"Import larger files with `{typed('runs unpack FILE.zip')}`.")
    if file is not None and st.button("Import", icon=":material/upload:"):
        with st.spinner("Checking every file …"):
            _try(lambda: _unpack(file))


def _unpack(file: BinaryIO) -> None:
    with limits.within(limits.IMPORTS):
        archive.unpack(file)


def undo_delete() -> None:
    """A button that restores the run that was deleted last."""
    names = table.deleted()
    if names and st.button(f"Undo: restore {names[0]}", icon=":material/undo:"):
        _try(lambda: table.undelete(names[0]))


def _queue(act: Callable[[], object]) -> None:
    def limited() -> None:
        with limits.starting():
            act()

    _try(limited)


def _try(action: Callable[[], object]) -> None:
    if page.succeeded(action):
        st.rerun()
