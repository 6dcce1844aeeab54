"""The recurrent matrix of the RNN lesson: a preset, scaled or edited, or one pasted or uploaded."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from core.linear_rnn.decay import MAX_STEPS, Decay, Growth, growth
from core.linear_rnn.gradient import SAMPLED_STEPS, gradient_norms
from core.linear_rnn.instruments.eigenvalue_moves import Modes, modes, move_eigenvalues, read_moves
from core.linear_rnn.matrices import (
    MAX_BYTES,
    MAX_SIZE,
    MIN_SIZE,
    PRESETS,
    parse_matrix,
    preset,
    to_csv,
    with_radius,
)
from core.linear_rnn.spectrum import number, scientific
from dashboard import controls, state
from dashboard.components.live import Dial

OWN = "own"
OWN_ROWS = "0.9, 0.5\n0, 0.8"
LONGEST_LINKED = 2000
MOVABLE = 32  # sizes up to this have eigenvalues that can be moved: each move measures all powers
LONGEST = 200  # T up to which the curves are shown at first
RANDOM = ("vanishing", "exploding", "gaussian", "symmetric", "orthogonal", "stochastic")
CLOSER = ("nothing", "shares", "orbit", "entries")
CLOSER_HELP = (
    "shares: how much of h_T comes from each input. orbit: the path of one vector under repeated "
    "multiplication by W_h. entries: the matrix itself."
)
EDITABLE = 6  # sizes up to this have every entry in a table to type in


@dataclass(frozen=True)
class MatrixView:
    """The matrix as shown, its measured powers, and the radius it is scaled to (None: as is).

    base: the matrix before eigenvalues were moved and before it was scaled. moved: as in the link.
    """

    W: np.ndarray
    growth: Growth
    radius: float | None
    sentence: str
    preset: str | None
    base: np.ndarray
    moved: str
    dials: tuple[Dial, Dial]  # of ρ, and of the largest T

    @property
    def eigenvalues(self) -> np.ndarray:
        """The eigenvalues of the matrix as shown: scaling W scales them."""
        spectrum = self.growth.spectrum
        if self.radius is None or spectrum.radius == 0:
            return spectrum.eigenvalues
        return np.asarray(spectrum.eigenvalues * (self.radius / spectrum.radius))


def matrix_controls() -> tuple[MatrixView, str]:
    """Draw the controls of the matrix; return it and the name of the closer look.

    Raises ValueError for text that is not a matrix.
    """
    first, second, third = st.columns([4, 3, 3])
    with third:
        closer = controls.choice("Also show", CLOSER, key="view", help=CLOSER_HELP)
    names = [*PRESETS, OWN]
    state.offer("matrix", names[0], names, _title)
    name = first.selectbox(
        "Matrix Wₕ", names, 0, _title, key="matrix", bind="query-params",
        on_change=_take_radius,
    )  # fmt: skip
    usual = (PRESETS[name].radius if name != OWN else 0.0) or 0.9
    state.record("matrix", name)
    scaled = name != "nilpotent"
    if name == OWN:
        scaled = second.toggle("Scale it to ρ", key="scale", bind="query-params")
        base, preset_name = _own(), None
        sentence = f"Your own matrix, {len(base)} × {len(base)}."
    else:
        size = second.slider(
            "Size d", MIN_SIZE, MAX_SIZE, 16, key="size", bind="query-params", on_change=_forget
        )
        state.record("size", size)
        base, preset_name, sentence = preset(name, size, draw()), name, PRESETS[name].sentence
    rho = controls.dial(
        "Spectral radius ρ", 0.1, 1.5, usual, key="rho", step=0.01, off=not scaled,
        help="The largest |λ|. The slider multiplies the whole matrix by one factor.",
    )  # fmt: skip
    longest = controls.dial("Largest T", 20, MAX_STEPS, LONGEST, key="longest", step=10)
    moved = controls.text_in_link("moved", lambda text: fitting_moves(base, text))
    is_own = preset_name is None
    measured = measured_own(to_csv(base)) if is_own else measured_preset(name, size, draw())
    W = base
    if moved:
        W = _with_moves(base, measured.spectrum.radius, moved)
        measured = measured_own(to_csv(W))
    radius = rho.value if scaled else None
    if radius is not None and measured.spectrum.radius > 0:
        W = with_radius(W, radius)
    view = MatrixView(W, measured, radius, sentence, preset_name, base, moved, (rho, longest))
    return view, closer


def modes_of(base: np.ndarray) -> Modes | None:
    """P, Λ and P⁻¹ of base / ρ(base), whose eigenvalues can be moved; None where they cannot."""
    spectrum = measured_own(to_csv(base)).spectrum if len(base) <= MOVABLE else None
    if spectrum is None or spectrum.radius == 0 or not spectrum.trusted:
        return None
    return modes(base / spectrum.radius)


def fitting_moves(base: np.ndarray, text: object) -> bool:
    """Whether a browser may send these moves of the eigenvalues of `base`."""
    own_modes = modes_of(base)
    if not isinstance(text, str) or len(text) > LONGEST_LINKED or own_modes is None:
        return text == ""
    try:
        return bool(read_moves(text, own_modes)) or text == ""
    except ValueError:
        return False


def _with_moves(base: np.ndarray, radius: float, moved: str) -> np.ndarray:
    own_modes = modes_of(base)
    assert own_modes is not None, "moves were checked"
    return radius * move_eigenvalues(base / radius, own_modes, read_moves(moved, own_modes))


def facts(view: MatrixView, decay: Decay) -> dict[str, str]:
    """The numbers beside the curves: {label: value}."""
    spectrum, marks = view.growth.spectrum, decay.marks
    factor = decay.radius / spectrum.radius if spectrum.radius else 1.0
    condition, error = spectrum.condition, view.growth.formula_error
    return {
        "ρ = max |λ|": f"{decay.radius:.4g}",
        "‖W_h‖₂": f"{spectrum.norm * factor:.4g}",
        "cond(P)": number(condition) if condition < 1e15 else "∞ (defective)",
        "relative error of P Λ⁴⁹⁹ P⁻¹": scientific(error) if error < 1 else "over 100%",
        "half-life": f"{marks.half_life:.1f} steps" if marks.half_life else "none",
        "share of x₁ under 1%": _step(marks.under_one_percent),
        "x₁ lost to rounding": _step(marks.lost_in_float32),
        "overflow (float32)": _step(marks.overflow_float32),
    }


def explanation(view: MatrixView) -> str:
    """What the eigenvalues say about the powers, and how exact the lecture's formula is here."""
    spectrum, error = view.growth.spectrum, view.growth.formula_error
    condition = number(spectrum.condition) if spectrum.condition < 1e15 else "∞ (defective)"
    exact = scientific(error) if error < 1 else "over 100%"
    return (
        f"{spectrum.explanation} The eigenvectors have the condition number cond(P) = {condition}; "
        f"computed as P Λ⁴⁹⁹ P⁻¹, the power W⁴⁹⁹ has a relative error of {exact}."
    )


