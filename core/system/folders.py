"""Where Unrolled's own files lie, and this user's folders; environment variables name others."""

import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

# The folder with core and dashboard in it: the checkout, or where packages are installed.
PROJECT = Path(__file__).resolve().parents[2]
_PACKED = PROJECT / "core" / "assets"
# Whether this is an installed package; else it is a checkout.
INSTALLED = _PACKED.is_dir()
# The shipped models and measured curves: beside core in a checkout, inside it in a package.
ASSETS = _PACKED if INSTALLED else PROJECT / "assets"


def cache_folder() -> Path:
    """`unrolled` in the user's cache folder: what can be fetched or computed again."""
    return user_cache_path("unrolled", appauthor=False, opinion=False)


def user_folder(name: str, variable: str) -> Path:
    """The folder that the environment variable names, else `unrolled/name` in the user's data.

    A folder that an earlier version made in ~/.local/share, on any system, stays in use. Nothing
    is created here.
    """
    if path := os.environ.get(variable):
        return Path(path).expanduser()
    folder = user_data_path("unrolled", appauthor=False) / name
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    earlier = Path(base) / "unrolled" / name
    # os.path says False about a folder into which this user may not look; Path raises.
    return earlier if os.path.exists(earlier) and not os.path.exists(folder) else folder
