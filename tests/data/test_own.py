"""Data given on a page: a text or a zip of pictures, checked before it is read, and stored."""

import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.data import MissingDataError, own
from core.data.images import picture_zip
from core.data.locations import data_folder, drain
from core.data.sources import load_dialogues, load_images, require_dialogues, require_images


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))


def picture(colour, size=(40, 30), form="PNG"):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


def zipped(files):
    """A zip of {name: content}, the same bytes at any time of day."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def pets(count=10, prefix=""):
    return {
        f"{prefix}{name}/{i}.png": picture((r, 10 * i, 0))
        for name, r in (("cats", 255), ("dogs", 0))
        for i in range(count)
    }


def add(content, title="My pets!.zip", kind="vit"):
    return drain(own.add(io.BytesIO(content), title, kind))


def nothing_is_stored():
    return not list(data_folder().glob("prepared/own-*"))


@pytest.mark.parametrize("prefix", ["", "pets/", "a/b/"])
def test_a_zip_of_class_folders_becomes_a_data_set(prefix):
    name = add(zipped(pets(prefix=prefix)))
    assert own.NAME.fullmatch(name)
    assert name.startswith("own-my-pets-")
    require_images(name)
    data = load_images(name)
    assert data.classes == ("cats", "dogs")
    assert (len(data.train_labels), len(data.test_labels)) == (16, 4)
    assert data.train_images.shape[1:] == (3, 32, 32)
    red = data.train_images[data.train_labels == 0][:, 0]
    assert np.all(red == 255)  # cats stayed cats
    assert own.note(name) == data.note
    assert add(zipped(pets(prefix=prefix))) == name  # the same file is the same data


def test_train_and_test_folders_stay_what_they_are():
    files = pets(6, "train/") | {f"test/{n}/a.png": picture("red") for n in ("cats", "dogs")}
    data = load_images(add(zipped(files)))
    assert (len(data.train_labels), len(data.test_labels)) == (12, 2)


def test_what_is_no_picture_is_skipped_and_named():
    extra = {
        "cats/notes.txt": b"meow", "cats/fake.png": b"no picture", "__MACOSX/cats/._1.png": b"x",
        "cats/.DS_Store": b"x", "readme.md": b"hi",
    }  # fmt: skip
    name = add(zipped(pets() | extra))
    assert len(load_images(name).train_labels) == 16
    assert "skipped: 3 (" in own.note(name)
    for shown in ("cats/notes.txt", "cats/fake.png", "readme.md"):
        assert shown in own.note(name)


def link():
    out = io.BytesIO(zipped(pets()))
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo("cats/link.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def long_list():
    """The end of a zip that claims a list of members of 20 MB."""
    return b"x" * 1000 + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 9, 9, 20_000_000, 0, 0)


BAD_ZIPS = {  # what makes the zip, when its test runs; what is said of it
    "no zip": (lambda: b"these are no pictures", "not a zip file"),
    "empty": (lambda: b"", "not a zip file"),
    "cut": (lambda: zipped(pets())[:900], "not a zip file"),
    "leads out": (
        lambda: zipped(pets() | {"../../evil/1.png": picture("red")}),
        "leads out of the zip",
    ),
    "absolute": (lambda: zipped(pets() | {"/etc/1.png": picture("red")}), "leads out of the zip"),
    "a drive": (lambda: zipped(pets() | {"C:/x/1.png": picture("red")}), "leads out of the zip"),
    "backslashes": (lambda: zipped(pets() | {"..\\evil\\1.png": picture("red")}), "leads out"),
    "a link": (link, "is a link or encrypted"),
    "no pictures": (
        lambda: zipped({f"a/{i}.txt": b"x" for i in range(30)}),
        "no PNG or JPEG in a folder",
    ),
    "only fakes": (
        lambda: zipped({f"{c}/{i}.png": b"x" for c in "ab" for i in range(30)}),
        "0 readable",
    ),
    "one class": (lambda: zipped({f"a/{i}.png": picture("red") for i in range(30)}), "1 class:"),
    "too many classes": (lambda: zipped({f"{i}/1.png": b"" for i in range(101)}), "101 classes:"),
    "too few": (lambda: zipped(pets(2)), "4 readable PNG or JPEG"),
    "a long name": (
        lambda: zipped(pets() | {"x" * 70 + "/1.png": picture("red")}),
        "70 characters",
    ),
    "30,000 members": (
        lambda: zipped({f"a/{i}.png": b"" for i in range(30_000)}),
        "too many files",
    ),
    "a long list": (long_list, "too many files"),
    "unpacks too large": (
        lambda: zipped({f"{c}/{i}.png": bytes(11_000_000) for c in "ab" for i in range(10)}),
        "220,000,000",
    ),
    "large pictures": (
        lambda: zipped(pets() | {"cats/big.png": picture("red", (2100, 2100))}),
        "more than 4 million",
    ),
    "many large pictures": (
        lambda: zipped(
            dict.fromkeys(
                [f"{c}/{i}.png" for c in "ab" for i in range(30)], picture("red", (1900, 1900))
            )
        ),
        "more than 200 million pixels together",
    ),
    "too many bytes": (lambda: bytes(own.MAX_BYTES + 1), "larger than 25 MB"),
}


@pytest.mark.parametrize("case", BAD_ZIPS)
def test_a_bad_zip_is_refused_in_one_sentence_and_leaves_nothing(case):
    made, sentence = BAD_ZIPS[case]
    content = made()
    tracemalloc.start()
    with pytest.raises(ValueError, match=sentence) as error:
        add(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150e6
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert nothing_is_stored()


def test_pixels_are_counted_before_they_are_decoded(monkeypatch):
    decoded = []
    monkeypatch.setattr(picture_zip, "MAX_ALL_PIXELS", 5000)
    monkeypatch.setattr(
        picture_zip, "fit_square", lambda p, size: decoded.append(p.size) or np.zeros((3, 32, 32))
    )
    with pytest.raises(ValueError, match="together"):
        add(zipped(pets()))  # of 1,200 pixels each
    assert len(decoded) == 4


def test_a_text_becomes_a_data_set():
    content = "\n\n".join(f"DUKE: word{i} is here." for i in range(30)).encode()
    name = add(content, "play.txt", "gpt")
    require_dialogues(name)
    data = load_dialogues(name)
    assert (len(data.train), len(data.held_out)) == (27, 3)
    assert data.train[4] == "DUKE: word4 is here."
    assert own.note(name) == "30 texts from play.txt, cut at blank lines."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"only one line", "holds only one text; give at least 10"),
        (b"", "is empty"),
        (b" \n\n \n", "is empty"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"a\n\nb", "only 2 texts"),
    ],
)
def test_a_bad_text_is_refused_in_one_sentence(content, sentence):
    with pytest.raises(ValueError, match=sentence):
        add(content, "play.txt", "gpt")
    assert nothing_is_stored()


@pytest.mark.parametrize(
    "name", ["own-x-" + "0" * 16, "own-x-" + "Z" * 16, "own-../../x-" + "0" * 16]
)
def test_data_that_is_not_here_is_one_sentence(name):
    for require in (require_images, require_dialogues):
        with pytest.raises(MissingDataError, match="own-"):
            require(name)


def test_a_text_is_no_set_of_pictures():
    content = "\n\n".join(f"DUKE: word{i}." for i in range(30)).encode()
    with pytest.raises(MissingDataError, match="on the Train page"):
        require_images(add(content, "play.txt", "gpt"))


def test_a_full_store_takes_nothing_more(monkeypatch):
    monkeypatch.setattr(own, "MAX_STORED", 10)
    name = add(zipped(pets()))
    with pytest.raises(ValueError, match="own data"):
        add(zipped(pets(12)))
    assert add(zipped(pets())) == name  # what is here already stays in use


@pytest.mark.parametrize("title", ["../../x.zip", "<b>.zip", "🙂.zip", ".zip", "a" * 300 + ".zip"])
def test_a_title_never_becomes_a_path(title):
    name = add(zipped(pets()), title)
    assert own.NAME.fullmatch(name)
    [stored] = [p.name for p in data_folder().glob("prepared/own-*")]
    assert stored == "own-" + name[-16:]
