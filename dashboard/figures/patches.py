"""A picture or a sound as patches and tokens."""

from collections.abc import Sequence

import numpy as np

from dashboard.figures.layout import Drawing, Spec, axis, cell_frame, figure
from dashboard.figures.traces import heat, line
from dashboard.palette import FIGURE_TEXT


def _heat(values: np.ndarray, signed: bool, title: str, **more: object) -> Spec:
    values = np.asarray(values, dtype=np.float32)
    top = float(np.abs(values).max()) if values.size else 1.0
    return heat(values, title, top, signed=signed, **more)


def token_matrix(tokens: np.ndarray) -> Drawing:
    """The tokens (T, dim) that enter the first block, one in each row."""
    cells = _heat(tokens, True, "value", hovertemplate="token %{y}, feature %{x}: %{z:.3f}")
    axes = {"xaxis": axis("feature"), "yaxis": axis("token", autorange="reversed")}
    return figure([cells], {"height": 420, **axes})


def similarity_map(values: np.ndarray, row: int, column: int) -> Drawing:
    """Similarity (g, g) of every position to the one at (row, column), counted from 1."""
    grid = len(values)
    places = list(range(1, grid + 1))
    cells = _heat(
        values, True, "cosine", x=places, y=places,
        hovertemplate="row %{y}, column %{x}: %{z:.3f}<extra></extra>",
    )  # fmt: skip
    layout = {
        "height": 400,
        "xaxis": axis("column", dtick=1),
        "yaxis": axis("row", autorange="reversed", dtick=1),
        "shapes": cell_frame(column - 0.5, column + 0.5, row - 0.5, row + 0.5, width=4),
    }
    return figure([cells], layout)


def spectrogram(
    values: np.ndarray,
    side: int,
    hertz: float,
    seconds: float,
    notes: Sequence[str] = (),
    beat: float = 0.4,
) -> Drawing:
    """A spectrogram (F, T), 0 to 1, low frequencies at the bottom, with the borders of the patches.

    hertz and seconds: the height and width of a cell. notes: their names, each `beat` seconds long,
    above the plot.
    """
    bins, moments = values.shape
    cells = _heat(
        values, False, "loudness", x=np.arange(moments) * seconds, y=np.arange(bins) * hertz,
        hovertemplate="%{x:.2f} s, %{y:.0f} Hz: %{z:.2f}<extra></extra>",
    )  # fmt: skip
    covered = moments // side * side
    x: list[float | None] = []
    y: list[float | None] = []
    for t in range(0, covered + 1, side):
        x += [(t - 0.5) * seconds, (t - 0.5) * seconds, None]
        y += [-0.5 * hertz, (bins - 0.5) * hertz, None]
    for f in range(0, bins + 1, side):
        x += [-0.5 * seconds, (covered - 0.5) * seconds, None]
        y += [(f - 0.5) * hertz, (f - 0.5) * hertz, None]
    borders = line(x, y, "patches", "white", 1, hoverinfo="skip", showlegend=False)
    names = [
        {
            "x": (i + 0.5) * beat, "y": bins * hertz, "yanchor": "bottom",
            "text": f"<b>{note}</b>", "showarrow": False,
            "font": {"size": 18, "color": FIGURE_TEXT},
        }
        for i, note in enumerate(notes)
    ]  # fmt: skip
    axes = {"xaxis": axis("time, seconds"), "yaxis": axis("frequency, Hz")}
    return figure([cells, borders], {"height": 380, "annotations": names, **axes})


def moments_alike(values: np.ndarray, seconds: float) -> Drawing:
    """Similarity (T, T) of every pair of moments, `seconds` apart."""
    times = np.arange(len(values)) * seconds
    cells = _heat(
        values, True, "cosine", x=times, y=times,
        hovertemplate="%{y:.2f} s and %{x:.2f} s: %{z:.2f}<extra></extra>",
    )  # fmt: skip
    axes = {
        "xaxis": axis("time, seconds"),
        "yaxis": axis("time, seconds", autorange="reversed"),
    }
    return figure([cells], {"height": 420, **axes})
