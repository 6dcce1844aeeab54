"""The lecturer's table of a class, and its CSV files for a spreadsheet, Canvas and Moodle.

Canvas imports into its gradebook a file whose header begins with the five columns of CANVAS, then
one column for each assignment, with the row "Points Possible" first; it finds a student by ID, SIS
User ID or SIS Login ID. Moodle (Grades, Import, CSV file) lets the teacher say which column
identifies the student. Both therefore get the name that was handed in as the login: ask students
to hand in under the login of your course if you want to import.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from core.study.results.result import QuestionResult, load_results
from core.study.storage.classes import HandIn
from core.system.spreadsheet import cell

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POSSIBLE = "    Points Possible"  # with the spaces that Canvas writes
MOODLE = ("Username", "ID number", "Email address")
DETAILS = ("earned", "tries", "hints", "confidence", "seconds", "objection")

Results = Sequence[tuple[HandIn, tuple[QuestionResult, ...]]]


def read_hand_ins(
    hand_ins: Iterable[HandIn], questions: Container[str]
) -> tuple[Results, list[str]]:
    """Every hand-in with its results, and one sentence for each that cannot be read.

    questions: those of the course; a student's own ones do not count.
    """
    read: list[tuple[HandIn, tuple[QuestionResult, ...]]] = []
    errors = []
    for hand_in in hand_ins:
        try:
            results = load_results(hand_in.results)
            read.append((hand_in, tuple(r for r in results if r.question in questions)))
        except ValueError as error:
            errors.append(f"{hand_in.name}: {error}")
    return read, errors


def overview(results: Results, questions: Iterable[str]) -> list[dict[str, object]]:
    """A row for each student: points, sums over the questions, and what each question earned.

    A question is worth one point; None where it was not answered.
    """
    names = list(questions)
    rows: list[dict[str, object]] = []
    for hand_in, of_student in results:
        by_name = {result.question: result for result in of_student}
        sure = [result for result in of_student if result.confidence == "sure"]
        rows.append(
            {
                "Student": hand_in.name,
                "Handed in": datetime.fromtimestamp(hand_in.at, UTC).strftime("%Y-%m-%d %H:%M"),
                "Points": round(sum(result.earned for result in of_student), 2),
                "Answered": len(of_student),
                "Tries": sum(result.tries for result in of_student),
                "Hints": sum(result.hints for result in of_student),
                "Sure": len(sure),
                "Sure and right": sum(result.earned == 1 for result in sure),
                "Minutes": round(sum(result.seconds for result in of_student) / 60, 1),
                **{name: by_name[name].earned if name in by_name else None for name in names},
            }
        )
    return rows


def details(results: Results) -> list[dict[str, object]]:
    """A row for each student and question, with everything that was handed in."""
    return [
        {
            "student": hand_in.name,
            "question": result.question,
            **{name: getattr(result, name) for name in DETAILS},
        }
        for hand_in, of_student in results
        for result in of_student
    ]


def canvas_csv(results: Results, questions: Iterable[str]) -> str:
    """The file for the gradebook of Canvas."""
    names = list(questions)
    first = (POSSIBLE, "", "", "", "")
    rows: list[dict[str, object]] = [
        dict(zip(CANVAS, first, strict=True)) | {_item(name): 1 for name in names}
    ]
    for row in overview(results, names):
        who = dict(zip(CANVAS, (row["Student"], "", "", row["Student"], ""), strict=True))
        rows.append(who | {_item(name): _grade(row[name]) for name in names})
    return to_csv(rows, [*CANVAS, *map(_item, names)])


def moodle_csv(results: Results, questions: Iterable[str]) -> str:
    """The file for the grade import of Moodle."""
    names = list(questions)
    rows = []
    for row in overview(results, names):
        who = dict(zip(MOODLE, (row["Student"], "", ""), strict=True))
        rows.append(who | {_item(name): _grade(row[name]) for name in names})
    return to_csv(rows, [*MOODLE, *map(_item, names)])


def to_csv(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> str:
    """CSV text; no cell of it is run as a formula by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(row[name]) for name in columns] for row in rows)
    return out.getvalue()


def _item(name: str) -> str:
    """The name of a question as an assignment or grade item."""
    return f"Unrolled {name}"


def _grade(earned: object) -> object:
    return "" if earned is None else earned
