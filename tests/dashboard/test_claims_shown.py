"""A question that is answered shows what decides it, with its numbers; or that they disagree."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core.study import claims


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


def test_every_measurement_of_a_claim_is_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "load_measurements", dict)  # not what this machine has measured
    for where, claim in claims.all_claims():
        known = claims.known_values(claim.measure)
        assert known is not None, claim.measure
        assert claim.holds(known[0]), where


def test_values_of_an_earlier_version_are_not_used(monkeypatch, tmp_path) -> None:
    file = tmp_path / "claims.json"
    about = {"machine": "m", "date": "d", "values": {"decay": {"peak": 198.5}}}
    file.write_text(json.dumps(about), encoding="utf-8")
    monkeypatch.setattr(claims, "SHIPPED", file)
    assert claims.known_values("decay") is None


def test_what_decides_can_be_measured_here(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("UNROLLED_STATE", str(tmp_path))
    at = shown("")
    assert "Measured on this machine" not in str(at.caption)
    at.button(key="measure-claims").click().run()
    assert not at.exception
    assert [caption.value for caption in at.caption if "on this machine on" in caption.value]
    assert not [button for button in at.button if button.key == "measure-claims"]


def stage(monkeypatch: pytest.MonkeyPatch, values: dict[str, float | str]) -> str:
    def script() -> None:
        import streamlit as st

        from dashboard.stage import stage

        st.query_params.update({"mode": "present", "beat": "5", "reveal": "1"})
        stage.show("rnn")

    monkeypatch.setattr(claims, "load_measurements", lambda: {"decay": values})
    at = AppTest.from_function(script, default_timeout=120).run()
    assert not at.exception
    return text_of(at)


def test_the_stage_insists_on_nothing_that_this_machine_measured_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {"size": 16, "peak": 198.5, "peak_step": 14, "half_life": 6.6, "end": 0.0}
    reveal = "It rises a long way first"
    assert reveal in stage(monkeypatch, values)
    said = stage(monkeypatch, values | {"peak": 0.5})
    assert reveal not in said
    assert "This number is not above 1" in said


def test_the_notes_show_what_decides_a_beat() -> None:
    def script() -> None:
        import streamlit as st

        from dashboard.stage import stage

        st.session_state["follow"] = "rollout"  # as the Vision Transformer's page leaves it
        st.query_params.update({"notes": "rnn", "beat": "5"})
        assert stage.notes()

    at = AppTest.from_function(script, default_timeout=120).run()
    assert not at.exception
    assert "rises to 199" in text_of(at) or "rises to 198" in text_of(at)


def test_without_shipped_values_it_says_so(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(claims, "SHIPPED", tmp_path / "nothing.json")
    at = shown("")
    assert any("not been measured" in caption.value for caption in at.caption)
