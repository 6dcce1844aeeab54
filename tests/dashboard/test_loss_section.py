"""The section on loss and perplexity: what is shown before a prediction, and after it."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.text.likelihood import ANSWERS
from tests import apps

SECTION = {"section": "Loss and perplexity", "model": "gpt-grammar"}


def sent(app: AppTest) -> dict[str, Any]:
    """What the instrument is told."""
    return next(one for one in apps.told(app) if "known" in one)


def test_the_loss_of_the_text_waits_for_a_prediction() -> None:
    app = apps.check(apps.opened("gpt", **SECTION, **{"loss-at": "2", "loss-p": "-2"}))
    assert sent(app)["known"] is False
    assert sent(app)["order"]["values"] == {"loss-at": 2, "loss-p": -2.0}
    apps.check(app.radio(key="guess-perplexity").set_value(ANSWERS[0]).run())
    assert sent(app)["known"] is True
    T = len(sent(app)["words"])
    [said] = [m.value for m in app.markdown if "Your prediction was wrong:" in m.value]
    assert f"**{100 ** (1 / T):.2f} times**" in said


@pytest.mark.parametrize("text", ["", "x", "<b>zzz qqq", "a " * 100])
def test_any_text_is_measured(text: str) -> None:
    app = apps.opened("gpt", **SECTION)
    app.text_area(key="loss-text-grammar").set_value(text).run()
    told = sent(apps.check(app))
    assert 1 <= len(told["words"]) == len(told["p"]) <= 13
    assert all(0 < p <= 1 for p in told["p"])
