"""Summaries that were handed in as files, checked together: HTML files, or a zip of them.

What is read costs a bounded time and memory: a file's size, and in a zip the number of members and
the size each unpacks to, are compared with the limits before anything is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.study.summary import Sign, verify_signed
from core.system.zip_list import BROKEN, open_zip

MAX_FILES = 300
MAX_BYTES = 1_000_000  # of one summary
MAX_ALL = 50_000_000  # of all members of a zip, unpacked
MAX_LIST = 200_000  # bytes of a zip's list of members

SIGNED = "unchanged, made on this server"
UNSIGNED = "unchanged, but without a signature"
FORGED = "refused"


@dataclass(frozen=True)
class Checked:
    """One file. state: SIGNED, UNSIGNED or FORGED; why: one sentence for a refused one.

    right, of: questions earned, and all; answers, hints, seconds: sums over the questions.
    """

    file: str
    state: str
    why: str = ""
    name: str = ""
    saved: str = ""
    right: int = 0
    of: int = 0
    answers: int = 0
    hints: int = 0
    seconds: int = 0


def check_files(files: Iterable[tuple[str, bytes]], sign: Sign) -> list[Checked]:
    """Check every file, given as (name, content); of a zip, every member.

    A zip that is refused has one row. Raises ValueError, one sentence, for more than MAX_FILES.
    """
    checked: list[Checked] = []
    for name, content in files:
        try:
            members = _unzipped(name, content) if content[:2] == b"PK" else [(name, content)]
            for member, page in members:
                if len(checked) >= MAX_FILES:
                    break
                checked.append(_check(member, page, sign))
            else:
                continue
        except ValueError as error:
            checked.append(Checked(name[-60:], FORGED, str(error)))
            continue
        raise ValueError(f"There are more than {MAX_FILES} files: check them in parts.")
    return checked


def _unzipped(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The members of a zip. Errors: ValueError, before any member is read."""
    title = name[-60:]
    most = f"{MAX_FILES} summaries"
    archive = open_zip(content, title, 2 * MAX_FILES, MAX_LIST, most)
    members = [member for member in archive.infolist() if not member.is_dir()]
    total = sum(member.file_size for member in members)
    large = [member for member in members if member.file_size > MAX_BYTES]
    if large or total > MAX_ALL:
        which = f" {large[0].filename[-60:]!r} alone has {large[0].file_size:,}." if large else ""
        raise ValueError(
            f"{title} unpacks to {total:,} bytes and nothing of it was read; a summary has at most "
            f"{MAX_BYTES:,} and all together {MAX_ALL:,}.{which}"
        )
    for member in members:
        try:
            with archive.open(member) as file:
                yield member.filename, file.read(MAX_BYTES + 1)
        except BROKEN:
            yield member.filename, b""


def _check(file: str, content: bytes, sign: Sign) -> Checked:
    file = file[-60:]
    if len(content) > MAX_BYTES:
        return Checked(file, FORGED, f"It has more than {MAX_BYTES:,} bytes.")
    try:
        table, signed = verify_signed(content.decode("utf-8", "replace"), sign)
        rows = table["rows"]
        assert isinstance(rows, list)
        return Checked(
            file,
            SIGNED if signed else UNSIGNED,
            name=str(table["name"])[:60],
            saved=str(table["saved"])[:25],
            right=sum(row["result"] == "right" for row in rows),
            of=len(rows),
            answers=sum(int(row["answers"]) for row in rows),
            hints=sum(int(row.get("hints", 0)) for row in rows),
            seconds=sum(int(row.get("seconds", 0)) for row in rows),
        )
    except ValueError as error:
        return Checked(file, FORGED, str(error))
    except (KeyError, TypeError, AttributeError, AssertionError):
        return Checked(file, FORGED, "Its data are not those of a summary.")
