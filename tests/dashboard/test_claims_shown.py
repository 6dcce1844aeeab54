"""A question that is answered shows what decides it, with its numbers; or that they disagree."""

import pytest
from streamlit.testing.v1 import AppTest

from core.study import claims
from core.study.question import shipped


def shown(prediction: str) -> AppTest:
    def script(prediction: str) -> None:
        from core.study.question import shipped
        from dashboard.study import claims

        claims.show(shipped()["1d"], prediction)

    at = AppTest.from_function(script, kwargs={"prediction": prediction}, default_timeout=120).run()
    assert not at.exception
    return at


def text_of(at: AppTest) -> str:
    return " ".join(element.value for element in at.markdown)


def test_the_right_prediction_is_shown_with_its_numbers() -> None:
    at = shown("It goes to zero in the end, but may rise a long way first")
    assert "rises to 199" in text_of(at) or "rises to 198" in text_of(at)
    assert not at.warning


def test_a_wrong_prediction_is_shown_what_refutes_it() -> None:
    assert "before it falls" in text_of(
        shown("It shrinks at every step, because every factor shrinks every vector")
    )


def test_numbers_that_disagree_are_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"size": 16, "peak": 0.5, "peak_step": 1, "half_life": 6.6, "end": 0.0}
    monkeypatch.setattr(claims, "load_measurements", lambda: {"decay": values | {"day": "today"}})
    [warning] = shown("").warning
    assert "This number is not above 1" in warning.value
    assert "Measured on this machine on today" in warning.value


def test_every_measurement_of_a_question_is_shipped() -> None:
    for question in shipped().values():
        for claim in question.decides:
            known = claims.known_values(claim.measure)
            assert known is not None, claim.measure
            assert claim.holds(known[0]), question.id


def test_without_shipped_values_it_says_so(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(claims, "SHIPPED", tmp_path / "nothing.json")
    at = shown("")
    assert any("not been measured" in caption.value for caption in at.caption)
