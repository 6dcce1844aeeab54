"""The RNN lesson as a student uses it, and its figures."""

import base64
import math
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.linear_rnn.decay import growth, orbit, shares
from core.linear_rnn.flops import LAYERS, T_VALUES, CostRecord, read_report
from core.linear_rnn.latch_sweep import read_sweep
from core.linear_rnn.matrices import PRESETS, preset, with_radius
from core.study.measure.store import fill, load_measurements
from core.study.question import shipped
from dashboard.components.formula import formula
from dashboard.figures.layout import Drawing
from dashboard.figures.rnn import cost, decay as rnn_decay, latch, matrix
from tests import apps
from tests.apps import check
from tests.dashboard.drawings import checked

DECAY = "Eigenvalues and decay"


opened = partial(apps.opened, "rnn")


without_instrument = partial(apps.opened, "rnn", ("rnn",))


# the expansion


def test_stepping_through_the_expansion_and_back() -> None:
    app = check(opened(T="3"))
    assert any("Step 0 of 5" in m.value for m in app.markdown)
    for wanted in (1, 2, 3):
        app.button(key="step-Next").click().run()
        assert any(f"Step {wanted} of 5" in m.value for m in app.markdown)
    assert any(r"\colorbox" in latex.value for latex in app.latex)
    app.button(key="step-Last").click().run()
    assert any("Step 5 of 5" in m.value for m in check(app).markdown)
    assert app.button(key="step-Next").disabled
    app.button(key="step-First").click().run()
    assert app.button(key="step-Back").disabled
    assert any("Step 0 of 5" in m.value for m in check(app).markdown)


def test_sentences_are_set_like_formulas() -> None:
    from dashboard.rnn.expansion import in_math

    assert in_math("W_h now acts on h_12, with h_0 = 0.") == (
        "$W_{h}$ now acts on $h_{12}$, with $h_{0}$ = 0."
    )


def test_fewer_steps_than_the_one_shown() -> None:
    app = opened(T="12")
    app.button(key="step-Last").click().run()
    app.slider(key="T").set_value(1).run()
    assert any("Step 1 of 1" in m.value for m in check(app).markdown)


def test_the_two_checks_are_shown_with_every_option() -> None:
    app = opened(T="5", h0="true", bias="true", power="true")
    terms, difference = (m.value for m in check(app).metric)
    assert terms == "0"
    assert float(difference) < 1e-12


def test_an_answer_is_checked_and_a_bad_one_gets_a_sentence() -> None:
    app = opened(T="2")
    answer = app.text_input[0]
    answer.set_value("phi(Wy Wh Wx x1 + Wy Wx x2)").run()
    assert "each input once" in check(app).success[0].value
    answer.set_value("phi(Wy Wx Wh x1 + Wy Wx x2)").run()
    assert "wrong order" in check(app).warning[0].value
    for bad in ("__import__('os')", "(" * 6 + "(W_h+W_h)" + "^64)" * 6):
        answer.set_value(bad).run()
        assert not app.exception
        assert len(app.warning) == 1


# eigenvalues and decay


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("view", ["shares", "orbit", "entries"])
def test_every_preset_opens_with_every_view(name: str, view: str) -> None:
    query = {"section": DECAY, "matrix": PRESETS[name].title, "view": view, "size": "4"}
    assert len(check(without_instrument(**query)).get("plotly_chart")) == 3
    app = check(opened(**query))
    assert not app.get("plotly_chart")
    assert any(formula(PRESETS[name].sentence, safe=True) in m.value for m in app.markdown)


def test_a_preset_brings_its_radius_and_the_slider_moves_it() -> None:
    app = without_instrument(section=DECAY)
    assert "stopped working in your browser" in app.warning[0].value
    app.selectbox(key="matrix").set_value("orthogonal").run()
    facts = {m.label: m.value for m in check(app).metric}
    assert facts["ρ = max |λ|"] == "1"
    assert facts["half-life"] == "none"
    app.slider(key="rho").set_value(0.5).run()
    facts = {m.label: m.value for m in check(app).metric}
    assert facts["half-life"] == "1.0 steps"
    assert facts["x₁ lost to rounding"] == "T = 25"


def test_the_gradient_comes_from_torch() -> None:
    app = without_instrument(section=DECAY, matrix="Scaled rotation", size="4", autograd="true")
    assert len(check(app).get("plotly_chart")) == 2


