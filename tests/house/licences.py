"""python -m tests.house.licences: write docs/licences.md, the licence of every dependency.

From the metadata of what is installed here: what requirements.txt pins, and what that needs.
"""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "licences.md"
HEAD = """# Licences

Unrolled is released under the [MIT licence](../LICENSE). The table lists the packages it needs,
with the licence that each package states; `python -m tests.house.licences` writes it. On Linux,
torch also installs NVIDIA's CUDA libraries, under NVIDIA's own terms; the build of torch without
CUDA does not.

| package | version | licence | pinned |
| --- | --- | --- | --- |
"""
_NAME = re.compile(r"^[A-Za-z0-9._-]+")


def pinned() -> list[str]:
    """The packages of requirements.txt."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line.split("==")[0] for line in lines if "==" in line]


def licence(package: Distribution) -> str:
    """The licence in a few words, from whichever field of the metadata has one."""
    about = package.metadata
    classifiers = about.get_all("Classifier") or []
    named = [c.split(" :: ")[-1] for c in classifiers if c.startswith("License ::")]
    stated = about.get("License-Expression") or ", ".join(named) or about.get("License") or ""
    return " ".join(stated.split("\n")[0].split())[:80] or "not stated"


def installed() -> dict[str, Distribution]:
    """Those packages and all they need, by normalised name; what is not for here is left out."""
    found: dict[str, Distribution] = {}
    waiting = pinned()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found or name.startswith(("nvidia-", "cuda-")):
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # for another system or another Python
            continue
        needed = [r for r in found[name].requires or [] if "extra ==" not in r]
        waiting += [match[0] for r in needed if (match := _NAME.match(r))]
    return found


def page() -> str:
    """The whole document."""
    direct = {re.sub(r"[-_.]+", "-", name).lower() for name in pinned()}
    rows = [
        f"| {name} | {package.version} | {licence(package)} | {'yes' if name in direct else ''} |"
        for name, package in sorted(installed().items())
    ]
    return HEAD + "\n".join(rows) + "\n"


def main(path: Path = PAGE) -> int:
    path.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
