"""The numbers of the linear RNN: powers, states, spectra, decay, against 50 digits and autograd."""

import math
import subprocess
import sys

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from core.linear_rnn.decay import MAX_STEPS, NORM_STEPS, growth, orbit, shares
from core.linear_rnn.matrices import MAX_BYTES, PRESETS, parse_matrix, preset, to_csv, with_radius
from core.linear_rnn.powers import powers
from core.linear_rnn.spectrum import number, scientific, spectrum

mpmath.mp.dps = 50


def shown(name: str, size: int) -> np.ndarray:
    """The preset as the page shows it first."""
    W, radius = preset(name, size), PRESETS[name].radius
    return with_radius(W, radius) if radius > 0 else W


def exact_power(W: np.ndarray, t: int) -> mpmath.matrix:
    """W^t in 50 digits, by squaring."""
    square, result = mpmath.matrix(W.tolist()), mpmath.eye(len(W))
    while t:
        if t & 1:
            result = result * square
        square, t = square * square, t >> 1
    return result


def relative_error(W: np.ndarray, exact: mpmath.matrix) -> float:
    return float(mpmath.mnorm(mpmath.matrix(W.tolist()) - exact, "f") / mpmath.mnorm(exact, "f"))


# powers


@pytest.mark.parametrize("name", [n for n in PRESETS if n != "nilpotent"])
@pytest.mark.parametrize("size", [2, 7])
def test_powers_of_every_preset_to_ten_digits(name: str, size: int) -> None:
    """Jordan (defective) and strongly non-normal included: no eigenvectors, so no cond(P)."""
    W = shown(name, size)
    table = powers(W, 512)
    for t in (1, 2, 3, 37, 255, 512):
        assert relative_error(table[t - 1], exact_power(W, t)) < 1e-10


def test_a_defective_matrix_of_size_32_keeps_its_digits() -> None:
    W = shown("jordan", 32)
    assert not spectrum(W).trusted
    assert relative_error(powers(W, 512)[511], exact_power(W, 512)) < 1e-12


def test_nilpotent_powers_are_exactly_zero_from_the_size_on() -> None:
    table = powers(preset("nilpotent", 9), 20)
    assert np.abs(table[7]).max() == 1
    assert not table[8:].any()


