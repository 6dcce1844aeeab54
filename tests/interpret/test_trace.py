"""What the trace shows is what the model did, and looking does not change it."""

import math

import pytest
import torch

from benchmarks.rows_trace import head_weights
from core.attention import causal_mask
from core.interpret.head_metrics import (
    entropy,
    first_token,
    grid_places,
    induction,
    induction_targets,
    loss_by_token,
    mean_distance,
    previous_token,
    removal_effect,
    repeated,
    surprise,
)
from core.interpret.head_steps import head_steps, pair_product
from core.interpret.logit_lens import lens_probability, logit_lens
from core.interpret.trace import (
    Edit,
    attention_only,
    block_token,
    blocks_of,
    causal_leak,
    fused_logits,
    trace,
)
from tests.tiny_models import some_input, tiny

ALL = ["vit", "compact_vit", "gpt", "compact_gpt"]
GPTS = ["gpt", "compact_gpt"]


@pytest.fixture(params=ALL)
def name(request):
    return request.param


@pytest.fixture
def model(name):
    return tiny(name)


@pytest.fixture
def inputs(name):
    return some_input(name)


def test_looking_leaves_the_prediction_unchanged_to_the_last_bit(model, inputs):
    with torch.no_grad():
        plain = model(inputs)[0]
        own_maps = model(inputs, return_attn=True)[1]
    traced = trace(model, inputs)
    assert torch.equal(traced.logits, plain)
    assert torch.equal(traced.attention, own_maps)


def test_rows_sum_to_one_at_each_layer_and_head(model, inputs):
    sums = trace(model, inputs).attention.sum(-1)
    assert torch.allclose(sums, torch.ones_like(sums), atol=1e-6)


def test_the_stream_leads_from_the_embedding_to_the_logits(model, inputs):
    traced = trace(model, inputs)
    assert torch.equal(traced.stream[:, 0], model.embed(inputs))
    assert torch.equal(model.read_out(traced.stream[:, -1]), traced.logits)
    assert traced.stream.shape[1] == len(blocks_of(model)) + 1


def test_batch_and_single_agree(model, inputs):
    together = trace(model, inputs)
    alone = trace(model, inputs[1:2])
    assert torch.allclose(together.attention[1], alone.attention[0], atol=1e-6)
    assert torch.allclose(together.logits[1], alone.logits[0], atol=1e-5)


def test_attention_only_gives_the_map_of_the_textbook_softmax(model, inputs):
    traced = trace(model, inputs)
    logits, one = attention_only(model, inputs, layer=2, head=1)
    assert one.shape == (3, 1, 1, *traced.attention.shape[-2:])
    assert (one[:, 0, 0] - traced.attention[:, 2, 1]).abs().max() <= 5e-6
    assert torch.allclose(logits, traced.logits, atol=1e-5)
    assert torch.equal(logits, fused_logits(model, inputs))
    _, sample = attention_only(model, inputs, sample=1)
    assert (sample[0] - traced.attention[1]).abs().max() <= 5e-6


def test_attention_only_equals_the_textbook_up_to_rounding(name):
    model, inputs = tiny(name).double(), some_input(name)
    inputs = inputs.double() if inputs.is_floating_point() else inputs
    traced = trace(model, inputs)
    _, maps = attention_only(model, inputs)
    assert maps.dtype == torch.float64
    assert (maps - traced.attention).abs().max() <= 1e-12


def test_capture_is_in_eval_mode_and_gives_the_training_mode_back():
    model, ids = tiny("compact_gpt"), some_input("compact_gpt")
    calm = trace(model, ids).logits
    model.train()
    model.transformer.layers[1].eval()
    assert torch.equal(trace(model, ids).logits, calm)
    assert torch.equal(attention_only(model, ids)[0], fused_logits(model, ids))
    assert model.training
    assert model.drop.training
    assert not model.transformer.layers[1].training


def test_a_head_that_is_off_gives_zero_and_all_heads_off_leave_the_feed_forward_path(model, inputs):
    off = trace(model, inputs, Edit(off=frozenset({(1, 0)})))
    assert off.attention[:, 1, 0].abs().max() == 0
    assert not torch.equal(off.logits, trace(model, inputs).logits)
    assert torch.equal(off.attention[:, 0], trace(model, inputs).attention[:, 0])
    everything = frozenset((layer, head) for layer in range(3) for head in range(2))
    z = model.embed(inputs)
    with torch.no_grad():
        for block in blocks_of(model):
            z = z + block.attn.project_layer.bias
            z = z + block.ffn(z)
        alone = model.read_out(z)
    assert torch.allclose(trace(model, inputs, Edit(off=everything)).logits, alone, atol=1e-5)


