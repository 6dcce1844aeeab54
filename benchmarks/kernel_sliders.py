"""python -m benchmarks.kernel_sliders: what a slider costs with the compiled kernel and without it.

Times script runs of the decoding pages through AppTest (no browser), one thread, a new value each
time; processes with UNROLLED_KERNEL=1 and =0 take turns. Prints a Markdown table.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.machine import describe

PAGES = Path(__file__).resolve().parents[1] / "pages"
ROUNDS, CHANGES = 3, 8
DECODING, NUCLEUS = {"section": "side by side"}, {"way": "nucleus"}
SIXTEEN = {"section": "what goes wrong", "way-q": "nucleus"}
# slider -> page, link, key, first value, step
SLIDERS: dict[str, tuple[str, dict[str, str], str, float, float]] = {
    "GPT, temperature": ("gpt", NUCLEUS, "t", 0.5, 0.1),
    "Decoding side by side, top-p": ("decoding", DECODING, "p-b", 0.5, 0.05),
    "Decoding side by side, seed": ("decoding", DECODING, "seed", 1, 1),
    "Decoding side by side, words": ("decoding", DECODING, "length", 60, 10),
    "Sixteen texts, top-p": ("decoding", SIXTEEN, "p-q", 0.5, 0.05),
}


def measure() -> dict[str, float]:
    """Median ms of a script run after a change, for every slider."""
    from streamlit.testing.v1 import AppTest

    medians = {}
    for name, (page, link, key, first, step) in SLIDERS.items():
        app = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=200)
        app.query_params["model"] = "gpt-shakespeare"
        for parameter, value in link.items():
            app.query_params[parameter] = value
        app.run()
        times = []
        for i in range(CHANGES):
            app.session_state[key] = round(first + i * step, 2)
            began = time.perf_counter()
            app.run()
            times.append(1000 * (time.perf_counter() - began))
            assert not app.exception, app.exception
        medians[name] = statistics.median(times)
    return medians


def main() -> None:
    """Children measure, so that each loads the kernel or does not."""
    rounds: dict[str, list[dict[str, float]]] = {"1": [], "0": []}
    for _ in range(ROUNDS):
        for setting, measured in rounds.items():
            child = subprocess.run(
                [sys.executable, "-m", "benchmarks.kernel_sliders", "--measure"],
                env=os.environ | {"UNROLLED_KERNEL": setting, "OMP_NUM_THREADS": "1"},
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            measured.append(json.loads(child.stdout.splitlines()[-1]))
    print(describe(1), "\n")
    print("| slider | with the kernel, ms | PyTorch alone, ms | saved, ms |")
    print("| --- | --- | --- | --- |")
    for name in SLIDERS:
        with_kernel, alone = (
            statistics.median(one[name] for one in rounds[key]) for key in ("1", "0")
        )
        print(f"| {name} | {with_kernel:.0f} | {alone:.0f} | {alone - with_kernel:.0f} |")


if __name__ == "__main__":
    print(json.dumps(measure())) if "--measure" in sys.argv else main()
