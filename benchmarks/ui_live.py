"""Instruments while a thumb is dragged: redraws a second, and the time from input to paint."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import CDPSession, Locator, Mouse, Page

from benchmarks.measure import Row
from benchmarks.table import within
from tests.browser.waiting import open_page

PAINT, REDRAWS = 33, 30  # ms, p95, at most; a second, at least
FIRST, RELEASE = 150, 20  # KiB of messages, at most
MOVES, SETTLE = 150, 2000  # of the mouse in one drag; ms
ROW = {"section": "One row"}
DECAY = {"section": "Eigenvalues and decay"}
ROTATION = DECAY | {"matrix": "Scaled rotation"}
# instrument -> page, link, and what is dragged: a slider's label, or a figure's name
DRAGS = {
    "rnn": ("rnn", DECAY, "Spectral radius ρ"),
    "rnn-shares": ("rnn", DECAY | {"view": "shares"}, "Spectral radius ρ"),
    "rnn-orbit": ("rnn", DECAY | {"view": "orbit", "size": "2"}, "Direction of x"),
    "rnn-eigenvalue": ("rnn", ROTATION, "eigenvalues"),
    "rnn-eigenvalue-32": ("rnn", ROTATION | {"size": "32"}, "eigenvalues"),
    "rnn-gates": ("rnn", {"section": "Gates"}, "Steps of noise"),
    "rnn-tanh": ("rnn", {"section": "Back through time"}, "Size of the inputs"),
    "decoding": ("decoding", {"columns": "2", "length": "10"}, "Temperature"),
    "decoding-step": ("decoding", {"columns": "2", "length": "40"}, "Step"),
    "gpt": ("gpt", {}, "Temperature"),
    "gpt-step": ("gpt", {}, "Step"),
    "gpt-draw": ("gpt", {}, "draw"),
    "gpt-loss": ("gpt", {"section": "Loss and perplexity"}, "If its probability were p"),
    "gpt-law": ("gpt", {"section": "Width and data"}, "Width w"),
    "attention-temperature": ("attention", ROW, "Temperature: scores are divided by it"),
    "attention-scaling": ("attention", {"section": "Why √n?"}, "Head dimension n"),
    "decoding-groups": ("decoding", {"section": "shared keys"}, "Tokens in the text, T"),
    "decoding-cache": ("decoding", {"section": "the KV cache"}, "Tokens in the text T"),
    "decoding-draw": ("decoding", {"columns": "2", "length": "10"}, "draw"),
    "heads": ("heads", {"model": "gpt-shakespeare"}, "contributions"),
    "vit-patch": ("vit", {}, "overlay"),
    "vit-head": ("vit", {"model": "vit-cifar10-course"}, "heads"),
    "vit-rollout": ("vit", {"follow": "rollout", "model": "vit-cifar10-course"}, "overlay"),
    "patches": ("patches", {}, "position"),
    "maps-head": ("maps", {"try": "size of the object"}, "by-head"),
    "positions": ("positions", {}, "Position t"),
    "rotary": ("positions", {}, "Position of the query, t"),
    "positions-columns": ("positions", {}, "Columns d of the formula"),
}  # fmt: skip
# Movements of the hand and drawings of the instruments. The clock starts at the movement for which
# one asks to be redrawn; a message sent in the drawing's frame arrives when it has been painted.
WATCH = """() => {
  const seen = window.seen = { paints: [], drawn: 0, first: 0, last: 0 };
  let [moved, began] = [null, null];
  const listen = (place) => {
    place.addEventListener("pointermove", (event) => {
      if (!event.buttons) return;
      moved = (event.getCoalescedEvents()[0] ?? event).timeStamp;
      seen.first ||= moved;
    }, { capture: true });
    const one = place.instrument, redraw = one.redraw;
    one.redraw = function () {
      began ??= moved;
      redraw.call(this);
    };
    let drawn = 0; // of this instrument: of several that follow one slider, the quickest counts
    place.addEventListener("drawn", () => {
      if (!place.querySelector("figure")) return; // a slider alone
      seen.drawn = Math.max(seen.drawn, ++drawn);
      const from = began;
      began = moved = null;
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        seen.last = performance.now();
        if (from !== null) seen.paints.push(seen.last - from);
      };
      channel.port2.postMessage(0);
    });
  };
  for (const element of document.querySelectorAll("*")) {
    const live = element.shadowRoot?.querySelector(".live");
    if (live) listen(live);
  }
}"""


def live(page: Page, address: str) -> Iterator[Row]:
    """Four rows for each drag: from input to paint, redraws a second, and what the page has
    received by the first view (its program too) and after the release. What a far drag asks
    for on its way is said beside the last."""
    received = _received(page)
    for name, (lesson, link, what) in DRAGS.items():
        received.clear()
        open_page(page, address, lesson, urlencode(link))
        page.wait_for_selector(".live figure svg[viewBox]")
        page.wait_for_timeout(SETTLE)
        page.evaluate(WATCH)
        first = sum(received) / 1024
        received.clear()
        slider = page.get_by_role("slider", name=what, exact=True)
        mark = page.locator(f"[data-plot={what}]:visible svg[role=application]")
        way = _along(slider.first) if slider.count() else _around(mark.first)
        tracing = page.context.new_cdp_session(page)
        tracing.send("Performance.enable", {"timeDomain": "threadTicks"})
        busy = _busy(tracing)
        _drag(page.mouse, way)
        dragged = sum(received) / 1024
        received.clear()
        found = page.evaluate("seen")
        busy = (_busy(tracing) - busy) / max(1, found["drawn"])
        tracing.detach()
        seconds = (found["last"] - found["first"]) / 1000
        a_second = found["drawn"] / seconds
        median = float(np.median(found["paints"]))
        about = (
            f"{what} dragged for {seconds:.1f} s, {found['drawn']} redraws of {MOVES} movements; "
            f"median {median:.0f} ms, {busy:.1f} ms of it computing time in the page"
        )
        yield within(f"live:{name}", "ms, p95", PAINT, found["paints"], about)
        yield within(f"live-redraws:{name}", "a second", REDRAWS, [a_second], about)
        yield within(f"live-first:{name}", "KiB", FIRST, [first], "all messages of the first view")
        page.wait_for_timeout(SETTLE)
        released = sum(received) / 1024
        about = f"all messages after the thumb was let go; while it was dragged {dragged:.0f} KiB"
        yield within(f"live-release:{name}", "KiB", RELEASE, [released], about)


def _received(page: Page) -> list[int]:
    """The sizes of the messages that the page's server sends, in bytes, as they arrive."""
    sizes: list[int] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda told: sizes.append(len(told))))
    return sizes


