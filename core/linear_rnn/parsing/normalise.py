"""Bring the usual ways to write a formula (LaTeX, Unicode, plain text) to one plain spelling.

    \\phi_y\\left(W_{y} \\sum_{i=1}^{T} W_h^{T-i} …      φ_y(W_y Σᵢ₌₁ᵀ W_hᵀ⁻ⁱ …

This only replaces text by text; nothing is parsed or evaluated.
"""

from __future__ import annotations

import re
import unicodedata

_SUPERSCRIPT = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵀⁱʲᵏⁿᵗˢᵐʳ", "0123456789+-=()Tijkntsmr", strict=True))
_SUBSCRIPT = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₙₜₛₘᵣₕₓᵧ", "0123456789+-=()ijkntsmrhxy", strict=True))
_SIGNS = {
    **dict.fromkeys("·⋅×∙∗•∘⨯✕", "*"),
    **dict.fromkeys("−–—", "-"),
    **dict.fromkeys("∑Σ", " sum "),
    **dict.fromkeys("φϕΦ", " phi"),
    **dict.fromkeys("…⋯", "..."),
    **dict.fromkeys("≤⩽", "<="),
    **dict.fromkeys("\u200b\u2061\u2062~&$▒", " "),
    **{"〖": "(", "〗": ")"},  # with ▒ how Word writes the body of a sum
    **{"τ": "tau", "→": " to ", "∈": " in ", ";": ",", "′": "'"},
}
_LATEX_FACE = re.compile(r"\\(?:math(?:bf|rm|it|bb|sf)|boldsymbol|bm|text|operatorname)\b\s*")
_LATEX_LAYOUT = re.compile(
    r"\\(?:left|right|[bB]ig+[lrm]?|(?:no)?limits|(?:display|text)style|q?quad"
    r"|(?:begin|end)\s*\{\w+\*?\}|[,;:!\\\s])"
)
_LATEX_WORDS = {
    **{r"\var": "\\", r"\ell": " l", r"\cdots": "...", r"\ldots": "...", r"\dots": "..."},
    **{r"\cdot": "*", r"\times": "*", r"\circ": "*", r"\leq": "<=", r"\le": "<=", r"\to": " to "},
    **{r"\{": "(", r"\}": ")"},
}
_GROUP = r"(\{[^{}]*\}|\([^()]*\)|\w)"
_SUM_RAISED_FIRST = re.compile(rf"sum ?\^ ?{_GROUP} ?_ ?(\{{[^{{}}]*\}}|\([^()]*\))")
_W_RAISED_FIRST = re.compile(rf"([Ww]) ?\^ ?{_GROUP} ?_ ?(\{{? ?[hxy] ?\}}?)")


def normalise(text: str) -> str:
    """`text` in plain letters: `W_h`, `x_i`, `phi`, `sum`, `^{…}`, `_{…}`, `*`, `-`."""
    text = re.sub(r"^\s*(?:\\[(\[]|[`'\"])|(?:\\[)\]]|[`'\"])[\s.,]*$", " ", text)
    text = _LATEX_LAYOUT.sub(" ", _LATEX_FACE.sub("", text))
    for word, spelled in _LATEX_WORDS.items():
        text = text.replace(word, spelled)
    text = re.sub(r"\\([A-Za-z]+)", r" \1", text)  # \phi, \sum, \tau
    text = _run(text, _SUPERSCRIPT, "^")
    text = _run(text, _SUBSCRIPT, "_")
    text = unicodedata.normalize("NFKC", text)  # letters of a formula editor, full-width signs
    for sign, spelled in _SIGNS.items():
        text = text.replace(sign, spelled)
    text = re.sub(r"(?i)\bphi", "phi", re.sub(r"(?i)\bsum", "sum", text))
    text = _single_spaced(text)
    text = re.sub(r"\{ ?([WwXxh]|phi) ?\}", r"\1", text)  # {W}_h
    text = re.sub(r"\{ ?([Wxh]_?\w) ?\}", r"\1 ", text)  # {W_h}
    text = re.sub(r"_ ?\{ ?\{? ?(\w+) ?\}? ?\}", r"_\1 ", text)  # W_{h}, x_{12}
    text = _single_spaced(text)
    text = _SUM_RAISED_FIRST.sub(r"sum_\2^\1 ", text)  # ∑^T_{i=1}
    text = _W_RAISED_FIRST.sub(r"\1_\3^\2 ", text)  # W^2_h
    return text.strip().rstrip(".,; ")


def right_hand_side(text: str) -> str:
    """The text right of `y_2 =`, `y(T) :=` or `h_2 =`; of a chain of equations, the last one."""
    text = re.split(r"= ?(?=phi)", _single_spaced(text))[-1]
    return re.sub(r"^(?:[yh] ?_? ?[({\[]? ?\w{0,4} ?[)}\]]? ?)?:?=", "", text, count=1)


def _single_spaced(text: str) -> str:
    """Single spaces only, so that no pattern can backtrack over runs of spaces."""
    return " ".join(text.split())


def _run(text: str, spelled: dict[str, str], mark: str) -> str:
    """Every run of raised (or lowered) characters as ^{…} (or _{…}), digits without the braces."""

    def plain_run(run: re.Match[str]) -> str:
        letters = "".join(spelled[character] for character in run[1])
        return f"{mark}{letters} " if letters.isdecimal() else f"{mark}{{{letters}}}"

    return re.sub(rf"{re.escape(mark)}?([{re.escape(''.join(spelled))}]+)", plain_run, text)
