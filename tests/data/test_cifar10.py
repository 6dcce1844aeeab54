"""CIFAR-10: three ways in, and archives that must not get in."""

import hashlib
import io
import lzma
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.data import CIFAR10Dataset, MissingDataError, load_images
from core.data.__main__ import main
from core.data.images import cifar10, cifar10_original, tar_folders
from core.data.images.cifar10 import CLASSES, FIRST_TEN, first_ten
from core.data.images.tar_folders import read_archive
from core.data.locations import drain
from tests.data.data_files import CIFAR10, Server, files_below, needs, noise, picture, tar_xz

COLOURS = {name: (20 * i, 255 - 20 * i, 7 * i) for i, name in enumerate(CLASSES)}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "data"


def small_cifar() -> dict[str, bytes]:
    """Two training images and one test image a class, each of one colour."""
    members = {}
    for name, colour in COLOURS.items():
        members |= {f"train/{name}/000{i}.png": picture(colour) for i in range(2)}
        members[f"test/{name}/0000.png"] = picture(colour)
    return members


def test_an_archive_becomes_one_array_and_is_read_once(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    tar_xz(source / "cifar10-images.tar.xz", small_cifar())
    source.chmod(0o555)
    data = load_images("cifar10", source)
    assert data.train_images.shape == (20, 3, 32, 32)
    assert data.train_images.dtype == np.uint8
    assert data.test_labels.tolist() == list(range(10))
    assert data.classes == CLASSES
    assert data.mean == (0.4914, 0.4822, 0.4465)
    for image, label in zip(data.train_images, data.train_labels, strict=True):
        assert (image == np.reshape(COLOURS[CLASSES[label]], (3, 1, 1))).all()
    monkeypatch.setattr(cifar10, "read_archive", lambda *_: pytest.fail("read again"))
    assert (load_images("cifar10", source).train_images == data.train_images).all()
    assert (load_images("cifar10").test_images == data.test_images).all()
    assert [p.name for p in source.iterdir()] == ["cifar10-images.tar.xz"]
    source.chmod(0o755)


def test_a_changed_archive_is_another_data_set(tmp_path: Path) -> None:
    place = tar_xz(tmp_path / "cifar10-images.tar.xz", small_cifar())
    one = load_images("cifar10", place)
    tar_xz(place, small_cifar() | {"train/ship/0000.png": noise(1)})
    two = load_images("cifar10", place)
    assert one.checksum != two.checksum
    assert (one.train_images != two.train_images).any()


def test_class_folders_give_the_same_images(tmp_path: Path) -> None:
    for name, content in small_cifar().items():
        (tmp_path / "folders" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folders" / name).write_bytes(content)
    packed = load_images(
        "cifar10", tar_xz(tmp_path / "c.tar.xz", dict(sorted(small_cifar().items())))
    )
    unpacked = load_images("cifar10", tmp_path / "folders")
    assert (packed.train_images == unpacked.train_images).all()
    assert (packed.test_labels == unpacked.test_labels).all()
    assert main(["get", "cifar10", "--from", str(tmp_path / "folders")]) == 0


@needs(CIFAR10)
def test_the_real_archive_s_first_images(monkeypatch: pytest.MonkeyPatch) -> None:
    job = read_archive(CIFAR10)
    assert next(job).unit == "images"
    assert next(job).done > 0
    job.close()


def test_the_ten_pictures_of_the_course_are_found_in_either_order() -> None:
    """Sorted by class, the first cat, ship, ship … are those that come first in the original."""
    rest = np.random.default_rng(0).integers(0, 10, 500)
    original = np.concatenate([FIRST_TEN, rest])
    assert first_ten(original).tolist() == list(range(10))
    places = np.argsort(original, kind="stable")  # as in an archive of class folders
    assert places[first_ten(original[places])].tolist() == list(range(10))
    assert first_ten(np.array([0, 1, 2])).tolist() == [0, 1, 2]


def test_the_dataset_is_normalised(tmp_path: Path) -> None:
    place = tar_xz(tmp_path / "c.tar.xz", small_cifar())
    image, label = CIFAR10Dataset(train=False, data_dir=place)[3]
    assert label == 3
    expected = (np.array(COLOURS["cat"]) / 255 - cifar10.MEAN) / cifar10.STD
    assert np.allclose(image[:, 0, 0].numpy(), expected, atol=1e-5)


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def huge(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = 10**12
    return info


SMALL = {"train/a/0.png": noise(0), "train/b/0.png": noise(1)}
SMALL |= {"test/a/0.png": noise(2), "test/b/0.png": noise(3)}


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"../../outside/0.png": noise(0)}, "leaves the archive's folder"),
        ({"/etc/cron.d/0.png": noise(0)}, "leaves the archive's folder"),
        ({"train\\..\\..\\0.png": noise(0)}, "leaves the archive's folder"),
        ({"x": link("train/a/1.png", "/etc/passwd")}, "link or a device"),
        ({"x": link("train/a/1.png", "train/a/0.png", tarfile.LNKTYPE)}, "link or a device"),
        ({"x": link("train/a/1.png", "", tarfile.CHRTYPE)}, "link or a device"),
        ({"x": huge("train/a/1.png")}, "larger than 1 MiB"),
        ({"train/a/1.png": b"not an image"}, "cannot be read"),
        ({"train/a/1.png": noise(0)[:200]}, "cannot be read"),
        ({"train/a/1.png": lambda: picture((0, 0, 0), (9_000, 9_000))}, "9000×9000 pixels"),
        ({"train/a/1.png": picture((0, 0, 0), (33, 32))}, "33×32 pixels"),
        ({"train/a/1.png": picture((0, 0, 0), form="GIF")}, "cannot be read"),
        ({"train/c/1.png": noise(0)}, "same class folders"),
    ],
)
def test_an_archive_that_is_not_safe_is_refused(
    tmp_path: Path, members: dict[str, Any], sentence: str
) -> None:
    made = {name: one() if callable(one) else one for name, one in members.items()}
    place = tar_xz(tmp_path / "bad.tar.xz", SMALL | made)
    with pytest.raises(ValueError, match=sentence) as caught:
        drain(read_archive(place))
    assert str(caught.value).startswith("The archive bad.tar.xz is ")
    assert "\n" not in str(caught.value)
    assert files_below(tmp_path) == {"bad.tar.xz"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "damaged"),
        (b"PK\x03\x04 a zip", "damaged"),
        (lzma.compress(b""), "damaged"),
        (lzma.compress(b"\0" * 10_240), "no images"),
        (lzma.compress(b"x" * 10_240), "damaged"),
    ],
)
def test_a_file_that_is_no_archive_is_refused(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    (tmp_path / "bad.tar.xz").write_bytes(content)
    with pytest.raises(ValueError, match=sentence):
        drain(read_archive(tmp_path / "bad.tar.xz"))


def test_a_truncated_archive_is_refused_and_not_stored(tmp_path: Path, folder: Path) -> None:
    place = tar_xz(tmp_path / "cifar10-images.tar.xz", small_cifar())
    place.write_bytes(place.read_bytes()[:-500])
    with pytest.raises(ValueError, match="damaged"):
        load_images("cifar10", tmp_path)
    assert not any("npy" in name for name in files_below(folder))


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Little files that would unpack to much: by volume, by decoder memory, by number."""
    place = tar_xz(tmp_path / "bomb.tar.xz", SMALL | {"notes.txt": b"\0" * 900_000})
    assert place.stat().st_size < 50_000
    monkeypatch.setattr(tar_folders, "MAX_UNPACKED_BYTES", 500_000)
    with pytest.raises(ValueError, match="unpacks to more than"):
        drain(read_archive(place))
    monkeypatch.undo()
    monkeypatch.setattr(tar_folders, "MAX_XZ_MEMORY_BYTES", 1 << 20)
    with pytest.raises(ValueError, match="damaged"):
        drain(read_archive(place))
    monkeypatch.undo()
    monkeypatch.setattr(tar_folders, "MAX_MEMBERS", 3)
    with pytest.raises(ValueError, match="more than 3 members"):
        drain(read_archive(place))


def test_two_xz_streams_in_a_row_are_one_archive(tmp_path: Path) -> None:
    place = tar_xz(tmp_path / "two.tar.xz", SMALL)
    raw = lzma.decompress(place.read_bytes())
    place.write_bytes(lzma.compress(raw[:5_000]) + lzma.compress(raw[5_000:]) + b"\0" * 8)
    assert drain(read_archive(place)).arrays["train_images"].shape == (2, 3, 32, 32)


def test_another_data_set_is_not_accepted_as_cifar10(tmp_path: Path) -> None:
    place = tar_xz(tmp_path / "pets.tar.xz", SMALL)
    with pytest.raises(ValueError, match="is not CIFAR-10"):
        load_images("cifar10", place)
    with pytest.raises(MissingDataError, match="get cifar10"):
        load_images("cifar10", tmp_path / "nowhere")


def original(place: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A tiny copy of the original's format, and torchvision told of its checksums."""
    from torchvision.datasets import CIFAR10 as TorchvisionCIFAR10

    batches = place / "cifar-10-batches-py"
    batches.mkdir(parents=True)
    rng = np.random.default_rng(0)
    sums = {}
    for name, count in (("data_batch_1", 20), ("test_batch", 10)):
        pixels = rng.integers(0, 256, (count, 3072), dtype=np.uint8)
        content = pickle.dumps({"data": pixels, "labels": [i % 10 for i in range(count)]})
        (batches / name).write_bytes(content)
        sums[name] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    meta = pickle.dumps({"label_names": list(CLASSES)})
    (batches / "batches.meta").write_bytes(meta)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        packed.add(batches, "cifar-10-batches-py")
    md5 = hashlib.md5(out.getvalue(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(TorchvisionCIFAR10, "tgz_md5", md5)
    monkeypatch.setattr(TorchvisionCIFAR10, "train_list", [["data_batch_1", sums["data_batch_1"]]])
    monkeypatch.setattr(TorchvisionCIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    meta_md5 = hashlib.md5(meta, usedforsecurity=False).hexdigest()
    monkeypatch.setattr(
        TorchvisionCIFAR10,
        "meta",
        {"filename": "batches.meta", "key": "label_names", "md5": meta_md5},
    )
    monkeypatch.setattr(cifar10_original, "SHA256", hashlib.sha256(out.getvalue()).hexdigest())
    return out.getvalue()


def test_the_original_comes_through_torchvision(
    tmp_path: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from torchvision.datasets import CIFAR10 as TorchvisionCIFAR10

    packed = original(tmp_path / "made", monkeypatch)
    with Server(packed).running() as server:
        monkeypatch.setattr(TorchvisionCIFAR10, "url", server.url)
        assert main(["get", "cifar10"]) == 0
        assert main(["get", "cifar10"]) == 0
        assert server.requests == 1
    assert "20 training and 10 test images" in capsys.readouterr().out
    data = load_images("cifar10")
    theirs = TorchvisionCIFAR10(str(tmp_path / "made"), train=True)
    assert (data.train_images == theirs.data.transpose(0, 3, 1, 2)).all()
    assert data.train_labels.tolist() == theirs.targets
    left = {name.split("/")[0] for name in files_below(folder)}
    assert left == {"prepared"}  # neither the archive nor its pickles stay

    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "cifar-10-python.tar.gz").write_bytes(packed)
    for place in (tmp_path / "made", tmp_path / "copy"):
        monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / f"other-{place.name}"))
        assert (load_images("cifar10", place).train_images == data.train_images).all()


def test_a_damaged_original_is_refused(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = original(tmp_path / "made", monkeypatch)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "cifar-10-python.tar.gz").write_bytes(packed[:-7])
    with pytest.raises(ValueError, match="another SHA-256"):
        load_images("cifar10", tmp_path / "copy")
    (tmp_path / "made" / "cifar-10-batches-py" / "test_batch").unlink()
    with pytest.raises(ValueError, match="incomplete or damaged"):
        load_images("cifar10", tmp_path / "made")
    assert not any("npy" in name for name in files_below(folder))


def test_pictures_are_stored_channel_first(tmp_path: Path) -> None:
    pixels = np.arange(3 * 32 * 32, dtype=np.uint32).reshape(32, 32, 3).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    place = tar_xz(tmp_path / "c.tar.xz", SMALL | {"train/a/0.png": out.getvalue()})
    assert (drain(read_archive(place)).arrays["train_images"][0] == pixels.transpose(2, 0, 1)).all()
