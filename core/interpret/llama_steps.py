"""What a block of a Llama computes beside `core.interpret.block_steps`: rotations and SwiGLU.

    q′ = x W_Q, k′ = x W_K  → q = R_t q′, k = R_t k′;   v = x W_V
    u = RMSNorm(z)  → gate = u W_gate, up = u W_up  → silu(gate) ⊙ up  → W_down

Keys and values have G heads, each read by H/G heads of queries. Sources: see
core/models/pretrained/llama.py and core/models/pretrained/rotary.py.
"""

import torch
from torch import Tensor
from torch.nn.functional import silu

from core.models.pretrained.llama import LlamaBlock, SwiGLU
from core.models.pretrained.rotary import RotaryAttention
from core.transformer import AttentionResidual


def is_llama(block: AttentionResidual) -> bool:
    """Whether the block has the parts of a Llama's."""
    return isinstance(block, LlamaBlock)


def llama_steps(block: AttentionResidual, x: Tensor, after: Tensor) -> dict[str, Tensor]:
    """x: (T, dim), what the heads read; after: (T, dim), the stream after the attention.

    Returns before the rotation "q0" (H, T, n) and "k0" (G, T, n), after it "k" and with them "v"
    (G, T, n); "u" (T, dim), and "gate", "up" and "product" (T, m).
    """
    attn, ffn = block.attn, block.ffn
    assert isinstance(attn, RotaryAttention)
    assert isinstance(ffn, SwiGLU)
    with torch.no_grad():
        rows = attn.qkv(x).unflatten(-1, (-1, attn.n_hidden)).transpose(0, 1)
        q0, k0, v = rows.split([attn.num_heads, attn.num_kv_heads, attn.num_kv_heads])
        u = ffn.norm(after)
        gate, up = ffn.gate(u), ffn.up(u)
        k = attn.grouped_qkv(x[None])[1][0]
    return {
        **{"q0": q0, "k0": k0, "k": k, "v": v, "u": u, "gate": gate, "up": up},
        "product": silu(gate) * up,
    }