@given(st.integers(1, 70), st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_powers_are_numpys_powers(count: int, seed: int) -> None:
    W = np.random.default_rng(seed).normal(size=(3, 3))
    table = powers(W, count)
    assert len(table) == count
    for t in (1, count):
        expected = np.linalg.matrix_power(W, t)
        assert np.allclose(table[t - 1], expected, rtol=1e-10, atol=1e-12 * np.abs(expected).max())


def test_powers_of_a_rectangle_and_no_powers_are_refused() -> None:
    with pytest.raises(ValueError, match="only a square matrix has powers"):
        powers(np.zeros((2, 3)), 4)
    with pytest.raises(ValueError, match="ask for at least one"):
        powers(np.eye(2), 0)


# presets and spectra


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("size", [2, 3, 16, 64])
def test_every_preset_has_the_radius_it_promises(name: str, size: int) -> None:
    found = spectrum(preset(name, size))
    assert found.radius == pytest.approx(0 if name == "nilpotent" else 1, abs=1e-9)
    assert found.norm >= found.radius - 1e-12


def test_presets_show_their_effects() -> None:
    assert spectrum(preset("symmetric", 8)).condition == pytest.approx(1)
    Q = preset("orthogonal", 8)
    assert np.allclose(Q @ Q.T, np.eye(8))
    assert np.allclose(preset("stochastic", 8).sum(axis=1), 1)
    values = spectrum(preset("gaussian", 64)).eigenvalues
    assert 0.3 < (np.abs(values) < math.sqrt(0.5)).mean() < 0.7  # half the disc's area
    for size in (2, 8, 64):
        decay = growth(preset("nonnormal", size)).at(PRESETS["nonnormal"].radius)
        assert PRESETS["nonnormal"].radius < 1
        assert decay.peak()[1] > 100


@pytest.mark.parametrize("name", PRESETS)
def test_the_norm_lies_between_its_two_bounds(name: str) -> None:
    """ρ^k ≤ ‖W^k‖ ≤ cond(P) ρ^k: the eigenvalues decide, the eigenvectors say when."""
    W = shown(name, 6)
    found, curve = spectrum(W), growth(W).at()
    below = (NORM_STEPS - 1) * math.log10(found.radius) if found.radius else -np.inf
    assert (curve.norm >= below - 1e-9).all()
    if found.trusted:
        assert (curve.norm <= below + math.log10(found.condition) + 1e-9).all()


def test_each_kind_of_matrix_has_its_explanation() -> None:
    assert "exactly ρ^k" in spectrum(preset("orthogonal", 5)).explanation
    assert "may rise" in spectrum(preset("nonnormal", 5)).explanation
    assert "defective" in spectrum(preset("jordan", 5)).explanation


@pytest.mark.parametrize("radius", [0.5, 0.97, 1.2])
def test_moving_the_radius_is_measuring_the_scaled_matrix(radius: float) -> None:
    """(c W)^k = c^k W^k: one measurement serves every position of the slider."""
    W = preset("gaussian", 10)
    moved, measured = growth(W).at(radius), growth(with_radius(W, radius)).at()
    assert np.allclose(moved.norm, measured.norm, atol=1e-9)
    assert np.allclose(moved.modes, measured.modes, atol=1e-9)
    assert np.allclose(moved.input, measured.input, atol=1e-9)
    assert moved.marks.under_one_percent == measured.marks.under_one_percent


@pytest.mark.parametrize("name", PRESETS)
def test_norms_are_the_largest_singular_values_of_the_powers(name: str) -> None:
    W = preset(name, 24)
    curve = growth(W).at()
    stack = np.concatenate([np.eye(24)[None], powers(W, NORM_STEPS[-1] - 1)])[NORM_STEPS - 1]
    expected = np.linalg.svd(stack, compute_uv=False)[:, 0]
    np.testing.assert_allclose(10.0**curve.norm, expected, rtol=1e-9)


def test_a_power_that_overflows_has_an_infinite_norm() -> None:
    curve = growth(np.array([[1e-300, 1e6], [0.0, 1e-300]])).at(1.0)
    assert curve.norm[0] == 0
    assert np.isposinf(curve.norm[-1])


def test_the_peak_is_the_largest_norm_up_to_a_step() -> None:
    decay = growth(preset("nonnormal", 8)).at(1.2)
    assert decay.peak()[0] == MAX_STEPS
    assert decay.peak(200)[0] == 200
    assert (
        growth(preset("nonnormal", 8)).at(0.9).peak(200)
        == growth(shown("nonnormal", 8)).at().peak()
    )


# what is left of x_1


def test_marks_of_a_matrix_computed_by_hand() -> None:
    """W = ½ I: share_1(T) = 4^-(T-1) · (1 - ¼) / (1 - 4^-T)."""
    marks = growth(0.5 * np.eye(2)).at().marks
    share = [4.0 ** -(T - 1) * 0.75 / (1 - 4.0**-T) for T in range(1, 60)]
    assert marks.half_life == pytest.approx(1)
    assert marks.under_one_percent == next(T for T, s in enumerate(share, 1) if s < 0.01)
    assert marks.lost_in_float32 == next(T for T, s in enumerate(share, 1) if s < 2.0**-48)
    assert marks.overflow_float32 is None
    doubling = growth(2.0 * np.eye(2)).at().marks
    assert doubling.half_life is None
    assert doubling.under_one_percent is None  # x_1 drowns all others instead
    assert doubling.overflow_float32 == 129  # √(2/3) 2^T passes 3.4e38 ≈ 2^128


def test_what_is_lost_in_float32_really_is_lost() -> None:
    """Past the mark, float32 states with and without x_1 differ by rounding at most."""
    W = 0.5 * np.eye(2)
    T = growth(W).at().marks.lost_in_float32
    x = np.random.default_rng(0).normal(size=(T, 2)).astype(np.float32)
    ends = []
    for first in (1, 0):
        h = x[0] * np.float32(first)
        for t in range(1, T):
            h = W.astype(np.float32) @ h + x[t]
        ends.append(h)
    assert np.array_equal(*ends)


@pytest.mark.parametrize("name", PRESETS)
def test_the_shares_of_all_inputs_sum_to_one(name: str) -> None:
    at, log_share = shares(growth(shown(name, 4)).at().energy, count=64, longest=64)
    share = np.nan_to_num(10**log_share)
    assert list(at) == list(range(1, 65))
    assert np.allclose(share.sum(axis=0), 1)
    assert share[0, 0] == pytest.approx(1)


def test_orbit_is_the_recurrence_without_input() -> None:
    W = shown("rotation", 2)
    points = orbit(W, 0.3, 20)
    assert points.shape == (21, 2)
    assert np.allclose(points[1:], points[:-1] @ W.T)
    with pytest.raises(ValueError, match="2 × 2 matrix only"):
        orbit(np.eye(3), 0.0, 5)


def test_impossible_radii_are_refused() -> None:
    with pytest.raises(ValueError, match="All eigenvalues are 0"):
        with_radius(preset("nilpotent", 3), 0.5)
    for radius in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="spectral radius"):
            with_radius(np.eye(2), radius)
        with pytest.raises(ValueError, match="spectral radius"):
            growth(np.eye(2)).at(radius)


