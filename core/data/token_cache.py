"""Cache of tokenised corpora: vocabulary and ids of thousands of lines, in the data folder.

Splitting all of Tiny Shakespeare into words takes about two seconds; reading the ids takes some
hundredths. A file's key is a hash of the lines, the vocabulary and the splitting rules.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.locations import data_folder
from core.system.atomic_write import atomic_write
from core.tokenizer import WordTokenizer

SPLITTING_RULES = "nltk 3.10 words, punkt 2.2 sentences"
MIN_LINES = 200  # fewer are tokenised faster than a file is read


def tokenizer_of(lines: Sequence[str]) -> WordTokenizer:
    """The tokenizer with the vocabulary of all lines, which are joined by blank lines."""
    text = "\n\n".join(lines)
    if len(lines) < MIN_LINES:
        return WordTokenizer(text)
    path = _path([text])
    cached = _read(path)
    if cached is not None:
        return WordTokenizer.from_vocab(cached["words"].tobytes().decode().split("\n"))
    tokenizer = WordTokenizer(text)
    words = "\n".join(tokenizer.vocab).encode()
    _write(path, words=np.frombuffer(words, dtype=np.uint8))
    return tokenizer


def encode_lines(tokenizer: WordTokenizer, lines: Sequence[str]) -> list[NDArray[np.int64]]:
    """The ids of every line, start token first: N arrays of lengths T_1 … T_N."""
    if len(lines) < MIN_LINES:
        return [np.array(tokenizer.ids(line), dtype=np.int64) for line in lines]
    path = _path(tokenizer.vocab, lines)
    cached = _read(path)
    if cached is not None:
        return np.split(cached["ids"].astype(np.int64), np.cumsum(cached["lengths"])[:-1])
    encoded = [np.array(tokenizer.ids(line), dtype=np.int64) for line in lines]
    lengths = np.array([len(ids) for ids in encoded], dtype=np.int32)
    _write(path, ids=np.concatenate(encoded).astype(np.int32), lengths=lengths)
    return encoded


def _path(*parts: Sequence[str]) -> Path:
    digest = hashlib.sha256(SPLITTING_RULES.encode())
    for part in parts:
        digest.update(b"\x1e" + "\x1f".join(part).encode("utf-8", "surrogatepass"))
    return data_folder() / "encoded" / f"{digest.hexdigest()[:32]}.npz"


def _read(path: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays of a file, None when there is none or it is damaged (a zip has checksums)."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _write(path: Path, **arrays: Any) -> None:
    """Store named arrays; nothing is stored where the folder cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            np.savez(file, **arrays)
    except OSError:
        return
