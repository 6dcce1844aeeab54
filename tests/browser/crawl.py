"""Every view of the dashboard in a real browser: `make crawl`, at most 20 minutes on two cores.

Opens what tests/crawl finds by walking through the controls, looks at what is drawn (look.js), the
browser's console and the server's log, and measures how each beat fills the stage (stage.js).
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Error, Locator, Page, WebSocket, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard import lessons
from dashboard.components import streamlit_dom as dom
from tests.apps import prepare_apps
from tests.browser import find
from tests.browser.conftest import DESKTOP, FLAGS, PHONE, QUICK_START
from tests.browser.crawl_scenes import Scene, all_scenes
from tests.browser.server import dashboard
from tests.browser.waiting import wait_ready
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


def ends_a_run(frame: str | bytes) -> bool:
    """Whether the server tells with it that a run of the page's script is over."""
    return isinstance(frame, bytes) and ForwardMsg.FromString(frame).HasField("script_finished")


class Tab:
    """One view after the other in one page, which has the program loaded. What a view kept in the
    browser is removed before the next."""

    def __init__(self, page: Page, address: str):
        self._page, self._address = page, address
        self._said: list[str] = []  # by the console, since the view was opened
        self._sockets: list[WebSocket] = []  # to the server, the last one is that of the view
        page.on("websocket", lambda socket: self._sockets.append(socket))
        page.on("pageerror", lambda error: self._said.append(f"script error: {error}"))
        page.on(
            "console",
            lambda m: self._said.append(f"console: {m.text}") if m.type == "error" else None,
        )
        page.goto(f"{address}/_stcore/health")  # has the storage of the dashboard's pages

    def open(self, scene: Scene) -> list[str]:
        """What is wrong with the view that its link opens."""
        self._page.set_viewport_size(PHONE if scene.phone else DESKTOP)
        self._page.context.clear_cookies()
        self._page.evaluate(KEEP, scene.progress)
        self._said.clear()
        self._page.goto(f"{self._address}/{address_of(scene.view)}")
        return self._look()

    def press(self, option: Locator) -> list[str]:
        """What is wrong with the view to which this option of a control turns the open page."""
        self._said.clear()
        self.turn(option)
        return self._look()

    def turn(self, option: Locator) -> None:
        """Turn the open page to this option of a control, without looking."""
        with self._sockets[-1].expect_event("framereceived", ends_a_run):
            option.click()
        wait_ready(self._page, PATIENCE)

    def fills(self) -> dict[str, float]:
        """How the beat in view fills the stage."""
        measured: dict[str, float] = self._page.evaluate(STAGE, dom.SELECTORS)
        return measured

    def _look(self) -> list[str]:
        wait_ready(self._page, PATIENCE)
        self._page.wait_for_timeout(250)  # Plotly draws after the script has ended
        trouble: list[str] = []
        for _ in range(LOOKS):  # a figure may still be on its way
            trouble = self._page.evaluate(LOOK, dom.SELECTORS)
            if not trouble:
                break
            self._page.wait_for_timeout(1500)
        return [*trouble, *(text for text in self._said if EXPECTED not in text)]


def visit(
    scenes: list[Scene], address: str
) -> tuple[dict[Scene, list[str]], dict[View, dict[str, float]]]:
    """Look at every view, in TABS browsers at a time."""
    trouble: dict[Scene, list[str]] = {}
    fills: dict[View, dict[str, float]] = {}
    waiting = list(reversed(scenes))

    def work(_: int) -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find.find(), args=[*FLAGS, *QUICK_START]
            )
            tab = None
            while waiting:
                scene = waiting.pop()
                try:
                    tab = tab or Tab(
                        browser.new_page(locale="en-GB", reduced_motion="reduce"), address
                    )
                    found = tab.open(scene)
                    if any(key == "beat" for key, _ in scene.view.settings):
                        fills[scene.view] = tab.fills()
                except Error as error:
                    found, tab = [f"it did not open: {str(error)[:200]}"], None
                if found:
                    trouble[scene] = found
                    print(f"{scene}: {'; '.join(found)}", flush=True)
            browser.close()

    with ThreadPoolExecutor(TABS) as threads:
        list(threads.map(work, range(TABS)))
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
            trouble, fills = visit(scenes, address)
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
