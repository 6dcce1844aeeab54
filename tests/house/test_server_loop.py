"""The server's event loop: Streamlit uses uvloop, which sends every message at once.

Python's own loop leaves Nagle's algorithm on for sockets opened as Streamlit opens them: a small
message then waits up to 40 ms until the browser has acknowledged the one before.
"""

import asyncio
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

if sys.platform != "linux":
    pytest.skip("uvloop is not on every system", allow_module_level=True)

import uvloop


def test_messages_of_an_accepted_connection_do_not_wait() -> None:
    waits: list[int] = []

    async def note(_: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        accepted = answer.get_extra_info("socket")
        waits.append(not accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        answer.close()

    async def connect() -> None:
        here = socket.create_server(("127.0.0.1", 0))
        async with await asyncio.start_server(note, sock=here):
            reader, writer = await asyncio.open_connection(*here.getsockname())
            await reader.read()
            writer.close()

    with ThreadPoolExecutor(1) as thread:  # beside the loop of the browser tests
        thread.submit(lambda: uvloop.run(connect())).result()
    assert waits == [False]
