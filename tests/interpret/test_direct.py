"""The direct contributions of all parts sum to the logit, and a head's is what it adds."""

import pytest
import torch

from core.config.model_config import CompactViTConfig
from core.interpret.direct import direct_logits
from core.interpret.logit_lens import logit_lens
from core.interpret.trace import blocks_of, trace
from core.models.registry import build
from tests.tiny_models import SIZES, some_input, tiny

WORDS = [2, 0, 3]
NAMES = ["vit", "compact_vit", "gpt", "compact_gpt"]


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_sum_to_the_logit(name: str) -> None:
    model = tiny(name).double()
    inputs = some_input(name)
    inputs = inputs if "gpt" in name else inputs.double()
    traced = trace(model, inputs)
    parts = direct_logits(model, traced, WORDS, sample=1)
    logits = traced.logits[1, -1] if "gpt" in name else traced.logits[1]
    whole = parts.heads.sum((0, 1)) + parts.embedding + parts.mlps.sum(0) + parts.rest
    torch.testing.assert_close(whole, logits[WORDS])
    torch.testing.assert_close(parts.lens[-1], logits[WORDS])


@pytest.mark.parametrize("name", NAMES)
def test_the_lens_is_the_logit_lens(name: str) -> None:
    model = tiny(name)
    traced = trace(model, some_input(name))
    lens = direct_logits(model, traced, list(range(4)), sample=1).lens
    probability, ids = logit_lens(model, traced.stream, top=10**6)
    last = (1, slice(None), -1) if "gpt" in name else (1,)
    spread = torch.zeros_like(probability[last]).scatter(-1, ids[last], probability[last])
    differences = spread.log()[:, :4] - lens
    torch.testing.assert_close(differences, differences[:, :1].expand(-1, 4), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_head_is_the_stream_without_it_at_the_same_scale(name: str) -> None:
    model = tiny(name).double()
    inputs = some_input(name)
    inputs = inputs if "gpt" in name else inputs.double()
    traced = trace(model, inputs)
    parts = direct_logits(model, traced, WORDS)
    off = frozenset({(0, 1), (2, 0)})
    left = parts.without(off)
    assert torch.equal(left[0], parts.lens[0])
    norm, unembed = model.head
    at = -1 if "gpt" in name else 0
    stream = traced.stream[0, :, at].clone()
    for layer, head in off:
        block = blocks_of(model)[layer]
        x = block.attention_input(traced.stream[:1, layer])
        out = traced.attention[0, layer, head] @ block.attn.split_qkv(x)[2][0, head]
        heads = torch.zeros(1, 2, *out.shape, dtype=out.dtype)
        heads[0, head] = out
        stream[layer + 1 :] -= (block.attn.project(heads) - block.attn.project_layer.bias)[0, at]
    centred = stream - stream.mean(-1, keepdim=True)
    by_hand = centred / parts.scale[:, None] * norm.weight + norm.bias
    torch.testing.assert_close(left, unembed(by_hand)[:, WORDS])


def test_a_model_that_reads_more_than_one_token_is_refused() -> None:
    torch.manual_seed(0)
    model = build("PooledCompactViT", CompactViTConfig(img_size=16, nout=4, **SIZES)).eval()
    traced = trace(model, some_input("vit"))
    with pytest.raises(ValueError, match="does not read one token"):
        direct_logits(model, traced, [0])
