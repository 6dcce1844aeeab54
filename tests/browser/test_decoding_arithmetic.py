"""What a decoding step computes in the browser is what core/decoding/filters.py does."""

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from core.decoding import strategies
from core.models import zoo
from dashboard.components.program import squeezed
from dashboard.decoding.instrument import FIRST, NEAR, UNIT as SENT_UNIT, encode
from dashboard.decoding.instrument.around import NAMED, UNIT, packed, ranks, sketch
from dashboard.models.generation_cache import GeneratedToken
from tests.conftest import ROOT

FOLDER = ROOT / "dashboard/decoding/instrument"
CLOSE, CLOSE_SENT = 1e-6, 1e-3


def sorted_logits(seed: int, count: int) -> torch.Tensor:
    logits = 4 * torch.randn(count, dtype=torch.float64, generator=torch.manual_seed(seed))
    return logits.sort(descending=True).values


def in_browser(blank: Page, expression: str, given: object) -> Any:
    """The value of `expression`, which may use `given`; both travel as text, which is quick."""
    source = (FOLDER / "arithmetic.js").read_text(encoding="utf-8")
    told = blank.evaluate(
        f"() => {{ {source}\n const given = {json.dumps(given)};"
        f"return JSON.stringify({expression}, (key, one) => "
        "ArrayBuffer.isView(one) ? Array.from(one) : one); }"
    )
    return json.loads(told)


@pytest.mark.parametrize("seed", range(3))
def test_distributions_cuts_and_draws_are_the_same(blank: Page, seed: int) -> None:
    logits = sorted_logits(seed, 3000)
    temperatures, cuts, counts = (0.1, 0.7, 1.0, 2.0), (0.01, 0.5, 0.9, 1.0), (1, 40, 5000)
    draws = [*np.random.default_rng(seed).random(20).round(6).tolist(), 0.0]
    hot = {t: strategies.temperature(logits, t) for t in temperatures}
    left = {(t, p): strategies.nucleus(hot[t], p) for t in temperatures for p in cuts}
    sizes = {cut: int((one > -torch.inf).sum()) for cut, one in left.items()}
    found = in_browser(
        blank, """{
          distributions: given.temperatures.map((t) => distribution(given.l, t)),
          cuts: given.cuts.map(([t, p, kept]) => {
            const P = distribution(given.l, t);
            const cut = renormalised(P, kept);
            return [nucleus(P, p), renormalised(P, nucleus(P, p)),
              given.draws.map((u) => tokenAt(cut, u))];
          }),
          counts: given.counts.map((k) => topK(given.l, k)) }""",
        {
            "l": logits.tolist(), "temperatures": temperatures, "counts": counts, "draws": draws,
            "cuts": [[t, p, kept] for (t, p), kept in sizes.items()],
        },
    )  # fmt: skip
    for t, P in zip(temperatures, found["distributions"], strict=True):
        np.testing.assert_allclose(P, strategies.distribution(hot[t]), rtol=CLOSE)
    for cut, (kept, renormalised, at) in zip(left, found["cuts"], strict=True):
        assert kept == sizes[cut]
        np.testing.assert_allclose(renormalised, strategies.distribution(left[cut]), rtol=CLOSE)
        rows = left[cut].expand(len(draws), -1)
        assert at == strategies.token_at(rows, torch.tensor(draws)).tolist()
    for k, kept in zip(counts, found["counts"], strict=True):
        assert kept == int((strategies.top_k(logits, k) > -torch.inf).sum())


def test_the_entropy_is_that_of_a_step(blank: Page) -> None:
    logits = sorted_logits(5, 500)
    step = strategies.Step((1,), logits, strategies.Greedy(), 0, 0.0, None, False)
    found = in_browser(blank, "entropy(distribution(given))", logits.tolist())
    assert found == pytest.approx(step.entropy, rel=CLOSE)
    assert in_browser(blank, "distribution([3, 2, 1], 0)", None) == [1, 0, 0]


def come_back(blank: Page, logits: np.ndarray) -> tuple[np.ndarray, int]:
    """Sorted logits as the browser has them, and the characters that they take."""
    sent = squeezed(encode(logits))
    source = (FOLDER / "step.js").read_text(encoding="utf-8")
    unpack = source[source.index("function unpack") : source.index("const whole = (n)")]
    given = {"count": len(logits), "unit": SENT_UNIT, "first": FIRST}
    found = blank.evaluate(
        f"""() => {{ {unpack}
        const given = {json.dumps(given | {"bytes": list(encode(logits))})};
        return unpack(given.bytes, given).join(); }}"""
    )
    return np.array(found.split(","), dtype=float), len(sent)


