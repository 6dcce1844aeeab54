"""The path of an input: its term of the unrolled sum, and what is left of it at every state."""

import numpy as np
import pytest

from core.linear_rnn.decay import growth
from core.linear_rnn.instruments.paths import path_inputs, path_norms
from core.linear_rnn.matrices import preset, with_radius


def test_the_terms_add_up_to_the_state_and_their_lengths_are_the_last_column() -> None:
    W, inputs = with_radius(preset("gaussian", 5), 0.9), path_inputs(5, 7)
    h, terms = np.zeros(5), []
    for x in inputs:
        h = W @ h + x
        terms = [*(W @ term for term in terms), x]
    assert np.allclose(sum(terms), h)
    norms = path_norms(W, inputs)
    assert np.allclose(norms[:, -1], [np.linalg.norm(term) for term in terms])
    assert np.isnan(norms[np.tril_indices(7, -1)]).all()


def test_every_input_begins_with_length_one_and_an_orthogonal_matrix_keeps_it() -> None:
    norms = path_norms(preset("orthogonal", 8), path_inputs(8, 6))
    assert np.allclose(norms[np.triu_indices(6)], 1)


@pytest.mark.parametrize("name", ["vanishing", "nonnormal", "nilpotent"])
def test_the_first_path_is_the_decay_that_the_lesson_measures(name: str) -> None:
    W, inputs = preset(name, 8), path_inputs(8, 12)
    with np.errstate(divide="ignore"):
        measured = np.log10(path_norms(W, inputs)[0])
    assert np.allclose(measured, growth(W).input[:12], atol=1e-9)
