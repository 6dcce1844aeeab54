"""The benchmarks report measurements, goals, and rows that could not be measured."""

import json

import pytest

from benchmarks import history as recorded
from benchmarks.__main__ import all_rows
from benchmarks.goals import GOALS, Goal
from benchmarks.measure import alternate, fixed
from benchmarks.table import RECORDED, line
from benchmarks.ui_live import DRAGS
from core.config.presets import preset
from core.run_files.directory import RunDirectory
from tests.dashboard.test_instruments import PAGES

NAMED = {"vit-train-throughput", "gpt-train-throughput", "decode-vs-uncached",
         "decode-vs-huggingface"}  # fmt: skip


def test_the_rows_have_their_names_and_every_goal_has_a_row():
    rows = all_rows()
    assert rows.keys() >= NAMED
    recorded_elsewhere = (
        "ui-",
        "room-",
        "poll-",
        "live",
        "one-view",
        "first-",
        "real-first-view",
        "real-change",
    )
    assert all(name in rows or name.startswith(recorded_elsewhere) for name in GOALS)


def test_every_instrument_is_dragged():
    def place(page, query):
        return page, query.get("section"), query.get("try")

    dragged = {place(page, query) for page, query, _ in DRAGS.values()}
    assert {place(*opened) for opened in PAGES.values()} <= dragged


def test_reference_and_product_alternate_and_the_spread_is_recorded():
    calls = []

    def side(name, figures):
        def measure():
            calls.append(name)
            return next(figures)

        return measure

    reference, product = iter([9.0, 1, 2, 4]), iter([9.0, 3, 4, 4])
    row = alternate("x", "s", side("r", reference), side("p", product), 3, "here")
    assert calls == ["r", "p", "r", "p", "p", "r", "r", "p"]
    assert (row["ratio"], row["ratio_low"], row["ratio_high"]) == (2, 1, 3)


@pytest.mark.parametrize(
    ("goal", "product", "reached"),
    [
        (Goal(1.8, 2.5), 5.2, "aim"),
        (Goal(1.8, 2.5), 4.0, "must"),
        (Goal(1.8, 2.5), 3.0, "short"),
        (Goal(0.9, 0.75, least=False), 1.6, "must"),
        (Goal(0.9, 0.75, least=False), 1.9, "short"),
        (Goal(2000, 1000, "product", least=False), 900.0, "aim"),
    ],
)
def test_a_goal_names_its_verdict(goal, product, reached):
    assert goal.reached(fixed("x", "s", 2.0, product, "here")) == reached


def test_a_row_that_cannot_be_measured_says_why():
    assert "no history" in line({"name": "gpt-padding", "missing": "no history of x"})
    assert "product ≤ 0.1" in line({"name": "gpt-padding", "missing": "no history of x"})


def test_one_thread_is_timed_by_processor_time_and_several_by_wall_time(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded, "HISTORIES", tmp_path)
    for threads in (1, 2):
        spec = {**preset("demo", "gpt").to_dict(), "threads": threads}
        run = RunDirectory.create(tmp_path / f"gpt-{threads}", spec)
        for epoch, loss in ((1, 3.0), (2, 2.0), (3, 2.5)):
            record = {"kind": "epoch", "step": epoch, "epoch": epoch, "train": {}}
            record |= {"held_out": {"perplexity": loss}}
            run.append({**record, "seconds": 20.0 * epoch, "cpu_seconds": 10.0 * epoch})
    one, two = recorded.history("gpt-1"), recorded.history("gpt-2")
    assert (one.last.seconds, two.last.seconds) == (30, 60)
    assert one.best("perplexity", least=True).number == 2
    with pytest.raises(recorded.NotRecorded, match="make bench-quality MODEL=nothing"):
        recorded.history("nothing")


def test_recorded_rows_of_the_browser_can_be_printed():
    for path in RECORDED.glob("*.json"):
        kept = json.loads(path.read_text())
        assert kept["title"]
        assert kept["measured"]
        assert all(line(row).startswith("| `") for row in kept["rows"])
