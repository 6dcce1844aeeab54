"""Text with the letters of the lecture set as formulas."""

import re

from dashboard.components import page

_LETTER = re.compile(r"(?<![\w$])(?:(W|[xhyφ])\\?_(\w+)|([Wρλ])(?=\\?\^\w))(?:\\?\^(\w+))?")


def formula(text: str, *, safe: bool = False) -> str:
    """Text as Markdown with the letters of the RNN set as formulas: W_h, x_1, φ_y, W_h^2, ρ^k.

    safe: the text is ours and may contain Markdown; otherwise it is shown literally.
    """
    shown = text if safe else page.escape(text)
    return _LETTER.sub(_set, shown)


def _set(match: re.Match[str]) -> str:
    letter, index, alone, power = match.groups()
    raised = f"^{{{power}}}" if power else ""
    return f"${alone}{raised}$" if alone else f"${letter}_{{{index}}}{raised}$"
