"""From the course's GPT to a Llama: what each step replaces, and the experiment's arithmetic."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import torch

from core.gpt import DialogueGPT
from core.models import llama_history
from core.models.llama_history import Corpus, History, Run
from core.models.llama_steps import EPS, KV_HEADS, SIZES, STEPS, build, parameters
from core.models.pretrained.gpt2 import GPT2
from core.models.pretrained.llama import Llama, LlamaBlock, RMSNorm
from core.publish import llama_experiment as experiment
from core.publish.position_experiment import windows

V, IDS = 30, torch.arange(12).remainder(30)[None]


def shaken(step: int) -> DialogueGPT:
    """A model whose norms and biases are not those of the start."""
    model = build(step, V, seed=1).eval()
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.2 * torch.randn(weight.shape, generator=generator))
    return model


@pytest.mark.parametrize("step", STEPS)
def test_every_step_predicts_without_seeing_the_future(step: int) -> None:
    model = shaken(step)
    other = IDS.clone()
    other[:, 7:] = 3
    with torch.inference_mode():
        one, two = model(IDS)[0], model(other)[0]
    assert one.shape == (1, 12, V)
    torch.testing.assert_close(one[:, :7], two[:, :7])
    assert not torch.allclose(one[:, 7:], two[:, 7:])
    with pytest.raises(ValueError, match="at most 64"):
        model(torch.zeros(1, 65, dtype=torch.long))


def test_step_1_is_gpt2_with_a_bias_in_its_head() -> None:
    ours = shaken(1)
    theirs = GPT2(V, **SIZES, norm_eps=EPS, gelu="gelu", tied=False).eval()
    missing, extra = theirs.load_state_dict(ours.state_dict(), strict=False)
    assert (missing, extra) == ([], ["head.1.bias"])
    with torch.inference_mode():
        torch.testing.assert_close(ours(IDS)[0] - ours.head[1].bias, theirs(IDS)[0])


def test_rmsnorm_of_a_centred_vector_is_its_layer_norm() -> None:
    x = torch.randn(5, 16)
    layer_norm = torch.nn.LayerNorm(16, EPS)
    torch.testing.assert_close(RMSNorm(16, EPS)(x - x.mean(-1, keepdim=True)), layer_norm(x))


def test_step_3_attends_as_the_blocks_of_the_pretrained_llama_do() -> None:
    ours, llama = shaken(3), cast(Llama, shaken(4))
    x = torch.randn(2, 9, SIZES["dim"])
    for mine, theirs in zip(ours.transformer.layers, llama.transformer.layers, strict=True):
        assert isinstance(theirs, LlamaBlock)
        theirs.norm.load_state_dict(mine.norm.state_dict())
        theirs.attn.load_state_dict(mine.attn.state_dict())
        with torch.inference_mode():
            (one, maps), (two, same) = (
                block.attn(block.attention_input(x)) for block in (mine, theirs)
            )
        torch.testing.assert_close(one, two)
        torch.testing.assert_close(maps, same)
    assert not ours.positions(5).any()


def test_grouped_heads_are_full_heads_with_equal_keys_and_values() -> None:
    full, grouped = (cast(Llama, shaken(step)) for step in (4, 5))
    n, heads = SIZES["attn_dim"], SIZES["num_heads"]
    state = grouped.state_dict()
    for name in [name for name in state if name.endswith("qkv.weight")]:
        q, k, v = state[name].split([heads * n, KV_HEADS * n, KV_HEADS * n])
        each = [
            part.unflatten(0, (KV_HEADS, n)).repeat_interleave(heads // KV_HEADS, 0).flatten(0, 1)
            for part in (k, v)
        ]
        state[name] = torch.cat([q, *each])
    full.load_state_dict(state)
    with torch.inference_mode():
        torch.testing.assert_close(full(IDS)[0], grouped(IDS)[0])


def test_the_weights_are_counted_in_the_models() -> None:
    layers, dim, hidden = SIZES["num_layers"], SIZES["dim"], SIZES["mlp_dim"]
    n, heads = SIZES["attn_dim"], SIZES["num_heads"]
    counts = [parameters(step, V) for step in STEPS]
    for step in STEPS:
        assert sum(counts[step].values()) == sum(p.numel() for p in build(step, V, 0).parameters())
    totals = [sum(count.values()) for count in counts]
    assert totals[1] - totals[0] == layers * 2 * dim
    assert totals[2] - totals[1] == -(2 * layers + 1) * dim - V
    assert totals[3] - totals[2] == -SIZES["max_N"] * dim - layers * (3 * heads * n + dim)
    assert totals[4] - totals[3] == -layers * (hidden + dim), "the biases alone"
    assert totals[5] - totals[4] == -2 * layers * dim * n * (heads - KV_HEADS)
    assert counts[6] == counts[5]


def test_a_step_starts_from_the_seed() -> None:
    one, same, other = (build(5, V, seed).token_embed.weight for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


# --- the experiment ---
TRAIN = ["the", "end", "."] * 30 + ["Romeo", "Juliet"]


def test_both_kinds_of_token_stand_for_the_same_text() -> None:
    held_out = ["the", "Romeo", "end", "Tybalt", "."]
    words = experiment.by_words(TRAIN, held_out)
    assert (words.corpus.vocabulary, words.corpus.unknown) == (6, 2)
    assert words.held_out.tolist()[1] == words.held_out.tolist()[3] == 2
    tokenizer = experiment.learn_tokenizer(experiment.text_of(TRAIN), 270)
    pairs = experiment.by_pairs(TRAIN, held_out, 270)
    assert tokenizer.decode(pairs.held_out) == experiment.text_of(held_out)
    assert pairs.corpus.characters == words.corpus.characters == 23
    assert pairs.corpus.spelling == 0 < words.corpus.spelling


def test_spelling_is_a_code_of_the_letters_and_an_end() -> None:
    one = experiment.spelling(["ab"], ["a"])
    assert one == pytest.approx(-2 * math.log(2 / 259) - math.log(1 / 259))
    assert experiment.spelling(["ab", "ab"], ["a"]) == pytest.approx(2 * one)
    corpus = Corpus(vocabulary=9, tokens=4, characters=10, unknown=1, spelling=5.0)
    assert corpus.bits(2.0) == pytest.approx(13 / (10 * math.log(2)))


def test_every_validation_token_is_predicted_once() -> None:
    model, stream = build(0, V, 0).eval(), torch.randint(3, V, (150,))
    losses = []
    with torch.inference_mode():
        for start in range(0, 150, experiment.WINDOW):
            piece = stream[start : start + experiment.WINDOW]
            ids = torch.cat([torch.zeros(1, dtype=torch.long), piece])[None]
            losses += (-model(ids[:, :-1])[0].log_softmax(-1)[0, range(len(piece)), piece]).tolist()
    assert experiment.validation_loss(model, stream) == pytest.approx(sum(losses) / 150, rel=1e-4)
    sample = windows(stream, 64, 2, torch.Generator().manual_seed(0))
    assert sample.shape[1] - 1 == experiment.WINDOW


def test_a_run_is_trained_stored_and_read_back(tmp_path: Path) -> None:
    streams = experiment.by_words(TRAIN * 5, TRAIN)
    run = experiment.train(5, 0, streams, steps=100)
    assert run.at[-1] == 100
    assert len(run.at) == len(run.train) == len(run.validation) == experiment.POINTS
    assert run.validation[-1] < run.validation[0]
    assert run.parameters == sum(parameters(5, streams.corpus.vocabulary).values())
    file = tmp_path / "history.json"
    history = History({"steps": 100}, {llama_history.WORDS: streams.corpus}, [run])
    experiment.save(history, file)
    assert llama_history.read(file) == history


def test_a_training_in_the_file_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[tuple[int, int]] = []

    def interrupted(step: int, seed: int, streams: object, steps: int) -> Run:
        tried.append((step, seed))
        if len(tried) == 3:
            raise KeyboardInterrupt
        return Run(step, seed, 1, 1.0, [steps], [2.0], [2.0])

    data = SimpleNamespace(train=[" ".join(TRAIN)], held_out=["the end ."], note="A text.")
    monkeypatch.setattr(experiment, "train", interrupted)
    monkeypatch.setattr(
        experiment, "by_pairs", lambda train, text, _: experiment.by_words(train, text)
    )
    monkeypatch.setattr(experiment.shakespeare, "load", lambda _: data)
    monkeypatch.setattr("sys.argv", ["experiment", "--out", str(tmp_path / "history.json")])
    with pytest.raises(KeyboardInterrupt):
        experiment.main()
    assert experiment.main() == 0
    every = [(step, seed) for seed in experiment.SEEDS for step in STEPS]
    assert tried == [*every[:3], *every[2:]], "the third, which was interrupted, and what follows"
    stored = llama_history.read(tmp_path / "history.json")
    assert [(run.step, run.seed) for run in stored.runs] == every


def test_a_change_within_the_seeds_is_no_change() -> None:
    corpus = Corpus(vocabulary=9, tokens=10, characters=10, unknown=0, spelling=0)
    losses = {0: (3.0, 3.2), 1: (3.1, 3.2), 2: (2.0, 2.1), 3: (2.5, 2.5)}
    runs = [
        Run(step, seed, 1, 1.0, [100], [loss], [loss])
        for step, both in losses.items()
        for seed, loss in enumerate(both)
    ]
    history = History({}, {llama_history.WORDS: corpus, llama_history.PAIRS: corpus}, runs)
    assert history.spread() == pytest.approx(0.2 / math.log(2))
    assert [history.verdict(step) for step in (1, 2, 3)] == [0, -1, 1]
