"""What instruments share, in Chromium, mostly without a server: sliders, messages, errors."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboard.components import live, streamlit_dom as dom
from dashboard.components.live import Dial
from dashboard.components.program import deflated, deflated_json
from tests.browser.conftest import Windows
from tests.browser.waiting import no_errors, open_page
from tests.conftest import ROOT

SHARED = ROOT / "dashboard" / "components" / "live"
DIALS = [
    {"key": "a", "label": "Height", "low": 0, "high": 2, "step": 0.01, "unit": ""},
    {"key": "b", "label": "Bars", "low": 1, "high": 9, "step": 1, "unit": ""},
]
MADE_UP = """
class MadeUp extends Instrument {
  build() {
    this.one = this.plot({ name: "one", title: "A line" });
    this.two = this.plot({ name: "two", title: "Bars" });
    this.drag(this.one, { label: "mark", move: ([x, y]) => this.set({ a: y }),
      by: ([dx, dy]) => (dy ? (this.set({ a: this.values.a + dy / 10 }), true) : false) });
  }
  draw() {
    const { a, b } = this.values;
    if (a > 1.9) throw new Error("too high");
    this.one.frame({ x: [0, 10], y: [0, 2], names: ["time", "size"] });
    this.one.line([0, 10], [a, a], { name: "=level", width: 3 });
    this.one.done(`The line is at ${a}.`);
    this.two.frame({ x: [0, 1], y: [b - 0.5, -0.5], ticks: { y: [[0, "<i>first</i>"]] } });
    this.two.bars([...Array(b).keys()], Array(b).fill(0.5));
    this.two.done(`${b} bars.`);
    this.say.textContent = `height ${a.toFixed(2)}`;
  }
}
const begin = mount(MadeUp);
window.begin = (html) => {
  document.body.innerHTML = html;
  const sent = window.sent = [];
  window.unrolledLive = {};
  begin({ data: { name: "made-up" }, parentElement: document.body,
    setStateValue: (name, value) => sent.push([name, value]) });
};
window.receive = (bytes) => feed({ data: new Uint8Array(bytes) });
"""


@pytest.fixture(scope="module")
def programs(windows: Windows) -> Iterator[Page]:
    """A page with the style and the programs of the made-up instrument, opened once."""
    style = (SHARED / "style.css").read_text(encoding="utf-8")
    feed = (SHARED / "feed.js").read_text(encoding="utf-8")
    feed = feed.replace("export default function", "function feed")
    with windows.window() as window:
        window.goto("about:blank")
        window.set_content(f"<style>{style}</style>")
        window.add_script_tag(content=live.script() + feed + MADE_UP)
        yield window


@pytest.fixture
def made_up(programs: Page) -> Page:
    """The page with a new instrument on it, as Streamlit mounts a component."""
    programs.mouse.up()  # a test that failed may have left it down
    programs.evaluate("window.begin", (SHARED / "live.html").read_text(encoding="utf-8"))
    receive(programs)
    return programs


def receive(page: Page, n: int = 1, **values: float) -> None:
    order = {"n": n, "values": {"a": 1.0, "b": 3} | values}
    data = {"name": "made-up", "dials": DIALS, "order": order, "held": [], "only": []}
    page.evaluate("window.receive", list(deflated_json(data)))


def sent(page: Page) -> list[Any]:
    return list(page.evaluate("window.sent"))


def test_a_slider_moves_its_figure_before_the_server_hears_of_it(made_up: Page) -> None:
    slider = made_up.get_by_role("slider", name="Height")
    expect(made_up.get_by_text("height 1.00")).to_be_visible()
    box = slider.bounding_box()
    assert box
    made_up.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    made_up.mouse.down()
    made_up.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2, steps=5)
    expect(made_up.get_by_text("height 0.4")).to_be_visible()
    assert sent(made_up) == []
    made_up.mouse.up()
    made_up.wait_for_function("window.sent.length")
    name, values = sent(made_up)[0]
    assert (name, values["n"], values["b"]) == ("values", 1, 3)
    assert 0.4 <= values["a"] < 0.5
    slider.press("Home")
    # It can be dragged, and so is no picture.
    expect(made_up.get_by_role("img", name="The line is at 0.")).to_have_count(0)
    expect(made_up.locator("svg[aria-label*='The line is at 0.']")).to_be_visible()


def test_a_value_is_sent_before_anything_else_can_be_pressed(made_up: Page) -> None:
    figure = made_up.locator("[data-plot=one] .hand")
    figure.press("ArrowUp")
    figure.blur()  # no wait until the hand rests
    assert [name for name, _ in sent(made_up)] == ["values"]
    made_up.wait_for_timeout(300)
    assert len(sent(made_up)) == 1


def test_the_same_order_again_leaves_the_hand_alone_and_a_new_one_is_taken(made_up: Page) -> None:
    made_up.get_by_role("slider", name="Bars").press("End")
    expect(made_up.locator("svg[aria-label*='9 bars']")).to_be_visible()
    receive(made_up)
    expect(made_up.locator("svg[aria-label*='9 bars']")).to_be_visible()
    receive(made_up, n=2, b=2)
    expect(made_up.locator("svg[aria-label*='2 bars']")).to_be_visible()
    expect(made_up.get_by_role("slider", name="Bars")).to_have_value("2")


def test_a_mark_is_dragged_and_moved_by_arrow_keys(made_up: Page) -> None:
    figure = made_up.locator("[data-plot=one] .hand")
    figure.press("ArrowUp")
    expect(made_up.get_by_text("height 1.10")).to_be_visible()
    box = figure.bounding_box()
    assert box
    made_up.mouse.move(box["x"] + 150, box["y"] + 40)
    made_up.mouse.down()
    made_up.mouse.move(box["x"] + 150, box["y"] + box["height"] * 0.6, steps=3)
    made_up.mouse.up()
    made_up.wait_for_function("window.sent.at(-1)?.[1].a < 0.7")


def test_an_error_ends_one_instrument_and_is_told_once(made_up: Page) -> None:
    made_up.get_by_role("slider", name="Height").press("End")
    expect(made_up.get_by_text("stopped working in your browser")).to_be_visible()
    made_up.wait_for_function("window.sent.some(([name]) => name === 'failed')")
    receive(made_up, n=2)
    assert [one for one in sent(made_up) if one[0] == "failed"] == [["failed", "too high"]]


@pytest.mark.parametrize("name", ["PNG", "SVG", "Data"])
def test_a_figure_is_saved(made_up: Page, name: str) -> None:
    made_up.locator("[data-plot=one] summary").click()
    with made_up.expect_download() as download:
        made_up.locator("[data-plot=one]").get_by_role("button", name=name).click()
    content = Path(download.value.path()).read_bytes()
    assert {
        "PNG": content.startswith(b"\x89PNG") and len(content) > 2000,
        "SVG": b"currentColor" in content and b"color:" in content and b"size" in content,
        "Data": content.startswith(b'"x","\'=level"\n0,1\n10,1'),
    }[name]


def test_saved_numbers_of_a_logarithmic_axis_are_no_exponents(blank: Page) -> None:
    source = (ROOT / "dashboard/components/live/draw.js").read_text(encoding="utf-8")
    powers = blank.evaluate(
        f"() => {{ {source}\nreturn [0, 2, Math.log10(0.3), -Infinity, 400.5, -400].map(power); }}"
    )
    assert powers == [1, 100, 0.3, 0, "3.16227766017e400", "1.00000000000e-400"]


def test_a_redraw_keeps_the_elements_and_changes_what_differs(made_up: Page) -> None:
    made_up.wait_for_timeout(200)  # its first size is told a moment after it is drawn
    made_up.evaluate("""() => {
      window.kept = [...document.querySelectorAll("[data-plot] svg g > *")];
      window.added = 0;
      new MutationObserver((all) => all.forEach((m) => { window.added += m.addedNodes.length; }))
        .observe(document.querySelector("[data-plot=one] svg"), { childList: true, subtree: true });
    }""")
    made_up.get_by_role("slider", name="Height").press("ArrowLeft")
    expect(made_up.locator("svg[aria-label*='The line is at 0.99']")).to_be_visible()
    assert made_up.evaluate("window.added") == 0  # the line moves; its axes stay
    made_up.get_by_role("slider", name="Bars").press("ArrowRight")
    expect(made_up.locator("svg[aria-label*='4 bars']")).to_be_visible()
    assert made_up.evaluate("window.kept.filter((element) => element.isConnected).length > 10")


def test_a_sentence_takes_values_as_text_and_stays_while_they_change(made_up: Page) -> None:
    shown = made_up.evaluate("""() => {
      const place = document.createElement("p");
      document.body.append(place);
      const say = (name, n) => tell(place)`${name} is <b>${n}</b>.`;
      say("<i>a</i>", 1);
      const bold = place.querySelector("b");
      say("b", 2);
      const kept = place.querySelector("b") === bold;
      tell(place)`Another: ${"<i>c</i>"}`;
      return [kept, place.textContent, place.querySelector("i")];
    }""")
    assert shown == [True, "Another: <i>c</i>", None]


@pytest.mark.parametrize(("value", "top"), [(0.98, 1), (0.11, 0.15), (0.3, 0.3), (4.1, 5), (9, 10)])
def test_an_axis_ends_at_a_round_number_above_its_values(
    made_up: Page, value: float, top: float
) -> None:
    assert made_up.evaluate(f"roundUp({value})") == pytest.approx(top, rel=1e-12)


def test_a_deflated_program_runs_as_its_source_does(programs: Page) -> None:
    source = "// A comment.\nconst word = `{“ä” \\n}`;\nexport default () => word;\n"
    sent = deflated(source)
    assert "comment" not in sent
    run = """async (program) => (await import(URL.createObjectURL(
      new Blob([program], { type: "text/javascript" })))).default()"""
    assert programs.evaluate(run, sent) == programs.evaluate(run, source) == "{“ä” \n}"
    whole = live.script()
    assert len(deflated(whole)) < len(whole) / 2


def test_names_are_never_markup_and_colours_are_the_palette(made_up: Page) -> None:
    expect(made_up.locator("[data-plot=two] text").filter(has_text="<i>first</i>")).to_be_visible()
    assert json.loads(made_up.evaluate("JSON.stringify(COLOURS)"))["BLUE"] == live.palette.BLUE


@pytest.mark.parametrize("value", [2.5, -1, float("nan"), float("inf"), "1", None, True, 1e308])
def test_a_forged_value_does_not_fit(value: object) -> None:
    assert not Dial("a", "Height", 0, 2, 0.01, 1.0).fits(value)


def test_whole_numbers_stay_whole() -> None:
    dial = Dial("b", "Bars", 1, 9, 1, 3)
    assert dial.fits(4.0)
    assert not dial.fits(4.5)


def test_what_scrolls_sideways_is_moved_by_keys(phone_page: Page, dashboard_url: str) -> None:
    open_page(phone_page, dashboard_url, "attention")
    place = phone_page.locator("[data-sideways]").first
    expect(place).to_have_attribute("tabindex", "0")
    place.focus()
    phone_page.keyboard.press("ArrowRight")
    phone_page.wait_for_function("document.querySelector('[data-sideways]').scrollLeft > 0")
    phone_page.set_viewport_size({"width": 1280, "height": 720})
    expect(phone_page.locator("[data-sideways]")).to_have_count(0)


@pytest.fixture(scope="module")
def no_canvas(windows: Windows) -> Iterator[Page]:
    """A window in which no canvas can be drawn on."""
    with windows.window() as window:
        own = window.context.new_page()
        own.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        yield own


@pytest.mark.parametrize(
    ("lesson", "drawn"),
    [
        ("vit", ".st-key-figure-overlay img"),
        ("positions", dom.PLOT),
        ("attention", ".st-key-figure-maps img"),
    ],
)
def test_without_a_canvas_the_server_draws(
    lesson: str, drawn: str, no_canvas: Page, dashboard_url: str
) -> None:
    open_page(no_canvas, dashboard_url, lesson)
    expect(no_canvas.get_by_text("so the server draws")).to_be_visible()
    expect(no_canvas.locator(drawn).first).to_be_visible()
    no_errors(no_canvas)
