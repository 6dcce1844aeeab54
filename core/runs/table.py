"""The table of runs: list, rename, delete, restore."""

import calendar
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.config.run_spec import RunSpec, model_fields
from core.run_files import manifest, schema
from core.run_files.directory import RUN_ID, RunDirectory, replace_json, runs_folder
from core.runs.damage import find_damage
from core.runs.status import run_status

TITLE_LENGTH, NOTE_LENGTH = 80, 2000


@dataclass(frozen=True)
class Row:
    """One run. settings: the whole configuration, defaults included, in one flat dictionary.
    held_out: the measures of the last epoch. error: which file is damaged, "" if none; otherwise
    the rest may be empty."""

    run: RunDirectory
    name: str
    title: str
    note: str
    state: str
    message: str
    kind: str
    created: float
    settings: dict[str, Any]
    held_out: dict[str, float]
    epoch: float
    seconds: float
    error: str


def rows(thorough: bool = False) -> list[Row]:
    """Every run in the runs folder, newest first; the row of a damaged one names the file.

    thorough: also compare the weights with their checksums.
    """
    return newest_first([row(folder, thorough) for folder in folders()])


def folders() -> list[Path]:
    """The folder of every run, without deleted and half imported ones."""
    return [p for p in runs_folder().glob("*") if RUN_ID.fullmatch(p.name) and p.is_dir()]


def newest_first(rows: list[Row]) -> list[Row]:
    """Sorted by the time of creation."""
    return sorted(rows, key=lambda r: (r.created, r.name), reverse=True)


def row(folder: Path, thorough: bool = False) -> Row:
    """The row of one run; never raises."""
    run = RunDirectory(folder)
    now = run_status(run)
    settings = _settings(run)
    errors = [now.message] if now.state == "damaged" else []
    errors += find_damage(run, thorough, history=now.is_over)
    about = _about(run)
    last = run.last_records()
    epoch, step = last.get("epoch", {}), last.get("step", {})
    newest = max(epoch, step, key=lambda r: r.get("seconds", 0.0))
    return Row(
        run=run,
        name=folder.name,
        title=(about.get("title") or folder.name)[:TITLE_LENGTH],
        note=about.get("note", "")[:NOTE_LENGTH],
        state=now.state,
        message=now.message,
        kind=str(settings.get("kind", "")),
        created=_created(folder),
        settings=settings,
        held_out=epoch.get("held_out", {}),
        epoch=float(newest.get("epoch", 0.0)),
        seconds=newest.get("seconds", 0.0),
        error=" ".join(dict.fromkeys(errors)),
    )


def differences(selected: list[Row]) -> dict[str, list[Any]]:
    """The settings in which these runs differ: name -> one value per run, None if it has none."""
    names = list(dict.fromkeys(name for r in selected for name in r.settings))
    values = {name: [r.settings.get(name) for r in selected] for name in names}
    return {name: v for name, v in values.items() if any(x != v[0] for x in v)}


def rename(run: RunDirectory, title: str, note: str) -> None:
    """Set title and note of a run, cut to length; its id stays."""
    about = {"title": title.strip()[:TITLE_LENGTH], "note": note.strip()[:NOTE_LENGTH]}
    replace_json(run.path / "about.json", {**_about(run), **about})
    manifest.refresh(run, "about.json")


def delete(run: RunDirectory) -> None:
    """Move a run to the bin, from which `undelete` restores it.

    Errors: ValueError when it is queued or running, OSError when its files are in use.
    """
    if not run_status(run).is_over:
        raise ValueError(f"The run {run.path.name} is queued or running; cancel it first.")
    _bin().mkdir(parents=True, exist_ok=True)
    try:
        os.rename(run.path, _bin() / run.path.name)
    except PermissionError:  # Windows moves no folder with an open file in it
        raise OSError(
            f"The run {run.path.name} cannot be deleted: a program has its files open, or this "
            f"user may not write there; stop the dashboard, then try again."
        ) from None
    os.utime(_bin() / run.path.name)


def undelete(name: str) -> RunDirectory:
    """Restore a run from the bin. Errors: ValueError when it is not there or the id is in use."""
    if not RUN_ID.fullmatch(name) or not (_bin() / name).is_dir():
        raise ValueError(f"There is no deleted run {name[:80]!r}.")
    target = runs_folder() / name
    if target.exists():
        raise ValueError(f"There is another run {name}; rename its folder first.")
    os.rename(_bin() / name, target)
    return RunDirectory(target)


def deleted() -> list[str]:
    """The ids of the runs in the bin, last deleted first."""
    folders = [p for p in _bin().glob("*") if RUN_ID.fullmatch(p.name)]
    return [p.name for p in sorted(folders, key=lambda p: p.stat().st_mtime, reverse=True)]


def _settings(run: RunDirectory) -> dict[str, Any]:
    """Empty where spec.json is damaged, which `run_status` says."""
    try:
        spec = RunSpec.from_dict(run.spec())
    except ValueError:
        return {}
    flat = {k: v for k, v in spec.to_dict().items() if k not in ("model", "recipe")}
    model = {**model_fields(spec.architecture), **spec.model}
    return {**flat, **model, **vars(spec.recipe_config())}


def _about(run: RunDirectory) -> dict[str, Any]:
    try:
        return {**schema.read(run.path / "about.json", schema.About)}
    except ValueError:
        return {}


def _created(folder: Path) -> float:
    """Seconds since 1970, from the id where it has a time: copying a run does not change it."""
    stamp = re.search(r"-(20\d{6}-\d{6})-", f"{folder.name}-")
    try:
        if stamp:
            return calendar.timegm(time.strptime(stamp[1], "%Y%m%d-%H%M%S"))
    except ValueError:
        pass
    return folder.stat().st_mtime if folder.exists() else 0.0


def _bin() -> Path:
    return runs_folder() / ".deleted"
