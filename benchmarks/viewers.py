"""python -m benchmarks.viewers RUN N: run the Train page's script once a second for N viewers."""

import sys
import time

from streamlit.testing.v1 import AppTest

from core.runs.launch import PROJECT


def main(run: str, count: int) -> None:
    viewers = [
        AppTest.from_file(str(PROJECT / "pages" / "train.py"), default_timeout=120)
        for _ in range(count)
    ]
    for viewer in viewers:
        viewer.query_params["run"] = run
        viewer.run()
    print("open", flush=True)
    while True:
        began = time.monotonic()
        for viewer in viewers:
            viewer.run()
        time.sleep(max(0.0, 1 - (time.monotonic() - began)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
