"""Automatic precision: which one a machine multiplies faster in, and that a run keeps it."""

from types import SimpleNamespace

import pytest
import torch

from core.config.run_spec import RunSpec
from core.run_files.directory import RunDirectory
from core.training import precision, session


def test_automatic_precision_is_resolved_once_and_written_to_the_spec(tmp_path, monkeypatch):
    run = RunDirectory.create(
        tmp_path / "run", RunSpec("vit", "CompactViT", recipe={"precision": "auto"}).to_dict()
    )
    monkeypatch.setattr(session, "faster_precision", lambda device: "bf16")
    resolved = session.resolve_auto(run, RunSpec.from_dict(run.spec()))
    assert resolved.recipe_config().precision == "bf16"
    monkeypatch.setattr(session, "faster_precision", lambda device: "fp32")
    again = session.resolve_auto(run, RunSpec.from_dict(run.spec()))
    assert again.recipe_config().precision == "bf16"


def test_the_probe_answers_with_a_precision():
    assert precision.faster_precision(torch.device("cpu")) in ("fp32", "bf16")


@pytest.mark.parametrize(
    ("fp32", "bf16", "faster", "trials"),
    [
        ([6] * 7, [4] * 7, "bf16", 7),
        ([6] * 7, [5] * 7, "fp32", 7),  # less than 1.3 times faster
        ([9, 6, *[9] * 5], [90, 90, 4, *[90] * 4], "fp32", 2),  # imitated, whatever may follow
        ([6] * 7, [90, 24, *[4] * 5], "bf16", 7),  # a slow first trial is no sign of that
    ],
)
def test_the_fastest_trial_counts_and_two_are_enough_where_bf16_is_imitated(
    fp32, bf16, faster, trials, monkeypatch
):
    taken = iter(
        [moment for pair in zip(fp32, bf16, strict=True) for s in pair for moment in (0, s)]
    )
    monkeypatch.setattr(precision, "time", SimpleNamespace(perf_counter=lambda: next(taken)))
    monkeypatch.setattr(precision, "SIZE", 8)
    assert precision.faster_precision(torch.device("cpu")) == faster
    assert len(list(taken)) == 4 * (7 - trials)
