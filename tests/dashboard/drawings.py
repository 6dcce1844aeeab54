"""Figures as Plotly's own objects."""

import plotly.graph_objects as go

from dashboard.figures.layout import Drawing


def checked(drawing: Drawing) -> go.Figure:
    """The figure, every property of it checked, as it was drawn and as it is sent."""
    go.Figure(drawing.to_dict())
    return go.Figure(drawing.spec)
