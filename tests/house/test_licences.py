"""The list of licences names what is pinned, in the version that is pinned, and leaves none out."""

from tests.conftest import ROOT
from tests.house.licences import PAGE


def test_every_pinned_package_is_listed_with_its_licence() -> None:
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    listed = {row[0]: row[1:] for row in rows if len(row) >= 3}
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split(";")[0].split("==") for line in lines if "==" in line]
    for name, version in pins:
        assert listed[name.lower()][0] == version
        assert listed[name.lower()][1] != "not stated"


def test_no_licence_asks_for_more_than_a_notice() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "AGPL" not in text
    assert "not stated" not in text
