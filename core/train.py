"""python -m core.train vit|cnn|gpt …: the command of core.training under its short name."""

import sys

from core.training.command_line import main

if __name__ == "__main__":
    sys.exit(main())
