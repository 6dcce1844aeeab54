"""Downloads one file completely and checked, or not at all.

Lock, temporary folder, checksum, rename: see core.data.locations. The addresses are constants of
this program; nothing a user types is fetched.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path

from core.data.locations import JobProgress, sha256_of, staging, wait_for_lock

CHUNK_BYTES = 1 << 16
TIMEOUT_SECONDS = 30


class DownloadError(OSError):
    """The download failed; the message is one sentence with the reason."""


def fetch(
    url: str, target: Path, sha256: str, max_bytes: int
) -> Generator[JobProgress, None, Path]:
    """Download `url` to `target` unless it exists; yields progress in bytes, returns `target`.

    sha256      of the whole file, in hexadecimal
    max_bytes   the download stops beyond this size

    While another process downloads the same file, this one waits and then uses it.
    Raises DownloadError when the address cannot be reached or sends another file.
    """
    if target.is_file() and sha256_of(target) == sha256:
        return target
    lock = yield from wait_for_lock(target.parent, target.name)
    try:
        if target.is_file() and sha256_of(target) == sha256:
            return target
        with staging(target.parent, target.name) as temporary:
            arrived = temporary / target.name
            yield from _receive(url, arrived, sha256, max_bytes)
            os.replace(arrived, target)
        return target
    finally:
        lock.release()


def _receive(
    url: str, arrived: Path, sha256: str, max_bytes: int
) -> Generator[JobProgress, None, None]:
    digest, done = hashlib.sha256(), 0
    try:
        with (
            urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response,
            arrived.open("wb") as file,
        ):
            total = int(response.headers["Content-Length"] or 0) or None
            while chunk := response.read(CHUNK_BYTES):
                done += len(chunk)
                if done > max_bytes:
                    raise DownloadError(
                        f"{url} sends more than {max_bytes:,} bytes and is refused."
                    )
                digest.update(chunk)
                file.write(chunk)
                yield JobProgress(f"fetching {arrived.name}", done, total, "bytes")
            file.flush()
            os.fsync(file.fileno())
    except DownloadError:
        raise
    except (OSError, http.client.HTTPException, ValueError) as err:
        reason = getattr(err, "reason", None) or err
        raise DownloadError(
            f"{url} could not be fetched ({reason}); "
            "check the network, or bring a copy and name it with --from."
        ) from err
    if digest.hexdigest() != sha256:
        raise DownloadError(
            f"{url} sent {done:,} bytes with another SHA-256 than the file has and is refused."
        )
