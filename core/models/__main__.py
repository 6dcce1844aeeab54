"""`python -m core.models get PATH|NAME|smollm2 [--name N]`, `list` and `remove N`: real models."""

from __future__ import annotations

import argparse

from core.data.__main__ import show
from core.models.pretrained import sources, store
from core.system.command import exit_status, typed


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=typed("models"), description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    get = commands.add_parser("get", help="store a real model in the data folder")
    get.add_argument(
        "source", metavar="PATH|NAME|smollm2",
        help="a folder of Hugging Face files, a .gguf file, a hub name, or smollm2",
    )  # fmt: skip
    get.add_argument("--name", default="", help="how it is called here")
    commands.add_parser("list", help="list the real models of this machine")
    commands.add_parser("remove", help="delete a real model").add_argument("name")
    options = parser.parse_args(arguments)
    return exit_status(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    if options.command == "get":
        model = show(sources.obtain(options.source, options.name))
        print(f"{model.name} is ready: load_model({model.name!r}).")
    elif options.command == "remove":
        store.remove(options.name)
        print(f"{options.name} is removed.")
    else:
        print(f"folder: {store.models_folder()}")
        for model in store.available():
            count = store.description(model.path)["extra"]["parameters"]
            print(f"{model.name:24} {model.architecture:28} {count:14,} parameters")


if __name__ == "__main__":
    raise SystemExit(main())
