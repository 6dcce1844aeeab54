"""One block's steps are those of its heads, and lead from one stream to the next."""

import pytest
import torch

from core.interpret.block_steps import block_steps, stream_norms
from core.interpret.head_steps import head_steps
from core.interpret.trace import blocks_of, trace
from tests.tiny_models import some_input, tiny


@pytest.mark.parametrize("name", ["vit", "compact_vit", "gpt", "compact_gpt"])
def test_a_block_is_its_heads_and_its_mlp(name: str) -> None:
    model = tiny(name)
    traced = trace(model, some_input(name))
    for layer, block in enumerate(blocks_of(model)):
        steps = block_steps(model, traced, layer, sample=1)
        for head in range(2):
            for step in head_steps(model, traced, layer, head, sample=1):
                of_head = steps[step.name][head] if steps[step.name].ndim == 3 else steps[step.name]
                assert torch.allclose(of_head, step.value, atol=1e-6), (layer, head, step.name)
        assert torch.allclose(steps["mlp"], block.ffn(steps["after"]), atol=1e-4)


def test_the_norms_follow_the_stream() -> None:
    model = tiny("gpt")
    traced = trace(model, some_input("gpt"))
    norms = stream_norms(model, traced, sample=2)
    assert torch.allclose(norms[::2], traced.stream[2].norm(dim=-1))
    assert norms.shape == (7, 9)


def test_a_layer_that_does_not_exist_is_named() -> None:
    model = tiny("gpt")
    with pytest.raises(ValueError, match="no layer 3"):
        block_steps(model, trace(model, some_input("gpt")), 3)
