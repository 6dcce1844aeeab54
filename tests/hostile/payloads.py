"""Damaged runs, by name: each has one file that could break pages for everybody.

Each is put into a copy of a shipped model, once in a zip and once as a folder in the runs folder.
"""

import io
import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.models.zoo import ASSETS

DEEP = b"[" * 100_000 + b"]" * 100_000
DIGITS_400, DIGITS_5000 = b"9" * 400, b"9" * 5_000
GPT, VIT = ASSETS / "gpt-grammar", ASSETS / "vit-shapes"


@dataclass(frozen=True)
class Payload:
    """A copy of the run `model` in which `file` has this `content`."""

    name: str
    file: str
    content: bytes
    model: Path = GPT


def record(kind: str, **change: bytes) -> bytes:
    """A line of metrics.jsonl with one field replaced; the value is given as JSON."""
    fields = {"kind": json.dumps(kind).encode(), "step": b"9", "epoch": b"1", "seconds": b"2.5",
              "examples": b"64"}  # fmt: skip
    if kind == "epoch":
        fields |= {"train": b'{"loss": 1.5}', "held_out": b'{"loss": 1.5, "perplexity": 4.5}'}
    else:
        fields |= {"loss": b"1.5", "lr": b"0.1", "layer_norms": b'{"input": 1.0}'}
    said = (b'"%s": %s' % (name.encode(), value) for name, value in (fields | change).items())
    return b"{" + b", ".join(said) + b"}\n"


def object_with(model: Path, file: str, **change: bytes) -> bytes:
    """A JSON object of the model with fields replaced; the values are given as JSON."""
    plain = json.loads((model / file).read_text(encoding="utf-8"))
    fields = {name: json.dumps(value).encode() for name, value in plain.items()} | change
    return b"{" + b", ".join(b'"%s": %s' % (n.encode(), v) for n, v in fields.items()) + b"}"


