"""All data sets by name, for training, evaluation and pages.

load_images("cifar10" | "shapes" | a folder of class folders)      -> ImageData
load_dialogues("shakespeare" | "grammar" | a UTF-8 text file)      -> DialogueData

`data_dir` is where the source files of real data are (an archive, the text file); it is only read.
Without it the data folder is searched (see core.data.locations). Shapes and Grammar are generated
by the program and need no source. Data that was read or generated once is stored in the data
folder.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from core.data.array_cache import keys
from core.data.images import cifar10, shapes
from core.data.images.arrays import ImageData
from core.data.images.image_folder import load as load_folder
from core.data.locations import JobProgress, MissingDataError, data_folder, drain
from core.data.text import grammar, shakespeare
from core.data.text.dialogues import DialogueData, read_own_text

COMMANDS = {"cifar10": cifar10.COMMAND, "shakespeare": shakespeare.COMMAND}
IMAGE_SOURCES = ("cifar10", "shapes")
DIALOGUE_SOURCES = ("shakespeare", "grammar")


def require_images(name: str, data_dir: str | Path | None = None) -> None:
    """Raises MissingDataError when `load_images` would; it only looks for the files."""
    if name == "cifar10":
        cifar10.require(data_dir)
    elif name != "shapes":
        _require_path(name, "images", IMAGE_SOURCES, "a folder of class folders")


def require_dialogues(name: str, data_dir: str | Path | None = None) -> None:
    """Raises MissingDataError when `load_dialogues` would; it only looks for the files."""
    if name == "shakespeare":
        shakespeare.locate(data_dir)
    elif name != "grammar":
        _require_path(name, "dialogues", DIALOGUE_SOURCES, "a UTF-8 text file")


def _require_path(name: str, what: str, known: tuple[str, ...], own: str) -> None:
    if not Path(name).exists():
        raise MissingDataError(
            f"There are no {what} called {name!r}; choose {' or '.join(known)}, or give {own}."
        )


def loading_images(
    name: str, data_dir: str | Path | None = None
) -> Generator[JobProgress, None, ImageData]:
    """As `load_images`, as a generator that yields progress records."""
    if name == "cifar10":
        return (yield from cifar10.load(data_dir))
    if name == "shapes":
        return (yield from shapes.load())
    require_images(name)
    return (yield from load_folder(name))


def load_images(name: str, data_dir: str | Path | None = None) -> ImageData:
    """The image set of this name, or of a user's own folder of class folders.

    Raises MissingDataError (a FileNotFoundError) with the command that gets the data, ValueError
    for data that cannot be used; each is one sentence.
    """
    return drain(loading_images(name, data_dir))


def load_dialogues(
    name: str, data_dir: str | Path | None = None, held_out: float = 0.1
) -> DialogueData:
    """The dialogues of this name, or of a user's own text file; the last `held_out` for testing.

    Raises as `load_images` does.
    """
    if name == "shakespeare":
        return shakespeare.load(data_dir, held_out)
    if name == "grammar":
        return grammar.load(held_out=held_out)
    require_dialogues(name)
    return read_own_text(name, held_out)


def obtain(name: str, source: str | Path | None = None) -> Generator[JobProgress, None, object]:
    """Store cifar10 or shakespeare in the data folder, from `source` or from the network.

    Yields progress; no partial file is left. Errors: OSError or ValueError, one sentence each.
    """
    makers = {"cifar10": cifar10.obtain, "shakespeare": shakespeare.obtain}
    if name not in makers:
        raise ValueError(f"{name!r} cannot be downloaded; only {' and '.join(makers)} can.")
    return (yield from makers[name](source))


@dataclass(frozen=True)
class AtHand:
    """Whether a data set is available, and how to get it.

    kind      "images" or "dialogues"
    detail    where it comes from, or the command that gets it
    """

    name: str
    kind: str
    here: bool
    detail: str


def at_hand(data_dir: str | Path | None = None) -> list[AtHand]:
    """All four data sets, and whether each is available; it only looks for the files."""
    folder = data_folder() if data_dir is None else Path(data_dir)
    ready = data_dir is None and bool(keys("cifar10-"))
    image_source, text = cifar10.source_in(folder), shakespeare.find(data_dir)
    locations = {
        "cifar10": f"prepared in {folder}" if ready else image_source and f"in {image_source}",
        "shakespeare": text and f"in {text}",
    }
    rows = []
    for kind, names in (("images", IMAGE_SOURCES), ("dialogues", DIALOGUE_SOURCES)):
        for name in names:
            if name in COMMANDS:
                detail = locations[name] or f"get it with {COMMANDS[name]}"
                rows.append(AtHand(name, kind, bool(locations[name]), detail))
            else:
                rows.append(AtHand(name, kind, True, "generated by the program"))
    return rows
