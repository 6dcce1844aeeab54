"""An interpolated n-gram model with modified Kneser-Ney smoothing, the yardstick before networks.

    p(w | h) = max(c(h w) − D(c(h w)), 0) / c(h ·) + γ(h) p(w | h′),   h′ = h without its first word
    γ(h) = (D_1 N_1(h ·) + D_2 N_2(h ·) + D_3+ N_3+(h ·)) / c(h ·)

N_r(h ·) is the number of words seen r times after h, D_r a discount for each order. Below the
highest order c(h w) counts the different words before h w instead of its occurrences; where h w
begins a dialogue no word can stand before it, and its occurrences count. Under the single words
lies the uniform distribution over the vocabulary.

Source: Chen & Goodman 1999, "An empirical study of smoothing techniques for language modeling",
section 3 and equations 22 to 26.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log

NGram = tuple[int, ...]


@dataclass
class _History:
    """What followed one history: c(h ·), and N_1, N_2, N_3+."""

    total: int = 0
    seen: list[int] = field(default_factory=lambda: [0, 0, 0])


class KneserNey:
    """texts: ids of dialogues, start token first; vocab_size: words to choose from."""

    def __init__(self, texts: Iterable[Sequence[int]], vocab_size: int, order: int = 5) -> None:
        self.order, self.vocab_size = order, vocab_size
        self.counts = _counts(list(texts), order)
        self.discounts = [_discounts(counts) for counts in self.counts]
        self.histories: list[dict[NGram, _History]] = []
        for counts in self.counts:
            histories: dict[NGram, _History] = defaultdict(_History)
            for ngram, count in counts.items():
                history = histories[ngram[:-1]]
                history.total += count
                history.seen[min(count, 3) - 1] += 1
            self.histories.append(dict(histories))

    def probability(self, history: Sequence[int], word: int) -> float:
        """p(word | history); only the last order − 1 words of the history count."""
        p = 1 / self.vocab_size
        longest = min(len(history), self.order - 1)
        for length in range(longest + 1):
            h = tuple(history[len(history) - length :])
            after = self.histories[length].get(h)
            if after is None:
                break
            discounts, count = self.discounts[length], self.counts[length].get((*h, word), 0)
            kept = max(count - discounts[min(count, 3) - 1], 0) if count else 0
            spread = sum(d * n for d, n in zip(discounts, after.seen, strict=True))
            p = (kept + spread * p) / after.total
        return p

    def log_probability(self, text: Sequence[int], left_out: int) -> tuple[float, int]:
        """Σ ln p of the words after the start token, and their number; `left_out` is no target."""
        total, number = 0.0, 0
        for t in range(1, len(text)):
            if text[t] != left_out:
                total += log(self.probability(text[max(0, t - self.order + 1) : t], text[t]))
                number += 1
        return total, number


def _counts(texts: list[Sequence[int]], order: int) -> list[dict[NGram, int]]:
    """c for n-grams of 1 … order words; none ends in a start token, which nobody has to guess."""
    occurrences: list[Counter[NGram]] = [Counter() for _ in range(order)]
    for text in texts:
        for end in range(2, len(text) + 1):
            for n in range(1, min(order, end) + 1):
                occurrences[n - 1][tuple(text[end - n : end])] += 1
    starts = {text[0] for text in texts}
    counts: list[dict[NGram, int]] = []
    for n in range(1, order):
        before: Counter[NGram] = Counter(longer[1:] for longer in occurrences[n])
        first = {g: c for g, c in occurrences[n - 1].items() if g[0] in starts}
        counts.append({**before, **first})
    return [*counts, dict(occurrences[-1])]


def _discounts(counts: dict[NGram, int]) -> list[float]:
    """D_1, D_2, D_3+ from the numbers of n-grams seen once to four times (equation 26)."""
    n1, n2, n3, n4 = (sum(c == r for c in counts.values()) for r in (1, 2, 3, 4))
    if not n1 or not n2 or not n3:
        return [0.5, 0.75, 0.9]  # too little text to estimate them from
    y = n1 / (n1 + 2 * n2)
    return [1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
