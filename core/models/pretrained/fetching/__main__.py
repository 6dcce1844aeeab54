"""python -m core.models.pretrained.fetching SOURCE NAME: get a model and report it line by line.

Each line of the output is a JSON object: the progress of the job, or at last "error" or "name".
SIGINT stops it, and no partial file is left.
"""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import asdict


def main(source: str, name: str) -> int:
    from core.models.pretrained import sources

    job = sources.obtain(source, name)
    while True:
        try:
            record = next(job)
        except StopIteration as end:
            report(name=end.value.name)
            return 0
        except (OSError, ValueError) as error:
            report(error=str(error))
            return 1
        except KeyboardInterrupt:
            return 130
        report(**asdict(record))


def report(**values: object) -> None:
    """One line, at once."""
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    # Ignored until now where the dashboard was started in the background of a script.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    raise SystemExit(main(sys.argv[1], sys.argv[2]))
