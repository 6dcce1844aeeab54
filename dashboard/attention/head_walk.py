"""One attention head, step by step, with the numbers of one query and one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.interpret.head_steps import head_steps, pair_product
from core.linear_rnn.spectrum import with_minus
from dashboard import controls
from dashboard.components import page
from dashboard.figures.maps import head_steps as figures

if TYPE_CHECKING:
    from core.interpret.head_steps import HeadStep
    from core.interpret.trace import Edit, Trace, Traceable


@page.fragment
def show(
    model: Traceable,
    traced: Trace,
    edit: Edit,
    tokens: Sequence[str],
    *,
    layer: int,
    head: int,
    query: int,
    key: int,
) -> None:
    """layer and head are counted from 1. Choosing another step runs only this part of the page."""
    steps = head_steps(model, traced, layer - 1, head - 1, edit=edit)
    names = [step.name for step in steps]
    name = controls.pick("Step", names, key="step", index=names.index("alpha"))
    step = steps[names.index(name)]
    left, right = st.columns([2, 3])
    with left:
        st.subheader(f"{names.index(name) + 1}. {step.title}", anchor=False)
        st.latex(step.formula)
        # Not st.code: the figure would wait while the browser loads its syntax highlighting.
        st.markdown(f"`{step.code}`")
        size = " × ".join(str(n) for n in step.value.shape)
        st.markdown(f"Layer {layer}, head {head}. Shape **{size}**: {step.rows} × {step.columns}.")
        if step.columns == "key token":
            number = with_minus(f"{float(step.value[query, key]):.6g}")
            st.metric(f"Query {query}, key {key}", number)
        if step.name == "scaled":
            _with_and_without_root(steps, tokens, query)
    pairs = step.columns == "key token"
    value = step.value
    if step.name == "alpha":  # a masked cell is empty, not the colour of a small weight
        blocked = steps[names.index("masked")].value.isneginf()
        value = value.masked_fill(blocked, float("nan"))
    with right:
        page.show_figure(
            figures.step_matrix(
                value.numpy(), step.rows, step.columns, tokens,
                query if "key" not in step.rows else key, key if pairs else None,
            ),
            title=f"{step.title} · {step.rows} (down) × {step.columns} (across)",
            description="A frame marks the selected token" + (" and pair." if pairs else "."),
            key="step-matrix",
            data={step.name: step.value.numpy()},
        )  # fmt: skip
    if step.name in ("q", "k", "scores"):
        q, k, product = pair_product(steps, query, key)
        total = with_minus(f"{float(product.sum()):.4f}")
        page.show_figure(
            figures.product_bars(q.numpy(), k.numpy()),
            title=f"Query {query} times key {key}: the product (up) of each feature (across)",
            description=f"The bars add up to the score {total}; the next step "
            f"divides it by √{len(q)} = {len(q) ** 0.5:.3f}.",
            key="product",
            data={"q": q.numpy(), "k": k.numpy(), "product": product.numpy()},
        )


def _with_and_without_root(steps: Sequence[HeadStep], tokens: Sequence[str], query: int) -> None:
    """The weights of one query if its scores were not divided by √n."""
    of = {step.name: step.value[query] for step in steps if step.columns == "key token"}
    keys = (~of["masked"].isneginf()).nonzero()[:, 0]
    divided, undivided = (of[name][keys].softmax(-1) for name in ("scaled", "scores"))
    order = undivided.argsort(descending=True)[:8]
    page.show_figure(
        figures.before_after(
            [tokens[i] for i in keys[order]], divided[order].numpy(), undivided[order].numpy(),
            "not divided", "weight",
        ),
        title="Weights (across) of the keys (down)",
        description=f"The row of query {query} after the softmax: with scores divided by √n, as "
        "in the model, and not divided.",
        key="scaling",
    )  # fmt: skip
