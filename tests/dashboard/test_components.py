"""Parts of pages: text stays text, source is found by name, errors are one sentence."""

from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from dashboard.components import source
from dashboard.components.page import alt_text, escape


@pytest.mark.parametrize("text", ["<b>x</b>", "[a](http://b)", "$x$", "![i](u)", ":red[x]", "`a`"])
def test_typed_text_is_shown_and_not_rendered(text: str) -> None:
    escaped = escape(text)
    assert escaped.replace("\\", "").replace("\u2060", "") == text
    for sign in "<>[]()$`:!":
        assert escaped.count(sign) == escaped.count("\\" + sign)


def test_a_text_alternative_has_no_markdown() -> None:
    assert alt_text(escape("<b>_x_*"), f"It says **{escape('a.b')}** (5%).") == (
        "<b>_x_*. It says a.b (5%)."
    )


@pytest.mark.parametrize(
    "text", ["http://b.c", "HTTPS://b", "www.b.c", "a@b.com", "a->b", "a--b", "a<=b", ":streamlit:"]
)
def test_what_streamlit_changes_even_in_escaped_text_is_split(text: str) -> None:
    shown = escape(text).replace("\\", "")
    assert "\u2060" in shown
    assert alt_text(escape(text), "") == f"{text}. "


@pytest.mark.parametrize("name", ["vit-shapes", "my_pictures", "two words", "20261126-a-1"])
def test_a_harmless_name_stays_as_it_is(name: str) -> None:
    assert escape(name) == name
    assert escape(f"_{name}_") != f"_{name}_"


def test_lines_cannot_start_a_heading_or_a_list() -> None:
    assert escape("a\n# b\n- c") == "a \\# b \\- c"


def test_source_is_found_by_name_and_by_object() -> None:
    named = source.read_source("dashboard.components.page.escape")
    assert named == source.read_source(escape)
    assert named.path == "dashboard/components/page.py"
    assert named.text.startswith("def escape(text: str) -> str:")
    text = Path("dashboard/components/page.py").read_text(encoding="utf-8").splitlines()
    assert text[named.line - 1] == named.text.splitlines()[0]


def test_source_of_a_re_exported_name_is_its_definition() -> None:
    own = source.read_source("core.decoding.filters.nucleus")
    assert source.read_source("core.decoding.nucleus") == own
    assert source.read_source("core.decoding.strategies.nucleus") == own


def test_source_of_a_method_starts_at_its_own_margin() -> None:
    assert source.read_source("dashboard.lessons.Lesson.path").text.startswith(
        "@property\ndef path"
    )


@pytest.mark.parametrize(
    "name", ["core.nothing.here", "dashboard.components.gone", "../etc.passwd"]
)
def test_source_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"no module|has no|not the name"):
        source.read_source(name)


def failing_page() -> None:
    from dashboard.components.page import one_sentence_for_errors

    with one_sentence_for_errors():
        raise ValueError("dim must be a whole number of at least 1, not <b>0</b>.")


def test_a_value_error_becomes_one_sentence() -> None:
    app = AppTest.from_function(failing_page, default_timeout=120).run()
    assert not app.exception
    assert [e.value.replace("\\", "") for e in app.error] == [
        "dim must be a whole number of at least 1, not <b>0</b>."
    ]


def page_without_its_file() -> None:
    from pathlib import Path

    from dashboard.components.page import one_sentence_for_errors

    with one_sentence_for_errors():
        Path("/no/such/folder/vocab.json").read_text(encoding="utf-8")


def test_a_missing_file_is_named_without_its_folder() -> None:
    app = AppTest.from_function(page_without_its_file, default_timeout=120).run()
    assert not app.exception
    assert [e.value.replace("\\", "") for e in app.error] == [
        "vocab.json cannot be used: No such file or directory."
    ]


def page_with_numbers_to_choose_from():
    import streamlit as st

    from dashboard import controls

    for key in ("listed", "in-view"):
        st.session_state.setdefault(key, "3")  # as it comes back from the browser: its label
    st.markdown(controls.choice("One of many", range(1, 5), key="listed") + 1)
    st.markdown(controls.pick("One of few", [1, 2, 3], key="in-view") + 2)


def test_an_option_that_returns_as_its_label_is_the_option():
    app = AppTest.from_function(page_with_numbers_to_choose_from, default_timeout=120).run()
    assert not app.exception
    assert [shown.value for shown in app.markdown] == ["4", "5"]


def page_whose_slider_grew_shorter():
    import streamlit as st

    from dashboard import controls

    st.session_state.setdefault("pair", 6)  # chosen while there were more
    st.markdown(controls.slider("Pair", 0, 3, 1, key="pair"))


def test_a_slider_with_a_new_limit_clamps_its_value():
    app = AppTest.from_function(page_whose_slider_grew_shorter, default_timeout=120).run()
    assert not app.exception
    assert [shown.value for shown in app.markdown] == ["3"]


def test_apps_of_one_process_search_for_components_once() -> None:
    search = manifest_scanner.scan_component_manifests
    before = search.cache_info()
    for _ in range(2):
        AppTest.from_function(page_without_its_file, default_timeout=120).run()
    after = search.cache_info()
    assert after.hits + after.misses == before.hits + before.misses + 2, "Streamlit asks it"
    assert after.misses <= 1
