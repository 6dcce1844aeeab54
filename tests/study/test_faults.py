"""Each fault changes the result as its symptom says, and each repair is the course's own result."""

import numpy as np
import pytest
import torch

from core import attention
from core.decoding import strategies
from core.decoding.kv_cache import KVCache, read_tokens
from core.gpt import DialogueGPT, DialogueLoss
from core.linear_rnn.proof import evaluate
from core.linear_rnn.unrolling import unroll
from core.study.faults import FAULTS
from core.study.faults.generating import cached_weights
from core.vit import VisionTransformer


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(np.asarray(values))


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_changes_the_result_as_its_symptom_says(name: str) -> None:
    fault = FAULTS[name]
    wrong, right = fault.run()
    assert np.isfinite([*wrong.numbers, *right.numbers]).all()
    assert (wrong.value > right.value) == fault.above
    assert abs(wrong.value - right.value) > 0.1, "seen at first sight"
    assert wrong.numbers != right.numbers
    assert len(wrong.numbers) <= 12
    assert fault.run() == (wrong, right), "the same every time"


def repaired(name: str) -> np.ndarray:
    fault = FAULTS[name]
    return fault.right(*fault.example())


@pytest.mark.parametrize("name", ["no_scale", "wrong_axis"])
def test_weights_are_those_of_the_course(name: str) -> None:
    q, k = map(tensor, FAULTS[name].example())
    np.testing.assert_allclose(repaired(name), attention.attention_weights(q, k), atol=1e-12)


def test_masked_weights_are_those_of_the_course() -> None:
    q, k = map(tensor, FAULTS["late_mask"].example())
    weights = attention.attention_weights(q, k, attention.causal_mask(len(q)))
    np.testing.assert_allclose(repaired("late_mask"), weights, atol=1e-12)


def test_the_class_token_is_read_as_in_the_vision_transformer() -> None:
    z, W = map(tensor, FAULTS["class_token"].example())
    model = VisionTransformer(3, 3, 12, 4, 4, 4, 4, 1, 1)
    model.head = torch.nn.Linear(4, 3, bias=False, dtype=torch.float64)
    with torch.no_grad():
        model.head.weight.copy_(W)
        np.testing.assert_allclose(repaired("class_token"), model.read_out(z), atol=1e-12)


def test_heads_are_joined_as_in_the_course() -> None:
    (heads,) = map(tensor, FAULTS["heads_mixed"].example())
    layer = attention.MultiHeadedAttention(4, 2, 2)
    layer.project_layer = torch.nn.Identity()
    np.testing.assert_array_equal(repaired("heads_mixed"), layer.project(heads[None])[0])


def test_temperature_and_nucleus_are_those_of_the_course() -> None:
    logits, t = FAULTS["temperature"].example()
    at_t = strategies.distribution(strategies.temperature(tensor(logits), t))
    np.testing.assert_allclose(repaired("temperature"), at_t, atol=1e-12)
    probabilities, p = FAULTS["crossing"].example()
    kept = strategies.nucleus(tensor(probabilities).log(), p)
    np.testing.assert_array_equal(repaired("crossing") > 0, kept > -torch.inf)


def tiny_gpt() -> DialogueGPT:
    torch.manual_seed(0)
    return DialogueGPT(7, 16, 16, 16, 8, 1, 1).double().eval()


@torch.no_grad()
def test_the_cache_is_that_of_the_course() -> None:
    q, k = (rows[:, None] for rows in map(tensor, FAULTS["cache"].example()))
    cache = KVCache(tiny_gpt())
    rows = np.zeros((len(q), len(q)))
    for t in range(len(q)):
        _, alphas = cache.attend(0, q[None, t : t + 1], k[None, t : t + 1], k[None, t : t + 1])
        cache.length += 1
        rows[t, : t + 1] = alphas.ravel()
    np.testing.assert_allclose(cached_weights(*FAULTS["cache"].example()), rows, atol=1e-12)


@torch.no_grad()
def test_positions_follow_the_prompt_as_in_the_course() -> None:
    table, past, new = FAULTS["positions"].example()
    model = tiny_gpt()
    model.pos_embed = torch.nn.Embedding.from_pretrained(tensor(table).expand(-1, 16).clone())
    model.token_embed.weight.zero_()
    read = []
    model.transformer.layers[0].register_forward_pre_hook(lambda _, args: read.append(args[0]))
    cache = KVCache(model)
    read_tokens(model, cache, torch.zeros(1, past, dtype=torch.long))
    read_tokens(model, cache, torch.zeros(1, len(new), dtype=torch.long))
    np.testing.assert_array_equal(repaired("positions"), read[1][0, :, :1])


def test_the_loss_is_that_of_the_course() -> None:
    logits, ids = map(tensor, FAULTS["not_shifted"].example())
    loss = DialogueLoss()(logits[None], ids[None], torch.ones(1, len(ids)))
    assert repaired("not_shifted").mean() == pytest.approx(loss.item(), abs=1e-12)


def test_the_descent_is_that_of_an_optimiser_with_zeroed_gradients() -> None:
    goal, rate, steps = FAULTS["not_zeroed"].example()
    for zeroed, function in (
        (True, FAULTS["not_zeroed"].right),
        (False, FAULTS["not_zeroed"].wrong),
    ):
        w, path = torch.zeros(1, dtype=torch.float64, requires_grad=True), []
        optimizer = torch.optim.SGD([w], lr=rate)
        for _ in range(steps):
            if zeroed:
                optimizer.zero_grad()
            ((w - goal) ** 2 / 2).sum().backward()
            optimizer.step()
            path.append(w.item())
        np.testing.assert_allclose(function(goal, rate, steps), path, atol=1e-12)


def test_states_and_sums_are_those_of_the_course() -> None:
    W_h, x = FAULTS["power"].example()
    values = {"W_h": W_h, "W_x": np.eye(1), "W_y": np.eye(1)}
    values |= {f"x_{i + 1}": x[i] for i in range(len(x))}
    output = evaluate(unroll(len(x)), values)
    np.testing.assert_allclose(np.tanh(repaired("power")), output, atol=1e-12)
    _, sequences = FAULTS["state_carried"].example()
    for state in repaired("state_carried"):
        np.testing.assert_allclose(np.tanh(state), output, atol=1e-12)
    assert sequences.shape == (2, *x.shape)
