"""Figures are functions of arrays: the arrays can be read back out of the picture."""

import io
import itertools
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from dashboard import palette
from dashboard.figures import data, positions
from dashboard.figures.layout import figure, readable
from dashboard.figures.maps import attention_maps as maps, named_map, printed_maps
from tests.dashboard.drawings import checked


@pytest.fixture
def alphas() -> np.ndarray:
    """(L=2, H=3, T=5, T=5), rows sum to one."""
    weights = np.random.default_rng(0).random((2, 3, 5, 5)).astype(np.float32)
    return weights / weights.sum(-1, keepdims=True)


def test_the_grid_shows_every_weight_of_every_map(alphas: np.ndarray) -> None:
    side = 50  # ten pixels a cell
    step = side + maps.GAP
    picture = Image.open(io.BytesIO(maps.attention_grid(alphas, width=maps.LEFT + 3 * step)))
    assert picture.mode == "P"
    pixels = np.asarray(picture)
    for layer, head in itertools.product(range(2), range(3)):
        y, x = maps.TOP + layer * step, maps.LEFT + head * step
        block = pixels[y : y + side, x : x + side]
        expected = np.rint(alphas[layer, head] / alphas[layer, head].max() * 249)
        assert (block.reshape(5, 10, 5, 10) == expected[:, None, :, None]).all()


def test_masked_cells_have_no_colour_of_a_weight(alphas: np.ndarray) -> None:
    picture = Image.open(io.BytesIO(maps.attention_grid(np.tril(alphas), width=maps.LEFT + 180)))
    block = np.asarray(picture)[maps.TOP :, maps.LEFT :][:50, :50].reshape(5, 10, 5, 10)
    rows, columns = np.triu_indices(5, 1)
    assert (block[rows, :, columns] == 250).all()  # the ground
    assert (block[np.tril_indices(5)[0], :, np.tril_indices(5)[1]] < 250).all()


def test_the_map_on_home_names_its_tokens_and_hides_what_is_masked(alphas: np.ndarray) -> None:
    alpha, words = np.tril(alphas[0, 0]), ["KING", ":", "Good", "<UNK>", "queen"]
    alpha[0, 0] = 1
    png = named_map.named_map(alpha, words)
    assert png != named_map.named_map(alpha, [*words[:4], "duke"]), "a name is drawn"
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    ground, cell = picture[0, 0], 2 * named_map.CELL
    coloured = (picture == maps.colours()[-1]).all(-1)
    row, column = (int(axis.min()) for axis in np.nonzero(coloured))  # the first cell has all
    assert (picture[row, column + cell] == ground).all(), "the first row sees itself alone"
    assert (picture[row + cell, column + cell] != ground).any()
    long = named_map.named_map(np.tril(np.full((100, 100), 0.01)), ["word"] * 100)
    assert Image.open(io.BytesIO(long)).size[0] < 1200


def test_few_large_weights_do_not_darken_the_map_of_a_long_text() -> None:
    alpha = np.tril(np.full((60, 60), 0.01))
    alpha[0, 0] = alpha[30, 3] = 1.0
    assert maps.brightest(alpha) == pytest.approx(0.01)
    assert maps.brightest(alpha[:8, :8]) == pytest.approx(0.01)  # the first row has no choice
    assert maps.brightest(alpha[30:33, 2:5]) == 1.0  # of a small map every cell counts
    assert maps.brightest(np.full((3, 3), np.nan)) == pytest.approx(1e-9)


def test_the_grid_can_share_one_scale(alphas: np.ndarray) -> None:
    entries = maps.to_palette(alphas[0, 0], scale_to=1.0)
    assert entries.max() == round(float(alphas[0, 0].max()) * 249)
    assert not maps.to_palette(np.zeros((2, 2))).any()


def test_the_grid_refuses_other_shapes() -> None:
    with pytest.raises(ValueError, match=r"shape \(L, H, T, T\), not \(3, 3\)"):
        maps.attention_grid(np.zeros((3, 3)))


