"""The table of lessons. A new one needs a line here and a file in pages/."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

PAGES = Path(__file__).resolve().parent.parent / "pages"


@dataclass(frozen=True)
class Lesson:
    """One page: `name` is its file in pages/ and its address, `line` one sentence about it."""

    name: str
    title: str
    group: str
    icon: str
    line: str

    @property
    def path(self) -> Path:
        return PAGES / f"{self.name}.py"


_TABLE = [
    # name, title, group, icon, one line
    ("home", "Home", "", "home", "What is here and where to begin."),
    ("rnn", "Unrolled RNN", "Theory", "all_inclusive",
     "Substitute step by step, and watch the first input fade or explode."),
    ("positions", "Positions", "Theory", "straighten",
     "How a model that sees all tokens at once knows their order."),
    ("attention", "Attention, step by step", "Models", "grid_on",
     "From words to QKᵀ, softmax and AV in a trained model: every number can be followed."),
    ("heads", "Heads and layers", "Models", "layers",
     "Switch heads off, measure what each does, and see at which layer the answer appears."),
    ("vit", "Vision Transformer", "Models", "image_search",
     "An image becomes 64 tokens: see where the class token looks, layer by layer."),
    ("patches", "Patches of anything", "Models", "view_module",
     "How a picture, or a sound, becomes a row of tokens."),
    ("maps", "Are the maps true?", "Models", "troubleshoot",
     "Six ways to make a map, and three ways to test whether it is faithful."),
    ("versus", "ViT against CNN", "Models", "compare",
     "Little data, shifted pictures, other sizes: which of the two copes better?"),
    ("gpt", "Dialogue GPT", "Models", "forum",
     "Type a line, see which words each word attends to, and generate the next words."),
    ("decoding", "Decoding and KV cache", "Models", "account_tree",
     "Greedy, temperature, nucleus, and what a key-value cache saves."),
    ("train", "Train", "Practice", "model_training",
     "Choose a model and data, start, follow the curve, and keep the result."),
    ("runs", "Runs", "Practice", "stacked_line_chart",
     "Compare what you trained: curves, samples and checkpoints."),
    ("study", "Study", "Practice", "quiz",
     "Sixteen questions: predict, try it, check, and read the answer."),
]  # fmt: skip

LESSONS = [Lesson(*row) for row in _TABLE]


@cache
def available() -> tuple[Lesson, ...]:
    """The lessons whose page exists, in the order of the table; cached."""
    return tuple(lesson for lesson in LESSONS if lesson.path.is_file())


def by_name(name: str) -> Lesson:
    """The lesson of that name. Errors: ValueError, unknown name."""
    for lesson in LESSONS:
        if lesson.name == name:
            return lesson
    known = ", ".join(lesson.name for lesson in LESSONS)
    raise ValueError(f"There is no lesson {name!r}; there are {known}.")
