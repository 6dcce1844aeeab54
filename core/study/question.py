"""Questions: four moves (predict, experiment, check, model answer), and their reader from TOML.

CONTRIBUTING.md shows an example. Every mistake in a file becomes one sentence that names the file,
so that a teacher can correct it. Nothing here imports torch.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from core.study.claim import Claim, read_claims
from core.study.record import HINTS
from core.study.tasks import (
    Bug,
    Choice,
    Match,
    Number,
    Order,
    Quantity,
    Rubric,
    Task,
    read_task,
)
from core.study.toml_values import only_keys, subtable, text_at, texts_at

SHIPPED = Path(__file__).resolve().parent / "questions"
ORDER = tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))
MAX_BYTES = 64_000  # of one file
MAX_FILES = 100

State = Mapping[str, str | int | float | bool]


@dataclass(frozen=True)
class Experiment:
    """A link to the lesson in the state that answers the question."""

    say: str
    page: str
    state: State
    label: str
    figure: str = ""  # the key of the figure that decides, where the page begins with another one


@dataclass(frozen=True)
class MeasuredSentence:
    """A sentence about this machine; core.study.measure.store fills in `{name.key:.1f}`."""

    name: str
    text: str


@dataclass(frozen=True)
class ModelAnswer:
    """The model answer; `loose`: where common notes go wrong; `code`: the functions to read."""

    text: str
    loose: str
    code: tuple[str, ...]
    measured: tuple[MeasuredSentence, ...] = field(default=())


@dataclass(frozen=True)
class Question:
    id: str
    title: str
    text: str
    predict: Task
    experiment: Experiment
    checks: tuple[Task, ...]
    answer: ModelAnswer
    decides: tuple[Claim, ...] = ()  # the measurements that the right prediction rests on
    hints: tuple[str, ...] = ()  # three, from a first thought to the step that decides; or none


def shipped() -> dict[str, Question]:
    """The questions of the course, in its order."""
    return dict(_read_shipped())


@cache
def _read_shipped() -> dict[str, Question]:
    return {name: _read_file(SHIPPED / f"{name}.toml") for name in ORDER}


def own_folder(folder: Path) -> tuple[dict[str, Question], list[str]]:
    """The questions in a teacher's folder, and one sentence for every unusable file."""
    if not folder.is_dir():
        return {}, [f"There is no folder {folder}: make one with a TOML file for each question."]
    files = sorted(folder.glob("*.toml"))
    if not files:
        return {}, [f"The folder {folder} has no TOML file: each question is one."]
    return own_files((path.name, path.read_bytes()) for path in files)


def own_files(files: Iterable[tuple[str, bytes]]) -> tuple[dict[str, Question], list[str]]:
    """The same for uploaded files, each as (name, content)."""
    questions: dict[str, Question] = {}
    errors: list[str] = []
    for number, (name, content) in enumerate(files):
        if number >= MAX_FILES:
            errors.append(f"Only the first {MAX_FILES} files were read: use a smaller folder.")
            break
        try:
            question = read_question(name, content)
            if question.id in ORDER or question.id in questions:
                raise ValueError(f"{name}: the id {question.id!r} is taken: choose another.")
            questions[question.id] = question
        except ValueError as error:
            errors.append(str(error))
    return questions, errors


def _read_file(path: Path) -> Question:
    return read_question(path.name, path.read_bytes())


def read_question(name: str, content: bytes) -> Question:
    """One question from a TOML file. Raises ValueError, one sentence that starts with `name`."""
    where = re.sub(r"[^\w.-]", "_", name)[:60]
    try:
        if len(content) > MAX_BYTES:
            raise ValueError(f"it has {len(content):,} bytes: keep it under {MAX_BYTES:,}.")
        try:
            table = tomllib.loads(content.decode("utf-8"))
        except UnicodeDecodeError:
            raise ValueError("it is not UTF-8 text: save it as UTF-8.") from None
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise ValueError(f"it is not TOML ({error}): correct that line.") from None
        return _question(table)
    except ValueError as error:
        raise ValueError(f"{where}{_line_of(str(error), content)}: {error}") from None


def _line_of(error: str, content: bytes) -> str:
    """ ", line 12": where the first word that the sentence quotes stands, or else its [[check]]."""
    lines = list(enumerate(content.decode("utf-8", "replace").splitlines(), 1))
    if quoted := re.search(r"'([^']+)'", error):
        for end in ('"', ""):  # a long text is quoted by its beginning
            for number, line in lines:
                if f'"{quoted[1]}{end}' in line:
                    return f", line {number}"
    if check := re.match(r"\[\[check\]\] (\d+)", error):
        headings = [number for number, line in lines if line.strip() == "[[check]]"]
        return f", line {headings[int(check[1]) - 1]}" if headings else ""
    return ""


