"""python -m core.study check: every claim of questions and storylines, measured."""

import argparse
import sys
from pathlib import Path

from core.study.claims import check_all


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m core.study", description=__doc__)
    parser.add_argument("what", choices=["check"])
    parser.add_argument("--write", type=Path, help="a file for the measured values")
    given = parser.parse_args()
    failed = 0
    for result in check_all(given.write):
        print(result.line, flush=True)
        failed += not result.holds
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
