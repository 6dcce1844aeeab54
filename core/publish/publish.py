"""python -m core.publish.publish RUN_DIR NAME: turn a finished run into a shipped model in assets/.

Copies the specification, the history (every epoch and some steps), the vocabulary and the weights
without optimiser, as fp16, and writes a model card.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import torch

from core.config.run_spec import RunSpec
from core.models.checkpoint import model_from, read_checkpoint, write_checkpoint
from core.models.registry import parameter_count
from core.models.zoo import ASSETS, SECOND_SEED
from core.run_files.directory import RunDirectory, replace_json
from core.system.command import exit_status

MAX_STEPS = 200


def publish(source: Path, name: str, assets: Path = ASSETS) -> Path:
    """Copy the finished run `source` to assets/name. Errors: ValueError when it is not finished."""
    run = RunDirectory(source)
    status = run.status()
    if status["state"] != "done":
        raise ValueError(
            f"The run {source.name} is {status['state']}; only a finished run can be published."
        )
    last = run.last_checkpoint()
    if last is None:
        raise ValueError(f"The run {source.name} has no checkpoint; train it again.")
    checkpoint = read_checkpoint(last)
    target = assets / name
    copy_history(run, target)
    (target / "checkpoints").mkdir()
    if (source / "vocab.json").exists():
        shutil.copyfile(source / "vocab.json", target / "vocab.json")
    weights = {n: t for n, t in checkpoint.tensors.items() if n.startswith("model.")}
    half = {n: t.half() if t.dtype == torch.float32 else t for n, t in weights.items()}
    path = target / "checkpoints" / "weights"
    write_checkpoint(path, checkpoint.architecture, checkpoint.config, half, checkpoint.extra)
    parameters = parameter_count(model_from(read_checkpoint(path)))
    spec = RunSpec.from_dict(run.spec())
    card = model_card(name, spec, parameters, run.last_records()["epoch"], checkpoint.extra, status)
    (target / "card.md").write_text(card, encoding="utf-8", newline="\n")
    return target


def note_evaluation(target: Path, figures: dict[str, Any]) -> None:
    """Write the result of `core.evaluate` into the card of a shipped model, replacing an older one.

    figures: its JSON object; the measures of the texts of people are in the object `human`.
    """
    model, data, human = (figures.get(name) for name in ("model", "data", "human"))
    numbers = {k: v for k, v in figures.items() if isinstance(v, (int, float))}
    text = ", ".join(f"{k} {v:.4g}" for k, v in numbers.items())
    if human:
        text += "; texts of people: " + ", ".join(f"{k} {v:.4g}" for k, v in human.items())
    start = "| `python -m core.evaluate"
    card = target / "card.md"
    lines = [x for x in card.read_text(encoding="utf-8").splitlines() if not x.startswith(start)]
    last = "| last epoch on the training data"
    row = next(i for i, line in enumerate(lines) if line.startswith(last))
    lines.insert(row, f"{start} {model} --data {data}` | {text} |")
    card.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def note_second_seed(target: Path, run: RunDirectory) -> None:
    """Keep the last epoch of the same training with another seed: second_seed.json, card."""
    last, seed = run.last_records()["epoch"], run.spec()["seed"]
    results = {key: last[key] for key in ("epoch", "train", "held_out")}
    replace_json(target / SECOND_SEED, {"seed": seed, **results})
    measures = ", ".join(f"{k} {v:.4g}" for k, v in last["held_out"].items())
    card = target / "card.md"
    lines = card.read_text(encoding="utf-8").splitlines()
    row = next(i for i, line in enumerate(lines) if line.startswith("| training |"))
    lines.insert(row, f"| last epoch with seed {seed} | {measures} |")
    card.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def copy_history(run: RunDirectory, target: Path) -> None:
    """Replace `target` by the run's specification, status, every epoch and some of its steps.

    About MAX_STEPS steps, evenly spaced.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    replace_json(target / "spec.json", {**run.spec(), "data_dir": None})
    replace_json(target / "status.json", run.status())
    records = list(run.records())
    steps = [r for r in records if r["kind"] == "step"]
    copied = steps[:: max(1, len(steps) // MAX_STEPS)] + [
        r for r in records if r["kind"] == "epoch"
    ]
    copied.sort(key=lambda r: (r["step"], r["kind"] == "epoch"))
    lines = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in copied)
    (target / "metrics.jsonl").write_text(lines, encoding="utf-8", newline="\n")


def model_card(
    name: str,
    spec: RunSpec,
    parameters: int,
    last: dict[str, Any],
    extra: dict[str, Any],
    status: dict[str, Any],
) -> str:
    """The card as Markdown; every number in it comes from the run's own files."""
    from time import gmtime, strftime

    held_out = ", ".join(f"{k} {v:.4g}" for k, v in last["held_out"].items())
    train = ", ".join(f"{k} {v:.4g}" for k, v in last["train"].items())
    options = {**spec.model, **spec.recipe}
    recipe = ", ".join(f"{k} {v}" for k, v in options.items()) or "the course's defaults"
    measured = "the validation set" if spec.validation_share else "the test set"
    threads = spec.threads or "torch's choice of"
    clocks = (
        f"{last['cpu_seconds']:,.0f} s of CPU time, {last['seconds']:,.0f} s in all, "
        f"on {threads} CPU thread(s)"
    )
    return f"""# {name}

| what | value |
| --- | --- |
| architecture | {spec.architecture}, {parameters:,} parameters |
| data | {spec.data}. {status["message"]} |
| data checksum | {extra.get("checksum", "unknown")} |
| settings that differ from the defaults | {recipe} |
| seed | {spec.seed} |
| last epoch on {measured} | {held_out} |
| last epoch on the training data | {train} |
| training | {last["epoch"]} epochs, {last["step"]:,} steps, {clocks} |
| finished | {strftime("%Y-%m-%d", gmtime(status["updated"]))} (UTC) |
| weights | stored as fp16, converted to fp32 when they are loaded |
| rebuild | `make pretrain MODEL={name}` |
"""


def main() -> int:
    top = argparse.ArgumentParser(prog="python -m core.publish.publish", description=__doc__)
    top.add_argument("run_dir", type=Path)
    top.add_argument("name")
    options = top.parse_args()
    return exit_status(lambda: print(publish(options.run_dir, options.name)))


if __name__ == "__main__":
    sys.exit(main())