def _busy(tracing: CDPSession) -> float:
    """Milliseconds of processor time that the page's thread has spent, waiting left out."""
    metrics = tracing.send("Performance.getMetrics")["metrics"]
    return 1000 * float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))


def _along(slider: Locator) -> list[tuple[float, float]]:
    """Where the mouse goes on a slider: to and fro, each movement to another value where it can.

    A movement that leaves the value as it is would count as time without a redraw.
    """
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box, "the slider is in view"
    low, high, step = slider.evaluate("e => [e.min, e.max, e.step].map(Number)")
    once = max(2, min(MOVES // 3, int(0.7 * (high - low) / step)))
    parts = 0.15 + 0.7 * np.abs((np.arange(MOVES + 1) / once) % 2 - 1)
    y = box["y"] + box["height"] / 2
    return [(box["x"] + box["width"] * float(part), y) for part in parts]


def _around(figure: Locator) -> list[tuple[float, float]]:
    """Where it goes on a figure: from a ring, where it has one, otherwise from its middle."""
    figure.scroll_into_view_if_needed()
    ring = figure.locator("circle").first
    box = (ring if figure.locator("circle").count() else figure).bounding_box()
    assert box, "the figure is in view"
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    corners = np.array([(0, 0), (-60, 0), (-60, 60), (0, 0)])
    at = np.linspace(0, 3, MOVES + 1)
    across, down = (np.interp(at, range(4), side) for side in corners.T)
    return [(x + float(a), y + float(d)) for a, d in zip(across, down, strict=True)]


def _drag(mouse: Mouse, way: list[tuple[float, float]]) -> None:
    mouse.move(*way[0])
    mouse.down()
    for place in way[1:]:
        mouse.move(*place)
    mouse.up()
