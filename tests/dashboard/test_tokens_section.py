"""The section on tokens of the GPT lesson: merges step by step, words beside byte pairs."""

from collections import Counter

import pytest
from streamlit.testing.v1 import AppTest

from core.bpe import BYTE_OF, learn_merges, merge_steps, readable
from core.data.text import shakespeare
from core.publish import merges_experiment
from core.tokenizer import WordTokenizer
from dashboard.text import comparison, own_merges
from tests import apps
from tests.data.data_files import SHAKESPEARE, needs


def _section() -> None:
    from dashboard.text import comparison, tokens

    tokens.show(comparison._words)


def opened(**query: str) -> AppTest:
    return apps.section(_section, **query)


def strips(app: AppTest) -> dict[str, dict[str, object]]:
    """The token strips by the beginning of their legend."""
    found = [one for one in apps.told(app) if "legend" in one]
    return {str(strip["legend"]).split(",")[0]: strip for strip in found}


def test_every_step_merges_the_most_frequent_pair() -> None:
    learned = own_merges.learn("low low lower lowest")
    for count, pair in enumerate(learned.merges):
        cut = learned.cut(count)
        pairs: Counter[tuple[str, str]] = Counter()
        for piece in learned.pieces:
            pairs.update(zip(cut[piece], cut[piece][1:], strict=False))
        assert pairs[pair] == max(pairs.values())
    ranks = {pair: rank for rank, pair in enumerate(learned.merges)}
    whole = learned.cut(len(learned.merges))
    assert whole == {piece: merge_steps(piece, ranks)[-1] for piece in learned.pieces}


def test_the_page_walks_through_the_merges() -> None:
    app = opened(merges="3")
    apps.check(app.slider(key="merges").set_value(0).run())
    apps.check(app.slider(key="merges").set_value(app.slider(key="merges").max).run())
    assert any("nothing left to merge" in c.value for c in app.caption)


@pytest.mark.parametrize(
    "text",
    ["", " ", "a", "\x00\x01", "<script>alert(1)</script> **b** $x$ [a](http://b) :smile:",
     "`" * 50, "a" * 9_000, "ab " * 3_000, "你好 👩‍🚀 né", "\n\n\n"],
)  # fmt: skip
def test_any_text_is_cut_and_none_is_markup(text: str) -> None:
    app = opened()
    app.text_area(key="merge-text").set_value(text)
    app.text_input(key="cut-text").set_value(text)
    apps.check(app.run())
    assert not [m.value for m in app.markdown if "script" in m.value or "**b**" in m.value]


def test_the_most_merges_of_the_longest_text_are_bounded() -> None:
    words = "".join(chr(97 + i % 26) + chr(97 + i * 7 % 26) + " " for i in range(3_000))
    learned = own_merges.learn(words[: own_merges.LONGEST])
    assert len(learned.merges) <= own_merges.MERGES


def test_words_are_unknown_and_byte_pairs_never_are() -> None:
    app = opened(learned="4000")
    assert any("0 unknown" in str(strip["legend"]) for strip in strips(app).values())
    words = comparison._words()
    ids = words.ids(comparison.SENTENCE)
    assert ids.count(2) >= 3


def test_curves_wait_for_the_prediction() -> None:
    app = opened()
    assert any("Answer to see" in c.value for c in app.caption)
    app.radio(key="guess-unknown").set_value(comparison.ANSWERS[2])
    apps.check(app.run())
    curves = comparison.measured()
    assert curves is not None
    [said] = [m.value for m in app.markdown if "unknown" in m.value and "byte-pair" in m.value]
    assert said.startswith(f"**Your prediction was right:** {comparison.ANSWERS[2]}  \n")
    for number in (f"{curves.unknown[-1]:.1%}", f"{curves.tokens_per_word[-1]:.2f}"):
        assert number in said


def test_without_the_measurement_the_rest_of_the_section_stays(monkeypatch) -> None:
    monkeypatch.setattr(comparison, "measured", lambda: None)
    app = opened()
    assert any(comparison.COMMAND in i.value for i in app.info)
    assert app.slider(key="merges")


@needs(SHAKESPEARE)
def test_the_shipped_measurement_is_that_of_the_text() -> None:
    data = shakespeare.load(SHAKESPEARE)
    curves = comparison.measured()
    assert curves is not None
    counts = merges_experiment.pieces(data.train)
    assert learn_merges(counts, 4) == curves.merges[:4]
    held = merges_experiment.pieces(data.held_out[-200:])
    fewer = [merges_experiment.tokens(held, curves.merges[:n]) for n in (0, 250, 4_000)]
    assert fewer == sorted(fewer, reverse=True)
    assert sum(len(p) * n for p, n in held.items()) == fewer[0]
    words = WordTokenizer(data.vocabulary_text())
    assert len(words) - 3 == curves.vocabulary
    unknown = total = 0
    for text in data.held_out:
        ids = words.ids(text)[1:]
        unknown, total = unknown + ids.count(2), total + len(ids)
    assert unknown / total == pytest.approx(curves.always)
    assert len(BYTE_OF) == 256
    assert readable(counts.most_common(1)[0][0])
