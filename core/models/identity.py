"""The identity of a model: the key of everything cached about it.

Weights alone do not determine it: the same numbers under another mean and std, another number of
heads or a permuted vocabulary give other answers.
"""

import hashlib
from pathlib import Path


def identity_of(folder: Path, weights: Path, kind: str, data: str) -> str:
    """SHA-256 of everything that determines a model's output.

    That is the checkpoint's JSON, with the SHA-256 of the weights, architecture, configuration,
    classes, mean and std; the vocabulary; and which data feeds the model. Two models that share
    only their weights differ here. Errors: OSError when the JSON cannot be read.
    """
    vocab = folder / "vocab.json"
    parts = [kind.encode(), data.encode("utf-8", "surrogatepass")]
    parts += [weights.with_suffix(".json").read_bytes()]
    parts += [vocab.read_bytes()] if vocab.is_file() else []
    hashes = [hashlib.sha256(part).digest() for part in parts]  # of one length: no two mix up
    return hashlib.sha256(b"".join(hashes)).hexdigest()
