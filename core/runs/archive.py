"""A run as a zip, to keep, hand in or open elsewhere; and back, from untrusted sources.

An imported zip is checked member by member: known names only, no paths, bounded sizes, and weights
with a correct checksum. Nothing in it is executed.
"""

import csv
import io
import json
import lzma
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from core.config.run_spec import RunSpec, command_line
from core.data.sources import DIALOGUE_SOURCES, IMAGE_SOURCES
from core.run_files.directory import RUN_ID, RunDirectory, new_run_id, replace_json, runs_folder
from core.runs.damage import find_damage
from core.system.spreadsheet import cell

MAX_FILE, MAX_ALL, MAX_MEMBERS = 100_000_000, 200_000_000, 2_000  # bytes, bytes, files
MAX_JSON = 5_000_000  # bytes of one JSON file, which is read as a whole
MAX_RATIO = 200  # a member may not unpack to more than this many times its packed size
KNOWN = re.compile(
    r"spec\.json|status\.json|about\.json|vocab\.json|metrics\.jsonl|metrics\.csv|command\.txt"
    r"|log\.txt|checkpoints/[A-Za-z0-9_-]{1,60}\.(safetensors|json)"
    r"|attention/[a-z0-9-]{1,40}\.(npy|json)"
)
# What systems add to a folder that is zipped.
BY_SYSTEMS = re.compile(r"^__MACOSX/|(^|/)(\.DS_Store|Thumbs\.db)$")
ZIP_ERRORS = (  # what zipfile raises for damaged or foreign files
    *(zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError),
    *(ValueError, OverflowError, struct.error, zlib.error, lzma.LZMAError),
)
WRITE_ONLY = ("metrics.csv", "command.txt")  # for people; not read back


def pack(run: RunDirectory, weights: bool = True) -> bytes:
    """The run as a zip: specification, metrics (also as CSV), last weights, command line.

    Errors: ValueError when the specification is damaged.
    """
    spec = {**run.spec(), "data_dir": None}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("spec.json", json.dumps(spec, ensure_ascii=False, indent=1))
        with archive.open("metrics.csv", "w") as file:
            write_csv(run.records, io.TextIOWrapper(file, "utf-8", newline="", write_through=True))
        archive.writestr("command.txt", command_line(RunSpec.from_dict(spec)) + "\n")
        last = run.last_checkpoint() if weights else None
        names = [f"checkpoints/{last.name}{end}" for end in (".json", ".safetensors") if last]
        names += ["status.json", "metrics.jsonl", "about.json", "vocab.json", "log.txt"]
        names += [f"attention/{p.name}" for p in sorted((run.path / "attention").glob("[!.]*"))]
        for name in names:
            if (run.path / name).is_file():
                archive.write(run.path / name, name)
    return out.getvalue()


def write_csv(records: Callable[[], Iterable[dict[str, Any]]], out: TextIO) -> None:
    """One line per record; measures of an epoch are columns such as held_out_loss.

    records: called twice, first for the column names.
    """
    columns = list(dict.fromkeys(name for record in records() for name, _ in _cells(record)))
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for record in records():
        writer.writerow(dict(_cells(record)))


def _cells(record: dict[str, Any]) -> Iterator[tuple[object, object]]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from ((cell(f"{name}_{key}"), cell(v)) for key, v in value.items())
        else:
            yield cell(name), cell(value)


class InvalidArchive(ValueError):
    """The zip is refused; the message says why, in one sentence."""


