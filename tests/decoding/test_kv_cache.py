"""The lesson's theorem: cached equals uncached, in eager torch and in the compiled kernel."""

import ctypes
import os
import platform
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from core.compiled.build import FLAGS, find_compiler
from core.decoding.cost import bytes_read
from core.decoding.engine import DecodingEngine, ReadTokens, Samples
from core.decoding.kernel import Kernel
from core.decoding.kernel_build import SOURCE, load_kernel
from core.decoding.kv_cache import KVCache, read_tokens
from core.decoding.strategies import (
    Greedy,
    Nucleus,
    Strategy,
    Temperature,
    TopK,
    choose_eagerly,
    generate,
)
from core.decoding.weights import decode_weights
from core.gpt import DialogueGPT
from core.models.compact_gpt import CompactGPT
from core.models.sinusoidal_gpt import SinusoidalGPT

MODELS = {
    "DialogueGPT": lambda: DialogueGPT(97, 40, 24, 8, 40, 3, 2),
    "CompactGPT": lambda: CompactGPT(97, 40, 24, 8, 40, 3, 2, 0.2),
    "SinusoidalGPT": lambda: SinusoidalGPT(97, 40, 24, 8, 40, 3, 2),
    "odd sizes": lambda: DialogueGPT(33, 40, 19, 5, 37, 3, 2),
    "wide heads": lambda: DialogueGPT(64, 40, 32, 35, 16, 1, 1),
}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> DialogueGPT:
    torch.manual_seed(11)
    made: DialogueGPT = MODELS[request.param]().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(1.7)  # far enough from zero that greedy text does not stand still
    return made


@pytest.fixture(scope="session", params=["eager", "native", "haswell", "x86-64"])
def library(request: pytest.FixtureRequest, tmp_path_factory) -> ctypes.CDLL | None:  # type: ignore[no-untyped-def]
    """The kernel as this processor would get it, or one with AVX2, or SSE2 alone; None: eager."""
    kind = request.param
    if kind == "eager":
        return None
    if load_kernel() is None:
        pytest.skip("there is no C++ compiler")
    if kind == "native":
        return load_kernel()
    known = (
        Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    )
    if platform.machine() != "x86_64" or (kind == "haswell" and " avx2 " not in known):
        pytest.skip(f"this processor does not run what is built for {kind}")
    built = tmp_path_factory.mktemp("kernels") / f"{kind}.so"
    command = [str(find_compiler()), *FLAGS, f"-march={kind}", str(SOURCE), "-o", str(built)]
    subprocess.run(command, check=True, capture_output=True)
    return ctypes.CDLL(str(built))


def engine_of(model: DialogueGPT, library: ctypes.CDLL | None) -> DecodingEngine:
    kernel = None if library is None else Kernel(library, decode_weights(model))
    return DecodingEngine(model, kernel)


@pytest.fixture
def engine(library: ctypes.CDLL | None, model: DialogueGPT) -> DecodingEngine:
    return engine_of(model, library)


@pytest.fixture
def read(engine: DecodingEngine) -> ReadTokens:
    return engine.read


def some_ids(model: DialogueGPT, *shape: int) -> Tensor:
    vocab_size = model.token_embed.num_embeddings
    return torch.randint(vocab_size, shape, generator=torch.Generator().manual_seed(3))


@torch.no_grad()
def test_cached_logits_are_those_of_the_whole_text(model: DialogueGPT, read: ReadTokens) -> None:
    ids = some_ids(model, 3, 40)
    expected, _ = model(ids)
    cache = KVCache(model, batch=3)
    torch.testing.assert_close(read(cache, ids[:, :17]), expected[:, 16], atol=1e-4, rtol=0)
    for t in range(17, 40):
        got = read(cache, ids[:, t : t + 1])
        torch.testing.assert_close(got, expected[:, t], atol=1e-4, rtol=0)


