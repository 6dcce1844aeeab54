"""Byte-pair encoding: how a vocabulary of subwords is learned, and how text is cut with it.

Text is bytes, and every byte is written as one printable letter. Learning merges the most frequent
pair of neighbours into a new token, again and again; cutting repeats those merges in the same
order. Every text is made of bytes, so no word is unknown.

Sources: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units",
algorithm 1; Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2
(bytes, and GPT-2's table of letters).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

Pair = tuple[str, str]


def _letters() -> dict[str, int]:
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(b): b for b in plain} | {chr(256 + i): byte for i, byte in enumerate(others)}


BYTE_OF = _letters()  # the printable letter that represents a byte -> that byte
LETTER_OF = {byte: letter for letter, byte in BYTE_OF.items()}


def letters(text: str) -> str:
    """The bytes of `text` in UTF-8, a letter for each: a space becomes Ġ.

    >>> letters(" né")
    'ĠnÃ©'
    """
    return "".join(LETTER_OF[byte] for byte in text.encode("utf-8", "replace"))


def readable(token: str) -> str:
    r"""A token as text: ␣ for a space, ⏎ for a line break, \xNN for a byte that is no whole letter.

    >>> readable(letters(" né\n"))
    '␣né⏎'
    """
    text = bytes(BYTE_OF[letter] for letter in token).decode("utf-8", "backslashreplace")
    return text.replace(" ", "␣").replace("\n", "⏎")


def merge_steps(word: str, ranks: Mapping[Pair, int]) -> list[list[str]]:
    """Cut one word: its letters first, then the pieces after each merge, its tokens last.

    Each step merges the pair that was learned first, the leftmost one of several.
    ranks: pair of neighbours -> when it was learned, counted from 0.

    >>> merge_steps("then", {("t", "h"): 0, ("th", "e"): 1})
    [['t', 'h', 'e', 'n'], ['th', 'e', 'n'], ['the', 'n']]
    """
    pieces = list(word)
    steps = [pieces]
    while True:
        pairs = pairwise(pieces)
        known = [(ranks[pair], i) for i, pair in enumerate(pairs) if pair in ranks]
        if not known:
            return steps
        i = min(known)[1]
        pieces = [*pieces[:i], pieces[i] + pieces[i + 1], *pieces[i + 2 :]]
        steps.append(pieces)


def learn_merges(words: Mapping[str, int], count: int) -> list[Pair]:
    """Learn at most `count` merges from words and how often each occurs.

    Each merge is the most frequent pair of neighbours; of equally frequent ones the pair whose
    tokens are older, letters in the order of the alphabet being the oldest. Words of one token
    teach nothing, so learning ends when no pair is left.
    """
    cut = {word: list(word) for word in words}
    age = {
        letter: i for i, letter in enumerate(sorted({letter for word in words for letter in word}))
    }
    merges: list[Pair] = []
    while len(merges) < count:
        pairs = count_pairs(words, cut)
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], age[pair[0]], age[pair[1]]))
        merges.append(best)
        age.setdefault("".join(best), len(age))
        cut = {word: merged(pieces, best) for word, pieces in cut.items()}
    return merges


def count_pairs(words: Mapping[str, int], cut: Mapping[str, Sequence[str]]) -> Counter[Pair]:
    """How often each pair of neighbours occurs. cut: each word -> its tokens now."""
    pairs: Counter[Pair] = Counter()
    for word, pieces in cut.items():
        for pair in pairwise(pieces):
            pairs[pair] += words[word]
    return pairs


def merged(pieces: Sequence[str], pair: Pair) -> list[str]:
    """The pieces with every occurrence of the pair as one token, from the left.

    >>> merged(["a", "a", "a"], ("a", "a"))
    ['aa', 'a']
    """
    out: list[str] = []
    for piece in pieces:
        if out and (out[-1], piece) == pair:
            out[-1] += piece
        else:
            out.append(piece)
    return out