def unpack(file: BinaryIO) -> RunDirectory:
    """Import a zipped run under a new id. Errors: ValueError, one sentence; nothing is left."""
    runs_folder().mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".import-", dir=runs_folder()))
    try:
        _extract(file, staging)
        spec = _check(RunDirectory(staging))
        target = runs_folder() / new_run_id(str(spec["kind"]), str(spec["data"]))
        assert RUN_ID.fullmatch(target.name)
        staging.rename(target)
        return RunDirectory(target)
    except ValueError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise ValueError(
            str(error).replace(f" of the run {staging.name}", " in the zip")
        ) from error
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _extract(file: BinaryIO, folder: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            members = _own_files(archive.infolist())
            _check_members(members)
            for member in members:
                if member.filename in WRITE_ONLY:
                    continue
                target = folder / member.filename
                target.parent.mkdir(exist_ok=True)
                with archive.open(member) as source, open(target, "wb") as out:
                    _copy(source, out, member)
    except InvalidArchive:
        raise
    except OSError as error:
        reason = error.strerror or "it is damaged"
        raise InvalidArchive(f"The zip file cannot be unpacked: {reason}.") from error
    except ZIP_ERRORS as error:
        reason = " ".join(str(error).split())[:200] or "it is damaged"
        raise InvalidArchive(f"This is not a usable zip file: {reason}.") from error


def _own_files(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The files of the run, also where somebody unpacked the zip and zipped its folder again."""
    if len(members) > MAX_MEMBERS:
        raise InvalidArchive(
            f"The zip has {len(members)} members; a run has at most {MAX_MEMBERS}."
        )
    filled = [m for m in members if not (m.is_dir() and m.file_size == 0)]
    files = [m for m in filled if not BY_SYSTEMS.search(m.filename)]
    tops = {member.filename.partition("/")[0] for member in files}
    if len(tops) == 1 and any(m.filename == f"{min(tops)}/spec.json" for m in files):
        for member in files:
            member.filename = member.filename.partition("/")[2]
    return files


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    names = [m.filename for m in members]
    for member in members:
        name = member.filename
        if not KNOWN.fullmatch(name) or (member.external_attr >> 28) not in (0, 8):
            raise InvalidArchive(f"The zip holds {name[:40]!r}, which is not a file of a run.")
        if names.count(name) > 1:
            raise InvalidArchive(f"The zip holds {name!r} twice.")
        most = MAX_JSON if name.endswith(".json") else MAX_FILE
        if member.file_size > min(most, MAX_RATIO * max(member.compress_size, 1000)):
            raise InvalidArchive(f"{name} would unpack to {member.file_size:,} bytes: refused.")
    if sum(m.file_size for m in members) > MAX_ALL:
        raise InvalidArchive(f"The zip would unpack to more than {MAX_ALL:,} bytes: refused.")


def _copy(source: Any, out: BinaryIO, member: zipfile.ZipInfo) -> None:
    """The header may lie about the size: count the bytes."""
    written = 0
    while block := source.read(1 << 20):
        written += len(block)
        if written > member.file_size:
            raise InvalidArchive(f"{member.filename} is larger than the zip says: refused.")
        out.write(block)


def _check(run: RunDirectory) -> dict[str, Any]:
    """Check every file, the weights too, and rewrite the specification without foreign paths."""
    spec = RunSpec.from_dict(run.spec())
    status = run.status() if (run.path / "status.json").exists() else {}
    if wrong := find_damage(run, thorough=True):
        raise ValueError(wrong[0])
    for name in run.checkpoint_names():
        from core.models.checkpoint import read_checkpoint, require_fit  # brings torch in
        from core.models.zoo import read_meaning

        checkpoint = read_checkpoint(run.checkpoints / name)
        require_fit(checkpoint)
        read_meaning(run.path, spec.kind, checkpoint)
    known = spec.data in (*IMAGE_SOURCES, *DIALOGUE_SOURCES)
    data = spec.data if known else f"not here: {Path(spec.data).name}"  # never a path of ours
    about = spec.to_dict() | {"data": data, "data_dir": None, "imported": True}
    replace_json(run.path / "spec.json", about)
    state, message = status.get("state", "running"), status.get("message", "")[:500]
    if state in ("queued", "running"):
        state, message = "cancelled", "It was not finished when it was packed."
    run.set_status(state, message)
    run.checkpoints.mkdir(exist_ok=True)
    return about