def test_cached_greedy_text_is_the_uncached_one_past_the_window_too(
    model: DialogueGPT, engine: DecodingEngine
) -> None:
    prompt = some_ids(model, 1, 5)
    expected = model.generate(prompt, 50)[0].tolist()  # 55 tokens; the model reads 40
    steps = generate(engine, prompt[0].tolist(), Greedy(), 50, torch.Generator())
    assert [step.token for step in steps] == expected[5:]


def test_forgetting_a_few_tokens_and_reading_others(model: DialogueGPT, read: ReadTokens) -> None:
    first, second = some_ids(model, 2, 20)
    cache = KVCache(model)
    read(cache, first[None])
    cache.truncate(8)
    again = read(cache, second[None, 8:])
    mixed = torch.cat([first[:8], second[8:]])[None]
    torch.testing.assert_close(again, read(KVCache(model), mixed), atol=1e-5, rtol=0)


def test_texts_looked_at_in_turn_are_never_read_twice(
    model: DialogueGPT, engine: DecodingEngine
) -> None:
    taken, read = [], engine.read

    def counted(cache: KVCache, ids: Tensor) -> Tensor:
        taken.append(ids.shape[1])
        return read(cache, ids)

    engine.read = counted
    texts = [tuple(ids) for ids in some_ids(model, 3, 20).tolist()]
    for end in (5, 6, 7, 20):
        found = [engine(ids[:end]) for ids in texts]
        found += [engine(ids[:end]) for ids in texts]
    assert taken == [5] * 3 + [1] * 6 + [13] * 3
    torch.testing.assert_close(
        found[1],
        engine.read(KVCache(model), torch.tensor([texts[1]]))[0],
        atol=1e-5,
        rtol=0,
    )
    taken.clear()
    parted = (*texts[0][:12], *texts[1][12:])
    expected = read(KVCache(model), torch.tensor([parted]))[0]
    torch.testing.assert_close(engine(parted), expected, atol=1e-5, rtol=0)
    assert taken == [8]
    engine((*texts[0], 3))
    assert taken == [8, 1]


def test_logits_or_settings_out_of_range_are_refused_in_one_sentence(
    model: DialogueGPT, library: ctypes.CDLL | None
) -> None:
    with torch.no_grad():
        model.head[1].weight[3] = torch.nan
    engine = engine_of(model, library)
    with pytest.raises(ValueError, match="contain NaN"):
        list(engine.generate([0, 5], Nucleus(p=0.9), 3, torch.Generator()))
    strange = engine.generate([0, 5], Temperature(t=0.0), 3, torch.Generator())
    with pytest.raises(ValueError, match="above 0, not 0"):
        list(strange)


def test_one_text_is_continued_many_ways(model: DialogueGPT, read: ReadTokens) -> None:
    prompt, ends = some_ids(model, 1, 9), some_ids(model, 4, 1)
    cache = KVCache(model)
    read(cache, prompt)
    together = read(cache.repeat(4, 9), ends)
    for i in range(4):
        alone = read(KVCache(model), torch.cat([prompt, ends[i : i + 1]], 1))
        torch.testing.assert_close(together[i : i + 1], alone, atol=1e-5, rtol=0)


def test_weights_exact_in_16_bits_are_read_as_such_to_the_same_bits(
    model: DialogueGPT, library: ctypes.CDLL | None
) -> None:
    if library is None or not hasattr(library, "read_tokens_half"):
        pytest.skip("what reads here has no 16 bits")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half())
    weights = decode_weights(model)
    without = SimpleNamespace(
        read_tokens=library.read_tokens, choose_tokens=library.choose_tokens, lanes=library.lanes
    )
    narrow, wide = Kernel(library, weights), Kernel(without, weights)  # type: ignore[arg-type]
    assert (narrow.bits, wide.bits) == (16, 32)
    saved = bytes_read(weights, 9, 32) - bytes_read(weights, 9, 16)
    linear = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    assert saved == 2 * sum(m.weight.numel() for m in linear)
    ids = some_ids(model, 3, 20)
    expected = wide(KVCache(model, batch=3), ids)
    assert torch.equal(narrow(KVCache(model, batch=3), ids), expected)
    with torch.no_grad():
        model.head[1].weight[0, 0] = 1 / 3
    assert Kernel(library, decode_weights(model)).bits == 32


