"""What the RNN lesson computes while you watch: stepping, the gradient, a training, the clock.

torch is imported inside, when one of the last three is asked for.
"""

import re
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
import sympy

from core.linear_rnn import parse_answer, same_expression
from core.linear_rnn.flops import (
    D_VALUES,
    LAYERS,
    T_VALUES,
    CostRecord,
    CostReport,
    counts,
    crossover_of_counts,
    crossover_of_times,
    read_report,
    slope,
)
from core.linear_rnn.gradient import SAMPLED_STEPS, gradient_norms
from core.linear_rnn.latch_sweep import SweepReport, read_sweep
from core.linear_rnn.printing import to_latex, to_numpy, to_text
from core.study.measure.store import save_measurement
from core.study.measure.theory import cost_values
from dashboard import state
from dashboard.components import page, tables
from dashboard.figures.layout import Drawing, readable
from dashboard.figures.rnn import cost, latch

if TYPE_CHECKING:
    from core.linear_rnn.latch_task import MemoryRecord, MemoryTask

__all__ = ["D_VALUES"]

MEMORY_TASK = (
    "**Copy memory.** One of 8 symbols at step 1, then noise for as many steps as the delay, then "
    "the question: which symbol was it? Guessing is right 1 time in 8. Five layers of 32 units "
    "get the same 300 steps of training."
    " torch starts the RNNs at ρ ≈ 0.58, and 0.58²⁰ is 2 · 10⁻⁵. "
    "What if W_h starts orthogonal instead?"
)
TRAINED = "rnn-trained"
MEASURED = "rnn-measured"
RAISED = str.maketrans("0123456789.-", "⁰¹²³⁴⁵⁶⁷⁸⁹·⁻")


def stepper(count: int) -> int:
    """Which of `count` steps is shown: four buttons, and the arrow keys.

    For the lecturer the arrow keys alone turn the beats of the lesson; here they take Shift.
    """
    held = "shift+" if state.presenting() else ""
    linked = st.query_params.get("rnn_step", "")
    kept = st.session_state.get(
        "rnn_step", int(linked) if re.fullmatch("[0-9]{1,2}", linked) else 0
    )
    state.offer("rnn_step", 0)
    state.put_in_link("rnn_step", str(kept) if kept else None)
    at = min(kept, count - 1)
    with st.container(horizontal=True):
        moves = (
            ("First", 0, "home", ":material/first_page:"),
            ("Back", at - 1, "left", ":material/chevron_left:"),
            ("Next", at + 1, "right", ":material/chevron_right:"),
            ("Last", count - 1, "end", ":material/last_page:"),
        )
        for label, to, shortcut, icon in moves:
            to = min(max(to, 0), count - 1)
            st.button(
                label, key=f"step-{label}", on_click=_go_to, args=(to,), icon=icon,
                shortcut=held + shortcut, type="primary" if label == "Next" else "secondary",
            )  # fmt: skip
    return at


def in_math(sentence: str) -> str:
    """A sentence with its letters set as in a formula: W_h, x_1, h_12."""
    return re.sub(r"\b([Wxhy])_(\w+)", r"$\1_{\2}$", sentence)


def mark(latex: str) -> str:
    """The part a step has just written: dark on yellow, in both themes."""
    return rf"\colorbox{{#ffe08a}}{{$\textcolor{{#16202c}}{{{latex}}}$}}"


def check_answer(T: int, expected: sympy.Basic) -> None:
    """A line to write y_T into, and whether what stands there is the right expression."""
    answer = st.text_input(
        f"Write y_{T} yourself", placeholder="phi_y(W_y W_h W_x x_1 + …)", max_chars=2000
    )
    if not answer:
        return
    with page.one_sentence_for_errors():
        if same_expression(parse_answer(answer), expected):
            st.success("That is the same expression.")
        else:
            st.warning(
                "It can be read, but it is not the same: check the order of the factors, and the "
                "power of W_h in every term."
            )


def copies(expression: sympy.Basic, name: str) -> None:
    """The result to take away, each form with its copy button."""
    with st.expander("Copy the result as LaTeX, text or NumPy", icon=":material/content_copy:"):
        st.code(to_latex(expression, left=name), language="latex", wrap_lines=True)
        st.code(to_text(expression), language=None, wrap_lines=True)
        st.code(to_numpy(expression), language="python", wrap_lines=True)


def _go_to(step: int) -> None:
    st.session_state["rnn_step"] = step