@pytest.mark.parametrize("count", [1, 2, 75, 1024, 1200, 1537, 13_456, 49_152])
def test_the_logits_of_a_step_come_back(blank: Page, count: int) -> None:
    logits = sorted_logits(1, count).numpy()
    if count > 2:
        logits[-1] = -np.inf
    found, size = come_back(blank, logits)
    kept = np.isfinite(logits)
    apart = np.abs(found - (logits - logits[0]))[kept]
    assert apart[: FIRST - 1].max() <= SENT_UNIT / 2 + 1e-9
    assert apart.max() <= (NEAR + 1) * SENT_UNIT
    assert size < 7000, "a step is a small message"


@cache
def logits_of_a_step() -> torch.Tensor:
    """Those of the next token of a text, sorted."""
    text = "KING:\nGood queen, where are the rings"
    loaded = zoo.load_model(zoo.find_model("gpt-shakespeare"))
    ids = loaded.tokenizer.ids(text)
    with torch.inference_mode():
        return loaded.model(torch.tensor([ids]))[0][0, -1].double().sort(descending=True).values


@pytest.mark.parametrize("t", [0.1, 0.5, 1.0, 3.0])
def test_the_step_of_a_model_keeps_its_probabilities_cuts_and_words(blank: Page, t: float) -> None:
    logits = logits_of_a_step()
    found, size = come_back(blank, logits.numpy())
    assert size < 4000
    hot, sent = logits / t, torch.from_numpy(found) / t
    exact, twin = strategies.distribution(hot), strategies.distribution(sent)
    named = (exact > 1e-6) & (torch.arange(len(exact)) < FIRST)  # the others have only a rank
    np.testing.assert_allclose(twin[named], exact[named], rtol=CLOSE_SENT)
    np.testing.assert_allclose(twin, exact, rtol=(NEAR + 2) * SENT_UNIT / t, atol=0)
    for p in (0.3, 0.9, 0.99):
        cut, cut_sent = strategies.nucleus(hot, p), strategies.nucleus(sent, p)
        kept, kept_sent = (int((one > -torch.inf).sum()) for one in (cut, cut_sent))
        assert abs(kept - kept_sent) <= max(1, kept // 1000)
        mass = float(exact[:kept].sum())
        assert float(twin[:kept_sent].sum()) == pytest.approx(mass, rel=CLOSE_SENT)
        draws = torch.from_numpy(np.random.default_rng(0).random(200))
        words, others = (  # of the words that are left: the others are never drawn
            strategies.token_at(one[:left].expand(len(draws), -1), draws)
            for one, left in ((cut, kept), (cut_sent, kept_sent))
        )
        apart = (words - others).abs()
        assert (apart[words < FIRST] > 0).double().mean() < 0.01
        assert apart.max() <= 1


def unpacked(blank: Page, data: dict[str, object], count: int) -> list[dict[str, list[float]]]:
    """The steps that around.js makes of what was sent."""
    source = (FOLDER / "around.js").read_text(encoding="utf-8")
    found = blank.evaluate(
        f"""async (given) => {{ {source}
        async function inflated(text) {{
          const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
          return new Uint8Array(await new Response(stream).arrayBuffer());
        }}
        const around = await unpackAround({{ ...given.data, first: 4 }}, given.count);
        return JSON.stringify([4, 5, 6, 7, 8].map((at) => sketched(around, at))
          .map((one) => one && {{ ...one, logits: Array.from(one.logits) }}));
        }}""",
        {"data": data, "count": count},
    )
    return list(json.loads(found))


@pytest.mark.parametrize("count", [2, 75, 13_456])
def test_the_steps_around_come_back_as_sketches(blank: Page, count: int) -> None:
    seeds = torch.manual_seed(3)
    steps = [3 * torch.randn(count, generator=seeds) for _ in range(3)]
    steps[1][0] = -torch.inf
    vocab = [f"word {i}" for i in range(count)]
    taken = [GeneratedToken(int(s.argmin()), -9.0, count, 0.25, False) for s in steps]
    taken[2] = GeneratedToken(1, -1.0, 2, None, True)
    data = packed([sketch(s.numpy()) for s in steps], taken, vocab)
    before, *found, after = unpacked(blank, data, count)
    assert before is None
    assert after is None
    for one, logits, token in zip(found, steps, taken, strict=True):
        order = logits.argsort(descending=True, stable=True)
        assert one["words"] == [vocab[i] for i in order[:NAMED]]
        assert one["takenWord"] == vocab[token.token]
        assert (one["taken"], one["draw"], one["forced"]) == (
            token.rank - 1, token.draw, token.forced,
        )  # fmt: skip
        ordered = logits[order].clip(logits[logits.isfinite()].min()).double().numpy()
        places, at = ranks(count), np.log1p(np.arange(count))
        twin = np.interp(at, at[places], ordered[places] - ordered[0])
        np.testing.assert_allclose(one["logits"], twin, atol=UNIT)
        exact, sketched = (np.exp(x) / np.exp(x).sum() for x in (ordered, np.array(one["logits"])))
        np.testing.assert_allclose(sketched[:NAMED], exact[:NAMED], rtol=0.02)
    assert len(str(data["body"])) < 800
