"""A dialogue GPT that generalises better from a million words: pre-norm, tied embeddings, dropout.

Sources: Press & Wolf 2017, "Using the Output Embedding to Improve Language Models" (tying);
Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.3
(normal weights of deviation 0.02); Bowman et al. 2016, "Generating Sentences from a Continuous
Space", section 3.1 (word dropout).
"""

import torch
from torch import Tensor, nn

from core.gpt import DialogueGPT
from core.models.prenorm import PreNormTransformer
from core.tokenizer import START_ID, UNK_ID


class CompactGPT(DialogueGPT):
    """logits = E LayerNorm(h) + b: the head's weights are the token embeddings E themselves.

    While training, each word read (not each word to predict) is unknown with the probability
    `word_dropout`: the model cannot rely on any single word, and it learns to read `<UNK>`.
    """

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
        word_dropout: float = 0.0,
    ):
        super().__init__(vocab_size, max_N, dim, attn_dim, mlp_dim, num_heads, num_layers)
        self.transformer = PreNormTransformer(
            dim, attn_dim, mlp_dim, num_heads, num_layers, dropout
        )
        self.drop = nn.Dropout(dropout)
        self.word_dropout = word_dropout
        self.apply(_small_normal)
        self.head[1].weight = self.token_embed.weight

    def embed(self, input_ids: Tensor) -> Tensor:
        """input_ids: (B, T) -> x (B, T, dim), with both kinds of dropout."""
        if self.training and self.word_dropout:
            lost = torch.rand(input_ids.shape, device=input_ids.device) < self.word_dropout
            input_ids = input_ids.masked_fill(lost & (input_ids != START_ID), UNK_ID)
        x: Tensor = self.drop(super().embed(input_ids))
        return x


def _small_normal(module: nn.Module) -> None:
    """Weights from N(0, 0.02²), biases zero."""
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
