"""python -m tests.load.poll --phones 300: many phones answer a poll, and no answer is lost.

Every phone is a Streamlit session of its own: it opens the room's link, takes its token, chooses
an option and presses the button. The answers are then counted in the room's file. The dashboard is
started on a free loopback port and ended again.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from core.study.question import shipped
from core.study.storage.rooms import Rooms
from core.study.tasks import Choice
from tests.browser.server import dashboard
from tests.load.client import Tab, View, key_of
from tests.load.loop import run

QUESTION = "1a"
COUNTED = "Your answer is counted."


async def phone(
    address: str,
    code: str,
    option: int,
    door: asyncio.Semaphore,
    all_here: asyncio.Barrier,
    wait: float,
) -> float:
    """Join; when all are here wait a while and answer. Seconds until the page says it counts."""
    tab = Tab(address, "study", {"room": code})
    async with door:
        view = await take_token(tab, await tab.open())
    radio = next(w for w in view.widgets.values() if key_of(w) == f"room-{code}")
    send = next(w for w in view.widgets.values() if getattr(w, "label", "") == "Send my answer")
    await all_here.wait()
    await asyncio.sleep(wait)
    began = time.perf_counter()
    tab.set(radio.id, string_value=list(radio.options)[option])
    tab.set(send.id, trigger_value=True)
    view = await tab.rerun(patience=600)
    taken = time.perf_counter() - began
    await tab.close()
    if not any(kind == "alert" and COUNTED in alert.body for kind, alert in view.elements):
        raise RuntimeError(f"A phone was not told that it is counted: {view.errors}.")
    return taken


async def take_token(tab: Tab, view: View) -> View:
    """Keep the token that the page offers, and send it back, as a browser without one does."""
    about = next(widget for widget in view.widgets.values() if key_of(widget) == "phone-token")
    offer = json.loads(about.mixed.json or about.json)["offer"]
    return await tab.change(about.id, json_value=json.dumps({"token": offer}))


async def poll(address: str, code: str, phones: int, within: float) -> list[float]:
    """All phones join, eight at a time, and then answer, spread evenly over `within` seconds."""
    door, all_here, options = asyncio.Semaphore(8), asyncio.Barrier(phones), len(choice().options)
    return await asyncio.gather(
        *(
            phone(address, code, i % options, door, all_here, within * i / phones)
            for i in range(phones)
        )
    )


def choice() -> Choice:
    """The prediction that the poll asks."""
    task = shipped()[QUESTION].predict
    assert isinstance(task, Choice)
    return task


def hold(phones: int, within: float) -> tuple[Counter[str], list[float]]:
    """A poll against a dashboard of its own: the answers in the room's file, and the seconds from
    pressing the button until a phone was told that it counts, sorted."""
    with tempfile.TemporaryDirectory() as name, dashboard(Path(name)) as address:
        rooms = Rooms(Path(name) / "state" / "rooms.sqlite3")
        room, _ = rooms.open_room(QUESTION)
        taken = run(poll(address, room.code, phones, within))
        counted = Counter(rooms.counts(room.code))
        rooms.release()
    return counted, sorted(taken)


def main() -> int:
    top = argparse.ArgumentParser(prog="python -m tests.load.poll", description=__doc__)
    top.add_argument("--phones", type=int, default=300)
    top.add_argument("--within", type=float, default=10, help="seconds in which all answer")
    asked = top.parse_args()
    counted, taken = hold(asked.phones, asked.within)
    print(f"answers counted: {counted.total()} of {asked.phones} ({dict(counted)})")
    print(
        f"from pressing to counted: median {taken[len(taken) // 2]:.2f} s, last {taken[-1]:.2f} s"
    )
    return 0 if counted.total() == asked.phones else 1


if __name__ == "__main__":
    sys.exit(main())
