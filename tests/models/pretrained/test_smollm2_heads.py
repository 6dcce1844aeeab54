"""What the lessons show of SmolLM2 is there: a name is found again, induction, attention sinks."""

import torch

from core.decoding.prompt import read_prompt
from core.first_texts import PROMPTS
from core.interpret.head_metrics import first_token, induction
from core.interpret.trace import trace
from core.models.zoo import LoadedModel
from dashboard.models.gpt_models import REAL_PROMPT
from dashboard.models.real_models import MOST_TOKENS


def test_most_heads_look_at_the_first_token_and_the_answer_is_a_name(smollm2: LoadedModel) -> None:
    prompt = read_prompt(REAL_PROMPT, smollm2.tokenizer, MOST_TOKENS)
    seen = trace(smollm2.model, torch.tensor([prompt.ids]))
    assert seen.attention.shape[1:3] == (30, 9)
    sinks = first_token(seen.attention[0])
    assert (sinks > 0.5).float().mean() > 0.5  # evenly spread it would be 0.15
    best = seen.logits[0, -1].softmax(-1).max(-1)
    assert smollm2.tokenizer.vocab[int(best.indices)] == "·Mary"
    assert best.values > 0.5


def test_a_head_continues_what_was_repeated(smollm2: LoadedModel) -> None:
    scores = induction(smollm2.model, torch.Generator().manual_seed(0))
    assert scores.max() > 0.8
    layer, head = divmod(int(scores.argmax()), 9)
    prompt = read_prompt(PROMPTS["refrain"], smollm2.tokenizer, MOST_TOKENS)
    words = list(prompt.words)
    seen = trace(smollm2.model, torch.tensor([prompt.ids]))
    looked = seen.attention[0, layer, head, -1, words.index("·river")]
    assert words[-1] == "·thorn"
    assert looked > 0.5
    assert smollm2.tokenizer.vocab[int(seen.logits[0, -1].argmax())] == "·river"