def test_values_of_the_link_are_taken_and_those_out_of_range_are_not() -> None:
    app = check(opened(section=DECAY, rho="0.5", longest="100", at="7"))
    assert (app.session_state["rho"], app.session_state["longest"]) == (0.5, 100)
    assert app.session_state["at"] == 7
    app = check(opened(section=DECAY, rho="9", longest="x", at="-1"))
    assert (app.session_state["rho"], app.session_state["longest"]) == (0.9, 200)
    assert sum("which does not exist here" in note.value for note in app.info) == 3
    app.session_state["rho"] = 1e9
    assert check(app.run()).session_state["rho"] == 1.5


def test_moved_eigenvalues_are_in_the_link_until_the_matrix_changes() -> None:
    query = {"section": DECAY, "matrix": "Symmetric", "size": "4"}
    app = check(without_instrument(**query, moved="0:0.2:0"))
    assert app.session_state["moved"] == "0:0.2:0"
    assert app.query_params["moved"] == "0:0.2:0"
    app.slider(key="size").set_value(5).run()
    assert check(app).session_state["moved"] == ""
    for forged in ("0:0.2:1", "9:1:0", "0:1e9:0", "x" * 5000, "0:nan:0"):
        assert check(opened(**query, moved=forged)).session_state["moved"] == ""


def test_the_browser_is_told_its_values_only_when_it_has_others() -> None:
    app = check(opened(section=DECAY))
    first = app.session_state["state-live-order-rnn"]
    assert first["values"]["rho"] == 0.9
    assert check(app.run()).session_state["state-live-order-rnn"] == first
    app.session_state["rho"] = 0.7
    told = check(app.run()).session_state["state-live-order-rnn"]
    assert (told["n"], told["values"]["rho"]) == (first["n"] + 1, 0.7)


@pytest.mark.parametrize(
    "text", ["1 2\n3", "a b\nc d", "nan 1\n1 1", "1 2 3\n4 5 6", "", "\n".join(["1 " * 65] * 65)]
)
def test_a_bad_matrix_is_one_sentence(text: str) -> None:
    app = opened(section=DECAY, matrix="Your own")
    app.text_area(key="own").set_value(text).run()
    assert not app.exception
    assert len(app.error) == 1
    app.text_area(key="own").set_value("0.5 0.1\n0 0.5").run()
    assert any("2 × 2" in m.value for m in check(app).markdown)


def test_an_own_matrix_too_large_for_an_orbit() -> None:
    app = opened(section=DECAY, matrix="Your own", view="orbit")
    app.text_area(key="own").set_value("1 0 0\n0 1 0\n0 0 1").run()
    assert not app.exception
    assert "orbit can be drawn for 2 × 2 matrices only" in app.error[0].value.replace("\\", "")


# learning and cost


def captions(app: AppTest) -> list[str]:
    """All captions with what stands behind their question marks, in small letters."""
    return [f"{one.value} {one.help}".lower() for one in app.caption]


def test_learning_and_cost_show_what_is_shipped() -> None:
    app = check(opened(section="Learning"))
    assert len(app.get("plotly_chart")) == 1
    app = check(opened(section="Cost", d="256"))
    assert len(app.get("plotly_chart")) == 3
    assert sum("shipped with the program" in text for text in captions(app)) == 2
    assert any("operations at T = d / 2 = 128" in c.value for c in app.caption)


def test_more_units_stop_helping_the_rnn_first() -> None:
    at = {}
    for P in ("1", "16384"):
        app = check(opened(section="Cost", P=P))
        words = " ".join(m.value for m in app.markdown)
        at[P] = [float(re.search(rf"{layer}, P = {int(P):,} \(model\): \*\*(\S+) ms", words)[1])
                 for layer in ("RNN", "attention")]  # fmt: skip
    rnn, attention = (one / many for one, many in zip(at["1"], at["16384"], strict=True))
    assert rnn < 1000
    assert attention > 10_000


def test_the_sweep_is_put_into_words_with_its_own_numbers() -> None:
    words = next(m.value for m in opened(section="Learning").markdown if "LSTM last" in m.value)
    plain, opened_gate = (
        point.median
        for bias in (0.0, 1.0)
        for point in read_sweep().curve("LSTM", bias)
        if point.delay == 15
    )
    assert f"it is right {plain:.0%} of the time" in words
    assert f"the LSTM is right {opened_gate:.0%} of the time" in words


