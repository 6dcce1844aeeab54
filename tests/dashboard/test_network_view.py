"""The drawings of networks: what is sent to the browser, and what is taken from it."""

import json

import numpy as np
import pytest

from core.linear_rnn.matrices import PRESETS, preset
from dashboard.components.network_view import packed
from dashboard.rnn import network

MOST = 150_000  # bytes of a first message


def test_an_array_arrives_as_it_was():
    import base64

    values = np.random.default_rng(0).normal(size=(3, 4))
    assert np.array_equal(np.frombuffer(base64.b64decode(packed(values))).reshape(3, 4), values)


def test_every_matrix_is_drawn_and_the_message_is_small():
    model = network.drawn_model()
    assert [m["name"] for m in model["matrices"]] == list(PRESETS)
    assert model["matrices"][3]["W"] == packed(preset("rotation", network.SIZE))
    assert len(json.dumps(model)) < MOST / 4


@pytest.mark.parametrize(
    "values",
    [
        {"steps": 99, "radius": float("nan"), "lit": -1, "network": "<b>"},
        {"steps": None, "radius": "1e999", "lit": [], "network": {}},
        {"steps": "x" * 5000, "other": 1},
    ],
)
def test_values_that_are_not_possible_become_the_defaults(values):
    assert network.checked(values) == network.DEFAULTS


def test_possible_values_stay_and_a_path_ends_with_the_text():
    given = {"network": "orthogonal", "steps": 5, "radius": 1.234, "lit": 5}
    assert network.checked(given) == given | {"radius": 1.23}
    assert network.checked(given | {"steps": 4})["lit"] == 1
    assert network.checked({"network": "exploding"})["radius"] == 1.1
