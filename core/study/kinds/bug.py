"""Find the bug: eight lines of code with one fault, and their reader from TOML.

kind = "bug"
prompt = "Which line is wrong, and what is the symptom?"
fault = "no_scale"            # one of core.study.faults, which runs it beside its repair
code = ["def weights(q, k):", …]    # eight different lines, only shown
wrong = "    scores = q @ k.T"      # the faulty one of them
repair = "    scores = q @ k.T / sqrt(n)"
symptoms = [{ text = "…", reply = "…", right = true }, …]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.study.kinds.option import Option, read_options
from core.study.toml_values import only_keys, text_at

LINES = 8
LONGEST = 90  # characters of a line


@dataclass(frozen=True)
class Bug:
    """The student names the faulty line and what is seen; the answer is (line, symptom's text)."""

    prompt: str
    fault: str
    code: tuple[str, ...]
    wrong: str
    repair: str
    symptoms: tuple[Option, ...]

    @property
    def right(self) -> tuple[str, str]:
        """The faulty line, and the symptom."""
        return self.wrong, next(option.text for option in self.symptoms if option.right)


def read_bug(table: Mapping[str, Any], where: str) -> Bug:
    """Errors: ValueError, one sentence that names `where` and what is allowed."""
    from core.study.faults import FAULTS

    only_keys(table, where, "kind prompt fault code wrong repair symptoms")
    fault = text_at(table, "fault", where)
    if fault not in FAULTS:
        raise ValueError(
            f"{where}: there is no fault {fault[:30]!r}; there are {', '.join(FAULTS)}."
        )
    code = table.get("code")
    if not isinstance(code, list) or len(code) != LINES or not all(map(_is_line, code)):
        raise ValueError(
            f"{where}: code must be a list of {LINES} lines, each of 1 to {LONGEST} characters."
        )
    if len(set(code)) < LINES:
        raise ValueError(f"{where}: two lines of code are the same: make every line different.")
    wrong, repair = table.get("wrong"), table.get("repair")
    if wrong not in code:
        raise ValueError(f"{where}: wrong must be one of the lines of code, letter for letter.")
    if not _is_line(repair) or repair in code:
        raise ValueError(
            f"{where}: repair must be the line that replaces the wrong one, "
            f"of 1 to {LONGEST} characters."
        )
    symptoms = read_options(table.get("symptoms"), where, "symptoms")
    prompt = text_at(table, "prompt", where)
    return Bug(prompt, fault, tuple(code), str(wrong), str(repair), symptoms)


def _is_line(value: object) -> bool:
    return (
        isinstance(value, str)
        and bool(value.strip())
        and len(value) <= LONGEST
        and value.isprintable()
    )
