"""The fused attention is the textbook's, and masks mean what they say."""

import math

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import nn

from core.attention import AttentionHead, MultiHeadedAttention, attention_weights, causal_mask
from core.transformer import FFN, Transformer

MASKS = {
    "none": lambda b, t: None,
    "causal": lambda b, t: causal_mask(t).expand(b, t, t),
    "random": lambda b, t: (torch.rand(b, t, t) < 0.5).long(),
}


def textbook(heads, project, x, mask):
    """One head after another, concatenated and projected."""
    outs, alphas = zip(*(head(x, mask) for head in heads), strict=True)
    return project(torch.cat(outs, dim=-1)), torch.stack(alphas, dim=1)


@pytest.mark.parametrize("kind", MASKS)
def test_fused_heads_equal_separate_heads_forward_and_backward(kind):
    torch.manual_seed(0)
    b, t, dim, n, h = 3, 7, 20, 8, 4
    heads, project = [AttentionHead(dim, n) for _ in range(h)], nn.Linear(h * n, dim)
    fused = MultiHeadedAttention.from_heads(heads, project)
    x = torch.randn(b, t, dim)
    mask = MASKS[kind](b, t)
    x1, x2 = x.clone().requires_grad_(), x.clone().requires_grad_()
    out1, alpha1 = textbook(heads, project, x1, mask)
    out2, alpha2 = fused(x2, mask)
    assert (out1 - out2).abs().max() <= 1e-5
    assert (alpha1 - alpha2).abs().max() <= 1e-5
    out1.square().sum().backward()
    out2.square().sum().backward()
    torch.testing.assert_close(x1.grad, x2.grad, atol=1e-4, rtol=1e-4)
    gradients = [getattr(head, w).weight.grad for w in ("W_Q", "W_K", "W_V") for head in heads]
    torch.testing.assert_close(torch.cat(gradients), fused.qkv.weight.grad, atol=1e-4, rtol=1e-4)


def test_head_is_the_formula_written_out():
    torch.manual_seed(1)
    head = AttentionHead(5, 3)
    x = torch.randn(1, 4, 5)
    out, alpha = head(x)
    q, k, v = (layer(x)[0] for layer in (head.W_Q, head.W_K, head.W_V))
    for i in range(4):
        scores = torch.stack([q[i] @ k[j] / math.sqrt(3) for j in range(4)])
        weights = scores.exp() / scores.exp().sum()
        torch.testing.assert_close(alpha[0, i], weights)
        torch.testing.assert_close(out[0, i], weights @ v)


@settings(deadline=None, max_examples=40)
@given(t=st.integers(1, 9), seed=st.integers(0, 10_000), share=st.floats(0, 1))
def test_rows_sum_to_one_and_masked_weights_are_exactly_zero(t, seed, share):
    generator = torch.Generator().manual_seed(seed)
    q, k = torch.randn(2, 2, t, 4, generator=generator) * 10
    mask = (torch.rand(2, t, t, generator=generator) < share).long()
    alpha = attention_weights(q, k, mask)
    assert not alpha.isnan().any()
    assert (alpha[mask == 0] == 0).all()
    may_attend = mask.any(-1)
    torch.testing.assert_close(alpha.sum(-1)[may_attend], torch.ones(int(may_attend.sum())))
    assert (alpha[~may_attend] == 0).all()


def test_a_query_that_sees_nothing_gives_zeros_and_finite_gradients():
    head = AttentionHead(6, 4)
    mask = torch.ones(1, 3, 3)
    mask[0, 1] = 0
    x = torch.randn(1, 3, 6, requires_grad=True)
    out, alpha = head(x, mask)
    assert (out[0, 1] == 0).all()
    assert (alpha[0, 1] == 0).all()
    out.sum().backward()
    assert x.grad.isfinite().all()


def test_asking_for_the_maps_does_not_change_the_output():
    torch.manual_seed(2)
    model = Transformer(dim=16, attn_dim=8, mlp_dim=32, num_heads=2, num_layers=3)
    x, mask = torch.randn(2, 5, 16), causal_mask(5).expand(2, 5, 5)
    plain, nothing = model(x, mask)
    out, alphas = model(x, mask, return_attn=True)
    assert nothing is None
    assert torch.equal(plain, out)
    assert alphas.shape == (2, 3, 2, 5, 5)


def test_the_future_cannot_change_the_past():
    torch.manual_seed(3)
    model = Transformer(dim=16, attn_dim=8, mlp_dim=32, num_heads=2, num_layers=3)
    x, mask = torch.randn(1, 6, 16), causal_mask(6).expand(1, 6, 6)
    changed = x.clone()
    changed[0, 4] += 1
    assert torch.equal(model(x, mask)[0][0, :4], model(changed, mask)[0][0, :4])


def test_ffn_is_layernorm_linear_gelu_linear():
    kinds = [type(layer) for layer in FFN(8, 16)]
    assert kinds == [nn.LayerNorm, nn.Linear, nn.GELU, nn.Linear]
    assert FFN(8, 16)(torch.randn(2, 3, 8)).shape == (2, 3, 8)
