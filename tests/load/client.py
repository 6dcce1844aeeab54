"""A browser tab as the server sees it: Streamlit's own WebSocket protocol, without a browser.

A client sends BackMsg messages (run the script with this query and these widget states) and gets
ForwardMsg messages: a new session, one delta an element, and at the end that the script is over.
Messages the server has sent before come as their hash alone, if the client says it keeps them.
A change of a widget inside a fragment runs that fragment alone, as in a browser.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

LARGEST = 64 << 20  # bytes of one message
Widget = Any  # the protobuf message of one widget, whichever kind it is


@dataclass
class View:
    """What came back from one run of the script, or of one of its fragments.

    whole: whether it was the script; seconds from asking until it was over; bytes received;
    widgets by their id; elements: the kind and the message of every element, in order; errors: the
    text of every error box; exceptions: of every exception.
    """

    whole: bool = True
    seconds: float = 0.0
    bytes: int = 0
    deltas: int = 0
    widgets: dict[str, Widget] = field(default_factory=dict)
    elements: list[tuple[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)


class Tab:
    """One connection; `address` is http://127.0.0.1:PORT and must be this machine."""

    def __init__(self, address: str, page: str = "", query: Mapping[str, str] | None = None):
        parts = urlsplit(address)
        if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError(f"Only this machine may be loaded, not {parts.hostname!r}.")
        self.address, self.page, self.query = address, page, dict(query or {})
        self.session = ""
        self._states: dict[str, WidgetState] = {}
        self._kept: dict[str, ForwardMsg] = {}
        self._fragments: dict[str, str] = {}  # of the widgets on the page, empty outside of one
        self._places: dict[str, tuple[int, ...]] = {}  # where each of them stands
        self._bound: dict[str, str] = {}  # widgets whose value stands in the address -> its name
        self._script = ""
        self._socket: ClientConnection | None = None

    async def open(self, **headers: str) -> View:
        """Connect and run the page for the first time."""
        url = f"ws://{urlsplit(self.address).netloc}/_stcore/stream"
        self._socket = await connect(
            url,
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=headers.pop("origin", self.address),  # type: ignore[arg-type]
            additional_headers=headers,
            max_size=LARGEST,
            open_timeout=120,
            ping_timeout=None,
        )
        return await self.rerun()

    async def close(self) -> None:
        """Close the connection, as a closed tab does."""
        if self._socket is not None:
            await self._socket.close()

    async def cut(self) -> None:
        """Abort the connection, as a lost network does."""
        if self._socket is not None:
            self._socket.transport.abort()
            await self._socket.wait_closed()

    async def rerun(self, patience: float = 120, fragment: str = "") -> View:
        """Run the script, or one fragment of it, with the states as they are.

        Errors: TimeoutError, ConnectionClosed.
        """
        message = BackMsg()
        ask = message.rerun_script
        ask.query_string = urlencode(self.query)
        ask.page_script_hash = self._script
        ask.page_name = "" if self._script else self.page
        ask.fragment_id = fragment
        ask.context_info.url = f"{self.address}/{self.page}"
        ask.context_info.timezone = "UTC"
        ask.cached_message_hashes.extend(self._kept)
        ask.widget_states.widgets.extend(self._states.values())
        began = time.perf_counter()
        await self.send(message)
        async with asyncio.timeout(patience):
            view = await self._until_over()
        view.seconds = time.perf_counter() - began
        # A trigger is pressed once.
        self._states = {k: s for k, s in self._states.items() if not s.HasField("trigger_value")}
        return view

    async def send(self, message: BackMsg) -> None:
        """Send any message."""
        assert self._socket is not None, "open() comes first"
        await self._socket.send(message.SerializeToString())

    def set(self, widget: str, **value: Any) -> None:
        """Set a widget's state for the next run: `set(id, string_value="x")`; lists for arrays,
        messages for states of several fields."""
        state = WidgetState(id=widget)
        for name, content in value.items():
            if isinstance(content, list):
                getattr(state, name).data.extend(content)
            elif isinstance(content, Message):
                getattr(state, name).CopyFrom(content)
            else:
                setattr(state, name, content)
        self._states[widget] = state

    async def change(self, widget: str, **value: Any) -> View:
        """Set a widget's state, and with it the address, and run what it stands in: the script, or
        a fragment."""
        self.set(widget, **value)
        if widget in self._bound:
            self.query[self._bound[widget]] = in_link(value)
        return await self.rerun(fragment=self._fragments.get(widget, ""))

    def has(self, widget: str) -> bool:
        """Whether the page has that widget: a fragment that runs again takes its old ones away."""
        return widget in self._places

    async def _until_over(self) -> View:
        assert self._socket is not None
        view, begun = View(), False
        places: list[tuple[int, ...]] = []
        while True:
            raw = await self._socket.recv()
            view.bytes += len(raw)
            message = ForwardMsg()
            message.ParseFromString(raw if isinstance(raw, bytes) else raw.encode())
            kind = message.WhichOneof("type")
            if kind == "ref_hash":
                ref = message.ref_hash
                place = message.metadata
                message, kind = ForwardMsg(), "delta"
                message.CopyFrom(self._kept[ref])
                message.metadata.CopyFrom(place)
            elif message.metadata.cacheable:
                self._kept[message.hash] = message
            if kind == "new_session":
                self.session = message.new_session.initialize.session_id
                view, begun, places = View(bytes=len(raw)), True, []
            elif kind == "navigation":
                self._script = message.navigation.page_script_hash
            elif kind == "delta":
                places.append(tuple(message.metadata.delta_path))
                widget = _take(message, view)
                if widget:
                    self._fragments[widget] = message.delta.fragment_id
                    self._places[widget] = places[-1]
                    if name := getattr(view.widgets[widget], "query_param_key", ""):
                        self._bound[widget] = name
            elif kind == "script_finished" and begun:
                ended = message.script_finished
                if ended in (
                    ForwardMsg.FINISHED_SUCCESSFULLY,
                    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
                    ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
                ):
                    view.whole = ended == ForwardMsg.FINISHED_SUCCESSFULLY
                    ran = () if view.whole else min(places, key=len, default=())
                    old = [w for w, at in self._places.items() if at[: len(ran)] == ran]
                    for widget in set(old) - set(view.widgets):
                        del self._places[widget], self._fragments[widget]
                    return view


