"""Text with the letters of the lecture set as formulas."""

import re

from dashboard.components import page

# A backslash may come before each sign, where the text has been escaped.
_INSIDE = r"[\w ·−+/.,\\-]+"  # nothing that TeX reads as a command
_BRACES = rf"\\?\{{{_INSIDE}\}}"
_NUMBER = r"\d+(?:\\?\.\d+)?"
_WORD = r"[^\W²³]"  # x_1² is the square of x_1
_LETTERS = re.compile(
    r"\$[^$]*\$|"  # what is set already stays
    rf"(?<!\w)(?:[Wxhyφ]\\?_(?:{_WORD}+|{_BRACES})|[cfgikpqzΣ]\\?_(?:{_WORD}(?!{_WORD})|{_BRACES}))"
    rf"(?:\\?\^(?:{_WORD}+|{_BRACES}))?"
    rf"|(?<![\w.])(?:{_NUMBER}|[A-Za-zρλ])"
    rf"\\?\^(?:−?(?:{_NUMBER}|[A-Za-z](?!\w))|{_BRACES}|\\?\({_INSIDE}\))"
)


def formula(text: str, *, safe: bool = False) -> str:
    """Text as Markdown with its letters and powers set as formulas: W_h, φ_y, W_h^2, ρ^k, e^(−α).

    safe: the text is ours and may contain Markdown; otherwise it is shown literally.
    """
    shown = text if safe else page.escape(text)
    return _LETTERS.sub(_set, shown)


def _set(match: re.Match[str]) -> str:
    if match[0].startswith("$"):
        return match[0]
    written = match[0].replace("\\", "")
    written = re.sub(r"\^\((.*)\)", r"^{\1}", written)
    written = re.sub(rf"([_^])(−?(?:{_WORD}|\.)+)", r"\1{\2}", written)
    return f"${written}$"
