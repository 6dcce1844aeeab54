"""Unrolled in the launcher of JupyterLab and JupyterHub, through jupyter-server-proxy."""

import os
import sys
from typing import Any

from core.system.folders import ASSETS

START = 60  # seconds until it must answer: the first start on a busy hub


def launcher() -> dict[str, Any]:
    """What jupyter-server-proxy asks for: the command, where it is shown, and its tile.

    Jupyter lets in only who is logged in. On a hub every name is answered, because the name that
    browsers use for the hub is not known here; elsewhere only those of this machine are.
    """
    command = [sys.executable, "-P", "-m", "dashboard.command", "--no-browser"]
    command += ["--port", "{port}", "--path", "{base_url}unrolled"]
    if "JUPYTERHUB_SERVICE_PREFIX" in os.environ:
        command += ["--name", "*"]
    return {
        "command": command,
        "timeout": START,
        "absolute_url": True,  # the dashboard knows its prefix: --path
        "new_browser_tab": True,
        "launcher_entry": {"title": "Unrolled", "icon_path": str(ASSETS / "icon.svg")},
    }
