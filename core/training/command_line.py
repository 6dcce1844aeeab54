"""python -m core.train vit|cnn|gpt …: train in a terminal, into a run directory."""

import argparse
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.config.presets import PRESETS, preset
from core.config.recipe import ImageRecipe, TextRecipe
from core.config.run_spec import KINDS, RENAMED_SETTINGS, RunSpec, model_fields
from core.run_files.directory import RunDirectory, new_run_id, runs_folder
from core.run_files.version import code_version
from core.runs.worker import run_lock
from core.system.command import typed
from core.training.allocator import limit_kernel_cache
from core.training.errors import sentence

if TYPE_CHECKING:
    from core.training.records import Record

HELP = {
    "dim": "width of the residual stream",
    "attn_dim": "width of one attention head",
    "mlp_dim": "hidden width of the feed-forward layers",
    "num_heads": "attention heads a layer",
    "num_layers": "blocks",
    "patch_size": "side of a patch in pixels",
    "max_N": "context length in tokens, start token included",
    "dropout": "share of activations dropped in training (Compact architectures)",
    "word_dropout": "share of input words replaced by <UNK> in training (CompactGPT)",
    "epochs": "passes over the training data",
    "batch_size": "examples a step",
    "lr": "peak learning rate",
    "weight_decay": "AdamW's decoupled weight decay",
    "schedule": "cosine (one step an epoch) or warmup (linear up, then linear to zero)",
    "optimizer": "adamw or muon",
    "initialisation": "plain (torch's own) or small (each block changes little at first)",
    "augment": "random crops and alternating flips: true or false",
    "label_smoothing": "share of the target spread over all classes",
    "ema": "decay of the moving average of the weights, 0 for none",
    "clip": "largest gradient norm, 0 for no clipping",
    "precision": "fp32, bf16, or auto: the faster of the two here",
    "batches": "file (in file order) or length (texts of similar length)",
    "subword_embeddings": "embeddings as sums of subword vectors, which similar words share",
    "temperature": "of the text generated after every epoch, 0 for greedy",
}


def parser() -> argparse.ArgumentParser:
    """The command line; every size of a model and every setting of a recipe is an option."""
    more = "Every size of a model and every setting of a recipe is an option of its kind: see "
    more += f"{typed('train gpt --help')}."
    top = argparse.ArgumentParser(prog=typed("train"), description=__doc__, epilog=more)
    top.add_argument("--resume", type=Path, metavar="RUN_DIR", help="resume a run")
    kinds = top.add_subparsers(dest="kind", metavar="{vit,cnn,gpt}")
    for kind, architectures in KINDS.items():
        sub = kinds.add_parser(kind, help=f"train a {kind}", argument_default=argparse.SUPPRESS)
        sub.add_argument(
            "--preset", choices=PRESETS, default="course", help="where defaults come from"
        )
        sub.add_argument("--architecture", choices=architectures, help="the class to train")
        sub.add_argument(
            "--data", help="cifar10, shapes, shakespeare, grammar, refrain, or a path of your own"
        )
        sub.add_argument("--data-dir", help="where the source files of the data are; only read")
        sub.add_argument("--run-dir", type=Path, help="a new folder for this run")
        sub.add_argument("--seed", type=int, help="of weights, order and dropout (default 0)")
        sub.add_argument("--device", help="auto, cpu, cuda or mps (default auto)")
        sub.add_argument("--threads", type=int, help="CPU threads, 0 for torch's choice")
        sub.add_argument(
            "--checkpoint-every", type=float, help="seconds between checkpoints within an epoch"
        )
        sub.add_argument(
            "--validation-share",
            "--held-back",
            type=float,
            dest="validation_share",
            help="share of the training set that is set aside and measured on",
        )
        sub.add_argument("--share", type=float, help="share of the training set that is used")
        sizes: dict[str, Any] = {}
        for architecture in architectures:
            sizes = model_fields(architecture) | sizes
        recipe = vars(TextRecipe() if kind == "gpt" else ImageRecipe())
        for name, default in {**sizes, **recipe}.items():
            convert = _truth if isinstance(default, bool) else type(default)
            names = [name, *(old for old, new in RENAMED_SETTINGS.items() if new == name)]
            options = [f"--{name.replace('_', '-').lower()}" for name in names]
            sub.add_argument(*options, dest=name, type=convert, help=f"{HELP[name]} ({default})")
    return top


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"must be true or false, not {text!r}")
    return text.lower() == "true"


