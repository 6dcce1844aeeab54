"""The optimisers: torch's own to the bit, and no compiler is loaded to use them."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.train import optimizer

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("kind", "settings"), [("AdamW", {"fused": True}), ("Muon", {"weight_decay": 0.1})]
)
def test_they_are_those_of_torch_to_the_bit(kind, settings):
    results = []
    for home in (torch.optim, optimizer):
        torch.manual_seed(0)
        weight = torch.nn.Parameter(torch.randn(6, 5))
        used = getattr(home, kind)([{"params": [weight], "lr_scale": 1.0}], lr=0.1, **settings)
        for step in range(4):
            used.zero_grad()
            (weight * weight).sum().backward()
            used.step()
            if step == 1:
                used.load_state_dict(used.state_dict())
        results.append(weight.detach())
    assert torch.equal(*results)


def test_a_training_loads_no_compiler():
    """It would cost a second before the first point of every curve."""
    code = (
        "import sys, torch; from core.train.optimizer import make_optimizers; "
        "from core.train.recipe import ImageRecipe; model = torch.nn.Linear(4, 4); "
        "[first] = make_optimizers(model, ImageRecipe()); "
        "model(torch.ones(1, 4)).sum().backward(); first.step(); "
        "first.zero_grad(); first.load_state_dict(first.state_dict()); "
        "sys.exit('the compiler was loaded' if 'torch._dynamo' in sys.modules else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