def test_what_does_not_fit_is_refused(model: DialogueGPT, read: ReadTokens) -> None:
    cache = KVCache(model)
    with pytest.raises(ValueError, match="room for 40 more tokens, but 41 were given"):
        read(cache, some_ids(model, 1, 41))
    with pytest.raises(ValueError, match="holds 1 texts, but 2"):
        read(cache, some_ids(model, 2, 3))
    assert cache.length == 0


def test_the_kernel_refuses_ids_outside_the_vocabulary(model: DialogueGPT) -> None:
    library = load_kernel()
    if library is None:
        pytest.skip("there is no C++ compiler")
    weights = decode_weights(model)
    kernel = Kernel(library, weights)
    for wrong in (-1, weights.vocab_size):
        with pytest.raises(ValueError, match=f"but {wrong} was given"):
            kernel(KVCache(model), torch.tensor([[0, wrong]]))


def test_no_step_already_seen_runs_the_model_again(model: DialogueGPT) -> None:
    engine = DecodingEngine.of(model)

    def text(strategy: Greedy | Nucleus | Temperature, seed: int) -> list[int]:
        generator = torch.Generator().manual_seed(seed)
        return [s.token for s in generate(engine, [0, 5], strategy, 20, generator)]

    greedy = text(Greedy(), 0)
    assert engine.runs == 20
    assert text(Greedy(), 9) == greedy
    assert text(Temperature(t=1e-9), 1) == greedy
    assert text(Nucleus(p=1e-9), 2) == greedy
    assert engine.runs == 20
    warm = text(Temperature(t=1.5), 3)
    shared = next(i for i, (a, b) in enumerate(zip(warm, greedy, strict=True)) if a != b)
    assert engine.runs == 20 + 20 - shared - 1


