"""From typed text to the tokens a model reads.

Anything may be typed: nothing at all, a million characters, words the model has never met,
control characters. The end of a long text is read, and a note says so.
"""

from dataclasses import dataclass

from core.tokenizer import START, START_ID, UNK_ID, WordTokenizer, split_words

CHARACTERS_A_TOKEN = 60  # characters searched for each token of the context

# Control characters get their picture (U+2400 …), marks that turn or hide text the one for unknown.
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"}
_HIDING = [0x7F, *range(0x80, 0xA0), *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0xFEFF]
_VISIBLE = {**_PICTURES, **dict.fromkeys([*_HIDING, *range(0x2066, 0x206A)], "\ufffd")}


@dataclass(frozen=True)
class Prompt:
    """ids: the start token, then a token a word. words: the same as it was typed.

    notes: sentences to show, such as what was left out.
    """

    ids: tuple[int, ...]
    words: tuple[str, ...]
    notes: tuple[str, ...]


def visible(text: str) -> str:
    """The text with every control character made visible; line breaks and tabs stay."""
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def read_prompt(text: str, tokenizer: WordTokenizer, longest: int) -> Prompt:
    """At most `longest` tokens, the start token included: of a longer text, the end."""
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


def _about_unknown(words: list[str], ids: list[int]) -> list[str]:
    unknown = list(dict.fromkeys(w for w, i in zip(words, ids, strict=True) if i == UNK_ID))
    if not unknown:
        return []
    if all(i == UNK_ID for i in ids):
        return ["The model knows none of these words: it reads <UNK> for each of them."]
    named = ", ".join(word[:20] for word in unknown[:8])
    more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
    return [f"Not in the model's vocabulary, read as <UNK>: {named}{more}."]
