"""Encoded corpora: the vocabulary and the ids of thousands of lines, kept in the data folder.

Cutting all of Tiny Shakespeare into words takes about two seconds; reading the ids back takes
hundredths. A file is keyed by the content: the lines, the vocabulary and the splitting rules.
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
WORTH_KEEPING = 200  # lines; fewer are encoded faster than a file is found


def tokenizer_of(lines: Sequence[str]) -> WordTokenizer:
    """The tokenizer whose vocabulary is that of all lines, with a blank line between two."""
    text = "\n\n".join(lines)
    if len(lines) < WORTH_KEEPING:
        return WordTokenizer(text)
    path = _place([text])
    kept = _read(path)
    if kept is not None:
        return WordTokenizer.from_vocab(kept["words"].tobytes().decode().split("\n"))
    tokenizer = WordTokenizer(text)
    words = "\n".join(tokenizer.vocab).encode()
    _write(path, words=np.frombuffer(words, dtype=np.uint8))
    return tokenizer


def encode_lines(tokenizer: WordTokenizer, lines: Sequence[str]) -> list[NDArray[np.int64]]:
    """The ids of every line, start token first: N arrays of lengths T_1..T_N."""
    if len(lines) < WORTH_KEEPING:
        return [np.array(tokenizer.ids(line), dtype=np.int64) for line in lines]
    path = _place(tokenizer.vocab, lines)
    kept = _read(path)
    if kept is not None:
        return np.split(kept["ids"].astype(np.int64), np.cumsum(kept["lengths"])[:-1])
    encoded = [np.array(tokenizer.ids(line), dtype=np.int64) for line in lines]
    lengths = np.array([len(ids) for ids in encoded], dtype=np.int32)
    _write(path, ids=np.concatenate(encoded).astype(np.int32), lengths=lengths)
    return encoded


def _place(*parts: Sequence[str]) -> Path:
    digest = hashlib.sha256(SPLITTING_RULES.encode())
    for part in parts:
        digest.update(b"\x1e" + "\x1f".join(part).encode("utf-8", "surrogatepass"))
    return data_folder() / "encoded" / f"{digest.hexdigest()[:32]}.npz"


def _read(path: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays of a file, None when there is none or its checksum tells of damage."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _write(path: Path, **arrays: Any) -> None:
    """Keep named arrays; where the folder cannot be written, the next time is as slow as this."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            np.savez(file, **arrays)
    except OSError:
        return
