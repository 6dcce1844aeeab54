"""python -m tests.load.classroom --students 300: a class hands in, and no result is lost.

Every student is a Streamlit session of its own: it opens the class's link, takes its token, writes
a name and presses the button. The lecturer's table is then counted. The dashboard is started on a
free loopback port and ended again.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from core.study.storage.classes import Classes
from core.study.storage.rooms import Rooms
from tests.browser.server import dashboard
from tests.load.__main__ import process_on
from tests.load.client import Tab, key_of
from tests.load.loop import run
from tests.load.poll import take_token


async def student(
    address: str, code: str, name: str, door: asyncio.Semaphore, here: asyncio.Barrier, wait: float
) -> float:
    """Join; when all are here wait a while and hand in. Seconds until the page says so."""
    tab = Tab(address, "study", {"class": code})
    async with door:
        view = await take_token(tab, await tab.open())
    named = next(w for w in view.widgets.values() if key_of(w) == "study-class-name")
    send = next(w for w in view.widgets.values() if getattr(w, "label", "") == "Hand in")
    await here.wait()
    await asyncio.sleep(wait)
    began = time.perf_counter()
    tab.set(named.id, string_value=name)
    tab.set(send.id, trigger_value=True)
    view = await tab.rerun(patience=600)
    taken = time.perf_counter() - began
    await tab.close()
    said = [part.body for kind, part in view.elements if kind == "markdown"]
    if not any(f"you handed in as {name}" in text for text in said):
        raise RuntimeError(f"{name} got no message that the hand-in was received: {view.errors}.")
    return taken


async def all_hand_in(address: str, code: str, students: int, within: float) -> list[float]:
    """All join, eight at a time, and then hand in, spread evenly over `within` seconds."""
    door, here = asyncio.Semaphore(8), asyncio.Barrier(students)
    return await asyncio.gather(
        *(
            student(address, code, f"Student {i + 1}", door, here, within * i / students)
            for i in range(students)
        )
    )


def hold(students: int, within: float) -> tuple[list[str], list[float], float]:
    """A class on a dashboard of its own: the names in the lecturer's table, the seconds from
    pressing the button until a student was told, sorted, and the server's processor seconds."""
    with tempfile.TemporaryDirectory() as folder, dashboard(Path(folder)) as address:
        rooms = Rooms(Path(folder) / "state" / "rooms.sqlite3")
        classes = Classes(rooms)
        found, secret = classes.open_class("Deep Learning")
        server = process_on(address)
        before = sum(server.cpu_times()[:2])
        taken = run(all_hand_in(address, found.code, students, within))
        spent = sum(server.cpu_times()[:2]) - before
        names = [one.name for one in classes.hand_ins(found.code, secret)]
        rooms.release()
    return names, sorted(taken), spent


def main() -> int:
    top = argparse.ArgumentParser(prog="python -m tests.load.classroom", description=__doc__)
    top.add_argument("--students", type=int, default=300)
    top.add_argument("--within", type=float, default=60, help="seconds in which all hand in")
    asked = top.parse_args()
    names, taken, spent = hold(asked.students, asked.within)
    print(f"in the lecturer's table: {len(set(names))} of {asked.students}")
    late = taken[int(0.95 * (len(taken) - 1))]
    print(f"from pressing to told: median {taken[len(taken) // 2]:.2f} s, 95% {late:.2f} s, "
          f"last {taken[-1]:.2f} s")  # fmt: skip
    print(f"processor time of the server: {1e3 * spent / asked.students:.0f} ms a student")
    return 0 if len(set(names)) == asked.students else 1


if __name__ == "__main__":
    sys.exit(main())
