"""What the crawl opens besides the views behind controls: questions at every step, rooms and a
class from both sides, runs in every state."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.config.run_spec import RunSpec
from core.models.zoo import ASSETS
from core.run_files.directory import STATES, RunDirectory
from core.runs import archive
from core.study.progress import StudyProgress, attempt, predict
from core.study.question import Question, shipped
from core.study.storage.classes import Classes
from core.study.storage.progress_file import dump
from core.study.storage.rooms import Rooms
from core.study.tasks import Choice
from tests.crawl.views import View

ANSWERS = 3  # of a room, before it is revealed


@dataclass(frozen=True)
class Scene:
    """A view; phone: as wide as one; progress: what the browser keeps of the student."""

    view: View
    phone: bool = False
    progress: str = ""

    def __str__(self) -> str:
        return f"{self.view}{' on a phone' * self.phone}{' with progress' * bool(self.progress)}"


def questions() -> Iterator[Scene]:
    """Every question: predicted, one check wrong, earned; its experiment with the way back."""
    now = datetime.now(UTC)
    for name, question in shipped().items():
        view = View("study", (("q", name),))
        known = predict(StudyProgress(), name, _guess(question))
        wrong = attempt(known, name, 0, len(question.checks), False, now)
        earned = known
        for check, _ in enumerate(question.checks):
            earned = attempt(earned, name, check, len(question.checks), True, now)
        for progress in (known, wrong, earned):
            yield Scene(view, progress=dump(progress))
        yield Scene(view, phone=True, progress=dump(earned))
        tried = question.experiment
        link = {key: str(value) for key, value in tried.state.items()} | {"back": name}
        yield Scene(View(tried.page, tuple(link.items())))


def _guess(question: Question) -> str:
    task = question.predict
    return task.options[0].text if isinstance(task, Choice) else "phi_y(Wy Wx x1)"


def rooms(state: Path) -> Iterator[Scene]:
    """A room on every question, from the lecturer's side and a phone's, before Reveal and after; of
    the short questions every second one before and the others after, as 100 rooms can be open."""
    state.mkdir(parents=True, exist_ok=True)
    known = Rooms(state / "rooms.sqlite3")
    for at, (name, question) in enumerate(shipped().items()):
        for revealed in (False, True) if name[0] in "1234" else (at % 2 == 0,):
            room, secret = known.open_room(name)
            for _ in range(ANSWERS):
                known.answer(room.code, known.new_token(), _guess(question))
            if revealed:
                known.reveal(room.code, secret)
            host = {"room": room.code, "host": secret, "mode": "present"}
            yield Scene(View("study", tuple(host.items())))
            yield Scene(View("study", (("room", room.code),)), phone=True)
    known.release()


def classes(state: Path) -> Iterator[Scene]:
    """A class from its lecturer's side and a student's, with a short test, on a phone too."""
    state.mkdir(parents=True, exist_ok=True)
    rooms = Rooms(state / "rooms.sqlite3")
    known = Classes(rooms)
    new, secret = known.open_class("Deep Learning")
    known.switch_tests(new.code, secret, True)
    for number in range(6):
        token = rooms.new_token()
        known.hand_in(new.code, token, f"Student {number}", "[]")
        for moment in (0, 1):
            known.take_test(new.code, token, "rnn", moment, moment + number % 2, 3)
    for more in ({"host": secret}, {"q": "1a"}, {"test": "rnn"}):
        view = View("study", (("class", new.code), *more.items()))
        yield Scene(view)
        yield Scene(view, phone=True)
    rooms.release()


def runs(folder: Path) -> Iterator[Scene]:
    """A run in every state, a damaged one, and the table of all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    packed = archive.pack(RunDirectory(ASSETS / "gpt-grammar"))
    for number, state in enumerate(sorted(set(STATES) - {"queued"})):  # that would start
        run = RunDirectory.create(
            folder / f"gpt-grammar-20260101-0000{number:02}-crwl",
            RunSpec("gpt", "CompactGPT", data="grammar").to_dict(),
        )
        _unzipped(packed, run.path)
        run.set_status(state, "Some words.")
        yield Scene(View("train", (("run", run.path.name),)))
        if state == "done":
            for see in ("gradient", "text", "log"):
                yield Scene(View("train", (("run", run.path.name), ("see", see))))
            yield Scene(View("gpt", (("model", run.path.name),)))
    damaged = folder / "gpt-grammar-20260101-000099-crwl"
    damaged.mkdir()
    (damaged / "spec.json").write_text("{")
    yield Scene(View("runs"))
    yield Scene(View("runs"), phone=True)
    yield Scene(View("runs", (("search", "done"),)))


def _unzipped(packed: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        for name in file.namelist():
            if name not in ("spec.json", "status.json", "metrics.csv", "command.txt"):
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(file.read(name))


def all_scenes(folder: Path) -> list[Scene]:
    """All of these, on a server whose runs and rooms lie in `folder`."""
    return [
        *questions(),
        *rooms(folder / "state"),
        *classes(folder / "state"),
        *runs(folder / "runs"),
    ]
