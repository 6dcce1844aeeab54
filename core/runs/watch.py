"""How a run stands, as far as can be told from outside: what it wrote, and whether it lives."""

from dataclasses import dataclass
from typing import Any

from core.runs import control
from core.runs.directory import STATES, RunDirectory, read_json
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
        return read_json(run.path / "proc.json")
    except ValueError:
        return None


def engine_of(run: RunDirectory) -> dict[str, Any] | None:
    """engine.json of a run that a cluster works on, None for one of this machine."""
    try:
        return read_json(run.path / "engine.json")
    except ValueError:
        return None


def standing(run: RunDirectory) -> Standing:
    """How the run stands now. Never raises: a damaged run says which file is damaged."""
    try:
        run.spec()
        status = run.status()
    except ValueError as error:
        return Standing("damaged", str(error), {})
    state, message = status.get("state"), str(status.get("message", ""))
    if state not in STATES:
        return Standing("damaged", f"status.json of the run {run.path.name} has no state.", status)
    cluster = engine_of(run)
    if cluster is not None and state in ("queued", "running"):
        return Standing(str(state), str(cluster.get("trouble") or message), status)
    if state == "running" and not alive(process_of(run)):
        again = run.status()  # it may have ended properly since
        if again.get("state") == "running":
            return Standing("lost", lost_message(run), status)
        return standing(run)
    return Standing(str(state), message, status)


def lost_message(run: RunDirectory) -> str:
    """Why the process is gone, as far as the machine tells, and what is left of its work."""
    about = process_of(run) or {}
    kept = "Its last checkpoint is kept: resume it."
    if run.last_checkpoint() is None:
        kept = "It had no checkpoint yet: resume it to begin again."
    if control.asked(run):
        return f"Its process ended before it could answer. {kept}"
    if memory_kills() > about.get("memory_kills", memory_kills()):
        return f"The system ended its process for want of memory. {kept}"
    return f"Its process ended without a word. {kept}"
