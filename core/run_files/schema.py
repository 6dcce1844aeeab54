"""What the files of a run may hold: types, ranges, sizes and depth, checked as they are read.

Every JSON file of a run is read through `read`, the lines of metrics.jsonl through
`core/run_files/metrics.py`, the arrays through `core/run_files/attention_snapshots.py`. A field
that is not named here is dropped, so everything a reader returns was checked. msgspec checks while
it decodes: a number of 5,000 digits or a list nested a thousand times is refused before it is
built.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict, TypeVar

import msgspec
from msgspec import Meta

from core.system.atomic_write import patiently

T = TypeVar("T")

MAX_BYTES = 5_000_000  # of a JSON file: a vocabulary of 100,000 words has 1 MB
MAX_LOOSE = 250_000  # of a file with NaN or Infinity, which Python's json must read
MAX_TEXT, MAX_NAME = 20_000, 300  # characters

Whole = Annotated[int, Meta(ge=0, lt=2**53)]  # exact in a float64 and in a browser
Amount = Annotated[float, Meta(ge=0, le=1e15)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Name = Annotated[str, Meta(max_length=MAX_NAME)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Number = Annotated[int, Meta(gt=-(2**53), lt=2**53)] | float
Scalar = bool | Number | Text | None
Setting = bool | Annotated[int, Meta(ge=-(10**9), le=10**9)] | float | Name | None
Flat = Scalar | list[Scalar] | dict[Name, Scalar]
Plain = Scalar | list[Flat] | dict[Name, Flat]  # any JSON, but no deeper than that

State = Literal["queued", "running", "paused", "done", "failed", "cancelled", "lost"]


class Process(TypedDict):
    """proc.json, and "starting" in status.json: see core/runs/process.py."""

    pid: Whole
    created: Amount
    boot: Name
    host: Name
    memory_kills: NotRequired[Whole]
    gpu: NotRequired[Whole | None]


class Status(TypedDict):
    """status.json: the state of a run."""

    state: State
    message: NotRequired[Text]
    updated: NotRequired[Amount]
    step: NotRequired[Whole]
    checksum: NotRequired[Name]
    starting: NotRequired[Process]
    gpu: NotRequired[Whole | None]


class Spec(TypedDict):
    """spec.json: types only; `core.config.run_spec.RunSpec` checks the values."""

    kind: Name
    architecture: Name
    model: NotRequired[dict[Name, Setting]]
    recipe: NotRequired[dict[Name, Setting]]
    data: NotRequired[Text]
    data_dir: NotRequired[Text | None]
    validation_share: NotRequired[float]
    held_back: NotRequired[float]  # the earlier name of validation_share
    share: NotRequired[float]
    seed: NotRequired[Whole]
    device: NotRequired[Name]
    threads: NotRequired[Whole]
    checkpoint_every: NotRequired[float]
    data_checksum: NotRequired[Name]
    code: NotRequired[dict[Name, Name]]
    estimate: NotRequired[dict[Name, Scalar] | None]
    forked_from: NotRequired[dict[Name, Name]]
    lengthened: NotRequired[list[dict[Name, Whole]]]
    imported: NotRequired[bool]


class About(TypedDict):
    """about.json: title and note that a user gave the run."""

    title: NotRequired[Text]
    note: NotRequired[Text]


class Engine(TypedDict):
    """engine.json: the job of a run on a cluster."""

    engine: NotRequired[Name]
    job: Name
    trouble: NotRequired[Text]


class Request(TypedDict):
    """A file in control/: when it was requested, by the monotonic clock since the boot `boot`."""

    asked: Amount
    boot: Name


# The name of a file within the run's folder, never above it.
Inside = Annotated[str, Meta(max_length=MAX_NAME, pattern=r"(?s)^(?!/)(?!(.*/)?\.\.(/|\Z))")]


class Manifest(TypedDict):
    """seal.json, the manifest: size and checksum of each file, and the list's own checksum."""

    files: dict[Inside, tuple[Whole, Digest]]
    self: Digest


class Weights(TypedDict):
    """checkpoints/NAME.json: what the numbers of NAME.safetensors mean."""

    architecture: Name
    config: dict[Name, Setting]
    sha256: Digest
    extra: NotRequired[dict[Name, Plain] | None]


class Pictures(TypedDict):
    """`extra` of an image model: the names of its classes, and how to normalise pixels."""

    classes: Annotated[list[Name], Meta(min_length=1, max_length=10_000)]
    mean: Annotated[list[float], Meta(min_length=3, max_length=3)]
    std: Annotated[list[Annotated[float, Meta(gt=0)]], Meta(min_length=3, max_length=3)]


Vocabulary = list[Annotated[str, Meta(max_length=10_000)]]


class Measures(TypedDict):
    """The quality of a set of texts: see `core.decoding.text_metrics.TextQuality`."""

    rep4: float
    distinct1: float
    distinct2: float
    copied: float | None
    mean_log_probability: float


class Point(Measures):
    """One setting of the sweep: "p" or "t", and its value."""

    setting: Literal["p", "t"]
    value: float


class Quality(TypedDict):
    """quality.json: see core/decoding/quality_sweep.py."""

    digest: Digest
    length: Whole
    count: Whole
    human: Measures
    human16: Measures
    points: Annotated[list[Point], Meta(max_length=1_000)]


Pixels = list[list[list[Annotated[int, Meta(ge=0, le=255)]]]]


class Example(TypedDict):
    """attention/example.json: the fixed example, words or a picture."""

    words: NotRequired[Annotated[list[Text], Meta(min_length=1, max_length=1_000)]]
    pixels: NotRequired[Pixels]
    label: NotRequired[Name]


def read(path: Path, kind: type[T]) -> T:
    """The content of a JSON file of a run. Errors: ValueError, a sentence that names the file."""
    try:
        with patiently(lambda: open(path, "rb")) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise ValueError(f"it has {size:,} bytes, and may have {MAX_BYTES:,}")
            return decode(file.read(size), kind)
    except OSError as error:
        raise ValueError(f"{label(path)} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ValueError(f"{label(path)} is damaged: {error}.") from error


def decode(data: bytes, kind: type[T]) -> T:
    """JSON of that type. Errors: ValueError, what is wrong with it, without a full stop."""
    try:
        value: T = _decoder(kind).decode(data)  # type: ignore[arg-type]
        return value
    except (ValueError, RecursionError) as error:
        loose = len(data) <= MAX_LOOSE and re.search(rb"\b(NaN|Infinity)\b", data)
        if not loose:
            raise ValueError(_why(error)) from error
    return convert(_loose(data), kind)


def convert(value: object, kind: type[T]) -> T:
    """Plain values, checked against that type. Errors as `decode`."""
    try:
        return msgspec.convert(value, kind)
    except (ValueError, RecursionError) as error:
        raise ValueError(_why(error)) from error


def label(path: Path) -> str:
    """The file as a user looks for it: its name in the run, and the run; no path of this disk."""
    folder, name = path.parent, path.name
    if folder.name in ("checkpoints", "attention", "control", "start"):
        folder, name = folder.parent, f"{folder.name}/{name}"
    return f"{name} of the run {folder.name}"


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _loose(data: bytes) -> object:
    """JSON with NaN and Infinity, which Python writes when a training diverges."""
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(_why(error)) from error
    return value


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return " ".join(str(error).split()).rstrip(".")[:200]
