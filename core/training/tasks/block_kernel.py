"""A block trained in float32 on a processor: products by torch, all between them compiled.

`compiled_block` gives the values and gradients of an `AttentionResidual`, up to rounding.
Attention, GELU, LayerNorm and the sums between them run in block_kernel.cpp, without copies.
LayerNorm's weights are multiplied into those of the layer behind it, so their gradients come from
small matrices. Where it cannot be used, `compiled_block` is None and torch does all the work.

Letters   B pictures · T tokens · d = dim · H heads · n width of a head · m = mlp_dim · R = B·T rows
"""

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from core.attention import MultiHeadedAttention
from core.compiled.build import load_library
from core.transformer import FFN, AttentionResidual

SOURCE = Path(__file__).with_name("block_kernel.cpp")
MOST_TOKENS = 257  # the weights of all heads are kept for the backward pass, T² each
FEWEST_NUMBERS = 2**17  # in the residual stream; below that, torch is as quick
POINTERS = {  # of each function, and its whole numbers; residual_norm has a float between them
    "attention": ("pp", 5, "pp"),
    "attention_backward": ("ppp", 5, "pp"),
    "residual_norm": ("pppp", 2, "fipp"),
    "residual_norm_backward": ("pppp", 4, "p"),
    "gelu_and_slope": ("pp", 3, "p"),
    "gelu_backward": ("pp", 4, "p"),
}


@cache
def load_block_kernel() -> ctypes.CDLL | None:
    """The compiled library, or None; see `load_library`."""
    library = load_library(SOURCE, "-fopenmp")
    if library is not None:
        library.lanes.restype = ctypes.c_int64
        types = {"p": ctypes.c_void_p, "f": ctypes.c_float, "i": ctypes.c_int64}
        for name, (before, numbers, after) in POINTERS.items():
            function = getattr(library, name)
            function.argtypes = [types[letter] for letter in before + "i" * numbers + after]
            function.restype = None
    return library


def compiled_block(block: AttentionResidual, z: Tensor) -> Callable[[Tensor], Tensor] | None:
    """This block as a function (B, T, d) -> (B, T, d), or None where it is not to be used for z."""
    if not (z.device.type == "cpu" and z.dtype == torch.float32 and torch.is_grad_enabled()):
        return None
    if torch.is_autocast_enabled("cpu") or z.numel() < FEWEST_NUMBERS or z.shape[1] > MOST_TOKENS:
        return None
    parts = (type(block), type(block.attn), type(block.ffn))
    if parts != (AttentionResidual, MultiHeadedAttention, FFN):
        return None
    norm, up, _, down = block.ffn
    width = cast(nn.Linear, up).out_features
    library = load_block_kernel()
    if library is None or any(
        size % library.lanes() for size in (z.shape[2], block.attn.n_hidden, width)
    ):
        return None
    parameters = [p for m in (block.attn.qkv, block.attn.project_layer, norm, up, down)
                  for p in (m.weight, m.bias)]  # fmt: skip
    settings = library, block.attn.num_heads, cast(nn.LayerNorm, norm).eps
    return lambda x: cast(Tensor, _Block.apply(*settings, x.contiguous(), *parameters))


def _at(*tensors: Tensor) -> list[int]:
    return [tensor.data_ptr() for tensor in tensors]


class _Block(torch.autograd.Function):
    """x, then weight and bias of qkv, of the projection, of LayerNorm and of the two FFN layers."""

    @staticmethod
    def forward(ctx: Any, library: ctypes.CDLL, H: int, eps: float, *inputs: Tensor) -> Tensor:
        x, qkv_w, qkv_b, project_w, project_b, norm_w, norm_b, up_w, up_b, down_w, down_b = inputs
        (B, T, d), n, m = x.shape, project_w.shape[1] // H, len(up_w)
        R, threads, lanes = B * T, torch.get_num_threads(), library.lanes()
        rows = x.view(R, d)
        qkv = rows @ qkv_w.T
        alphas = x.new_empty(B, H, T, -(-T // lanes) * lanes)
        heads, normed, inverse = x.new_empty(R, H * n), x.new_empty(R, d), x.new_empty(R)
        library.attention(*_at(qkv, qkv_b), B, T, H, n, threads, *_at(alphas, heads))
        y = heads @ project_w.T
        library.residual_norm(
            *_at(rows, y, project_b, down_b), R, d, eps, threads, *_at(normed, inverse)
        )
        slope = normed @ (up_w * norm_w).T
        hidden = x.new_empty(R, m)
        bias = torch.addmv(up_b, up_w, norm_b)
        library.gelu_and_slope(*_at(slope, bias), R, m, threads, *_at(hidden))
        y.addmm_(hidden, down_w.T)
        kept = (rows, qkv, alphas, heads, normed, inverse, slope, hidden)
        ctx.save_for_backward(qkv_w, project_w, norm_w, norm_b, up_w, down_w, *kept)
        ctx.library, ctx.sizes = library, (B, T, d, H, n, m)
        return y.view(B, T, d)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor | None, ...]:
        qkv_w, project_w, norm_w, norm_b, up_w, down_w, *kept = ctx.saved_tensors
        rows, qkv, alphas, heads, normed, inverse, slope, hidden = kept
        (B, T, d, H, n, m), library, threads = ctx.sizes, ctx.library, torch.get_num_threads()
        dz = given.contiguous().view(B * T, d)
        d_bias = [dz.new_empty(B, width) for width in (3 * H * n, m, 2 * d)]

        d_up = dz @ down_w
        d_down_w = dz.T @ hidden
        library.gelu_backward(*_at(d_up, slope), B, T, m, threads, *_at(d_bias[1]))
        d_product = d_up.T @ normed  # the gradient of up_w * norm_w
        dy = d_up @ (up_w * norm_w)
        library.residual_norm_backward(
            *_at(dz, dy, normed, inverse), B, T, d, threads, *_at(d_bias[2])
        )
        d_heads = dy @ project_w
        d_project_w = dy.T @ heads
        d_qkv = torch.empty_like(qkv)
        library.attention_backward(
            *_at(qkv, alphas, d_heads), B, T, H, n, threads, *_at(d_qkv, d_bias[0])
        )
        d_qkv_w = d_qkv.T @ rows
        dx = dy.addmm_(d_qkv, qkv_w).view(B, T, d)

        d_qkv_b, d_up_b, both = (sums.sum(0) for sums in d_bias)
        d_norm_w, d_norm_b = (up_w * d_product).sum(0), d_up_b @ up_w
        d_up_w = torch.addr(d_product * norm_w, d_up_b, norm_b)
        return (
            *(None, None, None, dx, d_qkv_w, d_qkv_b, d_project_w, both[:d], d_norm_w, d_norm_b),
            *(d_up_w, d_up_b, d_down_w, both[d:]),
        )
