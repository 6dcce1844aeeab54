"""The command `unrolled`: opens the dashboard, or runs one of the project's other commands.

unrolled [--host ADDRESS] [--port PORT] [--name NAME …] [--path PREFIX] [--no-browser]
unrolled train|data|models|runs …        the same as python -m core.train …, and so on
"""

from __future__ import annotations

import argparse
import os
import runpy
import socket
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.system import libraries
from core.system.home import use_writable_folders

APP = Path(__file__).resolve().with_name("app.py")
COMMANDS = {name: f"core.{name}" for name in ("train", "data", "models", "runs")}
HERE = ("localhost", "127.0.0.1", "::1")
PORT, PORTS_TRIED = 8501, 50


def main() -> None:
    """Run the command line's words. Ends with an exit status."""
    words = sys.argv[1:]
    if words and words[0] in COMMANDS:
        _say_where_things_are_kept()
        sys.argv = [f"unrolled {words[0]}", *words[1:]]
        runpy.run_module(COMMANDS[words[0]], run_name="__main__")
    else:
        open_dashboard(_parser().parse_args(words))


def open_dashboard(arguments: argparse.Namespace) -> None:
    """Serve the dashboard until it is stopped, and open it in the browser."""
    _keep_memory_small()
    _say_where_things_are_kept()
    try:
        port = free_port(arguments.host, arguments.port)
    except (OSError, OverflowError, UnicodeError) as error:
        sys.exit(f"Error: {error}")
    if port != arguments.port:
        print(f"Port {arguments.port} is in use: the dashboard takes {port}.", flush=True)
    if arguments.no_browser:  # nobody waits for Home: any page may be the first
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # as dashboard/app.py, which runs later
        libraries.import_torch_ahead()
    from streamlit.web import cli  # a second or two, which --help need not wait for

    sys.argv = ["streamlit", "run", str(APP), *server_options(arguments, port)]
    sys.exit(cli.main())


def server_options(arguments: argparse.Namespace, port: int) -> list[str]:
    """What is set for streamlit besides dashboard/.streamlit/config.toml."""
    names = [*HERE, *arguments.name] if arguments.name or arguments.host in HERE else ["*"]
    options = {
        "server.address": arguments.host,
        "server.port": str(port),
        "server.headless": "true" if arguments.no_browser else "false",
        "server.baseUrlPath": arguments.path,
    }
    pairs = [*options.items(), *(("server.allowedHosts", name) for name in names)]
    return [word for name, value in pairs for word in (f"--{name}", value)]


def free_port(host: str, first: int) -> int:
    """The first port from `first` on that nobody uses there. Errors: OSError, one sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(first, min(first + PORTS_TRIED, 65_536)):
        with socket.socket(family) as probe:
            if os.name == "posix":  # a port that was closed a moment ago is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except PermissionError:
                continue
            except OSError as error:
                if isinstance(error, socket.gaierror) or error.errno not in _IN_USE:
                    raise OSError(
                        f"Nothing can be served at the address {host!r}: use one of this machine, "
                        f"such as 127.0.0.1."
                    ) from None
                continue
            return port
    raise OSError(
        f"None of the {PORTS_TRIED} ports from {first} on is free at {host}: name another with "
        f"--port."
    )


_IN_USE = {48, 98, 10013, 10048}  # EADDRINUSE of macOS, Linux and Windows; 10013: kept by Windows


def _keep_memory_small() -> None:
    """On Linux, start again with fewer pools of memory: one for each thread is never given back."""
    if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
        os.environ["MALLOC_ARENA_MAX"] = "2"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _say_where_things_are_kept() -> None:
    try:
        for sentence in use_writable_folders():
            print(sentence, file=sys.stderr, flush=True)
    except OSError as error:
        sys.exit(f"Error: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unrolled",
        description="Open the dashboard in the browser. Other commands: "
        + ", ".join(f"unrolled {name}" for name in COMMANDS)
        + " (each with --help).",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to serve (default %(default)s)"
    )
    parser.add_argument("--port", type=_port, default=PORT, help="port (default %(default)s)")
    parser.add_argument(
        "--name", action="append", default=[], help="a name of this machine that browsers may use"
    )
    parser.add_argument(
        "--path", default="", help="where a proxy shows the dashboard, such as /unrolled"
    )
    parser.add_argument("--no-browser", action="store_true", help="only serve, open no browser")
    parser.add_argument("--version", action="version", version=f"unrolled {_version()}")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no port: use a number from 1 to 65535.")
    return int(text)


def _version() -> str:
    try:
        return version("unrolled")
    except PackageNotFoundError:  # run from a folder, not installed
        return "unknown"


if __name__ == "__main__":
    main()
