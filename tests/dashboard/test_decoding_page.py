"""The decoding page: every section and way of choosing, branches, links and bad input."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.scriptrunner import RerunData, RerunException
from streamlit.testing.v1 import AppTest

from core.decoding import quality_sweep
from core.decoding.cost import ALL, CACHE, LAST
from core.decoding.timing import COMPILED, read_report
from core.models import zoo
from core.study.measure.store import fill, load_measurements
from core.study.question import shipped
from dashboard.decoding import epochs, timings
from dashboard.decoding.branches import Tree
from tests import apps
from tests.apps import check

if not zoo.available_models("gpt"):
    pytest.skip("no GPT is shipped", allow_module_level=True)

SECTIONS = ("side by side", "what goes wrong", "epoch by epoch", "the KV cache")


def opened(**query: str) -> AppTest:
    return check(apps.opened("decoding", **{"model": "gpt-grammar", **query}))


def costs_by_server(**query: str) -> AppTest:
    """The section of the cache in a browser in which its instrument stopped."""
    query = {"model": "gpt-shakespeare", "section": "the KV cache", **query}
    return check(apps.opened("decoding", ("costs",), **query))


def without_instrument(**query: str) -> AppTest:
    return check(apps.opened("decoding", ("decoding",), **{"model": "gpt-grammar", **query}))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens(section: str) -> None:
    app = opened(section=section)
    assert len(app.title) == 1


@pytest.mark.parametrize("way", ["greedy", "temperature", "nucleus", "top-k", "beam"])
def test_every_way_of_choosing_continues_the_prompt(way: str) -> None:
    opened(columns="1", **{"way-a": way}, length="12", step="5")
    app = without_instrument(columns="1", **{"way-a": way}, length="12", step="5")
    assert app.selectbox(key="way-a").value == way
    assert any("tokens that are kept" in m.value for m in app.markdown)


def sent(app: AppTest) -> dict[str, Any]:
    """What the instrument of the cost of a token gets."""
    return next(one for one in apps.told(app) if "variants" in one)


def shakespeare(**query: str) -> AppTest:
    return opened(model="gpt-shakespeare", section="the KV cache", **query)


def drawn(**query: str) -> list[str]:
    """The names of the curves of the time for a token, on the shipped measurement."""
    return [curve["name"] for curve in sent(shakespeare(**query))["curves"]]


def test_the_three_savings_of_the_kv_cache_are_four_curves_with_their_slopes() -> None:
    names = drawn()
    named = [name.split(":")[0].replace("vocabulary head", "head") for name in names]
    assert named == [ALL, LAST, CACHE, COMPILED]
    slopes = [float(name.split(":")[1].split()[0]) for name in names]
    assert slopes[0] > slopes[1] > 10 * slopes[2] > 0
    assert drawn(mode="present") == names[:2], "those with a cache wait for Reveal"
    assert drawn(mode="present", reveal="1") == names
    specs = [json.loads(c.proto.spec) for c in costs_by_server().get("plotly_chart")]
    [times] = [s for s in specs if any("ms / 100 tokens" in t.get("name", "") for t in s["data"])]
    assert [trace["name"] for trace in times["data"]] == names, "the server draws the same"


def test_before_reveal_nothing_of_the_cache_is_sent() -> None:
    whole, asked = sent(shakespeare()), sent(shakespeare(mode="present"))
    assert [one["name"] for one in asked["variants"]] == [
        timings.in_full(name) for name in (ALL, LAST)
    ]
    assert asked["range"] == whole["range"], "the axes fit all"


def test_temperature_zero_is_greedy() -> None:
    app = without_instrument(columns="1", **{"way-a": "temperature"})
    app.session_state["t-a"] = 0.0
    check(app.run())
    assert any(m.value.startswith("The deterministic choice") for m in app.markdown)


def test_four_columns_and_a_shorter_text_keep_the_step_in_range() -> None:
    app = opened(columns="4", step="40")
    check(app.slider(key="length").set_value(5).run())
    assert app.session_state["step"] == 5
    assert len([box for box in app.selectbox if box.label == "Next word by"]) == 4


def test_the_attention_of_a_step_is_computed_while_one_looks() -> None:
    app = without_instrument(columns="1")
    figures = len(app.get("plotly_chart"))
    app.session_state["look-a"] = True
    check(app.run())
    assert len(app.get("plotly_chart")) == figures + 1


def test_step_i_uses_the_same_random_number_in_every_column() -> None:
    app = without_instrument(
        columns="2", **{"way-a": "temperature", "way-b": "temperature"}, seed="3", step="4"
    )
    told = [m.value for m in app.markdown if m.value.startswith("The random number")]
    assert len(told) == 2
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "query",
    [
        {"t-b": "-1", "p-b": "nan", "seed": "x", "columns": "9", "step": "0"},
        {"prompt": "<img src=x onerror=alert(1)> \x00 **x**"},
        {"prompt": ""},
        {"prompt": "qwxyz"},
        {"section": "nonsense", "length": "100000"},
    ],
)
def test_nonsense_in_a_link_does_no_harm(query: dict[str, str]) -> None:
    opened(**query)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_prompt_longer_than_the_model_keeps_its_end(section: str) -> None:
    app = opened(section=section)
    check(app.text_area[0].set_value("the old king " * 400).run())
    assert any("only the last 199 words are used" in note.value for note in app.info)


def test_the_sixteen_texts_are_measured_beside_people() -> None:
    app = opened(section="what goes wrong")
    table = app.table[0].value
    assert list(table["measure"])[:2] == ["repeated 4-grams", "different words"]
    assert list(table.columns)[1:4] == ["nucleus, p = 0.9, t = 1", "greedy", "text by people"]
    *people, no_time = table["text by people"]
    assert all(float(value.replace("−", "-")) is not None for value in people)
    assert no_time == "–"
    assert table["measure"].iloc[-1] == "ms per token"
    assert all(float(value) > 0 for value in table.iloc[-1, 1:3])
    cold = float(table.iloc[0, 1])
    check(app.slider(key="p-q").set_value(0.01).run())
    assert float(app.table[0].value.iloc[0, 1]) >= cold  # greedy repeats itself more


def test_copied_words_are_counted_as_soon_as_the_training_text_is_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    st.cache_resource.clear()

    def missing(*_: object) -> None:
        raise FileNotFoundError

    with monkeypatch.context() as absent:
        absent.setattr(quality_sweep, "read_corpus", missing)
        app = opened(section="what goes wrong")
        assert app.table[0].value.iloc[3, 1] == "–"
        assert any("is not on this machine" in c.value for c in app.caption)
    check(app.run())
    assert float(app.table[0].value.iloc[3, 1]) >= 0
    assert not any("is not on this machine" in c.value for c in app.caption)


def test_the_cache_is_measured_and_proved_on_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("UNROLLED_STATE", str(tmp_path / "state"))  # another test may have measured
    app = opened(section="the KV cache")
    assert not load_measurements()
    assert len(app.get("plotly_chart")) == 2  # gpt-grammar: nothing is shipped, only the pictures
    assert "curves" not in sent(app)
    check(app.button[0].click().run(timeout=300))
    assert any("ids **equal**" in m.value for m in app.markdown)
    assert len(app.get("plotly_chart")) == 3
    assert len(sent(app)["curves"]) >= 3
    assert not any(button.label == "Cancel" for button in app.button)
    for sentence in (*shipped()["4i"].answer.measured, *shipped()["4e"].answer.measured):
        assert fill(sentence.text, load_measurements()), "the study quotes what was measured here"
    found = load_measurements()
    assert found["cache"]["gain"] == found["cache"]["last_ms"] / found["cache"]["cache_ms"]
    assert found["generation"]["tokens"] == 100


def test_what_was_measured_elsewhere_is_shown_at_once_with_its_machine() -> None:
    app, by_server = shakespeare(tokens="150"), costs_by_server(tokens="150")
    assert [len(one.get("plotly_chart")) for one in (app, by_server)] == [3, 4]
    report = read_report()
    for one in (app, by_server):
        assert any(f"Measured on {report.machine}" in c.value for c in one.caption)
    assert report.digest == zoo.find_model("gpt-shakespeare").digest
    told = sent(app)
    assert told["order"]["values"] == {"tokens": 150}
    at = told["lengths"].index(150)
    table = by_server.dataframe[0].value
    assert list(table.columns)[1:] == ["multiply-adds, T = 150", "measured, T = 150"]
    assert list(table["the next token"]) == [one["name"] for one in told["variants"]]
    assert list(table["measured, T = 150"]) == [
        f"{curve['ms'][at]:.2f} ms" for curve in told["curves"][:3]
    ]


def test_a_measurement_is_left_by_a_click_on_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The click ends the run of the page that measures; the next one shows what was known."""
    stopped = []

    def never(*_: object) -> Iterator[object]:
        stopped.append(1)
        yield from ()
        raise RerunException(RerunData())

    monkeypatch.setattr("core.decoding.timing.time_tokens", never)
    app = opened(section="the KV cache", model="gpt-grammar")
    check(app.button[0].click().run())
    assert stopped == [1]
    assert len(app.get("plotly_chart")) == 2


