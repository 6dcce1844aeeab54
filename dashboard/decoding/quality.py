"""The quality of generated text, measured beside text by people."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.decoding.text_metrics import TextQuality, measure, repeated
from core.linear_rnn.spectrum import with_minus
from core.run_files import schema
from dashboard import controls, state
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.decoding.strategy_controls import Way, choose_way
from dashboard.figures import decoding as figures

if TYPE_CHECKING:
    from core.decoding.engine import DecodingEngine, Samples
    from core.decoding.prompt import Prompt
    from core.decoding.quality_sweep import Corpus
    from core.models.zoo import LoadedModel, ModelEntry

TEXTS, LENGTH = 16, 60
_ROWS = (
    (
        "repeated 4-grams",
        "rep4",
        "four words in a row that occurred before in the same text; people rarely repeat them",
    ),
    (
        "different words",
        "distinct1",
        "the number of different words divided by the number of all words",
    ),
    ("different pairs", "distinct2", "the same for pairs of neighbouring words"),
    (
        "copied 8-grams",
        "copied",
        "eight words in a row that also occur in the training text",
    ),
    (
        "mean log P",
        "mean_log_probability",
        "nats per known word: how probable the text is to the model",
    ),
)


@page.fragment
def show(entry: ModelEntry, loaded: LoadedModel, engine: DecodingEngine, prompt: Prompt) -> None:
    """The sweep of settings with text by people, and 16 texts drawn at once, measured beside it.

    A fragment: a slider in it runs nothing else of the page.
    """
    from core.decoding.strategies import Greedy

    sweep = _sweep(entry)
    human = sweep and TextQuality(**sweep["human"])
    st.markdown(
        "**Probable does not mean good.** The texts that are most probable to the model repeat "
        "themselves. Text that people wrote is less probable to it than the texts of most "
        "settings."
    )
    if sweep and human:
        _curves(sweep, human)
    else:
        st.caption(
            "This model has not been measured at many settings yet: `python -m "
            f"core.decoding.quality_sweep {entry.name}` measures it."
        )
    st.header("Sixteen texts of sixty words, sampled at once", anchor=False)
    left, right = panes("samples", (1, 2))
    with left:
        way = choose_way("q", "nucleus")
        seed = int(controls.slider("Seed", 0, 999, 0, key="seed-q"))
    if way.width:
        st.info("Beam search draws no random numbers, so all sixteen texts would be the same.")
        return
    samples = _samples(entry.identity, tuple(prompt.ids), repr(way.strategy), seed, way, engine)
    corpus = _corpus(entry, loaded)
    training = None if corpus is None else corpus.training

    def measured(drawn: Samples) -> TextQuality:
        return measure(drawn.ids.tolist(), drawn.log_probability.numpy(), training)

    with right:
        people = None if corpus is None else _human(entry.name, entry.identity, loaded, corpus)
        if people is None and sweep:
            people = TextQuality(**sweep["human16"])  # measured when the model was shipped
        columns, times = {}, {}
        for column in {way.label: way, "greedy": Way("greedy", Greedy())}.values():
            of = (entry.identity, tuple(prompt.ids), repr(column.strategy))
            columns[column.label] = measured(_samples(*of, seed, column, engine))
            times[column.label] = _time(*of, column, engine)
        with st.container(key="figure-measures"):
            _table(columns | {"text by people": people}, times)
        if training is None:
            st.caption(
                f"The training text ({page.escape(entry.data)}) is not on this machine, so "
                "copied 8-grams cannot be counted here."
            )
        st.caption(
            "Marked words are part of four words in a row that occurred before in the same text."
        )
        first, *others = (_coloured(text, loaded.tokenizer.vocab) for text in samples.ids.tolist())
        st.markdown(first)
        with st.expander(f"The other {len(others)} texts", icon=":material/notes:"):
            for text in others:
                st.markdown(text)
    page.show_source(
        "core.decoding.text_metrics.repetition",
        "core.decoding.text_metrics.distinct",
        "core.decoding.text_metrics.NGramIndex",
    )


@st.cache_resource(max_entries=128, show_spinner=False)
def _samples(
    identity: str,
    ids: tuple[int, ...],
    strategy: str,
    seed: int,
    _way: Way,
    _engine: DecodingEngine,
) -> Samples:
    """The sixteen texts of a model, sampled once for everybody."""
    import torch

    chance = torch.Generator().manual_seed(seed)
    return _engine.draw(ids, _way.strategy, LENGTH, TEXTS, chance)


@st.cache_data(max_entries=128, show_spinner=False)
def _time(
    identity: str, ids: tuple[int, ...], strategy: str, _way: Way, _engine: DecodingEngine
) -> float:
    """Milliseconds a token to write one text in this way, measured once for everybody."""
    from core.decoding.timing import time_strategy

    return time_strategy(_engine, ids, _way.strategy, LENGTH)


def _table(columns: Mapping[str, TextQuality | None], times: Mapping[str, float]) -> None:
    """The measures of each column, and the time of a token where the model wrote the text."""

    def shown(quality: TextQuality | None, name: str) -> str:
        value = quality and getattr(quality, name)
        return "–" if value is None else with_minus(f"{value:.3f}")

    rows = {
        title: [*(shown(quality, name) for quality in columns.values()), meaning]
        for title, name, meaning in _ROWS
    }
    rows["ms per token"] = [
        *(f"{times[name]:.2f}" if name in times else "–" for name in columns),
        "the pass through the model and the choice of the word for one text, measured here",
    ]
    names = ("measure", *columns, "meaning")
    lines = [(title, *cells) for title, cells in rows.items()]
    st.table({name: [line[i] for line in lines] for i, name in enumerate(names)})


def _curves(sweep: dict[str, Any], human: TextQuality) -> None:
    """The sweep over p and temperature; on the stage, text by people appears with the answer."""
    curves = {}
    for name, setting in (("nucleus, t = 1", "p"), ("temperature, p = 1", "t")):
        points = [point for point in sweep["points"] if point["setting"] == setting]
        curves[name] = (
            [point["distinct2"] for point in points],
            [point["mean_log_probability"] for point in points],
            [f"{setting}={point['value']:g}" for point in points],
        )
    points = sweep["points"]
    likelier = [p for p in points if p["mean_log_probability"] > human.mean_log_probability]
    likeliest = max(points, key=lambda p: p["mean_log_probability"])
    description = f"Each point is one setting: {sweep['count']} texts of {sweep['length']} words."
    asked = state.presenting() and not state.revealed()
    if not asked:
        description += (
            " Held-out text by people is less probable to the model than the texts of "
            f"{len(likelier)} of {len(points)} settings. At {likeliest['setting']} = "
            f"{likeliest['value']:g}, the setting with the most probable texts, "
            f"{likeliest['rep4']:.0%} of the 4-grams are repeated; people repeat "
            f"{human.rep4:.1%}."
        )
    people = None if asked else (human.distinct2, human.mean_log_probability)
    page.show_figure(
        figures.quality_curves(curves, people),
        title="How probable a text is to the model, and how varied it is",
        description=description,
        key="sweep",
    )


def _coloured(text: list[int], vocab: list[str]) -> str:
    """A text as Markdown; the words of repeated 4-grams are bold on a coloured ground."""
    parts = []
    for mark, group in itertools.groupby(
        zip(text, repeated(text), strict=True), key=lambda pair: pair[1]
    ):
        words = " ".join(page.escape(vocab[token]) for token, _ in group)
        parts.append(f":orange-background[**{words}**]" if mark else words)
    return " ".join(parts)


@st.cache_resource(max_entries=3, show_spinner="Reading the training text …")
def _read(name: str, identity: str, data: str, _loaded: LoadedModel) -> Corpus:
    from core.decoding.quality_sweep import read_corpus

    return read_corpus(_loaded.tokenizer, data)


def _corpus(entry: ModelEntry, loaded: LoadedModel) -> Corpus | None:
    """The model's data, or None if it is not available."""
    try:
        return _read(entry.name, entry.identity, entry.data, loaded)
    except (OSError, ValueError):
        return None


@st.cache_data(max_entries=6, show_spinner="Measuring the held-out text …")
def _human(name: str, identity: str, _loaded: LoadedModel, _corpus: Corpus) -> TextQuality | None:
    """The measures of held-out text in 16 pieces of 60 words, None if there is too little."""
    from core.decoding.quality_sweep import human_quality

    try:
        return human_quality(_loaded.model, _corpus, LENGTH, TEXTS)
    except ValueError:
        return None


def _sweep(entry: ModelEntry) -> dict[str, Any] | None:
    """quality.json beside the model, if it was measured for these weights."""
    try:
        sweep = schema.read(entry.path / "quality.json", schema.Quality)
    except ValueError:
        return None
    return {**sweep} if sweep["digest"] == entry.digest else None
