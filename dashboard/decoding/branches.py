"""The tree of texts: forcing a token grows a branch from the trunk or from another branch.

It is stored in the session, for one model and prompt; another model or prompt begins a new tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st


@dataclass(frozen=True)
class Branch:
    """forced: the tokens before the continuation, the last one forced here. parent: -1 for none."""

    parent: int
    forced: tuple[int, ...]
    word: str


@dataclass
class Tree:
    """All branches of a column; 0 is the trunk. `here` is the branch shown."""

    about: object
    branches: list[Branch] = field(default_factory=lambda: [Branch(-1, (), "")])
    here: int = 0

    @property
    def forced(self) -> tuple[int, ...]:
        return self.branches[self.here].forced

    def grow(self, before: tuple[int, ...], token: int, word: str) -> None:
        """Force `token` after the tokens `before` and show that branch, which may exist already."""
        new = Branch(self.here, (*before, token), word)
        for i, branch in enumerate(self.branches):
            if branch.forced == new.forced:
                self.here = i
                return
        self.branches.append(new)
        self.here = len(self.branches) - 1

    def label(self, i: int) -> str:
        """One line for a list: depth, step and word."""
        branch, depth = self.branches[i], 0
        parent = branch.parent
        while parent > 0:
            parent, depth = self.branches[parent].parent, depth + 1
        if i == 0:
            return "the text without chosen words"
        return f"{'· ' * depth}step {len(branch.forced)}: “{branch.word}” chosen"


def tree(letter: str, about: object) -> Tree:
    """The tree of a column; `about` is the model and prompt it belongs to."""
    key = f"tree-{letter}"
    if key not in st.session_state or st.session_state[key].about != about:
        st.session_state[key] = Tree(about)
    tree: Tree = st.session_state[key]
    return tree


def walk(letter: str, grown: Tree) -> None:
    """The list of branches, once there is more than the trunk."""
    if len(grown.branches) == 1:
        return

    def go() -> None:
        grown.here = st.session_state[f"branch-{letter}"]

    st.session_state[f"branch-{letter}"] = grown.here
    st.selectbox(
        "Branch", range(len(grown.branches)), format_func=grown.label, key=f"branch-{letter}",
        on_change=go,
    )  # fmt: skip
