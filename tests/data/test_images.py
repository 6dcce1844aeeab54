"""A user's own pictures: folders of class folders, and files from outside."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import load_images
from core.data.images.arrays import channel_statistics, fit_square
from core.data.images.image_folder import load
from core.data.images.picture import open_picture
from core.data.locations import drain
from tests.data.data_files import noise, picture


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))
    return tmp_path / "pets"


def fill(folder: Path, **counts: int) -> Path:
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for i in range(count):
            (folder / name / f"{i:03}.png").write_bytes(noise(sum(name.encode()) + i, 40))
    return folder


def test_class_folders_become_arrays_with_a_held_out_part(folder: Path) -> None:
    data = load_images(str(fill(folder, cats=10, dogs=5)))
    assert data.classes == ("cats", "dogs")
    assert data.train_images.shape == (12, 3, 32, 32)
    assert data.train_labels.tolist() == [0] * 8 + [1] * 4
    assert data.test_labels.tolist() == [0, 0, 1]
    assert data.note == (
        "12 training and 3 test pictures in 2 classes, cropped to squares and scaled to "
        "32×32 pixels."
    )
    assert load_images(str(folder)).checksum == data.checksum
    assert sorted(p.name for p in folder.iterdir()) == ["cats", "dogs"]


def test_another_size_and_a_given_division(folder: Path) -> None:
    fill(folder / "train", a=6, b=6)
    fill(folder / "test", a=1, b=2)
    data = drain(load(folder, size=48))
    assert data.size == 48
    assert (len(data.train_images), len(data.test_images)) == (12, 3)


def test_a_changed_picture_is_noticed(folder: Path) -> None:
    fill(folder, cats=10, dogs=5)
    first = drain(load(folder))
    changed = folder / "cats" / "000.png"
    changed.write_bytes(picture((1, 2, 3)))
    os.utime(changed, ns=(1, 1))
    assert drain(load(folder)).checksum != first.checksum


def test_unreadable_pictures_are_left_out_and_named(folder: Path) -> None:
    fill(folder, cats=10, dogs=10)
    (folder / "cats" / "000.png").write_bytes(b"not a picture")
    (folder / "dogs" / "001.png").write_bytes(picture((0, 0, 0), form="GIF"))
    (folder / "dogs" / "notes.txt").write_text("no picture by name")
    data = drain(load(folder))
    assert len(data.train_images) + len(data.test_images) == 18
    assert (
        "No readable PNG or JPEG of a class, and skipped: 2 (cats/000.png, dogs/001.png)."
        in data.note
    )


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"cats": 20}, r"only one class folder \(cats\)"),
        ({}, "no class folders"),
        ({"cats": 2, "dogs": 1}, "holds 3 PNG or JPEG pictures"),
        ({"cats": 0, "dogs": 0}, "holds 0 PNG"),
        ({f"c{i:03}": 0 for i in range(101)}, "101 classes"),
    ],
)
def test_a_folder_without_enough_classes_or_pictures_is_refused(
    folder: Path, counts: dict[str, int], sentence: str
) -> None:
    folder.mkdir()
    fill(folder, **counts)
    with pytest.raises(ValueError, match=sentence) as caught:
        drain(load(folder))
    assert "\n" not in str(caught.value)


def test_a_folder_of_damaged_pictures(folder: Path) -> None:
    fill(folder, cats=10, dogs=10)
    for file in (folder / "dogs").iterdir():
        file.write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"fewer than two classes \(10 of 20 cannot be read\)"):
        drain(load(folder))
    (folder / "file").write_text("x")
    with pytest.raises(ValueError, match="is not a folder"):
        load_images(str(folder / "file"))


def opened(content: bytes) -> Image.Image:
    return open_picture(io.BytesIO(content), "cat.png")


def test_a_good_picture_opens_as_rgb() -> None:
    assert opened(picture((9, 8, 7))).getpixel((0, 0)) == (9, 8, 7)
    grey = io.BytesIO()
    Image.new("LA", (40, 20), (100, 50)).save(grey, "PNG")
    assert opened(grey.getvalue()).mode == "RGB"
    assert opened(picture((9, 8, 7), form="JPEG")).size == (32, 32)


def test_a_rotated_photo_is_set_upright() -> None:
    out = io.BytesIO()
    turned = Image.new("RGB", (40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    turned.save(out, "JPEG", exif=exif)
    assert opened(out.getvalue()).size == (20, 40)


def bomb(side: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: b"", "not a PNG or JPEG"),
        (lambda: b"<svg onload=alert(1)>", "not a PNG or JPEG"),
        (lambda: picture((0, 0, 0), form="GIF"), "not a PNG or JPEG"),
        (lambda: picture((0, 0, 0), form="BMP"), "not a PNG or JPEG"),
        (lambda: noise(0)[:300], "damaged"),
        (lambda: bomb(8_000), "more than 4 million pixels"),
        (lambda: bomb(10_000), "more than 4 million pixels"),
        (lambda: bomb(20_000), "more than 4 million pixels"),
    ],
    ids=["empty", "SVG", "GIF", "BMP", "cut short", "8,000 wide", "10,000 wide", "20,000 wide"],
)
def test_a_bad_picture_is_one_sentence(make: Callable[[], bytes], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        opened(make())
    assert str(caught.value).startswith("cat.png ")
    assert "\n" not in str(caught.value)


def test_the_middle_square_is_kept() -> None:
    wide = Image.new("RGB", (96, 32), (255, 0, 0))
    wide.paste((0, 0, 255), (32, 0, 64, 32))
    square = fit_square(wide, 32)
    assert square.shape == (3, 32, 32)
    assert (square[2] == 255).all()
    assert (square[0] == 0).all()


def test_channel_statistics_are_the_mean_and_deviation() -> None:
    images = np.random.default_rng(0).integers(0, 256, (1_500, 3, 8, 8), dtype=np.uint8)
    mean, std = channel_statistics(images)
    assert np.allclose(mean, (images / 255).mean(axis=(0, 2, 3)))
    assert np.allclose(std, (images / 255).std(axis=(0, 2, 3)))
    assert channel_statistics(images[:1] * 0)[1] == (1e-3, 1e-3, 1e-3)
