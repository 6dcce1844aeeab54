"""python -m core.publish.merges_experiment: what byte-pair merges do to held-out Shakespeare.

Merges are learned on the training dialogues of Tiny Shakespeare, and words are counted there. Then
the held-out dialogues are cut with the first k merges, and with the most frequent words of a
vocabulary of the same size, 256 bytes + k merges. Writes assets/measurements/merges.json. Takes
seconds.

Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units".
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from core.bpe import BYTE_OF, Pair, merge_steps
from core.data.text import shakespeare
from core.models.pretrained.tokens import SPLITS
from core.publish.trainings import options
from core.system.measurements import save, shipped
from core.tokenizer import split_words

MERGES = 4_000
COUNTS = (0, 60, 125, 250, 500, 1_000, 2_000, 4_000)


def pieces(texts: Sequence[str]) -> Counter[str]:
    """The pieces in which pairs are merged, as letters of bytes, and how often each occurs."""
    split = SPLITS["gpt-2"]()
    lines = (" ".join(text.split()) for text in texts)
    return Counter(piece for line in lines for piece, _ in split.pre_tokenize_str(line))


def learn(counts: Mapping[str, int], count: int) -> list[Pair]:
    """`core.bpe.learn_merges` by the package `tokenizers`, in seconds instead of minutes."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    letters = len({letter for piece in counts for letter in piece})
    trainer = trainers.BpeTrainer(
        vocab_size=letters + count, show_progress=False, min_frequency=1
    )  # fmt: skip
    texts = (" ".join([piece] * n) for piece, n in sorted(counts.items()))
    backend.train_from_iterator(texts, trainer)
    merges = json.loads(backend.to_str())["model"]["merges"]
    return [(left, right) for left, right in merges[:count]]


def tokens(counts: Mapping[str, int], merges: Sequence[Pair]) -> int:
    """How many tokens the pieces become."""
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    return sum(n * len(merge_steps(piece, ranks)[-1]) for piece, n in counts.items())


def measured(train: Sequence[str], held_out: Sequence[str]) -> dict[str, object]:
    """The curves, the merges, and what was counted."""
    merges = learn(pieces(train), MERGES)
    known = Counter(split_words("\n\n".join(train)))  # as the vocabulary of a training
    ordered = [word for word, _ in known.most_common()]
    words = Counter(word for text in held_out for word in split_words(text))
    total = sum(words.values())
    held = pieces(held_out)
    unknown = []
    for count in COUNTS:
        vocabulary = set(ordered[: len(BYTE_OF) + count])
        unknown.append(sum(n for word, n in words.items() if word not in vocabulary) / total)
    return {
        "merges": merges,
        "counts": COUNTS,
        "tokens_per_word": [tokens(held, merges[:count]) / total for count in COUNTS],
        "unknown": unknown,
        "training_words": sum(known.values()),
        "vocabulary": len(known),
        "held_out_words": total,
        "unknown_to_all": sum(n for word, n in words.items() if word not in known) / total,
    }


def main() -> None:
    """Measure and write the file."""
    parser = options("python -m core.publish.merges_experiment", __doc__, shipped("merges"))
    parser.add_argument("--data-dir", metavar="DIR", help="where Tiny Shakespeare is")
    arguments = parser.parse_args()
    try:
        data = shakespeare.load(arguments.data_dir)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    save(arguments.out, measured(data.train, data.held_out))


if __name__ == "__main__":
    main()
