"""python -m core.publish.recall_experiment: one large head or many small ones, on the recall task.

A training that the file holds is not repeated; five numbers of heads with three seeds each take
about half a minute on one core.
"""

from __future__ import annotations

from core.models.recall import task
from core.models.recall.history import COMMAND, HEADS, PLACES, SHIPPED, Trained
from core.publish.trainings import here_and_now, options, train_missing

SEEDS = (0, 1, 2)


def main() -> None:
    """Train what the file does not hold yet."""
    out = options(COMMAND, __doc__, SHIPPED).parse_args().out
    about = {
        "symbols": task.SYMBOLS, "tokens": task.TOKENS, "dim": task.DIM, "places": PLACES,
        "steps": task.STEPS, "batch": task.BATCH, "learning_rate": task.LEARNING_RATE,
        **here_and_now(),
    }  # fmt: skip
    runs = ((heads, seed) for heads in HEADS for seed in SEEDS)
    for run in train_missing(out, Trained, ("heads", "seed"), runs, task.train, {"about": about}):
        print(f"{run.heads} heads, seed {run.seed}: {run.accuracy:.1%}, {run.loss:.3f} nats")


if __name__ == "__main__":
    main()
