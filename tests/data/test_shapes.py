"""Shapes: what is drawn, and that the mask is where it was drawn."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from core.data import ShapesDataset
from core.data.images.shapes import (
    CLASSES,
    CONTRAST,
    RADIUS,
    Shape,
    coverage,
    draw,
    generate,
    load,
    shape_at,
)
from core.data.locations import drain

kinds = st.sampled_from(CLASSES)
places = st.floats(8, 24)


def test_there_are_ten_classes_in_turn() -> None:
    images, labels, masks = generate(30)
    assert len(set(CLASSES)) == 10
    assert images.shape == (30, 3, 32, 32)
    assert images.dtype == np.uint8
    assert masks.shape == (30, 32, 32)
    assert masks.dtype == np.bool_
    assert labels.tolist() == [i % 10 for i in range(30)]


@given(kinds, st.floats(RADIUS[0], RADIUS[1]), places, places, st.integers(0, 10_000))
@settings(max_examples=40)
def test_the_mask_is_exactly_what_drawing_the_object_changes(
    kind: str, radius: float, x: float, y: float, seed: int
) -> None:
    """Draw the same picture in two object colours: only pixels the object covers may differ."""
    red = Shape(kind, radius, x, y, colour=(250, 0, 0), background=(0, 0, 250), seed=seed)
    green = Shape(kind, radius, x, y, colour=(0, 250, 0), background=(0, 0, 250), seed=seed)
    one, mask = draw(red)
    two, same_mask = draw(green)
    assert (mask == same_mask).all()
    share = coverage(red)
    assert ((one != two).any(axis=0) <= (share > 0)).all()
    assert (mask == (share >= 0.5)).all()
    assert (one != two).any(axis=0)[mask].all()
    assert mask.any()


@given(kinds, st.integers(0, 1_000))
def test_without_clutter_the_object_stands_out_by_colour(kind: str, seed: int) -> None:
    shape = Shape(kind, 10, colour=(255, 255, 255), background=(0, 0, 0), clutter=0, seed=seed)
    image, mask = draw(shape)
    assert ((image.mean(axis=0) >= 127.5 - 8) >= mask).all()
    assert (image.mean(axis=0)[~mask] < 127.5 + 8).all()


@given(kinds, st.floats(5, 12))
def test_a_larger_radius_makes_a_larger_object(kind: str, radius: float) -> None:
    small, large = coverage(Shape(kind, radius)).sum(), coverage(Shape(kind, radius + 2)).sum()
    assert small < large
    assert large <= np.pi * (radius + 2.5) ** 2  # no shape leaves the disc around it


def test_the_disc_has_the_area_of_a_disc() -> None:
    assert coverage(Shape("disc", 10)).sum() == pytest.approx(np.pi * 100, rel=0.01)


@pytest.mark.parametrize("kind", CLASSES)
def test_the_object_moves_with_its_position(kind: str) -> None:
    here = coverage(Shape(kind, 6, x=12, y=14))
    there = coverage(Shape(kind, 6, x=17, y=11))
    assert np.allclose(there, np.roll(here, (-3, 5), axis=(0, 1)))


def test_no_two_classes_are_drawn_alike() -> None:
    drawn = [coverage(Shape(kind, 10)) >= 0.5 for kind in CLASSES]
    for i, one in enumerate(drawn):
        for two in drawn[:i]:
            assert (one & two).sum() / (one | two).sum() < 0.9


def test_the_same_seed_draws_the_same_pictures() -> None:
    one, two, other = generate(20, seed=3), generate(20, seed=3), generate(20, seed=4)
    assert all((a == b).all() for a, b in zip(one, two, strict=True))
    assert (one[0] != other[0]).any()
    assert (generate(5, seed=3)[0] == one[0][:5]).all()


def test_size_place_colour_and_clutter_vary_and_stay_in_view() -> None:
    shapes = [shape_at(i) for i in range(200)]
    for name in ("radius", "x", "y", "angle", "clutter"):
        assert np.std([getattr(shape, name) for shape in shapes]) > 0.2
    for shape in shapes:
        assert shape.radius <= shape.x <= 32 - shape.radius
        assert shape.radius <= shape.y <= 32 - shape.radius
        assert np.linalg.norm(np.subtract(shape.colour, shape.background)) >= CONTRAST


def test_colour_does_not_tell_the_class() -> None:
    images, labels, _ = generate(600)
    means = np.stack([images[labels == c].mean(axis=(0, 2, 3)) for c in range(10)])
    assert (means.std(axis=0) < 12).all()


@pytest.mark.parametrize("side", [24, 32, 64])
def test_pictures_of_other_sides_show_the_same(side: int) -> None:
    shape = Shape("heart", 9)
    image, mask = draw(shape, side)
    assert image.shape == (3, side, side)
    assert mask.mean() == pytest.approx(draw(shape)[1].mean(), rel=0.1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "<b>blob</b>"}, "no shape"),
        ({"radius": 100}, "radius must be from 2 to 16, not 100"),
        ({"x": float("nan")}, "x must be from 0 to 32, not nan"),
        ({"clutter": 2}, "clutter must be from 0 to 1, not 2"),
        ({"colour": (0, 0, 256)}, "from 0 to 255, not 256"),
        ({"seed": -1}, "seed must be 0 or more, not -1"),
    ],
)
def test_values_out_of_bounds_are_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Shape(**{"kind": "disc", **change})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not 5000"):
        draw(Shape("disc"), 5_000)


def test_the_data_set_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    first = drain(load(60, 20))
    monkeypatch.setattr("core.data.images.shapes.draw", lambda *_: pytest.fail("drawn again"))
    again = drain(load(60, 20))
    assert (first.train_images == again.train_images).all()
    assert first.checksum == again.checksum
    assert first.train_masks is not None
    assert first.train_masks.shape == (60, 32, 32)
    assert not (first.train_images[:20] == first.test_images).all(axis=(1, 2, 3)).any()


def test_the_dataset_gives_normalised_floats_and_masks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    dataset = ShapesDataset(counts=(50, 20))
    image, label = dataset[7]
    assert image.shape == (3, 32, 32)
    assert label == 7
    assert dataset.masks is not None
    raw = image.numpy() * np.reshape(dataset.std, (3, 1, 1)) + np.reshape(dataset.mean, (3, 1, 1))
    assert np.allclose(raw * 255, dataset.images[7], atol=1e-3)
    test = ShapesDataset(train=False, counts=(50, 20))
    assert len(test) == 20
    assert test.mean == dataset.mean
    with pytest.raises(ValueError, match="images must be from 1"):
        ShapesDataset(counts=(0, 20))
