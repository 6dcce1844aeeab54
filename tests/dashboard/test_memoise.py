"""What was drawn or worked out lately is not made again, and nothing else takes its place."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from core.config.model_config import config_for
from core.decoding.beam import beam_search
from core.decoding.engine import DecodingEngine
from core.decoding.strategies import Greedy, Temperature
from core.interpret.trace import UNCHANGED, Edit, trace
from core.models.registry import build
from core.models.zoo import available_models
from dashboard.figures import memoise as memory
from dashboard.figures.maps.bar_picture import WIDTH, bar_picture
from dashboard.figures.memoise import memoise
from dashboard.models import model_choice, traces
from dashboard.models.generation_cache import GenerationCache


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


def test_every_model_that_ships_stays_loaded() -> None:
    entries = [entry for entry in available_models() if entry.shipped]
    loaded = [model_choice.load(entry) for entry in entries]
    assert all(model_choice.load(e) is one for e, one in zip(entries, loaded, strict=True))


def test_a_beam_goes_on_from_forced_words_and_says_how_each_came_to_be():
    engine = small_engine()
    texts = GenerationCache(engine)
    made = texts.text((0, 5), Temperature(), 6, forced=(7, 8), width=3)
    *_, beams = beam_search(engine, (0, 5, 7, 8), 3, 4)
    assert made.tokens == (7, 8, *beams[0].tokens)
    assert [one.forced for one in made.generated] == [True, True, False, False, False, False]
    for place, one in enumerate(made.generated):
        step = made.step(place)
        assert step.rank == one.rank
        own = float(step.logits.log_softmax(-1)[one.token])
        assert one.log_probability == pytest.approx(own, abs=1e-5)
    assert texts.text((0, 5), Temperature(), 6, seed=1).tokens != made.tokens


def test_what_meets_no_chance_is_written_once_for_all_seeds():
    engine = small_engine()
    texts = GenerationCache(engine)
    for given in ({"width": 3}, {"forced": (7,), "width": 2}):
        first = texts.text((0, 5), Temperature(), 6, seed=1, **given)
        runs = engine.runs
        assert texts.text((0, 5), Temperature(), 6, seed=2, **given).source is first.source
        assert engine.runs == runs
    assert texts.text((0, 5), Greedy(), 6, seed=1) == texts.text((0, 5), Greedy(), 6, seed=2)


def test_only_so_many_texts_are_kept(monkeypatch):
    monkeypatch.setattr("dashboard.models.generation_cache.MAX_TEXTS", 2)
    texts = GenerationCache(small_engine())
    first, second = (texts.text((0, 5), Temperature(), 3, seed=i) for i in (1, 2))
    assert texts.text((0, 5), Temperature(), 3, seed=1).source is first.source
    texts.text((0, 5), Temperature(), 3, seed=3)
    assert texts.text((0, 5), Temperature(), 3, seed=1).source is first.source
    assert texts.text((0, 5), Temperature(), 3, seed=2).source is not second.source


def small_engine() -> DecodingEngine:
    torch.manual_seed(0)
    model = build("DialogueGPT", config_for("DialogueGPT", {"vocab_size": 30, "max_N": 20}))
    return DecodingEngine.of(model.eval())


def test_a_longer_text_goes_on_and_a_shorter_one_is_a_part_of_it():
    engine = small_engine()
    texts = GenerationCache(engine)
    short = texts.text((0, 5), Temperature(), 6, seed=3)
    assert engine.runs == 6
    long = texts.text((0, 5), Temperature(), 30, seed=3)
    assert engine.runs == 30
    assert long.generated[:6] == short.generated
    assert texts.text((0, 5), Temperature(), 9, seed=3).generated == long.generated[:9]
    assert engine.runs == 30
    at_once = GenerationCache(small_engine()).text((0, 5), Temperature(), 30, seed=3)
    assert at_once.tokens == long.tokens


def test_a_text_that_failed_is_begun_anew():
    engine = small_engine()
    texts = GenerationCache(engine)
    choose, fails = engine.choose, [False] * 4 + [True]

    def sometimes(strategy, logits, draws):
        if fails and fails.pop(0):
            raise RuntimeError("no memory")
        return choose(strategy, logits, draws)

    engine.choose = sometimes
    with pytest.raises(RuntimeError, match="no memory"):
        texts.text((0, 5), Temperature(), 6)
    expected = GenerationCache(small_engine()).text((0, 5), Temperature(), 6)
    assert texts.text((0, 5), Temperature(), 6).tokens == expected.tokens


def test_bars_name_their_words_as_they_are():
    png = bar_picture(["<UNK>", "a" * 30], [0.5, 0.25])
    assert Image.open(io.BytesIO(png)).size[0] == 2 * WIDTH
    assert png != bar_picture(["&lt;UNK&gt;", "a" * 30], [0.5, 0.25])
