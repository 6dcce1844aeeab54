"""Whether a figure, as sent to the browser, has any marks, and text that Plotly would misread."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

# Where a kind of trace has the numbers that make its marks.
VALUES = {"heatmap": ("z",), "image": ("source", "z"), "pie": ("values",)}
USUAL = ("y", "x")


def trouble(spec: str) -> str:
    """What is wrong with the figure of this JSON: one sentence, or "" if nothing is.

    A figure needs a finite number in one of its traces, an image, or a question mark until a
    prediction is made. On an axis whose type is left
    to Plotly, names such as "0" and "T" are taken for numbers, and those that are none vanish.
    """
    figure = json.loads(spec)
    layout = figure.get("layout", {})
    traces = [trace for trace in figure.get("data", []) if trace.get("visible", True) is True]
    waits = any(note.get("text") == "?" for note in layout.get("annotations", []))
    if not waits and not layout.get("images") and not any(_marks(trace) for trace in traces):
        return "The figure has no mark in it."
    for trace in traces:
        for letter in "xy":
            axis = layout.get(
                str(trace.get(f"{letter}axis", letter)).replace(letter, f"{letter}axis")
            )
            names = [v for v in _array(trace.get(letter)) if isinstance(v, str)]
            numeric = [name for name in names if _is_number(name)]
            if numeric and len(numeric) < len(names) and not (axis or {}).get("type"):
                return f"The {letter} axis has the names {names[:6]} and no type."
    return ""


def _marks(trace: Mapping[str, Any]) -> bool:
    names = VALUES.get(str(trace.get("type")), USUAL)
    arrays = [_array(trace[name]) for name in names if trace.get(name) is not None]
    if trace.get("source"):
        return True
    return bool(arrays) and all(any(map(_is_shown, values)) for values in arrays)


def _is_shown(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_is_shown, value))
    return isinstance(value, str) or (isinstance(value, Real) and math.isfinite(value))


def _array(value: object) -> list[Any]:
    """The items of an array, packed as bytes or not."""
    if isinstance(value, Mapping) and "bdata" in value:
        return list(np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"]))
    return list(value) if isinstance(value, list) else []


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
