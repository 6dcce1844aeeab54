"""The key points of an essay question, and their reader from TOML.

    points = [
      { text = "It is the modulus that decides, not the sign", ask = "Which property of λ decides?",
        needs = [["modulus", "absolute value"], ["decides", "largest"]] },
    ]

A point is found in a text when one sentence, or two in a row, have one word or phrase of each list
in `needs`, whatever its ending (core.study.grading.essay). Two lists at least, so that no single
word earns a point.
"""

from __future__ import annotations

from dataclasses import dataclass

ALLOWED = (
    'a point is { text = "…", ask = "…", needs = [["word", "or phrase"], ["another"]] } '
    "with 2 to 5 lists in needs, each of 1 to 30 words or phrases"
)


@dataclass(frozen=True)
class Point:
    """text: the point, shown once it is found. ask: the question shown while it is missing.

    needs: lists of synonyms, the text must contain one of each list.
    """

    text: str
    ask: str
    needs: tuple[tuple[str, ...], ...]


def read_points(value: object, where: str) -> tuple[Point, ...]:
    """The points of one essay. Raises ValueError, one sentence that quotes the faulty point."""
    if not isinstance(value, list) or not 1 <= len(value) <= 12:
        raise ValueError(f"{where}: points must be a list of 1 to 12 points; {ALLOWED}.")
    points = tuple(_point(entry, where) for entry in value)
    if len({point.text for point in points}) < len(points):
        raise ValueError(f"{where}: two points have the same text: make every text different.")
    return points


def _point(entry: object, where: str) -> Point:
    if isinstance(entry, str):
        raise ValueError(f"{where}: the point '{_begin(entry)}' has no key words; {ALLOWED}.")
    if not isinstance(entry, dict) or not _is_text(entry.get("text")):
        raise ValueError(f"{where}: a point has no text; {ALLOWED}.")
    here = f"{where}: the point '{_begin(entry['text'])}'"
    unknown = sorted(set(entry) - {"text", "ask", "needs"})
    if unknown:
        raise ValueError(f"{here} has the key {unknown[0][:30]!r}; {ALLOWED}.")
    needs = entry.get("needs")
    if not isinstance(needs, list) or not 2 <= len(needs) <= 5:
        raise ValueError(f"{here} has no key words; {ALLOWED}.")
    for words in needs:
        if not isinstance(words, list) or not 1 <= len(words) <= 30:
            raise ValueError(f"{here}: needs holds {str(words)[:30]!r}; {ALLOWED}.")
        for word in words:
            if not isinstance(word, str) or not any(c.isalnum() for c in word) or len(word) > 60:
                raise ValueError(f"{here}: needs holds {str(word)[:30]!r}; {ALLOWED}.")
    if not _is_text(entry.get("ask")):
        raise ValueError(f"{here} has no ask, the question shown while it is missing; {ALLOWED}.")
    return Point(
        entry["text"].strip(), entry["ask"].strip(), tuple(tuple(words) for words in needs)
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _begin(text: str) -> str:
    """The first characters of a text, without an apostrophe, to quote it and find its line."""
    return text.split("'")[0][:60]
