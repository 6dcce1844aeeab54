"""The summary a student hands in: one HTML file that holds its data and their checksum.

The checksum reveals that a file was changed after it was saved, by accident or by hand. It is not a
signature: anybody can compute a SHA-256. A server adds a signature, which only it can compute, so
that it recognises the files that it made itself.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from core.study.progress import StudyProgress, due_date
from core.study.question import Question

_BEGIN, _END = '<pre id="data">', "</pre>"  # escaped data hold neither
_CHECKED = re.compile(
    r"</pre>\s*<p>SHA-256 <code>([0-9a-f]{64})</code></p>"
    r"(?:\s*<p>Signature <code>([0-9a-f]{64})</code></p>)?"
)
Sign = Callable[[str], str]  # a checksum -> 64 hexadecimal digits


def summary_html(
    name: str,
    progress: StudyProgress,
    questions: Mapping[str, Question],
    now: datetime,
    sign: Sign | None = None,
) -> str:
    """The whole page; everything a student typed is escaped. sign: the server's signature."""
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
                "hints": record.hints,
                "confidence": record.confidence or "",
                "seconds": record.seconds,
                "objection": record.objection,
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
    return _page(data, sign(_checksum(data)) if sign else "")


_HEADS = ("question", "title", "prediction", "answers", "result", "round", "due")
_LATER_HEADS = ("hints", "confidence", "seconds", "objection")  # older files have none


def _page(data: str, signature: str) -> str:
    """The page for this data; `verify` builds it again to compare."""
    table = json.loads(data)
    name, saved, seed = (html.escape(table[key]) for key in ("name", "saved", "seed"))
    heads = _HEADS + _LATER_HEADS * all(set(_LATER_HEADS) <= set(row) for row in table["rows"])
    signed = f"\n<p>Signature <code>{signature}</code></p>" if signature else ""
    cells = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(str(row[head]))}</td>" for head in heads) + "</tr>"
        for row in table["rows"]
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Unrolled: study summary</title>
<style>body{{font:16px/1.5 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}}
table{{border-collapse:collapse}}td,th{{border:1px solid #888;padding:.3rem .6rem;text-align:left}}
pre{{white-space:pre-wrap;font-size:.7rem}}</style></head><body>
<h1>Study summary</h1>
<p>{name}, {saved}, seed {seed}</p>
<table><thead><tr>{"".join(f"<th>{head}</th>" for head in heads)}</tr></thead>
<tbody>
{cells}
</tbody></table>
<h2>Data</h2>
{_BEGIN}{html.escape(data)}{_END}
<p>SHA-256 <code>{_checksum(data)}</code></p>{signed}
</body></html>
"""


def verify(page: str) -> dict[str, object]:
    """The data of a summary, if its checksum and the whole page fit.

    Raises ValueError, one sentence, otherwise.
    """
    return _verified(page)[0]


def verify_signed(page: str, sign: Sign) -> tuple[dict[str, object], bool]:
    """The same, and whether this server signed the file.

    Raises ValueError, one sentence, also for a signature that is not of this data. Only the server
    that is said to have made it can tell whether it is forged.
    """
    table, checksum, signature = _verified(page)
    if signature and not hmac.compare_digest(signature, sign(checksum)):
        raise ValueError(
            "The signature is not this server's: the file was made elsewhere or forged; check it "
            "on the server that made it."
        )
    return table, bool(signature)


def _verified(page: str) -> tuple[dict[str, object], str, str]:
    """The data, its checksum and its signature, "" where there is none. Errors: as `verify`."""
    begin = page.find(_BEGIN)
    end = page.find(_END, begin)
    match = _CHECKED.match(page, end) if 0 <= begin < end else None
    if match is None:
        raise ValueError("This is not a study summary: choose the HTML file that was handed in.")
    data, checksum, signature = (
        html.unescape(page[begin + len(_BEGIN) : end]),
        match[1],
        match[2] or "",
    )
    try:
        same = _checksum(data) == checksum and _page(data, signature) == page.replace("\r\n", "\n")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        same = False
    if not same:
        raise ValueError("The checksum does not fit: the file was changed after it was saved.")
    table: dict[str, object] = json.loads(data)
    return table, checksum, signature


def _checksum(data: str) -> str:
    return hashlib.sha256(data.encode()).hexdigest()
