"""Words that share their parts: what is learned about "king" also moves "King", "king's", "kings".

Half the words of a play occur once or twice, too seldom to learn an embedding each. So the table of
embeddings is learned as a sum, its row w being

    E_w + (1/√|G_w|) Σ_{g ∈ G_w} z_g,     G_w the parts of the word w

with one vector z_g for every part. Both terms move by AdamW and shrink by the same weight decay, so
their sum does too, and only the sum has to be kept: the model stays what it is, a plain table, and
a second optimiser moves it as the z would, along

    ∂L/∂z_g = Σ_{w with g ∈ G_w} (1/√|G_w|) ∂L/∂E_w

(A step of the z shrinks at once with the rest, by one part in thousands, where AdamW on the z
themselves would first shrink it at the next step.)

Source: Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", section 3.2.
"""

import math
from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.tokenizer import SPECIALS
from core.training.optimizer import AdamW

LENGTHS = (3, 4, 5)  # of the pieces of a word, in letters


def subwords(word: str) -> set[str]:
    """The word in small letters, its pieces of 3 to 5 letters, and whether it begins large.

    >>> sorted(subwords("Eye"))
    ['<ey', '<eye', '<eye>', 'Large', 'eye', 'eye>', 'ye>']
    """
    if word in SPECIALS:
        return set()
    edged = f"<{word.lower()}>"
    pieces = {edged[i : i + n] for n in LENGTHS for i in range(len(edged) - n + 1)}
    return pieces | {edged} | ({"Large"} if word[0].isupper() else set())


def subword_matrix(vocab: Sequence[str]) -> Tensor:
    """S (V, G), sparse, with 1/√|G_w| where word w has part g; parts of one word only are left out.

    The rows of special tokens are empty.
    """
    parts = [subwords(word) for word in vocab]
    often = Counter(part for of_word in parts for part in of_word)
    column = {part: i for i, part in enumerate(sorted(p for p, n in often.items() if n > 1))}
    shared = [[column[part] for part in sorted(of_word & column.keys())] for of_word in parts]
    rows = [row for row, columns in enumerate(shared) for _ in columns]
    values = [1 / math.sqrt(len(columns)) for columns in shared for _ in columns]
    places = torch.tensor([rows, [c for columns in shared for c in columns]], dtype=torch.long)
    size = len(vocab), len(column)
    s = torch.sparse_coo_tensor(places, torch.tensor(values), size, check_invariants=True)
    return s.coalesce()


class SubwordEmbeddings(AdamW):  # type: ignore[misc, valid-type]
    """AdamW on the z_g of a table (V, dim), each step of which is added to the table.

    It must step before the optimiser of the table itself, which clears the table's gradient.
    `spread` is the standard deviation of the first z, which are added at once.
    """

    def __init__(self, table: nn.Parameter, vocab: Sequence[str], lr: float, spread: float) -> None:
        share = subword_matrix(vocab).to(table.device)
        self.table = table
        self.to_words, self.to_parts = share, share.t().coalesce()
        self.change = nn.Parameter(table.new_zeros(share.shape[1], table.shape[1]))
        group = {"params": [self.change], "weight_decay": 0.0, "lr_scale": 1.0}
        super().__init__([group], lr, fused=True)
        with torch.no_grad():
            table.add_(self.to_words @ nn.init.normal_(torch.empty_like(self.change), std=spread))

    @torch.no_grad()
    def step(self) -> None:
        """change ← AdamW's step from zero along Sᵀ ∂L/∂table; table ← table + S change."""
        if self.table.grad is None:
            return
        self.change.grad = self.to_parts @ self.table.grad
        super().step()
        self.table.add_(self.to_words @ self.change)
        self.change.zero_()
