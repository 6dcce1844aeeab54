"""The word tokenizer: ids in the order of the lecture, and text that comes back."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import punkt
import pytest
import torch
from hypothesis import given, settings, strategies as st
from nltk.tokenize.destructive import NLTKWordTokenizer

from core.data.text.dialogues import dialogue_data
from core.first_texts import WORDS
from core.tokenizer import PAD_ID, SPECIALS, UNK_ID, WordTokenizer, split_words
from tests.conftest import ROOT
from tests.data.data_files import SHAKESPEARE, needs

TEXT = "First Citizen:\nWe know't, we know't.\n\nSecond Citizen:\nOne word, good citizens."
SENTENCE = "KING RICHARD III:\nSay that I did all this for love of her."
words = st.lists(st.sampled_from(split_words(TEXT)), max_size=30)


@pytest.fixture(scope="module")
def tokenizer() -> WordTokenizer:
    return WordTokenizer(TEXT)


def test_the_course_s_sentence_comes_back_word_by_word() -> None:
    tokenizer = WordTokenizer(SENTENCE)
    expected = "<START> KING RICHARD III : Say that I did all this for love of her ."
    assert tokenizer.decode(tokenizer.encode(SENTENCE)) == expected


def test_special_tokens_come_first_then_the_sorted_words(tokenizer: WordTokenizer) -> None:
    assert tokenizer.vocab[:3] == ["<START>", "<PAD>", "<UNK>"]
    assert tokenizer.vocab[3:] == sorted(set(split_words(TEXT)))
    assert tokenizer.vocab_size == len(tokenizer.vocab) == len(tokenizer)
    assert all(tokenizer.tok_to_id[word] == i for i, word in enumerate(tokenizer.vocab))


def test_full_stops_end_sentences_but_not_abbreviations() -> None:
    assert split_words("Mr. Smith went home. He slept.") == [
        "Mr.", "Smith", "went", "home", ".", "He", "slept", ".",
    ]  # fmt: skip


def test_the_first_texts_of_the_pages_have_the_words_that_nltk_makes_of_them() -> None:
    sentences, words = punkt.tokenizer_for("english"), NLTKWordTokenizer()
    for text, cut in WORDS.items():
        assert list(cut) == [w for s in sentences.tokenize(text) for w in words.tokenize(s)], text
        assert split_words(text) == list(cut)


def test_encode_gives_a_long_tensor_that_begins_with_start(tokenizer: WordTokenizer) -> None:
    ids = tokenizer.encode("We know't")
    assert ids.dtype == torch.long
    assert ids.shape == (3,)
    assert ids[0] == 0
    assert tokenizer.encode("").tolist() == [0]


def test_unknown_words_become_unk(tokenizer: WordTokenizer) -> None:
    assert tokenizer.encode("We teleport").tolist()[2] == UNK_ID
    assert tokenizer.decode([0, UNK_ID]) == "<START> <UNK>"


@pytest.mark.parametrize("name", SPECIALS)
def test_no_text_can_name_a_special_token(name: str) -> None:
    tokenizer = WordTokenizer(f"one {name} two")
    assert len(set(tokenizer.vocab)) == len(tokenizer.vocab)
    assert not set(tokenizer.encode(f"one {name} two").tolist()[1:]) & {0, 1}


@given(words)
def test_any_words_of_the_vocabulary_come_back(chosen: list[str]) -> None:
    tokenizer = WordTokenizer(TEXT)
    ids = [tokenizer.tok_to_id[word] for word in chosen]
    assert tokenizer.decode(torch.tensor(ids, dtype=torch.long)).split() == chosen
    assert tokenizer.words(np.array(ids, dtype=np.int64)) == chosen


@given(st.text(max_size=200))
@settings(max_examples=60)
def test_any_text_that_made_the_vocabulary_comes_back(text: str) -> None:
    found = split_words(text)
    if not found:
        with pytest.raises(ValueError, match="no words"):
            WordTokenizer(text)
        return
    tokenizer = WordTokenizer(text)
    assert tokenizer.words(tokenizer.ids(text)) == ["<START>", *found]


@given(st.lists(words.filter(bool), min_size=1, max_size=5))
def test_padding_adds_pad_on_the_right_and_nothing_else(lines: list[list[str]]) -> None:
    tokenizer = WordTokenizer(TEXT)
    examples = [tokenizer.encode(" ".join(line)) for line in lines]
    batch = tokenizer.pad_examples(examples)
    assert batch.shape == (len(examples), max(map(len, examples)))
    for row, example in zip(batch, examples, strict=True):
        assert row[: len(example)].tolist() == example.tolist()
        assert (row[len(example) :] == PAD_ID).all()


def test_nothing_to_pad_is_refused(tokenizer: WordTokenizer) -> None:
    with pytest.raises(ValueError, match="empty"):
        tokenizer.pad_examples([])


@pytest.mark.parametrize("bad", [-1, 10_000])
def test_an_id_outside_the_vocabulary_is_refused(tokenizer: WordTokenizer, bad: int) -> None:
    with pytest.raises(ValueError, match=f"Id {bad} is outside"):
        tokenizer.decode([0, bad])


def test_a_saved_vocabulary_gives_the_same_ids(tokenizer: WordTokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path / "vocab.json")
    again = WordTokenizer.load(tmp_path / "vocab.json")
    assert again.vocab == tokenizer.vocab
    assert again.encode(TEXT).tolist() == tokenizer.encode(TEXT).tolist()
    assert [p.name for p in tmp_path.iterdir()] == ["vocab.json"]


@pytest.mark.parametrize(
    "content",
    ["", "{}", '["a", "b", "c"]', json.dumps([*SPECIALS, "a", "a"]), json.dumps([*SPECIALS, 7])],
)
def test_a_file_that_is_no_vocabulary_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text(content)
    with pytest.raises(ValueError, match=r"vocabulary|vocab\.json .* is damaged"):
        WordTokenizer.load(tmp_path / "vocab.json")


@needs(SHAKESPEARE)
def test_the_vocabulary_of_tiny_shakespeare() -> None:
    """The counts of the NLTK tokenizers on the whole file."""
    tokenizer = WordTokenizer(SHAKESPEARE.read_text(encoding="utf-8"))
    assert tokenizer.vocab_size == 14_055 + 3
    decoded = tokenizer.decode(tokenizer.encode(SENTENCE))
    assert decoded == "<START> KING RICHARD III : Say that I did all this for love of her ."


@needs(SHAKESPEARE)
def test_the_sixteen_ids_that_the_course_prints() -> None:
    """Held against numpy's own sorted unique words as well, so that no order is assumed twice."""
    text = SHAKESPEARE.read_text(encoding="utf-8")
    ids = WordTokenizer(text).encode(SENTENCE).tolist()
    printed = [0, 1396, 1986, 1284, 18, 2148, 12580, 1279, 5523, 3135]
    printed += [12633, 6669, 8559, 9443, 7480, 16]
    assert ids == printed
    vocab = [*SPECIALS, *np.unique(split_words(text))]
    assert ids[1:] == [vocab.index(word) for word in split_words(SENTENCE)]


def test_a_vocabulary_comes_from_the_training_part_only() -> None:
    data = dialogue_data("mine", "", ["common word", "common rare"], 0.5, "")
    vocab = WordTokenizer(data.vocabulary_text()).vocab
    assert vocab == [*SPECIALS, "common", "word"]


def test_importing_it_needs_no_torch() -> None:
    code = "import sys, core.tokenizer, core.data.sources; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=240).returncode == 0
