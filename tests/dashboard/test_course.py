"""The course: its stops, where a visitor goes on, and the end of every lesson."""

import pytest
from streamlit.testing.v1 import AppTest

from core.study.progress import Record, StudyProgress
from core.study.question import shipped
from dashboard import lessons
from dashboard.course import path
from tests.conftest import ROOT

QUESTIONS = shipped()
IN_COURSE = [name for stop in lessons.COURSE for name in stop.lessons]


def earned(*numbers: str) -> StudyProgress:
    return StudyProgress(
        records={n: Record("guess", passed=tuple(range(len(QUESTIONS[n].checks)))) for n in numbers}
    )


def opened(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=120).run()
    app.switch_page(f"../pages/{name}.py")
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def links(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.main.get("page_link")]


def test_seven_stops_hold_every_lesson_and_every_question_once() -> None:
    assert len(lessons.COURSE) == len(path.DRAWINGS) == 7
    assert sorted([*IN_COURSE, "home", "study"]) == sorted(row.name for row in lessons.LESSONS)
    assert sorted(n for stop in lessons.COURSE for n in stop.earns) == sorted(QUESTIONS)
    assert all(stop.question.endswith("?") and stop.minutes > 0 for stop in lessons.COURSE)


def test_the_menu_follows_the_course() -> None:
    menu = [lesson.name for lesson in lessons.LESSONS]
    assert menu == ["home", "study", *IN_COURSE]
    numbered = [t for t in map(lessons.menu_title, lessons.LESSONS) if " · " in t]
    assert [title.split(" · ")[0] for title in numbered] == list("1234567")


@pytest.mark.parametrize(
    ("progress", "last", "goes_on"),
    [
        (earned(), "", "rnn"),
        (earned("1a"), "", "rnn"),
        (earned(*lessons.COURSE[0].earns), "", "attention"),
        (earned(), "heads", "heads"),
        (earned(*lessons.COURSE[1].earns), "heads", "positions"),
        (earned(*lessons.COURSE[2].earns), "positions", "vit"),
        (earned(*QUESTIONS), "runs", "runs"),
        (earned(*QUESTIONS), "", "rnn"),
        (earned(), "no-such-lesson", "rnn"),
    ],
)
def test_a_visitor_goes_on_where_they_stopped(progress, last, goes_on) -> None:
    assert path.where(progress, QUESTIONS, last) == goes_on


@pytest.mark.parametrize("name", IN_COURSE)
def test_every_lesson_ends_with_its_questions_and_the_next_lesson(name: str) -> None:
    app = opened(name)
    assert not app.exception
    shown, stop = links(app), lessons.COURSE[lessons.stop_of(name)]
    at = [i for i, label in enumerate(shown) for n in stop.earns if label.startswith(f"{n} · ")]
    assert len(at) == len(stop.earns)
    following = lessons.after(name)
    last = f"**{following.title}**" if following else "Study: all questions"
    assert shown[max(at) + 1 :] == [last]


@pytest.mark.parametrize("name", ["home", "study"])
def test_home_and_study_have_no_end(name: str) -> None:
    assert not any("Check what you know" in text.value for text in opened(name).markdown)


def test_the_lecturers_view_has_no_end() -> None:
    app = opened("rnn", mode="present")
    assert not any("Check what you know" in text.value for text in app.markdown)


def test_an_earned_question_is_marked_at_the_end_of_its_lesson() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=120).run()
    app.session_state["study-progress"] = earned("3b")
    app.switch_page("../pages/positions.py").run()
    [label] = [label for label in links(app) if label.startswith("3b · ")]
    assert label.endswith("earned")
