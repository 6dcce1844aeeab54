"""python -m benchmarks.quality [NAME …]: train the models of the quality rows again (hours).

Shipped models are trained as `make pretrain` does; the histories of the others are stored in
benchmarks/histories. Calling this again resumes an interrupted training from its last checkpoint.
"""

import argparse
import sys
from dataclasses import replace

from benchmarks.history import HISTORIES
from benchmarks.rows_quality import (
    BEST_GPT,
    BEST_VIT,
    BETTER_RECIPE,
    COURSE_GPT,
    COURSE_VIT,
    EPOCHS,
    QUICK_VIT,
)
from benchmarks.rows_training import data_dir
from core.config.presets import BEST, COURSE
from core.config.run_spec import RunSpec
from core.publish.publish import copy_history
from core.publish.train_shipped import train_shipped, trained

OTHERS: dict[str, RunSpec] = {
    # Plain AdamW at 1e-3 ends at 0.6405, and at 2e-3 diverges: benchmarks/experiments.md.
    BETTER_RECIPE: replace(COURSE["vit"], recipe={**BEST["vit"].recipe, "epochs": EPOCHS}),
    # A schedule that ends at the course's accuracy: one epoch on a part of the images.
    QUICK_VIT: replace(
        BEST["vit"], share=0.8, recipe={**BEST["vit"].recipe, "epochs": 1, "batch_size": 64}
    ),
}
NAMES = (COURSE_VIT, BETTER_RECIPE, QUICK_VIT, BEST_VIT, COURSE_GPT, BEST_GPT)


def record(name: str, threads: int) -> None:
    """Train (or resume) one, and store its history. Errors: all errors of a run."""
    where = str(data_dir()) if data_dir() else None
    if name not in OTHERS:
        train_shipped(name, where, threads)
        return
    run = trained(f"quality-{name}", replace(OTHERS[name], data_dir=where, threads=threads))
    copy_history(run, HISTORIES / name)


def main() -> int:
    top = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    top.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    top.add_argument("--threads", type=int, default=2)
    options = top.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        top.error(f"there is no {unknown.pop()!r}; choose from {', '.join(NAMES)}")
    for name in options.names or NAMES:
        record(name, options.threads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
