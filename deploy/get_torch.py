"""python deploy/get_torch.py: install torch without CUDA where there is no NVIDIA GPU.

On Linux the torch of the ordinary index brings gigabytes of CUDA libraries. `make run` calls this
in its new environment before it installs the rest; it needs nothing but the standard library.
"""

import importlib.util
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

PINS = Path(__file__).resolve().parent.parent / "requirements.txt"
INDEX = "https://download.pytorch.org/whl/cpu"  # PyTorch's own
WAIT = 4.0  # seconds for the index to answer
NEEDED = {"cpu": 2, "cuda": 8}  # GB of an environment


def main() -> int:
    """Install torch here from PyTorch's index if that is the smaller one, and say what is done."""
    if importlib.util.find_spec("torch"):
        return 0
    build = "cuda" if sys.platform == "linux" else "cpu"
    if sys.platform == "linux" and not has_gpu():
        if reachable(INDEX):
            print(f"No NVIDIA GPU here: taking torch without CUDA from {INDEX}", flush=True)
            build = "cpu"
        else:
            print(
                f"No NVIDIA GPU here, but {INDEX} with the smaller torch does not answer: taking "
                f"the one of the ordinary index.",
                flush=True,
            )
    if sentence := too_full(Path(sys.prefix), NEEDED[build]):
        print(sentence, file=sys.stderr)
        return 1
    if sys.platform == "linux" and build == "cpu":
        pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
        if subprocess.call([*pip, "--no-deps", "--index-url", INDEX, *pins()]):
            print("That failed: taking torch from the ordinary index.", flush=True)
    return 0


def has_gpu() -> bool:
    """Whether NVIDIA's driver is on this machine."""
    return bool(shutil.which("nvidia-smi")) or Path("/proc/driver/nvidia/version").exists()


def reachable(index: str, wait: float = WAIT) -> bool:
    """Whether the index answers within so many seconds, names and handshakes included."""
    answers: list[bool] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(f"{index}/torch/", timeout=wait) as page:
                answers.append(page.status == 200)
        except (OSError, ValueError):  # no name, no route, no certificate, not found
            answers.append(False)

    asking = threading.Thread(target=ask, daemon=True)  # a look-up of names cannot be interrupted
    asking.start()
    asking.join(wait)
    return answers == [True]


def too_full(folder: Path, needed: int) -> str:
    """A sentence if fewer than `needed` GB are free for the folder, else ""."""
    free = shutil.disk_usage(folder).free / 1e9
    if free >= needed:
        return ""
    return (
        f"Unrolled needs about {needed} GB for its packages, and {free:.1f} GB are free for "
        f"{folder}: free some space, or name a folder on another disk, as in "
        f"make run VENV=/path/to/folder."
    )


def pins() -> list[str]:
    """The lines of requirements.txt about torch and torchvision."""
    lines = PINS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(("torch==", "torchvision=="))]


if __name__ == "__main__":
    sys.exit(main())
