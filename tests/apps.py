"""A page as AppTest opens it, by its name and the settings of its link."""

import json
import zlib
from functools import cache
from typing import Any

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT


def opened(page: str, stopped: tuple[str, ...] = (), **query: str) -> AppTest:
    """The page after its first run; its exceptions and errors are for the caller to look at.

    stopped: instruments whose error the browser of this session has reported.
    """
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120)
    for name in stopped:
        app.session_state[f"state-live-stopped-{name}"] = True
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


def search_components_once() -> None:
    """Each app searches all installed packages for components, which takes longer than most pages.
    What is installed stays the same, so what the first app of this process found is remembered."""
    if not hasattr(manifest_scanner.scan_component_manifests, "cache_info"):
        manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
