"""Runs of the time when every compact ViT pooled its patches are read, opened and resumed."""

import json

import pytest
import torch

from core.config.model_config import config_for
from core.config.run_spec import RunSpec
from core.models import zoo
from core.models.checkpoint import model_tensors, read_checkpoint, write_checkpoint
from core.models.registry import build
from core.run_files.directory import RunDirectory
from core.runs import launch
from core.runs.fork import fork
from core.runs.process import identity

SIZES = {"dim": 16, "attn_dim": 8, "mlp_dim": 16, "num_heads": 2, "num_layers": 1}
EXTRA = {"classes": [str(i) for i in range(10)], "mean": [0.5] * 3, "std": [0.25] * 3}


@pytest.fixture(params=["CompactViT", "SinusoidalViT"])
def old(request, tmp_path, monkeypatch):
    """A run whose specification and checkpoint name the architecture as they did then."""
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    spec = RunSpec("vit", request.param, model=SIZES).to_dict()
    run = RunDirectory.create(tmp_path / "old", spec, "done")
    pooled = f"Pooled{request.param}"
    model = build(pooled, config_for(pooled, SIZES)).eval()
    tensors = {f"model.{name}": t for name, t in model_tensors(model).items()}
    config = config_for(request.param, SIZES)
    write_checkpoint(run.checkpoints / "step-1", request.param, config, tensors, EXTRA)
    stated = json.loads((run.path / "spec.json").read_text("utf-8"))
    assert stated["architecture"] == request.param
    return run, model, pooled


def test_it_is_named_and_opened_as_what_it_is(old):
    run, model, pooled = old
    assert run.spec()["architecture"] == pooled
    assert read_checkpoint(run.checkpoints / "step-1").architecture == pooled
    entry = zoo.find_model("old")
    assert entry.architecture == pooled
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(zoo.load_model(entry).model(images)[0], model(images)[0])


def test_a_fork_of_it_is_pooled_too(old, monkeypatch):
    run, _, pooled = old
    monkeypatch.setattr(launch, "start", lambda *_: identity())  # nothing need train
    assert fork(run, "step-1", {}).spec()["architecture"] == pooled


def test_a_new_run_of_that_name_is_not(tmp_path):
    run = RunDirectory.create(tmp_path / "new", RunSpec("vit", "CompactViT").to_dict())
    assert run.spec()["architecture"] == "CompactViT"


def test_its_parameters_are_counted_in_the_order_of_stored_optimiser_states():
    names = [
        n
        for n, _ in build(
            "PooledCompactViT", config_for("PooledCompactViT", SIZES)
        ).named_parameters()
    ]
    parts = list(dict.fromkeys(name.split(".")[0] for name in names))
    assert parts == ["cls_token", "patch_embed", "pos_E", "transformer", "pool", "head"]
