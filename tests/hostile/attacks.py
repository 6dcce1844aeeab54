"""Attacks by a visitor with a custom client, each with the cost it may have for other visitors.

An attack uses what a client has: the server's WebSocket, its uploads, and files in its runs
folder. Meanwhile another visitor moves a slider and measures each answer (`Bystander`).
"""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import shutil
import struct
import sys
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from websockets.exceptions import WebSocketException

from core.study.storage.rooms import Rooms
from tests.conftest import ROOT
from tests.hostile.conftest import Served
from tests.load.client import Tab, View, key_of

MIB = 1 << 20
LOST = (WebSocketException, OSError, TimeoutError)


@dataclass(frozen=True)
class Attack:
    """deed: runs the attack on a server; memory: MiB by which the server may grow."""

    name: str
    deed: Callable[[Served], Awaitable[None]]
    memory: int = 60


@dataclass
class Bystander:
    """Another visitor, who moves a slider until the attack is over; seconds of each answer.

    Runs in a separate process: in this one the attacker's own work would count as waiting.
    """

    address: str
    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    async def stay(self, here: asyncio.Event, until: asyncio.Event) -> None:
        pipe = asyncio.subprocess.PIPE
        command = [sys.executable, "-m", "tests.hostile.bystander", self.address]
        visitor = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT)
        assert visitor.stdout is not None
        await visitor.stdout.readline()  # empty if it could not come
        here.set()
        await until.wait()
        told, _ = await visitor.communicate(b"")  # closes its input
        seen = json.loads(told)
        self.waits, self.errors = seen["waits"], seen["errors"]


def find(view: View, kind: str, key: str) -> str:
    """The id of the widget of that kind with that key or label."""
    for one, widget in view.elements:
        if one == kind and key in (key_of(widget), getattr(widget, "label", "")):
            return str(widget.id)
    raise LookupError(f"no {kind} {key!r} among {[k for k, _ in view.elements]}")


FORMULAS = [
    "(" * 6 + "(W_h+W_h)" + "^64)" * 6,
    "(" * 19 + "(W_h+W_h)" + "^64)" * 19,
    "phi_y(" + "sum_" * 480 + "x_1)",
    "phi_y(" * 300 + "x_1" + ")" * 300,
    "sum(" * 15 + "(W_h+W_x)^9 x_i" + ", i=1..T)" * 15,
    "(W_h+W_x)" * 200,
    "W_h^" + "9" * 1990,
    "+".join(["W_h"] * 490),
    "∑^{" * 600,
]


async def formulas_on_the_page(served: Served) -> None:
    """Formulas typed as y_3 into the lesson."""
    tab = Tab(served.address, "rnn")
    box = find(await tab.open(), "text_input", "Write y₃ yourself")
    for text in FORMULAS:
        await tab.change(box, string_value=text)
    await tab.close()


async def formulas_in_a_poll(served: Served) -> None:
    """Formulas sent as answers to a poll, each from another phone."""
    rooms = Rooms(served.folder / "state" / "rooms.sqlite3")
    room, secret = rooms.open_room("1b")
    for text in FORMULAS:
        tab = Tab(served.address, "study", {"room": room.code})
        view = await tab.open()
        phone = find(view, "bidi_component", "phone-token")
        tab.set(phone, json_value=json.dumps({"token": rooms.new_token()}))
        view = await tab.rerun()
        tab.set(find(view, "text_input", "Your expression"), string_value=text)
        tab.set(find(view, "button", "Send my answer"), trigger_value=True)
        await tab.rerun()
        await tab.close()
    rooms.close(room.code, secret)
    rooms.release()


