"""Checked values of a TOML table that a teacher may have written; each error is one sentence.

`where` names the table in the error, such as "[answer]".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def only_keys(table: Mapping[str, Any], where: str, known: str) -> None:
    """Errors: ValueError for a key that is not among the words of `known`."""
    unknown = sorted(set(table) - set(known.split()))
    if unknown:
        raise ValueError(f"{where} has no key {unknown[0][:30]!r}; it has {known}.")


def subtable(file: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The table [key] of a file. Errors: ValueError when there is none."""
    value = file.get(key)
    if not isinstance(value, dict):
        raise ValueError(f"the file has no [{key}]: add one.")
    return value


def texts_at(table: Mapping[str, Any], key: str, where: str, fewest: int) -> tuple[str, ...]:
    """A list of `fewest` to 12 different texts. Errors: ValueError."""
    value = table.get(key)
    if not isinstance(value, list) or not fewest <= len(value) <= 12:
        raise ValueError(f"{where}: {key} must be a list of {fewest} to 12 texts.")
    for item in value:
        if not isinstance(item, str) or not item.strip():
            raise ValueError(f"{where}: {key} must hold texts only.")
        no_markup(item, f"{where}: {key}")
    if len(set(value)) < len(value):
        raise ValueError(f"{where}: {key} says the same twice.")
    return tuple(item.strip() for item in value)


def text_at(table: Mapping[str, Any], key: str, where: str) -> str:
    """One text without markup. Errors: ValueError when it is missing or empty."""
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{where}: {key} is missing or empty: write a text.")
    no_markup(value, f"{where}: {key}")
    return value.strip()


def no_markup(text: str, where: str) -> None:
    """Bold, code and formulas are welcome. Errors: ValueError for a picture, a link or HTML."""
    if re.search(r"\]\s*[(\[]|<[A-Za-z/!]|https?:|www\.|\w@\w[-\w]*\.\w", text, re.IGNORECASE):
        raise ValueError(f"{where} holds a link, a picture or HTML: write plain text and formulas.")
