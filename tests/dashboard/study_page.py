"""The study page for its tests: opened through AppTest, filled in, and read."""

from streamlit.testing.v1 import AppTest

from core.study.grading.checks import right_settings, shuffled
from core.study.grading.numbers import draw
from core.study.grading.quantities import draw_quantity, written
from core.study.question import shipped
from core.study.tasks import Bug, Choice, Expression, Match, Number, Order, Quantity, Rubric
from tests.conftest import ROOT
from tests.study.essays import KNOWS

QUESTIONS = shipped()
RIGHT = {
    "1a": "phi_y(Wy Wh Wx x1 + Wy Wx x2)",
    "1b": "phi_y(Wy (Wh^2 Wx x1 + Wh Wx x2 + Wx x3))",
    "1c": "phi_y(Wy sum(Wh^(T-i) Wx x_i, i=1..T))",
    "start": "phi_y(Wy Wh^2 h0 + Wy Wh Wx x1 + Wy Wx x2)",
    "bias": "phi_y(Wy (Wh Wx x1 + Wh b + Wx x2 + b))",
}
PROSE = "A few sentences of my own that go on for long enough but say nothing of it."


def open_question(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "study.py"), default_timeout=120)
    app.query_params["q"] = name
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def open_list(app: AppTest) -> AppTest:
    """Open the list of all questions, which a page with a question in its link has closed."""
    app.session_state["all-questions-closed"] = True
    return app.run()


def fill_in(
    app: AppTest, task: object, place: str, seed: str, right: bool, field: str = ""
) -> None:
    """Fill the fields of a task of the question `place`; field: their key, where it is another."""
    key = field or f"{place}-given"
    if isinstance(task, Choice):
        option = next(o for o in task.options if o.right == right)
        app.radio(key).set_value(option.text)
    elif isinstance(task, Order):
        mixed = shuffled(task.items, seed)
        placed = [i for i in range(len(mixed)) if "badge" in app.button(f"{key}-{i}").label]
        for i in placed:
            app.button(f"{key}-{i}").click().run()
        for line in task.items if right else mixed:
            app.button(f"{key}-{mixed.index(line)}").click().run()
    elif isinstance(task, Number):
        answer = draw(task.variant, seed).answer
        app.text_input(key).set_value(repr(answer if right else answer * 50))
    elif isinstance(task, Quantity):
        said = written(draw_quantity(task.variant, seed))
        app.text_input(key).set_value(said if right else said.split()[0])
    elif isinstance(task, Bug):
        line, symptom = task.right
        other = next(option.text for option in task.symptoms if not option.right)
        app.radio(f"{key}-line").set_value(line)
        app.radio(f"{key}-symptom").set_value(symptom if right else other)
    elif isinstance(task, Match):
        settings = right_settings(task, seed)
        for i, setting in enumerate(settings if right else settings[::-1]):
            app.selectbox(f"{key}-{i}").set_value(setting)
    elif isinstance(task, Expression):
        app.text_input(key).set_value(RIGHT[task.grade_as] if right else "phi_y(Wy Wx x1)")
    elif isinstance(task, Rubric):
        app.text_area(key).set_value(KNOWS[place[:2]] if right else PROSE)


def button(app: AppTest, label: str, nth: int = 0):
    return [b for b in app.button if b.label == label][nth]


def text_of(app: AppTest) -> str:
    """All text that reached the page."""
    kinds = ("markdown", "caption", "info", "success", "warning", "error", "header", "subheader")
    shown = [str(element.value) for kind in kinds for element in app.get(kind)]
    links = [link.proto.label for link in app.get("page_link")]
    return "\n".join([*shown, *links, *(c.value for c in app.code)])