def test_one_map_keeps_its_numbers_names_and_direction(alphas: np.ndarray) -> None:
    tokens = ["the", "cat", "the", "<b>", "sat"]
    fig = checked(maps.causal_heatmaps({"layer 2": alphas[1, 2]}, tokens))
    heat = fig.data[0]
    assert np.asarray(heat.z).dtype == np.float32
    past = np.tri(5, dtype=bool)
    np.testing.assert_array_equal(heat.z[past], alphas[1, 2][past])
    assert np.isnan(heat.z[~past]).all(), "masked is not the colour of a small weight"
    assert fig.layout.xaxis.title.text == "key token"
    assert fig.layout.yaxis.title.text == "query token"
    assert list(fig.layout.yaxis.ticktext) == ["the", "cat", "the", "&lt;b&gt;", "sat"]
    assert fig.layout.yaxis.autorange == "reversed"
    assert list(heat.customdata[1][4]) == ["cat", "sat"]  # query, key


def test_one_map_refuses_other_tokens(alphas: np.ndarray) -> None:
    with pytest.raises(ValueError, match="does not fit 2 tokens"):
        maps.causal_heatmaps({"": alphas[0, 0]}, ["a", "b"])


def test_maps_beside_each_other_do_not_overlap(alphas: np.ndarray) -> None:
    fig = checked(maps.causal_heatmaps({str(i): alphas[0, 0] for i in range(4)}, list("abcde"), 2))
    across = [fig.layout[f"xaxis{i}"].domain for i in ("", 2, 3, 4)]
    down = [fig.layout[f"yaxis{i}"].domain for i in ("", 2, 3, 4)]
    assert across[0] == across[2]
    assert across[0][1] < across[1][0]
    assert down[0] == down[1]
    assert down[2][1] < down[0][0]
    named = [fig.layout[f"xaxis{i}"].showticklabels for i in ("", 2, 3, 4)]
    assert named == [False, False, None, None]  # names would cover the titles of the row below
    assert [trace.zmax for trace in fig.data] == [1] * 4


def test_bars_keep_their_order_even_when_names_repeat() -> None:
    fig = checked(maps.probability_bars(["a", "a", "b"], [0.5, 0.3, 0.2], highlight=1))
    bar = fig.data[0]
    assert list(bar.x) == [0.5, 0.3, 0.2]
    assert list(fig.layout.yaxis.ticktext) == ["a", "a", "b"]
    assert list(bar.marker.opacity) == [0.5, 1, 0.5]


def test_the_overlay_is_brightest_where_attention_is_largest() -> None:
    row = np.full(16, 0.01)
    row[6] = 0.85  # row 1, column 2 of 4×4
    png = maps.class_token_overlay(np.full((32, 32, 3), 128, np.uint8), row, side=64)
    grey = np.asarray(Image.open(io.BytesIO(png)).convert("L"), dtype=float)
    cells = grey.reshape(4, 16, 4, 16).mean((1, 3))
    assert np.unravel_index(cells.argmax(), cells.shape) == (1, 2)
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[::2] = 255
    under = maps.class_token_overlay(stripes, row, side=64)
    grey = np.asarray(Image.open(io.BytesIO(under)).convert("L"), dtype=float)
    assert np.ptp(grey[:16, :16]) > 5 * np.ptp(grey[16:32, 32:48]) > 0, "the picture is still seen"
    assert maps.largest(row).startswith("Brightest patch: 85.0%")
    with pytest.raises(ValueError, match="do not make a square"):
        maps.class_token_overlay(np.zeros((32, 32, 3), np.uint8), np.ones(15))


def test_no_text_is_smaller_than_the_least_size() -> None:
    heat = {"type": "heatmap", "z": [[1, 2]], "colorbar": {"tickfont": {"size": 8}}}
    note = {"text": "here", "font": {"size": 9, "color": "#123456"}}
    title = {"text": "x", "font": {"size": 30}}
    fig = figure([heat], {"annotations": [note], "xaxis": {"title": title}})
    spec = readable(fig).to_dict()
    assert spec["layout"]["template"]["layout"]["font"]["size"] >= 16
    assert spec["layout"]["annotations"][0]["font"] == {"size": 16, "color": "#123456"}
    assert spec["layout"]["xaxis"]["title"]["font"]["size"] == 30
    assert spec["data"][0]["colorbar"]["tickfont"]["size"] == 16
    assert heat["colorbar"]["tickfont"]["size"] == 8, "the figure handed in stays as it was"


def test_plotly_knows_the_template() -> None:
    look = readable(figure([], {})).to_dict()["layout"]["template"]
    assert go.layout.Template(look).layout.font.color == palette.FIGURE_TEXT


