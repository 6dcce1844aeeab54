"""Models on the Runs page: what is here, what a model takes, fetched, cancelled, removed."""

import os
import signal
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.data.locations import drain
from core.models.pretrained import sources, store
from core.models.pretrained.fetching.incoming import incoming
from core.models.pretrained.fetching.needs import needs
from core.models.pretrained.fetching.process import Fetch
from dashboard import limits
from dashboard.training import real_models
from tests.conftest import ROOT
from tests.forks import Forks
from tests.models.pretrained.stored import llama_of_the_hub


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("UNROLLED_FETCH", "1")  # the address of an AppTest is no address
    (tmp_path / "data" / "incoming").mkdir(parents=True)
    return tmp_path / "data"


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "runs.py"), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def finished(app: AppTest) -> AppTest:
    [fetch] = real_models._fetches
    while fetch.running:
        time.sleep(0.1)
    return app.run()


def parts(data: Path) -> list[str]:
    return [path.name for path in (data / "models").glob("*") if ".part-" in path.name]


def test_what_a_model_takes_is_said_before_it_is_fetched_and_removed(data: Path) -> None:
    llama_of_the_hub(data / "incoming" / "Tiny-Llama")
    app = opened(**{"models-from": "incoming folder"})
    press(app, "Check size and licence")
    [said] = [m.value for m in app.markdown if "parameters needs" in m.value]
    count = needs("incoming:Tiny-Llama").parameters
    assert f"{count / 1e6:,.1f} M" in said
    assert "on disk" in said
    assert "memory" in said
    press(app, "Get")
    finished(app)
    assert [s.value for s in app.success] == ["tiny-llama is ready."]
    assert store.entry("tiny-llama") is not None
    shown = app.dataframe[-1].value
    assert list(shown["model"]) == ["tiny-llama"]
    assert list(shown["family"]) == ["LlamaForCausalLM"]
    press(app, "Delete its files")
    assert store.available() == []
    assert not parts(data)


def test_a_model_is_looked_up_and_read_without_torchs_compiler(
    data: Path, with_torch: Forks
) -> None:
    """It would take 2 seconds, in the dashboard and in the process that fetches."""
    llama_of_the_hub(data / "incoming" / "llama")
    code = """
import sys
from core.data.locations import drain
from core.models.pretrained import sources
from core.models.pretrained.fetching.needs import needs
drain(sources.obtain("incoming:llama", "llama"))
assert needs("incoming:llama").parameters > 0
assert not {"torch._dynamo", "sympy"} & sys.modules.keys()
"""
    with_torch.run(code, data, UNROLLED_DATA=str(data))


def test_an_error_of_the_fetch_is_one_sentence_and_nothing_is_left(data: Path) -> None:
    folder = llama_of_the_hub(data / "incoming" / "cut")
    app = opened(**{"models-from": "incoming folder"})
    press(app, "Check size and licence")
    weights = folder / "model.safetensors"
    os.truncate(weights, weights.stat().st_size // 2)
    press(app, "Get")
    finished(app)
    [error] = [e.value for e in app.error]
    assert "incomplete" in error
    assert store.available() == []
    assert not parts(data)
    press(app, "Check size and licence")
    assert "incomplete" in app.error[-1].value


def test_cancelled_while_it_waits_nothing_is_left(data: Path) -> None:
    """It hears the interrupt although a dashboard in the background of a script hears none."""
    from filelock import FileLock

    llama_of_the_hub(data / "incoming" / "slow")
    (data / "models").mkdir()
    with FileLock(data / "models" / ".slow.lock"):
        hears = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            fetch = Fetch("incoming:slow", "slow")
        finally:
            signal.signal(signal.SIGINT, hears)
        while "waiting" not in fetch.progress()[0]:
            assert fetch.running
            time.sleep(0.05)
        (data / "models" / ".get-slow.part-1").mkdir()
        fetch.cancel()
    assert not fetch.running
    assert fetch._process.returncode == 130 or os.name != "posix", "it was killed"
    assert fetch.cancelled
    assert fetch.error() == ""
    assert store.entry("slow") is None
    assert not parts(data)


HOSTILE = [
    "../../etc", "/etc", "/etc/passwd", "..", "a/../../b", "~root", "\0", "", "x" * 500, "a\nb",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_page_reads_no_path(name: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    llama_of_the_hub(data / "a" / "llama")  # a model that a path would find
    monkeypatch.chdir(data)
    for source in (f"incoming:{name}", "hub:a/llama", "incoming:../a/llama", f"hub:{name}"):
        with pytest.raises(ValueError, match=r"^[^\n]{1,300}$"):
            needs(source)
        with pytest.raises(ValueError, match=r"^[^\n]{1,300}$"):
            drain(sources.obtain(source, "real"))
    assert store.available() == []


def test_only_names_of_the_incoming_folder_are_listed(data: Path) -> None:
    for name in ("good", "[b](http://x)", ".hidden", "-x"):
        (data / "incoming" / name.replace("/", "")).mkdir()
    (data / "incoming" / "model.gguf").touch()
    (data / "incoming" / "notes.txt").touch()
    assert incoming() == ["good", "model.gguf"]


def test_where_others_reach_the_page_models_stay_as_they_are(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNROLLED_FETCH")
    monkeypatch.setattr(limits, "address", lambda: "this machine")
    options = {"server.address": "127.0.0.1", "server.allowedHosts": ["localhost", "127.0.0.1"]}
    monkeypatch.setattr(limits.st, "get_option", options.get)
    assert limits.models_may_change()
    for name, value in [
        ("server.address", "0.0.0.0"),
        ("server.address", None),
        ("server.allowedHosts", ["localhost", "unrolled.example.org"]),
        ("server.allowedHosts", ["*"]),
        ("server.allowedHosts", []),
    ]:
        with monkeypatch.context() as patch:
            patch.setitem(options, name, value)
            assert not limits.models_may_change()
            patch.setenv("UNROLLED_FETCH", "1")
            assert limits.models_may_change()
    monkeypatch.setattr(limits, "address", lambda: "192.0.2.7")  # as a proxy passes it on
    assert not limits.models_may_change()
    monkeypatch.setenv("UNROLLED_FETCH", "0")
    app = opened()
    assert not [e.label for e in app.expander if e.label == "Get a model"]
    assert any("UNROLLED_FETCH" in caption.value for caption in app.caption)


def test_the_hub_says_what_a_model_takes(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace as Values

    folder = llama_of_the_hub(data / "hub")
    sizes = {"config.json": 700, "model.safetensors": 90_000, "pytorch_model.bin": 10**9}
    about = Values(
        siblings=[Values(rfilename=name, size=size) for name, size in sizes.items()],
        card_data={"license": "**mit**"},
    )
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", lambda *_, **__: about)
    monkeypatch.setattr(
        "huggingface_hub.hf_hub_download", lambda *_, local_dir: str(folder / "config.json")
    )
    took = needs("hub:somebody/llama")
    assert (took.download, took.disk) == (90_700, 90_000)
    assert took.memory == 4 * took.parameters
    assert r"\*\*mit\*\*" in real_models._in_words(took)
    about.siblings = about.siblings[2:]
    with pytest.raises(ValueError, match="safetensors"):
        needs("hub:somebody/pickles")
