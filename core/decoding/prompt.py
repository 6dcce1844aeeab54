"""From typed text to the tokens a model reads.

Anything may be typed: nothing at all, a million characters, words the model has never met,
control characters. The end of a long text is read, and a note says so.
"""

from dataclasses import dataclass

from core.tokenizer import (
    START,
    START_ID,
    UNK_ID,
    Tokenizer,
    WordTokenizer,
    split_words,
    visible,
)

CHARACTERS_A_TOKEN = 60  # characters searched for each token of the context


@dataclass(frozen=True)
class Prompt:
    """ids: the start token, then a token a word; for a real model, its subwords. words: the same as
    it was typed, or the names of the subwords.

    notes: sentences to show, such as what was left out.
    """

    ids: tuple[int, ...]
    words: tuple[str, ...]
    notes: tuple[str, ...]


def read_prompt(text: str, tokenizer: Tokenizer, longest: int) -> Prompt:
    """At most `longest` tokens, the start token included: of a longer text, the end."""
    if not isinstance(tokenizer, WordTokenizer):
        return _read_subwords(text, tokenizer, longest)
    notes = []
    given = len(text)
    text = visible(text[-CHARACTERS_A_TOKEN * longest :])
    words = split_words(text)
    if given > CHARACTERS_A_TOKEN * longest or len(words) >= longest:
        words = words[len(words) - longest + 1 :] if len(words) >= longest else words
        notes.append(
            f"The text is too long ({given:,} characters): the model reads at most {longest} "
            f"tokens, so only the last {len(words)} words are used."
        )
    ids = [tokenizer.tok_to_id.get(word, UNK_ID) for word in words]
    notes += _about_unknown(words, ids)
    return Prompt((START_ID, *ids), (START, *words), tuple(notes))


def _read_subwords(text: str, tokenizer: Tokenizer, longest: int) -> Prompt:
    """The tokens of a real model: no word is unknown to it, and an empty text is one token."""
    given = len(text)
    ids = tokenizer.ids(text[-CHARACTERS_A_TOKEN * longest :].replace("\r\n", "\n")) or [0]
    notes: tuple[str, ...] = ()
    if given > CHARACTERS_A_TOKEN * longest or len(ids) > longest:
        first = ids[:1] if ids[0] == tokenizer.start_id else []
        ids = [*first, *ids[len(first) :][len(first) - longest :]]
        notes = (
            f"The text is too long ({given:,} characters): here the model reads at most {longest} "
            f"tokens, so only the last {len(ids)} are used.",
        )
    return Prompt(tuple(ids), tuple(tokenizer.vocab[i] for i in ids), notes)


def _about_unknown(words: list[str], ids: list[int]) -> list[str]:
    unknown = list(dict.fromkeys(w for w, i in zip(words, ids, strict=True) if i == UNK_ID))
    if not unknown:
        return []
    if all(i == UNK_ID for i in ids):
        return ["The model knows none of these words: it reads <UNK> for each of them."]
    named = ", ".join(word[:20] for word in unknown[:8])
    more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
    return [f"Not in the model's vocabulary, read as <UNK>: {named}{more}."]
