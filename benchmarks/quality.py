"""python -m benchmarks.quality [NAME …]: train what the quality rows stand on again (hours).

Shipped models are trained as `make pretrain` does; the others end in benchmarks/histories. An
interrupted training goes on from its last checkpoint when this is called again.
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
from core.publish.train_shipped import pretrain, trained

OTHERS: dict[str, RunSpec] = {
    # Plain AdamW at 1e-3 ends at 0.6405, and at 2e-3 diverges: benchmarks/experiments.md.
    BETTER_RECIPE: replace(COURSE["vit"], recipe={**BEST["vit"].recipe, "epochs": EPOCHS}),
    # A schedule that is through where the course's accuracy is: a part of the images, once.
    QUICK_VIT: replace(
        BEST["vit"], share=0.8, recipe={**BEST["vit"].recipe, "epochs": 1, "batch_size": 64}
    ),
}
NAMES = (COURSE_VIT, BETTER_RECIPE, QUICK_VIT, BEST_VIT, COURSE_GPT, BEST_GPT)


def record(name: str, threads: int) -> None:
    """Train one (or go on), and keep its history. Errors: everything a run can fail with."""
    where = str(data_dir()) if data_dir() else None
    if name not in OTHERS:
        pretrain(name, where, threads)
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
        top.error(f"there is no {unknown.pop()!r}; there are {', '.join(NAMES)}")
    for name in options.names or NAMES:
        record(name, options.threads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