def spec_from(arguments: argparse.Namespace) -> RunSpec:
    """The preset, changed by the options that were given. Errors: ValueError naming the setting."""
    given = {k: v for k, v in vars(arguments).items() if k not in ("resume", "kind", "run_dir")}
    spec = preset(given.pop("preset"), arguments.kind)
    if given.get("architecture", spec.architecture) != spec.architecture:
        spec = replace(spec, architecture=given["architecture"], model={})
    recipe_names = vars(spec.recipe_config()).keys()
    recipe = {name: given.pop(name) for name in list(given) if name in recipe_names}
    own = {f.name for f in fields(RunSpec)}
    model = {name: given.pop(name) for name in list(given) if name not in own}
    if "data_dir" in given:
        given["data_dir"] = str(Path(given["data_dir"]).absolute())
    if Path(given.get("data", "")).suffix or "/" in given.get("data", ""):
        given["data"] = str(Path(given["data"]).absolute())
    return replace(spec, model={**spec.model, **model}, recipe={**spec.recipe, **recipe}, **given)


def main(arguments: Sequence[str] | None = None) -> int:
    limit_kernel_cache()
    top = parser()
    options = top.parse_args(arguments)
    try:
        processes, rank = (int(os.environ.get(n, d)) for n, d in (("WORLD_SIZE", 1), ("RANK", 0)))
        if rank:
            return train_distributed(None)
        if options.resume:
            run = RunDirectory(options.resume)
            if not (run.path / "spec.json").exists():
                raise ValueError(f"There is no run in {run.path}: it has no spec.json.")
            if run.status()["state"] == "done":
                print(f"The run {run.path.name} is finished; there is nothing to resume.")
                return 0
        elif options.kind:
            spec = spec_from(options)
            spec.require_data()  # before there is a folder
            path = getattr(options, "run_dir", None)
            path = path or runs_folder() / new_run_id(spec.kind, spec.data)
            run = RunDirectory.create(path, {**spec.to_dict(), "code": code_version()})
        else:
            top.error("say what to train (vit, cnn or gpt), or which run to --resume")
        return train_distributed(run) if processes > 1 else train_run(run)
    except (ValueError, OSError, MemoryError, RuntimeError) as error:
        if not isinstance(error, ValueError | FileNotFoundError):
            traceback.print_exc()
        print(f"Error: {sentence(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Resume it with --resume and its run directory.", file=sys.stderr)
        return 130


def train_run(run: RunDirectory) -> int:
    """Train a run to its end and show it in the terminal; returns the exit status."""
    print(f"Run directory: {run.path}", flush=True)
    with run_lock(run):
        from core.training.session import run_session  # torch comes in only now

        show(run_session(run), run)
    return 0


def train_distributed(run: RunDirectory | None) -> int:
    """`train_run` in one of the processes that torchrun started; only the main one has the run."""
    from core.training.distributed import broadcast, is_main, process_group, world_size
    from core.training.session import follow_session, run_session

    with process_group():
        path = broadcast(str(run.path) if run else None)
        if run is None or not is_main():
            follow_session(RunDirectory(Path(path)))
            return 0
        print(f"Run directory: {run.path}, {world_size()} processes", flush=True)
        with run_lock(run):
            show(run_session(run), run)
    return 0


def show(records: Iterator["Record"], run: RunDirectory) -> None:
    """Print the data used, a progress bar, a line for every epoch and the final message."""
    from core.training.records import EpochRecord, StepRecord

    epochs = RunSpec.from_dict(run.spec()).recipe_config().epochs
    for number, record in enumerate(records):
        if number == 0:
            print(run.status()["message"], flush=True)
        if isinstance(record, StepRecord) and sys.stdout.isatty():
            filled = int(30 * record.epoch / epochs)
            bar = "█" * filled + "·" * (30 - filled)
            speed = record.examples / record.seconds
            where = f"epoch {record.epoch:.2f}/{epochs}"
            line = f"\r{bar} {where}  loss {record.loss:.4f}  {speed:.0f}/s "
            print(line, end="", flush=True)
        elif isinstance(record, EpochRecord):
            measures = [f"train {k} {v:.4f}" for k, v in record.train.items()]
            measures += [f"held-out {k} {v:.4f}" for k, v in record.held_out.items()]
            print(f"\repoch {record.epoch}/{epochs}  {'  '.join(measures)}", flush=True)
            if record.text:
                print(f"    {record.text}", flush=True)
    status = run.status()
    if status["state"] != "done":
        print(status["message"], flush=True)
