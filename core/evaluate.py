"""python -m core.evaluate NAME --data DATA: the command of core.publish.evaluation."""

import sys

from core.publish.evaluation import evaluate, main

__all__ = ["evaluate", "main"]

if __name__ == "__main__":
    sys.exit(main())
