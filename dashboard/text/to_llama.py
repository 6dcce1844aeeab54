"""The section "From this GPT to a Llama": six parts, each replaced in turn, and what that did."""

from __future__ import annotations

import streamlit as st

from core.linear_rnn.spectrum import with_minus
from core.models import llama_history
from core.models.llama_history import History
from core.system.command import typed
from dashboard import controls, state
from dashboard.components import page, tables
from dashboard.components.measurements import read_or_explain
from dashboard.components.panes import panes
from dashboard.figures import llama as figures
from dashboard.text.llama_parts import NAMES, PARTS, RESULTS, Part

GUESSES = "state-llama-guesses"  # name of a part -> the result that was predicted


@page.fragment
def show() -> None:
    """Choose a part, predict, and see the loss of the model with it."""
    history = read_or_explain(
        llama_history.read, "measured losses", llama_history.COMMAND, "computes"
    )
    if history is None:
        return
    st.markdown(
        "A Llama such as SmolLM2 differs from the course's GPT in six parts. **Which of them "
        "lower the loss?** Seven small models were trained alike: {steps} steps of {batch} × "
        "{window} tokens of Tiny Shakespeare.".format(**history.about)
    )
    name = controls.pick("What changes", [part.name for part in PARTS], key="part", bare=True)
    step = NAMES.index(name)
    part = PARTS[step - 1]
    picture, words = panes("llama", (3, 2))
    with words:
        _explain(part)
        known = _predicted(part, step, history)
    with picture:
        _dots(history, step)
        if known:
            _curves(history, step)
    _counts(history, step)
    page.show_source(*part.code, label=f"Show the code: {part.name}")
    _real_models()


def _explain(part: Part) -> None:
    both = rf"{part.before} \\ \downarrow \\ {part.after}"
    page.show_math(rf"\begin{{gathered}} {both} \end{{gathered}}", part.words)


def _predicted(part: Part, step: int, history: History) -> bool:
    """Ask, and once there is an answer, compare it with the measurement."""
    guesses: dict[str, str] = st.session_state.setdefault(GUESSES, {})
    spot = st.empty()
    if part.name not in guesses and not state.revealed():
        answer = spot.radio(
            f"{part.name}: compared with the step before, the loss will be",
            RESULTS, index=None, key=f"guess-{step}",
        )  # fmt: skip
        if answer is None:
            return False
        guesses[part.name] = answer
    change, spread = history.change(step), history.spread()
    result = RESULTS[history.verdict(step) + 1]
    guess = guesses.get(part.name)
    graded = controls.prediction_graded(guess, guess == result) if guess else ""
    with spot.container():
        st.metric(
            _seeds(len(history.of(step))), f"{history.mean(step):.3f}",
            f"{change:+.3f}", delta_color="inverse" if history.verdict(step) else "off",
        )  # fmt: skip
        by = with_minus(f"{change:+.3f}")
        st.markdown(
            f"{graded}**{result.capitalize()}**: it changed by {by}, and two seeds of one model "
            f"differ by up to {spread:.3f}. {part.why}"
        )
        if step == 6:
            st.markdown(_units(history))
    return True


def _seeds(count: int) -> str:
    return f"Bits per character, {f'mean of {count} seeds' if count > 1 else 'one seed'}"


def _units(history: History) -> str:
    """Why bits per character, and how much of them unknown words cost."""
    words, pairs = history.corpus(5), history.corpus(6)
    nats = [history.of(step)[0].validation[-1] for step in (5, 6)]
    return (
        f"A token is no longer a word, so the losses of {nats[0]:.2f} nats per word and "
        f"{nats[1]:.2f} nats per byte pair cannot be compared. Bits per character of the same "
        f"text can be compared. Of the {history.mean(5):.2f} bits of the word model, "
        f"{words.bits(0):.2f} are needed to spell unknown words, which are "
        f"{words.unknown / words.tokens:.0%} of the text. The same text has {words.tokens:,} "
        f"words or {pairs.tokens:,} byte pairs, so with the same number of tokens the last model "
        f"was trained on {1 - words.tokens / pairs.tokens:.0%} less text."
    )


def _dots(history: History, step: int) -> None:
    guesses = st.session_state[GUESSES]
    every = [history.bits(i) for i in range(len(NAMES))]
    shown = [
        bits if i == 0 or NAMES[i] in guesses or state.revealed() else None
        for i, bits in enumerate(every)
    ]
    flat = [value for bits in every for value in bits]
    page.show_figure(
        figures.dots(NAMES, shown, step, (min(flat), max(flat))),
        title="Validation loss after each step: left is better",
        description="Each dot is the mean of two seeds, each line one seed. A question mark "
        "stands for a step that you have not predicted yet.",
        key="llama",
        more="The models are small and were trained briefly with one recipe (AdamW, learning rate "
        "{learning_rate:g} falling to zero). With another recipe or a larger budget a step can do "
        "more, less or the opposite; benchmarks/experiments.md has an "
        "example.".format(**history.about),
    )


def _curves(history: History, step: int) -> None:
    runs = [history.of(i) for i in (step - 1, step)]
    before, after = ([history.curve(run) for run in both] for both in runs)
    page.show_figure(
        figures.curves(runs[0][0].at, before, after, (NAMES[step - 1], NAMES[step])),
        title="Validation loss during training",
        description="Each model has two lines, one for each seed. All models read the same "
        "number of tokens.",
        key="llama-curves",
    )


def _counts(history: History, step: int) -> None:
    """The weights of each part, counted in the models."""
    from core.models import llama_steps

    before, after = (
        llama_steps.parameters(i, history.corpus(i).vocabulary) for i in (step - 1, step)
    )
    rows = [
        {"weights": part, "before": before[part], "after": after[part],
         "change": after[part] - before[part]}
        for part in before
    ]  # fmt: skip
    total = sum(after.values())
    st.markdown(f"**{total:,} weights** ({total - sum(before.values()):+,})")
    tables.show(rows, hide_index=True, width="stretch")
    if step == 5:
        sizes = history.about["sizes"]
        stored = [2 * sizes["num_layers"] * heads * sizes["attn_dim"]
                  for heads in (sizes["num_heads"], history.about["kv_heads"])]  # fmt: skip
        st.markdown(
            f"The KV cache holds **{stored[1]:,}** numbers per token instead of {stored[0]:,}."
        )


def _real_models() -> None:
    """The way to a Llama that others trained, if one is installed."""
    from core.models.pretrained import store

    llamas = [entry for entry in store.available("gpt") if entry.architecture.startswith("Llama")]
    for entry in llamas[:2]:
        page.lesson_link("gpt", f"Read your text with {page.escape(entry.name)}, a Llama with the "
        "same parts", model=entry.name)  # fmt: skip
    if not llamas:
        st.caption(f"A real Llama with the same parts: `{typed('models get smollm2')}`.")
