"""Learning to continue dialogues, with next to no computation on padding.

A batch of dialogues is split into micro-batches of similar length, which attend separately; every
other layer processes all of them in one product, and the head and the loss see real targets only.
Summed over tokens this is `DialogueLoss` on the padded batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import torch
from torch import Tensor, nn

from core.config.recipe import TextRecipe
from core.gpt import DialogueGPT
from core.tokenizer import PAD_ID, START_ID, UNK_ID, WordTokenizer
from core.training.tasks.chunked_cross_entropy import chunked_cross_entropy, cross_entropy_per_token
from core.training.tasks.packing import forward_packed
from core.training.tasks.task import StepLoss

MAX_PADDING = 0.08  # share of padding in a micro-batch
MIN_TOKENS = 64  # a smaller micro-batch grows, however much padding that adds


@dataclass(frozen=True)
class Dialogues:
    """ids: (N, T) padded on the right, lengths: (N,) the number of real tokens of each."""

    ids: Tensor
    lengths: Tensor

    @classmethod
    def from_encoded(cls, examples: Sequence[Tensor], max_N: int) -> "Dialogues":
        """examples: the ids of each dialogue, start token first, which are cut to max_N tokens.

        Errors: ValueError when no dialogue has a word.
        """
        cut = [example[:max_N] for example in examples if len(example) > 1]
        if not cut:
            raise ValueError("There is no dialogue with a word in it; give a longer text.")
        ids = nn.utils.rnn.pad_sequence(cut, batch_first=True, padding_value=PAD_ID)
        return cls(ids, torch.tensor([len(example) for example in cut]))


@dataclass(frozen=True)
class DialogueTask:
    """Minimise the mean cross-entropy of the next token; the methods are those of `Task`.

    held_out: the validation or test set, None without one.
    """

    train: Dialogues
    held_out: Dialogues | None
    tokenizer: WordTokenizer
    recipe: TextRecipe

    def batches(self, epoch: int, generator: torch.Generator) -> Sequence[Tensor]:
        """In file order, or (order "length") similar lengths together, batches shuffled."""
        count = len(self.train.lengths)
        if self.recipe.batches == "file":
            return torch.split(torch.arange(count), self.recipe.batch_size)
        shuffled = torch.randperm(count, generator=generator)
        by_length = shuffled[self.train.lengths[shuffled].argsort(stable=True)]
        parts = torch.split(by_length, self.recipe.batch_size)
        return [parts[i] for i in torch.randperm(len(parts), generator=generator)]

    def loss(self, model: nn.Module, batch: Tensor, epoch: int) -> StepLoss:
        """The mean cross-entropy (nats) over the real targets of the batch."""
        assert isinstance(model, DialogueGPT)
        hidden, targets = _hidden_and_targets(model, self.train, batch)
        weight, bias, dtype = _head(model)
        total = chunked_cross_entropy(hidden, weight, bias, targets, dtype)
        return StepLoss(total / len(targets), float(total.detach()), len(targets), 0)

    def measures(self, total: float, count: int, correct: int) -> dict[str, float]:
        """Mean loss (nats a token) and perplexity over the epoch, as measured in training."""
        return {"loss": total / count, "perplexity": exp(min(total / count, 700))}

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Loss and perplexity on the held-out dialogues, without unknown targets."""
        assert isinstance(model, DialogueGPT)
        return evaluate_dialogues(model, self.held_out) if self.held_out else {}

    def sample(self, model: nn.Module, epoch: int) -> str:
        """Ten tokens from the empty prompt, fifty after the last epoch."""
        assert isinstance(model, DialogueGPT)
        number = 50 if epoch + 1 == self.recipe.epochs else 10
        device = next(model.parameters()).device
        ids = torch.tensor([[START_ID]], device=device)
        if self.recipe.temperature == 0:
            return self.tokenizer.decode(model.generate(ids, number)[0, 1:])
        generator = torch.Generator().manual_seed(epoch)
        for _ in range(min(number, model.max_N - 1)):
            scores = model(ids)[0][0, -1].float().cpu() / self.recipe.temperature
            token = torch.multinomial(scores.softmax(-1), 1, generator=generator)
            ids = torch.cat([ids, token[None].to(device)], dim=1)
        return self.tokenizer.decode(ids[0, 1:])


def evaluate_dialogues(model: DialogueGPT, dialogues: Dialogues) -> dict[str, float]:
    """{"loss": nats a token, "perplexity", "tokens", "unknown": share of targets left out}.

    perplexity = exp(mean cross-entropy over targets that are in the vocabulary)
    """
    weight, bias, dtype = _head(model)
    loss, known, seen = 0.0, 0, 0
    for batch in dialogues.lengths.argsort().split(64):
        hidden, targets = _hidden_and_targets(model, dialogues, batch)
        keep = targets != UNK_ID
        loss += float(
            cross_entropy_per_token(hidden[keep], weight, bias, targets[keep], dtype).sum()
        )
        known, seen = known + int(keep.sum()), seen + len(targets)
    mean = loss / max(1, known)
    return {
        "loss": mean,
        "perplexity": exp(min(mean, 700)),
        "tokens": known,
        "unknown": 1 - known / max(1, seen),
    }


def micro_batches(lengths: Tensor) -> list[Tensor]:
    """Split a batch into parts of similar length, each with at most MAX_PADDING of padding.

    lengths: (B,) -> positions within the batch, shortest first.
    """
    order = lengths.argsort(stable=True)
    parts: list[Tensor] = []
    begin, real = 0, 0
    for end, length in enumerate(lengths[order].tolist()):
        padded = length * (end - begin + 1)
        if real >= MIN_TOKENS and padded - real - length > MAX_PADDING * padded:
            parts.append(order[begin:end])
            begin, real = end, 0
        real += length
    return [*parts, order[begin:]]


def _hidden_and_targets(
    model: DialogueGPT, dialogues: Dialogues, batch: Tensor
) -> tuple[Tensor, Tensor]:
    """The normalised residual stream (N, dim) before each of N real targets, and the targets."""
    device = next(model.parameters()).device
    lengths = dialogues.lengths[batch]
    ids = dialogues.ids[batch, : int(lengths.max())].to(device)
    parts = [(rows, int(lengths[rows].max())) for rows in micro_batches(lengths)]
    x = model.embed(ids[:, :-1])
    stream = forward_packed(model.transformer, [x[rows, : longest - 1] for rows, longest in parts])
    targets = torch.cat([ids[rows, 1:longest].flatten() for rows, longest in parts])
    real = torch.cat(
        [(torch.arange(1, longest) < lengths[rows, None]).flatten() for rows, longest in parts]
    ).to(device)
    return model.head[0](stream[real]), targets[real]


def _head(model: DialogueGPT) -> tuple[Tensor, Tensor, torch.dtype]:
    """The head's weight (V, dim), its bias (V,) and the dtype of its products."""
    linear = model.head[1]
    assert isinstance(linear, nn.Linear)
    kind = linear.weight.device.type
    enabled = torch.is_autocast_enabled(kind)
    return linear.weight, linear.bias, torch.get_autocast_dtype(kind) if enabled else torch.float32
