"""A deep real model in a browser: all its maps under the pointer, and heads that are switched."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from core.interpret.block_steps import block_steps
from core.interpret.llama_steps import llama_steps
from core.interpret.trace import blocks_of, trace
from core.models import load_model
from tests.browser.server import dashboard
from tests.browser.waiting import no_errors, open_page, wait_ready
from tests.models.pretrained.stored import write


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("real")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_DATA", str(folder / "data"))
        write("deep", num_layers=14)
        with dashboard(folder, UNROLLED_DATA=str(folder / "data")) as at:
            yield at


def test_a_deep_model_has_its_layers_side_by_side_is_drawn_and_a_step_shows_its_numbers(
    page: Page, address: str, console: list[str]
) -> None:
    open_page(page, address, "attention", "model=deep&prompt=the+man,+the+man")
    title = page.locator(".view .title")
    maps = page.get_by_role("application", name="All maps")
    maps.focus()
    for _ in range(3):
        maps.press("ArrowRight")
    maps.press("ArrowDown")
    expect(title).to_have_text("Layer 4, head 2")
    box = maps.bounding_box()
    assert box is not None
    step = page.locator(".view .frame").evaluate("frame => frame.offsetWidth")
    page.mouse.move(box["x"] + 60 + 13.5 * step, box["y"] + 26 + 4.5 * step)
    expect(title).to_have_text("Layer 14, head 5")
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url(re.compile(r"[?&]layer=14"))
    wait_ready(page)
    expect(page.get_by_text("Layer 14, head 5. Shape")).to_be_visible()
    no_errors(page)
    it_is_drawn_and_a_step_shows_its_numbers(page)
    no_errors(page)
    assert [e for e in console if "404" not in e] == []


def it_is_drawn_and_a_step_shows_its_numbers(page: Page) -> None:
    page.get_by_text("Draw the whole network").click()
    drawing = page.locator(".net svg.drawing")
    expect(drawing.locator("[data-block]")).to_have_count(14)
    expect(drawing.locator("[data-head]")).to_have_count(14 * 6)
    expect(drawing.locator(".narrow")).to_have_count(13)
    expect(drawing).to_contain_text("SwiGLU")
    head = drawing.locator("[data-head='9,4']")
    small = head.bounding_box()
    assert small is not None
    head.click()  # selects the block, which becomes wide
    page.wait_for_url(re.compile(r"net_block=9"))
    expect(drawing.locator(".narrow [data-head='9,4']")).to_have_count(0)
    wait_ready(page)
    # In one call: a drawing that has just been looked up may have given way to the next.
    large = page.locator(".net").evaluate(
        """net => net.querySelector("[data-head='9,4']").getBoundingClientRect().width"""
    )
    assert large > 1.5 * small["width"]
    head.click()  # opens it
    product = drawing.locator("[data-step='product']")
    product.click()
    product.click()
    expect(drawing.locator(".number")).to_have_count(50)
    page.wait_for_url(re.compile(r"net_depth=2"))
    values = drawing.locator(".number").evaluate_all("all => all.map(n => +n.dataset.value)")
    assert np.allclose(values, product_in_python(9), rtol=2e-2, atol=2e-2)


def test_a_head_of_a_deep_model_is_switched_off(page: Page, address: str) -> None:
    open_page(page, address, "heads", "model=deep&prompt=the+man,+the+man")
    grid = page.locator("[data-plot=contributions] svg[role=application]")
    grid.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Space"):
        grid.press(key)
    expect(page.locator(".say")).to_contain_text("7 heads are off")
    page.wait_for_url(re.compile(r"layer.3(,|%2C).head.2"))
    wait_ready(page)
    no_errors(page)


def product_in_python(layer: int) -> np.ndarray:
    """silu(gate) ⊙ up of the last token of the prompt."""
    loaded = load_model("deep")
    traced = trace(loaded.model, torch.tensor([loaded.tokenizer.ids("the man, the man")]))
    steps = block_steps(loaded.model, traced, layer)
    block = blocks_of(loaded.model)[layer]
    return np.asarray(llama_steps(block, steps["x"], steps["after"])["product"][-1])
