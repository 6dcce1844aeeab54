"""python -m core.publish.train_shipped [NAME …]: train the models of assets/ again.

Each is an ordinary run called pretrain-NAME in the runs folder, so calling this again resumes an
interrupted run from its last checkpoint, and only publishes a finished one.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.config.run_spec import RunSpec
from core.models.zoo import entry_of
from core.publish.shipped_models import REPEATED, SHIPPED
from core.run_files.directory import RunDirectory, runs_folder
from core.system.command import exit_status
from core.training.command_line import train_run


def train_shipped(name: str, data_dir: str | None, threads: int) -> Path:
    """Train (or resume) one shipped model and publish it in assets/; returns its folder.

    Errors: ValueError for an unknown name, and all errors of a run.
    """
    if name not in SHIPPED:
        raise ValueError(f"There is no shipped model {name!r}; choose from {', '.join(SHIPPED)}.")
    spec = replace(SHIPPED[name], data_dir=data_dir, threads=threads)
    run = trained(f"pretrain-{name}", spec)
    from core.decoding.quality_sweep import write_sweep
    from core.publish.evaluation import evaluate  # these imports load torch
    from core.publish.publish import note_evaluation, note_second_seed, publish

    shipped = publish(run.path, name)
    note_evaluation(shipped, evaluate(entry_of(shipped), SHIPPED[name].data, data_dir))
    if name in REPEATED:
        note_second_seed(shipped, trained(f"pretrain-{name}-seed-1", replace(spec, seed=1)))
    if SHIPPED[name].kind == "gpt":
        write_sweep(name, data_dir)  # the quality of its texts, for the decoding page
    return shipped


def trained(name: str, spec: RunSpec) -> RunDirectory:
    """The finished run of that name in the runs folder: created, resumed or reused."""
    run = RunDirectory(runs_folder() / name)
    if not (run.path / "spec.json").exists():
        spec.require_data()
        run = RunDirectory.create(run.path, spec.to_dict())
    if run.status()["state"] != "done":
        train_run(run)
    return run


def main(arguments: Sequence[str] | None = None) -> int:
    top = argparse.ArgumentParser(prog="python -m core.publish.train_shipped", description=__doc__)
    top.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SHIPPED)}")
    top.add_argument("--data-dir", help="where the source files of the real data are; only read")
    top.add_argument("--threads", type=int, default=0, help="CPU threads, 0 for torch's choice")
    options = top.parse_args(arguments)

    def work() -> None:
        for name in options.names or SHIPPED:
            print(train_shipped(name, options.data_dir, options.threads))

    return exit_status(work)


if __name__ == "__main__":
    sys.exit(main())
