"""The benchmark's reference decodes what the models decode, so that a ratio compares like."""

import pytest
import torch

from benchmarks.reference_gpt import greedy, textbook_logits
from benchmarks.rows_decoding import ROWS, p95
from core.decoding.weights import decode_weights
from core.gpt import DialogueGPT
from core.models.compact_gpt import CompactGPT


@pytest.mark.parametrize(
    "model",
    [DialogueGPT(50, 30, 24, 8, 32, 3, 2), CompactGPT(50, 30, 24, 8, 32, 3, 2, 0.1)],
    ids=["DialogueGPT", "CompactGPT"],
)
def test_the_reference_is_the_model(model: DialogueGPT) -> None:
    model.eval()
    weights = decode_weights(model)
    ids = torch.randint(50, (2, 30), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, _ = model(ids)
    torch.testing.assert_close(textbook_logits(weights, ids), expected, atol=1e-5, rtol=1e-5)
    assert torch.equal(greedy(weights, ids[:, :3], 40), model.generate(ids[:, :3], 40))


def test_the_rows_of_decoding_are_all_there() -> None:
    assert {"decode-vs-uncached", "decode-vs-huggingface", "decode-ids-equal"} <= set(ROWS)
    assert p95([float(i) for i in range(100)]) == 95.0
