"""From this GPT to a Llama: what is shown before a prediction, and after it."""

import pytest
from streamlit.testing.v1 import AppTest

from core.models import llama_history
from dashboard import state
from dashboard.components.source import read_source
from dashboard.text.llama_parts import NAMES, PARTS, RESULTS
from tests.apps import check, section


def opened(**query: str) -> AppTest:
    def script() -> None:
        from dashboard.text import to_llama

        to_llama.show()

    return section(script, **query)


@pytest.mark.parametrize("step", range(1, 7))
def test_a_step_shows_its_loss_after_the_prediction_alone(step: int) -> None:
    app = opened(part=PARTS[step - 1].name)
    assert not app.metric
    check(app.radio(key=f"guess-{step}").set_value(RESULTS[0]).run())
    history = llama_history.read()
    assert app.metric[0].value == f"{history.mean(step):.3f}"
    said = " ".join(m.value for m in app.markdown)
    assert RESULTS[history.verdict(step) + 1].capitalize() in said
    graded = "right" if history.verdict(step) == -1 else "wrong"
    assert f"**Your prediction was {graded}:** {RESULTS[0]}  \n" in said
    assert ("less text" in said) == (step == 6), "another unit"
    assert not app.radio, "it is answered"


def test_the_weights_are_those_of_the_trained_models() -> None:
    app = opened(part="grouped queries")
    total = llama_history.read().of(5)[0].parameters
    assert any(f"{total:,} weights" in m.value for m in app.markdown)
    assert any("192" in m.value and "576" in m.value for m in app.markdown)


def test_predictions_of_other_steps_stay() -> None:
    app = opened()
    check(app.radio(key="guess-1").set_value(RESULTS[2]).run())
    app.query_params["part"] = PARTS[1].name
    app.session_state["part"] = PARTS[1].name
    check(app.run())
    check(app.radio(key="guess-2").set_value(RESULTS[1]).run())
    app.session_state["part"] = PARTS[0].name
    said = [m.value for m in check(app.run()).markdown]
    assert any(text.startswith(f"**Your prediction was wrong:** {RESULTS[2]}") for text in said)


def test_reveal_shows_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "revealed", lambda: True)
    app = opened(part="SwiGLU")
    assert not app.radio
    assert app.metric[0].value == f"{llama_history.read().mean(4):.3f}"


def test_the_code_of_every_part_is_there() -> None:
    assert len(PARTS) == 6 == len(NAMES) - 1
    for part in PARTS:
        assert all(read_source(name).text for name in part.code)


def test_without_the_file_it_says_how_to_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_history, "read", lambda: {}["missing"])
    app = opened()
    assert "core.publish.llama_experiment" in app.info[0].value
