"""The numbers that the RNN instrument computes in the browser are those of core/linear_rnn."""

import json
import math
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from core.linear_rnn.decay import NORM_STEPS, Growth, growth, input_vector, orbit, shares
from core.linear_rnn.instruments.eigenvalue_moves import modes, move_eigenvalues, read_moves
from core.linear_rnn.matrices import PRESETS, preset
from tests.conftest import ROOT

SOURCE = (ROOT / "dashboard/rnn/instrument/arithmetic.js").read_text(encoding="utf-8")
CLOSE = 1e-6


def in_browser(blank: Page, expression: str, given: object) -> Any:
    """The value of `expression`, which may use `given`; numbers come back as text, typed arrays as
    lists."""
    found = blank.evaluate(
        f"""() => {{ {SOURCE}
        const given = {json.dumps(given)};
        return JSON.stringify({expression}, (key, one) => ArrayBuffer.isView(one)
          ? Array.from(one, String) : typeof one === "number" ? String(one) : one); }}"""
    )
    return json.loads(found)


def same(found: Any, expected: Any) -> None:
    got = np.array(found, dtype=np.float64)
    np.testing.assert_allclose(got, np.asarray(expected, dtype=np.float64), rtol=CLOSE, atol=1e-9)


@pytest.mark.parametrize("name", [*PRESETS, "noise"])
def test_the_powers_decay_alike(blank: Page, name: str) -> None:
    rng = np.random.default_rng(7)
    for size in (2, 9, 16):
        W = rng.normal(size=(size, size)) if name == "noise" else preset(name, size, 3)
        measured: Growth = growth(W)
        u = input_vector(size, np.random.default_rng(0))
        given = {"W": (W / measured.scale).ravel().tolist(), "d": size, "u": u.tolist()}
        found = in_browser(blank, "growth(given.W, given.d, given.u, 500)", given)
        gone = -13  # where rounding is all that is left of a nilpotent matrix or a faded input
        for field, k in (("norm", NORM_STEPS - 1), ("input", None), ("energy", None)):
            expected, got = getattr(measured, field), np.array(found[field], dtype=float)
            there = expected > gone
            assert (got[~there] < gone + 2).all()
            np.testing.assert_allclose(10.0 ** (got[there] - expected[there]), 1, rtol=CLOSE)
            assert len(got) == len(expected), k


def test_the_largest_singular_value(blank: Page) -> None:
    rng = np.random.default_rng(1)
    matrices = [rng.normal(size=(d, d)) for d in (2, 5, 16, 32)]
    matrices += [np.eye(8), np.zeros((3, 3)), np.diag([1, 1 - 1e-7, 0.5]), 1e150 * np.eye(2)]
    given = [{"A": A.ravel().tolist(), "d": len(A)} for A in matrices]
    found = in_browser(blank, "given.map(({A, d}) => twoNorm(Float64Array.from(A), d))", given)
    same(found, [np.linalg.norm(A, 2) for A in matrices])


def test_scaling_shares_and_marks(blank: Page) -> None:
    for rho in (0.3, 0.9, 1.0, 1.4):
        measured = growth(preset("gaussian", 12, 5))
        decay = measured.at(rho)
        given = {
            "c": rho / measured.spectrum.radius * measured.scale, "rho": rho,
            **{f: getattr(measured, f).tolist() for f in ("norm", "input", "energy")},
        }  # fmt: skip
        typed = """[given].map((g) => decayAt({ norm: Float64Array.from(g.norm),
          input: Float64Array.from(g.input), energy: Float64Array.from(g.energy) }, g.c))[0]"""
        found = in_browser(blank, typed, given)
        for field in ("norm", "input", "energy"):
            same(found[field], getattr(decay, field))
        at, log = shares(decay.energy, 48, 200)
        got = in_browser(blank, "shares(Float64Array.from(given), 48, 200)", decay.energy.tolist())
        same(got[0], at)
        for mine, theirs in zip(got[1], log, strict=True):
            there = np.isfinite(theirs)
            numbers = [float(v) if v is not None else math.nan for v in mine]
            same(np.array(numbers)[there], theirs[there])
        marks = in_browser(
            blank, "marks(Float64Array.from(given.energy), given.rho)",
            {"energy": decay.energy.tolist(), "rho": rho},
        )  # fmt: skip
        told = {k: None if v is None else float(v) for k, v in marks.items()}
        assert told["underOnePercent"] == decay.marks.under_one_percent
        assert told["lostInFloat32"] == decay.marks.lost_in_float32
        assert told["overflowFloat32"] == decay.marks.overflow_float32
        half = decay.marks.half_life
        assert told["halfLife"] == (None if half is None else pytest.approx(half, rel=CLOSE))


def test_the_orbit(blank: Page) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        W, angle = rng.normal(size=(2, 2)), float(rng.uniform(0, 6))
        given = {"W": W.ravel().tolist(), "angle": angle}
        found = in_browser(blank, "orbit(given.W, given.angle, 40)", given)
        same(np.array(found, dtype=float).T, orbit(W, angle, 40))


@pytest.mark.parametrize("name", ["gaussian", "rotation", "symmetric", "nonnormal", "stochastic"])
def test_moved_eigenvalues(blank: Page, name: str) -> None:
    W = preset(name, 9, 2)
    found = modes(W)
    assert found is not None
    pairs = [i for i in range(9) if found.values[i].imag > 0]
    reals = [i for i in range(9) if found.values[i].imag == 0]
    text = ";".join([f"{i}:0.31:0.42" for i in pairs[:2]] + [f"{i}:-0.7:0" for i in reals[:1]])
    moves = read_moves(text, found)
    expected = move_eigenvalues(W, found, moves)
    values = np.linalg.eigvals(expected)
    for value in moves.values():
        assert np.abs(values - value).min() < 1e-6, "it has the eigenvalue that was asked for"
    given = {
        "W": W.ravel().tolist(), "moves": [[i, [v.real, v.imag]] for i, v in moves.items()],
        "modes": {
            "re": found.values.real.tolist(), "im": found.values.imag.tolist(),
            "partner": [found.partner(i) for i in range(9)],
            **{
                side: {"re": part.real.ravel().tolist(), "im": part.imag.ravel().tolist()}
                for side, part in (("right", found.right), ("left", found.left))
            },
        },
    }  # fmt: skip
    got = in_browser(blank, "moveEigenvalues(given.W, 9, given.modes, new Map(given.moves))", given)
    same(got, expected.ravel())


@pytest.mark.parametrize(
    "text",
    ["x", "0", "0:1:0;0:1:0", "99:1:0", "0:nan:0", "0:1e9:0", "0:9999:0", "8:1", ";", "0:1:0;"],
)
def test_moves_that_fit_no_matrix_are_refused(text: str) -> None:
    found = modes(preset("symmetric", 9, 2))
    assert found is not None
    with pytest.raises(ValueError, match=r"^[^\n]+\.$"):
        read_moves(text, found)


def test_a_real_eigenvalue_stays_real_and_a_defective_matrix_is_left_alone() -> None:
    found = modes(preset("symmetric", 9, 2))
    assert found is not None
    with pytest.raises(ValueError, match="stays real"):
        read_moves("0:0.5:0.5", found)
    assert modes(preset("jordan", 9)) is None
