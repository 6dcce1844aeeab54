"""The NumPy GPT is the torch GPT: same attention, same probabilities, from the same checkpoint."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from core.config.model_config import ModelConfig, config_for
from core.models import gpt_numpy
from core.models.registry import build

SIZES = {"vocab_size": 19, "max_N": 12, "dim": 16, "attn_dim": 8, "mlp_dim": 24}
SIZES |= {"num_heads": 2, "num_layers": 3}


def write(path: Path, architecture: str, config: ModelConfig, model: torch.nn.Module) -> None:
    data = save({f"model.{name}": tensor.clone() for name, tensor in model.state_dict().items()})
    about = {"architecture": architecture, "config": asdict(config)}
    about["sha256"] = hashlib.sha256(data).hexdigest()
    path.with_suffix(".safetensors").write_bytes(data)
    path.with_suffix(".json").write_text(json.dumps(about), encoding="utf-8")


@pytest.mark.parametrize("architecture", ["DialogueGPT", "CompactGPT"])
def test_numpy_equals_torch(architecture: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = config_for(architecture, SIZES)
    model = build(architecture, config).eval()
    for parameter in model.parameters():  # away from special values such as zero biases
        parameter.data += 0.3 * torch.randn_like(parameter)
    write(tmp_path / "last", architecture, config, model)
    ids = [0, 5, 7, 7, 18, 3]
    with torch.no_grad():
        logits, alphas = model(torch.tensor([ids]), return_attn=True)
    probabilities, maps = gpt_numpy.load(tmp_path / "last")(ids)
    np.testing.assert_allclose(maps, alphas[0], atol=1e-5)
    np.testing.assert_allclose(probabilities, logits[0, -1].softmax(-1), atol=1e-5)
    assert (np.triu(maps, 1) == 0).all(), "no token sees the future"


def test_damage_other_architectures_and_long_texts_are_refused(tmp_path: Path) -> None:
    config = config_for("DialogueGPT", SIZES)
    write(tmp_path / "last", "DialogueGPT", config, build("DialogueGPT", config))
    with pytest.raises(ValueError, match="1 to 12 tokens, not 13"):
        gpt_numpy.load(tmp_path / "last")([0] * 13)
    weights = tmp_path / "last.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ValueError, match="damaged"):
        gpt_numpy.load(tmp_path / "last")
    write(tmp_path / "vit", "VisionTransformer", config, build("DialogueGPT", config))
    with pytest.raises(ValueError, match="is a VisionTransformer, not a dialogue GPT"):
        gpt_numpy.load(tmp_path / "vit")
