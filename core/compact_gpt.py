"""A dialogue GPT that generalises better from a million words: pre-norm, tied embeddings, dropout.

Sources: Press & Wolf 2017, "Using the Output Embedding to Improve Language Models" (tying);
Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.3
(normal weights of deviation 0.02).
"""

from torch import Tensor, nn

from core.gpt import DialogueGPT
from core.prenorm import PreNormTransformer


class CompactGPT(DialogueGPT):
    """logits = Eᵀ LayerNorm(h) + b: the head's weights are the token embeddings E themselves."""

    def __init__(
        self,
        vocab_size: int,
        max_N: int,
        dim: int,
        attn_dim: int,
        mlp_dim: int,
        num_heads: int,
        num_layers: int,
        dropout: float,
    ):
        super().__init__(vocab_size, max_N, dim, attn_dim, mlp_dim, num_heads, num_layers)
        self.transformer = PreNormTransformer(
            dim, attn_dim, mlp_dim, num_heads, num_layers, dropout
        )
        self.drop = nn.Dropout(dropout)
        self.apply(_small_normal)
        self.head[1].weight = self.token_embed.weight

    def embed(self, input_ids: Tensor) -> Tensor:
        """input_ids: (B, T) -> x (B, T, dim), with dropout."""
        x: Tensor = self.drop(super().embed(input_ids))
        return x


def _small_normal(module: nn.Module) -> None:
    """Weights from N(0, 0.02²), biases zero."""
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
