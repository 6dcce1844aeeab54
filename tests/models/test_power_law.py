"""Width and data: the grammar's entropy, the fit, the shipped trainings, and their section."""

import math
from pathlib import Path

import numpy as np
import pytest

from core.data.text import grammar
from core.models.power_law import fit, history
from core.models.power_law.history import DIALOGUES, HELD_OUT, LEAST, WIDTHS, Trained
from core.publish import power_law_experiment as experiment
from dashboard.text.power_law import ANSWERS, CLOSE
from tests import apps

SHIPPED = history.read()


def test_the_entropy_of_the_grammar_is_the_mean_of_what_is_drawn() -> None:
    nats, length = grammar.entropy()
    random, drawn = experiment.Counting(3), 2_000
    words = sum(len(grammar.sample(random)) for _ in range(drawn))
    assert words / drawn == pytest.approx(length, rel=0.03)
    assert random.nats / drawn == pytest.approx(nats, rel=0.03)


def test_no_part_of_a_dialogue_has_two_derivations() -> None:
    def texts(symbol: object) -> list[tuple[str, ...]] | None:
        """All that a symbol becomes, once for each derivation; None where there are too many."""
        if isinstance(symbol, str):
            return [(symbol,)]
        found: list[tuple[str, ...]] = []
        for rule in grammar._choices()[symbol]:
            parts = [texts(each) for each in rule[::-1]]
            if None in parts or math.prod(len(p or ()) for p in parts) > 3_000:
                return None
            rows: list[tuple[str, ...]] = [()]
            for part in parts:
                rows = [row + more for row in rows for more in part or ()]
            found += rows
        return found

    every = [texts(symbol) for symbol in grammar._choices()]
    short = [found for found in every if found is not None]
    assert len(short) > len(every) / 2
    assert all(len(found) == len(set(found)) for found in short)


def test_the_fit_finds_the_law_that_made_the_losses() -> None:
    true = fit.Law(0.6, 900.0, 0.7, 0.6)
    made = [
        Trained(w, d, 0, true.loss(w, d) * (1 + 0.002 * math.sin(w + d)))
        for w in WIDTHS for d in DIALOGUES
    ]  # fmt: skip
    law = fit.fit(made, 0.6)
    assert (law.alpha, law.beta) == pytest.approx((0.7, 0.6), abs=0.05)
    assert law.loss(64, 24_000) == pytest.approx(true.loss(64, 24_000), abs=0.01)
    assert np.abs(fit.left_out(made, 0.6)).max() < 0.02
    with pytest.raises(ValueError, match="three trainings, not 2"):
        fit.fit(made[:2], 0.6)
    with pytest.raises(ValueError, match="is not above the floor of 9"):
        fit.fit(made, 9)


def test_the_shipped_trainings_are_a_whole_grid_and_one_more() -> None:
    assert {(t.width, t.dialogues) for t in SHIPPED.trained} == {
        *((w, d) for w in WIDTHS for d in DIALOGUES), HELD_OUT,
    }  # fmt: skip
    assert {t.dialogues for t in SHIPPED.fitted()} == {d for d in DIALOGUES if d >= LEAST}
    assert HELD_OUT not in {(t.width, t.dialogues) for t in SHIPPED.fitted()}
    law = fit.fit(SHIPPED.fitted(), SHIPPED.about["floor"])
    held = SHIPPED.of(*HELD_OUT).loss
    assert SHIPPED.about["floor"] < held
    assert abs(held - law.loss(*HELD_OUT)) < CLOSE
    assert SHIPPED.about["floor"] == pytest.approx(SHIPPED.about["entropy"], abs=0.01)
    assert all(
        one.parameters == sum(p.numel() for p in experiment.build(one.width, 0).parameters())
        for one in SHIPPED.trained
    )


def test_the_experiment_trains_such_a_model() -> None:
    data, floor = experiment.draw(40, 5)
    once, again = (experiment.train(4, data, data) for _ in "ab")
    assert once == again
    assert once.loss > floor


def test_a_missing_file_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "read", lambda: Path("/nowhere.json").read_text())
    app = apps.check(apps.opened("gpt", section="Width and data"))
    assert any(history.COMMAND in info.value for info in app.info)


def test_the_larger_model_waits_for_a_prediction() -> None:
    app = apps.check(apps.opened("gpt", section="Width and data", **{"law-width": "6"}))

    def larger() -> object:
        return next(one["larger"] for one in apps.told(app) if "larger" in one)

    assert app.session_state["law-width"] == 6
    loss = SHIPPED.of(*HELD_OUT).loss
    assert larger() is None
    assert not any(f"{loss:.3f} nats" in m.value for m in app.markdown)
    apps.check(app.radio(key="guess-law").set_value(ANSWERS[0]).run())
    assert larger() == [*HELD_OUT, loss]
    assert any(f"**{loss:.3f} nats**" in m.value for m in app.markdown)