def array(shape: str, kind: str = "<f2", rest: bytes = bytes(64)) -> bytes:
    """A .npy file whose header claims an array of that shape."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + rest


def _pickled() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{}], dtype=object), allow_pickle=True)
    return file.getvalue()


def _metrics(name: str, content: bytes, model: Path = GPT) -> Payload:
    return Payload(f"history-{name}", "metrics.jsonl", content, model)


def _json(file: str, name: str, model: Path = GPT, **change: bytes) -> Payload:
    stem = file.rpartition("/")[2].partition(".")[0]
    return Payload(f"{stem}-{name}", file, object_with(model, file, **change), model)


def _whole(file: str, name: str, content: bytes) -> Payload:
    stem = file.rpartition("/")[2].partition(".")[0]
    return Payload(f"{stem}-{name}", file, content)


_VOCAB = json.loads((GPT / "vocab.json").read_text(encoding="utf-8"))
_CONFIG = json.loads((GPT / "checkpoints" / "weights.json").read_text(encoding="utf-8"))["config"]
_ABOUT = json.loads((VIT / "checkpoints" / "weights.json").read_text(encoding="utf-8"))
_VIT, _SHAPES = _ABOUT["config"], _ABOUT["extra"]
_WEIGHTS = "checkpoints/weights.json"


def _extra(**change: Any) -> bytes:
    return json.dumps({**_SHAPES, **change}).encode()


PAYLOADS = [
    _metrics("text", record("epoch", held_out=b'{"perplexity": "x"}')),
    _metrics("picture", record("epoch", held_out=b'{"accuracy": null}'), VIT),
    _metrics("null-part", record("epoch", train=b"null"), VIT),
    _metrics("null-epoch", record("epoch", epoch=b"null"), VIT),
    _metrics("digits-5000", record("epoch", step=DIGITS_5000)),
    _metrics("digits-400", record("epoch", held_out=b'{"perplexity": %s}' % DIGITS_400)),
    _metrics("digits-epoch", record("epoch", epoch=DIGITS_400)),
    _metrics("digits-seconds", record("step", seconds=DIGITS_400)),
    _metrics("digits-dropped", record("step", loss=DIGITS_400)),
    _metrics("exponent", record("step", epoch=b"1e999")),
    _metrics("not-a-number", record("step", epoch=b"NaN")),
    _metrics("negative", record("step", step=b"-1")),
    _metrics("norms", record("step", layer_norms=b'{"input": "x"}')),
    _metrics("norms-list", record("step", layer_norms=b"[1]")),
    _metrics("examples", record("step", examples=b'{"a": 1}')),
    _metrics("words", record("epoch", text=b'["a"]')),
    _metrics("deep", record("epoch", held_out=DEEP)),
    _metrics("deep-elsewhere", record("epoch", more=DEEP)),
    _metrics("deep-nan", record("epoch", more=DEEP, loss=b"NaN")),
    _metrics("empty-objects", b"{}\n" * 3_333_333),
    _metrics("one-line", b'{"kind": "epoch", "x": "' + b"x" * 10_000_000 + b'"}\n'),
    _metrics("list", b"[1, 2]\n"),
    _metrics("bytes", bytes(range(256)) * 40 + b"\n"),
    _json("status.json", "message", message=b'{"a": 1}'),
    _json("status.json", "updated", updated=b'"x"'),
    _json("status.json", "step", step=DIGITS_400),
    _json("status.json", "state", state=b'["done"]'),
    _json("status.json", "starting", state=b'"queued"', starting=b"7"),
    _json("status.json", "deep", more=DEEP),
    _whole("status.json", "null", b"null"),
    _json("spec.json", "seed", seed=DIGITS_400),
    _json("spec.json", "epochs", recipe=b'{"epochs": "x"}'),
    _json("spec.json", "epochs-400", recipe=b'{"epochs": %s}' % DIGITS_400),
    _json("spec.json", "recipe", recipe=b"[1]"),
    _json("spec.json", "share", share=b'"x"'),
    _json("spec.json", "data", data=b'["grammar"]'),
    _json("spec.json", "kind", kind=b'["gpt"]'),
    _json("spec.json", "estimate", estimate=b'{"seconds": %s}' % DIGITS_400),
    _json("spec.json", "deep", more=DEEP),
    _whole("about.json", "title", b'{"title": ["x"]}'),
    _whole("about.json", "long", b'{"title": "%s"}' % (b"x" * 100_000)),
    _whole("about.json", "deep", DEEP),
    _whole("proc.json", "pid", b'{"pid": "x", "created": 1, "boot": "b", "host": "h"}'),
    _whole("proc.json", "400", b'{"pid": 7, "boot": "", "host": "", "created": %s}' % DIGITS_400),
    _whole("proc.json", "deep", b'{"pid": %s}' % DEEP),
    _whole("engine.json", "deep", DEEP),
    _whole("engine.json", "job", b'{"job": [1]}'),
    _whole("seal.json", "deep", DEEP),
    _whole("seal.json", "above", b'{"files": {"../../etc/passwd": [1, "%s"]}, "self": "%s"}'
           % (b"0" * 64, b"0" * 64)),
    _whole("vocab.json", "deep", DEEP),
    _whole("vocab.json", "numbers", b"[1, 2, 3]"),
    _whole("vocab.json", "digits", b"[%s]" % DIGITS_5000),
    _whole("vocab.json", "object", b'{"a": 1}'),
    _whole("quality.json", "deep", DEEP),
    _whole("quality.json", "points", b'{"digest": "%s", "points": [null]}' % (b"0" * 64)),
    _json(_WEIGHTS, "config", config=b"null"),
    _json(_WEIGHTS, "heads", config=json.dumps(_CONFIG | {"num_heads": 10**400}).encode()),
    _json(_WEIGHTS, "digest", sha256=b"[1]"),
    _json(_WEIGHTS, "deep", extra=DEEP),
    _json(_WEIGHTS, "other", architecture=b'"VisionTransformer"'),
    _json(_WEIGHTS, "kind", architecture=b'["CompactGPT"]'),
]  # fmt: skip

# Valid files that do not fit their model: reported when the model is opened.
MISFITS = [
    _whole("vocab.json", "short", json.dumps(_VOCAB[:-1]).encode()),
    _whole("vocab.json", "twice", json.dumps([*_VOCAB[:-1], _VOCAB[4]]).encode()),
    _whole("vocab.json", "unmarked", json.dumps(_VOCAB[::-1]).encode()),
    _json(_WEIGHTS, "layers", config=json.dumps(_CONFIG | {"num_layers": 10**9}).encode()),
    _json(_WEIGHTS, "wide", config=json.dumps(_CONFIG | {"dim": 10**9}).encode()),
    _json(_WEIGHTS, "deep-net", VIT, config=json.dumps(_VIT | {"num_layers": 10**9}).encode()),
    _json(_WEIGHTS, "mean", VIT, extra=_extra(mean=["x"])),
    _json(_WEIGHTS, "std", VIT, extra=_extra(std=[0.0, 0.0, 0.0])),
    _json(_WEIGHTS, "classes", VIT, extra=_extra(classes=["one"])),
    _json(_WEIGHTS, "no-classes", VIT, extra=b"{}"),
]

FRAMES = {
    "373 GiB": array("(100000, 1000000)"),
    "beyond any number": array("(" + "9" * 400 + ",)"),
    "a hundred axes": array("(" + "1, " * 100 + ")"),
    "negative": array("(-1, -1, -1, -1)"),
    "short": array("(1, 1, 8, 8)", rest=b"\0"),
    "long": array("(1, 1, 1, 1)", rest=bytes(4_000)),
    "objects": _pickled(),
    "text": array("(1,)", "<U16"),
    "no shape": array("'x'"),
    "deep": array("(" * 2_000 + ")" * 2_000),
    "another form": array("(3,)"),
    "nothing": b"",
}


def members(payload: Payload) -> dict[str, bytes]:
    """The files of the damaged run by name."""
    files = {
        path.relative_to(payload.model).as_posix(): path.read_bytes()
        for path in payload.model.rglob("*")
        if path.is_file() and path.name not in ("card.md", "quality.json")
    }
    if payload.file == "metrics.jsonl":  # a history that begins well
        return files | {payload.file: files["metrics.jsonl"] + payload.content}
    return files | {payload.file: payload.content}


def as_zip(payload: Payload) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for name, content in members(payload).items():
            packed.writestr(name, content)
    return io.BytesIO(out.getvalue())


def as_folder(payload: Payload, runs: Path) -> Path:
    folder = runs / payload.name
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in members(payload).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
