"""The numbers behind a figure, packed for download."""

import base64
import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from core.system.spreadsheet import cell
from dashboard.figures.layout import Drawing


def arrays_of(fig: Drawing) -> dict[str, np.ndarray]:
    """The arrays in a figure, named after trace and axis, such as "loss_y"."""
    arrays: dict[str, np.ndarray] = {}
    for number, trace in enumerate(fig.spec["data"]):
        name = trace.get("name") or f"trace{number}"
        for axis in ("x", "y", "z"):
            if axis in trace:
                arrays[f"{name}_{axis}"] = np.asarray(trace[axis])
    return arrays


def pack(arrays: Mapping[str, object]) -> bytes:
    """A zip with one CSV file for each array of one or two axes, and all of them in data.npz.

    Text is escaped so that no spreadsheet runs it as a formula.
    """
    named = {_file_name(name): np.asarray(values) for name, values in arrays.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in named.items():
            if values.ndim <= 2:
                archive.writestr(f"{name}.csv", _csv(values))
        numbers = io.BytesIO()
        texts = {k: v.astype(str) for k, v in named.items() if v.dtype == object}
        np.savez_compressed(numbers, allow_pickle=False, **(named | texts))
        archive.writestr("data.npz", numbers.getvalue())
    return out.getvalue()


def pack_files(folder: Path) -> bytes:
    """All files below a folder as a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(folder).as_posix())
    return out.getvalue()


def as_svg(png: bytes) -> bytes:
    """The picture inside an SVG of its size; enlarged, its pixels stay sharp."""
    width, height = Image.open(io.BytesIO(png)).size
    inside = base64.b64encode(png).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><image width="{width}" height="{height}" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{inside}"/></svg>'
    ).encode()


def _file_name(name: str) -> str:
    allowed = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
    return allowed[:60] or "data"


def _csv(values: np.ndarray) -> str:
    text = io.StringIO()
    rows = values.reshape(len(values) if values.ndim else 1, -1)
    csv.writer(text).writerows([[cell(v) for v in row] for row in rows.tolist()])
    return text.getvalue()
