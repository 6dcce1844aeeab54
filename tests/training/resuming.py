"""What the processes of test_resume.py do: train each run for some steps.

Their jobs are RUN,STEPS[,FIRST,COPY]. After step FIRST the run's directory is copied to COPY while
training continues: what a kill then leaves on the disk. That is the only step with a checkpoint:
one at every step would take a quarter of the time.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from core.run_files.directory import RunDirectory
from core.training.records import StepRecord

if TYPE_CHECKING:
    from core.training.loop import TrainState
    from core.training.prepare import Prepared


def trained(path: str, steps: str, first: str = "", copy: str = "") -> dict[int, list[float]]:
    from core.training import session  # torch comes in only now

    def save(run: RunDirectory, prepared: Prepared, state: TrainState, is_epoch: bool) -> None:
        if str(state.step) == first:
            written(run, prepared, state, is_epoch)

    written, found = session.save_state, {}
    with patch.object(session, "save_state", save):
        for record in session.run_session(RunDirectory(Path(path))):
            if isinstance(record, StepRecord):
                found[record.step] = [record.loss, record.grad_norm]
                if str(record.step) == first:
                    shutil.copytree(path, copy)
            if record.step >= int(steps):
                break
    return found


def main(jobs: list[str]) -> None:
    """Print a JSON list: for each job {step: [loss, gradient norm]}."""
    print(json.dumps([trained(*job.split(",")) for job in jobs]))
