"""The exercise of the attention lesson: right classes pass, each usual mistake is named."""

import ast
from pathlib import Path

import nbformat
import pytest

from core.study.handouts.export import as_notebook, cells_of, exercise
from tests.forks import Forks

HEAD = """
class AttentionHead(nn.Module):
    def __init__(self, dim, n_hidden):
        super().__init__()
        self.n = n_hidden
        self.W_K = nn.Linear(dim, n_hidden)
        self.W_Q = nn.Linear(dim, n_hidden)
        self.W_V = nn.Linear(dim, n_hidden)

    def forward(self, x, attn_mask=None):
        q, k, v = self.W_Q(x), self.W_K(x), self.W_V(x)
        scores = q @ k.mT / self.n**0.5
        if attn_mask is not None:
            scores = scores.masked_fill(attn_mask == 0, -1e30)
        alpha = scores.softmax(-1)
        if attn_mask is not None:
            alpha = alpha * attn_mask
        return alpha @ v, alpha
"""
HEADS = """
class MultiHeadedAttention(nn.Module):
    def __init__(self, dim, n_hidden, num_heads):
        super().__init__()
        self.heads = nn.ModuleList([AttentionHead(dim, n_hidden) for _ in range(num_heads)])
        self.project_layer = nn.Linear(num_heads * n_hidden, dim)

    def forward(self, x, attn_mask=None):
        outs, alphas = zip(*[head(x, attn_mask) for head in self.heads])
        return self.project_layer(torch.cat(outs, -1)), torch.stack(alphas, 1)
"""
FUSED = """
class MultiHeadedAttention(nn.Module):
    def __init__(self, dim, n_hidden, num_heads):
        super().__init__()
        self.H, self.n = num_heads, n_hidden
        self.qkv = nn.Linear(dim, 3 * num_heads * n_hidden)
        self.project_layer = nn.Linear(num_heads * n_hidden, dim)

    def forward(self, x, attn_mask=None):
        q, k, v = self.qkv(x).unflatten(-1, (3, self.H, self.n)).permute(2, 0, 3, 1, 4)
        scores = q @ k.mT / self.n**0.5
        if attn_mask is not None:
            mask = attn_mask[:, None]
            scores = scores.masked_fill(mask == 0, -1e30)
        alphas = scores.softmax(-1)
        if attn_mask is not None:
            alphas = alphas * mask
        return self.project_layer((alphas @ v).transpose(1, 2).flatten(2)), alphas
"""
FILL, SOFTMAX = "scores.masked_fill(attn_mask == 0, -1e30)", "scores.softmax(-1)"
# name: (what is changed in the right classes, by what, the case that fails, what it says)
FAULTS = {
    "axis": (SOFTMAX, "scores.softmax(-2)", 2, "over the wrong axis: rows, one for each query, do"),
    "scale": (" / self.n**0.5", "", 2, "The scores are not divided by √n."),
    "scale n": ("self.n**0.5", "self.n", 2, "divided by n: divide by √n"),
    "scale dim": ("self.n**0.5", "x.shape[-1]**0.5", 2, "divided by √dim, not by √n"),
    "swapped": ("q @ k.mT", "k @ q.mT", 2, "Queries and keys are swapped"),
    "no softmax": (SOFTMAX, "scores", 2, "The softmax is missing"),
    "values": ("alpha @ v", "alpha.mT @ v", 2, "it is A V, not Aᵀ V"),
    "no weights": ("alpha @ v", "v", 2, "The output is V itself"),
    "no mask": ("attn_mask is not None", "False", 3, "Masked keys still get weight, up to 0."),
    "soft mask": (
        FILL, "scores - 2 * (1 - attn_mask)\n        attn_mask = None", 3,
        "Masked keys still get weight",
    ),
    "inverted": (
        "q, k, v = self", "if attn_mask is not None:\n            attn_mask = 1 - attn_mask\n"
        "        q, k, v = self", 3, "The mask is the wrong way round",
    ),
    "transposed": (
        "q, k, v = self", "if attn_mask is not None:\n            attn_mask = attn_mask.mT\n"
        "        q, k, v = self", 3, "The mask is transposed",
    ),
    "late mask": (FILL, "scores", 3, "The mask comes after the softmax, so rows do not sum to one"),
    "nan": ("-1e30", "float('-inf')", 3, "A token that may look at nothing gets NaN"),
    "even": ("alpha = alpha * attn_mask", "pass", 3, "must get zeros, not even weights"),
    "shape": ("alpha @ v, alpha", "(alpha @ v).mT, alpha", 1, "(2, 6, 8) = B×T×n, but it has the"),
    "one result": ("return alpha @ v, alpha", "return alpha @ v", 1, "must return two tensors"),
    "layer": ("W_K", "key", 1, "AttentionHead has no W_K"),
    "stops": ("q @ k.mT", "q @ k", 1, "AttentionHead stops on x of shape (2, 6, 20)"),
    "stacked": ("torch.stack(alphas, 1)", "torch.stack(alphas, -1)", 1, "= B×H×T×T, but it has"),
    "no projection": (
        "self.project_layer(torch.cat(outs, -1))", "torch.cat(outs, -1)", 1, "= B×T×dim, but it",
    ),
    "mixed": ("torch.cat(outs, -1)", "torch.stack(outs, -1).flatten(2)", 2, "heads are mixed up"),
    "peeks": (
        "return alpha @ v, alpha", "return alpha @ v + 0.1 * v.mean(1, keepdim=True), alpha", 2,
        "The output of the head is not A V",
    ),
}  # fmt: skip


