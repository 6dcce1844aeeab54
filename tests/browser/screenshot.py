"""python -m tests.browser.screenshot PAGE [FILE.png]: one page as Chromium shows it.

    python -m tests.browser.screenshot "rnn?T=8" --width 390 --dark

Starts a dashboard of its own on a free port and stops it again.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser import find
from tests.browser.conftest import FLAGS
from tests.browser.server import dashboard
from tests.browser.waiting import open_page


@contextmanager
def own_browser() -> Iterator[tuple[Browser, str]]:
    """A Chromium, and the address of a dashboard of its own, which stops with it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        dashboard(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find.find(), args=FLAGS)
        yield browser, address
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshot")
    parser.add_argument("page", help='a page as in the address bar, such as "vit?layer=2"')
    parser.add_argument("file", nargs="?", type=Path, default=Path("screenshot.png"))
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--full", action="store_true", help="the whole page, not the first screen")
    given = parser.parse_args()
    name, _, query = given.page.partition("?")
    with own_browser() as (browser, address):
        page = browser.new_page(
            viewport={"width": given.width, "height": given.height},
            color_scheme="dark" if given.dark else "light",
        )
        open_page(page, address, name, query)
        page.screenshot(path=given.file, full_page=given.full)
    print(given.file)


if __name__ == "__main__":
    main()
