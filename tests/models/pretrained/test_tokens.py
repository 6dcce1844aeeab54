"""Subword tokenizers: the lesson's own merges beside the package, and what words never lose."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from tokenizers import Tokenizer as Backend, models, pre_tokenizers, trainers

from core.bpe import BYTE_OF, learn_merges, letters, merge_steps
from core.data.locations import sha256_of
from core.models.pretrained import store
from core.models.pretrained.tokens import SPLITS, SubwordTokenizer, byte_level_json
from core.tokenizer import Tokenizer, WordTokenizer
from tests.models.pretrained.stored import VOCABULARY, tokenizer_json, write

TEXT = (
    """It's the end of the beginning, then the other thing: 3.14159 and 2,000 more…
naïve cafés, 你好, 👩‍🚀; the them then there theatre, and an answer. """
    * 3
)


def learned(split: str = "gpt-2", count: int = 120) -> SubwordTokenizer:
    """A tokenizer learned from TEXT by our own loop, read by the package."""
    words = Counter(piece for piece, _ in SPLITS[split]().pre_tokenize_str(TEXT))
    merges = learn_merges(words, count)
    tokens = ["<|endoftext|>", *sorted(BYTE_OF), *dict.fromkeys(a + b for a, b in merges)]
    ids = {token: i for i, token in enumerate(tokens)}
    return SubwordTokenizer(
        byte_level_json(ids, [f"{a} {b}" for a, b in merges], tokens[:1], split)
    )


LEARNED = {split: learned(split) for split in SPLITS}
SOME = st.one_of(st.text(max_size=80), st.text("thenad rs'1,\n", max_size=120))


@pytest.mark.parametrize("split", SPLITS)
@given(text=SOME)
@settings(max_examples=150, deadline=None)
def test_our_merge_loop_cuts_as_the_package_does(split: str, text: str) -> None:
    ours = LEARNED[split]
    cut = [token for piece in ours.pieces(text) for token in merge_steps(piece, ours.ranks)[-1]]
    tokens = [ours._backend.id_to_token(i) for i in ours._backend.encode(text).ids]
    assert "<|endoftext|>" in text or cut == tokens


@pytest.mark.parametrize("split", SPLITS)
@given(text=SOME)
@settings(max_examples=100, deadline=None)
def test_no_text_is_lost(split: str, text: str) -> None:
    ours = LEARNED[split]
    ids = ours.ids(text)
    assert len(ids) >= 1
    assert not text or ours.decode(ids) == text
    assert not text.isascii() or not text or "".join(ours.words(ids)) == text
    assert ours.encode(text).tolist() == ids


@given(
    words=st.dictionaries(st.text("abcdé ", min_size=1, max_size=8), st.integers(1, 9), min_size=1)
)
@settings(max_examples=60, deadline=None)
def test_our_learning_finds_the_merges_of_the_package(words: dict[str, int]) -> None:
    counts = {letters(word): count for word, count in words.items()}
    ours = learn_merges(counts, 12)
    backend = Backend(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=100_000, show_progress=False, min_frequency=1)
    text = [word for word, count in counts.items() for _ in range(count)]
    backend.train_from_iterator(text, trainer)
    theirs = json.loads(backend.to_str())["model"]["merges"]
    assert [list(pair) for pair in ours] == theirs[:12]


def test_both_tokenizers_keep_the_protocol() -> None:
    both: list[Tokenizer] = [WordTokenizer("the end"), SubwordTokenizer(tokenizer_json())]
    for tokenizer in both:
        ids = tokenizer.ids("the end")
        assert tokenizer.encode("the end").tolist() == ids
        assert len(tokenizer.words(ids)) == len(ids)
        assert "the end" in tokenizer.decode(ids)
        assert len(tokenizer.ids("")) == 1
        for wrong in (-1, tokenizer.vocab_size):
            with pytest.raises(ValueError, match="outside the vocabulary"):
                tokenizer.words([wrong])
    assert both[1].vocab_size == VOCABULARY


def test_bytes_that_are_no_letter_are_shown_as_bytes() -> None:
    tokenizer = SubwordTokenizer(tokenizer_json())
    assert tokenizer.words(tokenizer.ids("é the")) == [r"\xc3", r"\xa9", " the"]
    assert tokenizer.decode(tokenizer.ids("\ud800")) == "?"
    assert tokenizer.words(tokenizer.ids("a<|endoftext|>")) == ["a", "<|endoftext|>"]
    with pytest.raises(ValueError, match="at most"):
        tokenizer.ids("a" * 1_000_001)


def test_another_tokenizer_makes_another_model_and_the_same_is_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = write("tiny")
    read: list[Path] = []
    path = first.path / "tokenizer.json"

    def digest(path: Path) -> str:
        read.append(path)
        return sha256_of(path)

    monkeypatch.setattr(store, "sha256_of", digest)
    path.write_text(tokenizer_json() + " ", encoding="utf-8", newline="\n")
    [identity] = {entry.identity for _ in range(3) if (entry := store.entry("tiny"))}
    assert identity != first.identity
    assert read == [path]
