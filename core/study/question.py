"""Questions: four moves (predict, experiment, check, model answer), and their reader from TOML.

CONTRIBUTING.md shows an example. Every mistake in a file becomes one sentence that names the file,
so that a teacher can correct it. Nothing here imports torch.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.study.claim import Claim, read_claims
from core.study.grading.numbers import VARIANTS
from core.study.points import Point, read_points

SHIPPED = Path(__file__).resolve().parent / "questions"
ORDER = (
    *("1a", "1b", "1c", "1d", "1e", "1f", "2d", "3b", "3c", "3d", "3e"),
    *("4e", "4f", "4g", "4h", "4i"),
)
MAX_BYTES = 64_000  # of one file
MAX_FILES = 100

State = Mapping[str, str | int | float | bool]


@dataclass(frozen=True)
class Option:
    """One option of a choice; `reply` is shown to a student who chose it.

    refuted: the measurements that show a wrong option to be wrong.
    """

    text: str
    reply: str
    right: bool
    refuted: tuple[Claim, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One right option; the wrong ones are real misconceptions."""

    prompt: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Order:
    """Items in their right order; a slip is (item placed early, before which one, reply)."""

    prompt: str
    items: tuple[str, ...]
    slips: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Number:
    """A number drawn afresh for every seed by core.study.grading.numbers."""

    variant: str


@dataclass(frozen=True)
class Expression:
    """An algebra answer, graded by core.study.grading; as a prediction, only a sketch."""

    prompt: str
    grade_as: str  # 1a, 1b or 1c


@dataclass(frozen=True)
class Rubric:
    """Prose that is read for its key points (core.study.grading.essay).

    enough: points needed to pass. shown: the texts of the question, of which no copy counts.
    """

    prompt: str
    points: tuple[Point, ...]
    enough: int
    shown: tuple[str, ...] = ()


Task = Choice | Order | Number | Expression | Rubric


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


def shipped() -> dict[str, Question]:
    """The sixteen questions of the course, in its order."""
    questions = {path.stem: _read_file(path) for path in SHIPPED.glob("*.toml")}
    return {name: questions[name] for name in ORDER if name in questions}


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
    _only(table, "the file", "id title text predict experiment check answer")
    identity = _text(table, "id", "the file")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,19}", identity):
        raise ValueError(f"the id {identity[:30]!r} must be 1 to 20 of a–z, 0–9 and -.")
    checks = table.get("check")
    if not isinstance(checks, list) or not checks:
        raise ValueError("it has no [[check]]: add at least one.")
    tasks = tuple(_task(check, f"[[check]] {i}") for i, check in enumerate(checks, 1))
    question = Question(
        id=identity,
        title=_text(table, "title", "the file"),
        text=_text(table, "text", "the file"),
        predict=_task(_without_claim(_table(table, "predict", "the file")), "[predict]"),
        experiment=_experiment(_table(table, "experiment", "the file")),
        checks=tasks,
        answer=_answer(_table(table, "answer", "the file")),
        decides=read_claims(table["predict"].get("decides", []), "[predict], decides"),
    )
    shown = tuple(_shown(question))
    return replace(
        question,
        checks=tuple(replace(t, shown=shown) if isinstance(t, Rubric) else t for t in tasks),
    )


def _shown(question: Question) -> Iterator[str]:
    """The texts that a student is shown before the model answer, replies included."""
    yield from (question.title, question.text, question.experiment.say, question.experiment.label)
    for task in (question.predict, *question.checks):
        if not isinstance(task, Number):
            yield task.prompt
        if isinstance(task, Choice):
            yield from (text for option in task.options for text in (option.text, option.reply))
        if isinstance(task, Order):
            yield from (*task.items, *(reply for _, _, reply in task.slips))
        if isinstance(task, Rubric):
            yield from (point.ask for point in task.points)


def _without_claim(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key != "decides"}


def _task(table: object, where: str) -> Task:
    if not isinstance(table, dict):
        raise ValueError(f"{where} must be a table: write its keys under it.")
    kind = table.get("kind")
    match kind:
        case "choice":
            return _choice(table, where)
        case "order":
            return _order(table, where)
        case "number":
            _only(table, where, "kind variant")
            variant = _text(table, "variant", where)
            if variant not in VARIANTS:
                raise ValueError(
                    f"{where}: there is no variant {variant[:30]!r}; "
                    f"there are {', '.join(VARIANTS)}."
                )
            return Number(variant)
        case "expression":
            _only(table, where, "kind prompt grade_as")
            grade_as = _text(table, "grade_as", where)
            if grade_as not in ("1a", "1b", "1c"):
                raise ValueError(f"{where}: grade_as is {grade_as[:20]!r}: use 1a, 1b or 1c.")
            return Expression(_text(table, "prompt", where), grade_as)
        case "rubric":
            _only(table, where, "kind prompt points enough")
            points, enough = read_points(table.get("points"), where), table.get("enough")
            for point in points:
                _no_markup(f"{point.text} {point.ask}", f"{where}: points")
            if not isinstance(enough, int) or not 1 <= enough <= len(points):
                raise ValueError(f"{where}: enough must be from 1 to {len(points)} points.")
            return Rubric(_text(table, "prompt", where), points, enough)
    raise ValueError(
        f"{where}: the kind is {str(kind)[:30]!r}: use choice, order, number, expression or rubric."
    )


