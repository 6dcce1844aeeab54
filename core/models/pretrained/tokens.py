"""Subword tokenizers, read from tokenizer.json by the `tokenizers` package.

Text becomes bytes, and frequent sequences of bytes were merged into tokens (core/bpe.py has the
loop), so no word is unknown. Source: Sennrich et al. 2016, "Neural Machine Translation of Rare
Words with Subword Units"; Radford et al. 2019, section 2.2 (bytes).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tokenizers import AddedToken, Tokenizer as Backend, decoders, models, pre_tokenizers

from core.bpe import BYTE_OF, Pair
from core.tokenizer import visible

if TYPE_CHECKING:
    from torch import LongTensor

MAX_TEXT = 1_000_000  # characters that are tokenised at once
STARTS = ("<|begin_of_text|>", "<s>", "<|im_start|>", "<|endoftext|>")


class SubwordTokenizer:
    """The tokenizer of a real model, with the methods of `core.tokenizer.Tokenizer`.

    Errors: ValueError when the text is not that of a tokenizer.json.
    """

    def __init__(self, text: str) -> None:
        try:
            self._backend = Backend.from_str(text)
        except BaseException as error:  # a panic of the package is no Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            why = " ".join(str(error).replace(".", "").split())[:100]
            raise ValueError(f"tokenizer.json cannot be used: {why}.") from error
        self._backend.no_padding()
        self._backend.no_truncation()
        self._json = json.loads(text)
        self._bytes = '"ByteLevel"' in json.dumps(self._json.get("decoder"))

    @cached_property
    def vocab_size(self) -> int:
        """V: one more than the largest id, or the size of the model that `fit` was told."""
        return max(self._backend.get_vocab(with_added_tokens=True).values(), default=-1) + 1

    def __len__(self) -> int:
        return self.vocab_size

    @cached_property
    def start_id(self) -> int | None:
        """The token before a text, None if there is none."""
        return self._first(STARTS)

    @cached_property
    def ranks(self) -> dict[Pair, int]:
        """The merges and when each was learned, for `core.bpe.merge_steps`; {} if not BPE."""
        merges = self._json["model"].get("merges") or []
        pairs = (m.split(" ", 1) if isinstance(m, str) else m for m in merges)
        return {(left, right): rank for rank, (left, right) in enumerate(pairs)}

    def pieces(self, text: str) -> list[str]:
        """The pieces of `text` within which merges happen, as letters of bytes."""
        first = self._backend.pre_tokenizer
        return [text] if first is None else [p for p, _ in first.pre_tokenize_str(text)]

    def _first(self, names: Sequence[str]) -> int | None:
        ids = (self._backend.token_to_id(name) for name in names)
        return next((i for i in ids if i is not None), None)

    def ids(self, text: str) -> list[int]:
        """The ids of `text`, with the special tokens that the model expects around it.

        An empty text becomes the start token. Errors: ValueError for a text that is too long.
        """
        if len(text) > MAX_TEXT:
            raise ValueError(f"A text has at most {MAX_TEXT:,} characters, not {len(text):,}.")
        safe = text.encode("utf-8", "replace").decode()  # a lone surrogate is no text
        ids: list[int] = self._backend.encode(safe).ids
        return ids or ([] if self.start_id is None else [self.start_id])

    def encode(self, text: str) -> LongTensor:
        """The same as LongTensor (T,)."""
        import torch

        ids: Any = torch.tensor(self.ids(text), dtype=torch.long)
        return ids  # type: ignore[no-any-return]

    def words(self, ids: Iterable[int]) -> list[str]:
        """The text of every token by itself; bytes that are no whole letter as \\xNN.

        Errors: ValueError for an id outside 0..V-1.
        """
        return [self._word(int(i)) for i in ids]

    def _word(self, i: int) -> str:
        if not 0 <= i < self.vocab_size:
            raise ValueError(f"Id {i} is outside the vocabulary of {self.vocab_size} tokens.")
        token = self._backend.id_to_token(i)
        if token is None:  # the vocabulary leaves this number out
            return ""
        if not self._bytes:
            return token.replace("▁", " ")
        if any(letter not in BYTE_OF for letter in token):
            return str(token)
        return bytes(BYTE_OF[letter] for letter in token).decode("utf-8", "backslashreplace")

    @cached_property
    def vocab(self) -> list[str]:
        """The name of each token in a figure, (V,): its text, with spaces as · and lines as ↵."""
        seen = str.maketrans(" \n", "·↵")
        return [visible(word).translate(seen) for word in self.words(range(self.vocab_size))]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids` (T,), special tokens included."""
        text: str = self._backend.decode([int(i) for i in ids], skip_special_tokens=False)
        return text

    def fit(self, vocab_size: int) -> None:
        """Take the size of a model, which may have some embeddings that no token uses.

        Errors: ValueError with both sizes when the model has too few, or far too many.
        """
        if not 0.9 * vocab_size <= self.vocab_size <= vocab_size:
            raise ValueError(
                f"The tokenizer has {self.vocab_size:,} tokens, but its model {vocab_size:,}; "
                "use the tokenizer.json that belongs to the model."
            )
        self.vocab_size = vocab_size


def byte_level_json(
    vocab: Mapping[str, int], merges: Sequence[str], special: Sequence[str], split: str = "gpt-2"
) -> str:
    """tokenizer.json of a byte-level BPE. split: how text is cut first, a name of `SPLITS`.

    Errors: ValueError when vocabulary and merges do not fit each other, or the name is unknown.
    """
    if split not in SPLITS:
        raise ValueError(
            f"The tokenizer cuts text as {split[:40]!r}; supported are {', '.join(SPLITS)}."
        )
    pairs: Any = [tuple(line.split(" ")) for line in merges]
    try:
        backend = Backend(models.BPE(dict(vocab), pairs, fuse_unk=False))
    except Exception as error:
        raise ValueError(f"The tokenizer's merges do not fit its vocabulary: {error}.") from error
    backend.pre_tokenizer = SPLITS[split]()
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([AddedToken(word, normalized=False) for word in special])
    return str(backend.to_str())


def _after(*first: Any, regex: bool = False) -> Any:
    return pre_tokenizers.Sequence(
        [*first, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=regex)]
    )


def _pattern(digits: str) -> Any:
    from tokenizers import Regex

    return pre_tokenizers.Split(
        Regex(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|" + digits
            + r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
        "isolated",
    )  # fmt: skip


# How text is cut before bytes are merged, by the name in a GGUF file.
SPLITS = {
    "gpt-2": lambda: _after(regex=True),
    "default": lambda: _after(regex=True),
    "smollm": lambda: _after(pre_tokenizers.Digits(individual_digits=True), regex=True),
    "llama-bpe": lambda: _after(_pattern(r"\p{N}{1,3}")),
    "qwen2": lambda: _after(_pattern(r"\p{N}")),
}
