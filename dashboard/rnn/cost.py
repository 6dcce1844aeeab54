"""The cost section: an RNN and a self-attention layer, timed here or beforehand, and counted.

torch is imported when the clock starts.
"""

from datetime import date

import streamlit as st

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
from core.study.measure.store import save_measurement
from core.study.measure.theory import cost_values
from dashboard.components import page, tables
from dashboard.figures.layout import readable
from dashboard.figures.rnn import cost as cost_figures

__all__ = ["D_VALUES"]

MEASURED = "rnn-measured"
RAISED = str.maketrans("0123456789.-", "⁰¹²³⁴⁵⁶⁷⁸⁹·⁻")


def measure_here(d: int) -> None:
    """Time both layers on this machine, drawing the curves, and store them in the session."""
    from core.linear_rnn import cost as clock

    records: list[CostRecord] = []
    devices = clock.devices()
    total = len(devices) * len(T_VALUES) * len(LAYERS)
    machine, today = clock.this_machine(), date.today().isoformat()
    bar, figure = st.progress(0.0, "Measuring…"), st.empty()
    for record in clock.measure([d], on=devices):
        records.append(record)
        now = f"{record.layer} on {record.device}, d {record.d}, T {record.T}"
        bar.progress(len(records) / total, f"{now}: {1e3 * record.median:.3g} ms")
        if record.layer == LAYERS[-1]:  # between two lengths: drawing disturbs no sample
            lines = cost_lines(CostReport(machine, today, tuple(records)), d)
            figure.plotly_chart(readable(cost_figures.times(lines, {})), theme=None)
    bar.empty()
    figure.empty()
    report, here = costs()
    others = [r for r in report.records if r.d != d] if here else []
    st.session_state[MEASURED] = CostReport(machine, today, (*others, *records))
    with page.one_sentence_for_errors():  # model answers quote it
        save_measurement("cost", cost_values(records, d))


def costs() -> tuple[CostReport, bool]:
    """The measurement to show, and whether it was made in this session."""
    own = st.session_state.get(MEASURED)
    return (own, True) if own is not None else (shipped_costs(), False)


@st.cache_data(show_spinner=False)
def shipped_costs() -> CostReport:
    return read_report()


def cost_lines(report: CostReport, d: int) -> dict[tuple[str, str], list[CostRecord]]:
    """The measured curves for d features: (device, layer) -> points by T."""
    devices = sorted({r.device for r in report.records})
    return {
        (device, layer): report.points(device, layer, d) for device in devices for layer in LAYERS
    }


def show_costs(d: int) -> None:
    """Times and counts for d features: measured in this session, otherwise as shipped."""
    report, here = costs()
    if here and d not in {r.d for r in report.records}:
        report, here = shipped_costs(), False
    where = "Measured here, on" if here else "Shipped with the program, measured on"
    lines = cost_lines(report, d)
    rnn, attention = (lines["cpu", layer] for layer in LAYERS)
    measured = crossover_of_times(rnn, attention)
    crossings = {"counts cross": crossover_of_counts(d), "times cross": measured}
    page.show_figure(
        cost_figures.times(lines, crossings),
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
        cost_figures.operations(T_VALUES, d),
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
