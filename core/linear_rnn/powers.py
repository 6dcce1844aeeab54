"""All powers W, W², …, W^count of a square matrix at once, by doubling, in float64.

W^{k+1}, …, W^{2k}  =  (W^1, …, W^k) W^k          ⌈log2 count⌉ stacked products
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def powers(W: Array, count: int) -> Array:
    """W^1, W^2, …, W^count as one array (count, d, d), by doubling.

    Once W^1 … W^k are known, the next k powers are their products with W^k: ⌈log2 count⌉ stacked
    products, no eigenvectors, and so no cond(P) in the error. The relative error grows like
    count · ε · (‖W‖^k / ‖W^k‖), ε = 2^-53, whatever the eigenvectors are.
    Raises ValueError unless W is square and count ≥ 1.
    """
    if W.ndim != 2 or W.shape[0] != W.shape[1]:
        raise ValueError(f"W has shape {W.shape}: only a square matrix has powers.")
    if count < 1:
        raise ValueError(f"{count} powers cannot be computed: ask for at least one.")
    out = np.empty((count, *W.shape))
    out[0] = W
    known = 1
    while known < count:
        new = min(known, count - known)
        np.matmul(out[:new], out[known - 1], out=out[known : known + new])
        known += new
    return out
