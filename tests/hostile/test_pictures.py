"""Expensive pictures: many pixels in few bytes, many scans, uploaded once and requested often.

Each is opened in a separate process with limited memory, which must not hang.
"""

import io
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.data.images import picture
from core.data.images.picture import MAX_PIXELS, MAX_SCANS, open_picture, scans
from dashboard.models import pictures
from tests.conftest import ROOT
from tests.forks import Forks
from tests.hostile.conftest import one_sentence

MEMORY = 100  # MB that opening one may take
OPEN = f"""
import io, resource
from core.data.images.picture import open_picture
data = open("picture", "rb").read()
taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + {MEMORY} * 10**6,) * 2)
try:
    print("x".join(map(str, open_picture(io.BytesIO(data), "This file").size)))
except ValueError as error:
    print(error)
"""


@cache
def png(width: int, height: int, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, "PNG")
    return out.getvalue()


def jpeg(width: int, height: int, more: int = 0, **options: bool) -> bytes:
    """A JPEG whose last scan is repeated `more` times."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 30)).save(out, "JPEG", quality=5, **options)
    content = out.getvalue()
    last = content[content.rfind(b"\xff\xda") : -2]
    return content[:-2] + last * more + b"\xff\xd9"


def noisy() -> bytes:
    """Some megabytes of progressive JPEG."""
    out = io.BytesIO()
    Image.effect_noise((1900, 1900), 200).convert("RGB").save(
        out, "JPEG", quality=97, progressive=True
    )
    return out.getvalue()


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "49 million pixels in a PNG": (lambda: png(7000, 7000), "more than 4 million pixels"),
    "the same in one bit each": (lambda: png(7000, 7000, "1"), "more than 4 million pixels"),
    "the most of a PNG, in 4 channels": (lambda: png(2000, 2000, "RGBA"), "2000x2000"),
    "a progressive JPEG of 100,000 scans": (
        lambda: jpeg(2000, 2000, 100_000, progressive=True), "more than 50 scans"
    ),
    "one of as many scans as may be": (
        lambda: jpeg(2000, 2000, 40, progressive=True), "2000x2000"
    ),
    "a progressive JPEG of 49 million pixels": (
        lambda: jpeg(7000, 7000, progressive=True), "more than 4 million pixels"
    ),
    "an ordinary JPEG of 49 million pixels": (lambda: jpeg(7000, 7000), "1750x1750"),
    "megabytes of progressive noise": (noisy, "1900x1900"),
}  # fmt: skip


@pytest.fixture(scope="module")
def opening() -> Iterator[Forks]:
    """A process that has imported what opens pictures."""
    forks = Forks("core.data.images.picture")
    yield forks
    forks.end()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
@pytest.mark.parametrize("name", CASES)
def test_an_expensive_picture_is_bounded(name: str, tmp_path: Path, opening: Forks) -> None:
    make, expected = CASES[name]
    (tmp_path / "picture").write_bytes(make())
    assert expected in opening.run(OPEN, tmp_path)


def test_more_bytes_than_a_picture_has_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "MAX_FILE_BYTES", 1000)
    with pytest.raises(ValueError, match="This file has more than 0 MB") as said:
        open_picture(io.BytesIO(png(8, 8) + bytes(1000)), "This file")
    one_sentence(str(said.value))


def test_scans_are_those_of_the_picture_itself() -> None:
    assert scans(jpeg(64, 64)) == 1
    several = scans(jpeg(64, 64, progressive=True))
    assert 1 < several <= 12
    assert scans(jpeg(64, 64, 5, progressive=True)) == several + 5
    thumbnail = jpeg(32, 32, progressive=True)  # as cameras put one into the header
    whole = jpeg(64, 64)
    inside = b"\xff\xe1" + (2 + len(thumbnail)).to_bytes(2, "big") + thumbnail
    assert scans(whole[:2] + inside + whole[2:]) == 1
    assert scans(whole + b"\xff\xda\x00\x02" * 99) == 1, "nothing is read behind the end"
    assert scans(b"\xff\xd8" + b"\xff\xe0\x00\x02" * 20_000) == MAX_SCANS + 1
    assert scans(b"\xff\xd8\xff") == scans(b"") == 0


def test_a_photograph_of_a_phone_is_opened_smaller() -> None:
    opened = open_picture(io.BytesIO(jpeg(4000, 3000)), "This file")
    assert opened.size == (2000, 1500)
    assert opened.width * opened.height <= MAX_PIXELS
    assert opened.getpixel((1000, 700)) == pytest.approx((90, 120, 30), abs=20)


@pytest.mark.parametrize("size", [(1500, 40), (7000, 7000), None], ids=str)
def test_an_uploaded_file_is_decoded_once_however_often_the_page_runs(
    size: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = png(*size) if size else b"none"
    opened: list[str] = []

    def counted(*args: object) -> Image.Image:
        opened.append("once")
        return open_picture(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(pictures, "open_picture", counted)
    app = AppTest.from_file(str(ROOT / "pages" / "vit.py"), default_timeout=120)
    app.query_params.update({"model": "vit-shapes", "from": "my own"})
    app.run()
    app.file_uploader[0].set_value(("mine.png", content, "image/png")).run()
    errors = [error.value for error in app.error]
    for _ in range(3):
        app.run()
        assert [error.value for error in app.error] == errors
    assert not app.exception
    assert opened == ["once"]


def test_a_session_keeps_a_few_small_pictures() -> None:
    app = AppTest.from_function(_reads_many, default_timeout=120).run()
    assert not app.exception
    kept = app.session_state["uploaded"]
    assert len(kept) == pictures.MAX_DECODED
    assert all(max(one.size) <= pictures.LONGEST_SIDE for one in kept.values())


def _reads_many() -> None:
    from dashboard.models import pictures
    from tests.hostile.test_pictures import png

    for side in range(1020, 1030):
        pictures._read_once(png(side, 10))
