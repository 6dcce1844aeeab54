"""What interprets a model holds for real ones too: grouped heads, rotations, RMSNorm, no biases."""

from pathlib import Path

import pytest
import torch

from core.interpret.direct import direct_logits
from core.interpret.head_metrics import removal_effects, surprise
from core.interpret.head_steps import head_steps
from core.interpret.logit_lens import lens_probability, lens_words, logit_lens
from core.interpret.trace import Edit, Trace, trace
from core.models import load_model
from core.models.pretrained.rotary import RotaryAttention, rotate
from tests.models.pretrained.stored import write

FAMILIES = ("LlamaForCausalLM", "Qwen2ForCausalLM", "GPT2LMHeadModel")
IDS = torch.tensor([[5, 90, 17, 5, 90, 200, 33]])


@pytest.fixture(params=FAMILIES)
def model(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    write("tiny", request.param)
    return load_model("tiny").model


def traced(model: torch.nn.Module) -> Trace:
    found = trace(model, IDS)
    with torch.no_grad():
        logits, alphas = model(IDS, return_attn=True)
    assert found.logits.equal(logits)
    assert (found.attention - alphas).abs().max() < 1e-6
    return found


def test_direct_contributions_add_up_to_the_logit(model) -> None:
    seen = traced(model)
    words = [3, 70, 263]
    parts = direct_logits(model, seen, words)
    total = parts.heads.sum((0, 1)) + parts.embedding + parts.mlps.sum(0) + parts.rest
    assert (total - seen.logits[0, -1, words]).abs().max() < 1e-4
    assert (parts.lens[-1] - seen.logits[0, -1, words]).abs().max() < 1e-5


def test_steps_of_a_head_lead_to_its_weights_and_to_the_stream(model) -> None:
    seen = traced(model)
    for head in range(model.transformer.layers[0].attn.num_heads):
        of = {step.name: step for step in head_steps(model, seen, 1, head)}
        assert (of["alpha"].value - seen.attention[0, 1, head]).abs().max() < 1e-6
        attn, x = model.transformer.layers[1].attn, of["x"].value
        groups = getattr(attn, "num_kv_heads", attn.num_heads)
        group = head * groups // attn.num_heads
        blocks = {"q": head, "k": attn.num_heads + group, "v": attn.num_heads + groups + group}
        rows = attn.qkv(x).unflatten(-1, (-1, attn.n_hidden)).detach()
        for name, block in blocks.items():
            made = rows[:, block]
            if isinstance(attn, RotaryAttention) and name != "v":
                made = rotate(made, *attn.rotation.angles(0, len(x), attn.n_hidden))
            assert (made - of[name].value).abs().max() < 1e-5


def test_steps_say_what_this_model_computes(model) -> None:
    of = {step.name: step for step in head_steps(model, traced(model), 0, 1)}
    attn = model.transformer.layers[0].attn
    assert ("b_Q" in of["q"].formula) == (attn.qkv.bias is not None) == ("b_Q" in of["q"].code)
    assert ("R_t" in of["k"].formula) == isinstance(attn, RotaryAttention)
    assert "R_t" not in of["v"].formula
    norm = "RMSNorm" if isinstance(attn, RotaryAttention) else "LayerNorm"
    assert norm in of["x"].formula
    groups = getattr(attn, "num_kv_heads", attn.num_heads)
    shared = {2: "Keys, shared by heads 1 to 3", 3: "Keys, shared by heads 1 to 2", 5: "Keys"}
    assert of["k"].title == shared[groups]


def test_removing_heads_layer_by_layer_is_removing_each(model) -> None:
    seen = traced(model)
    intact = surprise(model, seen.logits, IDS, 0)
    for layer, row in enumerate(removal_effects(model, IDS, 0, at_once=4)):
        for head, effect in enumerate(row.tolist()):
            off = trace(model, IDS, Edit(off=frozenset({(layer, head)}))).logits
            lost = float(surprise(model, off, IDS, 0) - intact)
            assert effect == pytest.approx(lost, abs=2e-5)


def test_the_lens_in_one_pass_is_the_lens(model) -> None:
    seen = traced(model)
    best, final = lens_words(model, seen.stream)
    _, ids = logit_lens(model, seen.stream, top=1)
    assert best.equal(ids[..., 0])
    expected = lens_probability(model, seen.stream, ids[:, -1, :, 0])
    assert (final - expected).abs().max() < 1e-5
