# %% [markdown]
# # Write attention yourself
# Write the two classes of the lecture and run the four test cases: each one passes, or says in one
# sentence what is wrong. You need only torch.
#
# Letters: B pictures or texts in a batch, T tokens, H heads, L layers, n = n_hidden.

# %%
import torch
from torch import nn

torch.set_num_threads(1)


# %% [markdown]
# ## 1. One head
# Queries, keys and values are `W_Q(x)`, `W_K(x)`, `W_V(x)`, linear layers from dim to n, with bias.
#
# $$A = \mathrm{softmax}(Q K^T / \sqrt{n}), \qquad \mathrm{out} = A V$$
#
# The softmax runs over the keys. `attn_mask[b, i, j] == 1` means that token i may look at token j;
# every other weight is exactly 0. A token that may look at nothing gets zeros.


# %%
class AttentionHead(nn.Module):
    def __init__(self, dim, n_hidden):
        super().__init__()
        # self.W_K, self.W_Q, self.W_V = ...

    def forward(self, x, attn_mask=None):
        """x: B×T×dim, attn_mask: B×T×T of 0 and 1, or None -> out: B×T×n, alpha: B×T×T."""
        raise NotImplementedError("Write AttentionHead: its two methods are still empty.")


# %% [markdown]
# ## 2. Several heads
# The outputs of the heads are concatenated, head after head, and `project_layer` maps them back
# from H·n to dim. Keep the heads in `self.heads`, an `nn.ModuleList`; or compute all of them with
# one linear layer `self.qkv` of 3·H·n rows in the order (q, k, v) × head × feature.


# %%
class MultiHeadedAttention(nn.Module):
    def __init__(self, dim, n_hidden, num_heads):
        super().__init__()
        # self.heads = nn.ModuleList(...)
        # self.project_layer = ...

    def forward(self, x, attn_mask=None):
        """x: B×T×dim, attn_mask: B×T×T or None -> out: B×T×dim, alphas: B×H×T×T."""
        raise NotImplementedError("Write MultiHeadedAttention: its two methods are still empty.")


# %% [markdown]
# ## The rest of the Transformer, as in the lecture


# %%
class FFN(nn.Sequential):
    def __init__(self, dim, n_hidden):
        super().__init__(
            nn.LayerNorm(dim), nn.Linear(dim, n_hidden), nn.GELU(), nn.Linear(n_hidden, dim)
        )


class AttentionResidual(nn.Module):
    def __init__(self, dim, attn_dim, mlp_dim, num_heads):
        super().__init__()
        self.attn = MultiHeadedAttention(dim, attn_dim, num_heads)
        self.ffn = FFN(dim, mlp_dim)

    def forward(self, x, attn_mask=None):
        attended, alphas = self.attn(x, attn_mask)
        x = attended + x
        return self.ffn(x) + x, alphas


class Transformer(nn.Module):
    def __init__(self, dim, attn_dim, mlp_dim, num_heads, num_layers):
        super().__init__()
        blocks = [AttentionResidual(dim, attn_dim, mlp_dim, num_heads) for _ in range(num_layers)]
        self.layers = nn.ModuleList(blocks)

    def forward(self, x, attn_mask=None, return_attn=False):
        maps = []
        for layer in self.layers:
            x, alphas = layer(x, attn_mask)
            maps.append(alphas)
        return x, torch.stack(maps, dim=1) if return_attn else None


# %% [markdown]
# ## What the cases use
# Nothing to write here. A wrong result is compared with the results of the usual mistakes.

# %%
B, T, DIM, N, H, L = 2, 6, 20, 8, 4, 3


def check(true, sentence):
    if not true:
        raise AssertionError(sentence)


def close(a, b):
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


def build(kind, *sizes):
    torch.manual_seed(0)
    module = kind(*sizes)
    name = kind.__name__
    if kind is AttentionHead:
        for layer in ("W_K", "W_Q", "W_V"):
            check(hasattr(module, layer), f"{name} has no {layer}: name its layers W_K, W_Q, W_V.")
    if kind is MultiHeadedAttention:
        parts = hasattr(module, "heads") or hasattr(module, "qkv")
        check(parts, f"{name} has neither heads nor qkv: its heads must be in one of them.")
        check(hasattr(module, "project_layer"), f"{name} has no project_layer from H·n to dim.")
    return module


