"""The usual ways to write a formula (LaTeX, Unicode, plain) brought to one plain spelling.

    \\phi_y\\left(W_{y} \\sum_{i=1}^{T} W_h^{T-i} …      φ_y(W_y Σᵢ₌₁ᵀ W_hᵀ⁻ⁱ …

Text is only replaced by text here; nothing is parsed or evaluated.
"""

from __future__ import annotations

import re

_SUPERSCRIPT = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵀⁱʲᵏⁿᵗˢᵐʳ", "0123456789+-=()Tijkntsmr", strict=True))
_SUBSCRIPT = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₙₜₛₘᵣₕₓᵧ", "0123456789+-=()ijkntsmrhxy", strict=True))
_SIGNS = {
    **dict.fromkeys("·⋅×∙∗•", "*"),
    **dict.fromkeys("−–—", "-"),
    **dict.fromkeys("∑Σ", " sum "),
    **dict.fromkeys("φϕΦ", " phi"),
    **dict.fromkeys("…⋯", "..."),
    **dict.fromkeys("≤⩽", "<="),
    **dict.fromkeys("\u00a0\u2009\u202f~&$", " "),
    "τ": "tau",
}
_LATEX_LAYOUT = re.compile(
    r"\\(?:left|right|[bB]ig+[lrm]?|limits|displaystyle|mathbf|mathrm|mathit|boldsymbol|bm|text"
    r"|quad|qquad|,|;|:|!|\s)"
)
_LATEX_WORDS = {
    **{r"\varphi": " phi", r"\phi": " phi", r"\sum": " sum ", r"\tau": "tau", r"\ell": "l"},
    **{r"\cdots": "...", r"\ldots": "...", r"\dots": "...", r"\cdot": "*", r"\times": "*"},
    **{r"\leq": "<=", r"\le": "<="},
}


def plain(text: str) -> str:
    """`text` in plain letters: `W_h`, `x_i`, `phi`, `sum`, `^{…}`, `_{…}`, `*`, `-`."""
    text = _LATEX_LAYOUT.sub(" ", text)
    for word, spelled in _LATEX_WORDS.items():
        text = text.replace(word, spelled)
    text = _run(text, _SUPERSCRIPT, "^")
    text = _run(text, _SUBSCRIPT, "_")
    for sign, spelled in _SIGNS.items():
        text = text.replace(sign, spelled)
    text = re.sub(r"\{\s*([Wxh])\s*\}", r"\1", text)  # \mathbf{W}_h
    text = re.sub(r"\{\s*([Wxh]_?\w)\s*\}", r"\1 ", text)  # {W_h}
    text = re.sub(r"_\s*\{\s*(\w+)\s*\}", r"_\1 ", text)  # W_{h}, x_{12}
    return text.strip().rstrip(".,; ")


def right_hand_side(text: str) -> str:
    """What stands right of `y_2 =` or `y(T) =`; of a chain of equations the last."""
    text = re.split(r"=\s*(?=phi)", text)[-1]
    return re.sub(r"^\s*y\s*_?\s*[({\[]?\s*\w{0,4}\s*[)}\]]?\s*=", "", text, count=1)


def _run(text: str, spelled: dict[str, str], mark: str) -> str:
    """Every run of raised (or lowered) characters as ^{…} (or _{…})."""
    pattern = f"[{re.escape(''.join(spelled))}]+"
    return re.sub(
        pattern, lambda run: mark + "{" + "".join(spelled[c] for c in run.group()) + "}", text
    )
