"""Attention sinks: what is hidden from whom, and what the shipped GPTs depend on."""

import pytest
import torch

from core.gpt import DialogueGPT
from core.interpret import sinks
from core.interpret.trace import Edit, trace
from core.study.measure.store import measure


def test_a_hidden_key_gets_no_weight_from_those_it_is_hidden_from() -> None:
    torch.manual_seed(0)
    model = DialogueGPT(30, 20, dim=16, attn_dim=4, mlp_dim=32, num_heads=2, num_layers=2)
    ids = torch.arange(3, 15)[None]
    for late, first in ((True, 6), (False, 3)):
        attention = trace(model, ids, Edit(mask=sinks.hide(12, 2, late=late))).attention[0]
        assert not attention[:, :, first:, 2].any()
        assert attention[:, :, 2:first, 2].all()
        torch.testing.assert_close(attention.sum(-1), torch.ones(2, 2, 12))
    assert sinks.cost_of_hiding(model, ids, late=True).shape == (6,)


def test_uniform_attention_has_the_uniform_weight() -> None:
    uniform = torch.ones(9, 9).tril() / torch.arange(1, 10)[:, None]
    weights = sinks.weights_by_layer(uniform.expand(3, 2, 9, 9))
    assert weights.shape == (3, 4)
    torch.testing.assert_close(weights, torch.full((3, 4), sinks.uniform_weight(9)))


def test_the_loss_depends_on_the_sink_and_on_no_other_early_token() -> None:
    found = measure("sinks")
    assert found["word"] == ":"
    assert float(found["weight"]) > 5 * float(found["uniform"])
    assert float(found["cost"]) > 4 * float(found["others"])
    assert float(found["plain_weight"]) == pytest.approx(float(found["uniform"]), abs=0.02)
