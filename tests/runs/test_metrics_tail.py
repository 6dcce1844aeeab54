"""A run that grows is followed line by line, and what was made of its records is made once."""

import json
import threading

from core.run_files import metrics as records
from core.run_files.directory import RunDirectory
from core.runs.metrics_tail import Follower, Seen
from core.system.atomic_write import write_bytes


def line(step: int, text: str = "") -> dict[str, object]:
    return {"kind": "step", "step": step, "epoch": step / 10, "layer_norms": {text: 1.0}}


def test_each_look_reads_what_was_added(tmp_path):
    run = RunDirectory(tmp_path)
    follower = Follower(tmp_path / "metrics.jsonl")
    assert follower.look().records == []
    for step in range(4):
        run.append(line(step, "ħ\u2028 and \x85 end no line"))
        first = follower.look()
        assert first.records == run.metrics()
        assert len(first.records) == step + 1
        assert follower.look() is first


def test_a_line_that_is_still_being_written_is_read_when_it_is_whole(tmp_path):
    path = tmp_path / "metrics.jsonl"
    whole = json.dumps(line(1)) + "\n"
    path.write_text(whole + whole[:9])
    follower = Follower(path)
    assert len(follower.look().records) == 1
    path.write_text(whole + whole)
    assert len(follower.look().records) == 2


def test_a_file_written_anew_is_read_anew(tmp_path):
    """A run that is resumed forgets what came after its checkpoint."""
    run, path = RunDirectory(tmp_path), tmp_path / "metrics.jsonl"
    follower = Follower(path)
    for step in range(5):
        run.append(line(step))
    before = follower.look()
    write_bytes(path, "".join(json.dumps(line(s)) + "\n" for s in range(2)).encode())
    assert [r["step"] for r in follower.look().records] == [0, 1]
    assert len(before.records) == 5  # whoever still looks at it is not disturbed
    write_bytes(path, "".join(json.dumps(line(s)) + "\n" for s in range(20, 30)).encode())
    assert [r["step"] for r in follower.look().records] == list(range(20, 30))
    path.unlink()
    assert follower.look().records == []


def test_damaged_lines_are_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    one, three = (json.dumps(line(step)).encode() for step in (1, 3))
    path.write_bytes(one + b"\n\xff\xfe{\n[2]\n" + three + b"\n")
    assert Follower(path).look().records == [line(1), line(3)]
    path.write_bytes(one + b"\n" + three[:20])
    assert list(records.read(path)) == [line(1)]
    assert records.trouble(path) == "", "a torn last line is usual"
    assert Follower(path).look().records == [line(1)]


def test_what_is_made_of_records_is_made_once():
    asked = []

    def count(records, more):
        asked.append(more)
        return len(records) + more

    seen = Seen([line(1)])
    assert [seen.make(count, 5), seen.make(count, 5), seen.make(count, 6)] == [6, 6, 7]
    assert asked == [5, 6]


def test_many_may_look_while_it_grows(tmp_path):
    run = RunDirectory(tmp_path)
    run.append(line(0))
    follower = Follower(tmp_path / "metrics.jsonl")
    wrong = []

    def look():
        for _ in range(200):
            steps = [r["step"] for r in follower.look().records]
            if steps != list(range(len(steps))):
                wrong.append(steps)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for step in range(1, 100):
        run.append(line(step))
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(follower.look().records) == 100
