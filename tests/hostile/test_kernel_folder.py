"""The compiled kernel in the cache folder: truncated, altered, or written by another user.

Each case runs in a separate process, which a bad library could crash or take over. All of them fork
from one that has imported torch. The kernel is compiled once; where it is built again, a compiler
that copies the compiled one takes the place of the machine's.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from core.compiled.build import find_compiler
from core.decoding.kernel_build import load_kernel
from tests.conftest import FOLDER, ROOT

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or find_compiler() is None, reason="no kernel is built here"
)

# Forks for each line of its input, an environment: its child generates 20 words.
FORKS = """
import json, os, sys
import torch
from core.gpt import DialogueGPT
from core.decoding import Greedy
from core.decoding.engine import DecodingEngine
for line in sys.stdin:
    child = os.fork()
    if child:
        print("", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    os.environ.update(json.loads(line))
    torch.manual_seed(0)
    engine = DecodingEngine.of(DialogueGPT(33, 40, 19, 5, 37, 3, 2).eval())
    words = list(engine.generate((0, 5), Greedy(), 20, torch.Generator()))
    print(len(words), engine.path, end="", flush=True)
    os._exit(0)
"""
EAGER = "eager PyTorch"
Reads = Callable[..., str]


def python(code: str, **more: str) -> subprocess.Popen[str]:
    """Another process that runs this program."""
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | more,
        cwd=ROOT,
    )


def asked(process: subprocess.Popen[str], cache: Path, **more: str) -> str:
    """What a child of the process says that generates 20 words with the kernel in `cache`."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps({"XDG_CACHE_HOME": str(cache), **more}) + "\n")
    process.stdin.flush()
    said, _, code = process.stdout.readline().rstrip().rpartition(" ")
    assert code == "0", f"ended with {code}"
    return said


@pytest.fixture(scope="module")
def process() -> Iterator[subprocess.Popen[str]]:
    with python(FORKS) as running:
        yield running


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, process: subprocess.Popen[str]) -> Path:
    """A cache folder with an intact kernel."""
    cache = tmp_path_factory.mktemp(FOLDER)
    said = asked(process, cache)
    assert said.startswith("20 ")
    assert EAGER not in said
    return cache


@pytest.fixture
def cache(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / "cache")


@pytest.fixture
def reads(process: subprocess.Popen[str], kept: Path, tmp_path: Path) -> Reads:
    """As `asked`, with a compiler that copies the intact kernel."""
    compiler = tmp_path / "c++"
    compiler.write_text(
        f'#!/bin/sh\nfor last; do :; done\ncp {shlex.quote(str(library(kept)))} "$last"\n',
        encoding="utf-8",
    )
    compiler.chmod(0o700)
    return partial(asked, process, CXX=str(compiler))


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


def test_a_page_that_writes_works_without_it(cache: Path) -> None:
    library(cache).parent.chmod(0o777)
    page = python(
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('pages/decoding.py', default_timeout=100)\n"
        "app.query_params['model'] = 'gpt-grammar'\n"
        "app.run()\n"
        "print(len(app.exception), len(app.error), any('eager' in c.value for c in app.caption))",
        XDG_CACHE_HOME=str(cache),
    )
    said, _ = page.communicate(timeout=200)
    assert page.returncode == 0
    assert said.strip() == "0 0 True"
