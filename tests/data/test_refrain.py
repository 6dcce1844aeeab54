"""Refrain: words of new lines are new, and some lines return."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from core.data import load_dialogues
from core.data.text.refrain import LENGTHS, LINES, WORDS, generate, load, sample
from core.tokenizer import split_words

seeds = st.integers(0, 10_000)


@given(seeds)
@settings(max_examples=40)
def test_a_line_is_new_in_every_word_or_returns_as_a_whole(seed: int) -> None:
    lines = sample(np.random.default_rng(seed)).split("\n")
    assert LINES[0] <= len(lines) <= LINES[1]
    sung: list[str] = []
    for line in lines:
        words = line.split(" ")
        assert LENGTHS[0] <= len(words) <= LENGTHS[1]
        assert len(set(words)) == len(words)
        assert line in sung or not set(words) & set(" ".join(sung).split())
        sung.append(line)


@given(seeds)
@settings(max_examples=20)
def test_the_tokenizer_cuts_a_song_into_its_words(seed: int) -> None:
    song = sample(np.random.default_rng(seed))
    assert split_words(song) == song.split()


def test_more_than_half_of_all_lines_have_been_sung_before() -> None:
    songs = [song.split("\n") for song in generate(500)]
    again = sum(len(song) - len(set(song)) for song in songs)
    assert 0.5 < again / sum(map(len, songs)) < 0.6


def test_the_longest_song_has_enough_words_to_draw_from() -> None:
    assert len(set(WORDS)) == len(WORDS) >= LINES[1] * LENGTHS[1]


def test_the_same_seed_gives_the_same_songs() -> None:
    assert generate(20, seed=3) == generate(20, seed=3)
    assert generate(20, seed=3) != generate(20, seed=4)
    assert generate(30)[:20] == generate(20)


def test_it_is_a_data_set_by_name() -> None:
    data = load_dialogues("refrain")
    assert (len(data.train), len(data.held_out)) == (3600, 400)
    assert data.checksum == load().checksum
    assert set(data.vocabulary_text().split()) == set(WORDS)


@pytest.mark.parametrize("count", [9, 50_001])
def test_the_number_of_songs_is_bounded(count: int) -> None:
    with pytest.raises(ValueError, match="must be from 10 to 50,000"):
        load(count)