def _png(side: int) -> bytes:
    """A picture of side × side pixels in few bytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    rows = zlib.compress(bytes((3 * side + 1) * side), 9)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _progressive_jpeg() -> bytes:
    """A progressive JPEG with thousands of scans, each of which a decoder processes."""
    from PIL import Image

    out = io.BytesIO()
    Image.effect_noise((1024, 1024), 60).save(out, "JPEG", progressive=True, quality=60)
    whole = out.getvalue()
    last = whole.rindex(b"\xff\xda")
    scan = whole[last:-2]
    return whole[:-2] + scan * min(4000, 4_000_000 // max(len(scan), 1)) + b"\xff\xd9"


async def pictures(served: Served) -> None:
    """Expensive pictures uploaded to a lesson and shown again and again."""
    tab = Tab(served.address, "vit", {"from": "my own"})
    view = await tab.open()
    uploader = next(w.id for kind, w in view.elements if kind == "file_uploader")
    for number, content in enumerate((_png(7000), _png(2500), _progressive_jpeg()), 1):
        status = await asyncio.to_thread(send_file, served, tab, number, content)
        assert status in (204, 413), status
        info = UploadedFileInfo(file_id=f"file-{number}", name="own.png", size=len(content))
        info.file_urls.file_id = info.file_id
        tab.set(uploader, file_uploader_state_value=FileUploaderState(uploaded_file_info=[info]))
        for _ in range(3):
            await tab.rerun()
    await tab.close()


def send_file(served: Served, tab: Tab, number: int, content: bytes) -> int:
    """Upload as a page of this server does; the status of the answer."""
    parts = urlsplit(served.address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    connection.request("GET", "/_stcore/health")
    answer = connection.getresponse()
    answer.read()
    token = (answer.getheader("Set-Cookie") or "").split("=", 1)[1].split(";")[0]
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="own.png"\r\n\r\n'
    body = part + content + b"\r\n--x--\r\n"
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Cookie": f"_streamlit_xsrf={token}",
        "X-Xsrftoken": token,
    }
    connection.request("PUT", f"/_stcore/upload_file/{tab.session}/file-{number}", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


HISTORIES = {
    "words": b'{"kind": "epoch", "step": 1, "epoch": 1, "held_out": {"perplexity": "x"}}\n',
    "digits": b'{"kind": "step", "step": ' + b"9" * 5000 + b', "loss": 1, "epoch": 1}\n',
    "large": b'{"kind": "epoch", "step": 1, "epoch": 1, "held_out": {"loss": '
    + b"9" * 400
    + b"}}\n",
    "empty": b"{}\n" * 3_500_000,
    "deep": b"[" * 200_000 + b"\n",
}
READING = ("runs", "train", "gpt", "attention", "decoding", "heads", "vit", "maps", "patches")


async def histories(served: Served) -> None:
    """Copies of a shipped run with damaged histories; every page that lists models still opens."""
    from core.models import zoo

    made = []
    for name, text in HISTORIES.items():
        run = served.folder / "runs" / f"gpt-grammar-20260101-000000-{name[:4]:0<4}"
        run.parent.mkdir(exist_ok=True)
        shutil.copytree(zoo.ASSETS / "gpt-grammar", run)
        (run / "metrics.jsonl").write_bytes(text)
        made.append(run)
    (made[0] / "vocab.json").write_bytes(b"[" * 100_000)
    try:
        for page in READING * 2:
            tab = Tab(served.address, page)
            view = await tab.open()
            assert not view.exceptions, page
            assert not [e for e in view.errors if "unexpected" in e], (page, view.errors)
            await tab.close()
    finally:
        for run in made:
            shutil.rmtree(run)


async def many_tabs(served: Served) -> None:
    """Sixty tabs are opened at once and cut off, and then sixty more."""
    for _ in range(2):
        tabs = [Tab(served.address, page) for page in ("", "rnn", "runs", "study") * 15]
        with suppress(*LOST):
            await asyncio.gather(*(tab.open() for tab in tabs))
        await asyncio.gather(*(tab.cut() for tab in tabs))


async def words_guessed(served: Served) -> None:
    """Two hundred guesses at the passphrase of somebody's saved progress, beside a question."""
    tab = Tab(served.address, "study", {"q": "1a"})
    view = await tab.open()
    tab.set(find(view, "text_input", "study-name"), string_value="ada")
    fetch = find(view, "button", "Fetch")
    said: list[str] = []
    for number in range(200):
        tab.set(find(view, "text_input", "study-word"), string_value=f"word-{number}")
        tab.set(fetch, trigger_value=True)
        said += (await tab.rerun()).errors
    await tab.close()
    assert sum("again in" in error for error in said) > 150, said[-3:]


ATTACKS = [
    Attack("formulas on the page", formulas_on_the_page),
    Attack("formulas in a poll", formulas_in_a_poll),
    Attack("pictures that are large inside", pictures, memory=250),
    Attack("histories that are not", histories, memory=100),
    Attack("many tabs", many_tabs, memory=120),
    Attack("words guessed", words_guessed),
]


async def beside_a_bystander(attack: Attack, served: Served) -> Bystander:
    """Run the attack while another visitor works; returns what that visitor saw."""
    here, over = asyncio.Event(), asyncio.Event()
    other = Bystander(served.address)
    watching = asyncio.create_task(other.stay(here, over))
    try:
        await here.wait()
        await attack.deed(served)
    finally:
        over.set()
        await watching
    return other