def run(module, x, mask=None):
    name = type(module).__name__
    extra = {"return_attn": True} if isinstance(module, Transformer) else {}
    try:
        result = module(x, mask, **extra)
    except (RuntimeError, TypeError, IndexError, ValueError, AttributeError) as error:
        reason = str(error).splitlines()[0]
        raise AssertionError(f"{name} stops on x of shape {tuple(x.shape)}: {reason}") from error
    pair = isinstance(result, tuple) and len(result) == 2
    check(pair, f"{name} must return two tensors, the output and the attention weights.")
    return result


def shape(found, wanted, what, letters):
    given = tuple(getattr(found, "shape", ()))
    sentence = f"{what} must have the shape {wanted} = {letters}, but it has the shape {given}."
    check(given == wanted, sentence)


def split(module, x):
    """The queries, keys and values of all heads, each B×H×T×n."""
    if isinstance(module, AttentionHead):
        return [layer(x)[:, None] for layer in (module.W_Q, module.W_K, module.W_V)]
    if hasattr(module, "heads"):
        parts = [split(head, x) for head in module.heads]
        return [torch.cat(part, 1) for part in zip(*parts, strict=True)]
    return list(module.qkv(x).unflatten(-1, (3, H, N)).permute(2, 0, 3, 1, 4))


def weights(q, k, mask=None, scale=N**0.5, axis=-1):
    scores = q @ k.mT / scale
    if mask is None:
        return scores.softmax(axis)
    mask = mask[:, None].expand_as(scores)
    alpha = scores.masked_fill(mask == 0, -1e30).softmax(axis)
    return alpha.masked_fill(mask == 0, 0)


def explain_weights(alpha, q, k, mask=None):
    """Stop with the sentence that fits, unless alpha is softmax(QKᵀ/√n) under this mask."""
    right = weights(q, k, mask)
    if close(alpha, right):
        return
    scores, usual = q @ k.mT / N**0.5, []
    if mask is not None:
        m = mask[:, None].expand_as(alpha)
        blind = (m.sum(-1, keepdim=True) == 0).expand_as(alpha)
        bad = alpha.isnan()
        check(not (bad & ~blind).any(), "Weights are NaN: mask the scores before the softmax.")
        check(not bad.any(), "A token that may look at nothing gets NaN instead of zeros.")
        usual = [
            (weights(q, k, 1 - mask), "The mask is the wrong way round: 1 means “may look at”."),
            (weights(q, k, mask.mT), "The mask is transposed: its row i belongs to query i."),
            (
                weights(q, k) * m,
                "The mask comes after the softmax, so rows do not sum to one: mask the scores.",
            ),
        ]
    usual += [
        (
            weights(q, k, mask, axis=-2),
            "The softmax runs over the wrong axis: rows, one for each query, do not sum to one.",
        ),
        (weights(q, k, mask, scale=1), "The scores are not divided by √n."),
        (weights(q, k, mask, scale=N), "The scores are divided by n: divide by √n."),
        (weights(q, k, mask, scale=DIM**0.5), "The scores are divided by √dim, not by √n."),
        (weights(k, q, mask), "Queries and keys are swapped: row i belongs to query i."),
        (scores, "The softmax is missing: the weights are the scores."),
    ]
    for wrong, sentence in usual:
        check(not close(alpha, wrong), sentence)
    if mask is not None:
        seen = (alpha * (1 - m)).masked_fill(blind, 0).abs().max()
        check(seen == 0, f"Masked keys still get weight, up to {seen:.3f}: it must be exactly 0.")
        left = alpha.masked_fill(~blind, 0).abs().max()
        check(left == 0, "A token that may look at nothing must get zeros, not even weights.")
    gap = (alpha - right).abs().max()
    raise AssertionError(
        f"The weights are not softmax(QKᵀ/√n) over the keys: they are off by up to {gap:.3f}."
    )


