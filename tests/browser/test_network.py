"""The drawings of networks in a browser: what is drawn is what Python computes."""

import re
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from core.decoding.prompt import read_prompt
from core.interpret.block_steps import block_steps, stream_norms
from core.interpret.trace import trace
from core.linear_rnn.instruments.paths import path_inputs, path_norms
from core.linear_rnn.matrices import preset, with_radius
from core.models import load_model
from dashboard.components import streamlit_dom as dom
from tests.browser.axe import barriers_in_both_themes
from tests.browser.conftest import PHONE
from tests.browser.waiting import messages, no_errors, open_page, quiet, wait_ready

NETWORK = "section=Network"
# The places at which a saved drawing, away from the page's style sheet, looks unlike the one shown.
UNLIKE = """(svg, saved) => {
  const host = document.body.appendChild(document.createElement("div"));
  host.attachShadow({ mode: "open" }).innerHTML = saved;
  const names = ["fill", "fillOpacity", "stroke", "strokeWidth", "strokeDasharray", "fontSize",
    "fontWeight", "fontStyle", "textAnchor"];
  const [shown, kept] = [svg, host.shadowRoot.querySelector("svg")]
    .map((top) => [...top.querySelectorAll(":scope *")]);
  kept.shift();  // the ground
  const unlike = shown.flatMap((one, i) => names.filter((name) =>
    getComputedStyle(one)[name] !== getComputedStyle(kept[i])[name])
    .map((name) => `${one.getAttribute("class")}: ${name}`));
  host.remove();
  return [shown.length - kept.length, unlike];
}"""


def bands(page: Page) -> tuple[float, dict[tuple[int, int], tuple[float, float]]]:
    """Pixels a unit is thick, and of each band (input, step) its two thicknesses in pixels."""
    read = """svg => [Number(svg.dataset.scale), [...svg.querySelectorAll('.path path[data-step]')]
      .map(p => [p.parentNode.dataset.input, p.dataset.step, p.dataset.from, p.dataset.to]
      .map(Number))]"""
    scale, rows = page.locator(".net svg.drawing").evaluate(read)
    return scale, {(int(i), int(j)): (a, b) for i, j, a, b in rows}


def test_paths_are_what_is_left_of_inputs_a_node_shows_its_term_and_dragging_asks_no_server(
    page: Page, dashboard_url: str, console: list[str]
) -> None:
    sent = messages(page)
    open_page(page, dashboard_url, "rnn", f"{NETWORK}&net_W=nonnormal&net_T=12&net_rho=1.05")
    a_path_is_as_thick_as_what_is_left_of_its_input(page, "nonnormal", 12, 1.05)
    no_errors(page)
    slider = page.get_by_role("slider", name="Steps T")
    slider.press("Home")
    for _ in range(4):
        slider.press("ArrowRight")
    page.wait_for_url(re.compile(r"[?&]net_T=5"))
    wait_ready(page)
    a_node_shows_its_term_by_click_and_by_key(page)
    it_plays_steps_and_is_saved(page)
    quiet(page, sent)
    dragging_redraws_without_the_server_and_the_link_follows_on_release(page, sent)
    assert [line for line in console if "404" not in line] == []


def a_path_is_as_thick_as_what_is_left_of_its_input(
    page: Page, name: str, T: int, rho: float
) -> None:
    expect(page.locator(".net .path")).to_have_count(T)
    scale, found = bands(page)
    norms = path_norms(with_radius(preset(name, 8), rho), path_inputs(8, T))
    assert len(found) == T * (T + 1) // 2
    for (i, j), (before, after) in found.items():
        assert before == pytest.approx(scale * norms[i - 1, j - 1], rel=1e-6)
        assert after == pytest.approx(scale * norms[i - 1, min(j, T - 1)], rel=1e-6)
    arriving = page.locator(".net .path").evaluate_all(
        "all => all.map(p => [Number(p.dataset.input), Number(p.dataset.norm)])"
    )
    assert np.allclose([norm for _, norm in sorted(arriving)], norms[:, -1], rtol=1e-6)


