"""A page as AppTest opens it, by its name and the settings of its link."""

import json
import tomllib
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, local_script_runner

ROOT = Path(__file__).resolve().parent.parent


def opened(page: str, stopped: tuple[str, ...] = (), **query: str) -> AppTest:
    """The page after its first run; its exceptions and errors are for the caller to look at.

    stopped: instruments whose error the browser of this session has reported.
    """
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120)
    for name in stopped:
        app.session_state[f"state-live-stopped-{name}"] = True
    return _run(app, query)


def section(script: Callable[[], None], **query: str) -> AppTest:
    """What this function shows, without an exception or an error."""
    return check(_run(AppTest.from_function(script, default_timeout=120), query))


def _run(app: AppTest, query: dict[str, str]) -> AppTest:
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def check(app: AppTest) -> AppTest:
    """The page has stopped with no exception, and shows no error."""
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    return app


def told(app: AppTest) -> list[dict[str, Any]]:
    """What was sent to instruments and token strips, in order."""
    elements = (one.proto for one in app.get("bidi_component"))
    return [json.loads(zlib.decompress(one.bytes)) for one in elements if one.bytes]


def prepare_apps() -> None:
    """Apps of this process run as the dashboard's own server does, and repeat no work.

    AppTest reads neither the dashboard's configuration nor the environment: it would rewrite the
    syntax tree of its page, describe each call for statistics and collect all garbage in each run.
    Each app would also search all installed packages for components, compile its page again, and
    wake a thousand times a second to see whether the page is complete.
    """
    settings = tomllib.loads((ROOT / "dashboard/.streamlit/config.toml").read_text("utf-8"))
    for section in ("browser", "runner"):
        for name, value in settings[section].items():
            config.set_option(f"{section}.{name}", value)
    if local_script_runner.require_widgets_deltas is not _wait_until_complete:
        manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
        local_script_runner.ScriptCache = _Compiled
        local_script_runner.require_widgets_deltas = _wait_until_complete


class _Compiled(ScriptCache):
    """The compiled pages of this process; one whose file has changed is compiled again."""

    _pages: ClassVar[dict[str, tuple[tuple[int, int], CodeType]]] = {}

    def get_bytecode(self, script_path: str) -> CodeType:
        """The page at this path, compiled."""
        file = Path(script_path).stat()
        version = (file.st_mtime_ns, file.st_size)
        known, code = self._pages.get(script_path, (None, None))
        if code is None or known != version:
            code = super().get_bytecode(script_path)
            self._pages[script_path] = (version, code)
        return code


def _wait_until_complete(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
    """Wait until the script has stopped. timeout: s. Errors: RuntimeError when it takes longer."""
    script = runner._script_thread
    assert script is not None
    script.join(timeout)
    if script.is_alive():
        runner.request_stop()
        runner.join()
        raise RuntimeError(f"The page did not stop within {timeout} s.")
