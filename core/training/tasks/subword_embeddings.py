"""Subword embeddings: what is learned about "king" also updates "King", "king's" and "kings".

Half of the words of a play occur once or twice, too rarely to learn an embedding for each. The
embedding table is therefore learned as a sum, with row w

    E_w + (1/√|G_w|) Σ_{g ∈ G_w} z_g,     G_w the subwords of the word w

and one vector z_g for every subword. AdamW updates both terms with the same weight decay, so only
their sum has to be stored: the model remains a plain table, and a second optimiser updates it as
the z would, along

    ∂L/∂z_g = Σ_{w with g ∈ G_w} (1/√|G_w|) ∂L/∂E_w

(An update of the z decays in the same step, by a factor of about 0.999; with AdamW on the z
themselves it would first decay in the next step.)

Source: Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", section 3.2.
"""

import math
from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.tokenizer import SPECIALS
from core.training.optimizer import AdamW

LENGTHS = (3, 4, 5)  # of the pieces of a word, in characters


def subwords(word: str) -> set[str]:
    """The word in lower case, its pieces of 3 to 5 characters, and "Large" if it is capitalised.

    >>> sorted(subwords("Eye"))
    ['<ey', '<eye', '<eye>', 'Large', 'eye', 'eye>', 'ye>']
    """
    if word in SPECIALS:
        return set()
    edged = f"<{word.lower()}>"
    pieces = {edged[i : i + n] for n in LENGTHS for i in range(len(edged) - n + 1)}
    return pieces | {edged} | ({"Large"} if word[0].isupper() else set())


def subword_matrix(vocab: Sequence[str]) -> Tensor:
    """S (V, G), sparse, 1/√|G_w| where word w has subword g; subwords of a single word are omitted.

    The rows of special tokens are empty.
    """
    parts = [subwords(word) for word in vocab]
    counts = Counter(part for of_word in parts for part in of_word)
    column = {part: i for i, part in enumerate(sorted(p for p, n in counts.items() if n > 1))}
    shared = [[column[part] for part in sorted(of_word & column.keys())] for of_word in parts]
    rows = [row for row, columns in enumerate(shared) for _ in columns]
    values = [1 / math.sqrt(len(columns)) for columns in shared for _ in columns]
    indices = torch.tensor([rows, [c for columns in shared for c in columns]], dtype=torch.long)
    size = len(vocab), len(column)
    s = torch.sparse_coo_tensor(indices, torch.tensor(values), size, check_invariants=True)
    return s.coalesce()


class SubwordEmbeddings(AdamW):  # type: ignore[misc, valid-type]
    """AdamW on the z_g of a table (V, dim); each of its updates is added to the table.

    It must step before the optimiser of the table itself, which clears the table's gradient.
    `spread` is the standard deviation of the initial z, which are added to the table right away.
    """

    def __init__(self, table: nn.Parameter, vocab: Sequence[str], lr: float, spread: float) -> None:
        matrix = subword_matrix(vocab).to(table.device)
        self.table = table
        self.to_words, self.to_subwords = matrix, matrix.t().coalesce()
        self.change = nn.Parameter(table.new_zeros(matrix.shape[1], table.shape[1]))
        group = {"params": [self.change], "weight_decay": 0.0, "lr_scale": 1.0}
        super().__init__([group], lr, fused=True)
        with torch.no_grad():
            table.add_(self.to_words @ nn.init.normal_(torch.empty_like(self.change), std=spread))

    @torch.no_grad()
    def step(self) -> None:
        """change ← AdamW's step from zero along Sᵀ ∂L/∂table; table ← table + S change."""
        if self.table.grad is None:
            return
        self.change.grad = self.to_subwords @ self.table.grad
        super().step()
        self.table.add_(self.to_words @ self.change)
        self.change.zero_()
