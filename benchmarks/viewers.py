"""python -m benchmarks.viewers RUN N: run the Train page's script once a second for N viewers."""

import logging
import sys
import time

from streamlit.testing.v1 import AppTest

from core.runs.launch import PROJECT

# AppTest prepares each run in a thread that is no session, and Streamlit warns of it every time. A
# filter stays when Streamlit sets the levels of its loggers.
logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").addFilter(
    lambda record: "missing ScriptRunContext" not in record.getMessage()
)


def opened(run: str) -> AppTest:
    """The Train page's script with this run on it, gone through once."""
    viewer = AppTest.from_file(str(PROJECT / "pages" / "train.py"), default_timeout=120)
    viewer.query_params["run"] = run
    return viewer.run()


def main(run: str, count: int) -> None:
    viewers = [opened(run) for _ in range(count)]
    print("open", flush=True)
    while True:
        began = time.monotonic()
        for viewer in viewers:
            viewer.run()
        time.sleep(max(0.0, 1 - (time.monotonic() - began)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
