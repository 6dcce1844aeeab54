"""The learning section: five layers trained on the latch task while you watch.

torch is imported when a training starts.
"""

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.linear_rnn.latch_sweep import SweepReport, read_sweep
from dashboard import controls
from dashboard.components import page
from dashboard.figures.layout import Drawing, readable
from dashboard.figures.rnn import latch

if TYPE_CHECKING:
    from core.linear_rnn.latch_task import MemoryRecord, MemoryTask

LATCH_TASK = (
    "**The latch task.** Step 1 shows one of 8 symbols, then come `delay` steps of noise. Which "
    "symbol was it? A guess is right 1 time in 8. Five layers of 32 units are trained for "
    "the same 300 steps. torch initialises the RNNs with ρ ≈ 0.58, and 0.58²⁰ is 2 · 10⁻⁵. "
    "What changes with an orthogonal $W_h$, or with an open forget gate?"
)
TRAINED = "rnn-trained"
QUOTED_DELAY = 15  # of the shipped trainings


def training_controls() -> dict[str, Any]:
    """The fields of the task that the page sets."""
    delay = controls.slider("Delay in steps", 1, 60, 20, key="delay")
    orthogonal = controls.switch("Orthogonal $W_h$ (ρ = 1)", key="orthogonal")
    opened = controls.switch(
        "LSTM: forget-gate bias 1",
        key="forget",
        help="The bias of the LSTM's forget gate before training. In torch it is near 0, so the "
        "gate starts at σ(0) = 0.5. With a bias of 1 it starts at σ(1) = 0.73 (Jozefowicz et "
        "al. 2015).",
    )
    return {"delay": delay, "orthogonal": orthogonal, "forget_bias": float(opened)}


def train_all(**settings: Any) -> None:
    """Train the five layers, drawing their curves, and store the records in the session."""

    from core.linear_rnn.latch_task import LAYERS, MemoryTask, train_memory

    task = MemoryTask(**settings)
    records: dict[str, list[MemoryRecord]] = {}
    bar, figure = st.progress(0.0, "Training…"), st.empty()
    for number, layer in enumerate(LAYERS):
        for record in train_memory(layer, task):
            records.setdefault(layer, []).append(record)
            done = (number + record.step / task.steps) / len(LAYERS)
            bar.progress(done, f"{layer}, step {record.step} of {task.steps}")
            figure.plotly_chart(readable(curves(records, task.steps)), theme=None)
    bar.empty()
    figure.empty()
    st.session_state.setdefault(TRAINED, []).append((task, records))


def trained() -> list[tuple["MemoryTask", dict[str, list["MemoryRecord"]]]]:
    """The trainings of this session, the latest one last."""
    return list(st.session_state.get(TRAINED, []))


def curves(records: dict[str, list["MemoryRecord"]], steps: int) -> Drawing:
    """Accuracy against training steps."""
    lines = {
        layer: ([r.step for r in layer_records], [r.accuracy for r in layer_records])
        for layer, layer_records in records.items()
    }
    return latch.learning_curves(lines, steps)


def show_trained() -> None:
    """The latest training of this session, if there is one: accuracy and gradients."""
    if not (runs := trained()):
        return
    task, records = runs[-1]
    start = ", W_h orthogonal at the start" if task.orthogonal else ""
    start += ", forget bias 1" if task.forget_bias else ""
    page.show_figure(
        curves(records, task.steps),
        key="trained",
        title=f"Trained here: delay {task.delay}{start}",
        description="Accuracy on 256 new sequences during training.",
    )
    gradients = {
        layer: (r[0].gradient, r[-1].gradient)
        for layer, r in records.items()
        if r[0].gradient is not None
    }
    page.show_figure(
        latch.gradients_by_step(gradients),
        key="gradients",
        title="How strongly the last state depends on each input: ‖∂h_T/∂x_t‖",
        description="Thin lines: before training; thick lines: after it. A curve that falls "
        "towards t = 1 shows exponential decay.",
        more="If the gradient falls by many orders of magnitude, step 1 hardly affects the "
        "training.",
    )


@st.cache_data(show_spinner=False)
def shipped_sweep() -> SweepReport:
    return read_sweep()


def show_sweep() -> None:
    """Accuracy against delay: the shipped trainings and those of this session."""
    sweep = shipped_sweep()
    own = [
        (layer, task.delay, layer_records[-1].accuracy)
        for task, records in trained()
        for layer, layer_records in records.items()
    ]
    page.show_figure(
        latch.accuracy_by_delay(sweep, own),
        key="sweep",
        title="Accuracy against delay",
        description="Lines show medians, and bars the range over random seeds. Large open "
        "markers: trained here.",
        more=f"These results come with the program: {sweep.training}.",
    )


def explain_sweep() -> None:
    """Why the LSTM is last, in the numbers of the shipped trainings."""
    sweep = shipped_sweep()
    if sweep.curve("LSTM", 1.0):
        st.markdown(what_it_shows(sweep))


def what_it_shows(sweep: SweepReport) -> str:
    """The sweep in words, with its accuracies at QUOTED_DELAY."""
    right = {
        (layer, forget_bias): f"{point.median:.0%}"
        for layer, forget_bias in [("LSTM", 0.0), ("LSTM", 1.0), ("tanh RNN", 0.0), ("GRU", 0.0)]
        for point in sweep.curve(layer, forget_bias)
        if point.delay == QUOTED_DELAY
    }
    return (
        f"**Why is the LSTM last?** At delay {QUOTED_DELAY} it is right {right['LSTM', 0.0]} of "
        f"the time, the tanh RNN {right['tanh RNN', 0.0]} and the GRU {right['GRU', 0.0]}. Before "
        "training, the gradient of all three falls by a factor of about 0.6 per step. In the "
        "tanh RNN and the GRU, training raises that factor to about 1 or more. In the LSTM "
        "it stays below 0.85: its forget gates start at ½ in torch, and they hardly open in "
        "300 steps. With a forget-gate bias of 1 the factor starts at 0.8, and the LSTM is "
        f"right {right['LSTM', 1.0]} of the time, still behind the GRU."
    )
