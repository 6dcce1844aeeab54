"""python -m core.publish.recall_experiment: one large head or many small ones, on the recall task.

Five numbers of heads with three seeds each take about half a minute on one core.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from core.models.recall import task
from core.models.recall.history import COMMAND, HEADS, PLACES, SHIPPED
from core.system.atomic_write import write_bytes
from core.system.device import this_machine, use_threads

SEEDS = (0, 1, 2)


def main() -> None:
    """Train all and write the file."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=SHIPPED)
    arguments = parser.parse_args()
    use_threads(1)
    trained = []
    for heads in HEADS:
        for seed in SEEDS:
            one = task.train(heads, seed)
            trained.append(asdict(one))
            print(
                f"{heads} heads, seed {seed}: {one.accuracy:.1%}, {one.loss:.3f} nats", flush=True
            )
    about = {
        "symbols": task.SYMBOLS, "tokens": task.TOKENS, "dim": task.DIM, "places": PLACES,
        "steps": task.STEPS, "batch": task.BATCH, "learning_rate": task.LEARNING_RATE,
        "machine": this_machine(), "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip
    write_bytes(arguments.out, (json.dumps({"about": about, "trained": trained}) + "\n").encode())


if __name__ == "__main__":
    main()
