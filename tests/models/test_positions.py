"""Position codes: the formula, its two theorems, and the page."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from streamlit.testing.v1 import AppTest

from core.linear_rnn.spectrum import scientific
from core.models import positions
from core.models.pretrained.rotary import Rotation, rotate
from core.models.relative_positions import (
    AlibiGPT,
    NoPositionGPT,
    RotaryPositionGPT,
    alibi_attention,
)  # fmt: skip
from core.models.sinusoidal_gpt import sinusoidal_positions
from core.publish.position_experiment import (
    SIZES,
    loss_by_position,
    stream_of,
    train,
    windows,
)
from core.tokenizer import WordTokenizer
from dashboard.attention import position_data
from dashboard.attention.rotary import change
from tests import apps


@pytest.mark.parametrize(("tokens", "dim"), [(1, 1), (5, 7), (200, 64), (300, 128)])
def test_the_formula_is_the_models_formula(tokens: int, dim: int) -> None:
    expected = sinusoidal_positions(tokens, dim).numpy()
    np.testing.assert_allclose(positions.sinusoidal(tokens, dim), expected, atol=1e-4)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 40))
def test_a_step_of_k_is_one_rotation_wherever_it_starts(t: int, k: int, half: int) -> None:
    table = positions.sinusoidal(t + k + 1, 2 * half)
    np.testing.assert_allclose(positions.turn(2 * half, k) @ table[t], table[t + k], atol=1e-9)


def test_similarity_depends_on_the_distance_alone_for_the_formula_only() -> None:
    mean, spread = positions.similarity_by_distance(positions.sinusoidal(120, 32))
    expected = np.cos(np.outer(np.arange(120), positions.frequencies(32))).mean(1)
    np.testing.assert_allclose(mean, expected, atol=1e-9)
    assert spread.max() < 1e-9
    noise = np.random.default_rng(0).normal(size=(120, 32))
    assert positions.similarity_by_distance(noise)[1][1:100].min() > 0.05


@given(st.integers(0, 300), st.integers(1, 20), st.sampled_from([1e4, 1e5, 5e5]))
def test_rotary_scores_depend_on_the_distance_alone(by: int, half: int, base: float) -> None:
    rng = np.random.default_rng(by)
    q, k = (np.tile(rng.normal(size=2 * half), (by + 40, 1)) for _ in range(2))
    scores = positions.rotate(q, base) @ positions.rotate(k, base).T
    np.testing.assert_allclose(scores[by:, by:], scores[:40, :40], atol=1e-9 * half)
    lengths = np.linalg.norm(positions.rotate(q, base), axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(q[0]), atol=1e-12)


def test_a_rotation_is_the_turn_of_the_code_and_that_of_a_llama() -> None:
    x = np.random.default_rng(0).normal(size=(30, 16))
    turned = positions.rotate(x)
    for t in (0, 1, 29):
        np.testing.assert_allclose(turned[t], positions.turn(16, t) @ x[t], atol=1e-12)
    # A Llama pairs column i with i + d/2 and turns the other way.
    columns = [*range(1, 16, 2), *range(0, 16, 2)]
    cos, sin = Rotation().angles(0, 30, 16)
    llama = rotate(torch.from_numpy(x[:, columns]).float(), cos, sin).numpy()
    np.testing.assert_allclose(llama, turned[:, columns], atol=1e-5)


def test_alibi_slopes_halve_from_head_to_head() -> None:
    np.testing.assert_allclose(positions.alibi_slopes(8), [2.0**-h for h in range(1, 9)])


def test_wavelengths_grow_from_six_tokens_to_tens_of_thousands() -> None:
    assert positions.wavelength(128, 0) == pytest.approx(2 * np.pi)
    assert positions.wavelength(128, 63) > 50_000


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 position"):
        positions.sinusoidal(0, 4)
    with pytest.raises(ValueError, match="must be even"):
        positions.turn(5, 1)


def test_without_positions_only_what_came_before_counts_not_where() -> None:
    torch.manual_seed(0)
    model = NoPositionGPT(20, 200, **SIZES).eval()
    assert not model.positions(7).any()
    # The set of words before the last one decides, not their order.
    ids = torch.tensor([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]])
    with torch.no_grad():
        first_layer = model.transformer.layers[0]
        x = model.embed(ids)
        x[1, :4] = x[1, [3, 1, 0, 2]]
        mask = torch.ones(5, 5).tril().expand(2, 5, 5)
        out, _ = first_layer(x, mask)
    torch.testing.assert_close(out[0, 4], out[1, 4])


def test_the_experiment_learns_and_reads_past_its_length() -> None:
    lines = ["a b c d e f g h . " * 3] * 30
    tokenizer = WordTokenizer(lines[0])
    stream = stream_of(tokenizer, lines)
    generator = torch.Generator().manual_seed(0)
    assert windows(stream, 64, 5, generator).shape == (5, 64)
    torch.manual_seed(0)
    model = NoPositionGPT(tokenizer.vocab_size, 200, **SIZES)
    records = list(train(model, "none", stream, 40, generator))
    assert records[-1].loss < records[0].loss / 2
    losses = loss_by_position(model.eval(), stream, 16, generator)
    assert losses.shape == (199,)
    assert np.isfinite(losses).all()


def opened(**query: str) -> AppTest:
    return apps.check(apps.opened("positions", **query))


def test_every_table_opens_and_nonsense_in_a_link_does_no_harm() -> None:
    app = opened(dim="7", t="-4", i="9999", table="../x")
    for name in app.selectbox(key="table").options:
        app.selectbox(key="table").select(name).run()
        assert not app.exception
    app.session_state["dim"] = 8
    assert not app.run().exception
    assert app.session_state["i"] == 3  # of the four pairs
    app.session_state["state-live-stopped-positions"] = True
    assert len(app.run().get("plotly_chart")) == 7
    app.session_state["state-live-stopped-rotary"] = True
    assert len(app.run().get("plotly_chart")) == 9


def test_moving_query_and_key_together_changes_no_rotary_score() -> None:
    app = opened(query="70", apart="12", base="500,000")
    app.radio(key="guess-rotary").set_value("it becomes smaller").run()
    rotated, added = change(50)
    assert rotated < 1e-5
    assert added > 0.1
    [said] = [m.value for m in app.markdown if "Your prediction was wrong:" in m.value]
    assert scientific(rotated) in said
    assert f"{added:.2f}" in said
    opened(query="nan", apart="1e9", base="no")


def test_the_measured_curves_wait_for_a_prediction() -> None:
    if position_data.experiment() is None:
        pytest.skip("the curves were not computed")
    app = opened()
    assert not app.metric
    for scheme in position_data.NAMES:
        app.radio(key=f"guess-past-{scheme}").set_value("rises a lot")
    app.run()
    assert not app.exception
    assert len(app.metric) == 5


def test_the_shipped_curves_are_whole() -> None:
    found = position_data.experiment()
    if found is None:
        pytest.skip("the curves were not computed")
    assert set(found.loss) == {"learned", "sinusoidal", "none", "rotary", "alibi"}
    assert all(len(loss) == found.read - 1 for loss in found.loss.values())
    before, after = position_data.means(found)
    assert after["learned"] > before["learned"]
    assert after["rotary"] < after["none"] < after["sinusoidal"] < after["learned"]
    assert abs(after["alibi"] - before["alibi"]) < 0.05 < after["rotary"] - before["rotary"]


@pytest.mark.parametrize("kind", [RotaryPositionGPT, AlibiGPT])
def test_only_distances_count(kind: type[NoPositionGPT]) -> None:
    """The same text with other words in front: attention among its words stays the same up to the
    weight that the words in front take."""
    torch.manual_seed(0)
    model = kind(30, 64, **(SIZES | {"num_layers": 1})).eval()
    text, front = torch.arange(3, 13)[None], torch.full((1, 7), 20)
    with torch.inference_mode():
        alone = model(text, return_attn=True)[1][0, 0]
        later = model(torch.cat([front, text], 1), return_attn=True)[1][0, 0, :, 7:, 7:]
    torch.testing.assert_close(later / later.sum(-1, keepdim=True), alone)
    assert not alone.triu(1).any()


def test_alibi_subtracts_the_slope_for_each_token_of_distance() -> None:
    zero = torch.zeros(1, 4, 9, 8)
    mask = torch.ones(9, 9).tril().bool()
    out, alphas = alibi_attention(zero, zero, torch.ones(1, 4, 9, 8), mask)
    ratio = alphas[0, :, 8, 5] / alphas[0, :, 8, 2]  # 3 tokens nearer
    np.testing.assert_allclose(ratio.log(), 3 * positions.alibi_slopes(4), rtol=1e-5)
    torch.testing.assert_close(out, torch.ones(1, 4, 9, 8))