def _choice(table: dict[str, Any], where: str) -> Choice:
    _only(table, where, "kind prompt options")
    tables = table.get("options")
    if not isinstance(tables, list) or not 2 <= len(tables) <= 8:
        raise ValueError(f"{where}: options must be a list of 2 to 8 tables.")
    options = []
    for number, option in enumerate(tables, 1):
        here = f"{where}, option {number}"
        if not isinstance(option, dict):
            raise ValueError(f"{here} must be a table with text and reply.")
        _only(option, here, "text reply right refuted")
        options.append(
            Option(
                _text(option, "text", here),
                _text(option, "reply", here),
                option.get("right") is True,
                read_claims(option.get("refuted", []), f"{here}, refuted"),
            )
        )
    if sum(option.right for option in options) != 1:
        raise ValueError(f"{where}: exactly one option must have right = true.")
    if len({option.text for option in options}) < len(options):
        raise ValueError(f"{where}: two options have the same text: make every text different.")
    return Choice(_text(table, "prompt", where), tuple(options))


def _order(table: dict[str, Any], where: str) -> Order:
    _only(table, where, "kind prompt items slips")
    items = _texts(table, "items", where, 3)
    slips = []
    for slip in table.get("slips", []):
        if not isinstance(slip, dict):
            raise ValueError(f"{where}: a slip must be a table with early, before and reply.")
        _only(slip, f"{where}, a slip", "early before reply")
        early, before = slip.get("early"), slip.get("before")
        if early not in items or before not in items or items.index(before) > items.index(early):
            raise ValueError(f"{where}: a slip names two items, the later one as early.")
        slips.append(
            (items.index(early), items.index(before), _text(slip, "reply", f"{where}, a slip"))
        )
    return Order(_text(table, "prompt", where), items, tuple(slips))


def _experiment(table: dict[str, Any]) -> Experiment:
    where = "[experiment]"
    _only(table, where, "say page state label figure")
    page = _text(table, "page", where)
    if not re.fullmatch(r"[a-z]{1,20}", page):
        raise ValueError(f"{where}: the page {page[:30]!r} must be a lesson's name, as in rnn.")
    state = table.get("state", {})
    figure = table.get("figure", "")
    if not isinstance(figure, str) or not re.fullmatch(r"[\w-]{0,40}", figure):
        raise ValueError(f"{where}: the figure {str(figure)[:30]!r} must be the key of a figure.")
    say, label = _text(table, "say", where), _text(table, "label", where)
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
    _only(table, where, "text loose code measured")
    measured = []
    for entry in table.get("measured", []):
        if not isinstance(entry, dict):
            raise ValueError(f"{where}: measured must be [[answer.measured]] tables.")
        _only(entry, f"{where} measured", "name text")
        name, text = (
            _text(entry, "name", f"{where} measured"),
            _text(entry, "text", f"{where} measured"),
        )
        measured.append(MeasuredSentence(name, text))
    code = _texts(table, "code", where, 1)
    for name in code:
        if not re.fullmatch(r"core(\.\w+){2,4}", name):
            raise ValueError(f"{where}: code {name[:40]!r} must be a name such as core.gpt.X.")
    return ModelAnswer(
        _text(table, "text", where), _text(table, "loose", where), code, tuple(measured)
    )


def _only(table: Mapping[str, Any], where: str, known: str) -> None:
    unknown = sorted(set(table) - set(known.split()))
    if unknown:
        raise ValueError(f"{where} has no key {unknown[0][:30]!r}; it has {known}.")


def _table(table: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = table.get(key)
    if not isinstance(value, dict):
        raise ValueError(f"{where} has no [{key}]: add one.")
    return value


def _texts(table: Mapping[str, Any], key: str, where: str, fewest: int) -> tuple[str, ...]:
    value = table.get(key)
    if not isinstance(value, list) or not fewest <= len(value) <= 12:
        raise ValueError(f"{where}: {key} must be a list of {fewest} to 12 texts.")
    for item in value:
        if not isinstance(item, str) or not item.strip():
            raise ValueError(f"{where}: {key} must hold texts only.")
        _no_markup(item, f"{where}: {key}")
    if len(set(value)) < len(value):
        raise ValueError(f"{where}: {key} says the same twice.")
    return tuple(item.strip() for item in value)


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{where}: {key} is missing or empty: write a text.")
    _no_markup(value, f"{where}: {key}")
    return value.strip()


def _no_markup(text: str, where: str) -> None:
    """Bold, code and formulas are welcome; pictures, links and HTML are not."""
    if re.search(r"\]\s*[(\[]|<[A-Za-z/!]|https?:|www\.|\w@\w[-\w]*\.\w", text, re.IGNORECASE):
        raise ValueError(f"{where} holds a link, a picture or HTML: write plain text and formulas.")
