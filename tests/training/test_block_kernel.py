"""The compiled block has the values and gradients of torch, and can be done without."""

import copy
import shlex
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from core.compiled.build import find_compiler, load_library
from core.config.model_config import ViTConfig
from core.models.registry import build
from core.training.optimizer import AdamW
from core.training.tasks import block_kernel, class_token
from core.training.tasks.block_kernel import compiled_block, load_block_kernel
from core.transformer import AttentionResidual

SHAPES = {  # B, T, d, n, m, H
    "course": (5, 65, 128, 64, 128, 3),
    "more tokens than a vector": (33, 17, 64, 16, 32, 2),
    "narrow heads": (3, 30, 64, 32, 96, 2),
    "one token": (2, 1, 32, 16, 16, 1),
    "whole vectors": (2, 48, 48, 16, 64, 3),
    "many tokens": (2, 200, 64, 32, 64, 2),
}


def block_of(d: int, n: int, m: int, heads: int) -> AttentionResidual:
    block = AttentionResidual(d, n, m, heads)
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return block


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    if load_block_kernel() is None:
        pytest.skip("there is no C++ compiler")
    monkeypatch.setattr(block_kernel, "FEWEST_NUMBERS", 0)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_gradients_are_those_of_torch(shape: str, threads: int) -> None:
    torch.manual_seed(3)
    B, T, d, n, m, heads = SHAPES[shape]
    block, x = block_of(d, n, m, heads), torch.randn(B, T, d, requires_grad=True)
    above, names = torch.randn(B, T, d), ["x", *(name for name, _ in block.named_parameters())]
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        fast = compiled_block(block, x)
        assert fast is not None
        found = fast(x)
        gradients = torch.autograd.grad(found, [x, *block.parameters()], above)
    finally:
        torch.set_num_threads(before)
    exact = copy.deepcopy(block).double()
    z = x.detach().double().requires_grad_()
    expected = exact(z)[0]
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-5)
    wanted = torch.autograd.grad(expected, [z, *exact.parameters()], above.double())
    for name, ours, theirs in zip(names, gradients, wanted, strict=True):
        few = 1e-5 * float(theirs.abs().max())
        torch.testing.assert_close(ours.double(), theirs, rtol=1e-5, atol=few, msg=name)


@pytest.mark.usefixtures("compiled")
def test_a_step_is_that_of_torch_and_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = build("VisionTransformer", ViTConfig(num_layers=3))
    images, labels = torch.randn(70, 3, 32, 32), torch.arange(70) % 10

    def stepped() -> tuple[float, list[torch.Tensor]]:
        trained = copy.deepcopy(model)
        loss = cross_entropy(class_token.class_logits(trained, images), labels)
        loss.backward()
        gradients = [p.grad.clone() for p in trained.parameters()]  # type: ignore[union-attr]
        AdamW(trained.parameters(), lr=1e-3).step()
        assert all(p.isfinite().all() for p in trained.parameters())
        return float(loss.detach()), gradients

    loss, ours = stepped()
    again = stepped()
    assert loss == again[0]
    assert all(map(torch.equal, ours, again[1]))
    monkeypatch.setattr(class_token, "compiled_block", lambda block, z: None)
    today, theirs = stepped()
    assert loss == pytest.approx(today, rel=1e-5)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("compiled")
def test_it_is_used_only_for_what_it_computes() -> None:
    block, z = block_of(32, 16, 32, 2), torch.randn(2, 9, 32)
    assert compiled_block(block, z) is not None
    assert compiled_block(block, z.double()) is None
    assert compiled_block(block_of(32, 12, 32, 2), z) is None or load_block_kernel().lanes() == 4
    assert compiled_block(block, torch.randn(1, block_kernel.MOST_TOKENS + 1, 32)) is None
    with torch.no_grad():
        assert compiled_block(block, z) is None
    with torch.autocast("cpu", torch.bfloat16):
        assert compiled_block(block, z) is None


def test_without_a_library_torch_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_KERNEL", "0")
    monkeypatch.setattr(block_kernel, "FEWEST_NUMBERS", 0)
    assert load_block_kernel.__wrapped__() is None
    monkeypatch.setattr(block_kernel, "load_block_kernel", load_block_kernel.__wrapped__)
    model = build("VisionTransformer", ViTConfig(num_layers=2))
    images = torch.randn(2, 3, 32, 32)
    assert compiled_block(model.transformer.layers[0], model.embed(images)) is None
    torch.testing.assert_close(
        class_token.class_logits(model, images), model(images)[0], rtol=1e-5, atol=1e-5
    )


def test_a_compiler_without_openmp_builds_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if load_block_kernel() is None:
        pytest.skip("there is no C++ compiler")
    compiler = tmp_path / "c++"
    known = shlex.quote(str(find_compiler()))
    compiler.write_text(
        f'#!/bin/sh\ncase "$*" in *-fopenmp*) exit 1;; esac\nexec {known} "$@"\n', encoding="utf-8"
    )
    compiler.chmod(0o700)
    monkeypatch.setenv("CXX", str(compiler))
    monkeypatch.setattr("core.compiled.build.cache_folder", lambda: tmp_path)
    library = load_library(block_kernel.SOURCE, "-fopenmp")
    assert library is not None
    assert library.lanes() == load_block_kernel().lanes()
