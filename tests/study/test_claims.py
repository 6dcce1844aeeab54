"""Every answer key and every reveal is decided by its measurement."""

import pytest

from core.study import claims
from core.study.claim import COMPARISONS, Claim, read_claim, read_claims
from core.study.measure.store import MEASUREMENTS, measure
from core.study.question import ORDER, read_question, shipped
from core.study.storyline import lessons, storyline
from core.study.tasks import Choice

CLAIMS = claims.all_claims()
GOOD = {
    **{"measure": "decay", "field": "peak", "is": "above", "than": 1},
    "text": "It rises to {decay.peak:,.0f}",
}


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, float | str]]:
    return {name: measure(name) for name in {claim.measure for _, claim in CLAIMS}}


def test_every_claim_holds(measured) -> None:
    failed = [f"{where}: {c.line(measured[c.measure])}" for where, c in CLAIMS
              if not c.holds(measured[c.measure])]  # fmt: skip
    assert failed == []


def test_every_sentence_is_filled_in(measured) -> None:
    for where, claim in CLAIMS:
        assert "{" not in claim.sentence(measured[claim.measure]), where


def test_every_question_has_a_measurement_that_decides_it() -> None:
    assert [name for name in ORDER if not shipped()[name].decides] == []


# What a wrong option says about a formula or a definition, and beats that say how something is
# built: there is nothing to measure.
DEFINED = {("1c", "T − i"), ("2d", "Give every possible colour a row in the vocabulary")}
BUILT = {("attention", 2), ("attention", 3)}


def test_every_wrong_option_is_refuted_by_a_measurement() -> None:
    open_ = {
        (name, option.text)
        for name, question in shipped().items()
        if isinstance(question.predict, Choice)
        for option in question.predict.options
        if not option.right and not option.refuted
    }
    assert open_ == DEFINED


def test_every_beat_rests_on_a_measurement() -> None:
    beats = {
        (lesson, number): beat
        for lesson in lessons()
        for number, beat in enumerate(storyline(lesson).beats, 1)
    }
    assert {at for at, beat in beats.items() if not beat.decides} == BUILT


def test_the_right_option_is_refuted_by_nothing() -> None:
    for question in shipped().values():
        if isinstance(question.predict, Choice):
            assert not any(o.refuted for o in question.predict.options if o.right), question.id


def test_a_claim_can_fail() -> None:
    claim = read_claim(GOOD | {"than": 1e9}, "here")
    assert not claim.holds({"peak": 198.5})
    assert claim.line({"peak": 198.5}).endswith("FAILS")


@pytest.mark.parametrize("is_", sorted(COMPARISONS))
def test_comparisons(is_: str) -> None:
    held = {than: Claim("decay", "peak", is_, than, "").holds({"peak": 2.0}) for than in (1, 2, 3)}
    expected = {
        "above": (True, False, False),
        "below": (False, False, True),
        "at least": (True, True, False),
        "at most": (False, True, True),
        "equal to": (False, True, False),
    }
    assert tuple(held.values()) == expected[is_]


def test_a_bound_may_be_another_field() -> None:
    claim = read_claim(GOOD | {"than": "size"}, "here")
    assert claim.holds({"peak": 20.0, "size": 16})
    assert not claim.holds({"peak": 12.0, "size": 16})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"measure": "luck"}, f"there is no measurement 'luck'; there are {min(MEASUREMENTS)},"),
        ({"field": "top"}, "decay has no 'top'; it has size, peak"),
        ({"is": "near"}, "there is no comparison 'near'; there are above, below"),
        ({"than": "luck"}, "than must be a number or one of size, peak"),
        ({"than": True}, "than must be a number"),
        ({"text": ""}, "text must be a sentence of at most 300 characters"),
        ({"text": "{runs.train}"}, "text may fill in fields of decay only"),
        ({"text": "[look](http://x.org)"}, "text holds a link, a picture or HTML"),
        ({"text": "<img src=x>"}, "text holds a link, a picture or HTML"),
        ({"how": "eval"}, "must be a table with the keys measure, field, is, than, text"),
    ],
)
def test_a_wrong_claim_is_one_sentence(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match="here") as error:
        read_claim(GOOD | change, "here")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_too_many_claims() -> None:
    with pytest.raises(ValueError, match="four at most"):
        read_claims([GOOD] * 5, "here")


def test_a_file_with_a_wrong_claim_is_named_with_its_line() -> None:
    from core.study.question import SHIPPED

    content = (
        (SHIPPED / "1d.toml").read_bytes().replace(b'measure = "decay"', b'measure = "luck"', 1)
    )
    line = content.decode().split('"luck"')[0].count("\n") + 1
    with pytest.raises(ValueError, match=rf"^1d\.toml, line {line}: .* 'luck'"):
        read_question("1d.toml", content)


def test_the_measurements_named_exist() -> None:
    for name, about in MEASUREMENTS.items():
        assert about.keys, name
