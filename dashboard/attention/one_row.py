"""One row of a head, as it is and under the changes: its instrument, or the server's figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.interpret.head_steps import head_steps
from dashboard.attention import row_instrument
from dashboard.components import page
from dashboard.figures.maps import head_steps as figures

if TYPE_CHECKING:
    from core.interpret.trace import Trace, Traceable
    from dashboard.attention.head_edits import Changes

MOST = 12  # keys in the server's figure


def show(
    model: Traceable, before: Trace, now: Trace, changes: Changes, tokens: Sequence[str],
    *, layer: int, head: int, query: int,
) -> None:  # fmt: skip
    """before, now: traces without and with the changes. layer and head are counted from 1."""
    was = {s.name: s.value for s in head_steps(model, before, layer - 1, head - 1)}
    steps = head_steps(model, now, layer - 1, head - 1, edit=changes.edit)
    of = {s.name: s.value for s in steps}
    row = {name: was[name][query] for name in ("alpha", "out")}
    scores = of["scores"][query] / of["v"].shape[1] ** 0.5
    if row_instrument.show(
        row, scores, of["v"], changes.allowed[query], tokens, query, changes.temperature,
        changes.cells, title=f"Layer {layer}, head {head}: where “{tokens[query]}” looks",
    ):  # fmt: skip
        return
    order = row["alpha"].argsort(descending=True)[:MOST].sort().values
    page.show_figure(
        figures.before_after(
            [tokens[i] for i in order], row["alpha"][order].numpy(),
            of["alpha"][query][order].numpy(), "now", "weight",
        ),
        title=f"Weights (across) of the keys (down) of query {query}",
        description="The weights of the unchanged model, and those after your changes.",
        key="row",
    )  # fmt: skip
