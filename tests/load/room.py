"""A lecture room: many tabs that arrive over a minute, change something now and then, are cut off
all at once, come back from their links, and leave."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from websockets.exceptions import WebSocketException

from tests.load.client import Tab, View, in_link, key_of, neighbour

LESSONS = [
    "",
    "rnn",
    "positions",
    "attention",
    "heads",
    "vit",
    "patches",
    "gpt",
    "decoding",
    "study",
]
REHEARSED = 10  # changes of each tab before the lecture
TURNS = 3  # values of a control that the room moves between, so that most have been seen before
FAILURES = (WebSocketException, OSError, TimeoutError)
MIB = 1 << 20


@dataclass
class Figures:
    """Seconds of every first view, change and return; who was dropped and why; memory in MiB;
    cores kept busy while the room works, by the server and by these tabs."""

    first: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    payload: list[int] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)
    asked: int = 0  # controls that links should bring back
    lost: list[str] = field(default_factory=list)  # those they did not
    dropped: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)
    cores: dict[str, float] = field(default_factory=dict)

    def summary(self, sessions: int) -> dict[str, Any]:
        """The table: one name, one figure."""
        grown = self.memory["full"] - self.memory["before"]
        return {
            "sessions": sessions,
            "dropped": len(self.dropped),
            "views with an error": len(self.wrong),
            "first view, s, p50": p(self.first, 50),
            "first view, s, p95": p(self.first, 95),
            "changes": len(self.changes),
            "change, s, p50": p(self.changes, 50),
            "change, s, p95": p(self.changes, 95),
            "payload of a change, KiB, median": round(float(np.median(self.payload)) / 1024, 1),
            "back after the cut": len(self.returns),
            "back after the cut, s, p95": p(self.returns, 95),
            "controls restored from links": f"{self.asked - len(self.lost)} of {self.asked}",
            "memory before, MiB": round(self.memory["before"]),
            "growth a session, MiB": round(grown / sessions, 2),
            "memory after all have left, MiB": round(self.memory["after"]),
            "cores busy with the server": round(self.cores["server"], 2),
            "cores busy with these tabs": round(self.cores["tabs"], 2),
        }


def p(values: list[float], percent: float) -> float:
    """A percentile, rounded to milliseconds."""
    return round(float(np.percentile(values, percent)), 3) if values else float("nan")


SHOWN = ("slider", "selectbox", "button_group", "checkbox")  # kinds of linked controls


class Seat:
    """One student: a lesson, and the controls moved so far."""

    def __init__(self, number: int, address: str, figures: Figures):
        self.draw, self.figures = random.Random(number), figures
        self.tab = Tab(address, LESSONS[number % len(LESSONS)])
        self.controls: dict[str, tuple[str, Any]] = {}  # id -> kind and message, as they stand
        self.moved: dict[str, tuple[str, str]] = {}  # key -> id and value of a control

    async def arrive(self, after: float) -> None:
        await asyncio.sleep(after)
        view = await self._try(self.tab.open())
        if view is not None:
            self.figures.first.append(view.seconds)

    async def work(self, until: float, every: float) -> None:
        """A change about every `every` seconds, and two at least: who came late works longer."""
        for made in itertools.count():
            pause = every * self.draw.uniform(0.5, 1.5)
            if time.monotonic() + pause > until and made >= 2:
                return
            await asyncio.sleep(pause)
            await self.change()

    async def change(self) -> None:
        offers = [
            (widget, value)
            for kind, widget in self.controls.values()
            if (value := neighbour(kind, widget, self.draw.randrange(TURNS)))
        ]
        if not offers:
            return
        widget, value = self.draw.choice(offers)
        self.moved[key_of(widget)] = widget.id, in_link(value)
        view = await self._try(self.tab.change(widget.id, **value))
        if view is not None:
            self.figures.changes.append(view.seconds)
            self.figures.payload.append(view.bytes)

    async def return_by_link(self) -> None:
        """A fresh connection with the link as the browser's address bar would have it."""
        link = {key: value for key, (_, value) in self.moved.items()}
        self.tab = Tab(self.tab.address, self.tab.page, link)
        view = await self._try(self.tab.open())
        if view is None:
            return
        self.figures.returns.append(view.seconds)
        for kind, widget in view.elements:
            if kind in SHOWN and key_of(widget) in link:
                key, now = key_of(widget), shown(kind, widget)
                self.figures.asked += 1
                if now != link[key]:
                    self.figures.lost.append(f"{self.tab.page}: {link} brought back {key} = {now}")

    async def _try(self, asked: Any) -> View | None:
        try:
            view: View = await asked
        except FAILURES as error:
            self.figures.dropped.append(f"{self.tab.page}: {error!r}")
            return None
        self.figures.wrong += [f"{self.tab.page}: {text}" for text in view.errors]
        self.figures.wrong += [f"{self.tab.page}: {text}" for text in view.exceptions]
        drawn = [(kind, w) for kind, w in view.elements if kind in SHOWN and key_of(w)]
        self.controls = {i: control for i, control in self.controls.items() if self.tab.has(i)}
        self.controls |= {widget.id: (kind, widget) for kind, widget in drawn}
        for kind, widget in drawn:  # one that has another range or other options is at its default
            identity, value = self.moved.get(key_of(widget), (widget.id, ""))
            if identity != widget.id or (value and not offers(kind, widget, value)):
                del self.moved[key_of(widget)]
        return view