@pytest.mark.parametrize("name", PRESETS)
def test_autograd_lies_on_the_curve(name: str) -> None:
    """∂h_T/∂x_1 = W_h^{T-1} W_x, found by torch without being told."""
    from core.linear_rnn.gradient import gradient_norms

    W = shown(name, 5)
    T_values = [1, 2, 3, 4, 30, 40]
    curve = 10.0 ** growth(W).at().norm
    expected = [curve[T - 1] for T in T_values]
    assert np.allclose(gradient_norms(W, T_values), expected, rtol=1e-8, atol=1e-12)


# matrices of the user's own


@pytest.mark.parametrize(
    "text",
    ["0.9, 0.1\n0, 0.8", "0.9 0.1\n0 .8\n", "0.9;0.1;\n\n0\t8e-1", b"\xef\xbb\xbf0.9,0.1\r\n0,0.8"],
)
def test_ways_to_paste_a_matrix(text: str | bytes) -> None:
    assert np.array_equal(parse_matrix(text), [[0.9, 0.1], [0.0, 0.8]])


def test_csv_there_and_back_keeps_every_bit() -> None:
    W = preset("gaussian", 64)
    assert np.array_equal(parse_matrix(to_csv(W)), W)
    assert len(to_csv(W)) < MAX_BYTES


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 2 3\n4 5 6", "must be square"),
        ("1 2\n3", "must be square"),
        ("1, x\n2, 3", "is not a number"),
        ("1, __import__('os')\n2, 3", "must be square|is not a number"),
        ("1,,2\n3,4,5\n6,7,8", "is not a number"),
        ("1, ٣\n2, 3", "is not a number"),
        ("nan, 1\n2, 3", "is not finite"),
        ("1, -inf\n2, 3", "is not finite"),
        ("1, 1e999\n2, 3", "is not finite"),
        ("1, 1e9\n2, 3", "is too large"),
        ("\n".join(["1 " * 65] * 65), "65 × 65"),
        ("1", "at least 2 × 2"),
        ("", "is empty"),
        (" \n ", "is empty"),
        (b"0.5," * 2_500_000, "10,000,000 bytes"),
        (b"\xff\xfe\x00", "is not text"),
        (b"\x89PNG\r\n", "is not text"),
    ],
)
def test_bad_matrices_get_one_sentence(text: str | bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        parse_matrix(text)
    sentence = str(caught.value)
    assert type(caught.value) is ValueError
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 200


@pytest.mark.parametrize(("name", "size"), [("gaussian", 65), ("gaussian", 1), ("none", 4)])
def test_bad_presets(name: str, size: int) -> None:
    with pytest.raises(ValueError, match="choose one"):
        preset(name, size)


def test_the_numbers_need_no_torch() -> None:
    code = (
        "import sys, core.linear_rnn.decay, core.linear_rnn.gradient; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'sympy', 'streamlit', 'plotly')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_numbers_are_shown_with_powers_of_ten():
    assert [number(x) for x in (0.0, 1.41, 0.135, 1234.5, 2.86e7, 2.8e-16)] == [
        *("0", "1.41", "0.135", "1,234", "2.9·10⁷", "2.8·10⁻¹⁶"),
    ]
    assert scientific(-0.002) == "−2·10⁻³"
    assert scientific(1) == "1·10⁰"
    assert [scientific(x) for x in (0, float("inf"))] == ["0", "inf"]
