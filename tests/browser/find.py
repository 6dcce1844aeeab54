"""Finds a Chromium for the browser tests: `python -m tests.browser.find --install`.

In this order: the one on the PATH, Playwright's own, else one is installed (Debian as root:
apt-get; elsewhere: Playwright's download).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOTHING = (
    "NO BROWSER: chromium is neither on the PATH nor installed by Playwright, and installing it "
    "failed; the browser tests cannot run."
)


def find() -> str | None:
    """The path of a Chromium, or None."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return _playwrights_own()


def install() -> str | None:
    """Try to install one, apt-get first where it is Debian and root, and find it."""
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        commands.insert(0, ["apt-get", "install", "-y", "--no-install-recommends", "chromium"])
    for command in commands:
        print("+", *command, flush=True)
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
        if path := find():
            return path
    return None


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def main() -> int:
    """Say which browser there is. Without one: 1 when CI=true, else 0 (the tests will skip)."""
    path = find() or (install() if "--install" in sys.argv else None)
    print(f"Browser for the tests: {path}" if path else NOTHING, flush=True)
    return 0 if path or os.environ.get("CI") != "true" else 1


if __name__ == "__main__":
    raise SystemExit(main())
