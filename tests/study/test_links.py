"""Every link of a question and of a storyline opens its lesson at exactly the state it names."""

import pytest
from streamlit.testing.v1 import AppTest

from core.models.zoo import available_models, find_model
from core.study.question import shipped
from core.study.storyline import lessons as told, storyline
from dashboard import lessons
from dashboard.state import OFFERS

EXPERIMENTS = {
    f"question {name}": (q.experiment.page, q.experiment.state) for name, q in shipped().items()
}
BEATS = {
    f"{name}, beat {i + 1}": (name, beat.state)
    for name in told()
    for i, beat in enumerate(storyline(name).beats)
}
BEAT_STATES = {(page, tuple(state.items())) for page, state in BEATS.values() if state}

pytestmark = pytest.mark.usefixtures("few_pictures")


@pytest.mark.parametrize("link", EXPERIMENTS | BEATS)
def test_a_link_leads_to_a_lesson_of_the_table(link: str) -> None:
    assert lessons.by_name((EXPERIMENTS | BEATS)[link][0])


def opened(page: str, query: dict[str, object], controls: dict[str, object]) -> AppTest:
    """The lesson at that link, or with these controls set by the stage."""
    lesson = lessons.by_name(page)
    if not lesson.path.is_file():
        pytest.skip(f"there is no page {page} yet")
    app = AppTest.from_file(str(lesson.path), default_timeout=180)
    for key, value in query.items():
        app.query_params[key] = str(value)
    for key, value in controls.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception, app.exception[0].value
    assert not app.error
    if any("train one first" in info.value for info in app.info):
        pytest.skip(f"{page} needs a model that is not shipped")
    return app


@pytest.mark.parametrize("question", EXPERIMENTS)
def test_the_experiment_opens_at_exactly_its_state(question: str) -> None:
    page, state = EXPERIMENTS[question]
    app = opened(page, {**state, "back": "1a"}, {})
    for key, value in state.items():
        if key == "prompt":
            assert app.text_area[0].value.strip() == str(value).strip()
            continue
        assert key in app.session_state, f"{page} has no control {key!r} in this state"
        _, named = app.session_state[OFFERS].get(key, (None, {}))
        chosen = named.get(str(value), value)
        assert app.session_state[key] == chosen, f"{key} stands at {app.session_state[key]!r}"


@pytest.mark.parametrize(("page", "state"), sorted(BEAT_STATES, key=str), ids=str)
def test_a_beat_sets_controls_that_offer_its_values(page: str, state: tuple) -> None:
    app = opened(page, {}, dict(state))
    for key, value in state:
        assert key in app.session_state[OFFERS], f"{page} draws no control {key!r} here"
        options = app.session_state[OFFERS][key][1].values()
        assert not options or value in options
        assert app.session_state[key] == value


@pytest.mark.parametrize("name", told())
def test_a_storyline_tells_a_lesson_in_a_few_beats(name: str) -> None:
    story = storyline(name)
    assert 3 <= len(story.beats) <= 12
    for beat in story.beats:
        assert len(beat.sentence) <= 120, "readable from the last row"
        assert beat.question
        assert beat.reveal
        assert beat.notes
        assert beat.show
    assert story.beat("2") == 1
    for nonsense in ("", "0", "x", "-1", "99999999999", "²"):
        assert story.beat(nonsense) == 0


def test_a_lesson_without_a_storyline_has_none() -> None:
    assert storyline("home") is None
    assert storyline("../questions/1a") is None


@pytest.mark.parametrize(
    ("page", "section", "key", "value"),
    [
        ("gpt", "The next word", "model", "gone-model"),
        ("gpt", "Where it looks", "layer", "99"),
        ("rnn", "Expansion", "T", "99"),
        ("rnn", "Expansion", "T", "many"),
        ("rnn", "Expansion", "section", "<b>Nowhere</b>"),
        ("study", None, "q", "9z"),
    ],
)
def test_a_link_to_what_is_not_here_says_so_and_falls_back(
    page: str, section: str | None, key: str, value: str
) -> None:
    around = {"section": section} if section else {}
    app = opened(page, around | {key: value}, {})
    said = [info.value for info in app.info if "which does not exist here" in info.value]
    assert len(said) == 1
    assert "<b>" not in said[0]
    assert app.session_state[key] != value
    app.run()
    assert not app.exception


@pytest.mark.parametrize(
    ("page", "link", "key", "now"),
    [
        ("vit", {"from": "at hand", "order": "least sure"}, "order", "least confident"),
        ("vit", {"order": "surest"}, "order", "most confident"),
        ("vit", {"from": "draw a shape"}, "from", "shape"),
        ("rnn", {"section": "Eigenvalues and decay", "view": "closed"}, "view", "nothing"),
        (
            "maps",
            {"try": "size of the object", "up": "its share on the object"},
            "up",
            "share on the object",
        ),
    ],
)
def test_an_option_is_found_by_the_label_that_it_had_before(page, link, key, now) -> None:
    app = opened(page, link, {})
    assert app.session_state[key] == now
    assert not [info for info in app.info if "which does not exist here" in info.value]
    other = next(v for v in app.session_state[OFFERS][key][1].values() if v != now)
    app.session_state[key] = other  # and can be changed then
    assert app.run().session_state[key] == other


@pytest.mark.parametrize("page", [lesson.name for lesson in lessons.available()])
def test_every_choice_of_a_page_is_restored_from_the_link(page: str) -> None:
    """All of them at once, each at an option that is not its default and is still offered then."""
    app = opened(page, {}, {})
    offered = app.session_state[OFFERS]
    other = {
        key: next((label, value) for label, value in named.items() if value != default)
        for key, (default, named) in offered.items()
        if len(named) > 1 and key in app.session_state
    }
    app = opened(page, {key: label for key, (label, _) in other.items()}, {})
    kept = {
        key: app.session_state[key]
        for key, (label, _) in other.items()
        if key in app.session_state and label in app.session_state[OFFERS][key][1]
    }
    assert kept == {key: other[key][1] for key in kept}
    assert kept or not other


def test_a_model_is_in_the_link_by_the_hash_of_its_weights() -> None:
    app = opened("gpt", {}, {})
    name, digest = app.selectbox(key="model").value, app.query_params["model-hash"]
    entry = find_model(name)
    assert entry.digest.startswith(digest)
    assert not any("weights" in info.value for info in app.info)

    other = next(e for e in available_models("gpt") if e.name != name)
    for asked, said in (("0123456789ab", "no model here"), (other.digest[:12], other.name)):
        app = opened("gpt", {"model": name, "model-hash": asked}, {})
        for _ in range(2):  # it stays until another model is chosen
            assert [
                said in info.value.replace("\\", "") for info in app.info if "weights" in info.value
            ] == [True]
            app.run()
        assert app.query_params["model-hash"] == digest
        app.selectbox(key="model").select(other.name).run()
        assert not any("weights" in info.value for info in app.info)
        assert app.query_params["model-hash"] == other.digest[:12]


def test_the_prompt_that_a_beat_quotes_is_the_one_on_the_page() -> None:
    from core.first_texts import OTHER_PROMPT

    assert OTHER_PROMPT.replace("\n", " ") in storyline("gpt").beats[0].question