def test_a_long_history_is_shown_where_it_changes_and_whole_in_a_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = [(i, 500.0 / i, f"**epoch** {i}, my lord") for i in range(1, 81)]
    monkeypatch.setattr(epochs, "history", lambda entry: told)
    app = opened(section="epoch by epoch")
    shown = [c.value for c in app.caption if c.value.startswith("Epoch ")]
    assert len(shown) <= epochs.SHOWN
    assert shown[0] == "Epoch 1, held-out perplexity 500.0"
    assert shown[-1] == "Epoch 80, held-out perplexity 6.2"
    assert "\\*\\*epoch\\*\\* 1, my lord" in [m.value for m in app.markdown]  # never markup
    assert len(app.dataframe[0].value) == 80


def test_a_run_continues_my_prompt_at_each_of_its_checkpoints(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    mine = Path(shutil.copytree(zoo.find_model("gpt-grammar").path, tmp_path / "mine"))
    for name in ("step-00000001-epoch-0001", "step-00000002"):
        for suffix in (".json", ".safetensors"):
            shutil.copy(mine / f"checkpoints/weights{suffix}", mine / f"checkpoints/{name}{suffix}")
    (mine / "checkpoints/step-00000002.safetensors").write_bytes(b"torn")
    app = opened(section="epoch by epoch", model="mine")
    assert "After epoch 1" not in [c.value for c in app.caption]
    app.toggle(key="live").set_value(True).run()
    assert not app.exception
    assert "After epoch 1" in [c.value for c in app.caption]
    texts = [m.value for m in app.markdown]
    assert texts.count(texts[-1]) == 2  # the same weights go on in the same way
    assert [e.value for e in app.error] != []  # and a damaged one is one sentence beside them


@pytest.mark.parametrize("count", [1, 10, 11, 80, 1000])
def test_epochs_in_view_are_few_and_hold_the_first_and_the_last(count: int) -> None:
    places = epochs.spread(count, 10)
    assert places[0] == 0
    assert places[-1] == count - 1
    assert len(set(places)) == len(places) <= 10
    assert places == sorted(places)


def test_a_branch_is_grown_walked_back_and_found_again() -> None:
    tree = Tree("a prompt")
    tree.grow((4, 5), 9, "love")
    assert tree.forced == (4, 5, 9)
    tree.grow((4, 5, 9, 1), 7, "hate")
    assert [tree.label(i) for i in range(3)] == [
        "the text without chosen words",
        "step 3: “love” chosen",
        "· step 5: “hate” chosen",
    ]
    tree.here = 0
    tree.grow((4, 5), 9, "love")
    assert (tree.here, len(tree.branches)) == (1, 3)
