"""The original CIFAR-10 through torchvision, which knows its address, checksums and format.

torchvision writes directly to its folder, so it gets a temporary one; the archive is downloaded
there first, with progress, and torchvision checks and unpacks it.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator
from pathlib import Path

import numpy as np

from core.data.array_cache import Arrays
from core.data.download import fetch
from core.data.images.arrays import checksum_of
from core.data.locations import JobProgress, data_folder, sha256_of, staging, wait_for_lock

SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
MAX_BYTES = 200_000_000
BATCHES = "cifar-10-batches-py"
PACKED = "cifar-10-python.tar.gz"
NOTE = "CIFAR-10, the original images."


def read_batches(root: Path) -> Arrays:
    """The arrays of torchvision's folder `root/cifar-10-batches-py`; it checks every file's MD5.

    Raises ValueError when a file is missing or damaged.
    """
    from torchvision.datasets import CIFAR10

    arrays = {}
    for part in ("train", "test"):
        try:
            data = CIFAR10(str(root), train=part == "train", download=False)
        except RuntimeError:
            raise ValueError(
                f"{root / BATCHES} is incomplete or damaged; get CIFAR-10 again."
            ) from None
        arrays[f"{part}_images"] = np.ascontiguousarray(data.data.transpose(0, 3, 1, 2))
        arrays[f"{part}_labels"] = np.array(data.targets, dtype=np.int64)
    checksum = checksum_of(*(arrays[name] for name in sorted(arrays)))
    return Arrays(arrays, {"classes": list(data.classes), "checksum": checksum, "note": NOTE})


def unpack(packed: Path) -> Generator[JobProgress, None, Arrays]:
    """The arrays of `cifar-10-python.tar.gz`, unpacked by torchvision in a temporary folder.

    Raises ValueError when it is another file.
    """
    from torchvision.datasets import CIFAR10

    if sha256_of(packed) != SHA256:
        raise ValueError(f"{packed} is not the CIFAR-10 archive (another SHA-256); get it again.")
    folder = data_folder()
    lock = yield from wait_for_lock(folder, "cifar10-original")
    try:
        with staging(folder, "cifar10-original") as temporary:
            shutil.copyfile(packed, temporary / CIFAR10.filename)
            yield JobProgress("checking and unpacking CIFAR-10", 0, None, "images")
            CIFAR10(str(temporary), download=True)
            return read_batches(temporary)
    finally:
        lock.release()


def download() -> Generator[JobProgress, None, Arrays]:
    """Download the archive, read it and delete it; yields progress. Raises DownloadError."""
    from torchvision.datasets import CIFAR10

    packed = yield from fetch(CIFAR10.url, data_folder() / PACKED, SHA256, MAX_BYTES)
    arrays = yield from unpack(packed)
    packed.unlink(missing_ok=True)
    return arrays
