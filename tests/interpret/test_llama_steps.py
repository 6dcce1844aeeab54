"""The steps of a Llama's block lead to what the block computes."""

from dataclasses import asdict, replace

import pytest
import torch

from core.interpret.block_steps import block_steps
from core.interpret.llama_steps import llama_steps
from core.interpret.trace import blocks_of, trace
from core.models.pretrained.llama import Llama
from core.models.pretrained.rotary import rotate
from tests.models.pretrained.stored import CONFIGS


@pytest.mark.parametrize("groups", [1, 3, 6])
def test_rotated_grouped_and_gated_steps_are_those_of_the_block(groups: int) -> None:
    torch.manual_seed(0)
    config = replace(CONFIGS["Qwen2ForCausalLM"], num_kv_heads=groups)
    model = Llama(**asdict(config)).eval()
    traced = trace(model, torch.randint(0, 264, (1, 11)))
    block, steps = blocks_of(model)[1], block_steps(model, traced, 1)
    own = llama_steps(block, steps["x"], steps["after"])
    angles = block.attn.rotation.angles(0, 11, block.attn.n_hidden)
    assert torch.allclose(rotate(own["q0"], *angles), steps["q"], atol=1e-5)
    assert torch.allclose(rotate(own["k0"], *angles), own["k"], atol=1e-5)
    assert own["k"].shape == own["v"].shape == (groups, 11, 6)
    for head in range(6):  # query head h reads group ⌊h G / H⌋
        for name in ("k", "v"):
            assert torch.allclose(own[name][head * groups // 6], steps[name][head], atol=1e-6)
    assert torch.allclose(block.ffn.down(own["product"]), steps["mlp"], atol=1e-5)
