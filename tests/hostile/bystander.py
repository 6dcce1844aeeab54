"""Another visitor, in a separate process, who moves T of the first lesson again and again.

    python -m tests.hostile.bystander http://127.0.0.1:PORT

It prints a line when it has been answered once, and when its input is closed {"waits": [seconds of
each answer after that], "errors": […]}.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from tests.load.client import Tab, key_of

PAUSE = 0.2  # s between two changes


async def stay(address: str, over: Callable[[], bool]) -> dict[str, list[Any]]:
    seen: dict[str, list[Any]] = {"waits": [], "errors": []}
    tab = Tab(address, "rnn")
    view = await tab.open()
    slider = next(w.id for kind, w in view.elements if kind == "slider" and key_of(w) == "T")
    await tab.change(slider, double_array_value=[2.0])
    print("here", flush=True)
    while not (seen["waits"] and over()):
        view = await tab.change(slider, double_array_value=[3.0 + len(seen["waits"]) % 9])
        seen["waits"].append(view.seconds)
        seen["errors"] += view.errors + view.exceptions
        await asyncio.sleep(PAUSE)
    await tab.close()
    return seen


async def main() -> None:
    closed = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    print(json.dumps(await stay(sys.argv[1], closed.done)))


if __name__ == "__main__":
    asyncio.run(main())
