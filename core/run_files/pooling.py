"""The name under which an earlier ViT is read, whose answer used its patches as well.

Up to version 0.2 `CompactViT` and `SinusoidalViT` added a pooling of the patches to the class
token. Today they read the class token alone; runs of that time are recognised by their weights.
"""

from pathlib import Path

POOLED = {"CompactViT": "PooledCompactViT", "SinusoidalViT": "PooledSinusoidalViT"}
HEADER = 1_000_000  # bytes of a safetensors file that are searched for names


def architecture_of(stated: str, weights: Path) -> str:
    """The architecture that a file states, or its pooled variant if its weights are of that.

    weights: path of a checkpoint, without suffix; a file that cannot be read changes nothing.
    """
    if stated not in POOLED:
        return stated
    try:
        with open(weights.with_suffix(".safetensors"), "rb") as file:
            size = min(HEADER, int.from_bytes(file.read(8), "little"))
            names = file.read(size)
    except OSError:
        return stated
    return POOLED[stated] if b'"model.pool.weight"' in names else stated
