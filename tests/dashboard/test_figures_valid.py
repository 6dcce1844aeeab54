"""Plotly accepts every figure: they are plain dictionaries, which only these tests check."""

import importlib
import inspect
from collections.abc import Callable
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.study.kinds.pictures import Curve
from dashboard.figures import (
    compare,
    curves,
    decoding,
    faithfulness,
    layout,
    llama,
    margins,
    network,
    patches,
    poll,
    positions,
    scaling,
    tokens,
    versus,
)
from dashboard.figures.layout import Drawing
from dashboard.figures.maps import attention_maps, head_count, head_steps, heads, sinks
from dashboard.figures.study import answers
from dashboard.figures.trained import norm_place, patch_sizes, power_law
from tests.dashboard.drawings import checked

some = np.random.default_rng(0).random
WORDS = [f"word<{i}" for i in range(12)]
MASKED = np.where(np.tri(6, dtype=bool), some((6, 6)), -np.inf)
FALLING = np.sort(some(3000))[::-1]
BARS = decoding.step_bars(WORDS, some(12), some(12), some(12), 3, None)
RUNS = {f"run {i}": some((50, 2)) for i in range(9)}
STEPS = [{"kind": "step", "epoch": i / 10, "step": i, "loss": 3 - i / 50, "lr": 0.1,
          "layer_norms": {"a": 1.0 + i}} for i in range(60)]  # fmt: skip
EPOCHS = [{"kind": "epoch", "epoch": i, "train": {"accuracy": 0.5}, "held_out": {"accuracy": 0.4}}
          for i in (1, 2)]  # fmt: skip
POINTS = ([0.1, 0.2], [-1.0, -2.0], ["1", "2"])
CURVE = SimpleNamespace(share=torch.linspace(0, 1, 9), probability=torch.rand(9))

PATCHES = {2: (257, 3_000_000, 5_000_000, 130.0), 4: (65, 200_000, 900_000, 24.0)}
NORMS = {"before": [0.3, 0.2], "after": [0.2, 0.9]}