def peak(decay: Decay, longest: int) -> str:
    """One sentence: where the norm of the powers is largest."""
    at, size = decay.peak(longest)
    return f"Up to T = {longest}, ‖W_h^(T−1)‖ peaks at T = {at}: {number(size)}."


def two_by_two(view: MatrixView) -> np.ndarray:
    """The matrix itself if it is 2 × 2, otherwise its preset at size 2 with the same radius."""
    if len(view.W) == 2:
        return view.W
    if view.preset is None:
        raise ValueError(
            f"Your matrix is {len(view.W)} × {len(view.W)}; an orbit can be drawn "
            "for 2 × 2 matrices only."
        )
    W = preset(view.preset, 2, draw())
    return W if view.radius is None else with_radius(W, view.radius)


def _step(T: int | None) -> str:
    return f"T > {MAX_STEPS}" if T is None else f"T = {T}"


def draw() -> int:
    """The seed of the random presets."""
    return int(st.session_state.get("draw", 0))


def _own() -> np.ndarray:
    """A pasted or uploaded matrix; the link holds texts of up to LONGEST_LINKED characters."""
    linked = st.query_params.get("rows", OWN_ROWS)[:LONGEST_LINKED]
    text = st.text_area(
        "One row per line", linked, max_chars=MAX_BYTES, key="own", height=150,
        on_change=_forget,
    )  # fmt: skip
    own = text != OWN_ROWS and len(text) <= LONGEST_LINKED
    state.put_in_link("rows", text if own else None)
    file = st.file_uploader("… or a CSV file, used instead of the text", type=["csv", "txt"])
    return parse_matrix(file.getvalue() if file is not None else text)


def edit_entries(view: MatrixView) -> None:
    """A table of editable entries for small matrices; a button for another draw of random ones."""
    if view.preset in RANDOM:
        st.button("Draw again", on_click=_draw_again, icon=":material/casino:")
    W = view.W
    if len(W) > EDITABLE:
        st.caption(f"You can type entries here for matrices up to size {EDITABLE}.")
        return
    columns = [str(j + 1) for j in range(len(W))]
    key = f"entries-{hash(W.tobytes())}"
    table = pd.DataFrame(W, columns=columns, index=columns)
    st.data_editor(table, key=key, on_change=_take_entries, args=(key, W))
    st.caption("Change any number. The matrix is then your own.")


@st.cache_data(max_entries=64, show_spinner="Differentiating through time…")
def gradient(W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """T values and ‖∂h_T/∂x_1‖₂ by autograd."""

    return np.array(SAMPLED_STEPS), gradient_norms(W)


@st.cache_data(max_entries=256, show_spinner=False)
def measured_preset(name: str, size: int, seed: int) -> Growth:
    """The measured powers of a preset; the slider of ρ only scales them."""
    return growth(preset(name, size, seed))


@st.cache_data(max_entries=64, show_spinner=False)
def measured_own(csv: str) -> Growth:
    return growth(parse_matrix(csv))


def _title(name: str) -> str:
    return "Your own" if name == OWN else PRESETS[name].title


def _set(**values: object) -> None:
    st.session_state.update(values)


def _take_radius() -> None:
    """Set ρ to the radius at which the new preset shows its point."""
    _forget()
    name = st.session_state["matrix"]
    if name in PRESETS and PRESETS[name].radius > 0:
        st.session_state["rho"] = PRESETS[name].radius


def _forget() -> None:
    """The moves of eigenvalues belong to one matrix."""
    st.session_state["moved"] = ""


def _draw_again() -> None:
    _forget()
    st.session_state["draw"] = draw() + 1


def _take_entries(key: str, W: np.ndarray) -> None:
    """Make the matrix with the entries typed into the table the user's own."""
    changed = W.copy()
    for row, entries in st.session_state[key]["edited_rows"].items():
        for column, value in entries.items():
            at = int(row), int(column) - 1
            if value is not None and max(at) < len(W) and min(at) >= 0:
                changed[at] = value
    _set(matrix=OWN, own=to_csv(changed), scale=False, moved="")