def dragging_redraws_without_the_server_and_the_link_follows_on_release(
    page: Page, sent: list[object]
) -> None:
    slider = page.get_by_role("slider", name="Steps T")
    box = slider.bounding_box()
    assert box is not None
    count, seen = len(sent), set()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(20, int(box["width"]), 20):
        page.mouse.move(box["x"] + step, box["y"] + box["height"] / 2)
        steps = int(slider.input_value())
        expect(page.locator(".net .path")).to_have_count(steps)
        seen.add(steps)
    assert len(sent) == count
    assert len(seen) > 6
    page.mouse.up()
    page.wait_for_url(re.compile(r"[?&]net_T=1[0-2]"))
    wait_ready(page)
    expect(page.locator(".net .path")).to_have_count(int(slider.input_value()))


def a_node_shows_its_term_by_click_and_by_key(page: Page) -> None:
    """Of five."""
    drawing = page.locator(".net svg.drawing")
    headline = drawing.locator(".headline")
    expect(headline).to_have_text("y5 = φy(Wy(Wh4 Wx x1 + …))")
    drawing.locator("[data-node='x_{4}']").click()
    expect(headline).to_have_text("y5 = φy(Wy(… + Wh Wx x4 + …))")
    page.wait_for_url(re.compile(r"[?&]net_i=4"))
    wait_ready(page)
    drawing.press("ArrowRight")
    expect(headline).to_have_text("y5 = φy(Wy(… + Wx x5))")
    expect(drawing.locator(".cell")).to_have_count(8)
    expect(page.locator(".net .say")).to_contain_text("The path of x₅ is highlighted")
    drawing.press("Escape")
    expect(headline).to_have_text("y5 = φy(Wy(Wh4 Wx x1 + …))")
    wait_ready(page)


def it_plays_steps_and_is_saved(page: Page) -> None:
    play = page.get_by_role("button", name="Play")
    play.click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator(".net .path")).to_have_count(12)
    expect(play).to_be_visible()  # it has stopped at the longest
    page.get_by_role("button", name="Step").click()
    expect(page.locator(".net .path")).to_have_count(1)
    for ending, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            page.locator(".net").get_by_role("button", name=ending).click()
        content = Path(download.value.path()).read_bytes()
        assert content.startswith(start)
        assert len(content) > 2000
        if ending == "SVG":
            drawing = page.locator(".net svg.drawing")
            assert drawing.evaluate(UNLIKE, content.decode()) == [0, []]
    page.get_by_text("The drawing as text").click()
    expect(page.locator(".net .text li")).to_have_text(["x_1: ‖W_x x_1‖ = 1.00"])


def test_it_fits_a_phone_and_has_no_barriers(phone_page: Page, dashboard_url: str) -> None:
    open_page(phone_page, dashboard_url, "rnn", f"{NETWORK}&net_T=12")
    expect(phone_page.locator(".net .path")).to_have_count(12)
    width = phone_page.locator(dom.MAIN).evaluate("main => main.scrollWidth")
    assert width <= PHONE["width"]
    assert barriers_in_both_themes(phone_page) == []


def opened(page: Page) -> Locator:
    """The drawing of a Transformer on the page."""
    drawing = page.locator(".net svg.drawing")
    expect(drawing.locator("g").first).to_be_attached()
    return drawing


