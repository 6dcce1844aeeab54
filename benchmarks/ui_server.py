"""The server's part, by Streamlit's own protocol: first views, sliders, payload, memory."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from benchmarks.measure import Row
from benchmarks.table import within
from benchmarks.ui_scenes import SCENES, path_of
from dashboard.lessons import LESSONS
from tests.browser.server import dashboard
from tests.browser.waiting import open_page
from tests.load.__main__ import process_on
from tests.load.client import Tab, View, key_of, neighbour

COLD, FIRST, SERVER, MEMORY = 3000, 1500, 50, 1.0  # ms, ms, ms, MiB: what may be taken
SIXTEEN = "decoding-sixteen"  # draws 16 × 60 words, which has a bound of its own
STARTS, VIEWS, MOVES = 3, 5, 12
SESSIONS = 4  # of each page


def cold(page: Page, folder: Path) -> Row:
    """From the command until Home can be used, and whether torch was in memory by then."""
    took, torch = [], False
    for _ in range(STARTS):
        began = time.perf_counter()
        with dashboard(folder) as address:
            open_page(page, address)
            took.append(1000 * (time.perf_counter() - began))
            maps = process_on(address).memory_maps()
            torch |= any("libtorch" in Path(m.path).name for m in maps)
    about = "torch was imported for it" if torch else "torch was not imported"
    said = f"`streamlit run` until Home can be used, {STARTS} starts; {about}"
    return within("ui-cold-start", "ms, p95", COLD, took, said)


async def server_part(address: str) -> list[Row]:
    """First views of all scenes, and changes of all their sliders."""
    rows = []
    for scene, (page, link) in SCENES.items():
        views = []
        for _ in range(VIEWS + 1):
            tab = Tab(address, path_of(page), link)
            views.append(await tab.open())
            await tab.close()
        took = [1000 * view.seconds for view in views[1:]]  # the first one loads what is needed
        size = f"{VIEWS} tabs one after the other, {views[0].bytes / 1024:.0f} KiB"
        rows.append(within(f"ui-first-view:{scene}", "ms, p95", FIRST, took, size))
        rows += await sliders(address, scene)
    return rows


async def sliders(address: str, scene: str) -> list[Row]:
    """The slider of a scene that takes longest, from the message until the script is over."""
    page, link = SCENES[scene]
    tab = Tab(address, path_of(page), link)
    first = await tab.open()
    moved: dict[str, list[View]] = {}
    for slider in (w for kind, w in first.elements if kind == "slider" and key_of(w)):
        views = moved.setdefault(key_of(slider), [])
        for turn in range(1, MOVES + 1):
            value = neighbour("slider", slider, turn)
            assert value is not None, "a slider can always be moved"
            views.append(await tab.change(slider.id, **value))
    await tab.close()
    if not moved:
        return []
    took = {key: [1000 * view.seconds for view in views] for key, views in moved.items()}
    slowest = max(took, key=lambda key: float(np.percentile(took[key], 95)))
    sizes = [float(np.median([v.bytes for v in views])) / 1024 for views in moved.values()]
    said = f"`{slowest}`, the slowest of {len(took)}; {MOVES} moves each, {max(sizes):.0f} KiB"
    return [within(f"ui-slider-server:{scene}", "ms, p95", SERVER, took[slowest], said)]


async def memory(address: str) -> Row:
    """How much the server grows with each tab."""
    server = process_on(address)
    pages = [path_of(lesson.name) for lesson in LESSONS] * SESSIONS
    before = server.memory_info().rss
    tabs = [Tab(address, page) for page in pages]
    for tab in tabs:
        await tab.open()
    grown = (server.memory_info().rss - before) / len(tabs) / 2**20
    for tab in tabs:
        await tab.close()
    said = f"{len(tabs)} tabs, {SESSIONS} of every page"
    return within("ui-memory-session", "MiB", MEMORY, [grown], said)