def offers(kind: str, widget: Any, value: str) -> bool:
    """Whether a control that is a list has this on it; any other offers what it was moved to."""
    if kind == "selectbox" or (kind == "slider" and widget.options):
        return value in widget.options
    return kind != "button_group" or value in [option.content for option in widget.options]


def shown(kind: str, widget: Any) -> str:
    """The value of a control, in the same words."""
    if kind == "slider":
        values = widget.value if widget.set_value else widget.default
        return str(widget.options[int(values[0])]) if widget.options else f"{values[0]:g}"
    if kind == "checkbox":
        return str(widget.value if widget.set_value else widget.default).lower()
    if kind == "selectbox":
        return widget.raw_value if widget.set_value else widget.options[widget.default]
    names = [option.content for option in widget.options]
    return widget.raw_values[0] if widget.set_value else names[widget.default[0]]


async def warm(address: str) -> None:
    """Every lesson once: whoever comes next makes the server look for sessions it can forget."""
    for lesson in LESSONS:
        tab = Tab(address, lesson)
        await tab.open()
        await tab.close()


async def rehearse(address: str, tabs: int) -> None:
    """A few students try everything, one after the other: models are loaded, caches filled."""
    for number in range(tabs):
        seat = Seat(10_000 + number, address, Figures())
        await seat.arrive(0)
        for _ in range(REHEARSED):
            await seat.change()
        await seat.tab.close()


async def lecture(
    address: str,
    server: psutil.Process,
    sessions: int,
    arrive: float,
    minutes: float,
    every: float,
    forget: float,
    rehearsing: int = 40,
) -> Figures:
    """All of it. forget: seconds after which the server lets go of a session that left;
    rehearsing: tabs before the lecture."""
    figures = Figures()
    await rehearse(address, rehearsing)
    figures.memory["before"] = server.memory_info().rss / MIB
    began, served, spent = time.monotonic(), sum(server.cpu_times()[:2]), time.process_time()
    seats = [Seat(number, address, figures) for number in range(sessions)]
    until = time.monotonic() + arrive + 60 * minutes

    async def attend(number: int, seat: Seat) -> None:
        await seat.arrive(arrive * number / sessions)
        await seat.work(until, every)

    await asyncio.gather(*(attend(number, seat) for number, seat in enumerate(seats)))
    lasted = time.monotonic() - began
    figures.cores["server"] = (sum(server.cpu_times()[:2]) - served) / lasted
    figures.cores["tabs"] = (time.process_time() - spent) / lasted
    figures.memory["full"] = server.memory_info().rss / MIB
    await asyncio.gather(*(seat.tab.cut() for seat in seats))
    await asyncio.gather(*(seat.return_by_link() for seat in seats))
    await asyncio.gather(*(seat.tab.close() for seat in seats))
    await asyncio.sleep(forget + 2)
    await warm(address)
    figures.memory["after"] = server.memory_info().rss / MIB
    return figures
