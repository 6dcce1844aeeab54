"""make bench-ui: the dashboard as its users meet it, into results/ui.json and BENCHMARKS.md.

Cold: from `streamlit run` to the first page in a browser, and from a page's text to its model's
figure. Warm: the first view of every page, and the memory of a session. Then every slider of every
page: the server's part, and what is seen in Chromium. Last the first figure of Plotly, in new
browsers. The reference of a row is its bound, the product the 95th percentile. With --avx2 torch
computes as on a processor without AVX-512, in a table of its own.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.machine import offer_avx2, recorded_as
from benchmarks.measure import Row
from benchmarks.table import record
from benchmarks.ui_browser import browser_page
from benchmarks.ui_first_look import first_look
from benchmarks.ui_from_home import from_home
from benchmarks.ui_live import live
from benchmarks.ui_one_view import one_view
from benchmarks.ui_seen import attention, seen
from benchmarks.ui_server import cold, memory, server_part
from benchmarks.ui_torch import torch_first
from tests.browser.find import find
from tests.browser.server import dashboard
from tests.load.loop import run

ABOUT = "The browser ran beside the server on the same cores, and nothing else."


def rows(folder: Path) -> Iterator[Row]:
    """All of them, one after the other."""
    yield from torch_first()
    with browser_page() as page:
        yield cold(page, folder)
        with dashboard(folder) as address:
            yield from of_one_server(page, address)
    with dashboard(folder) as address:
        yield from from_home(address)


def of_one_server(page: Page, address: str) -> Iterator[Row]:
    """What is measured in a server that has been started."""
    yield from run(server_part(address))
    yield run(memory(address))
    yield from seen(page, address)
    yield from attention(page, address)
    yield from live(page, address)
    yield from one_view(page, address)
    yield from first_look(page, address)


def main() -> int:
    top = argparse.ArgumentParser(prog="python -m benchmarks.ui", description=__doc__)
    top.add_argument("--print", action="store_true", help="print, and record nothing")
    offer_avx2(top)
    asked = top.parse_args()
    if find() is None:
        print("There is no browser to measure with: `make test` says how to get one.")
        return 1
    name, title = recorded_as("ui", "As seen by its users", asked.avx2)
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(Path(folder)):
            value, bound = f"{row['product']:9.1f}", f"{row['reference']:g} {row['unit']}"
            print(f"{row['name']:36} {value} of {bound}; {row['conditions']}", flush=True)
            measured.append(row)
    if not asked.print:
        record(name, title, ABOUT, measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
