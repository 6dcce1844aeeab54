"""Where runs are started: on this machine, or on a cluster with its own queue."""

import os

ENGINES = ("local", "ray", "none")


def engine_name() -> str:
    """UNROLLED_ENGINE: "local" (the default), "ray", or "none", which starts nothing.

    Errors: ValueError, another name.
    """
    name = os.environ.get("UNROLLED_ENGINE") or "local"
    if name not in ENGINES:
        known = ", ".join(ENGINES)
        raise ValueError(f"UNROLLED_ENGINE must be one of {known}, not {name[:40]!r}.")
    return name