def test_a_blocked_token_is_seen_by_nobody_else(model, inputs):
    tokens = trace(model, inputs).attention.shape[-1]
    mask = block_token(torch.ones(tokens, tokens, dtype=torch.bool), 2)
    attention = trace(model, inputs, Edit(mask=mask)).attention
    others = torch.arange(tokens) != 2
    assert attention[..., others, 2].max() == 0
    assert attention[..., 2, 2].min() > 0


def test_temperature_flattens_and_sharpens(model, inputs):
    spread = [
        entropy(trace(model, inputs, Edit(temperature=t)).attention[:, 0]).mean()
        for t in (0.25, 1.0, 4.0)
    ]
    assert spread[0] < spread[1] < spread[2]


@pytest.mark.parametrize("name", GPTS)
def test_the_future_cannot_change_the_past(model):
    ids = some_input("gpt", batch=1)
    moved = causal_leak(model, ids, position=5, new_id=(int(ids[0, 5]) + 1) % 19)
    assert moved[:5].max() == 0.0
    assert moved[5:].min() > 0.0


@pytest.mark.parametrize("name", GPTS)
def test_without_the_causal_mask_the_future_leaks(model):
    ids = some_input("gpt", batch=1)
    moved = causal_leak(model, ids, 5, (int(ids[0, 5]) + 1) % 19, Edit(mask=torch.ones(9, 9)))
    assert moved[:5].min() > 0


def test_the_lens_after_the_last_block_is_the_prediction(model, inputs):
    traced = trace(model, inputs)
    probability, ids = logit_lens(model, traced.stream, top=3)
    best = traced.logits.softmax(-1).topk(3)
    assert torch.equal(ids[:, -1], best.indices)
    assert torch.equal(probability[:, -1], best.values)
    assert probability.shape[1] == 4


