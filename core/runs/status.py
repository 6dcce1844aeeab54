"""The status of a run as seen from outside: what it wrote, and whether its process is alive."""

from dataclasses import dataclass
from typing import Any

from core.config.run_spec import RunSpec
from core.run_files import schema
from core.run_files.directory import RunDirectory
from core.runs import control
from core.runs.process import alive, memory_kills

TERMINAL = ("done", "failed", "cancelled", "lost", "paused")
RESUMABLE = ("paused", "lost", "failed", "cancelled")


@dataclass(frozen=True)
class RunStatus:
    """state: one of STATES or "damaged". message: a sentence for the user. status: status.json."""

    state: str
    message: str
    status: dict[str, Any]

    @property
    def is_over(self) -> bool:
        """Whether no process works on it, and none will unless requested."""
        return self.state in (*TERMINAL, "damaged")

    @property
    def resumable(self) -> bool:
        return self.state in RESUMABLE


def process_of(run: RunDirectory) -> dict[str, Any] | None:
    """The contents of proc.json, None when there is none or it is damaged."""
    try:
        return {**schema.read(run.path / "proc.json", schema.Process)}
    except ValueError:
        return None


def engine_of(run: RunDirectory) -> dict[str, Any] | None:
    """engine.json of a run on a cluster, None for one on this machine."""
    try:
        return {**schema.read(run.path / "engine.json", schema.Engine)}
    except ValueError:
        return None


def run_status(run: RunDirectory) -> RunStatus:
    """The status now. Never raises: a damaged run's message names the damaged file."""
    try:
        spec = run.spec()
        status = run.status()
    except ValueError as error:
        return RunStatus("damaged", str(error), {})
    try:
        RunSpec.from_dict(spec)
    except ValueError as error:
        message = f"spec.json of the run {run.path.name} is not valid: {error}"
        return RunStatus("damaged", message, status)
    state, message = status["state"], status.get("message", "")
    cluster = engine_of(run)
    if cluster is not None and state in ("queued", "running"):
        return RunStatus(state, cluster.get("trouble") or message, status)
    if state == "running" and not alive(process_of(run)):
        again = run.status()  # it may have ended regularly since
        if again["state"] == "running":
            return RunStatus("lost", lost_message(run), status)
        return run_status(run)
    return RunStatus(state, message, status)


def lost_message(run: RunDirectory) -> str:
    """Why the process ended, where the system tells, and where the run can resume from."""
    about = process_of(run) or {}
    advice = "It has no checkpoint: resuming starts it again."
    if any(_is_valid(run, name) for name in run.checkpoint_names()):
        advice = "Resume it from its last checkpoint."
    if control.requested(run):
        return f"Its process ended before it could save and stop. {advice}"
    if memory_kills() > about.get("memory_kills", memory_kills()):
        return f"Its process was killed: out of memory. {advice}"
    return f"Its process exited unexpectedly. {advice}"


def _is_valid(run: RunDirectory, checkpoint: str) -> bool:
    try:
        schema.read(run.checkpoints / f"{checkpoint}.json", schema.Weights)
    except ValueError:
        return False
    return True
