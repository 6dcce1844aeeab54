"""Measures of text: by definition, on hand-made texts, and their limits."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from core.decoding.text_metrics import NGramIndex, distinct, measure, pieces, repeated, repetition

texts = st.lists(st.integers(0, 4), max_size=40)


def test_a_loop_repeats_and_a_list_of_different_words_does_not() -> None:
    assert repetition([1, 2, 3] * 20, 4) == 1 - 3 / 57
    assert repetition(list(range(50)), 4) == 0
    assert distinct([[7] * 10, [7] * 10], 1) == 1 / 20
    assert distinct([[1, 2, 3], [4, 5, 6]], 2) == 1


@given(texts)
def test_a_token_is_marked_when_a_four_gram_around_it_stood_before(text: list[int]) -> None:
    marks = repeated(text, 4)
    expected = [False] * len(text)
    for start in range(len(text) - 3):
        gram = text[start : start + 4]
        if any(text[j : j + 4] == gram for j in range(start)):
            expected[start : start + 4] = [True] * 4
    assert marks == expected
    assert (repetition(text, 4) > 0) == any(marks)


@given(st.lists(texts, max_size=5), texts)
def test_copied_is_what_stands_in_the_corpus(corpus: list[list[int]], text: list[int]) -> None:
    index = NGramIndex(corpus, n=3)
    grams = {tuple(c[i : i + 3]) for c in corpus for i in range(len(c) - 2)}
    expected = [tuple(text[i : i + 3]) in grams for i in range(len(text) - 2)]
    assert index.contains(text).tolist() == expected
    assert index.share(text) == (np.mean(expected) if expected else 0.0)


def test_a_text_copied_from_training_is_found_and_a_shuffled_one_is_not() -> None:
    corpus = np.random.default_rng(0).integers(0, 15_000, 200_000)
    index = NGramIndex([corpus])
    assert index.share(corpus[777:877]) == 1.0
    assert index.share(corpus[877:777:-1]) == 0.0


def test_human_text_is_cut_into_equal_pieces() -> None:
    assert pieces([[1, 2, 3], [4, 5], [6, 7, 8, 9]], 3, 3) == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    with pytest.raises(ValueError, match="too few for 4 pieces of 3"):
        pieces([[1, 2, 3]], 3, 4)


def test_all_measures_at_once() -> None:
    log_p = np.full((2, 6), -1.5, dtype=np.float32)
    quality = measure([[1, 2, 3, 4, 5, 6]] * 2, log_p, None)
    assert quality.rep4 == 0
    assert quality.distinct1 == 0.5
    assert quality.distinct2 == 0.5
    assert quality.copied is None
    assert quality.mean_log_probability == -1.5
    with pytest.raises(ValueError, match="no text"):
        measure([], log_p, None)
