"""New lines of a growing run are read once, and what is derived from them is computed once."""

import json
import threading

from core.run_files import metrics as records
from core.run_files.directory import RunDirectory
from core.runs.metrics_tail import MetricsTail, Snapshot
from core.system.atomic_write import write_bytes


def line(step: int, text: str = "") -> dict[str, object]:
    return {"kind": "step", "step": step, "epoch": step / 10, "layer_norms": {text: 1.0}}


def test_every_read_adds_the_new_lines(tmp_path):
    run = RunDirectory(tmp_path)
    tail = MetricsTail(tmp_path / "metrics.jsonl")
    assert tail.read().records == []
    for step in range(4):
        run.append(line(step, "ħ\u2028 and \x85 end no line"))
        first = tail.read()
        assert first.records == run.metrics()
        assert len(first.records) == step + 1
        assert tail.read() is first


def test_an_incomplete_line_is_read_once_it_is_complete(tmp_path):
    path = tmp_path / "metrics.jsonl"
    whole = json.dumps(line(1)) + "\n"
    path.write_text(whole + whole[:9])
    tail = MetricsTail(path)
    assert len(tail.read().records) == 1
    path.write_text(whole + whole)
    assert len(tail.read().records) == 2


def test_a_rewritten_file_is_read_again(tmp_path):
    """A resumed run drops the records after its checkpoint."""
    run, path = RunDirectory(tmp_path), tmp_path / "metrics.jsonl"
    tail = MetricsTail(path)
    for step in range(5):
        run.append(line(step))
    before = tail.read()
    write_bytes(path, "".join(json.dumps(line(s)) + "\n" for s in range(2)).encode())
    assert [r["step"] for r in tail.read().records] == [0, 1]
    assert len(before.records) == 5  # earlier snapshots do not change
    write_bytes(path, "".join(json.dumps(line(s)) + "\n" for s in range(20, 30)).encode())
    assert [r["step"] for r in tail.read().records] == list(range(20, 30))
    path.unlink()
    assert tail.read().records == []


def test_damaged_lines_are_skipped(tmp_path):
    path = tmp_path / "metrics.jsonl"
    one, three = (json.dumps(line(step)).encode() for step in (1, 3))
    path.write_bytes(one + b"\n\xff\xfe{\n[2]\n" + three + b"\n")
    assert MetricsTail(path).read().records == [line(1), line(3)]
    path.write_bytes(one + b"\n" + three[:20])
    assert list(records.read(path)) == [line(1)]
    assert records.find_error(path) == "", "a torn last line is usual"
    assert MetricsTail(path).read().records == [line(1)]


def test_what_is_derived_from_records_is_computed_once():
    asked = []

    def count(records, more):
        asked.append(more)
        return len(records) + more

    seen = Snapshot([line(1)])
    assert [seen.derive(count, 5), seen.derive(count, 5), seen.derive(count, 6)] == [6, 6, 7]
    assert asked == [5, 6]


def test_threads_can_read_while_the_file_grows(tmp_path):
    run = RunDirectory(tmp_path)
    run.append(line(0))
    tail = MetricsTail(tmp_path / "metrics.jsonl")
    wrong = []

    def read():
        for _ in range(200):
            steps = [r["step"] for r in tail.read().records]
            if steps != list(range(len(steps))):
                wrong.append(steps)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for step in range(1, 100):
        run.append(line(step))
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(tail.read().records) == 100
