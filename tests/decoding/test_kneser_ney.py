"""The n-gram model that the GPT is held against: a distribution, and the right discounts."""

import random
from math import log

import pytest

from benchmarks.kneser_ney import KneserNey

START, UNKNOWN, VOCABULARY = 0, 2, 12


@pytest.fixture(scope="module")
def texts():
    """Dialogues of a little random grammar: each word prefers two followers."""
    chance = random.Random(0)
    found = []
    for _ in range(300):
        text = [START, chance.randrange(3, VOCABULARY)]
        while len(text) < 12:
            step = chance.choice((1, 1, 1, 4))
            text.append(3 + (text[-1] - 3 + step) % (VOCABULARY - 3))
        found.append(text)
    return found


@pytest.mark.parametrize("order", [1, 2, 5])
def test_it_gives_a_distribution_after_any_history(texts, order):
    model = KneserNey(texts, VOCABULARY - 2, order)
    words = range(2, VOCABULARY)  # all but start and padding
    for history in ([START], texts[0][:2], texts[5][3:9], [9, 3, 9, 3], [UNKNOWN, 4]):
        probabilities = [model.probability(history, word) for word in words]
        assert min(probabilities) > 0
        assert sum(probabilities) == pytest.approx(1)


def test_a_bigram_agrees_with_the_formula_by_hand():
    model = KneserNey([[0, 3, 4], [0, 3, 5], [0, 3, 4]], vocab_size=3, order=2)
    d1, d2, _ = model.discounts[1]
    kinds = model.discounts[0]
    # Before 3, 4 and 5 stands one different word each: every word alone has the count 1.
    alone = (1 - kinds[0]) / 3 + kinds[0] * 3 / 3 * (1 / 3)
    expected = (2 - d2) / 3 + (d1 + d2) / 3 * alone
    assert model.probability([3], 4) == pytest.approx(expected)


def test_more_context_helps_where_there_is_something_to_learn(texts):
    train, rest = texts[:250], texts[250:]
    scores = []
    for order in (1, 2):
        model = KneserNey(train, VOCABULARY - 2, order)
        found = [model.log_probability(text, UNKNOWN) for text in rest]
        scores.append(sum(total for total, _ in found) / sum(number for _, number in found))
    assert scores[1] > scores[0] + 0.5
    assert scores[0] > -log(VOCABULARY)


def test_unknown_targets_are_left_out_and_unknown_history_backs_off(texts):
    model = KneserNey(texts, VOCABULARY - 2, 3)
    _, number = model.log_probability([START, 4, UNKNOWN, 5], UNKNOWN)
    assert number == 2
    assert model.probability([4, UNKNOWN], 5) == model.probability([UNKNOWN], 5)
