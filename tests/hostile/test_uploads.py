"""Untrusted files that are not what their name says are refused quickly, in one sentence."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from core.data.audio import read_wav
from core.data.images.picture import MAX_PIXELS, open_picture
from core.linear_rnn.matrices import parse_matrix
from core.study import progress
from core.study.question import own_files, read_question, shipped
from core.study.storage import progress_file
from core.study.summary import summary_html, verify
from dashboard.figures.data import pack
from tests.hostile.conftest import one_sentence


def png(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG whose header says width × height."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(body or bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def saved(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 32)).save(out, kind)
    return out.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content",
    [
        png(50_000, 50_000), png(2**31 - 1, 2**31 - 1), png(MAX_PIXELS + 1, 1), png(0, 0),
        png(32, 32)[:40], SVG, saved("GIF"), saved("TIFF"), saved("BMP"), saved("PDF"), b"",
        b"\0" * 99,
        saved("PNG")[:-20] + b"\xff" * 20, b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file\n",
    ],
)  # fmt: skip
def test_invalid_pictures_are_refused(content: bytes) -> None:
    try:
        picture = open_picture(io.BytesIO(content), "This file")
    except ValueError as error:
        one_sentence(str(error))
    else:
        assert picture.size == (32, 32), "a damaged end may still leave the picture whole"


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = png(7000, 7200, bytes(1))
    with pytest.raises(ValueError, match="more than 4 million pixels"):
        open_picture(io.BytesIO(bomb), "This file")


def wav(rate: int, channels: int, width: int, claimed: int, body: bytes) -> bytes:
    block = channels * width & 0xFFFF
    form = struct.pack("<HHIIHH", 1, channels, rate, (rate * block) & 0xFFFFFFFF, block, 8 * width)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", claimed) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@pytest.mark.parametrize(
    "content",
    [
        b"", b"RIFF", saved("PNG"), wav(8000, 1, 2, 0xFFFFFFF0, b"\0" * 100),
        wav(1, 1, 2, 200, b"\0" * 200),
        wav(8000, 65535, 1, 65535, b"\0" * 65535), wav(8000, 1, 3, 300, b"\0" * 300),
        wav(4_000_000_000, 1, 2, 20_000, b"\0" * 20_000), wav(8000, 1, 2, 2, b"\0\0"),
        wav(0, 1, 2, 400, b"\0" * 400), wav(8000, 0, 2, 400, b"\0" * 400),
    ],
)  # fmt: skip
def test_invalid_sounds_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"[.;]") as said:
        read_wav(content)
    one_sentence(str(said.value))


READERS: dict[str, Callable[[bytes], object]] = {
    "a picture": lambda data: open_picture(io.BytesIO(data), "This file"),
    "a sound": read_wav,
    "a matrix": parse_matrix,
    "a progress file": progress_file.load,
    "a question": lambda data: read_question("own.toml", data),
    "a summary": lambda data: verify(data.decode("utf-8", errors="replace")),
}
STARTS = st.sampled_from(
    [b"", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WAVEfmt ", b"\xff\xd8\xff", b'{"unrolled"']
)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=100, deadline=None)
@given(start=STARTS, rest=st.binary(max_size=200))
def test_any_bytes(name: str, start: bytes, rest: bytes) -> None:
    try:
        READERS[name](start + rest)
    except ValueError as error:
        one_sentence(str(error).replace("\n", " "))


@pytest.mark.parametrize(
    "change",
    [
        {"records": {"../x": {}}}, {"records": []}, {"seed": "../../x"}, {"seed": "a b"},
        {"version": 2}, {"records": {"1a": {"card": {"due": "x"}}}}, {"unrolled": "pickle"},
    ],
    ids=repr,
)  # fmt: skip
def test_progress_that_was_forged(change: dict[str, object]) -> None:
    table = json.loads(progress_file.dump(progress.StudyProgress()))
    with pytest.raises(ValueError, match=r"progress file") as said:
        progress_file.load(json.dumps(table | change))
    one_sentence(str(said.value))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"version": ' + "9" * 5000 + "}", "9" * 5000])
def test_json_that_is_meant_to_break_the_reader(text: str) -> None:
    with pytest.raises(ValueError, match=r"progress file") as said:
        progress_file.load(text)
    one_sentence(str(said.value))


@pytest.mark.parametrize("content", [b"[" * 5000, b"a.b" * 300_000, b"x = [" + b"[" * 3000])
def test_questions_that_nest_without_end(content: bytes) -> None:
    questions, errors = own_files([("../../etc/own.toml", content)])
    assert questions == {}
    assert len(errors) == 1
    assert "/" not in errors[0].split(":")[0]


def test_markup_in_a_name_is_shown_as_text_in_the_summary() -> None:
    evil = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>"
    known = progress.predict(progress.StudyProgress(), "1a", evil)
    page = summary_html(evil, known, shipped(), datetime.now(UTC))
    assert "<script" not in page
    assert "<img" not in page
    assert verify(page)["name"] == evil


def test_a_file_name_in_an_archive_of_data_is_no_path() -> None:
    packed = zipfile.ZipFile(io.BytesIO(pack({"../../evil": np.zeros(3), "/etc/x": np.zeros(2)})))
    assert all("/" not in name and ".." not in name for name in packed.namelist())