@st.cache_data(max_entries=64, show_spinner="Differentiating through time…")
def gradient(W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """T values and ‖∂h_T/∂x_1‖₂ by autograd."""
    import torch

    torch.set_num_threads(1)
    return np.array(SAMPLED_STEPS), gradient_norms(W)


@st.cache_data(show_spinner=False)
def shipped_sweep() -> SweepReport:
    return read_sweep()


@st.cache_data(show_spinner=False)
def shipped_costs() -> CostReport:
    return read_report()


def costs() -> tuple[CostReport, bool]:
    """The measurement to show, and whether it was made here."""
    own = st.session_state.get(MEASURED)
    return (own, True) if own is not None else (shipped_costs(), False)


def train_all(delay: int, orthogonal: bool) -> None:
    """Train the five layers while you watch, and keep what came out for this session."""
    import torch

    from core.linear_rnn.latch_task import LAYERS, MemoryTask, train_memory

    torch.set_num_threads(1)
    task = MemoryTask(delay=delay, orthogonal=orthogonal)
    records: dict[str, list[MemoryRecord]] = {}
    progress, place = st.progress(0.0, "Training…"), st.empty()
    for number, layer in enumerate(LAYERS):
        for record in train_memory(layer, task):
            records.setdefault(layer, []).append(record)
            done = (number + record.step / task.steps) / len(LAYERS)
            progress.progress(done, f"{layer}, step {record.step} of {task.steps}")
            place.plotly_chart(readable(curves(records, task.steps)), theme=None)
    progress.empty()
    place.empty()
    st.session_state.setdefault(TRAINED, []).append((task, records))


def trained() -> list[tuple["MemoryTask", dict[str, list["MemoryRecord"]]]]:
    """The trainings of this session, the latest last."""
    return list(st.session_state.get(TRAINED, []))


def curves(records: dict[str, list["MemoryRecord"]], steps: int) -> Drawing:
    """Accuracy against training steps."""
    lines = {
        layer: ([r.step for r in found], [r.accuracy for r in found])
        for layer, found in records.items()
    }
    return latch.learning_curves(lines, steps)


def measure_here(d: int) -> None:
    """Run the clock on this machine while you watch, and keep the result for this session."""
    import torch

    from core.linear_rnn import cost as clock

    torch.set_num_threads(1)
    found: list[CostRecord] = []
    devices = clock.devices()
    total = len(devices) * len(clock.T_VALUES) * len(clock.LAYERS)
    machine, today = clock.this_machine(), date.today().isoformat()
    progress, place = st.progress(0.0, "Measuring…"), st.empty()
    for record in clock.measure([d], on=devices):
        found.append(record)
        now = f"{record.layer} on {record.device}, d {record.d}, T {record.T}"
        progress.progress(len(found) / total, f"{now}: {1e3 * record.median:.3g} ms")
        if record.layer == clock.LAYERS[-1]:  # between two lengths: drawing disturbs no sample
            lines = cost_lines(CostReport(machine, today, tuple(found)), d)
            place.plotly_chart(readable(cost.times(lines, {})), theme=None)
    progress.empty()
    place.empty()
    report, here = costs()
    others = [r for r in report.records if r.d != d] if here else []
    st.session_state[MEASURED] = CostReport(machine, today, (*others, *found))
    with page.one_sentence_for_errors():  # model answers quote it
        save_measurement("cost", cost_values(found, d))


def show_trained() -> None:
    """The last training of this session, if there is one: accuracy and gradients."""
    if not (runs := trained()):
        return
    task, records = runs[-1]
    start = ", W_h orthogonal at the start" if task.orthogonal else ""
    page.show_figure(
        curves(records, task.steps),
        key="trained",
        title=f"Trained here: delay {task.delay}{start}",
        description="Accuracy on 256 fresh sequences while training.",
    )
    gradients = {layer: (found[0].gradient, found[-1].gradient) for layer, found in records.items()}
    page.show_figure(
        latch.gradients_by_step(gradients),
        key="gradients",
        title="How much the last state listens to each step: ‖∂h_T/∂x_t‖",
        description="Thin: before training; thick: after. A line that falls to the left by orders "
        "of magnitude is the exponential: step 1 is invisible to learning.",
    )


def show_sweep() -> None:
    """Accuracy against delay: the shipped trainings, and those of this session on top."""
    sweep = shipped_sweep()
    own = [
        (layer, task.delay, found[-1].accuracy)
        for task, records in trained()
        for layer, found in records.items()
    ]
    page.show_figure(
        latch.accuracy_by_delay(sweep, own),
        key="sweep",
        title="Accuracy against delay",
        description=f"Shipped with the program: {sweep.training}. Large open markers: yours.",
    )


def cost_lines(report: CostReport, d: int) -> dict[tuple[str, str], list[CostRecord]]:
    """The measured curves for d features: (device, layer) -> points by T."""
    devices = sorted({r.device for r in report.records})
    return {
        (device, layer): report.points(device, layer, d) for device in devices for layer in LAYERS
    }


def show_costs(d: int) -> None:
    """Times and counts for d features: measured here if it was, else as shipped."""
    report, here = costs()
    if here and d not in {r.d for r in report.records}:
        report, here = shipped_costs(), False
    where = "Measured here, on" if here else "Shipped with the program, measured beforehand on"
    lines = cost_lines(report, d)
    rnn, attention = (lines["cpu", layer] for layer in LAYERS)
    measured = crossover_of_times(rnn, attention)
    crossings = {"counts cross": crossover_of_counts(d), "times cross": measured}
    page.show_figure(
        cost.times(lines, crossings),
        key="times",
        title=f"One forward pass, d = {d}, batch 1",
        description=f"{where} {report.machine}, {report.date}. Medians of 7, bars are quartiles.",
    )
    rising = {layer: slope(lines["cpu", layer]) for layer in LAYERS}
    with st.container(horizontal=True):
        for layer, fitted in rising.items():
            st.metric(
                f"{layer}: time grows like",
                "T" + f"{fitted:.2f}".translate(RAISED),
                width="content",
            )
        st.metric("Counts cross at", f"T = {crossover_of_counts(d):.0f}", width="content")
        crossing = "not here" if measured is None else f"T = {measured:.0f}"
        st.metric("Times cross at", crossing, width="content")
    st.caption("Exponents are fitted to the measured medians from T = 512 on.")
    page.show_figure(
        cost.operations(T_VALUES, d),
        key="operations",
        title="Multiply-adds, from the formulas",
        description="QKᵀ and AV are O(T² d) each, one step of the RNN is O(d²). Projections apart, "
        "the counts cross at T = d / 2.",
    )
    table = [
        {
            "layer": layer,
            "T": T,
            "multiply-adds": f"{counts(layer, T, d).total:,}",
            "memory": f"{counts(layer, T, d).memory / 2**20:,.2f} MiB",
            "longest chain of dependent steps": f"{counts(layer, T, d).chain:,}",
        }
        for T in (64, 1024, 4096)
        for layer in LAYERS
    ]
    tables.show(table, hide_index=True)
