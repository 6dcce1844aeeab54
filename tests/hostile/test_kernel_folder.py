"""The compiled kernel in the cache folder: truncated, altered, or written by another user.

Each case runs in a separate process, which a bad library could crash or take over. All of them fork
from one that has imported torch. The kernel is compiled once; where it is built again, a compiler
that copies the compiled one takes the place of the machine's.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from core.compiled.build import find_compiler
from core.decoding.kernel_build import load_kernel
from tests.conftest import FOLDER, ROOT
from tests.forks import Forks

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or find_compiler() is None, reason="no kernel is built here"
)

WRITES = """
import torch
from core.gpt import DialogueGPT
from core.decoding import Greedy
from core.decoding.engine import DecodingEngine
torch.manual_seed(0)
engine = DecodingEngine.of(DialogueGPT(33, 40, 19, 5, 37, 3, 2).eval())
words = list(engine.generate((0, 5), Greedy(), 20, torch.Generator()))
print(len(words), engine.path, end="")
"""
EAGER = "eager PyTorch"
Reads = Callable[..., str]


def asked(forks: Forks, folder: Path, cache: Path, **more: str) -> str:
    """What a process says that generates 20 words with the kernel in `cache`."""
    return forks.run(WRITES, folder, XDG_CACHE_HOME=str(cache), **more)


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    forks = Forks("torch", "core.gpt", "core.decoding.engine")
    yield forks
    forks.end()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Path:
    """A cache folder with an intact kernel."""
    cache = tmp_path_factory.mktemp(FOLDER)
    said = asked(forks, tmp_path_factory.mktemp("asked"), cache)
    assert said.startswith("20 ")
    assert EAGER not in said
    return cache


@pytest.fixture
def cache(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / "cache")


@pytest.fixture
def reads(forks: Forks, kept: Path, tmp_path: Path) -> Reads:
    """As `asked`, with a compiler that copies the intact kernel."""
    compiler = tmp_path / "c++"
    compiler.write_text(
        f'#!/bin/sh\nfor last; do :; done\ncp {shlex.quote(str(library(kept)))} "$last"\n',
        encoding="utf-8",
    )
    compiler.chmod(0o700)
    return partial(asked, forks, tmp_path, CXX=str(compiler))


def library(cache: Path) -> Path:
    (found,) = (cache / "unrolled" / "kernels").glob("*.so")
    return found


def test_it_is_kept_with_its_checksum_and_loaded_as_it_is(cache: Path, reads: Reads) -> None:
    before = library(cache).stat().st_mtime_ns
    assert EAGER not in reads(cache)
    assert library(cache).stat().st_mtime_ns == before, "not built again"
    left = sorted(p.suffix for p in library(cache).parent.iterdir())
    assert left == [".lock", ".sha256", ".so"]


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_one_that_was_cut_short_is_built_again(cache: Path, reads: Reads, share: float) -> None:
    whole = library(cache).read_bytes()
    library(cache).write_bytes(whole[: int(len(whole) * share)])
    assert EAGER not in reads(cache)
    assert len(library(cache).read_bytes()) == len(whole)


def test_one_with_a_changed_byte_or_no_checksum_is_built_again(cache: Path, reads: Reads) -> None:
    path = library(cache)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert EAGER not in reads(cache)
    path.with_suffix(".so.sha256").unlink()
    before = path.stat().st_mtime_ns
    assert EAGER not in reads(cache)
    assert path.stat().st_mtime_ns != before


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_may_write_is_not_used(cache: Path, reads: Reads, mode: int) -> None:
    library(cache).parent.chmod(mode)
    assert reads(cache) == f"20 {EAGER}"


def test_a_library_that_others_may_write_is_built_again(cache: Path, reads: Reads) -> None:
    library(cache).chmod(0o666)
    assert EAGER not in reads(cache)
    assert library(cache).stat().st_mode & 0o022 == 0


def test_a_link_is_not_followed(cache: Path, reads: Reads, tmp_path: Path) -> None:
    folder = library(cache).parent
    elsewhere = folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(elsewhere)
    assert reads(cache) == f"20 {EAGER}"


def test_a_folder_of_another_user_is_not_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    assert load_kernel.__wrapped__() is not None
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert load_kernel.__wrapped__() is None


def test_a_page_that_writes_works_without_it(cache: Path, forks: Forks, tmp_path: Path) -> None:
    library(cache).parent.chmod(0o777)
    page = (
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'pages' / 'decoding.py')!r}, default_timeout=100)\n"
        "app.query_params['model'] = 'gpt-grammar'\n"
        "app.run()\n"
        "print(len(app.exception), len(app.error), any('eager' in c.value for c in app.caption))"
    )
    assert forks.run(page, tmp_path, XDG_CACHE_HOME=str(cache)).strip() == "0 0 True"
