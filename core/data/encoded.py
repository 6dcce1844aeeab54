"""Encoded corpora: the ids of thousands of lines, kept in the data folder.

Cutting all of Tiny Shakespeare into words takes about two seconds; reading the ids back takes
hundredths. The file is keyed by the content: the lines, the vocabulary and the splitting rules.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.data.folder import data_folder

if TYPE_CHECKING:
    from core.tokenizer import WordTokenizer

SPLITTING_RULES = "nltk 3.10 words, punkt 2.2 sentences"
WORTH_KEEPING = 1_000  # lines; fewer are encoded faster than a file is found


def encode_lines(tokenizer: WordTokenizer, lines: Sequence[str]) -> list[NDArray[np.int64]]:
    """The ids of every line, start token first: N arrays of lengths T_1..T_N."""
    if len(lines) < WORTH_KEEPING:
        return [np.array(tokenizer.ids(line), dtype=np.int64) for line in lines]
    digest = hashlib.sha256(SPLITTING_RULES.encode())
    for part in (tokenizer.vocab, lines):
        digest.update(b"\x1e" + "\x1f".join(part).encode("utf-8", "surrogatepass"))
    path = data_folder() / "encoded" / f"{digest.hexdigest()[:32]}.npz"
    kept = _read(path)
    if kept is None:
        kept = [np.array(tokenizer.ids(line), dtype=np.int64) for line in lines]
        _write(path, kept)
    return kept


def _read(path: Path) -> list[NDArray[np.int64]] | None:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            ids, lengths = file["ids"].astype(np.int64), file["lengths"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return np.split(ids, np.cumsum(lengths)[:-1]) if len(ids) == lengths.sum() else None


def _write(path: Path, encoded: list[NDArray[np.int64]]) -> None:
    """Keep the ids; a data folder that cannot be written is no error, only slower next time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(
                    file,
                    ids=np.concatenate(encoded).astype(np.int32),
                    lengths=np.array([len(ids) for ids in encoded], dtype=np.int32),
                )
            os.replace(partial, path)
        except BaseException:
            os.unlink(partial)
            raise
    except OSError:
        return
