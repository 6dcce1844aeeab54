"""The order in which the options of a choice are shown."""

from __future__ import annotations

import random

from core.study.tasks import Choice, Option


def shown_options(choice: Choice, seed: str) -> tuple[Option, ...]:
    """The options in an order drawn from the seed and the prompt.

    The same seed gives everybody the same order. Links, saved answers, summaries and polls hold the
    text of an option, never its position.
    """
    order = list(choice.options)
    random.Random(f"options:{seed}:{choice.prompt}").shuffle(order)
    return tuple(order)
