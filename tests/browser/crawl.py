"""Every view of the dashboard in a real browser: `make crawl`, at most 20 minutes on two cores.

Opens what tests/crawl finds by walking through the controls, looks at what is drawn (look.js), the
browser's console and the server's log, and measures how each beat fills the stage (stage.js).
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlencode

from playwright.async_api import Browser, Page, async_playwright

from dashboard import lessons
from dashboard.components import streamlit_dom as dom
from tests.apps import prepare_apps
from tests.browser import find
from tests.browser.conftest import DESKTOP, FLAGS, PHONE, QUICK_START
from tests.browser.crawl_scenes import Scene, all_scenes
from tests.browser.server import dashboard
from tests.browser.waiting import MENU, STYLED
from tests.crawl.views import View, beats, open_page, walk

HERE = Path(__file__).resolve().parent
LOOK, STAGE = ((HERE / name).read_text(encoding="utf-8") for name in ("look.js", "stage.js"))
TABS = 2
PATIENCE = 90_000  # ms
LOOKS = 20  # at a view with something wrong, until it is as it should be
# Below a page's address the client looks for the server's settings once before it finds the root.
EXPECTED = "404 (Not Found)"
# What the browser keeps: this student's progress alone.
KEEP = """progress => {
    localStorage.clear();
    sessionStorage.clear();
    if (progress) localStorage.setItem("unrolled-progress", progress);
}"""
ERROR = re.compile(r"^(ERROR|CRITICAL) .*", re.MULTILINE)


def found_views(pages: Iterable[str]) -> list[View]:
    """The views of these pages: every option alone, and what only appears behind one."""
    return [view for page in pages for view in walk(page, open_page, pairs=False)]


def address_of(view: View) -> str:
    path = "" if view.page == "home" else view.page  # Home is served at the root
    return path + ("?" + urlencode(view.settings) if view.settings else "")


async def settle(page: Page, menu: bool) -> None:
    """Wait until the view is drawn, as tests/browser/waiting.py does."""
    await page.wait_for_selector(dom.READY, timeout=PATIENCE)
    await page.wait_for_selector("h1", state="attached", timeout=PATIENCE)
    await page.wait_for_function(STYLED, timeout=PATIENCE)
    if menu:
        await page.wait_for_function(MENU, timeout=PATIENCE)
    await page.wait_for_selector(dom.READY, timeout=PATIENCE)
    await page.wait_for_timeout(250)  # Plotly draws after the script has ended


class Tab:
    """One page after the other in one tab, which has the program loaded, and for a phone's views in
    a second one. What a view kept in the browser is removed before the next."""

    def __init__(self, browser: Browser):
        self._browser = browser
        self._pages: dict[bool, Page] = {}  # on a phone?
        self._said: list[str] = []  # by the console, since the view was opened

    async def look(self, scene: Scene, address: str) -> tuple[list[str], dict[str, float]]:
        """What is wrong with the view, and for a beat how it fills the stage."""
        if scene.phone not in self._pages:
            self._pages[scene.phone] = await self._open(scene.phone, address)
        page = self._pages[scene.phone]
        try:
            await page.context.clear_cookies()
            await page.evaluate(KEEP, scene.progress)
            self._said.clear()
            trouble, fills = await _seen(page, scene, address)
        except Exception as error:
            trouble, fills = [f"it did not open: {str(error)[:200]}"], {}
            await self._pages.pop(scene.phone).close()
        return [*trouble, *(text for text in self._said if EXPECTED not in text)], fills

    async def _open(self, phone: bool, address: str) -> Page:
        size = PHONE if phone else DESKTOP
        page = await self._browser.new_page(viewport=size, locale="en-GB", reduced_motion="reduce")
        page.on("pageerror", lambda error: self._said.append(f"script error: {error}"))
        page.on(
            "console",
            lambda m: self._said.append(f"console: {m.text}") if m.type == "error" else None,
        )
        await page.goto(f"{address}/_stcore/health")  # has the storage of the dashboard's pages
        return page


async def _seen(page: Page, scene: Scene, address: str) -> tuple[list[str], dict[str, float]]:
    settings = scene.view.settings
    await page.goto(f"{address}/{address_of(scene.view)}")
    await settle(page, menu=not scene.phone and ("mode", "present") not in settings)
    trouble: list[str] = []
    for _ in range(LOOKS):  # a figure may still be on its way
        trouble = await page.evaluate(LOOK, dom.SELECTORS)
        if not trouble:
            break
        await page.wait_for_timeout(1500)
    beat = any(key == "beat" for key, _ in settings)
    return trouble, await page.evaluate(STAGE, dom.SELECTORS) if beat else {}


async def visit(
    scenes: list[Scene], address: str
) -> tuple[dict[Scene, list[str]], dict[View, dict[str, float]]]:
    """Look at every view, TABS at a time."""
    trouble: dict[Scene, list[str]] = {}
    fills: dict[View, dict[str, float]] = {}
    waiting = list(reversed(scenes))

    async def work(tab: Tab) -> None:
        while waiting:
            scene = waiting.pop()
            found, measured = await tab.look(scene, address)
            if found:
                trouble[scene] = found
                print(f"{scene}: {'; '.join(found)}", flush=True)
            if measured:
                fills[scene.view] = measured

    async with async_playwright() as playwright:
        path = find.find()
        browser = await playwright.chromium.launch(executable_path=path, args=[*FLAGS, QUICK_START])
        await asyncio.gather(*(work(Tab(browser)) for _ in range(TABS)))
        await browser.close()
    return trouble, fills


def report_stage(fills: dict[View, dict[str, float]]) -> None:
    """How the beats fill 1280×720."""
    print("\n| beat | pixels scrolled | pixels of figures under the keys | screen used |")
    print("| --- | --- | --- | --- |")
    for view in sorted(fills, key=str):
        beat = ", ".join(f"{k} {v}" for k, v in view.settings if k != "mode")
        m = fills[view]
        print(
            f"| {view.page}, {beat} | {m['scrolled']:.0f} | {m['covered']:.0f} | {m['used']:.0%} |"
        )
    scrolled = sum(m["scrolled"] > 0 for m in fills.values())
    print(f"{scrolled} of {len(fills)} views of the stage scroll.")


def main() -> int:
    """1 if anything is wrong; arguments are the pages to look at, all without."""
    prepare_apps()
    pages = sys.argv[1:] or [lesson.name for lesson in lessons.available()]
    begun = time.monotonic()
    views = found_views(pages) + [view for view in beats() if view.page in pages]
    with tempfile.TemporaryDirectory() as folder:
        form = "%(levelname)s %(name)s %(message)s"
        with dashboard(Path(folder), STREAMLIT_LOGGER_MESSAGE_FORMAT=form) as address:
            steps = [s for s in all_scenes(Path(folder)) if s.view.page in pages]
            scenes = [*map(Scene, views), *steps]
            print(f"{len(scenes)} views found in {time.monotonic() - begun:.0f} s", flush=True)
            trouble, fills = asyncio.run(visit(scenes, address))
        log = (Path(folder) / "log.txt").read_text(encoding="utf-8", errors="replace")
    errors = ERROR.findall(log)
    for line in set(errors):
        print("in the server's log:", line)
    report_stage(fills)
    seconds = time.monotonic() - begun
    print(f"Opened {len(scenes):,} views in {seconds:.0f} s; {len(trouble)} with something wrong.")
    return int(bool(trouble or errors))


if __name__ == "__main__":
    raise SystemExit(main())
