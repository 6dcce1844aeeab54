"""python -m tests.training.resuming RUN,STEPS[,FIRST,COPY] …: train each run for some steps.

Prints a JSON list: for each run, {step: [loss, gradient norm]}. After step FIRST the run's
directory is copied to COPY while training continues: what a kill then leaves on the disk.
"""

import json
import shutil
import sys
from pathlib import Path

from core.run_files.directory import RunDirectory
from core.training.allocator import limit_kernel_cache
from core.training.records import StepRecord


def trained(path: str, steps: str, first: str = "", copy: str = "") -> dict[int, list[float]]:
    from core.training.session import run_session  # torch comes in only now

    found = {}
    for record in run_session(RunDirectory(Path(path))):
        if isinstance(record, StepRecord):
            found[record.step] = [record.loss, record.grad_norm]
            if str(record.step) == first:
                shutil.copytree(path, copy)
        if record.step >= int(steps):
            break
    return found


if __name__ == "__main__":
    limit_kernel_cache()
    print(json.dumps([trained(*job.split(",")) for job in sys.argv[1:]]))
