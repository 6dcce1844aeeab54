"""A command of the terminal: how it is typed, its exit status, one sentence about an error."""

import io
import sys
from collections.abc import Callable

from core.system.folders import INSTALLED


def typed(words: str, installed: bool = INSTALLED) -> str:
    """How a command of the project is typed: `data list` is `unrolled data list` in a package.

    In a checkout it is `python -m core.data list`.
    """
    return f"unrolled {words}" if installed else f"python -m core.{words}"


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
