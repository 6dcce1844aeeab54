"""Dialogues as examples: a list of texts, the dataset of their ids, and the padded batch.

A dialogue is the text between two blank lines of a file: a speaker and their words. Each is one
training example of T ids, `<START>` first, at most max_N of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.data.token_cache import encode_lines

if TYPE_CHECKING:
    from torch import LongTensor, Tensor

    from core.tokenizer import WordTokenizer

MAX_TEXT_BYTES = 20_000_000
MIN_DIALOGUES = 10


@dataclass(frozen=True, eq=False)
class DialogueData:
    """A corpus split into dialogues.

    train, held_out   dialogues in file order; held_out is the last part, for testing; may be empty
    checksum          SHA-256 of the text they come from
    note              a sentence about the data for the reader
    """

    name: str
    train: list[str]
    held_out: list[str]
    checksum: str
    note: str

    def vocabulary_text(self) -> str:
        """The training part as one text: a vocabulary is built from nothing else."""
        return "\n\n".join(self.train)


def split_dialogues(text: str) -> list[str]:
    """Split a text at its blank lines; dialogues are stripped, empty ones dropped."""
    pieces = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    return [piece.strip() for piece in pieces if piece.strip()]


def split_held_out(dialogues: Sequence[str], held_out: float) -> tuple[list[str], list[str]]:
    """The first dialogues for training and the last `held_out` (a share, 0 … 0.5) for testing.

    A share above 0 holds out at least one. Raises ValueError outside 0 … 0.5.
    """
    if not 0 <= held_out <= 0.5:
        raise ValueError(f"The held-out share must be from 0 to 0.5, not {held_out}.")
    count = max(1, round(len(dialogues) * held_out)) if held_out else 0
    cut = len(dialogues) - count
    return list(dialogues[:cut]), list(dialogues[cut:])


def dialogue_data(
    name: str, text: str, dialogues: Sequence[str], held_out: float, note: str
) -> DialogueData:
    """The `dialogues` of `text`, split, with the checksum of the text."""
    train, rest = split_held_out(dialogues, held_out)
    return DialogueData(name, train, rest, hashlib.sha256(text.encode()).hexdigest(), note)


def generated(
    name: str, generate: Callable[[int, int], list[str]], count: int, held_out: float, seed: int
) -> DialogueData:
    """`count` dialogues, 10 … 50,000, of generate(count, seed). Raises ValueError outside that."""
    if not 10 <= count <= 50_000:
        raise ValueError(f"The number of texts must be from 10 to 50,000, not {count:,}.")
    dialogues = generate(count, seed)
    note = f"{name.capitalize()}: {count:,} texts drawn with seed {seed}."
    return dialogue_data(name, "\n\n".join(dialogues), dialogues, held_out, note)


def read_own_text(path: str | Path, held_out: float = 0.1) -> DialogueData:
    """A user's own UTF-8 text file: dialogues at blank lines, or one per line if there are none.

    Raises MissingDataError or ValueError, each one sentence: no such file, empty, too large, not
    UTF-8, fewer than ten dialogues.
    """
    from core.data.locations import MissingDataError

    path = Path(path)
    if not path.is_file():
        raise MissingDataError(f"There is no text file {str(path)!r}; check the path.")
    with path.open("rb") as file:
        content = file.read(MAX_TEXT_BYTES + 1)
    return own_text(content, path.name, held_out)


def own_text(content: bytes, name: str, held_out: float = 0.1) -> DialogueData:
    """As `read_own_text`, for the bytes of a file called `name` (an upload, say)."""
    if len(content) > MAX_TEXT_BYTES:
        raise ValueError(
            f"{name} is larger than {MAX_TEXT_BYTES // 10**6} MB; give a shorter text."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise ValueError(
            f"{name} is not UTF-8 text (byte {err.start} is {content[err.start]:#04x}); "
            "save it as UTF-8 and try again."
        ) from None
    if not text.strip():
        raise ValueError(f"{name} is empty; it needs at least {MIN_DIALOGUES} texts.")
    dialogues, cut = split_dialogues(text), "at blank lines"
    if len(dialogues) == 1:
        dialogues = [line.strip() for line in dialogues[0].split("\n") if line.strip()]
        cut = "one a line, as it has no blank lines"
    if len(dialogues) < MIN_DIALOGUES:
        count = "only one text" if len(dialogues) == 1 else f"only {len(dialogues)} texts"
        raise ValueError(
            f"{name} holds {count}; give at least {MIN_DIALOGUES}, separated by blank lines."
        )
    note = f"{len(dialogues):,} texts from {name}, cut {cut}."
    return dialogue_data(name, text, dialogues, held_out, note)


class DialogueDataset:
    """Item i is the LongTensor (T_i,) of dialogue i: `<START>` first, cut after max_N ids.

    tokenizer   gives the ids; words outside its vocabulary become `<UNK>`
    lines       N dialogues, one string each
    max_N       most ids of an item, start token included
    truncated   how many dialogues were longer and lost their end
    note        a sentence about that, or ""

    It works with `torch.utils.data.DataLoader(dataset, collate_fn=collate_fn, ...)`.
    Raises ValueError for max_N < 2, which leaves no word to predict.
    """

    def __init__(self, tokenizer: WordTokenizer, lines: Sequence[str], max_N: int) -> None:
        if max_N < 2:
            raise ValueError(f"max_N is {max_N}; it must be at least 2 (a start token and a word).")
        self.tokenizer = tokenizer
        self.max_N = max_N
        encoded = encode_lines(tokenizer, lines)
        self.lengths = [min(len(ids), max_N) for ids in encoded]
        self.truncated = sum(len(ids) > max_N for ids in encoded)
        self._ids = [ids[:max_N] for ids in encoded]

    @property
    def note(self) -> str:
        if not self.truncated:
            return ""
        return f"Cut at {self.max_N} tokens: {self.truncated:,} of {len(self):,} texts."

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, i: int) -> LongTensor:
        import torch

        return torch.as_tensor(self._ids[i], dtype=torch.long)  # type: ignore[return-value]


def collate_fn(examples: Sequence[LongTensor]) -> dict[str, Tensor]:
    """Pad B examples on the right to the longest, T ids.

    Returns {"input_ids": B×T, "input_mask": B×T}; the mask is 1 at real ids and 0 at padding.
    """
    import torch

    from core.tokenizer import PAD_ID

    if not len(examples):
        raise ValueError("There is nothing to collate: the batch is empty.")
    longest = max(len(example) for example in examples)
    input_ids = torch.full((len(examples), longest), PAD_ID, dtype=torch.long)
    input_mask = torch.zeros((len(examples), longest), dtype=torch.long)
    for b, example in enumerate(examples):
        input_ids[b, : len(example)] = example
        input_mask[b, : len(example)] = 1
    return {"input_ids": input_ids, "input_mask": input_mask}
