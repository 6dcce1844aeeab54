"""Words to numbers and back: the tokenizer of the dialogue GPT.

Text is cut twice. Punkt (Kiss & Strunk 2006, "Unsupervised Multilingual Sentence Boundary
Detection") finds the sentences, so that a full stop ends a sentence but not an abbreviation;
NLTK's word tokenizer (the rules of the Penn Treebank) then cuts each sentence into words and
punctuation: "know't," becomes know't and a comma.

Ids: 0 `<START>`, 1 `<PAD>`, 2 `<UNK>`, then the words of the text in sorted order. No word of a
text can take the name of a special token, since the word tokenizer cuts `<` and `>` off.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.first_texts import WORDS
from core.system.atomic_write import write_bytes

if TYPE_CHECKING:
    from torch import LongTensor

START, PAD, UNK = "<START>", "<PAD>", "<UNK>"
SPECIALS = (START, PAD, UNK)
START_ID, PAD_ID, UNK_ID = 0, 1, 2


# Control characters get their picture (U+2400 …), marks that turn or hide text the one for unknown.
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"}
_HIDING = [0x7F, *range(0x80, 0xA0), *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0xFEFF]
_VISIBLE = {**_PICTURES, **dict.fromkeys([*_HIDING, *range(0x2066, 0x206A)], "\ufffd")}


class _Splitter(Protocol):
    def tokenize(self, text: str) -> list[str]: ...


@lru_cache(maxsize=1)
def _splitters() -> tuple[_Splitter, _Splitter]:
    """The sentence and the word splitter; both are read-only and load from installed files."""
    import punkt
    from nltk.tokenize.destructive import NLTKWordTokenizer

    return punkt.tokenizer_for("english"), NLTKWordTokenizer()


def split_words(text: str) -> list[str]:
    """Cut `text` into words and punctuation marks: Punkt sentences, then NLTK words.

    >>> split_words("Speak, speak.")
    ['Speak', ',', 'speak', '.']
    """
    if text in WORDS:
        return list(WORDS[text])
    sentences, _ = _splitters()
    return [word for sentence in sentences.tokenize(text) for word in _words(sentence)]


@lru_cache(maxsize=16_384)
def _words(sentence: str) -> tuple[str, ...]:
    """Kept for a while: a vocabulary and then the ids are made of the same sentences."""
    return tuple(_splitters()[1].tokenize(sentence))


def visible(text: str) -> str:
    """The text with every control character made visible; line breaks and tabs stay."""
    return text.replace("\r\n", "\n").translate(_VISIBLE)


class Tokenizer(Protocol):
    """What every tokenizer has: words (`WordTokenizer`) or subwords of a real model.

    vocab_size    V: ids are 0 … V-1
    vocab         the name of each token in a figure, (V,)
    start_id      the token before a text, None if there is none
    """

    @property
    def vocab_size(self) -> int: ...
    @property
    def vocab(self) -> list[str]: ...
    @property
    def start_id(self) -> int | None: ...

    def ids(self, text: str) -> list[int]:
        """The ids of a text, with the special tokens that the model expects; at least one."""

    def encode(self, text: str) -> LongTensor:
        """The same as LongTensor (T,)."""

    def words(self, ids: Iterable[int]) -> list[str]:
        """Each token by itself, to be shown. Errors: ValueError, an id outside 0 … V-1."""

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the ids."""

    def __hash__(self) -> int: ...


class WordTokenizer:
    """A vocabulary of whole words.

    vocab       list of V strings: three special tokens, then the sorted words of the text
    tok_to_id   the inverse: word -> id
    vocab_size  V

    Raises ValueError when `raw_text` holds no word.
    """

    vocab: list[str]
    tok_to_id: dict[str, int]
    start_id: int | None = START_ID

    def __init__(self, raw_text: str) -> None:
        words = sorted(set(split_words(raw_text)))
        if not words:
            raise ValueError("The text holds no words, so there is no vocabulary to build.")
        self._set_vocab([*SPECIALS, *words])

    @classmethod
    def from_vocab(cls, vocab: Sequence[str]) -> WordTokenizer:
        """The tokenizer with exactly this vocabulary (ids are positions), without any text.

        Raises ValueError when the list does not begin with the special tokens or repeats a word.
        """
        tokenizer = cls.__new__(cls)
        tokenizer._set_vocab(list(vocab))
        return tokenizer

    def _set_vocab(self, vocab: list[str]) -> None:
        if tuple(vocab[:3]) != SPECIALS:
            raise ValueError(
                f"A vocabulary begins with {', '.join(SPECIALS)}, this one with {vocab[:3]!r}."
            )
        if not all(isinstance(word, str) for word in vocab):
            raise ValueError(
                "A vocabulary is a list of strings, but this one holds something else."
            )
        self.vocab = vocab
        self.tok_to_id = {word: i for i, word in enumerate(vocab)}
        if len(self.tok_to_id) != len(vocab):
            raise ValueError("A vocabulary names each word once, but this one repeats a word.")

    @property
    def vocab_size(self) -> int:
        return len(self.vocab)

    def __len__(self) -> int:
        return len(self.vocab)

    def ids(self, text: str) -> list[int]:
        """The ids of `encode` as a plain list (no torch needed)."""
        get = self.tok_to_id.get
        return [START_ID, *(get(word, UNK_ID) for word in split_words(text))]

    def encode(self, text: str) -> LongTensor:
        """Ids of the words of `text`, start token first: LongTensor (T,), T >= 1."""
        import torch

        ids: Any = torch.tensor(self.ids(text), dtype=torch.long)
        return ids  # type: ignore[no-any-return]

    def words(self, ids: Iterable[int]) -> list[str]:
        """The word of every id (a tensor, an array or a list of T ids).

        Raises ValueError for an id outside 0..V-1.
        """
        out = []
        for raw in ids:
            i = int(raw)
            if not 0 <= i < len(self.vocab):
                raise ValueError(f"Id {i} is outside the vocabulary of {len(self.vocab)} words.")
            out.append(self.vocab[i])
        return out

    def decode(self, ids: Iterable[int]) -> str:
        """The words of `ids` (T,) joined by spaces, special tokens included."""
        return " ".join(self.words(ids))

    def pad_examples(self, examples: Sequence[Sequence[int] | LongTensor]) -> LongTensor:
        """Stack B id sequences of lengths T_1..T_B into B×T, T = max T_b, `<PAD>` on the right.

        Raises ValueError for an empty list.
        """
        import torch

        if not len(examples):
            raise ValueError("There is nothing to pad: the list of examples is empty.")
        longest = max(len(example) for example in examples)
        batch: Any = torch.full((len(examples), longest), PAD_ID, dtype=torch.long)
        for row, example in zip(batch, examples, strict=True):
            row[: len(example)] = torch.as_tensor(example, dtype=torch.long)
        return batch  # type: ignore[no-any-return]

    def save(self, path: str | Path) -> None:
        """Write the vocabulary as a JSON list; the file is replaced in one step."""
        write_bytes(Path(path), json.dumps(self.vocab, ensure_ascii=False, indent=0).encode())

    @classmethod
    def load(cls, path: str | Path) -> WordTokenizer:
        """Read what `save` wrote. Raises ValueError for a file that is not a vocabulary."""
        from core.run_files import schema

        return cls.from_vocab(schema.read(Path(path), schema.Vocabulary))
