"""Prints how many views were opened, whichever process opened them."""

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.stats.get(kind, [])]
    views = [v for report in reports for name, v in report.user_properties if name == "views"]
    if views:
        terminalreporter.write_line(f"The crawler opened {sum(views):,} views.")
