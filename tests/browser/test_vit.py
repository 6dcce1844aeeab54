"""The Vision Transformer in a browser: layer, head and the patch that looks follow the pointer."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.waiting import no_errors, open_page, wait_ready


def figure(page: Page, name: str) -> Locator:
    return page.locator(f"[data-plot={name}] svg[role=application]")


def pixels(page: Page, name: str) -> str:
    return str(page.locator(f"[data-plot={name}] canvas").evaluate("e => e.toDataURL()"))


def at_patch(page: Page, row: int, column: int) -> tuple[float, float]:
    """The middle of a patch of the picture, counted from 1, on the page."""
    box = page.locator("[data-plot=patches] canvas").bounding_box()
    assert box
    side = box["width"] / 8
    return box["x"] + (column - 0.5) * side, box["y"] + (row - 0.5) * side


def test_layer_head_patch_and_rollout_are_shown_and_kept_and_an_error_leaves_the_server_s_figures(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "vit")
    expect(page.locator("figcaption", has_text="The class token: all layers")).to_be_visible()
    mean = pixels(page, "overlay")
    page.get_by_role("slider", name="Layer").press("ArrowRight")
    expect(page.locator("figcaption", has_text="The class token: layer 1")).to_be_visible()
    assert pixels(page, "overlay") != mean
    page.wait_for_url("**layer=1*")
    figure(page, "heads").press("ArrowRight")
    page.wait_for_url("**head=1*")
    page.get_by_role("slider", name="Layer").press("Home")
    page.wait_for_url(re.compile(r"vit\?(?!.*layer)"))
    no_errors(page)
    wait_ready(page)
    rollout_goes_through_the_layers(page)

    said = page.locator(".say")
    expect(said).to_contain_text("The class token gives")
    page.mouse.move(*at_patch(page, 3, 5))
    expect(said).to_contain_text("The patch in row 3, column 5 gives")
    page.mouse.move(5, 5)
    expect(said).to_contain_text("The class token gives")
    page.mouse.click(*at_patch(page, 3, 5))
    page.mouse.move(5, 5)
    page.wait_for_url("**patch=21*")
    expect(said).to_contain_text("The patch in row 3, column 5 gives")
    figure(page, "overlay").press("ArrowDown")
    page.wait_for_url("**patch=29*")
    expect(said).to_contain_text("row 4, column 5 gives")
    figure(page, "patches").press("Home")
    expect(said).to_contain_text("The class token gives")
    page.wait_for_url(re.compile(r"vit\?(?!.*patch)"))
    no_errors(page)
    wait_ready(page)

    expect(page.locator(".live figure svg[viewBox]").first).to_be_visible()
    page.evaluate(
        "window.unrolledLive.maps.drawn.forEach((one) => { one.draw = () => { throw Error('x') } })"
    )
    page.get_by_role("slider", name="Layer").press("ArrowRight")
    expect(page.get_by_text("so the server draws it")).to_be_visible()
    wait_ready(page)
    expect(page.locator(".st-key-figure-overlay img")).to_be_visible()
    no_errors(page)


def rollout_goes_through_the_layers(page: Page) -> None:
    page.get_by_role("radio", name="rollout").click()
    slider = page.get_by_role("slider", name="Rollout through layer")
    expect(slider).to_have_value("3")
    whole = pixels(page, "overlay")
    slider.press("ArrowLeft")
    expect(page.locator("figcaption", has_text="rollout, layers 1 to 2")).to_be_visible()
    assert pixels(page, "overlay") != whole
    page.wait_for_url("**through=2*")
    no_errors(page)
    wait_ready(page)
    page.get_by_role("radio", name="attention").click()
    expect(page.locator("figcaption", has_text="The class token: all layers")).to_be_visible()
    wait_ready(page)


def test_the_position_whose_neighbours_are_shown_follows_the_hand(
    page: Page, dashboard_url: str
) -> None:
    open_page(page, dashboard_url, "patches")
    title = page.locator("[data-plot=position] figcaption")
    expect(title).to_contain_text("row 4, column 4")
    page.get_by_role("slider", name="Row").press("ArrowRight")
    figure(page, "position").press("ArrowRight")
    expect(title).to_contain_text("row 5, column 5")
    page.wait_for_url("**row=5*")
    page.wait_for_url("**column=5*")
    figure(page, "position").click(position={"x": 300, "y": 20})
    expect(title).not_to_contain_text("row 5")
    no_errors(page)
    page.evaluate(
        "window.unrolledLive.patches.drawn.forEach((one) => { one.draw = () => { throw 1 } })"
    )
    page.get_by_role("slider", name="Row").press("End")
    expect(page.get_by_text("so the server draws it")).to_be_visible()
    expect(page.locator(".st-key-figure-position")).to_be_visible()
    no_errors(page)
