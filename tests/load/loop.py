"""Run a coroutine from anywhere, in a thread and event loop of its own.

Playwright's plain interface keeps a loop running in the main thread for as long as its browser is
open, and beside a running loop `asyncio.run` starts no other.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of the coroutine, or its exception."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()
