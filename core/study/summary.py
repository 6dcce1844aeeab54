"""The summary a student hands in: one HTML file that holds its data and their checksum.

The checksum reveals that a file was changed after it was saved, by accident or by hand. It is not a
signature: anybody can compute a SHA-256.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping
from datetime import datetime

from core.study.progress import StudyProgress, due_date
from core.study.question import Question

_DATA = re.compile(r'<pre id="data">(.*?)</pre>\s*<p>SHA-256 <code>([0-9a-f]{64})</code></p>', re.S)


def summary_html(
    name: str, progress: StudyProgress, questions: Mapping[str, Question], now: datetime
) -> str:
    """The whole page; everything a student typed is escaped."""
    rows = []
    for key, question in questions.items():
        record = progress.record(key)
        answers = sum(record.attempts.values())
        state = (
            "right"
            if record.earned(len(question.checks))
            else "answer shown after trying"
            if record.done(len(question.checks))
            else f"{len(record.passed)} of {len(question.checks)} checks"
        )
        due = due_date(record)
        rows.append(
            {
                "question": key,
                "title": question.title,
                "prediction": record.prediction,
                "answers": answers,
                "result": state if answers else "not begun",
                "round": record.round,
                "due": due.date().isoformat() if due else "",
            }
        )
    data = json.dumps(
        {
            "name": name,
            "saved": now.isoformat(timespec="seconds"),
            "seed": progress.seed,
            "rows": rows,
        },
        ensure_ascii=False,
        sort_keys=True,
    )
    return _page(data)


_HEADS = ("question", "title", "prediction", "answers", "result", "round", "due")


def _page(data: str) -> str:
    """The page for this data; `verify` builds it again to compare."""
    table = json.loads(data)
    name, saved, seed = (html.escape(table[key]) for key in ("name", "saved", "seed"))
    cells = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(str(row[head]))}</td>" for head in _HEADS) + "</tr>"
        for row in table["rows"]
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Unrolled: study summary</title>
<style>body{{font:16px/1.5 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}}
table{{border-collapse:collapse}}td,th{{border:1px solid #888;padding:.3rem .6rem;text-align:left}}
pre{{white-space:pre-wrap;font-size:.7rem}}</style></head><body>
<h1>Study summary</h1>
<p>{name}, {saved}, seed {seed}</p>
<table><thead><tr>{"".join(f"<th>{head}</th>" for head in _HEADS)}</tr></thead>
<tbody>
{cells}
</tbody></table>
<h2>Data</h2>
<pre id="data">{html.escape(data)}</pre>
<p>SHA-256 <code>{_checksum(data)}</code></p>
</body></html>
"""


def verify(page: str) -> dict[str, object]:
    """The data of a summary, if its checksum and the whole page fit.

    Raises ValueError, one sentence, otherwise.
    """
    match = _DATA.search(page)
    if match is None:
        raise ValueError("This is not a study summary: choose the HTML file that was handed in.")
    data = html.unescape(match[1])
    try:
        same = _checksum(data) == match[2] and _page(data) == page.replace("\r\n", "\n")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        same = False
    if not same:
        raise ValueError("The checksum does not fit: the file was changed after it was saved.")
    table: dict[str, object] = json.loads(data)
    return table


def _checksum(data: str) -> str:
    return hashlib.sha256(data.encode()).hexdigest()