def test_the_model_is_drawn_a_block_opens_into_its_trace_a_head_leads_to_its_steps_and_it_plays(
    page: Page, dashboard_url: str, console: list[str]
) -> None:
    loaded = load_model("gpt-grammar")
    prompt = read_prompt("KING:\nGood queen, where are the", loaded.tokenizer, loaded.model.max_N)
    traced = trace(loaded.model, torch.tensor([prompt.ids]))
    last = len(prompt.ids) - 1
    open_page(page, dashboard_url, "attention", "network=true&model=gpt-grammar")
    drawing = opened(page)
    layers, heads = loaded.config.num_layers, loaded.config.num_heads
    expect(drawing.locator("[data-block]")).to_have_count(layers)
    expect(drawing.locator("[data-head]")).to_have_count(layers * heads)
    norms, widths, largest, most = drawing.locator(".stream path").evaluate(
        "p => [p.dataset.norms.split(' ').map(Number), p.dataset.widths.split(' ').map(Number), "
        "Number(p.dataset.largest), Number(p.dataset.most)]"
    )
    true = stream_norms(loaded.model, traced)
    assert np.allclose(norms, true[:, last], rtol=1e-6)
    assert np.allclose(widths, most * np.array(norms) / largest, rtol=1e-6)
    assert largest == pytest.approx(float(true.max()), rel=1e-6)
    best = traced.logits[0, -1].softmax(-1).max(-1)
    bar = drawing.locator(".answers .bar").first
    assert float(bar.get_attribute("data-chance") or 0) == pytest.approx(float(best.values), 1e-5)
    expect(drawing.locator(".answers")).to_contain_text(loaded.tokenizer.vocab[int(best.indices)])

    drawing.locator("[data-head='1,2']").click()
    page.wait_for_url(re.compile(r"net_block=1"))
    expect(drawing.locator("[data-step='alpha']")).to_be_visible()
    for step in ("q", "scores", "masked", "alpha", "attended", "after", "mlp", "end"):
        expect(drawing.locator(f"[data-step='{step}']")).to_have_count(1)
    drawing.locator("[data-step='alpha']").click()
    drawing.locator("[data-step='alpha']").click()
    expect(drawing.locator(".number")).to_have_count(len(prompt.ids))
    wanted = traced.attention[0, 1, 2, last].numpy()
    assert np.allclose(shown(drawing), wanted, rtol=2e-3, atol=1e-4)
    drawing.press("ArrowUp")  # another token
    expect(drawing.locator(".number").last).to_have_text("0")
    assert np.allclose(shown(drawing), traced.attention[0, 1, 2, last - 1], rtol=2e-3, atol=1e-4)
    drawing.press("Escape")
    drawing.press("Escape")
    a_head_leads_to_its_steps_and_back_keys_zoom_and_it_plays(page, drawing)
    no_errors(page)
    assert [line for line in console if "404" not in line] == []


def shown(drawing: Locator) -> list[float]:
    found: list[float] = drawing.locator(".number").evaluate_all(
        "all => all.map(n => Number(n.dataset.value))"
    )
    return found


def a_head_leads_to_its_steps_and_back_keys_zoom_and_it_plays(page: Page, drawing: Locator) -> None:
    """From block 2, head 3, which have been opened and left."""
    expect(drawing.locator("[data-block]")).to_have_count(3)
    drawing.press("ArrowRight")
    drawing.press("ArrowDown")
    link = page.get_by_role("link", name="Block 3, head 4, step by step")
    expect(link).to_have_attribute("href", re.compile(r"^attention\?.*layer=3&head=4&query=\d+%3A"))
    link.click()
    expect(page.get_by_text("Layer 3, head 4. Shape")).to_be_visible()
    page.get_by_text("Draw the whole network").click()
    expect(page.get_by_role("link", name="Block 3, head 4, step by step")).to_be_visible()
    wait_ready(page)

    drawing.press("Enter")
    expect(drawing.locator("[data-step='alpha']")).to_be_visible()
    drawing.press("ArrowRight")
    drawing.press("Enter")
    expect(drawing.locator(".number")).to_have_count(16)  # q has the head's features
    drawing.press("Escape")
    drawing.press("Escape")
    expect(drawing.locator("[data-block]")).to_have_count(3)
    page.get_by_role("button", name="Step").click()
    expect(drawing.locator(".answers")).to_have_attribute("opacity", "0.18")
    page.get_by_role("button", name="Play").click()
    expect(drawing.locator(".answers")).to_have_attribute("opacity", "1")
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_a_picture_is_cut_into_patches_and_becomes_tokens(page: Page, dashboard_url: str) -> None:
    query = "network=true&reads=pictures&vit=vit-cifar10-course"
    open_page(page, dashboard_url, "attention", query)
    drawing = opened(page)
    config = load_model("vit-cifar10-course").config
    expect(drawing.locator("[data-block]")).to_have_count(config.num_layers)
    expect(drawing.locator("[data-head]")).to_have_count(config.num_layers * config.num_heads)
    expect(drawing.locator("[data-patch]")).to_have_count(15)
    drawing.locator(".embed").click()
    names = ["cut", "flat", "projected", "front", "position", "end"]
    expect(drawing.locator("[data-step]")).to_have_count(len(names))
    found = drawing.locator("[data-step]").evaluate_all("all => all.map(s => s.dataset.step)")
    assert found == names
    no_errors(page)