def key_of(widget: Widget) -> str:
    """The key that the page gave to a widget; empty without one, and for other elements."""
    key = str(getattr(widget, "id", "")).split("-", 2)[-1]
    return "" if key == "None" else key


def in_link(value: dict[str, Any]) -> str:
    """A control's value as it stands in the address."""
    (one,) = value.values()
    one = one[0] if isinstance(one, list) else one
    return (
        str(one).lower() if isinstance(one, bool) else f"{one:g}" if isinstance(one, float) else one
    )


def neighbour(kind: str, widget: Widget, turn: int) -> dict[str, Any] | None:
    """Another value of a control, as a user would choose it; None where there is no choice."""
    if kind == "slider" and widget.options:
        return {"string_array_value": [widget.options[turn % len(widget.options)]]}
    if kind == "slider":
        place = (turn * 0.381966) % 1  # no two turns in a row are alike
        steps = round((widget.max - widget.min) / widget.step)
        return {"double_array_value": [widget.min + round(place * steps) * widget.step]}
    if kind == "selectbox" and len(widget.options) > 1:
        return {"string_value": widget.options[turn % len(widget.options)]}
    if kind == "button_group" and len(widget.options) > 1:
        return {"string_array_value": [widget.options[turn % len(widget.options)].content]}
    if kind == "checkbox":
        return {"bool_value": bool(turn % 2)}
    return None


def _take(message: ForwardMsg, view: View) -> str:
    """Record the element of a delta in `view`; returns its id if it is a widget, else ""."""
    view.deltas += 1
    if message.delta.WhichOneof("type") != "new_element":
        return ""
    element = message.delta.new_element
    kind = element.WhichOneof("type") or ""
    content = getattr(element, kind) if kind else None
    view.elements.append((kind, content))
    if kind == "exception":
        view.exceptions.append(f"{content.type}: {content.message} {list(content.stack_trace)}")
    elif kind == "alert" and content.format == content.ERROR:
        view.errors.append(content.body)
    elif content is not None and getattr(content, "id", "") and not isinstance(content.id, int):
        view.widgets[content.id] = content
        return str(content.id)
    return ""


async def health(address: str) -> bool:
    """Whether the server still answers."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET /_stcore/health HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(4096), 60)
    writer.close()
    await writer.wait_closed()
    return b" 200 " in answer.split(b"\r\n")[0]
