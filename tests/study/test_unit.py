"""The lecture of the whole unit: its stops are the course's, its beats exist, its time adds up."""

from itertools import pairwise

import pytest

from core.study.storyline import storyline
from core.study.unit import position, unit
from dashboard.lessons import COURSE


def test_it_visits_the_stops_of_the_course_in_their_order_and_takes_ninety_minutes():
    beats = unit()
    stops = list(dict.fromkeys((beat.stop, beat.stop_title) for beat in beats))
    assert stops == [(i, stop.title) for i, stop in enumerate(COURSE, 1)]
    assert beats[0].start == 0
    assert beats[-1].end == pytest.approx(90)
    for before, after in pairwise(beats):
        assert before.end == after.start


def test_no_beat_comes_twice_and_every_stop_asks_the_room():
    beats = unit()
    assert len({(beat.lesson, beat.beat) for beat in beats}) == len(beats)
    for stop in range(1, len(COURSE) + 1):
        shown = [storyline(b.lesson).beats[b.beat] for b in beats if b.stop == stop]
        assert any(beat.poll for beat in shown) or any(beat.question for beat in shown)


@pytest.mark.parametrize("text", ["", "0", "999", "x", "-1", "1" * 9, "²"])
def test_a_link_to_no_beat_names_none(text):
    assert position(text) is None


def test_a_link_names_a_beat_of_its_own_lesson_only():
    assert position("1", unit()[0].lesson) == 0
    assert position("1", "maps") is None


def test_a_beat_that_no_storyline_has_is_named(tmp_path):
    file = tmp_path / "unit.toml"
    file.write_text('[[stop]]\ntitle = "A"\nminutes = 3\nbeats = [["rnn", 99]]\n')
    with pytest.raises(ValueError, match=r"unit.toml, A: the storyline of 'rnn' has no beat 99\."):
        unit(file)
