"""The attention pages: edits are followed, clicks move the controls, odd texts get a sentence."""

import json
import struct
import zlib

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.models import zoo
from dashboard.components.attention_view import encode, pack
from dashboard.figures.maps import head_steps, heads
from tests.conftest import ROOT
from tests.dashboard.drawings import checked

PAGE, HEADS = ROOT / "pages" / "attention.py", ROOT / "pages" / "heads.py"
needs_gpt = pytest.mark.skipif(not zoo.available_models("gpt"), reason="no GPT is shipped yet")
needs_vit = pytest.mark.skipif(not zoo.available_models("vit"), reason="no ViT is shipped yet")


def maps(layers=2, count=3, tokens=5, causal=True, seed=0):
    weights = np.random.default_rng(seed).random((layers, count, tokens, tokens))
    weights = np.tril(weights) if causal else weights
    return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


def decode(codes):
    """What view.js makes of the codes."""
    return (codes.astype(np.float64) / 255) ** 2


def unpacked(data):
    length = struct.unpack("<I", data[:4])[0]
    return json.loads(data[4 : 4 + length]), zlib.decompress(data[4 + length :])


@pytest.mark.parametrize("causal", [True, False])
def test_maps_travel_as_a_byte_a_weight_and_arrive_as_they_were(causal):
    alphas = maps(causal=causal)
    words = ["<START>", "</script>", "é", '"', "\\"]
    head, body = unpacked(pack(alphas, words, {"layer": 1}, causal))
    assert head["tokens"] == words
    assert head["cell"] == {"layer": 1}
    codes = np.frombuffer(body, np.uint8)
    if causal:
        assert len(codes) == 2 * 3 * 15
        full = np.zeros((2, 3, 5, 5), np.uint8)
        full[..., *np.tril_indices(5)] = codes.reshape(2, 3, 15)
        codes = full
    assert np.abs(decode(codes.reshape(alphas.shape)) - alphas).max() <= 0.004


def test_small_weights_keep_their_size():
    small = np.array([0.0, 1e-4, 1e-3, 0.01, 1.0])
    assert np.abs(decode(encode(small)) - small).max() < 5e-4
    assert decode(encode(small))[[0, -1]].tolist() == [0.0, 1.0]


def test_maps_that_do_not_fit_the_tokens_are_refused():
    with pytest.raises(ValueError, match="do not fit 3 tokens"):
        pack(maps(), ["a", "b", "c"], {}, True)


def test_a_step_shows_minus_infinity_where_it_is_masked():
    values = np.array([[1.0, -np.inf], [2.0, -3.0]])
    fig = checked(head_steps.step_matrix(values, "query token", "key token", ["a", "b"], 1, 0))
    assert list(fig.data[1].text) == ["−∞"]
    assert np.isnan(fig.data[0].z[0][1])
    assert (fig.data[0].zmin, fig.data[0].zmax) == (-3.0, 3.0)
    cell = fig.layout.shapes[-1]
    assert (cell.x0, cell.x1, cell.y0, cell.y1) == (-0.5, 0.5, 0.5, 1.5)
    assert list(fig.layout.xaxis.ticktext) == ["a", "b"]


def test_a_first_row_without_a_choice_does_not_set_the_colours():
    causal = np.tril([[1.0] * 3, [0.2] * 3, [0.3] * 3])
    names = ["a", "b", "c"]
    fig = checked(head_steps.step_matrix(causal, "query token", "key token", names))
    assert fig.data[0].zmax == pytest.approx(0.3)
    other = checked(head_steps.step_matrix(causal[::-1], "query token", "key token", names))
    assert other.data[0].zmax == 1


