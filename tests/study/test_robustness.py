"""The shipped accuracies on changed pictures are those of the shipped models, measured again."""

import numpy as np
import pytest

from core.data.images import shapes
from core.data.images.order import held_out_order
from core.models.zoo import available_models, find_model, load_model
from core.study.measure import robustness
from core.study.measure.robustness import PICTURES, PLACES, shipped_accuracies

SAMPLE = {"shift": (0, 6), "size": (32, 64)}  # those that claims rest on
ONE_PICTURE = 1 / PICTURES  # another processor may see a single picture differently


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("vit-shapes-plain", "shift"),
        ("vit-shapes-plain", "size"),
        ("vit-shapes-plain-unaugmented", "shift"),
        ("vit-shapes-sinusoidal", "size"),
        ("cnn-shapes", "shift"),
        ("cnn-shapes", "size"),
    ],
)
def test_the_shipped_accuracies_are_measured_again(name, what, monkeypatch) -> None:
    entry = find_model(name)
    known = shipped_accuracies(entry, what)
    assert known is not None
    expected = [known[PLACES[what].index(place)] for place in SAMPLE[what]]
    pictures, labels, _ = shapes.generate(PICTURES, seed=1)
    order = held_out_order("shapes", labels)[0]
    monkeypatch.setattr(robustness, "PLACES", SAMPLE)
    found = robustness.accuracies(load_model(entry), pictures[order], labels[order], what)
    np.testing.assert_allclose(found, expected, atol=ONE_PICTURE + 1e-6)


def test_no_shipped_model_needs_to_be_measured_for_a_page() -> None:
    shipped = [e for e in available_models() if e.shipped and e.kind in ("vit", "cnn")]
    assert shipped
    for what, places in PLACES.items():
        for entry in shipped:
            known = shipped_accuracies(entry, what)
            assert known is not None, entry.name
            assert len(known) == len(places)
