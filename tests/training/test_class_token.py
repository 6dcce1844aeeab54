"""The shorter way to a class token's logits has the values and gradients of the whole model."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from core.config.model_config import config_for
from core.models.registry import build
from core.training.tasks.class_token import class_logits

SIZES = {"dim": 16, "attn_dim": 8, "mlp_dim": 16, "num_heads": 2, "num_layers": 3, "nout": 4}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("architecture", ["VisionTransformer", "CompactViT", "SinusoidalViT"])
def test_logits_and_gradients_are_those_of_the_whole_model(architecture, precision):
    torch.manual_seed(0)
    model = build(architecture, config_for(architecture, SIZES)).eval()  # without dropout
    images, labels = torch.randn(6, 3, 32, 32), torch.arange(6) % 4
    found = []
    for logits_of in (lambda: class_logits(model, images), lambda: model(images)[0]):
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            logits = logits_of()
        cross_entropy(logits.float(), labels).backward()
        gradients = {n: p.grad for n, p in model.named_parameters() if p.requires_grad}
        assert all(gradient is not None for gradient in gradients.values())
        found.append({"logits": logits.detach().float(), **gradients})
    few = 1e-5 if precision == "fp32" else 0.02
    for name, value in found[0].items():
        torch.testing.assert_close(value, found[1][name], rtol=few, atol=few, msg=name)
