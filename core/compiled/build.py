"""Builds a C++ file on demand, caches the library, and loads it only if it is safe.

Nothing is compiled when this module is imported. `load_library` builds the library with the
machine's C++ compiler the first time it is called, and stores it in the user's cache directory
under a name made of the source and the processor, with its SHA-256 beside it. A loaded library
runs with all rights of this process, so library and folder must belong to this user and be writable
by nobody else. And a truncated library kills the process when a missing page of it is read, so one
whose SHA-256 differs is built again.
"""

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

from filelock import FileLock

from core.system.atomic_write import write_bytes
from core.system.folders import cache_folder

HEADER = Path(__file__).with_name("vectors.h")
BUILD_SECONDS = 60
FLAGS = ("-std=c++17", "-O3", "-shared", "-fPIC")


def load_library(source: Path, *wished: str) -> ctypes.CDLL | None:
    """The library of this C++ file, built now if necessary; None where that is not possible or not
    safe, or switched off with UNROLLED_KERNEL=0. wished: flags for a compiler that knows them."""
    if sys.platform == "win32" or os.environ.get("UNROLLED_KERNEL") == "0":
        return None
    try:
        folder = _cache_folder()
        if not _ours(folder):
            logging.getLogger(__name__).warning(
                "No compiled code: the folder %s belongs to another user, or others may write "
                "to it; remove it.", folder
            )  # fmt: skip
            return None
        path = folder / f"{source.stem}-{_fingerprint(source, wished)}.so"
        if not _whole(path) and not _build(source, path, wished):
            return None
        return ctypes.CDLL(str(path))
    except OSError:
        return None


def _cache_folder() -> Path:
    folder = cache_folder() / "kernels"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _fingerprint(source: Path, wished: tuple[str, ...]) -> str:
    """A name for this source on this processor: a change of either is built again."""
    cpu = [platform.system(), platform.machine(), platform.processor()]
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        wanted = ("flags", "Features", "model name")
        cpu += [next((ln for ln in lines if ln.startswith(key)), "") for key in wanted]
    text = source.read_bytes() + HEADER.read_bytes() + "\n".join([*FLAGS, *wished, *cpu]).encode()
    return hashlib.sha256(text).hexdigest()[:16]


def _ours(path: Path) -> bool:
    """A file or folder, no link, that belongs to this user and that nobody else may write."""
    if sys.platform == "win32":  # which has no modes of a file
        return False
    about = path.lstat()
    kind = stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)
    return kind and about.st_uid == os.geteuid() and not about.st_mode & 0o022


def _sum_of(path: Path) -> Path:
    return path.with_suffix(".so.sha256")


def _whole(path: Path) -> bool:
    """Whether the library is there, ours, and to the last byte what was built."""
    try:
        if not (_ours(path) and _ours(_sum_of(path))):
            return False
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return _sum_of(path).read_text(encoding="ascii").strip() == digest
    except (OSError, UnicodeDecodeError):
        return False


def find_compiler() -> str | None:
    """The machine's C++ compiler: the one that CXX names, or a usual one."""
    names = [os.environ.get("CXX", ""), "c++", "g++", "clang++"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


def _build(source: Path, path: Path, wished: tuple[str, ...]) -> bool:
    """Compile into a temporary folder beside `path`, then write it there; whether it worked."""
    compiler = find_compiler()
    if compiler is None:
        return False
    with FileLock(path.with_suffix(".lock"), timeout=BUILD_SECONDS):
        if _whole(path):
            return True
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            built = Path(folder) / path.name
            ways = product((wished, ()), (["-march=native"], ["-mcpu=native"], []))
            for flags in dict.fromkeys((*more, *native) for more, native in ways):
                command = [compiler, *FLAGS, *flags, str(source), "-o", str(built)]
                try:
                    subprocess.run(command, check=True, capture_output=True, timeout=BUILD_SECONDS)
                except subprocess.SubprocessError:
                    continue
                library = built.read_bytes()
                write_bytes(path, library)
                write_bytes(_sum_of(path), hashlib.sha256(library).hexdigest().encode())
                return True
    return False