def test_masked_scores_and_their_weights_are_empty_cells():
    for empty, written in ((-np.inf, "−∞"), (np.nan, "0")):
        values = np.array([[1.0, empty], [0.5, 0.5]])
        cells, names = checked(
            head_steps.step_matrix(values, "query token", "key token", ["a", "b"])
        ).data
        assert np.isnan(np.asarray(cells.z, dtype=float)[0, 1])
        assert cells.text[0][1] == ""  # in a cell Plotly writes black, also on the dark page
        assert (names.x[0], names.y[0], names.text[0]) == (1, 0, written)


def test_the_bars_of_a_product_add_up_to_the_score():
    q, k = np.array([1.0, -2.0, 0.5]), np.array([3.0, 1.0, 4.0])
    assert np.sum(checked(head_steps.product_bars(q, k)).data[0].y) == pytest.approx(q @ k)


def test_heads_are_sorted_with_the_largest_first():
    fig = checked(heads.sorted_heads(np.array([[0.1, 0.5], [0.3, 0.2]]), "share", chance=0.2))
    assert list(fig.data[0].x) == ["1.2", "2.1", "2.2", "1.1"]
    assert list(fig.data[1].y) == [0.2, 0.2]


def test_frames_mark_where_an_induction_head_looks():
    names = ["a", "b", "a", "c"]
    fig = checked(heads.repeats_map(np.eye(4), names, [-1, -1, 1, -1], 2))
    assert {(s.x0, s.x1, s.y0, s.y1) for s in fig.layout.shapes} == {(0.5, 1.5, 1.5, 2.5)}
    shown = np.asarray(fig.data[0].z, dtype=float)
    assert np.isnan(shown[np.triu_indices(4, 1)]).all(), "the future is empty"
    assert not np.isnan(shown[np.tril_indices(4)]).any()


def test_the_loss_of_each_word_is_drawn_twice_and_repeated_words_are_bold():
    loss, without = np.array([4.0, 0.1]), np.array([4.0, 3.0])
    fig = checked(heads.loss_by_word(loss, without, ["<i>", "moon"], "off", [False, True]))
    assert [list(bars.y) for bars in fig.data] == [[4.0, 0.1], [4.0, 3.0]]
    assert list(fig.layout.xaxis.ticktext) == ["&lt;i&gt;", "<b>moon</b>"]


def test_what_a_user_typed_is_no_markup_on_an_axis():
    fig = checked(heads.lens_words(np.ones((2, 1)), [["<b>x"], ["y"]], ["<i>z"]))
    assert fig.data[0].text[0][0] == "&lt;b&gt;x"
    assert fig.layout.xaxis.ticktext[0] == "&lt;i&gt;z"


@pytest.fixture
def app():
    return AppTest.from_file(str(PAGE), default_timeout=120)


def ok(app):
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    return app


@needs_gpt
def test_every_step_can_be_opened(app):
    ok(app.run())
    for name in ("x", "masked", "concat", "after", "scores"):
        ok(app.segmented_control(key="step").set_value(name).run())
    assert any("`scores = q @ k.T" in m.value for m in app.markdown)
    assert any("add up to the score" in c.value for c in app.caption)


@needs_gpt
def test_query_and_key_begin_anew_with_another_text(app):
    app.query_params["query"] = "2: RICHARD"
    ok(app.run())
    assert app.selectbox(key="query").value == 2
    ok(app.text_area[0].set_value("DUKE:\nGood fool").run())
    assert app.selectbox(key="query").value == 4
    assert app.selectbox(key="query").options[4] == "4: fool"


@needs_gpt
def test_a_temperature_changes_what_the_model_says(app):
    ok(app.run())
    assert not any(
        "What the model predicts before and after your change" in m.value for m in app.markdown
    )
    app.session_state["temperature"] = 5.0
    ok(app.run())
    assert any(
        "What the model predicts before and after your change" in m.value for m in app.markdown
    )


