"""The measurement of decoding: the shipped one, or one made here, with progress and cancel."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import state
from dashboard.components import page
from dashboard.figures import decoding as figures

if TYPE_CHECKING:
    from core.decoding.engine import DecodingEngine
    from core.decoding.prompt import Prompt
    from core.decoding.timing import Proof, Report
    from core.models.zoo import LoadedModel, ModelEntry

_KEY = "timing"
PROVED = 60  # tokens generated both ways


def known(entry: ModelEntry) -> tuple[Report | None, Proof | None]:
    """The measurement of this model: of this session, else the shipped one, else none."""
    measured = st.session_state.get(_KEY)
    if measured is not None and measured[0] == entry.identity:
        _, report, proof = measured
        return report, proof
    shipped = _shipped()
    return (shipped if shipped.digest == entry.digest else None), None


@st.cache_data(show_spinner=False)
def _shipped() -> Report:
    from core.decoding.timing import read_report

    return read_report()


def measure(
    entry: ModelEntry,
    loaded: LoadedModel,
    engine: DecodingEngine,
    prompt: Prompt,
    spot: DeltaGenerator,
) -> None:
    """Measure and store it. A click on Cancel, as on any control, ends this run of the page."""
    from core.decoding.timing import (
        Passes,
        Report,
        lengths,
        prove,
        time_passes,
        time_tokens,
    )
    from core.system.device import this_machine

    with spot.container(horizontal=True, vertical_alignment="bottom"):
        bar = st.progress(0.0, "Starting …")
        cancel = st.empty()
    cancel.button("Cancel", key="cancel-timing", icon=":material/close:")
    window, model = engine.weights.context_length, loaded.model
    timings = []
    for timing in time_tokens(model, engine, points := lengths(window)):
        timings.append(timing)
        done = len(timings) / len(points)
        bar.progress(0.5 * done, f"Timing the token after {timing.length} tokens …")
    for number, passes in enumerate(time_passes(model, engine)):
        if isinstance(passes, str):
            bar.progress(0.5 + 0.08 * number, f"{passes} …")
    assert isinstance(passes, Passes)
    bar.progress(0.9, "Generating the same text both ways …")
    proof = prove(model, engine, prompt.ids[-window // 2 :], PROVED)
    bar.empty()
    cancel.empty()
    report = Report(
        this_machine(),
        date.today().isoformat(),
        entry.name,
        entry.digest,
        engine.weight_bits,
        timings,
        passes,
    )
    st.session_state[_KEY] = (entry.identity, report, proof)
    _quotable(report, engine)


def _quotable(report: Report, engine: DecodingEngine) -> None:
    """Record the measurement for the model answers of the study."""
    from core.study.measure.decoding import cache_values, generation_values
    from core.study.measure.store import save_measurement

    values = {
        "cache": cache_values(report.model, report.timings, engine),
        "generation": generation_values(report.model, report.passes, engine),
    }
    with page.one_sentence_for_errors():
        for name, measured in values.items():
            save_measurement(name, measured)


def in_full(variant: str) -> str:
    """A variant of `core.decoding.cost` as the page calls it; its head is the vocabulary head."""
    return variant.replace("head on", "vocabulary head on")


def shown() -> int | None:
    """How many variants are shown, None for all: on the stage, the cache waits for the answer."""
    return 2 if state.presenting() and not state.revealed() else None


def about(report: Report) -> str:
    """Where and when it was measured, and what its curves ran."""
    return (
        f"Measured on {report.machine}, {report.date}, with {page.escape(report.model)}. All "
        "curves but one run the same PyTorch code; the compiled code uses weights of "
        f"{report.bits} bits."
    )


def curves(report: Report) -> dict[str, list[float]]:
    """Milliseconds for each length of a text: a curve for each variant, named with its slope."""
    from core.decoding.timing import slope

    every = report.timings
    return {
        f"{in_full(name)}: {slope(every, name):+.2g} ms / 100 tokens": [t.ms[name] for t in every]
        for name in every[0].ms
    }


def show_curves(report: Report, T: int) -> None:
    """Time for the next token against the length of the text, as the server draws it."""
    lengths = [timing.length for timing in report.timings]
    page.show_figure(
        figures.time_per_token(lengths, curves(report), T, shown()),
        title="Time for the next token as the text grows",
        description=about(report),
        key="times",
    )
