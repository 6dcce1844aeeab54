"""AppTest without its search for components in every installed package, in each app anew.

That search takes longer than most pages. What is installed stays the same: once is enough.
"""

from functools import cache

from streamlit.components.v2 import manifest_scanner


def search_components_once() -> None:
    """Remember what the first app of this process finds."""
    if not hasattr(manifest_scanner.scan_component_manifests, "cache_info"):
        manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
