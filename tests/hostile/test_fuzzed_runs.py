"""Thousands of real files and zips of runs with random damage are read or refused.

No input may take longer than PATIENCE or more memory than a run is allowed.
"""

import contextlib
import io
import random
import shutil
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from core.models.zoo import available_models
from core.run_files import attention_snapshots, metrics, schema
from core.runs import archive, table
from core.runs.damage import JSON
from tests.hostile.conftest import one_sentence
from tests.hostile.payloads import DEEP, GPT, PAYLOADS, VIT, as_zip, members, record

PATIENCE = 1.0  # seconds of processor time for one input
WORTH = 5_000_000  # bytes

KINDS: dict[str, Any] = {
    "spec.json": schema.Spec, "status.json": schema.Status, "seal.json": schema.Manifest,
    "wish.json": schema.Request, "weights.json": schema.Weights, "example.json": schema.Example,
    **JSON,
}  # fmt: skip
WHOLE = {
    "spec.json": (GPT / "spec.json").read_bytes(),
    "status.json": (GPT / "status.json").read_bytes(),
    "vocab.json": (GPT / "vocab.json").read_bytes(),
    "quality.json": (GPT / "quality.json").read_bytes(),
    "weights.json": (VIT / "checkpoints" / "weights.json").read_bytes(),
    "seal.json": b'{"files": {"spec.json": [9, "%s"]}, "self": "%s"}' % (b"0" * 64, b"0" * 64),
    "proc.json": b'{"pid": 7, "created": 1.5, "boot": "b", "host": "h", "gpu": null}',
    "about.json": b'{"title": "mine", "note": ""}',
    "engine.json": b'{"engine": "ray", "job": "a", "trouble": ""}',
    "wish.json": b'{"asked": 12.5, "boot": "b"}',
    "example.json": b'{"words": ["a", "b"], "label": "x"}',
}
TOKENS = (
    [b"[", b"]", b"{", b"}", b'"', b",", b":", b"null", b"true", b"NaN", b"-Infinity", b"1e999",
     b"-1", b"0.5", b'"x"', b"9" * 400, b"9" * 5_000, b"\xff", b"\\ud800", b"\0", b"\n", b"{}\n",
     b"[" * 500, b"[" * 20_000, DEEP[:150_000], b"[NaN," * 5_000, b'{"a":' * 5_000]
)  # fmt: skip


def drawn(seed: int) -> list[tuple[float, int, bytes]]:
    """One to four changes: a place (both ends are more probable), bytes removed, bytes inserted."""
    chance = random.Random(seed)
    return [
        (
            min(1, max(0, chance.uniform(-0.1, 1.1))),
            chance.randint(0, 20),
            chance.choice((chance.choice(TOKENS), chance.randbytes(chance.randint(0, 6)))),
        )
        for _ in range(chance.randint(1, 4))
    ]


# All from one number: to draw each part of a change from Hypothesis takes longer than reading it.
CHANGES = st.integers(0, 2**64).map(drawn)
LINES = record("step") + record("epoch") + record("step", loss=b"NaN")
many = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def changed(whole: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """At each place (a fraction of the length) some bytes are replaced by others."""
    for place, gone, come in changes:
        at = int(place * len(whole))
        whole = whole[:at] + come + whole[at + gone :]
    return whole


@pytest.mark.parametrize("name", sorted(KINDS))
@settings(many, max_examples=800)
@given(changes=CHANGES)
def test_a_file_with_something_wrong(name: str, changes: list[tuple[float, int, bytes]]) -> None:
    data = changed(WHOLE[name], changes)
    began = time.thread_time()
    with contextlib.suppress(ValueError):
        schema.decode(data, KINDS[name])
    assert time.thread_time() - began < PATIENCE


@settings(many, max_examples=2_000)
@given(changes=CHANGES)
def test_a_history_with_something_wrong(
    changes: list[tuple[float, int, bytes]], tmp_path: Path
) -> None:
    path = tmp_path / f"metrics-{random.getrandbits(64):x}.jsonl"
    path.write_bytes(changed(LINES, changes))
    began = time.thread_time()
    for found in metrics.read(path):
        assert found["kind"] in ("step", "epoch")
        assert 0 <= found["step"] <= 2**53
        assert float(found["epoch"]) >= 0
    newest, kept = metrics.last(path), metrics.thinned(metrics.read(path))
    assert {r["kind"] for r in kept} == set(newest)
    if kept:
        assert repr(newest[kept[-1]["kind"]]) == repr(kept[-1])
    one_sentence(metrics.find_error(path) or "Nothing is wrong.")
    assert time.thread_time() - began < PATIENCE
    path.unlink()


@settings(many, max_examples=500)
@given(changes=CHANGES)
def test_a_map_with_something_wrong(
    changes: list[tuple[float, int, bytes]], tmp_path: Path
) -> None:
    whole = io.BytesIO()
    np.save(whole, np.ones((1, 2, 2, 2), np.float16))
    path = tmp_path / "step-00000001.npy"
    path.write_bytes(changed(whole.getvalue(), changes))
    with contextlib.suppress(ValueError), np.errstate(all="ignore"):
        assert attention_snapshots.maps(path, ["a", "b"]).shape == (1, 2, 2, 2)


@settings(many, max_examples=300)
@given(changes=CHANGES)
@example(changes=[(0.0, 4, b"PK\x05\x06")])
def test_a_zip_with_something_wrong(changes: list[tuple[float, int, bytes]], runs: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members(PAYLOADS[0]).items():
            if not name.startswith("checkpoints/"):
                out.writestr(name, content if name != "metrics.jsonl" else LINES)
    data = packed.getvalue()
    # The table of members at the end is a small part of the file: half of the changes go there.
    parts = [changes[::2], changes[1::2]]
    middle = data.rfind(b"PK\x01\x02", 0, len(data) - 200)
    data = changed(data[:middle], parts[0]) + changed(data[middle:], parts[1])
    began = time.thread_time()
    try:
        run = archive.unpack(io.BytesIO(data))
    except ValueError as error:
        one_sentence(str(error))
        assert list(runs.iterdir()) == []
    else:
        assert table.row(run.path).error == ""
        shutil.rmtree(run.path)
    assert time.thread_time() - began < PATIENCE


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda p: p.name)
def test_no_attack_of_the_table_costs_more_than_a_run_is_worth(payload: Any, runs: Path) -> None:
    archive_of_it = as_zip(payload)
    available_models()
    tracemalloc.start()
    began = time.thread_time()
    with pytest.raises(ValueError, match=r"."):
        archive.unpack(archive_of_it)
    spent = time.thread_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < WORTH
    assert spent < 5 * PATIENCE
