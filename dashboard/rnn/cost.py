"""The cost section: an RNN and a self-attention layer, timed here or shipped, and counted.

torch is imported when a measurement starts.
"""

from collections.abc import Mapping
from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.linear_rnn.flops import (
    D_VALUES,
    LAYERS,
    T_VALUES,
    THREADS,
    CostRecord,
    CostReport,
    Layer,
    counts,
    crossover_of_counts,
    crossover_of_times,
    read_report,
    slope,
    time_on_units,
    units_where_attention_wins,
)
from core.study.measure.store import save_measurement
from core.study.measure.theory import cost_values
from dashboard import controls
from dashboard.components import page, tables
from dashboard.figures.layout import readable
from dashboard.figures.rnn import cost as cost_figures

Measured = Mapping[Layer, Mapping[int, float]]  # layer -> threads -> seconds
MEASURED = "rnn-measured"
TOKENS = (256, 1024, 4096)
UNITS = (1, 64, 1024, 16384)


def cost_controls(figures: DeltaGenerator) -> tuple[int, int, int]:
    """d, T and P, and the button that measures here, with its curves in the pane of figures."""
    d = controls.pick("Features d", D_VALUES, key="d", index=1)
    T = controls.pick("Tokens T", TOKENS, key="tokens", index=1)
    P = controls.pick("Units P", UNITS, key="P", index=2)
    if st.button("Measure here", type="primary", icon=":material/timer:"):
        with figures:
            measure_here(d)
    return d, T, P


def measure_here(d: int) -> None:
    """Time both layers on this machine, drawing the curves, and store them in the session."""
    from core.linear_rnn import cost as clock
    from core.system.device import whole_machine

    records: list[CostRecord] = []
    total = len(THREADS) * len(T_VALUES) * len(LAYERS)
    machine, today = whole_machine(), date.today().isoformat()
    bar, figure = st.progress(0.0, "Measuring…"), st.empty()
    for record in clock.measure_apart([d]):
        records.append(record)
        where = record.device if record.device != "cpu" else f"{record.threads} thread(s)"
        now = f"{record.layer}, {where}, d {record.d}, T {record.T}"
        bar.progress(min(len(records) / total, 1.0), f"{now}: {1e3 * record.fastest:.3g} ms")
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


def cost_lines(report: CostReport, d: int) -> dict[tuple[str, int, Layer], list[CostRecord]]:
    """The measured curves for d features: (device, threads, layer) -> points by T."""
    places = sorted({(r.device, r.threads) for r in report.records})
    curves = {(*at, layer): report.points(*at, layer, d) for at in places for layer in LAYERS}
    return {which: points for which, points in curves.items() if points}


def show_costs(d: int, T: int, P: int, left: DeltaGenerator, right: DeltaGenerator) -> None:
    """Times and counts for d features: measured in this session, otherwise as shipped.

    left, right: the panes of the numbers beside the first figure, and of all figures.
    """
    report, here = costs()
    if here and d not in {r.d for r in report.records}:
        report, here = shipped_costs(), False
    where = "measured here, on" if here else "shipped with the program, measured on"
    source = f"{where} {report.machine}, {report.date}"
    measured = {layer: report.seconds(layer, T, d) for layer in LAYERS}
    with right:
        show_units(measured, d, T, P, source)
        show_times(report, d, source)
        show_counts(d)
    with left:
        show_speeds(measured, d, T, P)
    show_table(d)


def show_units(measured: Measured, d: int, T: int, P: int, source: str) -> None:
    """Both layers on P units: Brent's bound, beside what 1 and 2 threads took."""
    page.show_figure(
        cost_figures.on_units(measured, T, d, P, UNITS[-1]),
        key="units",
        title=f"Which layer is faster on P parallel units? T = {T:,}, d = {d}, batch 1",
        description="The lines are a **model**, Brent's bound: (work − span) / P + span "
        "operations. The markers were measured with 1 and 2 threads.",
        more="The model uses the speed measured on one thread, and its units never wait for "
        f"memory or for each other. The markers were {source}.",
    )


def show_speeds(measured: Measured, d: int, T: int, P: int) -> None:
    """The numbers of the first figure: modelled times, and what a second thread gained."""
    one_thread = {layer: measured[layer][1] for layer in LAYERS}
    times = {layer: time_on_units(one_thread[layer], counts(layer, T, d), P) for layer in LAYERS}
    rows = {f"{layer}, P = {P:,} (model)": f"{1e3 * times[layer]:.3g} ms" for layer in LAYERS}
    crossing = units_where_attention_wins(one_thread["RNN"], one_thread["attention"], T, d)
    faster = "never" if crossing is None else f"P = {crossing:,.0f}"
    rows["In the model, attention is faster from"] = faster
    for layer in LAYERS:
        if 2 in measured[layer]:
            gain = one_thread[layer] / measured[layer][2]
            rows[f"{layer}, with a second thread"] = f"{gain:.1f}× as fast"
    st.markdown("  \n".join(f"{name}: **{value}**" for name, value in rows.items()))


def show_times(report: CostReport, d: int, source: str) -> None:
    """The measured times over T."""
    lines = cost_lines(report, d)
    curves = {n: [lines.get(("cpu", n, layer), []) for layer in LAYERS] for n in THREADS}
    crossings = {n: crossover_of_times(*both) for n, both in curves.items() if len(both[0]) > 1}
    page.show_figure(
        cost_figures.times(lines, crossings),
        key="times",
        title=f"Measured: one forward pass over T tokens, d = {d}, batch 1",
        description="Each point is the fastest of several passes. At a dashed line both layers "
        "take equally long.",
        more=f"The times were {source}. Other processes on the machine can only make a pass "
        "slower.",
    )
    with st.container(horizontal=True):
        for layer in LAYERS:
            fitted = f"{slope(lines['cpu', 1, layer]):.2f}"
            st.metric(f"{layer}, 1 thread: exponent of T", fitted, width="content")
        for threads, crossing in crossings.items():
            label = f"Equal times with {threads} thread{'s' if threads > 1 else ''}"
            length = "not in this range" if crossing is None else f"T = {crossing:,.0f}"
            st.metric(label, length, width="content")
    st.caption(
        "An exponent of 2 means: twice the tokens take four times as long. The exponents are "
        "fitted to the times measured from T = 512 on."
    )


def show_counts(d: int) -> None:
    """Work and the longest chain, from the formulas."""
    page.show_figure(
        cost_figures.operations(T_VALUES, d),
        key="operations",
        title="Multiply-adds, from the formulas",
        description="Without the projections, both need the same number of operations at T = d / "
        f"2 = {crossover_of_counts(d):.0f}. In total, attention always needs more.",
        more="QKᵀ and AV take O(T² d) each. One step of the RNN takes O(d²).",
    )


def show_table(d: int) -> None:
    """The counts of both layers at three lengths."""
    table = []
    for T in (64, 1024, 4096):
        for layer in LAYERS:
            count = counts(layer, T, d)
            table.append(
                {
                    "layer": layer,
                    "T": T,
                    "work: multiply-adds": f"{count.total:,}",
                    "longest chain: layer steps": f"{count.chain:,}",
                    "span: operations in that chain": f"{count.span:,}",
                    "memory": f"{count.memory / 2**20:,.2f} MiB",
                }
            )
    tables.show(table, hide_index=True)
