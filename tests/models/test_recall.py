"""One head or many: equal parameters, the shipped trainings, and their section."""

from pathlib import Path

import pytest

from core.models.recall import history, task
from core.models.recall.history import HEADS
from dashboard.attention.head_count import ANSWERS
from dashboard.figures.maps import head_count
from tests import apps

SHIPPED = history.read()


def test_every_number_of_heads_has_the_same_parameters() -> None:
    counts = {sum(p.numel() for p in task.Recall(heads).parameters()) for heads in history.HEADS}
    assert counts == {one.parameters for one in SHIPPED.trained}
    assert len(counts) == 1


def test_four_heads_read_four_places_and_one_does_not() -> None:
    assert min(one.accuracy for one in SHIPPED.of(4)) > 0.95
    assert max(one.accuracy for one in SHIPPED.of(1)) < 0.9
    for one in SHIPPED.trained:
        assert len(one.rows) == one.heads
        assert all(sum(row) == pytest.approx(1, abs=0.01) for row in one.rows)


def test_the_task_trains_such_a_layer() -> None:
    made = task.train(4, 0, steps=3)
    assert made == task.train(4, 0, steps=3)
    assert SHIPPED.about["symbols"] == task.SYMBOLS
    with pytest.raises(ValueError, match="3 heads: choose one of 1, 2"):
        task.train(3, 0)


def test_a_missing_file_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "read", lambda: Path("/nowhere.json").read_text(encoding="utf-8"))
    app = apps.check(apps.opened("attention", section="One head or many?"))
    assert any(history.COMMAND in info.value for info in app.info)


def test_the_section_answers_after_the_prediction_alone() -> None:
    app = apps.check(apps.opened("attention", section="One head or many?", heads="1"))
    assert app.session_state["heads"] == 1
    assert len(app.get("plotly_chart")) == 1
    app.radio(key="guess-heads").set_value(ANSWERS[1])
    said = " ".join(m.value for m in apps.check(app.run()).markdown)
    assert f"one large head names **{SHIPPED.accuracy(1):.0%}**" in said
    assert f"**Your prediction was wrong:** {ANSWERS[1]}  \n" in said
    assert len(app.get("plotly_chart")) == 2


def test_an_open_question_stands_in_the_middle_of_its_axes() -> None:
    (mark,) = head_count.accuracies({}, 0.1).to_plotly_json()["layout"]["annotations"]
    assert mark["x"] == HEADS.index(4), "a place on an axis of categories is counted from 0"
