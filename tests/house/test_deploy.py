"""What installations need: the Dockerfile, the devcontainer, the pages about them, the package."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from core.system.command import typed
from dashboard import command, jupyter
from deploy.try_image import lines_of
from tests.conftest import ROOT

DOCKERFILE = lines_of((ROOT / "Dockerfile").read_text(encoding="utf-8"))
SERVING = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")


def said(word: str) -> list[str]:
    return [rest for name, rest in DOCKERFILE if name == word]


def test_the_container_serves_one_port_as_an_ordinary_user() -> None:
    assert said("USER") == ["unrolled"]
    assert any("--uid 1000 unrolled" in line for line in said("RUN"))
    wanted = command._parser().parse_args(json.loads(said("CMD")[0])[1:])
    assert (wanted.host, wanted.no_browser) == ("0.0.0.0", True)
    assert said("EXPOSE") == [str(wanted.port)] == ["7860"]
    assert f":{wanted.port}/_stcore/health" in said("HEALTHCHECK")[0]
    assert said("VOLUME") == ["/data"]


def test_what_the_container_copies_is_there() -> None:
    for line in said("COPY"):
        assert (ROOT / line.split()[0]).exists(), line
    left = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert not {"core", "dashboard", "pages", "assets", "docs", "README.md", "LICENSE"} & {*left}


def test_the_devcontainer_is_built_from_the_same_file() -> None:
    folder = ROOT / ".devcontainer"
    about = json.loads((folder / "devcontainer.json").read_text(encoding="utf-8"))
    assert (folder / about["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert about["remoteUser"] == said("USER")[0]
    wanted = command._parser().parse_args(about["postAttachCommand"].split()[1:])
    assert about["forwardPorts"] == [wanted.port]


def test_the_compose_file_starts_the_container() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", SERVING, re.DOTALL)
    service = yaml.safe_load(text)["services"]["unrolled"]
    assert service["build"] == "."
    assert service["ports"][0].endswith(f":{said('EXPOSE')[0]}")
    assert service["volumes"][0].endswith(f":{said('VOLUME')[0]}")
    assert "--port 7860" in service["command"]


@pytest.mark.parametrize("page", ["README.md", "docs/deploy.md", "docs/serving.md"])
def test_every_command_named_has_these_options(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = re.findall(
        r"(?:^|`|ExecStart=\S*/|command: |uvx )unrolled((?: +(?:--?)?[\w./*:%-]+)*)", text, re.M
    )
    wanted = [shlex.split(line) for line in lines if "--" in line and "--help" not in line]
    assert wanted
    for words in wanted:
        if words[0] in command.COMMANDS:
            continue
        command._parser().parse_args([word.replace("%i", "8501") for word in words if word != "…"])


def test_jupyter_starts_the_dashboard_below_its_own_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    tile = jupyter.launcher()
    words = [w.format(port=4711, base_url="/user/ada/") for w in tile["command"]]
    wanted = command._parser().parse_args(words[words.index("dashboard.command") + 1 :])
    assert (wanted.port, wanted.path, wanted.name) == (4711, "/user/ada/unrolled", [])
    assert wanted.host == "127.0.0.1"
    assert "/user/ada/unrolled" in command.server_options(wanted, 4711)
    assert tile["timeout"] == 60
    assert Path(tile["launcher_entry"]["icon_path"]).is_file()
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    assert jupyter.launcher()["command"][-2:] == ["--name", "*"]


def test_only_one_module_knows_where_the_shipped_files_lie() -> None:
    """In a package, assets and pages lie elsewhere than in a checkout."""
    know = {
        path.relative_to(ROOT).as_posix()
        for folder in ("core", "dashboard", "pages")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r'/ "(?:assets|pages)"', path.read_text(encoding="utf-8"))
    }
    assert know == {"core/system/folders.py", "dashboard/lessons.py"}


def test_a_package_names_its_own_command() -> None:
    assert typed("data list", installed=True) == "unrolled data list"
    assert typed("data list", installed=False) == "python -m core.data list"
