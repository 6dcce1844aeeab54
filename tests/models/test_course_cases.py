"""The four cases of the course's notebook, through `Transformer`: every layer, every head."""

import math

import pytest
import torch

from core.attention import MultiHeadedAttention, causal_mask
from core.transformer import Transformer

B, T, DIM, N, LAYERS, HEADS = 2, 6, 20, 8, 3, 4


@pytest.fixture
def model() -> Transformer:
    torch.manual_seed(0)
    return Transformer(dim=DIM, attn_dim=N, mlp_dim=32, num_heads=HEADS, num_layers=LAYERS)


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(B, T, DIM, generator=torch.Generator().manual_seed(1))


def by_hand(attn: MultiHeadedAttention, x: torch.Tensor, mask: torch.Tensor | None):
    """softmax(Q Kᵀ / √n) of one layer (B, H, T, T), pair by pair with Python's own numbers."""
    q, k, _ = (part.tolist() for part in attn.split_qkv(x))
    alphas = torch.zeros(B, HEADS, T, T)
    for b in range(B):
        for h in range(HEADS):
            for i in range(T):
                keys = [j for j in range(T) if mask is None or mask[b, i, j]]
                pairs = [zip(q[b][h][i], k[b][h][j], strict=True) for j in keys]
                exps = [math.exp(sum(a * c for a, c in pair) / math.sqrt(N)) for pair in pairs]
                for j, e in zip(keys, exps, strict=True):
                    alphas[b, h, i, j] = e / sum(exps)
    return alphas


def test_case_1_the_shapes_and_no_maps_unless_asked(model: Transformer, x: torch.Tensor) -> None:
    out, nothing = model(x, None)
    same, alphas = model(x, None, return_attn=True)
    assert out.shape == (B, T, DIM)
    assert nothing is None
    assert alphas.shape == (B, LAYERS, HEADS, T, T)
    assert torch.equal(out, same)


def test_case_2_without_a_mask_every_alpha_is_the_formula(
    model: Transformer, x: torch.Tensor
) -> None:
    _, alphas = model(x, None, return_attn=True)
    torch.testing.assert_close(alphas.sum(-1), torch.ones(B, LAYERS, HEADS, T))
    for layer, block in enumerate(model.layers):
        expected = by_hand(block.attn, x, None)
        torch.testing.assert_close(alphas[:, layer], expected, atol=1e-5, rtol=1e-4)
        x, _ = block(x, None)


def test_case_3_masked_keys_get_no_weight_in_any_layer(model: Transformer, x: torch.Tensor) -> None:
    mask = (torch.rand(B, T, T, generator=torch.Generator().manual_seed(2)) < 0.5).long()
    mask[0, 3] = 0  # a query that may attend to nothing
    out, alphas = model(x, mask, return_attn=True)
    assert out.isfinite().all()
    everywhere = mask[:, None, None].expand_as(alphas)
    assert (alphas[everywhere == 0] == 0).all()
    sums = mask.any(-1).float()[:, None, None].expand(B, LAYERS, HEADS, T)
    torch.testing.assert_close(alphas.sum(-1), sums)
    for layer, block in enumerate(model.layers):
        expected = by_hand(block.attn, x, mask)
        torch.testing.assert_close(alphas[:, layer], expected, atol=1e-5, rtol=1e-4)
        x, _ = block(x, mask)


@pytest.mark.parametrize("changed", range(1, T))
def test_case_4_a_later_token_changes_no_earlier_output_and_no_alpha(
    changed: int, model: Transformer, x: torch.Tensor
) -> None:
    mask = causal_mask(T).expand(B, T, T)
    other = x.clone()
    other[:, changed] += 1
    out, alphas = model(x, mask, return_attn=True)
    out2, alphas2 = model(other, mask, return_attn=True)
    assert torch.equal(out[:, :changed], out2[:, :changed])
    assert torch.equal(alphas[..., :changed, :], alphas2[..., :changed, :])
    later = (alphas[..., changed, :] - alphas2[..., changed, :]).abs().amax((0, 3))
    assert (later > 0).all(), "a map of the changed token itself follows it in every layer and head"
