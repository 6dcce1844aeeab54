"""How a command of the terminal ends: its exit status, and one sentence about an error."""

import io
import sys
from collections.abc import Callable


def exit_status(work: Callable[[], object]) -> int:
    """Do the work; 0, or 1 after one sentence on stderr about an OSError or a ValueError.

    A letter that the output's encoding lacks, as in a file on Windows, is written as its number.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        work()
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; no file was left half written.", file=sys.stderr)
        return 130
    return 0
