"""The ways through pages that have steps: a question, a room, a training and its run."""

import io
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.run_files.directory import RunDirectory
from core.runs import archive
from core.study.progress import StudyProgress
from core.study.question import shipped
from core.study.tasks import Choice
from dashboard.study import room
from tests.crawl.test_views import faults
from tests.crawl.views import View, open_page
from tests.dashboard.study_page import button, fill_in
from tests.runs.test_table import ticked

QUESTIONS = shipped()
MIN_ATTEMPTS = 120  # s until a training has begun, or answered


class Way:
    """Counts the views on the way, and looks at each."""

    def __init__(self, caplog: pytest.LogCaptureFixture):
        self.views, self.caplog = 0, caplog

    def look(self, app: AppTest) -> AppTest:
        self.views += 1
        errors = [r for r in self.caplog.records if r.levelno >= logging.ERROR]
        assert faults(app, errors) == [], f"view {self.views}"
        return app


@pytest.fixture
def way(
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Way]:
    """A way through pages that keep what they keep in a folder of their own."""
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("UNROLLED_STATE", str(tmp_path / "state"))
    room.rooms.clear()
    walked = Way(caplog)
    yield walked
    record_property("views", walked.views)


def study(name: str, **more: str) -> AppTest:
    return open_page(View("study", tuple({"q": name, **more}.items())))


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_from_prediction_to_answer(name: str, way: Way) -> None:
    question, seed = QUESTIONS[name], StudyProgress().task_seed(name)
    app = way.look(study(name))
    fill_in(app, question.predict, f"{name}-1-predict", seed, right=False)
    way.look(button(app, "Keep my prediction").click().run())

    tried = question.experiment
    link = {key: str(value) for key, value in tried.state.items()} | {"back": name}
    way.look(open_page(View(tried.page, tuple(link.items()))))
    way.look(app.run())  # back: the session goes on

    for i, task in enumerate(question.checks):
        for right in (False, True):
            fill_in(app, task, f"{name}-1-check-{i}", seed, right=right)
            way.look(app.button(f"{name}-1-check-{i}-send").click().run())
    assert question.answer.text[:40] in "\n".join(m.value for m in app.markdown)
    way.look(button(app, "Work through it again, with new numbers").click().run())


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_room_as_host_and_as_phone(name: str, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    question = QUESTIONS[name]
    host = study(name)
    way.look(button(host, "Open a room").click().run())
    code, rooms = host.query_params["room"], room.rooms()
    token = rooms.new_token()
    monkeypatch.setattr(room, "phone_token", lambda rooms: token)
    phone = way.look(open_page(View("study", (("room", code),))))
    if isinstance(question.predict, Choice):
        phone.radio[0].set_value(question.predict.options[0].text)
    else:
        phone.text_input[0].set_value("phi_y(Wy Wx x1)")
    way.look(button(phone, "Send my answer").click().run())
    way.look(host.run())
    way.look(button(host, "Reveal").click().run())
    way.look(phone.run())
    way.look(button(host, "Back to the question").click().run())
    assert host.header[0].value.startswith(f"{name} ·")
    rooms.release()


def until(app: AppTest, run: RunDirectory, state: str) -> AppTest:
    """Look again, as the page does by itself, until the run stands so: once its file says it."""
    deadline = time.monotonic() + MIN_ATTEMPTS
    while not app.header[0].value.endswith(state):
        assert time.monotonic() < deadline, f"{app.header[0].value} is not {state}"
        while run.status()["state"] != state.lower() and time.monotonic() < deadline:
            time.sleep(0.1)
        app.run()
    return app


@pytest.mark.timeout(600)
def test_a_training_and_its_run_to_the_end(way: Way, tmp_path: Path) -> None:
    small = {"kind": "gpt", "gpt-demo-epochs": "3", "gpt-demo-num_layers": "1"}
    app = way.look(open_page(View("train", tuple(small.items()))))
    way.look(button(app, "Start training").click().run())
    [name] = [p.name for p in (tmp_path / "runs").iterdir() if p.name.startswith("gpt-")]
    run = RunDirectory(tmp_path / "runs" / name)
    way.look(until(app, run, "Running"))
    deadline = time.monotonic() + MIN_ATTEMPTS
    while not run.last_records() and time.monotonic() < deadline:
        time.sleep(0.2)
    app.button(f"Pause-{name}").click().run()
    way.look(until(app, run, "Paused"))
    app.button(f"Resume-{name}").click().run()
    way.look(until(app, run, "Running"))
    app.button(f"Cancel-{name}").click().run()
    way.look(until(app, run, "Cancelled"))
    app.button(f"Resume-{name}").click().run()
    way.look(until(app, run, "Done"))
    for see in app.segmented_control(key="see").options:
        way.look(app.segmented_control(key="see").set_value(see).run())
    way.look(open_page(View("gpt", (("model", name),))))

    other = archive.unpack(io.BytesIO(archive.pack(run)))  # out as a zip and in again
    app = way.look(open_page(View("runs")))
    way.look(ticked(app, 0, 1))
    for key in ("measure", "axis"):
        for option in app.selectbox(key=key).options:
            way.look(app.selectbox(key=key).select(option).run())
    way.look(ticked(app, 0))
    first = next(b.key for b in app.button if (b.key or "").startswith("delete-"))
    app.text_input(key=next(t.key for t in app.text_input if t.label == "Name")).set_value("Mine")
    way.look(button(app, "Save name and note").click().run())
    assert "Mine" in list(app.dataframe[0].value["run"])
    way.look(app.button(first).click().run())
    assert len(app.dataframe[0].value) == 1
    way.look(next(b for b in app.button if b.label.startswith("Undo")).click().run())
    assert len(app.dataframe[0].value) == 2
    way.look(button(app, "Check every file of every run").click().run())
    assert other.path.is_dir()