def _question(table: dict[str, Any]) -> Question:
    only_keys(table, "the file", "id title text hints predict experiment check answer")
    identity = text_at(table, "id", "the file")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,19}", identity):
        raise ValueError(f"the id {identity[:30]!r} must be 1 to 20 of a–z, 0–9 and -.")
    checks = table.get("check")
    if not isinstance(checks, list) or not checks:
        raise ValueError("it has no [[check]]: add at least one.")
    tasks = tuple(read_task(check, f"[[check]] {i}") for i, check in enumerate(checks, 1))
    question = Question(
        id=identity,
        title=text_at(table, "title", "the file"),
        text=text_at(table, "text", "the file"),
        predict=read_task(_without_claim(subtable(table, "predict")), "[predict]"),
        experiment=_experiment(subtable(table, "experiment")),
        checks=tasks,
        answer=_answer(subtable(table, "answer")),
        decides=read_claims(table["predict"].get("decides", []), "[predict], decides"),
        hints=_hints(table),
    )
    shown = tuple(_shown(question))
    return replace(
        question,
        checks=tuple(replace(t, shown=shown) if isinstance(t, Rubric) else t for t in tasks),
    )


def _hints(table: dict[str, Any]) -> tuple[str, ...]:
    if "hints" not in table:
        return ()
    hints = texts_at(table, "hints", "the file", HINTS)
    if len(hints) != HINTS:
        raise ValueError(f"the file: hints must be a list of {HINTS} texts.")
    return hints


def _shown(question: Question) -> Iterator[str]:
    """The texts that a student is shown before the model answer, replies included."""
    yield from (question.title, question.text, question.experiment.say, question.experiment.label)
    yield from question.hints
    for task in (question.predict, *question.checks):
        if not isinstance(task, Number | Quantity):
            yield task.prompt
        if isinstance(task, Bug):
            yield from (text for option in task.symptoms for text in (option.text, option.reply))
        if isinstance(task, Match):
            yield from (*task.settings, task.reply)
        if isinstance(task, Choice):
            yield from (text for option in task.options for text in (option.text, option.reply))
        if isinstance(task, Order):
            yield from (*task.items, *(reply for _, _, reply in task.slips))
        if isinstance(task, Rubric):
            yield from (point.ask for point in task.points)


def _without_claim(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key != "decides"}


def _experiment(table: dict[str, Any]) -> Experiment:
    where = "[experiment]"
    only_keys(table, where, "say page state label figure")
    page = text_at(table, "page", where)
    if not re.fullmatch(r"[a-z]{1,20}", page):
        raise ValueError(f"{where}: the page {page[:30]!r} must be a lesson's name, as in rnn.")
    state = table.get("state", {})
    figure = table.get("figure", "")
    if not isinstance(figure, str) or not re.fullmatch(r"[\w-]{0,40}", figure):
        raise ValueError(f"{where}: the figure {str(figure)[:30]!r} must be the key of a figure.")
    say, label = text_at(table, "say", where), text_at(table, "label", where)
    return Experiment(say, page, checked_state(state, where), label, figure)


def checked_state(state: object, where: str) -> State:
    """The state of a page's controls: short names and plain values. Raises ValueError."""
    if not isinstance(state, dict) or len(state) > 20:
        raise ValueError(f"{where}: state must be a table of at most 20 controls.")
    for key, value in state.items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,30}", key):
            raise ValueError(
                f"{where}: {key[:30]!r} is not the name of a control: use letters and digits."
            )
        if not isinstance(value, (str, int, float)) or len(str(value)) > 300:
            raise ValueError(f"{where}: {key} must be a number or a text of up to 300 characters.")
    return state


def _answer(table: dict[str, Any]) -> ModelAnswer:
    where = "[answer]"
    only_keys(table, where, "text loose code measured")
    measured = []
    for entry in table.get("measured", []):
        if not isinstance(entry, dict):
            raise ValueError(f"{where}: measured must be [[answer.measured]] tables.")
        only_keys(entry, f"{where} measured", "name text")
        values = (text_at(entry, key, f"{where} measured") for key in ("name", "text"))
        measured.append(MeasuredSentence(*values))
    code = texts_at(table, "code", where, 1)
    for name in code:
        if not re.fullmatch(r"core(\.\w+){2,4}", name):
            raise ValueError(f"{where}: code {name[:40]!r} must be a name such as core.gpt.X.")
    return ModelAnswer(
        text_at(table, "text", where), text_at(table, "loose", where), code, tuple(measured)
    )
