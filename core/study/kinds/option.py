"""The options of a choice, each with its reply, and their reader from TOML."""

from __future__ import annotations

from dataclasses import dataclass

from core.study.claim import Claim, read_claims
from core.study.toml_values import only_keys, text_at


@dataclass(frozen=True)
class Option:
    """One option of a choice; `reply` is shown to a student who chose it.

    refuted: the measurements that show a wrong option to be wrong.
    """

    text: str
    reply: str
    right: bool
    refuted: tuple[Claim, ...] = ()


def read_options(tables: object, where: str, name: str = "options") -> tuple[Option, ...]:
    """2 to 8 options, one of them right. Errors: ValueError, one sentence that names `where`.

    name: the key of the options in the file.
    """
    if not isinstance(tables, list) or not 2 <= len(tables) <= 8:
        raise ValueError(f"{where}: {name} must be a list of 2 to 8 tables.")
    options = []
    for number, option in enumerate(tables, 1):
        here = f"{where}, {name.removesuffix('s')} {number}"
        if not isinstance(option, dict):
            raise ValueError(f"{here} must be a table with text and reply.")
        only_keys(option, here, "text reply right refuted")
        options.append(
            Option(
                text_at(option, "text", here),
                text_at(option, "reply", here),
                option.get("right") is True,
                read_claims(option.get("refuted", []), f"{here}, refuted"),
            )
        )
    if sum(option.right for option in options) != 1:
        raise ValueError(f"{where}: exactly one option must have right = true.")
    if len({option.text for option in options}) < len(options):
        raise ValueError(f"{where}: two options have the same text: make every text different.")
    return tuple(options)