def test_colours_are_those_of_the_page(root: Path) -> None:
    config = (root / "dashboard" / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    theme = tomllib.loads(config)["theme"]
    pairs = [theme["light"], theme["dark"]]
    assert tuple(look["backgroundColor"] for look in pairs) == palette.BACKGROUND
    assert tuple(theme["chartCategoricalColors"]) == palette.PALETTE
    assert theme["light"]["textColor"] == palette.FIGURE_TEXT
    for look in pairs:
        a, b = (luminance(look[name]) + 0.05 for name in ("textColor", "backgroundColor"))
        assert max(a, b) / min(a, b) >= 7


def test_the_downloaded_data_are_those_of_the_figure() -> None:
    fig = figure([{"type": "scatter", "name": "loss", "x": [1, 2], "y": np.array([0.5, 0.25])}], {})
    packed = zipfile.ZipFile(io.BytesIO(data.pack(data.arrays_of(fig))))
    assert packed.read("loss_y.csv").decode().split() == ["0.5", "0.25"]
    arrays = np.load(io.BytesIO(packed.read("data.npz")))
    np.testing.assert_array_equal(arrays["loss_x"], [1, 2])


def test_downloaded_data_contain_no_formula_and_no_path() -> None:
    packed = zipfile.ZipFile(io.BytesIO(data.pack({"../../evil": ["=1+1", "word"]})))
    assert packed.namelist() == ["______evil.csv", "data.npz"]
    assert packed.read("______evil.csv").decode().split() == ["'=1+1", "word"]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("background", palette.BACKGROUND)
def test_every_colour_stands_out_from_both_backgrounds(background: str) -> None:
    for colour in palette.PALETTE:
        pair = sorted([luminance(colour) + 0.05, luminance(background) + 0.05])
        assert pair[1] / pair[0] >= 3, colour


# Machado, Oliveira & Fernandes 2009, severity 1.0, on linear RGB.
BLINDNESS = {
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
}


def lab(colour: str, matrix: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of the colour as seen through `matrix`."""
    channels = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = np.clip(matrix @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    f = np.cbrt(np.maximum(to_xyz @ seen / [0.9505, 1.0, 1.089], 1e-4))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", BLINDNESS)
def test_colours_stay_apart_for_colour_blind_eyes(kind: str) -> None:
    seen = [lab(colour, np.array(BLINDNESS[kind])) for colour in palette.PALETTE]
    for (i, a), (j, b) in itertools.combinations(enumerate(seen), 2):
        assert np.linalg.norm(a - b) >= 20, (palette.PALETTE[i], palette.PALETTE[j])


def test_the_loss_past_the_trained_length_does_not_show_before_it_is_asked_for() -> None:
    loss = [1.0] * 15 + [
        9.0
    ] * 15  # trained to 16 positions: the loss at the 16th is the first past
    whole = positions.loss_curves({"learned": loss}, 16, 5).spec
    held = positions.loss_curves({"learned": loss}, 16, 5, known=False).spec
    shown = [list(drawing["data"][0]["y"]) for drawing in (held, whole)]
    assert shown[0] == [1.0] * 15, "nothing of it, not by averaging either"
    assert shown[1] == [1.0] * 15 + [9.0] * 15
    assert held["layout"]["xaxis"]["range"] == whole["layout"]["xaxis"]["range"]
    assert held["layout"]["yaxis"]["range"] == whole["layout"]["yaxis"]["range"]


def test_maps_to_print_are_on_white_with_names_and_their_cells_are_the_weights() -> None:
    alphas = np.tril(np.random.default_rng(0).random((2, 3, 5, 5)).astype(np.float32))
    picture = Image.open(io.BytesIO(printed_maps.printed_grid(alphas, list("abcde"))))
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert (pixels[0, 0] == 255).all()
    left, top, cell = printed_maps.TITLE + printed_maps.NAME, printed_maps.TITLE, printed_maps.CELL
    names = pixels[top : top + 5 * cell, printed_maps.TITLE : left]
    assert [bool((names[i * cell : (i + 1) * cell] < 99).any()) for i in range(5)] == [True] * 5
    middles = [top + i * cell + cell // 2 for i in range(5)]
    cells = pixels[np.ix_(middles, [left + i * cell + cell // 2 for i in range(5)])]
    assert (cells[np.triu_indices(5, 1)] == printed_maps.MASKED).all()
    light = cells.sum(-1)[np.tril_indices(5)][2:]  # below the first rows
    assert np.corrcoef(light, alphas[0, 0][np.tril_indices(5)][2:])[0, 1] > 0.9
    assert printed_maps.printed_grid(np.ones((1, 1, 65, 65)) / 65, ["x"] * 65)  # without names
