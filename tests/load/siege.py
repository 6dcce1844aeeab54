"""A training visitor, a room that votes and an attacker on one server, for ten minutes.

    python -m tests.load.siege --minutes 10

Prints each attack with the longest wait of a bystander; ends with 1 if one waited over a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from core.study.storage.rooms import Rooms
from tests.browser.server import dashboard
from tests.hostile.attacks import ATTACKS, beside_a_bystander, find
from tests.hostile.conftest import Served
from tests.load.attacker import from_elsewhere
from tests.load.client import Tab

MOST = 1.0  # seconds somebody else may wait
PHONES = 30  # answers of the room, one after the other, over and over


async def train(served: Served, until: float) -> list[str]:
    """Start runs from the Train page, one after the other, and look at them; what was wrong."""
    wrong: list[str] = []
    while time.monotonic() < until:
        tab = Tab(served.address, "train", {"kind": "gpt", "preset": "demo"})
        view = await tab.open()
        tab.set(find(view, "button", "Start training"), trigger_value=True)
        view = await tab.rerun()
        wrong += view.errors + view.exceptions
        for _ in range(60):
            await asyncio.sleep(2)
            if time.monotonic() > until:
                break
            view = await tab.rerun()
            wrong += view.errors + view.exceptions
            if any(kind == "heading" and "Done" in w.body for kind, w in view.elements):
                break
        await tab.close()
    return wrong


async def poll(served: Served, until: float, waits: list[float]) -> int:
    """A room after the other, with PHONES answers each; how many answers were counted."""
    rooms, counted = Rooms(served.folder / "state" / "rooms.sqlite3"), 0
    while time.monotonic() < until:
        room, secret = rooms.open_room("1d")
        for _ in range(PHONES):
            if time.monotonic() > until:
                break
            tab = Tab(served.address, "study", {"room": room.code})
            view = await tab.open()
            tab.set(
                find(view, "bidi_component", "phone-token"),
                json_value=json.dumps({"token": rooms.new_token()}),
            )
            view = await tab.rerun()
            choices = next(w for kind, w in view.elements if kind == "radio")
            tab.set(choices.id, string_value=choices.options[0])
            tab.set(find(view, "button", "Send my answer"), trigger_value=True)
            waits.append((await tab.rerun()).seconds)
            await tab.close()
        counted += sum(rooms.counts(room.code).values())
        rooms.reveal(room.code, secret)
        rooms.close(room.code, secret)
    rooms.release()
    return counted


async def siege(served: Served, minutes: float) -> int:
    """All of it; 1 if somebody waited over MOST seconds."""
    for page in ("", "rnn", "study", "train", "runs", "gpt", "vit"):
        tab = Tab(served.address, page)
        await tab.open()
        await tab.close()
    until = time.monotonic() + 60 * minutes
    votes: list[float] = []
    training = asyncio.create_task(train(served, until))
    polling = asyncio.create_task(poll(served, until, votes))
    worst, every = 0.0, []
    while time.monotonic() < until:
        for attack in ATTACKS:
            elsewhere = replace(attack, deed=partial(from_elsewhere, attack))
            other = await beside_a_bystander(elsewhere, served)
            every += other.waits
            worst = max(worst, *other.waits)
            print(f"{attack.name}: longest wait {max(other.waits):.2f} s", flush=True)
    wrong, counted = await training, await polling
    print(
        f"{len(every):,} answers to bystanders: p50 {np.median(every):.3f}, longest {worst:.2f} s"
    )
    print(f"{counted:,} votes counted: p50 {np.median(votes):.3f} s, longest {max(votes):.2f} s.")
    print(f"Errors a training visitor saw: {wrong or 'none'}.")
    return int(worst > MOST or max(votes) > MOST or bool(wrong))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, dashboard(Path(folder)) as address:
        return asyncio.run(siege(Served(address, Path(folder)), given.minutes))


if __name__ == "__main__":
    raise SystemExit(main())