def test_what_is_typed_is_shown_and_not_rendered(page: Page, dashboard_url: str) -> None:
    typed = "<img src=x onerror=alert(1)> <b>"
    open_page(page, dashboard_url, "attention", f"network=true&prompt={quote(typed)}")
    drawing = opened(page)
    expect(drawing.locator("img, b")).to_have_count(0)
    expect(drawing.locator(".chip").filter(has_text="<")).not_to_have_count(0)


def test_the_cache_fills_and_attends_with_the_weights_of_the_trace(
    page: Page, dashboard_url: str
) -> None:
    loaded = load_model("gpt-grammar")
    prompt = read_prompt("KING:\nGood queen, where are the", loaded.tokenizer, loaded.model.max_N)
    read = len(prompt.ids)
    query = "section=the+KV+cache&network=true&model=gpt-grammar&cache_block=1"
    open_page(page, dashboard_url, "decoding", query)
    drawing = opened(page)
    layers = loaded.config.num_layers
    expect(drawing.locator(".kept")).to_have_count(2 * layers * read)
    traced = trace(loaded.model, torch.tensor([prompt.ids]))
    looks = drawing.locator(".look").evaluate_all("all => all.map(p => Number(p.dataset.weight))")
    assert np.allclose(looks, traced.attention[0, 1].mean(0)[-1], atol=1e-5)
    norms = drawing.locator(".kept[data-kind=k][data-layer='1']").evaluate_all(
        "all => all.map(p => Number(p.dataset.norm))"
    )
    keys = block_steps(loaded.model, traced, 1)["k"].transpose(0, 1).flatten(1)
    assert np.allclose(norms, keys.norm(dim=-1), rtol=1e-4)
    drawing.press("ArrowRight")
    expect(drawing.locator(".kept")).to_have_count(2 * layers * (read + 1))
    page.wait_for_url(re.compile(rf"cache_read={read + 1}"))
    no_errors(page)


def test_the_drawings_on_home_lead_to_their_lessons_where_paths_are_what_is_left_of_inputs(
    page: Page, dashboard_url: str, console: list[str]
) -> None:
    open_page(page, dashboard_url)
    cards = page.locator(".card")
    expect(cards).to_have_count(8)
    links = cards.evaluate_all("all => all.map(a => a.getAttribute('href').split('?')[0])")
    assert links == ["rnn", "attention", "positions", "vit", "maps", "gpt", "train", "study"]
    norms = cards.nth(0).locator(".path").evaluate_all("all => all.map(p => +p.dataset.norm)")
    true = path_norms(with_radius(preset("vanishing", 8), 0.9), path_inputs(8, 5))[:, -1]
    assert np.allclose(norms, true, rtol=1e-6)
    config = load_model("gpt-shakespeare").config
    expect(cards.nth(1).locator("[data-block]")).to_have_count(config.num_layers)
    cards.nth(0).click()
    page.wait_for_url(re.compile(r"/rnn\?section=Network"))
    wait_ready(page)
    a_path_is_as_thick_as_what_is_left_of_its_input(page, "vanishing", 8, 0.9)
    no_errors(page)
    assert [line for line in console if "404" not in line] == []
