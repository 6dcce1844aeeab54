"""Attention, step by step: all maps of a model, then one head with every number on the way."""

import streamlit as st

from dashboard import components, controls, head_edits, opened, traces
from dashboard.attention_view import attention_view
from dashboard.figures import head_steps as figures

components.page_header(
    "Attention, step by step",
    "**Move over the maps**: who looks at whom, and how does a head come to that?",
)

# --- controls ---
given = opened.choose()

from core.head_steps import head_steps, pair_product  # noqa: E402  the heading must not wait
from core.trace import UNCHANGED, heads_of  # noqa: E402

layers, heads = heads_of(given.model)
last = len(given.tokens) - 1
words = tuple(given.tokens)
if st.session_state.setdefault("words", words) != words:  # query and key are named by their words
    st.session_state.update(words=words, query=last if given.causal else 0, key=min(1, last))
MEAN = "mean"


def remember(chosen: dict[str, int]) -> None:
    """A click in the maps moves the controls below, and with them the link."""
    st.session_state["layer"] = chosen["layer"] + 1 if chosen["layer"] < layers else MEAN
    st.session_state["head"] = chosen["head"] + 1 if chosen["head"] < heads else MEAN
    st.session_state["query"], st.session_state["key"] = chosen["query"], chosen["key"]


maps = st.container()
with st.container(border=True):
    one, two, three, four = st.columns(4)
    with one:
        layer = controls.choice("Layer", [*range(1, layers + 1), MEAN], key="layer")
    with two:
        head = controls.choice("Head", [*range(1, heads + 1), MEAN], key="head")
    with three:
        query = controls.choice(
            "Query: who looks", range(last + 1), key="query", index=last if given.causal else 0,
            show=lambda i: f"{i}: {given.tokens[i]}",
        )  # fmt: skip
    with four:
        key = controls.choice(
            "Key: who is looked at", range(last + 1), key="key", index=min(1, last),
            show=lambda i: f"{i}: {given.tokens[i]}",
        )  # fmt: skip
    with components.one_sentence_for_errors():
        edit, inputs = head_edits.choose_edit(given, query, key)

before = traces.trace(given.who, given.model, given.inputs)
edited = edit != UNCHANGED or inputs is not given.inputs
traced = traces.trace(given.who, given.model, inputs, edit) if edited else before
tokens = list(given.tokens)
if given.causal and inputs is not given.inputs:
    tokens = [
        word if same else given.answers[new]
        for word, same, new in zip(
            tokens, (inputs == given.inputs)[0].tolist(), inputs[0].tolist(), strict=True
        )
    ]
with maps:
    attention_view(
        traced.attention[0].numpy(),
        tokens,
        key="maps",
        chosen={
            "layer": layers if layer == MEAN else layer - 1,
            "head": heads if head == MEAN else head - 1,
            "query": query,
            "key": key,
        },
        causal=given.causal and edit.mask is None,
        picture=given.png,
        on_choose=remember,
    )

# --- what follows from a change ---
was, now = given.outcome(before.logits), given.outcome(traced.logits)
if edited:
    order = (was + now).argsort(descending=True)[:6].tolist()
    components.show_figure(
        figures.before_after(
            [given.answers[i] for i in order], was[order].numpy(), now[order].numpy()
        ),
        title="What it says (down), how probably (across): as it is and after your change",
        description=f"It said {opened.say(given, was)}; now it says {opened.say(given, now)}.",
        key="edited",
    )
else:
    what = "The next word" if given.causal else "The class"
    st.markdown(f"{what} it would say: {opened.say(given, was)}.")

# --- one head, step by step ---
st.header("One head, every step", anchor=False)
if MEAN in (layer, head):
    st.info("A mean has no steps: choose one layer and one head.", icon=":material/info:")
    st.stop()


@st.fragment
def show_steps() -> None:
    """Another step runs this part of the page alone."""
    steps = head_steps(given.model, traced, layer - 1, head - 1, edit=edit)
    names = [step.name for step in steps]
    chosen = controls.pick("Step", names, key="step", index=names.index("alpha"))
    step = steps[names.index(chosen)]
    left, right = st.columns([2, 3])
    with left:
        st.subheader(f"{names.index(chosen) + 1}. {step.title}", anchor=False)
        st.latex(step.formula)
        st.code(step.code, language="python", wrap_lines=True)
        size = " × ".join(str(n) for n in step.value.shape)
        st.markdown(f"Layer {layer}, head {head}. Shape **{size}**: {step.rows} × {step.columns}.")
        if step.columns == "key token":
            st.metric(f"Query {query}, key {key}", f"{float(step.value[query, key]):.6g}")
    pairs = step.columns == "key token"
    with right:
        components.show_figure(
            figures.step_matrix(
                step.value.numpy(), step.rows, step.columns, tokens,
                query if "key" not in step.rows else key, key if pairs else None,
            ),
            title=f"{step.title}: {step.rows} (down) × {step.columns} (across)",
            description="Framed: the chosen token" + (" and pair." if pairs else "."),
            key="step-matrix",
            data={step.name: step.value.numpy()},
        )  # fmt: skip
    if step.name in ("q", "k", "scores"):
        q, k, product = pair_product(steps, query, key)
        components.show_figure(
            figures.product_bars(q.numpy(), k.numpy()),
            title=f"q · k for query {query}, key {key}: the product (up) of each feature (across)",
            description=f"The bars add up to the score {float(product.sum()):.4f}; the next step "
            f"divides it by √{len(q)} = {len(q) ** 0.5:.3f}.",
            key="product",
            data={"q": q.numpy(), "k": k.numpy(), "product": product.numpy()},
        )


show_steps()
components.lesson_link("heads", "Switch heads off, and compare them")
components.show_source(
    "core.attention.attention_weights", "core.attention.MultiHeadedAttention",
    "core.head_steps.head_steps", "core.trace.trace",
)  # fmt: skip
