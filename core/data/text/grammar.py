"""Grammar: dialogues drawn from a small context-free grammar, in the Shakespeare file's format.

A speaker calls another by name and asks; the one who was called answers:

    KING:
    Good queen, where are the rings that the knight seeks?
    QUEEN:
    Good king, they are in the garden.

Four things must agree, some across many words, and a model has learned the language when they do:
verb and noun in number (the rings ... are), pronoun and noun (rings ... they), speaker and the
name called (queen ... QUEEN), and what the answer is about (seeks ... seeks).

The grammar is written with features in braces, as linguists write it. A rule denotes one
context-free rule for every choice of its features, the same choice in the whole rule, which creates
the agreement; there are few enough values to write them all out as an `nltk.CFG`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.data.text.dialogues import DialogueData, generated

if TYPE_CHECKING:
    from nltk import CFG, Nonterminal

FEATURES = {
    "a": ("king", "queen", "duke", "fool", "nurse"),  # who speaks first
    "b": ("king", "queen", "duke", "fool", "nurse"),  # who is called (never a)
    "n": ("one", "many"),  # number
    "m": ("one", "many"),  # number of another noun in the same rule
    "p": ("knight", "maid", "soldier", "page"),  # people
    "t": ("ring", "sword", "horse", "letter"),  # things
    "v": ("see", "love", "seek", "fear"),  # what people do
}

RULES = """
Talk -> Round_{a}_{b} | Round_{a}_{b} Round_{b}_{a}
Round_{a}_{b} -> Name_{a} ':' Call_{b} WhereT_{n}_{t} Name_{b} ':' Call_{a} ThereT_{n}_{t}
Round_{a}_{b} -> Name_{a} ':' Call_{b} WhereP_{n}_{p} Name_{b} ':' Call_{a} ThereP_{n}_{p}
Round_{a}_{b} -> Name_{a} ':' Call_{b} Does_{n}_{p} Name_{b} ':' Call_{a} YesNo_{n}_{p}
Round_{a}_{b} -> Name_{a} ':' Call_{b} Who_{n}_{v} Name_{b} ':' Call_{a} They_{n}_{v}
Call_{a} -> 'Good' Title_{a} ','

WhereT_{n}_{t} -> 'where' Be_{n} Thing_{n}_{t} '?'
WhereP_{n}_{p} -> 'where' Be_{n} Person_{n}_{p} '?'
ThereT_{n}_{t} -> It_{n} Be_{n} Place '.' | Thing_{n}_{t} Be_{n} Place '.'
ThereP_{n}_{p} -> Person_{n}_{p} Be_{n} Place '.'

Does_{n}_{p} -> Do_{n} Person_{n}_{p} Verb_many_{v} AnyThing '?'
YesNo_{n}_{p} -> 'yes' ',' 'the' Noun_{n}_{p} Do_{n} '.'
YesNo_{n}_{p} -> 'no' ',' 'the' Noun_{n}_{p} Do_{n} 'not' '.'

Who_{n}_{v} -> 'who' Verb_one_{v} Thing_{n}_{t} '?'
They_{n}_{v} -> Person_{m}_{p} Verb_{m}_{v} Them_{n} '.'

