"""Whether this machine multiplies faster in bf16 than in fp32."""

import time

import torch

MIN_SPEEDUP = 1.3  # bf16 costs precision: it must be faster by at least this factor
EMULATED = 4  # so many times slower is no accident: this processor imitates bf16
SIZE, REPEATS = 512, 7


def faster_precision(device: torch.device) -> str:
    """ "bf16" if a product of two 512×512 matrices is at least 1.3 times faster in it, else "fp32".

    Takes about 20 ms; the fastest of seven alternating trials counts, so that other programs have
    little influence. Where bf16 is imitated a product takes 200 ms, and two trials say enough.
    """
    seconds = {torch.float32: float("inf"), torch.bfloat16: float("inf")}
    matrices = {dtype: torch.randn(SIZE, SIZE, device=device).to(dtype) for dtype in seconds}
    for trial in range(REPEATS):
        for dtype, matrix in matrices.items():
            began = time.perf_counter()
            float((matrix @ matrix)[0, 0])  # reading one number waits for the device
            seconds[dtype] = min(seconds[dtype], time.perf_counter() - began)
        if trial and seconds[torch.bfloat16] > EMULATED * seconds[torch.float32]:
            break
    ratio = seconds[torch.float32] / seconds[torch.bfloat16]
    return "bf16" if ratio >= MIN_SPEEDUP else "fp32"
