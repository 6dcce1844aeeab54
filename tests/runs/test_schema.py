"""What the schema of a run's files lets through: all that was ever written, and nothing else."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from core.config.run_spec import RunSpec
from core.decoding.text_metrics import TextQuality
from core.run_files import attention_snapshots, metrics, schema
from core.run_files.directory import RunDirectory
from core.runs.damage import find_damage
from core.runs.status import run_status
from core.training.records import EpochRecord, StartRecord, StepRecord
from tests.conftest import ROOT

FOLDERS = ("assets", "benchmarks/histories")
KEPT = sorted(p.parent for folder in FOLDERS for p in ROOT.glob(f"{folder}/*/spec.json"))


@pytest.mark.parametrize("folder", KEPT, ids=lambda p: p.name)
def test_shipped_runs_are_valid_and_completely_read(folder: Path) -> None:
    run = RunDirectory(folder)
    assert run_status(run).state == "done"
    assert find_damage(run, thorough=True) == []
    text = (folder / "metrics.jsonl").read_text(encoding="utf-8")
    assert list(run.records()) == [json.loads(line) for line in text.splitlines()]
    assert run.spec() == json.loads((folder / "spec.json").read_text(encoding="utf-8"))
    assert run.status() == json.loads((folder / "status.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("written", "read"),
    [(StartRecord, metrics.StartLine), (StepRecord, metrics.StepLine),
     (EpochRecord, metrics.EpochLine), (RunSpec, schema.Spec), (TextQuality, schema.Measures)],
)  # fmt: skip
def test_every_field_that_is_written_is_read(written: type, read: type) -> None:
    """What the schema does not name is left out in reading, so a new field belongs into both."""
    names = {field.name for field in fields(written)}
    assert names <= read.__annotations__.keys() | metrics._Line.__annotations__.keys()


def test_unknown_fields_are_dropped() -> None:
    about = schema.decode(b'{"title": "a", "more": {"x": [1, [2]]}}', schema.About)
    assert about == {"title": "a"}


def test_the_size_of_a_file_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "vocab.json"
    path.write_text(json.dumps(["word"] * 200_000), encoding="utf-8")
    assert len(schema.read(path, schema.Vocabulary)) == 200_000
    path.write_bytes(b" " * (schema.MAX_BYTES + 1))
    with pytest.raises(ValueError, match=r"vocab.json .* 5,000,001 bytes, and may have 5,000,000"):
        schema.read(path, schema.Vocabulary)


def test_an_error_names_the_file_and_no_path_of_this_disk(tmp_path: Path) -> None:
    for path, name in {
        tmp_path / "my-run" / "spec.json": "spec.json of the run my-run",
        tmp_path / "my-run" / "checkpoints" / "a.json": "checkpoints/a.json of the run my-run",
    }.items():
        with pytest.raises(ValueError, match=f"^{name} cannot be read: No such file") as refused:
            schema.read(path, schema.Spec)
        assert str(tmp_path) not in str(refused.value)


def test_the_newest_records_are_read_from_the_end(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    steps = [{"kind": "step", "step": i, "epoch": i / 9, "seconds": i} for i in range(5_000)]
    epoch = {"kind": "epoch", "step": 2, "epoch": 1, "train": {}, "held_out": {"loss": 0.5}}
    lines = [json.dumps(record) + "\n" for record in (steps[0], epoch, *steps[1:])]
    path.write_text("".join(lines) + '{"kind": "step", "st', encoding="utf-8")
    assert path.stat().st_size > 3 * metrics.BLOCK
    assert metrics.last(path) == {"step": steps[-1], "epoch": epoch}
    path.write_text("".join(lines[:1]), encoding="utf-8")
    assert metrics.last(path) == {"step": steps[0]}
    assert metrics.last(tmp_path / "none") == {}


def test_a_damaged_line_is_reported_by_number(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    good = b'{"kind": "step", "step": 1, "epoch": 0.5}\n'
    path.write_bytes(good * 6 + good.replace(b"0.5", b'"x"') + good)
    said = "metrics.jsonl is damaged in line 7: Expected `float`, got `str` - at `$.epoch`."
    assert metrics.find_error(path) == said
    path.write_bytes(good + b"x" * (metrics.MAX_LINE_BYTES + 1) + b"\n" + good)
    assert metrics.find_error(path).startswith(
        "metrics.jsonl is damaged in line 2: it has more than"
    )
    assert len(list(metrics.read(path))) == 2


def test_maps_are_read_as_they_were_written(tmp_path: Path) -> None:
    import numpy as np

    folder = tmp_path / "attention"
    folder.mkdir()
    (folder / "example.json").write_text('{"words": ["a", "b"]}', encoding="utf-8")
    kept = np.arange(8, dtype=np.float16).reshape(1, 2, 2, 2)
    np.save(folder / "step-00000003.npy", kept)
    np.save(folder / "step-00000001.npy", kept.T)
    assert list(attention_snapshots.steps(tmp_path)) == [1, 3]
    shown = attention_snapshots.example(tmp_path)
    assert (attention_snapshots.maps(attention_snapshots.steps(tmp_path)[3], shown) == kept).all()
    np.save(folder / "step-00000003.npy", np.full((1, 2, 2, 2), np.nan, np.float16))
    with pytest.raises(ValueError, match="the training diverged"):
        attention_snapshots.maps(attention_snapshots.steps(tmp_path)[3], shown)


@pytest.mark.parametrize(
    ("checkpoint", "said"),
    [(None, "has no checkpoint"), ("{", "has no checkpoint"),
     (json.dumps({"architecture": "CompactGPT", "config": {}, "sha256": "0" * 64}),
      "from its last checkpoint")],
)  # fmt: skip
def test_a_lost_run_offers_a_checkpoint_only_if_there_is_one(
    checkpoint: str | None, said: str, tmp_path: Path
) -> None:
    spec = RunSpec("gpt", "CompactGPT", data="grammar").to_dict()
    run = RunDirectory.create(tmp_path / "run", spec, "running")
    if checkpoint is not None:
        (run.checkpoints / "step-1.safetensors").touch()
        (run.checkpoints / "step-1.json").write_text(checkpoint, encoding="utf-8")
    now = run_status(run)
    assert now.state == "lost"
    assert said in now.message


def test_a_new_status_keeps_step_and_checksum(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path / "run", RunSpec("vit", "CompactViT").to_dict())
    run.set_status("running", step=5, checksum="a" * 64, gpu=1)
    run.set_status("paused", "A message.")
    status = run.status()
    assert (status["step"], status["checksum"]) == (5, "a" * 64)
    assert "gpu" not in status
    run.set_status("running", step=7)
    assert run.status()["step"] == 7
