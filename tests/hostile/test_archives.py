"""Untrusted zips of runs (bombs, paths, links, forged weights) are refused and leave no file."""

import csv
import hashlib
import io
import json
import pickle
import stat
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from core.run_files.directory import RunDirectory, runs_folder
from core.runs import archive, table
from dashboard.figures import data as figure_data
from tests.hostile.conftest import one_sentence

SPEC = {"kind": "gpt", "architecture": "DialogueGPT", "data": "grammar", "recipe": {"epochs": 1}}


def zipped(members: dict[str, bytes], pack: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", pack) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return io.BytesIO(out.getvalue())


def run_with(**more: bytes) -> dict[str, bytes]:
    return {"spec.json": json.dumps(SPEC).encode(), **more}


def weights(header: bytes, body: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + body


def checkpoint(content: bytes, **about: Any) -> dict[str, bytes]:
    described = {
        "architecture": "DialogueGPT",
        "config": {"vocab_size": 8},
        "sha256": hashlib.sha256(content).hexdigest(),
        **about,
    }
    return run_with() | {
        "checkpoints/step-1.safetensors": content,
        "checkpoints/step-1.json": json.dumps(described).encode(),
    }


def refused(file: io.BytesIO, match: str) -> None:
    """The zip is refused in one sentence, and the runs folder and its parent are unchanged."""
    with pytest.raises(ValueError, match=match) as said:
        archive.unpack(file)
    one_sentence(str(said.value))
    left = [p for p in runs_folder().parent.rglob("*") if p != runs_folder()]
    assert left == []


@pytest.mark.parametrize(
    "name",
    [
        "../spec.json", "../../evil", "/etc/passwd", "checkpoints/../../x.json", "C:\\x.json",
        "checkpoints\\x.json", "spec.json/", "checkpoints/a.pt", "checkpoints/.x.json", "run.sh",
        "attention/../x.npy", "control/cancel", "proc.json", "queue.json", "checkpoints/a.pkl",
        "./spec.json", "seal.json", "engine.json", "sitecustomize.py",
    ],
)  # fmt: skip
def test_a_member_that_is_no_file_of_a_run(name: str, runs: Path) -> None:
    refused(
        zipped(run_with() | {name: b"{}"}), "which is not a file of a run|not a usable zip|twice"
    )


def test_links_and_devices(runs: Path) -> None:
    for mode in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as packed:
            packed.writestr("spec.json", json.dumps(SPEC))
            link = zipfile.ZipInfo("log.txt")
            link.external_attr = (mode | 0o777) << 16
            packed.writestr(link, "/etc/passwd")
        refused(io.BytesIO(out.getvalue()), "which is not a file of a run")


def test_bombs(runs: Path) -> None:
    zeros = bytes(60_000_000)
    refused(zipped(run_with(**{"log.txt": zeros})), "would unpack to 60,000,000 bytes")
    stored = zipped(run_with(**{"vocab.json": bytes(6_000_000)}), zipfile.ZIP_STORED)
    refused(stored, "would unpack to 6,000,000 bytes")
    many = {f"attention/step-{i}.npy": b"" for i in range(archive.MAX_MEMBERS)}
    refused(zipped(run_with() | many), "2001 members")
    inner = zipped(run_with()).getvalue()
    refused(zipped({"spec.json": inner}), "spec.json in the zip is damaged|no usable")


def test_a_header_that_lies_about_the_size(runs: Path) -> None:
    data = bytearray(zipped(run_with(**{"log.txt": bytes(100_000)})).getvalue())
    at = data.rfind(b"PK\x01\x02")  # the last entry of the table: log.txt
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    refused(io.BytesIO(bytes(data)), "larger than the zip says|cannot be unpacked|not a usable zip")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (pickle.dumps({"model": [1, 2]}), "not a safetensors file"),
        (b"PK\x03\x04" + bytes(100), "not a safetensors file"),
        (b"", "not a safetensors file"),
        (weights(b"{}", length=1 << 62), "not a safetensors file"),
        (weights(b"{}", length=1 << 30), "not a safetensors file"),
        (weights(b"{" * 100_000), "not a safetensors file"),
        (weights(b'{"x":{"dtype":"F32","shape":[99999999,99999999],"data_offsets":[0,4]}}',
                 bytes(4)), "not a safetensors file"),
        (weights(b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,400000000000]}}', bytes(4)),
         "not a safetensors file"),
        (weights(b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', bytes(4)),
         "not a safetensors file"),
        (weights(b'{"model.evil":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4)),
         "num_layers 6, but at most 1"),
    ],
)  # fmt: skip
def test_invalid_weights_are_refused(content: bytes, match: str, runs: Path) -> None:
    refused(zipped(checkpoint(content)), match)


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({"vocab_size": 8, "dim": 10**6, "num_layers": 1}, "should have the shape"),
        ({"vocab_size": 10**9, "num_layers": 1}, "should have the shape"),
        ({"vocab_size": 8, "num_heads": 10**9, "num_layers": 1}, "should have the shape|cannot"),
        ({"vocab_size": 8, "num_layers": 10**9}, "num_layers 1000000000"),
        ({"vocab_size": 8, "max_N": 10**9, "num_layers": 1}, "max_N 1000000000"),
        ({"vocab_size": 8, "dim": -1}, "dim must be"),
        ({"vocab_size": True}, "vocab_size must be"),
        ({"vocab_size": 8, "__class__": "os.system"}, "has no setting"),
        (["vocab_size"], "Expected `object`, got `array`"),
        (None, "Expected `object`, got `null`"),
    ],
)  # fmt: skip
def test_a_model_of_a_terabyte_is_refused_by_its_shapes(
    config: Any, match: str, runs: Path
) -> None:
    tensor = weights(b'{"model.x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4))
    refused(zipped(checkpoint(tensor, config=config)), match)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["kind", "architecture", "data", "model", "recipe", "seed", "validation_share", "share",
     "threads", "device", "data_dir", "checkpoint_every"]
)  # fmt: skip
RECORDS = st.dictionaries(
    st.sampled_from(["kind", "step", "epoch", "seconds", "train", "held_out", "lr", "text"]),
    st.one_of(JSON, st.just("epoch"), st.just("step")),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    spec=st.dictionaries(FIELDS, JSON, max_size=3), status=JSON, about=JSON,
    records=st.lists(RECORDS, max_size=3),
)  # fmt: skip
def test_whatever_json_a_run_brings(
    spec: dict[str, Any], status: Any, about: Any, records: list[Any], runs: Path
) -> None:
    members = {
        "spec.json": json.dumps(SPEC | spec).encode(),
        "status.json": json.dumps(status).encode(),
        "about.json": json.dumps(about).encode(),
        "metrics.jsonl": "\n".join(map(json.dumps, records)).encode(),
    }
    try:
        run = archive.unpack(zipped(members))
    except ValueError:
        return  # the details stay on the server
    assert run.path.parent == runs
    row = table.row(run.path)
    assert len(row.title) <= table.TITLE_LENGTH
    assert RunDirectory(run.path).spec()["data_dir"] is None
    assert "/" not in str(run.spec()["data"]), "data of a stranger's run is no path here"
    archive.pack(run)


def test_json_nested_without_end(runs: Path) -> None:
    for name in (b"kind", b"unknown"):
        deep = b'{"%s":' % name + b"[" * 200_000 + b"]" * 200_000 + b"}"
        refused(zipped({"spec.json": deep}, zipfile.ZIP_STORED), "spec.json in the zip is damaged")


def test_a_spreadsheet_finds_no_formula() -> None:
    evil = "=cmd|'/C calc'!A0"
    wide = "＝＋－＠"
    for value in (evil, "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", *wide):
        text = io.StringIO(newline="")
        record = {"kind": value, value: 1, "held_out": {value: value}}
        archive.write_csv(lambda record=record: [record], text)
        text.seek(0)
        cells = [cell for row in csv.reader(text) for cell in row]
        assert len(cells) == 6
        assert not [cell for cell in cells if cell.lstrip().startswith(tuple("=+-@" + wide))]
        packed = zipfile.ZipFile(io.BytesIO(figure_data.pack({value: np.array([value, "x"])})))
        table_of = packed.read(next(n for n in packed.namelist() if n.endswith(".csv"))).decode()
        assert not table_of.strip('"').lstrip().startswith(tuple("=+-@"))
