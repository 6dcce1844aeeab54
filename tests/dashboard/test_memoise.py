"""What was drawn or worked out lately is not made again, and nothing else takes its place."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from core.config.model_config import config_for
from core.decoding.beam import beam_search
from core.decoding.engine import AHEAD, EagerReader, PrefixReader
from core.decoding.strategies import Greedy, Temperature
from core.interpret.trace import UNCHANGED, Edit, trace
from core.models.registry import build
from dashboard.figures import memoise as memory
from dashboard.figures.maps.bar_picture import WIDTH, bar_picture
from dashboard.figures.memoise import memoise
from dashboard.models import traces
from dashboard.models.generation_cache import Texts


def test_the_same_contents_are_drawn_once_and_others_anew() -> None:
    drawn = []

    @memoise
    def draw(values: object, side: int = 1) -> bytes:
        """How it is drawn."""
        drawn.append((values, side))
        return bytes(f"{values} {side}", "utf-8")

    zero = np.zeros((2, 3), np.float32)
    different = [
        (zero,), (zero + 1,), (zero.T,), (zero.astype(np.float64),), (zero, 2), ([zero, zero],),
        ("1",), (1,), (1.0,), (True,), (None,), (["a", "b"],), (["ab"],),
    ]  # fmt: skip
    first = [draw(*given) for given in different]
    assert len(drawn) == len(different)
    assert [draw(*given) for given in different] == first
    assert draw(np.zeros((3, 2), np.float32).T) == first[0]
    assert len(drawn) == len(different)
    assert draw(zero, side=2) == draw(zero, side=2)
    assert draw.__doc__ == "How it is drawn."


def test_the_oldest_are_forgotten() -> None:
    drawn = []

    @memoise
    def draw(number: int) -> bytes:
        drawn.append(number)
        return b""

    for number in range(memory.KEPT + 1):
        draw(0), draw(number)
    assert len(drawn) == memory.KEPT + 1
    draw(0), draw(1)
    assert drawn[-1] == 1


def test_a_trace_is_worked_out_once_for_each_edit_and_no_other_takes_its_place():
    torch.manual_seed(0)
    model = build("VisionTransformer", config_for("VisionTransformer", {"num_layers": 2}))
    picture = torch.randn(1, 3, 32, 32)
    open_mask, closed = torch.ones(65, 65), torch.ones(65, 65)
    closed[3, 4] = 0
    edits = [
        None,
        Edit(temperature=2.0),
        Edit(mask=open_mask),
        Edit(mask=closed),
        Edit(off=frozenset({(0, 1)})),
        Edit(off=frozenset({(1, 0)})),
    ]
    found = [traces.trace("test", model, picture, edit) for edit in edits]
    for edit, kept in zip(edits, found, strict=True):
        assert traces.trace("test", model, picture, edit) is kept
        fresh = trace(model, picture, edit or UNCHANGED)
        assert torch.equal(kept.attention, fresh.attention)
        assert torch.equal(kept.logits, fresh.logits)
    assert len({id(kept) for kept in found}) == len(edits)


def test_a_beam_goes_on_from_forced_words_and_says_how_each_came_to_be():
    reader = small_reader()
    texts = Texts(reader)
    made = texts.text((0, 5), Temperature(), 6, forced=(7, 8), width=3)
    *_, beams = beam_search(reader, (0, 5, 7, 8), 3, 4)
    assert made.tokens == (7, 8, *beams[0].tokens)
    assert [one.forced for one in made.written] == [True, True, False, False, False, False]
    for place, one in enumerate(made.written):
        step = made.step(place)
        assert step.rank == one.rank
        own = float(step.logits.log_softmax(-1)[one.token])
        assert one.log_probability == pytest.approx(own, abs=1e-5)
    assert texts.text((0, 5), Temperature(), 6, seed=1).tokens != made.tokens


def test_what_meets_no_chance_is_written_once_for_all_seeds():
    reader = small_reader()
    texts = Texts(reader)
    for given in ({"width": 3}, {"forced": (7,), "width": 2}):
        first = texts.text((0, 5), Temperature(), 6, seed=1, **given)
        runs = reader.runs
        assert texts.text((0, 5), Temperature(), 6, seed=2, **given).growing is first.growing
        assert reader.runs == runs
    assert texts.text((0, 5), Greedy(), 6, seed=1) == texts.text((0, 5), Greedy(), 6, seed=2)


def test_only_so_many_texts_are_kept(monkeypatch):
    monkeypatch.setattr("dashboard.models.generation_cache.KEPT", 2)
    texts = Texts(small_reader())
    first, second = (texts.text((0, 5), Temperature(), 3, seed=i) for i in (1, 2))
    assert texts.text((0, 5), Temperature(), 3, seed=1).growing is first.growing
    texts.text((0, 5), Temperature(), 3, seed=3)
    assert texts.text((0, 5), Temperature(), 3, seed=1).growing is first.growing
    assert texts.text((0, 5), Temperature(), 3, seed=2).growing is not second.growing


def small_reader() -> PrefixReader:
    torch.manual_seed(0)
    model = build("DialogueGPT", config_for("DialogueGPT", {"vocab_size": 30, "max_N": 20}))
    return PrefixReader.of(model.eval())


def test_a_longer_text_goes_on_and_a_shorter_one_is_a_part_of_it():
    reader = small_reader()
    texts = Texts(reader)
    short = texts.text((0, 5), Temperature(), 6, seed=3)
    assert 6 <= reader.runs <= 6 + AHEAD
    long = texts.text((0, 5), Temperature(), 30, seed=3)
    assert 30 <= reader.runs <= 30 + AHEAD
    assert long.written[:6] == short.written
    assert texts.text((0, 5), Temperature(), 9, seed=3).written == long.written[:9]
    assert reader.runs <= 30 + AHEAD
    at_once = Texts(small_reader()).text((0, 5), Temperature(), 30, seed=3)
    assert at_once.tokens == long.tokens


def test_a_text_that_failed_is_begun_anew():
    reader = small_reader()
    texts = Texts(reader)
    choose, fails = reader.choose, [False] * 4 + [True]

    def sometimes(strategy, logits, draws):
        if fails and fails.pop(0):
            raise RuntimeError("no memory")
        return choose(strategy, logits, draws)

    reader.read, reader.choose = EagerReader(reader.weights), sometimes
    with pytest.raises(RuntimeError, match="no memory"):
        texts.text((0, 5), Temperature(), 6)
    expected = Texts(small_reader()).text((0, 5), Temperature(), 6)
    assert texts.text((0, 5), Temperature(), 6).tokens == expected.tokens


def test_bars_name_their_words_as_they_are():
    png = bar_picture(["<UNK>", "a" * 30], [0.5, 0.25])
    assert Image.open(io.BytesIO(png)).size[0] == 2 * WIDTH
    assert png != bar_picture(["&lt;UNK&gt;", "a" * 30], [0.5, 0.25])