def test_training_here_shows_curves_gradients_and_a_mark_in_the_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from core.linear_rnn import latch_task

    short = partial(latch_task.MemoryTask, steps=50)  # nothing here looks at what is learned
    monkeypatch.setattr(latch_task, "MemoryTask", short)
    app = opened(section="Learning", delay="2")
    app.button[0].click().run(timeout=120)
    assert len(check(app).get("plotly_chart")) == 3


def test_measuring_here_replaces_what_was_shipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from core.linear_rnn import cost as clock

    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(clock.measure_apart, "__defaults__", ((512, 1024), 2))
    app = opened(section="Cost", d="16")
    app.button[0].click().run(timeout=300)
    assert any("measured here" in text for text in captions(check(app)))
    quoted = shipped()["1e"].answer.measured[0]
    sentence = fill(quoted.text, load_measurements()) or ""
    assert "with d = 16: on one thread, the RNN takes" in sentence
    # The second in this process: that each number of threads has one of its own was seen.
    here = partial(clock.measure, T_values=(512, 1024), repeats=2)
    monkeypatch.setattr(clock, "measure_apart", here)
    app.session_state["d"] = 64
    app.button[0].click().run(timeout=300)
    app.session_state["d"] = 16
    assert any("measured here" in text for text in captions(check(app.run())))  # both are kept


# figures: built without Plotly's check, so it is made up for here


def test_every_figure_is_valid_and_names_its_axes() -> None:
    for name in PRESETS:
        for size in (2, 9):
            W = preset(name, size)
            W = with_radius(W, PRESETS[name].radius) if PRESETS[name].radius else W
            measured = growth(W)
            decay = measured.at()
            gradient = np.array([1, 20, 300]), np.array([1.0, 1e-3, 0.0])
            for fig in (
                matrix.eigenvalue_plane(measured.spectrum.eigenvalues),
                matrix.entries(W),
                rnn_decay.decay_curves(decay, 20),
                rnn_decay.decay_curves(decay, 500, gradient),
                rnn_decay.share_map(*shares(decay.energy, longest=100)),
            ):
                valid(fig)
    valid(matrix.orbit(orbit(1.4 * np.eye(2), 0.3, 40)))
    valid(latch.accuracy_by_delay(read_sweep(), [("GRU", 7, 0.5)]))
    valid(latch.learning_curves({"LSTM": ([0, 25], [0.1, 0.9])}, 50))
    norms = np.array([0.0, 1e-9, 1.0])
    valid(latch.gradients_by_step({"GRU": (norms, None), "LSTM": (norms, 2 * norms)}))
    valid(cost.operations(T_VALUES, 64))
    lines = {("cpu", 1, layer): read_report().points("cpu", 1, layer, 64) for layer in LAYERS}
    valid(cost.times(lines, {1: 100.0, 2: None}))
    gpu = {("cuda", 1, "RNN"): [CostRecord("cuda", 1, "RNN", 16, 8, 2e-5, 3e-5)]}
    valid(cost.times(lines | gpu, {}))
    valid(cost.on_units({"RNN": {1: 4e-3, 2: 4e-3}, "attention": {1: 5e-3}}, 1024, 64, 64, 16384))


def valid(fig: Drawing) -> None:
    found = checked(fig)
    assert found.layout.xaxis.title.text
    assert found.layout.yaxis.title.text


def test_modes_are_drawn_as_they_are() -> None:
    decay = growth(np.diag([0.9, -0.5])).at()
    modes = checked(rnn_decay.decay_curves(decay, 100)).data[0]
    ends = {(x, y) for x, y in zip(modes.x, modes.y, strict=True) if x > 1}
    expected = {(100.0, 0.9**99), (100.0, 0.5**99)}
    for (x, y), (a, b) in zip(sorted(ends), sorted(expected), strict=True):
        assert x == a
        assert math.isclose(y, b, rel_tol=1e-8)


def test_the_orbit_has_a_frame_a_step() -> None:
    fig = matrix.orbit(orbit(0.5 * np.eye(2), 0.0, 3))
    frames = fig.to_dict()["frames"]
    assert [frame["name"] for frame in frames] == ["0", "1", "2", "3"]
    assert frames[2]["data"][1]["x"] == [0, 0.25]
    walked = frames[2]["data"][0]["x"]
    assert walked["dtype"] == "f4"
    assert np.frombuffer(base64.b64decode(walked["bdata"]), "<f4").tolist() == [1, 0.5, 0.25]
