"""Training: what it minimises, that it can be resumed, and that a seed determines the result."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from core.config.model_config import config_for
from core.config.recipe import ImageRecipe, TextRecipe
from core.config.run_spec import RunSpec
from core.gpt import DialogueLoss
from core.models.checkpoint import read_checkpoint
from core.models.registry import build
from core.run_files.directory import RunDirectory
from core.system.eager import eager
from core.tokenizer import WordTokenizer
from core.training.command_line import main, parser, spec_from
from core.training.loop import NotFiniteError, start, train
from core.training.records import EpochRecord, StepRecord
from core.training.resume import restore, state_tensors
from core.training.schedule import learning_rate
from core.training.tasks.chunked_cross_entropy import (
    chunk_size,
    chunked_cross_entropy,
    cross_entropy_per_token,
)
from core.training.tasks.dialogues import Dialogues, DialogueTask, evaluate_dialogues, micro_batches
from core.training.tasks.images import Images, ImageTask, alternate_flip, random_crop
from core.training.tasks.initialisation import scaled_init

GPT = {"dim": 16, "attn_dim": 8, "mlp_dim": 16, "num_heads": 2, "num_layers": 2}


def few_images(n=48, classes=4):
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(n) % classes
    pixels = torch.randint(0, 60, (n, 3, 16, 16), generator=generator)
    pixels += (labels * 40)[:, None, None, None]  # brightness tells the class
    half = torch.full((3,), 0.5)
    return Images(pixels.to(torch.uint8), labels, half, half)


def image_training(recipe, architecture="CompactViT", seed=0):
    images = few_images()
    sizes = {"nout": 4, "img_size": 16, **(GPT if architecture != "SmallCNN" else {"dim": 16})}
    torch.manual_seed(seed)
    model = build(architecture, config_for(architecture, sizes))
    model = model.to(memory_format=torch.channels_last)
    task = ImageTask(images, images, recipe)
    return start(model, recipe), task


TEXT = [f"A{i} :\n" + "so it goes on and on . " * (i % 5 + 1) for i in range(24)]


def text_training(recipe, architecture="DialogueGPT", seed=0):
    tokenizer = WordTokenizer("\n\n".join(TEXT))
    examples = Dialogues.from_encoded([tokenizer.encode(t) for t in TEXT], 40)
    config = config_for(architecture, {**GPT, "vocab_size": tokenizer.vocab_size, "max_N": 60})
    torch.manual_seed(seed)
    model = build(architecture, config)
    task = DialogueTask(examples, examples, tokenizer, recipe)
    return start(model, recipe, tokenizer.vocab), task


def weights(state):
    return torch.cat([p.detach().flatten() for p in state.model.parameters()])


@pytest.mark.parametrize("count", [1, 255, 256, 300])  # a chunk holds 256
def test_chunked_cross_entropy_equals_torch_s_with_its_gradients(count):
    torch.manual_seed(0)
    hidden = torch.randn(count, 8, requires_grad=True)
    weight = torch.randn(50, 8, requires_grad=True)
    bias = torch.randn(50, requires_grad=True)
    targets = torch.randint(0, 50, (count,))
    ours = chunked_cross_entropy(hidden, weight, bias, targets, torch.float32)
    grads = torch.autograd.grad(ours * 0.3, (hidden, weight, bias))
    logits = hidden @ weight.T + bias
    theirs = torch.nn.functional.cross_entropy(logits, targets, reduction="sum")
    expected = torch.autograd.grad(theirs * 0.3, (hidden, weight, bias))
    torch.testing.assert_close(ours, theirs)
    for mine, other in zip(grads, expected, strict=True):
        torch.testing.assert_close(mine, other, atol=1e-4, rtol=1e-4)
    each = cross_entropy_per_token(hidden, weight, bias, targets, torch.float32)
    torch.testing.assert_close(each.sum(), theirs.detach())


def test_chunked_cross_entropy_in_bf16_differs_by_rounding_alone():
    torch.manual_seed(0)
    hidden = torch.randn(300, 8, requires_grad=True)
    weight = torch.randn(50, 8, requires_grad=True)
    bias, targets = torch.randn(50, requires_grad=True), torch.randint(0, 50, (300,))
    found = []
    for dtype in (torch.float32, torch.bfloat16):
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            loss = chunked_cross_entropy(hidden, weight, bias, targets, dtype)
        found.append((loss, *torch.autograd.grad(loss, (hidden, weight, bias))))
    for exact, rounded in zip(*found, strict=True):
        assert rounded.dtype == torch.float32
        assert (rounded - exact).norm() < 0.01 * exact.norm()


def test_a_chunk_holds_at_least_32_tokens_of_any_vocabulary():
    assert chunk_size(50, torch.float32) == 256
    assert chunk_size(13_456, torch.bfloat16) == 192
    assert chunk_size(10_000_000, torch.float32) == 32


def test_a_target_with_probability_zero_has_a_finite_loss():
    hidden, weight, bias = torch.tensor([[1.0]]), torch.tensor([[300.0], [0.0]]), torch.zeros(2)
    loss = chunked_cross_entropy(hidden, weight, bias, torch.tensor([1]), torch.float32)
    assert float(loss) == pytest.approx(300)


@pytest.mark.parametrize("architecture", ["DialogueGPT", "CompactGPT", "SinusoidalGPT"])
def test_micro_batches_have_the_gradients_of_the_padded_batch(architecture):
    recipe = TextRecipe(batch_size=24)
    state, task = text_training(recipe, architecture)
    state.model.eval()  # no dropout: the two ways draw it differently
    batch = torch.arange(24)
    loss = task.loss(state.model, batch, 0).mean
    ours = torch.autograd.grad(loss, state.parameters)
    ids, lengths = task.train.ids, task.train.lengths
    mask = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
    expected_loss = DialogueLoss()(state.model(ids)[0], ids, mask)
    expected = torch.autograd.grad(expected_loss, state.parameters)
    torch.testing.assert_close(loss, expected_loss)
    for mine, other in zip(ours, expected, strict=True):
        torch.testing.assert_close(mine, other, atol=1e-5, rtol=1e-4)


def test_micro_batches_cover_the_batch_with_little_padding():
    lengths = torch.tensor(np.random.default_rng(0).integers(3, 200, 64))
    parts = micro_batches(lengths)
    assert sorted(torch.cat(parts).tolist()) == list(range(64))
    padded = sum(int(lengths[p].max()) * len(p) for p in parts)
    assert 1 - int(lengths.sum()) / padded < 0.10


@pytest.mark.parametrize("architecture", ["VisionTransformer", "CompactViT", "SmallCNN"])
def test_one_batch_of_images_can_be_overfitted(architecture):
    recipe = ImageRecipe(epochs=60, batch_size=48, lr=3e-3)
    state, task = image_training(recipe, architecture)
    records = [r for r in train(state, task, recipe, seed=0) if isinstance(r, EpochRecord)]
    assert records[-1].train["accuracy"] > 0.95
    assert records[-1].train["loss"] < records[0].train["loss"] / 2


@pytest.mark.parametrize("architecture", ["DialogueGPT", "CompactGPT", "SinusoidalGPT"])
def test_one_batch_of_dialogues_can_be_overfitted(architecture):
    recipe = TextRecipe(epochs=60, batch_size=24, lr=1e-2, batches="length")
    state, task = text_training(recipe, architecture)
    records = [r for r in train(state, task, recipe, seed=0) if isinstance(r, EpochRecord)]
    assert records[-1].held_out["perplexity"] < 3 < records[0].held_out["perplexity"]
    assert len(records[0].text.split()) == 10
    assert len(records[-1].text.split()) == 50


def collect(state, task, recipe, seed=5):
    return list(train(state, task, recipe, seed, record_every=1))


FULL = {"schedule": "warmup", "ema": 0.9, "clip": 1.0}
MUON = {"optimizer": "muon", "precision": "bf16"}
IMAGES = {"epochs": 2, "batch_size": 20}  # three steps an epoch
TEXTS = {"epochs": 2, "batch_size": 10, "batches": "length"}


@pytest.mark.parametrize(
    ("training", "architecture", "recipe"),
    [(image_training, name, ImageRecipe(**IMAGES, **more, **FULL, augment=True))
     for name in ("VisionTransformer", "CompactViT", "SinusoidalViT", "SmallCNN")
     for more in ({}, MUON)]
    + [(text_training, name, TextRecipe(**TEXTS, **more, **FULL, subword_embeddings=True))
       for name in ("DialogueGPT", "CompactGPT", "SinusoidalGPT")
       for more in ({}, MUON)],
)  # fmt: skip
def test_the_same_seed_gives_the_same_bits_and_a_stop_at_any_step_changes_nothing(
    training, architecture, recipe, tmp_path
):
    whole, task = training(recipe, architecture)
    records = collect(whole, task, recipe)
    again, task = training(recipe, architecture)
    run = train(again, task, recipe, 5, record_every=1)
    for stop in range(1, len(records)):
        next(run)
        tensors, progress = state_tensors(again)
        kept = {name: tensor.clone() for name, tensor in tensors.items()}
        second, task = training(recipe, architecture, seed=99)
        restore(second, _checkpoint(tmp_path, kept, progress))
        rest = collect(second, task, recipe)
        assert torch.equal(weights(whole), weights(second))
        assert [_timeless(r) for r in rest] == [_timeless(r) for r in records[stop:]]
    assert len(list(run)) == 1
    assert torch.equal(weights(whole), weights(again))


def _checkpoint(folder, tensors, progress):
    from core.models.checkpoint import write_checkpoint

    config = config_for("CompactViT", {**GPT, "nout": 4})
    write_checkpoint(folder / "x", "CompactViT", config, tensors, {"progress": progress})
    return read_checkpoint(folder / "x")


def _timeless(record):
    return dataclasses.replace(record, seconds=0.0, cpu_seconds=0.0)


def test_a_nan_loss_stops_with_the_step_and_advice():
    recipe = ImageRecipe(epochs=1, batch_size=16)
    state, task = image_training(recipe)
    with torch.no_grad():
        state.parameters[0].fill_(math.nan)
    with pytest.raises(NotFiniteError, match=r"at step 1 .*ten times smaller"):
        collect(state, task, recipe)


def test_a_gradient_is_clipped_and_its_norm_before_is_recorded():
    recipe = ImageRecipe(epochs=1, batch_size=16)
    before, task = image_training(recipe)
    norm = next(train(before, task, recipe, 5, record_every=1)).grad_norm
    for clip, factor in ((norm / 4, 0.25), (norm * 2, 1.0)):
        clipped = dataclasses.replace(recipe, clip=clip)
        state, task = image_training(clipped)
        record = next(train(state, task, clipped, 5, record_every=1))
        assert record.grad_norm == pytest.approx(norm)
        first_moments = [s["exp_avg"] for s in state.optimizers[0].state.values()]
        length = math.sqrt(sum(float(m.square().sum()) for m in first_moments)) / 0.1
        assert length == pytest.approx(factor * norm, rel=1e-4)


@pytest.mark.parametrize("architecture", ["VisionTransformer", "CompactViT"])
def test_with_scaled_initialisation_a_block_adds_less_to_its_stream(architecture):
    torch.manual_seed(0)
    model = build(architecture, config_for(architecture, {"num_layers": 8}))
    stream = torch.randn(2, 65, 128)
    block, positions = model.transformer.layers[0], model.pos_E.weight.detach().clone()

    def added():
        with torch.no_grad():
            return float((block(stream)[0] - stream).norm())

    plain = added()
    scaled_init(model)
    assert added() == pytest.approx(plain / 4, rel=0.1)  # √(2·8) = 4; the biases are gone too
    assert torch.equal(model.pos_E.weight, 0.02 * positions)
    cnn = build("SmallCNN", config_for("SmallCNN", {}))
    weights = {name: p.clone() for name, p in cnn.named_parameters()}
    scaled_init(cnn)
    assert all(torch.equal(p, weights[name]) for name, p in cnn.named_parameters())


def test_cosine_is_stepped_once_an_epoch_as_torch_does():
    recipe = ImageRecipe(epochs=10, lr=1e-3)
    optimizer = eager(torch.optim.SGD)([torch.zeros(1, requires_grad=True)], lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    for epoch in range(10):
        for step in range(epoch * 7, epoch * 7 + 7):
            assert learning_rate(recipe, step, 7) == pytest.approx(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()


def test_warmup_rises_then_falls_to_almost_nothing():
    recipe = ImageRecipe(epochs=10, lr=1e-3, schedule="warmup")
    rates = [learning_rate(recipe, step, 100) for step in range(1000)]
    assert max(rates) <= 1e-3
    assert rates.index(max(rates)) in range(145, 155)
    assert 0 < rates[-1] < 1e-5
    assert min(rates) > 0


def test_random_crop_moves_whole_images_and_flip_alternates():
    torch.manual_seed(0)
    pixels = torch.arange(1, 17, dtype=torch.uint8).reshape(1, 1, 4, 4).repeat(8, 1, 1, 1)
    padded = torch.nn.functional.pad(pixels, (2, 2, 2, 2))
    for original, moved in zip(padded, random_crop(pixels, 2), strict=True):
        windows = original[0].unfold(0, 4, 1).unfold(1, 4, 1).reshape(-1, 4, 4)
        assert any(torch.equal(window, moved[0]) for window in windows)
    numbers = torch.arange(8)
    even, odd = (alternate_flip(pixels, numbers, epoch) for epoch in (0, 1))
    assert torch.equal(even, odd.flip(-1))


def test_perplexity_leaves_unknown_targets_out():
    recipe = TextRecipe(epochs=1, batch_size=24)
    state, _ = text_training(recipe)
    tokenizer = WordTokenizer("\n\n".join(TEXT))
    strange = Dialogues.from_encoded([tokenizer.encode("so it xyzzy on")], 40)
    measured = evaluate_dialogues(state.model, strange)
    assert measured["tokens"] == 3
    assert measured["unknown"] == pytest.approx(1 / 4)
    log_p = state.model(strange.ids)[0][0].log_softmax(-1)
    kept = [-log_p[t, strange.ids[0, t + 1]] for t in (0, 1, 3)]
    assert measured["loss"] == pytest.approx(float(torch.stack(kept).mean().detach()), rel=1e-4)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"architecture": "Nothing"}, "Nothing"),
        ({"recipe": {"lr": -1.0}}, "lr"),
        ({"recipe": {"epochs": 0}}, "epochs"),
        ({"recipe": {"speed": 9}}, "speed"),
        ({"model": {"dim": "wide"}}, "dim"),
        ({"seed": -1}, "seed"),
        ({"validation_share": 0.9}, "validation_share"),
        ({"share": 0.0}, "share"),
    ],
)
def test_a_bad_request_is_named_before_anything_starts(change, named):
    with pytest.raises(ValueError, match=named):
        RunSpec.from_dict({**RunSpec("vit", "CompactViT").to_dict(), **change})


def test_a_specification_of_an_earlier_version_is_read_under_its_old_names(tmp_path):
    old = {"kind": "vit", "architecture": "CompactViT", "held_back": 0.2}
    run = RunDirectory.create(tmp_path / "run", {**old, "recipe": {"beginning": "small"}})
    spec = RunSpec.from_dict(run.spec())
    assert spec.validation_share == 0.2
    assert spec.recipe_config().initialisation == "small"
    text = {"kind": "gpt", "architecture": "DialogueGPT", "recipe": {"word_parts": True}}
    assert RunSpec.from_dict(text).recipe_config().subword_embeddings
    assert RunSpec.from_dict({**run.spec(), **spec.to_dict()}) == spec


@pytest.mark.parametrize("words", ["--held-back 0.2 --beginning small", "--validation-share 0.2"])
def test_a_command_line_of_an_earlier_version_means_the_same(words):
    spec = spec_from(parser().parse_args(["vit", *words.split()]))
    assert spec.validation_share == 0.2
    assert spec.recipe_config().initialisation == ("small" if "small" in words else "plain")


def test_the_command_line_trains_resumes_and_reports_a_finished_run(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))
    sizes = [
        "--dim",
        "16",
        "--attn-dim",
        "8",
        "--mlp-dim",
        "16",
        "--num-heads",
        "2",
        "--num-layers",
        "1",
    ]
    where = ["--run-dir", str(tmp_path / "run"), "--share", "0.02", "--threads", "1"]
    command = ["gpt", "--data", "grammar", "--epochs", "2", "--seed", "3", *sizes, *where]
    assert main(command) == 0
    assert "Trained on 72 dialogues; 400 are held out." in capsys.readouterr().out
    run = RunDirectory(tmp_path / "run")
    assert run.status()["state"] == "done"
    assert run.spec()["seed"] == 3
    kinds = [r["kind"] for r in run.metrics()]
    assert kinds.count("epoch") == 2
    assert kinds[0] == "start"
    assert StepRecord.__dataclass_fields__.keys() <= run.metrics()[1].keys()
    assert read_checkpoint(run.last_checkpoint()).architecture == "DialogueGPT"
    assert main(["--resume", str(tmp_path / "run")]) == 0
    assert "finished" in capsys.readouterr().out
    assert main(command) == 1
    assert "already" in capsys.readouterr().err


def test_missing_data_is_one_sentence_on_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    command = ["vit", "--data", "cifar10", "--run-dir", str(tmp_path / "run")]
    assert main(command) == 1
    assert capsys.readouterr().err.startswith("Error: ")
    assert not (tmp_path / "run").exists()