DRAWN: list[tuple[Callable[..., Drawing | None], tuple[object, ...]]] = [
    (attention_maps.causal_heatmaps, ({"one": some((5, 5)), "two": some((5, 5))}, WORDS[:5], 2)),
    (attention_maps.probability_bars, (WORDS, some(12), 2)),
    (positions.hands, ({0: [some(2), some(2)], 4: [some(2), some(2)]},)),
    (positions.bias_lines, (np.array([0.5, 0.25, 0.004]), 40)),
    (scaling.weights, ({"with": some(8), "without": some(8)},)),
    (scaling.against_width, ([1, 4, 16], {"with": ([1, 2, 3], [3, 2, 1])})),
    (head_count.accuracies, ({1: [0.3, 0.7], 4: [1.0, 1.0]}, 0.1)),
    (head_count.accuracies, ({}, 0.1)),
    (norm_place.gradients_and_losses,
     (NORMS, 1.0, {"after": {2: [1.2, 1.3], 4: [3.7, 3.7]}}, 3.7, (2, 4), ("after", "after", 2))),
    (norm_place.gradients_and_losses, (NORMS, 1.0, {}, 3.7, (2, 4), ("after", "after", 2))),
    (patch_sizes.accuracy_and_cost, ({2: [0.9, 0.8], 4: [0.7, 0.7]}, PATCHES, 4)),
    (patch_sizes.accuracy_and_cost, ({}, PATCHES, 4)),
    (power_law.against, ("width", (4, 8, 16), lambda w: 1 / w, [(4, 0.3), (8, 0.1)])),
    (power_law.against, ("width", (4, 8, 16), lambda w: 1 / w, [])),
    (head_count.rows, (some((16, 12)), (1, 4))),
    (answers.small_curves, ([Curve("a", (0.0, 1.0), (1.0, 0.5))], "k", "norm", "y", (0.5, 1.0))),
    (answers.calibration_bars, ({"sure": (3, 4), "think so": (1, 2), "guess": (0, 0)},)),
    (tokens.pair_bars, ([("<b> a", 9), ("␣ t", 4)],)),
    (sinks.weights_and_costs, (some((6, 3)), some(3), ["<b> a", "␣", ":"], 1)),
    (tokens.loss_bars, (["<b> a", "␣"], [0.1, 9.0], 1, 4.5)),
    (tokens.vocabulary_curves, ([256, 1256, 4256], [0.3, 0.2, 0.1], [4.0, 1.6, 1.2], True)),
    (tokens.vocabulary_curves, ([256, 1256, 4256], [0.3, 0.2, 0.1], [4.0, 1.6, 1.2], False)),
    (compare.compare_figure, (RUNS, "loss", "time", 0.5, True)),
    (curves.steps_figure, (RUNS, "norm", 5, True)),
    (curves.rate_figure, (STEPS, 5)),
    (curves.norms_figure, (STEPS, 5)),
    (curves.loss_figure, (STEPS + EPOCHS, 5)),
    (curves.measure_figure, (EPOCHS, "accuracy", 5)),
    (decoding.step_bars, (WORDS, some(12), some(12), some(12), 3, 0.9)),
    (decoding.with_vocabulary, (BARS, FALLING, FALLING, 7)),
    (decoding.step_attention, (some((2, 3, 12)), WORDS)),
    (decoding.quality_curves, ({"one": POINTS, "two": POINTS}, (0.5, -4.0))),
    (decoding.cache_picture, (6, 3, True)),
    (decoding.cache_sizes, ({"full": 9.0, "grouped": 3.0}, 64, 5.0, 10)),
    (decoding.time_per_token, ([1, 2], {"with": [1, 2]}, 2)),
    (decoding.time_by_pass, ({"one pass": 0.1, "one by one": 1.0},)),
    (head_steps.step_matrix, (MASKED, "query token", "key token", WORDS[:6], 2, 1)),
    (head_steps.step_matrix, (some((30, 40)), "query token", "feature", WORDS, 2)),
    (head_steps.product_bars, (some(8), -some(8))),
    (head_steps.before_after, (WORDS, some(12), some(12))),
    (heads.repeats_map, (some((12, 12)), WORDS, [-1] * 8 + [1, 2, 3, 4], 11)),
    (heads.repeats_map, (some((40, 40)), ["t"] * 40, [-1] * 39 + [5], 39)),
    (heads.loss_by_word, (some(12), some(12), WORDS, "off", [True] * 6 + [False] * 6)),
    (heads.lens_words, (some((3, 12)), [WORDS] * 3, WORDS)),
    (heads.lens_words, (some((3, 40)), [["w"] * 40] * 3, ["t"] * 40)),
    (heads.lens_classes, (some((3, 12)), WORDS)),
    (heads.change_by_position, (some(12), some(12), WORDS, 7)),
    (heads.sorted_heads, (some((2, 3)), "loss", 0.3, some((2, 3)))),
    (network.boxes, ([("E + P", "7×128"), ("block 1", "7×128")],)),
    (patches.token_matrix, (some((9, 16)),)),
    (patches.similarity_map, (some((4, 4)), 2, 3)),
    (patches.spectrogram, (some((16, 40)), 8, 20.0, 0.01, ["C", "D"])),
    (patches.moments_alike, (some((7, 7)), 0.1)),
    (poll.poll_bars, ({"a long answer that is broken into lines, for it is long": 3, "b": 9}, "b")),
    (poll.gain_intervals, (["RNN", "GPT"], [0.5, 0.2], [(0.3, 0.7), None], [[0.5, 0.4], [0.2]])),
    (positions.table_map, (some((20, 8)), 3)),
    (positions.similarity_map, (some((9, 9)),)),
    (positions.similarity_curves, ({"sinusoidal": (some(9), some(9))},)),
    (positions.one_frequency, (some(20), some(20), 3)),
    (positions.clock, (0.6, 0.8)),
    (positions.loss_curves, ({"learned": some(30)}, 16, 3)),
    (faithfulness.curves, (CURVE, CURVE, CURVE, CURVE)),
    (faithfulness.size_scatter, (some(20), some(20), 0.4, some(20), 64)),
    (faithfulness.share_scatter, (some(20), some(20), some(20))),
    (llama.dots, (WORDS[:7], [[2.1, 2.0], None, *[[1.9, 2.0]] * 5], 2, (1, 3))),
    (llama.curves, ([1, 2], [[3.0, 2.0]] * 2, [[2.9, 1.9]] * 2, ("one", "two"))),
    (versus.lines, ({"ViT": ([1, 10], [0.2, 0.3])}, "pixels", [1, 10])),
    (versus.by_share, ({"ViT": ([1, 10], [0.2, 0.3], [0.1, 0.0])}, [1, 10])),
    (versus.long_histories, ({"ViT": ([1, 2], [0.1, 0.2], [0.2, 0.3])},)),
    (versus.losses, ({"ViT": ([1, 2], [1.1, 0.9], [1.2, 1.3])},)),
    (versus.histories, ({"ViT": ([1, 2], [0.1, 0.2], [0.2, 0.3])},)),
]  # fmt: skip
MODULES = sorted(  # those of the RNN are checked in tests/dashboard/test_rnn_page.py
    f"dashboard.figures.{path.stem}"
    for path in Path(layout.__file__).parent.glob("*.py")
    if path.stem not in ("__init__", "layout") and not path.stem.startswith("rnn_")
)