def test_where_there_is_no_compiler_eager_torch_reads(
    model: DialogueGPT, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.decoding.engine.load_kernel", lambda: None)
    assert DecodingEngine.of(model).path == "eager PyTorch"


def test_the_kernel_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_KERNEL", "0")
    monkeypatch.setattr("core.compiled.build._build", lambda *paths: pytest.fail("built"))
    assert load_kernel.__wrapped__() is None


@pytest.mark.skipif(os.name == "nt", reason="a script is no compiler there")
def test_a_broken_compiler_means_no_kernel(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    compiler = tmp_path / "c++"
    compiler.write_text("#!/bin/sh\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CXX", str(compiler))
    assert load_kernel.__wrapped__() is None
    assert not list((tmp_path / "cache").rglob("*.so"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_eager_torch_decodes_on_the_gpu(model: DialogueGPT) -> None:
    ids = some_ids(model, 2, 30)
    expected, _ = model(ids)
    model.cuda()
    cache = KVCache(model, batch=2)
    read_tokens(model, cache, ids[:, :10].cuda())
    for t in range(10, 30):
        logits = read_tokens(model, cache, ids[:, t : t + 1].cuda())
    torch.testing.assert_close(logits.cpu(), expected[:, -1], atol=1e-3, rtol=0)


@pytest.mark.parametrize("scale", [0.1, 1.0, 6.0])
@pytest.mark.parametrize(
    "strategy",
    [
        Temperature(),
        Temperature(t=0.2),
        Temperature(t=4.0),
        Temperature(t=1e-6),
        TopK(k=1),
        TopK(k=30),
        TopK(k=10**9, t=2.0),
        Nucleus(p=0.9),
        Nucleus(p=0.05),
        Nucleus(p=0.999, t=0.7),
        Nucleus(p=1e-9),
        Greedy(),
    ],
    ids=str,
)
def test_the_compiled_choice_is_the_filters_choice(
    strategy: Strategy, scale: float, library: ctypes.CDLL | None
) -> None:
    if library is None:
        pytest.skip("eager is what the compiled choice is held to")
    tiny = DialogueGPT(5, 8, 4, 2, 4, 1, 1)
    choose = Kernel(library, decode_weights(tiny)).choose
    generator = torch.Generator().manual_seed(4)
    for vocab in (1, 15, 16, 77, 3000):
        logits = torch.randn(32, vocab, generator=generator) * scale
        draws = torch.rand(32, generator=generator)
        ids, log_p = choose(strategy, logits, draws)
        expected, expected_log_p = choose_eagerly(strategy, logits, draws)
        differ = ids != expected
        # float32 and float64 may part where a draw meets the border between two tokens
        assert int(differ.sum()) <= 1
        torch.testing.assert_close(log_p[~differ], expected_log_p[~differ], atol=1e-4, rtol=1e-4)


def test_the_compiled_choice_with_ties_infinities_and_bad_settings(
    library: ctypes.CDLL | None,
) -> None:
    if library is None:
        pytest.skip("eager is what the compiled choice is held to")
    tiny = DialogueGPT(5, 8, 4, 2, 4, 1, 1)
    choose = Kernel(library, decode_weights(tiny)).choose
    level, chance = torch.zeros(4, 40), torch.tensor([0.0, 0.3, 0.6, 0.999])
    for strategy in (TopK(k=5), Nucleus(p=0.26), Temperature()):
        assert torch.equal(choose(strategy, level, chance)[0], strategy.choose(level, chance))
    cut = torch.full((1, 40), -torch.inf)
    cut[0, 7] = 3.0
    assert choose(Nucleus(p=0.5), cut, chance[:1])[0].tolist() == [7]
    with pytest.raises(ValueError, match="contain NaN"):
        choose(Temperature(), torch.full((1, 40), torch.nan), chance[:1])
    with pytest.raises(ValueError, match="top-p must lie above 0"):
        choose(Nucleus(p=1.5), level, chance)
    with pytest.raises(ValueError, match="temperature must be"):
        choose(TopK(t=0.0), level, chance)


def test_texts_drawn_at_once_repeat_from_their_seed_and_know_their_probability(
    model: DialogueGPT,
) -> None:
    engine = DecodingEngine.of(model)

    def drawn(seed: int, strategy: Strategy) -> Samples:
        return engine.draw([0, 3, 1], strategy, 20, 6, torch.Generator().manual_seed(seed))

    first, again = drawn(1, Nucleus(p=0.95)), drawn(1, Nucleus(p=0.95))
    assert torch.equal(first.ids, again.ids)
    assert torch.equal(first.log_probability, again.log_probability)
    assert first.ids.shape == (6, 20)
    assert not torch.equal(first.ids, drawn(2, Nucleus(p=0.95)).ids)
    assert len({tuple(text) for text in drawn(1, Temperature(t=1.5)).ids.tolist()}) > 1

    prompt = torch.tensor([[0, 3, 1]])
    with torch.no_grad():
        logits, _ = model(torch.cat([prompt.expand(6, -1), first.ids], 1))
    log_p = logits.log_softmax(-1)[:, 2:-1].gather(-1, first.ids[..., None])[..., 0]
    torch.testing.assert_close(first.log_probability, log_p, atol=1e-3, rtol=1e-3)

    greedy = drawn(3, Greedy()).ids
    assert greedy.tolist() == [model.generate(prompt, 20)[0, 3:].tolist()] * 6


def test_texts_drawn_at_once_end_with_the_window(model: DialogueGPT) -> None:
    samples = DecodingEngine.of(model).draw([0] * 35, Greedy(), 99, 2, torch.Generator())
    assert samples.ids.shape == (2, 6)
    assert samples.ids[0].tolist() == model.generate(torch.tensor([[0] * 35]), 6)[0, 35:].tolist()
