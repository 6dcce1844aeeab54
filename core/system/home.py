"""Where nothing can be stored: no home folder, one that is read-only, a full disk."""

import os
import shutil
import tempfile
from pathlib import Path

from core.system.folders import cache_folder, user_folder

LITTLE = 200  # MB, enough for a few trainings


def own_folders() -> dict[str, Path]:
    """The folders of runs, progress and data, by the variable that names each."""
    data = os.environ.get("UNROLLED_DATA")
    return {
        "UNROLLED_RUNS": user_folder("runs", "UNROLLED_RUNS"),
        "UNROLLED_STATE": user_folder("state", "UNROLLED_STATE"),
        "UNROLLED_DATA": Path(data).expanduser() if data else cache_folder(),
    }


def use_writable_folders() -> list[str]:
    """Take a temporary folder as home where nothing can be stored in the own one.

    Returns a sentence about each thing that the user should know. Errors: OSError, one sentence.
    """
    notices = []
    home = os.path.expanduser("~")
    if home == "~" or not all(map(_writable, own_folders().values())):
        try:
            instead = tempfile.mkdtemp(prefix="unrolled-")
        except OSError:
            raise OSError(
                "No folder can be written, not even for temporary files: set HOME to a folder in "
                "which you may write."
            ) from None
        os.environ["HOME"] = os.environ["USERPROFILE"] = instead
        if any(folder.is_relative_to(instead) for folder in own_folders().values()):
            where = "There is no home folder" if home == "~" else f"{home} cannot be written"
            notices.append(
                f"{where}: runs, progress and data are kept in {instead}, a temporary folder. To "
                f"keep them for longer, set HOME to a folder in which you may write."
            )
    for variable, folder in own_folders().items():
        if not _writable(folder):
            raise OSError(f"{folder} cannot be written: set {variable} to another folder.")
        if (free := shutil.disk_usage(_existing(folder)).free // 10**6) < LITTLE:
            notices.append(
                f"Only {free} MB are free for {folder}, so that a training may fail: free some "
                f"space, or set {variable} to a folder on another disk."
            )
    return notices


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists, as far as this user may look."""
    places = (folder.absolute(), *folder.absolute().parents)
    return next(place for place in places if os.path.exists(place))


def _writable(folder: Path) -> bool:
    existing = _existing(folder)
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
