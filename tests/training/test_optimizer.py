"""The optimisers equal torch's own bit for bit, and do not load its compiler."""

import pytest
import torch

from core.config.model_config import config_for
from core.config.recipe import TextRecipe
from core.models.checkpoint import read_checkpoint, write_checkpoint
from core.models.registry import build
from core.system.eager import eager
from core.training import optimizer
from core.training.loop import start
from core.training.resume import restore, state_tensors
from core.training.tasks.subword_embeddings import SubwordEmbeddings, subword_matrix
from tests.conftest import alone


@pytest.mark.parametrize(
    ("kind", "settings"),
    [("AdamW", {"fused": True}), ("Muon", {"weight_decay": 0.1}), ("Adam", {})],
)
def test_the_eager_optimisers_equal_torch_s_bit_for_bit(kind, settings):
    results = []
    torch_s = getattr(torch.optim, kind)
    for optimiser in (torch_s, getattr(optimizer, kind, eager(torch_s))):
        torch.manual_seed(0)
        weight = torch.nn.Parameter(torch.randn(6, 5))
        used = optimiser([{"params": [weight], "lr_scale": 1.0}], lr=0.1, **settings)
        for step in range(4):
            used.zero_grad()
            (weight * weight).sum().backward()
            used.step()
            if step == 1:
                used.load_state_dict(used.state_dict())
        results.append(weight.detach())
    assert torch.equal(*results)


def test_neither_training_nor_small_trainings_of_a_page_load_the_compiler():
    """It would delay the first point of every curve by more than a second."""
    code = """
import sys, torch
from core.training.optimizer import make_optimizers
from core.config.recipe import ImageRecipe
model = torch.nn.Linear(4, 4)
[first] = make_optimizers(model, ImageRecipe())
model(torch.ones(1, 4)).sum().backward()
first.step()
first.zero_grad()
first.load_state_dict(first.state_dict())
assert "torch._dynamo" not in sys.modules, "training loaded the compiler"
from core.linear_rnn.latch_task import MemoryTask, train_memory
list(train_memory("linear RNN", MemoryTask(steps=1)))
assert "torch._dynamo" not in sys.modules, "the training of an RNN loaded the compiler"
from core.models.recall.task import train
train(1, 0, steps=1)
assert "torch._dynamo" not in sys.modules, "the training on recall loaded the compiler"
"""
    alone(code)


def test_subwords_occur_in_more_than_one_word():
    share = subword_matrix(["<START>", "<PAD>", "<UNK>", "King", "king", "ox"]).to_dense()
    assert share[:3].abs().sum() == share[5].abs().sum() == 0
    assert torch.equal(share[3], share[4])  # no other word has "Large"
    assert float(share[3].square().sum()) == pytest.approx(1)


def test_subword_embeddings_are_adamw_on_a_sum_of_two_tables():
    """Compared with the direct way: parameters E and z, and the table computed at every step."""
    vocab = ["<START>", "<PAD>", "<UNK>", "king", "kings", "King", "thinking", "ox"]
    share = subword_matrix(vocab).to_dense()
    torch.manual_seed(1)
    table, aim = torch.nn.Parameter(torch.randn(8, 4)), torch.randn(8, 4)
    own = torch.nn.Parameter(table.detach().clone())
    torch.manual_seed(2)
    parts = SubwordEmbeddings(table, vocab, lr=0.01, spread=0.5)
    torch.manual_seed(2)
    z = torch.nn.Parameter(torch.nn.init.normal_(torch.empty(share.shape[1], 4), std=0.5))
    optimizer = torch.optim.AdamW([table], lr=0.01, weight_decay=0.0)
    plain = torch.optim.AdamW([own, z], lr=0.01, weight_decay=0.0)
    for _ in range(20):
        (table - aim).square().sum().backward()
        (own + share @ z - aim).square().sum().backward()
        for one in (parts, optimizer, plain):
            one.step()
            one.zero_grad()
    torch.testing.assert_close(table, own + share @ z)


def test_a_gpt_with_subword_embeddings_resumes_to_the_same_bits(tmp_path):
    """The checkpoint has its moments, like those of any optimiser."""
    vocab = ["<START>", "<PAD>", "<UNK>", "king", "kings"]
    sizes = {"vocab_size": 5, "max_N": 8, "dim": 8, "attn_dim": 4, "mlp_dim": 8}

    def fresh():
        torch.manual_seed(0)
        config = config_for("CompactGPT", {**sizes, "num_heads": 1, "num_layers": 1})
        return start(build("CompactGPT", config), TextRecipe(subword_embeddings=True), vocab)

    def steps(state, number):
        for step in range(number):
            torch.manual_seed(state.step + step)
            state.model.eval()
            logits, _ = state.model(torch.tensor([[0, 3, 4]]))
            logits.square().sum().backward()
            for one in state.optimizers:
                one.step()
                one.zero_grad()

    whole, first = fresh(), fresh()
    steps(whole, 6)
    steps(first, 3)
    tensors, progress = state_tensors(first)
    config = config_for("CompactGPT", {**sizes, "num_heads": 1, "num_layers": 1})
    write_checkpoint(tmp_path / "kept", "CompactGPT", config, tensors, {"progress": progress})
    second = fresh()
    restore(second, read_checkpoint(tmp_path / "kept"))
    steps(second, 3)
    for one, other in zip(whole.parameters, second.parameters, strict=True):
        assert torch.equal(one, other)
