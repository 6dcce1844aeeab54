"""Which code trained a run."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CORE = Path(__file__).resolve().parent.parent


def code_version() -> dict[str, str]:
    """{"version": of the package, "core": a digest of every source file of core}."""
    digest = hashlib.sha256()
    for path in sorted(CORE.rglob("*.py")):
        digest.update(path.relative_to(CORE).as_posix().encode())
        digest.update(path.read_bytes())
    try:
        number = version("unrolled")
    except PackageNotFoundError:
        number = "unknown"
    return {"version": number, "core": digest.hexdigest()[:16]}