EDITS = {
    "as it is": Edit(),
    "a temperature": Edit(temperature=2.0),
    "a head off": Edit(off=frozenset({(1, 1)})),
    "an own mask": Edit(mask=torch.ones(9, 9).tril().index_fill(1, torch.tensor(3), 0.0)),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
@pytest.mark.parametrize("name", GPTS)
def test_each_step_is_made_by_the_line_of_code_beside_it(model, name, edit):
    traced = trace(model, some_input(name), edit)
    for layer, head in ((0, 0), (1, 1), (2, 0)):
        steps = head_steps(model, traced, layer, head, sample=1, edit=edit)
        block = blocks_of(model)[layer]
        v = block.attn.split_qkv(block.attention_input(traced.stream[1, layer])[None])[2]
        board = {
            "torch": torch, "math": math, "block": block, "stream": traced.stream[1, layer],
            "n_hidden": block.attn.n_hidden, "project_layer": block.attn.project_layer,
            "mask": causal_mask(9) if edit.mask is None else edit.mask,
            "outs": list(traced.attention[1, layer] @ v[0]),
            **head_weights(model, layer, head),
        }  # fmt: skip
        with torch.no_grad():
            for step in steps:
                exec(step.code, board)
                assert torch.allclose(board[step.name], step.value, atol=1e-5), step.name


def test_the_steps_end_where_the_model_goes_on(model, inputs):
    traced = trace(model, inputs)
    steps = {s.name: s for s in head_steps(model, traced, 1, 0, sample=2)}
    assert torch.allclose(steps["alpha"].value, traced.attention[2, 1, 0], atol=1e-6)
    after = steps["after"].value
    with torch.no_grad():
        z = after + blocks_of(model)[1].ffn(after)
    assert torch.allclose(z, traced.stream[2, 2], atol=1e-5)
    q, k, product = pair_product(list(steps.values()), 3, 1)
    assert torch.allclose(product.sum(), steps["scores"].value[3, 1], atol=1e-5)
    assert q.shape == k.shape == (5,)


def test_scores_of_heads_whose_answer_is_known():
    tokens = 6
    uniform = torch.full((tokens, tokens), 1 / tokens)
    before = torch.cat([torch.eye(tokens)[:1], torch.eye(tokens)[:-1]])
    assert torch.allclose(entropy(uniform), torch.full((tokens,), math.log(tokens)))
    assert entropy(before).max() == 0
    assert previous_token(before) == 1.0
    assert mean_distance(before) == pytest.approx(5 / 6)
    assert first_token(torch.eye(tokens)[[0] * tokens]) == 1.0
    assert previous_token(torch.ones(1, 1)) == 0.0
    grid = grid_places(3)
    corner = torch.zeros(9, 9)
    corner[:, 0] = 1.0
    expected = sum(math.hypot(r, c) for r in range(3) for c in range(3)) / 9
    assert mean_distance(corner, grid) == pytest.approx(expected, rel=1e-5)


def test_the_induction_stripe_is_the_token_after_the_first_copy(monkeypatch):
    import core.interpret.head_metrics as scores

    length = 5
    perfect = torch.zeros(4, 3, 2, 2 * length, 2 * length)
    for i in range(length, 2 * length):
        perfect[:, 1, 0, i, i - length + 1] = 1.0

    class Seen:
        attention = perfect

    monkeypatch.setattr(scores, "trace", lambda model, ids: Seen())
    found = induction(tiny("gpt"), torch.Generator().manual_seed(0), length)
    assert found[1, 0] == 1.0
    assert found.sum() == 1.0


def test_a_token_that_returns_is_continued_by_what_followed_it_last():
    assert induction_targets(torch.tensor([5, 7, 5, 8, 5, 7])).tolist() == [-1, -1, 1, -1, 3, 2]
    assert induction_targets(torch.tensor([3, 3, 3])).tolist() == [-1, 1, 2]
    assert induction_targets(torch.tensor([4])).tolist() == [-1]


def test_a_repetition_is_what_followed_last_time_and_follows_again():
    assert repeated(torch.tensor([5, 7, 9, 5, 7, 5, 8])).tolist() == [0, 0, 0, 1, 0, 0]
    assert repeated(torch.tensor([4])).tolist() == []


def test_the_loss_of_each_token_is_that_of_torch():
    ids = torch.tensor([[1, 4, 2, 0]])
    logits = torch.randn(1, 4, 6, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.cross_entropy(logits[0, :-1], ids[0, 1:], reduction="none")
    assert torch.allclose(loss_by_token(logits, ids)[0], expected)


@pytest.mark.parametrize("name", GPTS)
def test_the_lens_gives_the_probability_of_any_token(name):
    model, ids = tiny(name), some_input(name)
    traced = trace(model, ids)
    best, words = logit_lens(model, traced.stream, top=3)
    for layer in range(4):
        of_second = lens_probability(model, traced.stream, words[:, layer, :, 1])
        assert torch.allclose(of_second[:, layer], best[:, layer, :, 1])
    last = traced.logits.softmax(-1)
    given = lens_probability(model, traced.stream, torch.full_like(ids, 3))
    assert torch.allclose(given[:, -1], last[..., 3], atol=1e-6)


def test_random_weights_have_no_induction_head():
    found = induction(tiny("gpt"), torch.Generator().manual_seed(0))
    assert found.shape == (3, 2)
    assert found.max() < 0.6


def test_the_effect_of_removal_is_that_of_an_edit(model, inputs):
    one = inputs[:1]
    effect = removal_effect(model, one, answer=2, at_once=4)
    intact = surprise(model, trace(model, one).logits, one, 2)
    for layer in range(3):
        for head in range(2):
            without = trace(model, one, Edit(off=frozenset({(layer, head)})))
            expected = surprise(model, without.logits, one, 2) - intact
            assert effect[layer, head] == pytest.approx(float(expected), abs=1e-4)


def test_mistakes_are_named_in_one_sentence():
    gpt, vit = tiny("gpt"), tiny("vit")
    ids, images = some_input("gpt"), some_input("vit")
    with pytest.raises(ValueError, match="no layer 3, head 0"):
        attention_only(gpt, ids, layer=3)
    with pytest.raises(ValueError, match="no sample 7"):
        attention_only(gpt, ids, sample=7)
    with pytest.raises(ValueError, match="from 0 to 18"):
        trace(gpt, ids + 10)
    with pytest.raises(ValueError, match="mask is for 4 tokens"):
        trace(gpt, ids, Edit(mask=torch.ones(4, 4)))
    with pytest.raises(ValueError, match="temperature must be above 0"):
        Edit(temperature=0.0)
    with pytest.raises(ValueError, match="reads floating-point images"):
        trace(vit, images[0])
    with pytest.raises(ValueError, match="8×8"):
        trace(vit, images[:, :, :8, :8])
    with pytest.raises(ValueError, match="8×8 pixels"):
        trace(tiny("compact_vit"), images[:, :, :8, :8])
    with pytest.raises(ValueError, match="at most 24"):
        trace(gpt, ids.repeat(1, 4))
    with pytest.raises(ValueError, match="no position 9"):
        causal_leak(gpt, ids[:1], 9, 0)
