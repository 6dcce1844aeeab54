"""The dialogue GPT of the course: a causal Transformer over words.

Letters   B batch · T tokens · V vocabulary · L layers · H heads

Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
section 3.1, with the block of core/transformer.py.
"""

import torch
from torch import Tensor, nn

from core.attention import causal_mask
from core.transformer import Transformer


class DialogueGPT(nn.Module):
    """x = E[token] + P[position], h = causal Transformer(x), logits = Linear(LayerNorm(h))."""

    def __init__(
        self,
        vocab_size: int,
        max_N: int,
        dim: int,
        attn_dim: int,
        mlp_dim: int,
        num_heads: int,
        num_layers: int,
    ):
        super().__init__()
        self.max_N = max_N
        self.token_embed = nn.Embedding(vocab_size, dim)
        self.pos_embed = nn.Embedding(max_N, dim)
        self.transformer = Transformer(dim, attn_dim, mlp_dim, num_heads, num_layers)
        self.head = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, vocab_size))

    def forward(self, input_ids: Tensor, return_attn: bool = False) -> tuple[Tensor, Tensor | None]:
        """input_ids: (B, T), T ≤ max_N -> logits (B, T, V), alphas (B, L, H, T, T) or None.

        logits[:, t] predict token t+1. Right padding needs no mask: no earlier token sees it.
        """
        h, alphas = self.hidden(input_ids, return_attn)
        return self.read_out(h), alphas

    def read_out(self, h: Tensor) -> Tensor:
        """The residual stream (B, T, dim) -> logits (B, T, V)."""
        logits: Tensor = self.head(h)
        return logits

    def hidden(self, input_ids: Tensor, return_attn: bool = False) -> tuple[Tensor, Tensor | None]:
        """input_ids: (B, T) -> the residual stream before the head (B, T, dim), alphas or None."""
        mask = causal_mask(input_ids.shape[1], input_ids.device).expand(len(input_ids), -1, -1)
        h, alphas = self.transformer(self.embed(input_ids), mask, return_attn)
        return h, alphas

    def embed(self, input_ids: Tensor) -> Tensor:
        """input_ids: (B, T) -> x = E[token] + P[position], (B, T, dim)."""
        x: Tensor = self.token_embed(input_ids) + self.positions(input_ids.shape[1])
        return x

    def positions(self, tokens: int) -> Tensor:
        """What is added to the first `tokens` embeddings, (tokens, dim); learned, up to max_N."""
        if tokens > self.max_N:
            raise ValueError(
                f"This model reads at most {self.max_N} tokens, but was given {tokens}; "
                "shorten the text."
            )
        return self.pos_embed.weight[:tokens]

    @torch.no_grad()
    def generate(self, input_ids: Tensor, num_tokens: int) -> Tensor:
        """Greedy: append the most probable next token, num_tokens times.

        input_ids: (B, T) -> (B, T + num_tokens). Reads the whole text again for every token;
        core/decoding/strategies.py does the same with a cache. Past max_N tokens the model sees
        only the last max_N.
        """
        for _ in range(num_tokens):
            logits, _ = self(input_ids[:, -self.max_N :])
            input_ids = torch.cat([input_ids, logits[:, -1:].argmax(-1)], dim=1)
        return input_ids


class DialogueLoss(nn.Module):
    """Mean cross-entropy (nats) of token t+1 given the logits at t, over real targets.

    L = -(1/N) Σ_{b,t} m[b,t+1] · log softmax(logits[b,t])[ids[b,t+1]],  N = Σ_{b,t} m[b,t+1]
    """

    def forward(self, logits: Tensor, input_ids: Tensor, inp_mask: Tensor) -> Tensor:
        """logits: (B, T, V), input_ids: (B, T), inp_mask: (B, T) of 1/0 -> a scalar.

        Zero if there is no target at all.
        """
        real = inp_mask[:, 1:].bool()
        total = nn.functional.cross_entropy(
            logits[:, :-1][real], input_ids[:, 1:][real], reduction="sum"
        )
        return total / real.sum().clamp(min=1)
