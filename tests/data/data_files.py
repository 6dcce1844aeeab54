"""Helpers of the data tests: the real data if available, a small archive, a local server."""

from __future__ import annotations

import http.server
import io
import lzma
import os
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT

REAL_DATA = Path(os.environ.get("UNROLLED_TEST_DATA") or ROOT.parent / "shared" / "data")
SHAKESPEARE = REAL_DATA / "tinyshakespeare.txt"
CIFAR10 = REAL_DATA / "cifar10-images.tar.xz"


def needs(path: Path) -> pytest.MarkDecorator:
    """Skip a test when this real data file is not there."""
    return pytest.mark.skipif(not path.is_file(), reason=f"{path.name} is not in {REAL_DATA}")


def picture(
    colour: tuple[int, int, int], size: tuple[int, int] = (32, 32), form: str = "PNG"
) -> bytes:
    """The bytes of a picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


def noise(seed: int, size: int = 32) -> bytes:
    """The bytes of a PNG of random pixels."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def tar_xz(path: Path, members: dict[str, bytes | tarfile.TarInfo]) -> Path:
    """Write an archive of files (name -> bytes) or of ready-made members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                archive.fileobj.write(content.tobuf())  # unchanged: newer Pythons would look inside
                continue
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    path.write_bytes(lzma.compress(out.getvalue()))
    return path


class Server:
    """Serves one body over HTTP on this machine; counts requests; may end halfway."""

    def __init__(self, body: bytes, promised: int | None = None) -> None:
        self.requests = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests += 1
                self.send_response(200)
                self.send_header("Content-Length", str(promised or len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/file"

    @contextmanager
    def running(self) -> Iterator[Server]:
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            thread.join()
            self._http.server_close()


def files_below(folder: Path) -> set[str]:
    """Every file and folder below `folder`, locks left out."""
    return {
        str(p.relative_to(folder))
        for p in folder.rglob("*")
        if not (p.name.startswith(".") and p.name.endswith(".lock"))
    }