def filled(head: str, heads: str) -> list[str]:
    """The code cells, with these classes in place of the empty ones."""
    code = [text for kind, text in cells_of(exercise("attention")) if kind == "code"]
    for i, text in enumerate(code):
        if text.startswith("class AttentionHead("):
            code[i] = head
        if text.startswith("class MultiHeadedAttention("):
            code[i] = heads
    return code


def outcome(cells: list[str]) -> tuple[int, str]:
    """Run the cells in turn: the number of cases that pass, and what the first failure says."""
    namespace: dict[str, object] = {"print": lambda *_: None}
    passed = 0
    for cell in cells:
        try:
            exec(compile(cell, "cell", "exec"), namespace)
        except (AssertionError, NotImplementedError) as error:
            return passed, str(error)
        passed += 'print("Case ' in cell
    return passed, ""


@pytest.mark.parametrize("heads", [HEADS, FUSED])
def test_right_classes_pass_the_four_cases(heads: str) -> None:
    assert outcome(filled(HEAD, heads)) == (4, "")


def test_the_lectures_own_classes_pass_them_too() -> None:
    code = "from core.attention import AttentionHead, MultiHeadedAttention"
    assert outcome(filled(code, code)) == (4, "")


@pytest.mark.parametrize("name", FAULTS)
def test_each_mistake_is_named_in_one_sentence_by_the_case_that_finds_it(name: str) -> None:
    old, new, case, sentence = FAULTS[name]
    head, heads = HEAD.replace(old, new), HEADS.replace(old, new)
    assert (head, heads) != (HEAD, HEADS)
    passed, said = outcome(filled(head, heads))
    assert passed == case - 1, said
    assert any(part in said for part in sentence.split("|")), said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("alphas = scores.softmax(-1)", "alphas = scores.softmax(1)"), "are off by up to"),
        (("mask = attn_mask[:, None]", "mask = attn_mask[:1, None]"), "Masked keys still|off by"),
        ((".transpose(1, 2).flatten(2)", ".flatten(1).view(x.shape[0], -1, 32)"), "mixed up"),
    ],
)
def test_mistakes_of_a_fused_layer_are_found(change: tuple[str, str], sentence: str) -> None:
    passed, said = outcome(filled(HEAD, FUSED.replace(*change)))
    assert passed < 4
    assert any(part in said for part in sentence.split("|")), said


def test_the_empty_notebook_asks_for_the_class() -> None:
    code = [text for kind, text in cells_of(exercise("attention")) if kind == "code"]
    passed, said = outcome(code)
    assert passed == 0
    assert "AttentionHead has no W_K" in said


def test_it_needs_torch_alone(tmp_path: Path, with_torch: Forks) -> None:
    """The script, filled in, in a process that has torch and cannot import Unrolled."""
    imported = {
        alias.name
        for node in ast.walk(ast.parse(exercise("attention")))
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        node.module
        for node in ast.walk(ast.parse(exercise("attention")))
        if isinstance(node, ast.ImportFrom)
    }
    assert imported == {"torch"}
    (tmp_path / "own.py").write_text("\n\n".join(filled(HEAD, HEADS)), encoding="utf-8")
    hidden = "sys.modules['core'] = sys.modules['dashboard'] = None"
    block = f"import sys, runpy; {hidden}; runpy.run_path('own.py')"
    assert with_torch.run(block, tmp_path).count("passed") == 4


def test_the_notebook_is_valid_and_has_the_classes_to_fill_in() -> None:
    page = nbformat.reads(as_notebook(exercise("attention"), "attention-exercise"), as_version=4)
    nbformat.validate(page)
    code = [cell.source for cell in page.cells if cell.cell_type == "code"]
    assert sum("raise NotImplementedError" in text for text in code) == 2
    assert sum("Case" in text and "passed" in text for text in code) == 4
