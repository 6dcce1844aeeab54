"""Names that contain markup, models and runs with these names, and what a page shows of them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from core.models import zoo
from core.run_files.directory import RunDirectory
from core.runs import table

NAMES = (
    '=HYPERLINK("http://evil.example","x")',
    '<a href="http://evil.example">x</a>',
    "<b>evil</b>",
    "**evil** http://evil.example",
    "[evil](http://evil.example)",
    "$evil$",
    ":material/evil:",
    ":red[evil]",
    "www.evil.example",
    "@SUM(evil)",
)
DATA = "**evil** $evil$ :red[evil] www.evil.example"  # a name that a folder can have
MARKUP = re.compile(
    r"(?<!\\)(://evil|<a |<b>|\*\*evil|\[evil\]\(|\$evil|:material/evil|:red\[evil|www\.evil)"
)
# Addresses become links even if every character is escaped.
ADDRESS = re.compile(r"://evil|www\.evil")
# What a browser shows letter by letter; each place is tried there too (tests/browser).
AS_IT_IS = {
    "selectbox": {"options", "raw_value"}, "multiselect": {"options", "default", "raw_values"},
    "text_input": {"default", "value"}, "text_area": {"default", "value"},
    "code": {"code_text"}, "page_link": {"query_string"}, "plotly_chart": {"spec", "alt"},
    "image": {"alt"}, "imgs": {"alt"}, "bidi_component": {
        "json", "mixed", "arrow_data", "bytes", "js_content",
    },
    "dataframe": {"data", "columns", "styler"}, "slider": {"options"},
}  # fmt: skip


def name(place: int) -> str:
    """A hostile name, different for each place."""
    return f"{NAMES[place % len(NAMES)]} {place}"


def models(folder: Path) -> None:
    """Create two models and a run in `folder` with hostile classes, words, titles and records."""
    _copy("vit-shapes", folder / "vit-evil")
    _copy("gpt-grammar", folder / "gpt-evil")
    _copy("vit-shapes", folder / "vit-data", data=f"not here: {DATA}")
    for i, run in enumerate(("vit-evil", "gpt-evil")):
        table.rename(RunDirectory(folder / run), name(1 + i), name(0))


def _copy(shipped: str, folder: Path, **more: str) -> None:
    shutil.copytree(zoo.ASSETS / shipped, folder)
    run = RunDirectory(folder)
    (about_path,) = run.checkpoints.glob("*.json")
    about = json.loads(about_path.read_text(encoding="utf-8"))
    if shipped.startswith("vit"):
        about["extra"]["classes"] = [name(i) for i in range(10)]
        about_path.write_text(json.dumps(about), encoding="utf-8")
    else:
        vocab = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        known = [*vocab[:3], *(name(i) for i in range(len(vocab) - 3))]
        (folder / "vocab.json").write_text(json.dumps(known), encoding="utf-8")
    run.append({"kind": "step", "step": 1, "epoch": 0.5, "loss": 1.0, "seconds": 1.0,
                "layer_norms": {name(i): 0.5 for i in range(4)}})  # fmt: skip
    run.append({"kind": "epoch", "step": 2, "epoch": 1, "seconds": 2.0, "text": name(3),
                "train": {"loss": 1.0, "accuracy": 0.5}, "held_out": {"loss": 1.0}})  # fmt: skip
    spec = run.spec() | more
    (folder / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
    run.set_status("done", name(5))


def markup_in(app: AppTest) -> list[str]:
    """Where a hostile name would be rendered, or run by a spreadsheet: element, field, text."""
    found = []
    for node in app._tree:
        proto = getattr(node, "proto", None)
        if proto is None or not hasattr(proto, "DESCRIPTOR"):
            continue
        if node.type == "plotly_chart":
            texts = _texts(json.loads(proto.spec))
            found += [f"plotly: {t}" for t in texts if re.search(r"<a |<b>(?!.</b>)", t)]
        elif node.type == "dataframe":
            found += [f"table: {t}" for t in _cells(node.value) if t.lstrip()[:1] in ("=", "@")]
        for field, text in _strings(proto):
            if field not in AS_IT_IS.get(node.type, ()) and (
                MARKUP.search(text) or ADDRESS.search(text.replace("\\", ""))
            ):
                found.append(f"{node.type}.{field}: {text[:200]}")
    return found


def shows_names(app: AppTest) -> bool:
    """Whether any of the names is on the page, escaped or not."""
    return any(
        "evil" in text
        for node in app._tree
        if hasattr(getattr(node, "proto", None), "DESCRIPTOR")
        for _, text in _strings(node.proto)
    )


def _strings(message: Any) -> Iterator[tuple[str, str]]:
    """Every text of a message with the name of its field; ids and addresses left out."""
    for field, value in message.ListFields():
        if isinstance(value, str | bytes | bool | int | float) or hasattr(value, "ListFields"):
            value = [value]
        for one in value.values() if hasattr(value, "values") else value:
            if hasattr(one, "ListFields"):
                yield from _strings(one)
            elif isinstance(one, str) and field.name not in ("id", "url", "form_id"):
                yield field.name, one


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from _texts(one)
    elif isinstance(node, str):
        yield node


def _cells(frame: Any) -> Iterator[str]:
    for text in (*frame.columns, *frame.index, *frame.to_numpy().ravel()):
        if isinstance(text, str):
            yield text
