"""Text with the letters of the lecture set as formulas."""

import re

from dashboard.components import page

_LETTER = re.compile(r"(?<![\w$])(W|[xhyφ])\\?_(\w+)(?:\^(\w+))?")


def formula(text: str, *, safe: bool = False) -> str:
    """Text as Markdown with the letters of the RNN set as formulas: W_h, x_1, φ_y, W_h^2.

    safe: the text is ours and may contain Markdown; otherwise it is shown literally.
    """
    shown = text if safe else page.escape(text)
    return _LETTER.sub(lambda m: f"${m[1]}_{{{m[2]}}}{f'^{{{m[3]}}}' if m[3] else ''}$", shown)
