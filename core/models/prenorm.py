"""The pre-norm Transformer: LayerNorm before attention too, and dropout on both branches.

    x = x + drop(attn(LayerNorm(x)))
    x = x + drop(ffn(x))              the FFN of core/transformer.py begins with a LayerNorm

It trains faster and stays stable at higher learning rates than the course's block, whose attention
reads an unnormalised stream. Sources: Xiong et al. 2020, "On Layer Normalization in the Transformer
Architecture", figure 1b; Srivastava et al. 2014 for dropout.
"""

from torch import Tensor, nn

from core.attention import MultiHeadedAttention
from core.transformer import FFN, AttentionResidual, Transformer


class PreNormBlock(AttentionResidual):
    """One pre-norm block; same arguments and result as `AttentionResidual`, and a dropout rate."""

    def __init__(self, dim: int, attn_dim: int, mlp_dim: int, num_heads: int, dropout: float):
        nn.Module.__init__(self)  # stored optimiser states count the parameters in this order
        self.norm = nn.LayerNorm(dim)
        self.attn = MultiHeadedAttention(dim, attn_dim, num_heads)
        self.ffn = FFN(dim, mlp_dim)
        self.drop = nn.Dropout(dropout)

    def attention_input(self, x: Tensor) -> Tensor:
        """What the heads read of the stream: LayerNorm(x)."""
        normed: Tensor = self.norm(x)
        return normed

    def after_attention(self, x: Tensor, attended: Tensor) -> Tensor:
        """The rest of the block, each token by itself: x and attended (..., dim) -> (..., dim)."""
        x = x + self.drop(attended)
        x = x + self.drop(self.ffn(x))
        return x


class PreNormTransformer(Transformer):
    """num_layers pre-norm blocks. The stream leaves unnormalised: a head begins with LayerNorm."""

    def __init__(
        self,
        dim: int,
        attn_dim: int,
        mlp_dim: int,
        num_heads: int,
        num_layers: int,
        dropout: float,
    ):
        super().__init__(dim, attn_dim, mlp_dim, num_heads, num_layers=0)
        self.layers.extend(
            PreNormBlock(dim, attn_dim, mlp_dim, num_heads, dropout) for _ in range(num_layers)
        )
