"""Match figures to settings, and the reader from TOML.

kind = "match"
prompt = "Which curve belongs to which matrix?"
figures = "powers"            # one of core.study.kinds.pictures.SETS, which computes them
settings = ["ρ = 0.8", …]     # in the order of that set
reply = "Look at where each curve ends."
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.study.toml_values import only_keys, text_at, texts_at


@dataclass(frozen=True)
class Match:
    """settings: in the order in which the set computes its figures.

    Figures are shown in an order drawn from the seed; the answer names the setting of each, in that
    order. reply: what to look at, after a wrong answer.
    """

    prompt: str
    figures: str
    settings: tuple[str, ...]
    reply: str


def read_match(table: Mapping[str, Any], where: str) -> Match:
    """Errors: ValueError, one sentence that names `where` and what is allowed."""
    from core.study.kinds.pictures import SETS

    only_keys(table, where, "kind prompt figures settings reply")
    figures = text_at(table, "figures", where)
    if figures not in SETS:
        raise ValueError(
            f"{where}: there are no figures {figures[:30]!r}; there are {', '.join(SETS)}."
        )
    settings, count = texts_at(table, "settings", where, 3), SETS[figures].count
    if len(settings) != count:
        raise ValueError(
            f"{where}: settings has {len(settings)} texts, and {figures!r} has {count} figures."
        )
    prompt, reply = text_at(table, "prompt", where), text_at(table, "reply", where)
    return Match(prompt, figures, settings, reply)
