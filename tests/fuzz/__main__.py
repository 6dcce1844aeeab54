"""python -m tests.fuzz TARGET [libFuzzer's flags]: mutate the corpus of a target until it breaks.

Needs `pip install atheris==3.0.0`. Starts from tests/fuzz/corpus/TARGET and leaves it as it is;
what broke is written to crash-… or timeout-… in the folder one stands in.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["core"]):
    from tests.fuzz.targets import TARGETS, attempt

HERE = Path(__file__).parent


def main() -> None:
    target = sys.argv[1] if len(sys.argv) > 1 else ""
    if target not in TARGETS:
        sys.exit(f"python -m tests.fuzz TARGET, one of {', '.join(TARGETS)}")
    found = tempfile.mkdtemp(prefix=f"fuzz-{target}-")  # libFuzzer adds to the first folder
    flags = ["-max_len=4000", "-timeout=5", f"-dict={HERE / 'words.dict'}", *sys.argv[2:]]
    atheris.Setup([sys.argv[0], *flags, found, str(HERE / "corpus" / target)], one(target))
    atheris.Fuzz()


def one(target: str):
    def try_bytes(data: bytes) -> None:
        attempt(target, data)

    return try_bytes


if __name__ == "__main__":
    main()