@needs_gpt
def test_a_cell_masked_in_the_link_is_followed_and_nonsense_is_not(app):
    app.query_params["cells"] = "6.5,6.0"
    ok(app.run())
    assert any("after your change" in m.value for m in app.markdown)
    assert any("in the section “One row”" in c.value for c in app.caption)
    for nonsense in ("6.99", "6", "6.-1", "x", "1.1," * 900, "6.5,"):
        other = AppTest.from_file(str(PAGE), default_timeout=120)
        other.query_params["cells"] = nonsense
        ok(other.run())
        assert other.session_state["cells"] == ""
        assert not any("after your change" in m.value for m in other.markdown)


@needs_gpt
def test_where_the_instrument_stopped_the_server_draws_the_row(app):
    app.session_state["state-live-stopped-row"] = True
    app.query_params["section"] = "One row"
    ok(app.run())
    app.slider(key="temperature").set_value(0.5).run()
    ok(app)
    assert any("Weights (across) of the keys" in m.value for m in app.markdown)
    assert any("so the server draws it" in w.value for w in app.warning)


@needs_gpt
@pytest.mark.parametrize("mask", ["anyone", "causal", "my mask"])
def test_another_mask_is_followed(app, mask):
    app.query_params["mask"] = mask
    ok(app.run())
    changed = any(
        "What the model predicts before and after your change" in m.value for m in app.markdown
    )
    assert changed
    app.selectbox(key="hidden").select_index(2).run()
    ok(app)
    app.toggle(key="hide_pair").set_value(True).run()
    ok(app)


@needs_gpt
def test_a_changed_word_is_read_and_an_unknown_one_is_named(app):
    ok(app.run())
    app.selectbox(key="word_at").select_index(1)
    app.text_input(key="word").set_value("zzgrmpf").run()
    ok(app)
    assert any("does not know zzgrmpf" in note.value for note in app.info)
    app.text_input(key="word").set_value("the").run()
    ok(app)
    assert any(
        "What the model predicts before and after your change" in m.value for m in app.markdown
    )


@needs_gpt
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", None),
        ("zzgrmpf qqxyz", "none of these words"),
        ("king " * 200_000, "too long"),
        ("<script>alert(1)</script> **x** $y$", "UNK"),
    ],
    ids=["nothing", "only unknown words", "a million characters", "markup"],
)
def test_odd_texts_break_nothing(app, text, sentence):
    app.run()
    app.text_area[0].set_value(text).run()
    ok(app)
    if sentence:
        assert any(sentence in note.value for note in app.info)


@needs_gpt
def test_a_mean_has_no_steps(app):
    app.query_params["layer"] = "mean"
    ok(app.run())
    assert any("The steps exist for one head only" in note.value for note in app.info)


@needs_gpt
@pytest.mark.parametrize(
    "section",
    ["switch heads off", "all heads measured", "layer by layer", "side by side", "the leak"],
)
def test_every_section_of_the_heads_page_opens(section):
    app = AppTest.from_file(str(HEADS), default_timeout=120)
    app.query_params["try"] = section
    ok(app.run())
    if section == "the leak":
        assert app.metric[0].value == "0"


@needs_gpt
def test_a_link_says_which_heads_are_off_and_what_is_hidden(app):
    other = AppTest.from_file(str(HEADS), default_timeout=120)
    other.query_params["without"] = "layer 2, head 1"
    ok(other.run())
    assert other.multiselect(key="without").value == ["layer 2, head 1"]
    app.query_params["hidden"] = "1: KING"
    ok(app.run())
    assert any(
        "What the model predicts before and after your change" in m.value for m in app.markdown
    )


@needs_vit
@pytest.mark.parametrize(
    "section",
    ["switch heads off", "all heads measured", "layer by layer", "side by side", "the leak"],
)
def test_every_section_opens_for_pictures(section):
    app = AppTest.from_file(str(HEADS), default_timeout=120)
    app.query_params["try"], app.query_params["reads"] = section, "pictures"
    ok(app.run())


@needs_vit
def test_attention_opens_for_pictures_and_for_random_weights(app):
    app.query_params["reads"], app.query_params["weights"] = "pictures", "random"
    ok(app.run())
