"""Grammar: every dialogue obeys it, and a broken agreement is found."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from core.data import load_dialogues
from core.data.text.grammar import generate, grammar, load, sample, to_text
from core.tokenizer import WordTokenizer, split_words
from tests.data.grammar_check import (
    KINDS,
    Reader,
    allowed_next,
    check,
    contrasts,
    is_grammatical,
    words_of,
)

ROOT = Path(__file__).parents[2]
seeds = st.integers(0, 10_000)

ONE_ROUND = (
    "KING:\nGood queen, where are the rings that the knight seeks?\n"
    "QUEEN:\nGood king, they are in the garden."
)


def draw(seed: int) -> list[str]:
    return sample(np.random.default_rng(seed))


@given(seeds)
@settings(max_examples=40)
def test_every_dialogue_drawn_is_grammatical(seed: int) -> None:
    text = to_text(draw(seed))
    assert is_grammatical(text)
    found = check(text)
    assert found.grammatical
    assert found.complete
    assert found.words == len(draw(seed))
    assert found.right["name"] >= 2


@given(seeds)
def test_the_tokenizer_cuts_a_dialogue_into_the_grammar_s_words(seed: int) -> None:
    words = draw(seed)
    assert split_words(to_text(words)) == words
    assert "\n\n" not in to_text(words)


@pytest.mark.parametrize("seed", range(4))
def test_nltk_s_own_parser_agrees(seed: int) -> None:
    from nltk.parse import EarleyChartParser

    words = next(w for s in range(seed * 50, 10**6) if len(w := draw(s)) <= 26)
    parser = EarleyChartParser(grammar())
    assert next(iter(parser.parse(words)), None) is not None
    broken = [{"is": "are", "are": "is", "does": "do", "do": "does"}.get(w, w) for w in words]
    if broken != words:
        assert next(iter(parser.parse(broken)), None) is None
        assert not is_grammatical(to_text(broken))


def test_the_example_of_the_lesson() -> None:
    assert is_grammatical(ONE_ROUND)
    assert check(ONE_ROUND).right == {"number": 4, "name": 2, "topic": 0}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("rings", "ring", "number"),
        ("seeks", "seek", "number"),
        ("they are", "they is", "number"),
        ("they are", "it are", "number"),
        ("QUEEN", "DUKE", "name"),
        ("Good king", "Good fool", "name"),
        ("they are", "the swords are", "topic"),
    ],
)
def test_one_changed_word_breaks_one_agreement(old: str, new: str, kind: str) -> None:
    broken = ONE_ROUND.replace(old, new)
    found = check(broken)
    assert not is_grammatical(broken)
    assert not found.grammatical
    assert found.stopped is None
    assert found.wrong == {k: int(k == kind) for k in KINDS}


def test_a_word_out_of_place_ends_the_reading() -> None:
    found = check("KING:\nGood queen, the where rings")
    assert (found.words, found.stopped, found.complete) == (5, "the", False)
    assert check("").words == 0
    assert not is_grammatical("")
    assert not is_grammatical(ONE_ROUND[:-1])


def test_what_follows_the_end_is_not_read() -> None:
    long = generate(50)
    two_rounds = next(text for text in long if text.count("?") == 2)
    found = check(f"{two_rounds}\nKING KING KING")
    assert found.grammatical
    assert found.words == len(words_of(two_rounds))


def test_a_decoded_sample_can_be_checked() -> None:
    tokenizer = WordTokenizer(ONE_ROUND)
    assert is_grammatical(tokenizer.decode(tokenizer.encode(ONE_ROUND)))


def test_allowed_next_knows_number_and_name() -> None:
    call = ["KING", ":", "Good", "queen", ",", "where", "are", "the"]
    assert "rings" in allowed_next(call)
    assert "ring" not in allowed_next(call)
    assert allowed_next([*call, "rings", "?"]) == {"QUEEN"}
    assert allowed_next([]) == {"KING", "QUEEN", "DUKE", "FOOL", "NURSE"}
    with pytest.raises(ValueError, match="Word 2, 'Good'"):
        allowed_next(["KING", "Good"])


@given(seeds)
@settings(max_examples=20)
def test_the_next_word_is_always_among_the_allowed(seed: int) -> None:
    reader = Reader()
    for word in draw(seed):
        assert word in reader.expected
        assert not reader.read("<UNK>")
        assert reader.read(word)
    assert reader.complete


def test_contrasts_have_one_right_form() -> None:
    pairs = contrasts(30, seed=1)
    assert len(pairs) == 30
    assert {pair.kind for pair in pairs} == set(KINDS)
    for pair in pairs:
        allowed = allowed_next(pair.words)
        assert pair.right in allowed
        assert pair.wrong not in allowed
        assert {pair.right, pair.wrong} != {"they", "them"}
    assert pairs == contrasts(30, seed=1)


def test_the_vocabulary_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    data = load_dialogues("grammar")
    assert len(data.train) == 3_600
    assert len(data.held_out) == 400
    assert not set(data.train) & set(data.held_out)
    vocab = WordTokenizer("\n\n".join(data.train[:800])).tok_to_id
    terminals = {w for p in grammar().productions() for w in p.rhs() if isinstance(w, str)}
    assert set(vocab) - {"<START>", "<PAD>", "<UNK>"} == terminals
    assert len(terminals) < 100


def test_the_same_seed_gives_the_same_dialogues() -> None:
    assert generate(20, seed=5) == generate(20, seed=5)
    assert generate(20, seed=5) == generate(40, seed=5)[:20]
    assert generate(20, seed=5) != generate(20, seed=6)
    with pytest.raises(ValueError, match="texts must be from 10"):
        load(3)


def test_the_data_of_the_shipped_models_is_generated_exactly() -> None:
    card = json.loads((ROOT / "assets" / "gpt-grammar" / "status.json").read_text())
    assert load().checksum == card["checksum"]