Thing_{n}_{t} -> The_{n} Noun_{n}_{t} | The_{n} Adjective Noun_{n}_{t} | The_{n} Noun_{n}_{t} That
Person_{n}_{p} -> The_{n} Noun_{n}_{p} | The_{n} Adjective Noun_{n}_{p} | The_{n} Noun_{n}_{p} In
That -> 'that' 'the' Noun_{m}_{p} Verb_{m}_{v}
In -> 'with' 'the' Noun_{m}_{t}
AnyThing -> Thing_{m}_{t}
Place -> 'in' 'the' 'garden' | 'in' 'the' 'castle' | 'at' 'the' 'gate' | 'by' 'the' 'river'
Place -> 'near' 'the' 'tower' | 'on' 'the' 'hill'
Adjective -> 'old' | 'noble' | 'lost' | 'fair' | 'poor'
The_one -> 'the' | 'this'
The_many -> 'the' | 'these'
Be_one -> 'is'
Be_many -> 'are'
Do_one -> 'does'
Do_many -> 'do'
It_one -> 'it'
It_many -> 'they'
Them_one -> 'it'
Them_many -> 'them'
"""


def _lexicon() -> list[str]:
    """The rules of names, nouns and verbs: singular and plural from one stem."""
    rules = []
    for name in FEATURES["a"]:
        rules += [f"Name_{name} -> '{name.upper()}'", f"Title_{name} -> '{name}'"]
    for noun in (*FEATURES["p"], *FEATURES["t"]):
        rules += [f"Noun_one_{noun} -> '{noun}'", f"Noun_many_{noun} -> '{noun}s'"]
    for verb in FEATURES["v"]:
        rules += [f"Verb_one_{verb} -> '{verb}s'", f"Verb_many_{verb} -> '{verb}'"]
    return rules


def _expand(rule: str) -> list[str]:
    """One rule for every choice of the features in braces, without a speaker who calls themself."""
    letters = sorted(set(re.findall(r"\{(\w)\}", rule)))
    choices = []
    for values in product(*(FEATURES[letter] for letter in letters)):
        values_of = dict(zip(letters, values, strict=True))
        if "a" not in values_of or values_of["a"] != values_of.get("b"):
            choices.append(rule.format(**values_of))
    return choices


class Random(Protocol):
    """What `sample` needs of a numpy generator."""

    def integers(self, count: int, /) -> Any:
        """A number from 0 to count − 1."""


@lru_cache(maxsize=1)
def grammar() -> CFG:
    """The context-free grammar, start symbol Talk."""
    from nltk import CFG

    lines = [line for line in RULES.splitlines() if line.strip()]
    return CFG.fromstring("\n".join([r for line in lines for r in _expand(line)] + _lexicon()))


@lru_cache(maxsize=1)
def _choices() -> dict[Nonterminal, list[tuple[Any, ...]]]:
    """The right-hand sides of every symbol, reversed for the stack of `sample`."""
    choices: dict[Nonterminal, list[tuple[Any, ...]]] = {}
    for production in grammar().productions():
        choices.setdefault(production.lhs(), []).append(production.rhs()[::-1])
    return choices


def sample(rng: Random) -> list[str]:
    """The words of one dialogue: from Talk on, a random rule replaces every symbol."""
    choices = _choices()
    words: list[str] = []
    stack = [grammar().start()]
    while stack:
        symbol = stack.pop()
        if isinstance(symbol, str):
            words.append(symbol)
        else:
            rules = choices[symbol]
            stack += rules[int(rng.integers(len(rules)))] if len(rules) > 1 else rules[0]
    return words


def words() -> list[str]:
    """Every word of the language, in alphabetical order."""
    ends = {w for rules in _choices().values() for rule in rules for w in rule}
    return sorted(word for word in ends if isinstance(word, str))


def entropy() -> tuple[float, float]:
    """(nats, words) of a dialogue on average: H(S) = ln n + (1/n) Σ H of what a rule's symbols
    become, over the n rules of S. No dialogue has two derivations, so this is the entropy of texts.
    """
    choices = _choices()

    @cache
    def of(symbol: Any) -> tuple[float, float]:
        if isinstance(symbol, str):
            return 0.0, 1.0
        rules = choices[symbol]
        parts = [of(each) for rule in rules for each in rule]
        nats, length = (sum(part) / len(rules) for part in zip(*parts, strict=True))
        return math.log(len(rules)) + nats, length

    return of(grammar().start())


def to_text(words: Sequence[str]) -> str:
    """The words in the file's format: a line for the speaker, a line for the words."""
    text = re.sub(r" ([,.?:])", r"\1", " ".join(words))
    return re.sub(r"([?.]) (?=[A-Z]+:)", r"\1\n", text.replace(": ", ":\n"))


def generate(count: int, seed: int = 0) -> list[str]:
    """The first `count` different dialogues of this seed."""
    dialogues: dict[str, None] = {}
    rng = np.random.default_rng(seed)
    while len(dialogues) < count:
        dialogues[to_text(sample(rng))] = None
    return list(dialogues)


def load(count: int = 4_000, held_out: float = 0.1, seed: int = 0) -> DialogueData:
    """Different dialogues, the last `held_out` (a share) for testing: see `generated`."""
    return generated("grammar", generate, count, held_out, seed)