def explain_head(out, alpha, v):
    right = alpha @ v
    transposed = close(out, alpha.mT @ v) and not close(out, right)
    check(not transposed, "The output sums over the queries: it is A V, not Aᵀ V.")
    check(not close(out, v), "The output is V itself: multiply it by the weights, A V.")
    check(close(out, right), "The output of the head is not A V, its weights times W_V(x).")


def explain_heads(module, out, alphas, v):
    heads = alphas @ v
    if close(out, module.project_layer(heads.transpose(1, 2).flatten(2))):
        return
    for wrong in (heads.permute(0, 2, 3, 1).flatten(2), heads.flatten(1).view(B, T, H * N)):
        mixed = close(out, module.project_layer(wrong))
        check(not mixed, "The heads are mixed up: concatenate the H·n numbers of each token.")
    raise AssertionError("The output is not project_layer of the concatenated heads.")


@torch.no_grad()
def every_map(mask=None):
    """Check head, heads and the maps of every layer of a Transformer under this mask."""
    x = torch.randn(B, T, DIM)
    head, heads = build(AttentionHead, DIM, N), build(MultiHeadedAttention, DIM, N, H)
    out, alpha = run(head, x, mask)
    q, k, v = split(head, x)
    explain_weights(alpha[:, None], q, k, mask)
    explain_head(out[:, None], alpha[:, None], v)
    out, alphas = run(heads, x, mask)
    q, k, v = split(heads, x)
    explain_weights(alphas, q, k, mask)
    explain_heads(heads, out, alphas, v)
    model = build(Transformer, DIM, N, 32, H, L)
    _, maps = run(model, x, mask)
    for layer, block in enumerate(model.layers):
        q, k, _ = split(block.attn, x)
        explain_weights(maps[:, layer], q, k, mask)
        x, _ = block(x, mask)


# %% [markdown]
# ## Case 1: the shapes

# %%
torch.manual_seed(0)
with torch.no_grad():
    x = torch.randn(B, T, DIM)
    out, alpha = run(build(AttentionHead, DIM, N), x)
    shape(out, (B, T, N), "The output of AttentionHead", "B×T×n")
    shape(alpha, (B, T, T), "The weights of AttentionHead", "B×T×T")
    out, alphas = run(build(MultiHeadedAttention, DIM, N, H), x)
    shape(out, (B, T, DIM), "The output of MultiHeadedAttention", "B×T×dim")
    shape(alphas, (B, H, T, T), "The weights of MultiHeadedAttention", "B×H×T×T")
    out, alphas = run(build(Transformer, DIM, N, 32, H, L), x)
    shape(out, (B, T, DIM), "The output of Transformer", "B×T×dim")
    shape(alphas, (B, L, H, T, T), "The weights of Transformer", "B×L×H×T×T")
print("Case 1 passed: every shape is right.")

# %% [markdown]
# ## Case 2: no mask
# Every row of every weight matrix sums to one and is the softmax of the lecture.

# %%
every_map()
print("Case 2 passed: all weights are softmax(QKᵀ/√n), and every output follows from them.")

# %% [markdown]
# ## Case 3: any mask
# A random mask of 0 and 1 for each element of the batch. One token may look at nothing.

# %%
torch.manual_seed(1)
mask = (torch.rand(B, T, T) < 0.5).long()
mask[0, 3] = 0
every_map(mask)
print("Case 3 passed: masked weights are exactly 0 in every layer and head.")

# %% [markdown]
# ## Case 4: the future cannot change the past
# Under the causal mask, changing token t may change no output and no weight before t.

# %%
causal = torch.ones(T, T).tril().expand(B, T, T)
with torch.no_grad():
    model = build(Transformer, DIM, N, 32, H, L)
    x = torch.randn(B, T, DIM)
    out, alphas = run(model, x, causal)
    for t in range(1, T):
        other = x.clone()
        other[:, t] += 1
        out2, alphas2 = run(model, other, causal)
        where = f"Changing token {t} changes"
        same = close(alphas[..., :t, :], alphas2[..., :t, :])
        check(same, f"{where} the weights of earlier tokens: the causal mask does not hold.")
        same = close(out[:, :t], out2[:, :t])
        check(same, f"{where} earlier outputs: tokens may mix through the weights alone.")
print("Case 4 passed: nothing before a changed token notices it.")
