"""What a beat of a storyline may say, and the one sentence for what it may not."""

import pytest

from core.study import storyline as stories

BEAT = '[[beat]]\nsentence = "One."\nshow = ["a", "b"]\nhold = ["a"]\n'


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('axes = ["b"]', "axes must list keys that are in hold"),
        ('axes = ["a"]\nfirst = ["b"]', "first must list keys that are in axes"),
        ("height = 90", "height must be a whole number of pixels from 100 to 640"),
        ('height = "tall"', "height must be a whole number"),
        ("width = 3", "a beat has no key 'width'"),
    ],
)
def test_a_faulty_beat_is_named(tmp_path, monkeypatch, line, what):
    (tmp_path / "rnn.toml").write_text(f'title = "T"\n{BEAT}{line}\n', encoding="utf-8")
    monkeypatch.setattr(stories, "SHIPPED", tmp_path)
    with pytest.raises(ValueError, match=f"rnn, beat 1: {what}"):
        stories.storyline("rnn")


def test_a_beat_may_show_axes_and_set_the_height_of_its_figures(tmp_path, monkeypatch):
    text = f'title = "T"\n{BEAT}axes = ["a"]\nfirst = ["a"]\nheight = 400\n'
    (tmp_path / "rnn.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(stories, "SHIPPED", tmp_path)
    (beat,) = stories.storyline("rnn").beats
    assert (beat.axes, beat.first, beat.height) == (("a",), ("a",), 400)
