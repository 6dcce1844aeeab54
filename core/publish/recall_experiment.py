"""python -m core.publish.recall_experiment: one large head or many small ones, on the recall task.

Five numbers of heads with three seeds each take about half a minute on one core.
"""

from __future__ import annotations

from dataclasses import asdict

from core.models.recall import task
from core.models.recall.history import COMMAND, HEADS, PLACES, SHIPPED
from core.publish.trainings import here_and_now, options
from core.system.measurements import save

SEEDS = (0, 1, 2)


def main() -> None:
    """Train all and write the file."""
    out = options(COMMAND, __doc__, SHIPPED).parse_args().out
    trained = []
    for heads in HEADS:
        for seed in SEEDS:
            run = task.train(heads, seed)
            trained.append(asdict(run))
            print(
                f"{heads} heads, seed {seed}: {run.accuracy:.1%}, {run.loss:.3f} nats", flush=True
            )
    about = {
        "symbols": task.SYMBOLS, "tokens": task.TOKENS, "dim": task.DIM, "places": PLACES,
        "steps": task.STEPS, "batch": task.BATCH, "learning_rate": task.LEARNING_RATE,
        **here_and_now(),
    }  # fmt: skip
    save(out, {"about": about, "trained": trained})


if __name__ == "__main__":
    main()
