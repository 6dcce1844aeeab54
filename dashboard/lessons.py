"""The lessons and the stops of the course; a new lesson needs a line here and a file in pages/."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_INSTALLED = _HERE / "pages"
# The pages: beside dashboard in a checkout, inside it in a package.
PAGES = _INSTALLED if _INSTALLED.is_dir() else _HERE.parent / "pages"


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
    ("study", "Study", "", "quiz",
     "Questions on every lesson: predict, try it, check, and read the answer."),
    ("rnn", "Unrolled RNN", "Sequences", "all_inclusive",
     "Substitute step by step, and watch the first input fade or explode."),
    ("attention", "Attention, step by step", "Sequences", "grid_on",
     "From words to QKᵀ, softmax and AV in a trained model: every number can be followed."),
    ("heads", "Heads and layers", "Sequences", "layers",
     "Switch heads off, measure what each does, and see at which layer the answer appears."),
    ("positions", "Positions", "Sequences", "straighten",
     "How a model that sees all tokens at once knows their order."),
    ("vit", "Vision Transformer", "Pictures", "image_search",
     "An image becomes 64 tokens: see where the class token looks, layer by layer."),
    ("patches", "Patches of anything", "Pictures", "view_module",
     "How a picture, or a sound, becomes a row of tokens."),
    ("maps", "Are the maps true?", "Pictures", "troubleshoot",
     "Six ways to make a map, and three ways to test whether it is faithful."),
    ("versus", "ViT against CNN", "Pictures", "compare",
     "Little data, shifted pictures, other sizes: which of the two copes better?"),
    ("gpt", "Dialogue GPT", "Text and training", "forum",
     "Type a line, see which words each word attends to, and generate the next words."),
    ("decoding", "Decoding and KV cache", "Text and training", "account_tree",
     "Greedy, temperature, nucleus, and what a key-value cache saves."),
    ("train", "Train", "Text and training", "model_training",
     "Choose a model and data, start, follow the curve, and keep the result."),
    ("runs", "Runs", "Text and training", "stacked_line_chart",
     "Compare what you trained: curves, samples and checkpoints."),
]  # fmt: skip

LESSONS = [Lesson(*row) for row in _TABLE]
# Those that compute with torch as soon as they are opened.
WITH_TORCH = frozenset(
    {"attention", "heads", "vit", "patches", "maps", "versus", "gpt", "decoding"}
)


@dataclass(frozen=True)
class Stop:
    """A stop of the course: its lessons in order, and the study questions that are earned there.

    minutes: about how long it takes, the questions included.
    """

    title: str
    question: str
    minutes: int
    lessons: tuple[str, ...]
    earns: tuple[str, ...]


COURSE = (
    Stop(
        "The unrolled RNN", "How much of the first input is left at the last step?", 100,
        ("rnn",),
        ("1a", "1b", "1c", "1d", "1e", "1g", "1h", "1i", "5h", "5i", "6b", "6e", "7a"),
    ),
    Stop(
        "Attention", "How does a word find the words that matter to it?", 85,
        ("attention", "heads"), ("1f", "1n", "1s", "2a", "2b", "5a", "5b", "5m", "6a", "6g"),
    ),
    Stop(
        "Positions", "How does a model know the order of the words?", 35,
        ("positions",), ("3b", "3f", "3r", "5g"),
    ),
    Stop(
        "Pictures as tokens", "How does a Transformer read a picture?", 45,
        ("vit", "patches"), ("2d", "2p", "3v", "5k", "7h", "7i"),
    ),
    Stop(
        "Testing models", "Is a map true, and when is a CNN better?", 55,
        ("maps", "versus"), ("3d", "3e", "3h", "6f", "7c"),
    ),
    Stop(
        "Generating text", "How is the next word chosen, and what does it cost?", 130,
        ("gpt", "decoding"),
        (
            *("4e", "4f", "4g", "4h", "4i", "4j", "4k", "4m", "4p", "4s"),
            *("5c", "5d", "5e", "5f", "5l", "6c", "6d", "7b", "7d", "7f", "7g"),
        ),
    ),
    Stop(
        "Training", "Does a model learn the rule, or memorise its examples?", 45,
        ("train", "runs"), ("3c", "5j", "7e"),
    ),
)  # fmt: skip


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


def stop_of(name: str) -> int | None:
    """The number of the stop to which a lesson belongs, from 0; None for Home and Study."""
    return next((i for i, stop in enumerate(COURSE) if name in stop.lessons), None)


def after(name: str) -> Lesson | None:
    """The lesson that follows in the course; None after the last one, Home and Study."""
    names = [lesson for stop in COURSE for lesson in stop.lessons]
    following = names[names.index(name) + 1 :] if name in names else []
    return by_name(following[0]) if following else None


def menu_title(lesson: Lesson) -> str:
    """The title; with the number of the stop if the stop begins with this lesson."""
    at = stop_of(lesson.name)
    begins = at is not None and COURSE[at].lessons[0] == lesson.name
    return f"{at + 1} · {lesson.title}" if at is not None and begins else lesson.title
