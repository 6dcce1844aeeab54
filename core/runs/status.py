"""How a run stands, as far as can be told from outside: what it wrote, and whether it lives."""

from dataclasses import dataclass
from typing import Any

from core.config.run_spec import RunSpec
from core.run_files import schema
from core.run_files.directory import RunDirectory
from core.runs import control
from core.runs.process import alive, memory_kills

OVER = ("done", "failed", "cancelled", "lost", "paused")
RESUMABLE = ("paused", "lost", "failed", "cancelled")


@dataclass(frozen=True)
class Standing:
    """state is one of STATES or "damaged"; message says more, in words for the user."""

    state: str
    message: str
    status: dict[str, Any]

    @property
    def over(self) -> bool:
        """Nobody works on it now, and nobody will unless asked."""
        return self.state in (*OVER, "damaged")

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
    """engine.json of a run that a cluster works on, None for one of this machine."""
    try:
        return {**schema.read(run.path / "engine.json", schema.Engine)}
    except ValueError:
        return None


def standing(run: RunDirectory) -> Standing:
    """How the run stands now. Never raises: a damaged run says which file is damaged."""
    try:
        spec = run.spec()
        status = run.status()
    except ValueError as error:
        return Standing("damaged", str(error), {})
    try:
        RunSpec.from_dict(spec)
    except ValueError as error:
        said = f"spec.json of the run {run.path.name} does not fit: {error}"
        return Standing("damaged", said, status)
    state, message = status["state"], status.get("message", "")
    cluster = engine_of(run)
    if cluster is not None and state in ("queued", "running"):
        return Standing(state, cluster.get("trouble") or message, status)
    if state == "running" and not alive(process_of(run)):
        again = run.status()  # it may have ended properly since
        if again["state"] == "running":
            return Standing("lost", lost_message(run), status)
        return standing(run)
    return Standing(state, message, status)


def lost_message(run: RunDirectory) -> str:
    """Why the process is gone, as far as the machine tells, and what is left of its work."""
    about = process_of(run) or {}
    kept = "It has no checkpoint to go on from: resume it to begin again."
    if any(_describes(run, name) for name in run.checkpoint_names()):
        kept = "Its last whole checkpoint is kept: resume it."
    if control.requested(run):
        return f"Its process ended before it could answer. {kept}"
    if memory_kills() > about.get("memory_kills", memory_kills()):
        return f"The system ended its process for want of memory. {kept}"
    return f"Its process ended without a word. {kept}"


def _describes(run: RunDirectory, checkpoint: str) -> bool:
    try:
        schema.read(run.checkpoints / f"{checkpoint}.json", schema.Weights)
    except ValueError:
        return False
    return True