@pytest.mark.parametrize(("draw", "given"), DRAWN, ids=lambda part: getattr(part, "__name__", ""))
def test_plotly_knows_every_property(draw: Callable[..., Drawing], given: tuple[object]) -> None:
    fig = draw(*given)
    assert len(checked(fig).data) == len(fig.spec["data"]) > 0


@pytest.mark.parametrize("module", MODULES)
def test_no_figure_is_left_out(module: str) -> None:
    names = {draw.__name__ for draw, _ in DRAWN}
    for name, draw in inspect.getmembers(importlib.import_module(module), inspect.isfunction):
        own = draw.__module__ == module and not name.startswith("_")
        if own and "Drawing" in str(draw.__annotations__.get("return")):
            assert name in names


@pytest.mark.parametrize(("draw", "given"), DRAWN, ids=lambda part: getattr(part, "__name__", ""))
def test_labels_have_room(draw: Callable[..., Drawing], given: tuple[object]) -> None:
    spec = layout.readable(draw(*given)).to_dict()["layout"]
    room, across, down = spec["margin"], spec["xaxis"], spec["yaxis"]
    assert set(room) == {"l", "r", "t", "b"}
    titled, below = bool(across.get("title")), "container" in str(spec)
    assert room["b"] >= margins.TITLE * titled + margins.LEGEND * below
    names = [unescape(str(name)) for name in down.get("ticktext", ())]
    assert room["l"] >= margins.LETTER * max(map(len, names), default=0)
    assert room["t"] + room["b"] < spec.get("height", 450), "some of the height is left"


def test_a_margin_set_by_the_figure_is_kept() -> None:
    usual, asked = (
        layout.readable(layout.figure([], given)).to_dict()["layout"]["margin"]
        for given in ({}, {"margin": {"t": 3}})
    )
    assert usual["t"] != 3
    assert asked == usual | {"t": 3}


@pytest.mark.parametrize(("draw", "given"), DRAWN, ids=lambda part: getattr(part, "__name__", ""))
def test_text_on_an_axis_names_categories(
    draw: Callable[..., Drawing], given: tuple[object]
) -> None:
    spec = draw(*given).spec
    for trace in spec["data"]:
        for letter in "xy":
            values = trace.get(letter, ())
            if len(values) and isinstance(values[0], str):
                number = trace.get(f"{letter}axis", letter)[1:]
                axis = spec["layout"][f"{letter}axis{number}"]
                assert axis["type"] == "category"


def test_a_poll_has_a_bar_for_every_option_even_for_numbers() -> None:
    counts = {"T − 1": 3, "T": 0, "1": 2, "0": 1}
    spec = layout.readable(poll.poll_bars(counts, "T − 1")).to_dict()
    assert spec["layout"]["yaxis"]["type"] == "category"
    assert spec["data"][0]["y"] == ["✓ T − 1", "T", "1", "0"]
    assert spec["data"][0]["x"] == [3, 0, 2, 1]
