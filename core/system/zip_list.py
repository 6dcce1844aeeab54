"""The list of members of a zip that may come from a stranger, bounded before it is read."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

_END = struct.Struct("<4s4H2LH")  # the record at the end of a zip
_LOCATOR = 20  # bytes of the record of ZIP64, which would overrule the counts of the other
BROKEN = (  # what zipfile raises for damaged or foreign files
    *(zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError),
    *(OSError, ValueError, OverflowError, struct.error, zlib.error),
)


def open_zip(content: bytes, title: str, members: int, length: int, most: str) -> zipfile.ZipFile:
    """The zip, once its list is known to have at most `members` entries and `length` bytes.

    title: the name of the file; most: what to give instead, both for messages. Errors: ValueError,
    one sentence.
    """
    damaged = f"{title} is not a zip file, or it is damaged: zip it again."
    at = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    if at < 0 or len(content) - at < _END.size:
        raise ValueError(damaged)
    count, size = _END.unpack_from(content, at)[4:6]
    large = content[max(0, at - _LOCATOR) : at].startswith(b"PK\x06\x07")
    if count > members or size > length or large:
        raise ValueError(f"{title} holds too many files: give at most {most}.")
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except BROKEN:
        raise ValueError(damaged) from None
