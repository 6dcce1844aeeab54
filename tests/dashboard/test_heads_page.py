"""Every section of the heads page opens without an error and says what its figure shows."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.attention import heads_instrument, heads_off
from tests import apps
from tests.conftest import ROOT

SECTIONS = (
    "switch heads off", "a head at work", "all heads measured", "layer by layer", "side by side",
    "the leak", "sinks",
)  # fmt: skip


def opened(**query: str) -> AppTest:
    return apps.check(apps.opened("heads", **query))


def captions(app: AppTest) -> str:
    return "\n".join(c.value for c in app.caption)


@pytest.mark.parametrize("reads", ["text", "pictures"])
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_opens(section: str, reads: str) -> None:
    app = opened(reads=reads, **{"try": section})
    assert app.segmented_control(key="try").value == section
    told = [info.value for info in app.info]
    alone = reads == "pictures" and section in ("a head at work", "the leak", "sinks")
    assert any("text only" in line for line in told) == alone


def test_the_head_at_work_is_the_one_with_the_largest_score() -> None:
    app = opened(**{"try": "a head at work"})
    assert app.selectbox(key="at_work").value == "layer 2, head 1"
    assert "“thorn” (row 13) looks at “river” with weight 1.00" in captions(app)
    assert "Bold words continue a repetition: their mean loss is 0." in captions(app)


def test_text_without_a_repetition_says_so() -> None:
    app = opened(prompt="moon river", **{"try": "a head at work"})
    assert "No word occurs twice in this text" in captions(app)
    assert "No word of this text continues a repetition" in captions(app)


def test_a_single_token_has_no_losses() -> None:
    app = opened(prompt="", **{"try": "a head at work"})
    assert "No word occurs twice" in captions(app)


def test_without_layer_1_the_next_word_is_lost() -> None:
    said = captions(opened())
    assert "The whole model predicts **river** (9" in said
    assert "without these heads it predicts **river**" not in said


def test_no_word_is_changed_by_a_later_one() -> None:
    app = opened(**{"try": "the leak"})
    assert next(m.value for m in app.metric) == "0"
    app.slider(key="at").set_value(2).run()
    assert not app.error
    assert next(m.value for m in app.metric) == "0"


def test_without_the_instrument_the_server_draws_the_direct_part() -> None:
    app = AppTest.from_file(str(ROOT / "pages" / "heads.py"), default_timeout=120)
    app.session_state["state-live-stopped-heads"] = True
    app.run()
    assert not app.exception
    assert "This figure stopped working in your browser" in app.warning[0].value
    assert any("Logits of the most probable words" in m.value for m in app.markdown)


def test_whole_layers_are_named_as_such_when_heads_come_from_the_figure() -> None:
    names = {f"layer {i + 1}, head {j + 1}": (i, j) for i in range(2) for j in range(2)}
    off = heads_instrument.as_pairs("0.0,0.1,1.1")
    assert heads_off._named(off, names) == ["all of layer 1", "layer 2, head 2"]
    assert heads_instrument.as_text(off) == "0.0,0.1,1.1"
    assert heads_instrument.as_pairs("") == frozenset()


def test_the_losses_without_a_sink_wait_for_a_prediction() -> None:
    app = apps.check(apps.opened("heads", **{"try": "sinks", "model": "gpt-shakespeare-course"}))
    assert not [m for m in app.markdown if "Measured" in m.value]
    [guess] = [r for r in app.radio if str(r.key).startswith("guess-sink-late")]
    apps.check(guess.set_value("it changes by less").run())
    [said] = [m.value for m in app.markdown if "Measured" in m.value]
    assert "it rises by more than 0.3 nats" in said
    assert said.startswith("**Your prediction was wrong:** it changes by less  \n")
