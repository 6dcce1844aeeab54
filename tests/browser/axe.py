"""axe-core on a page: barriers to its use, of every impact, and targets of less than 24 pixels."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard.components import streamlit_dom as dom
from dashboard.palette import BACKGROUND

# What fades in has its full contrast only at its end. What never ends is left out.
STILL = """document.getAnimations().every((one) => one.playState !== "running" ||
  one.effect?.getComputedTiming().endTime === Infinity)"""


# Rules of WCAG 2.2 that axe leaves out unless they are asked for.
OPTIONS = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
# What Streamlit draws itself and no page can change, as docs/accessibility.md says: a place to drop
# files on that has a name and no role, and a link past the menu that stands before all landmarks.
STREAMLITS_OWN = {
    "presentation-role-conflict": "stFileUploaderDropzone",
    "region": "stSkipToContent",
}

SETTLED = 10  # seconds for a page that is still being built, or is drawn anew


def barriers(page: Page) -> list[str]:
    """The violations that stay, one line each."""
    for _ in range(SETTLED):
        page.wait_for_function(STILL)
        found = _barriers_now(page)
        if not found:
            break
        page.wait_for_timeout(1000)
    return found


def _barriers_now(page: Page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    results = page.evaluate("async (options) => (await axe.run(options)).violations", OPTIONS)
    return [
        f"{violation['impact']} {violation['id']}: {node['html'][:160]} "
        f"{node.get('failureSummary', '')[:200]}"
        for violation in results
        for node in violation["nodes"]
        if STREAMLITS_OWN.get(violation["id"], "no node") not in node["html"]
    ]


def barriers_in_both_themes(page: Page) -> list[str]:
    """The same in the light and in the dark theme; `page` is light before and after."""
    light = barriers(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator(dom.APP)).to_have_css("background-color", _rgb(BACKGROUND[1]))
    dark = barriers(page)
    page.emulate_media(color_scheme="light")
    expect(page.locator(dom.APP)).to_have_css("background-color", _rgb(BACKGROUND[0]))
    return light + dark


def _rgb(colour: str) -> str:
    return "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))
