"""The training loop: a generator of records over any task, resumable at every step.

All randomness of a step comes from (seed, step) and all randomness of an epoch's order from
(seed, epoch), so the weights, the optimiser and the step number are the whole state: a run that
stops at any record and is resumed later reaches the same bits.
"""

import copy
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from core.config.recipe import Recipe, TextRecipe
from core.system.device import seed_everything
from core.training.distributed import LossFunction, loss_function, rank
from core.training.optimizer import make_optimizers
from core.training.records import EpochRecord, Record, StepRecord
from core.training.schedule import learning_rate
from core.training.tasks.subword_embeddings import SubwordEmbeddings
from core.training.tasks.task import Task


class NotFiniteError(ValueError):
    """The loss is NaN or ∞; the message says at which step and what to try."""


@dataclass
class TrainState:
    """Everything that changes while training, and all that a checkpoint must hold."""

    model: nn.Module
    optimizers: list[torch.optim.Optimizer]
    ema: nn.Module | None
    step: int = 0
    epoch: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    total: float = 0.0
    count: int = 0
    correct: int = 0
    parameters: list[nn.Parameter] = field(init=False)
    layers: list[str] = field(init=False)

    def __post_init__(self) -> None:
        named = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        self.parameters = [p for _, p in named]
        self.layers = [_layer_label(n) for n, _ in named]

    @property
    def evaluated(self) -> nn.Module:
        """The model that is measured and shown: the moving average if there is one."""
        return self.ema or self.model


def start(model: nn.Module, recipe: Recipe, vocab: Sequence[str] | None = None) -> TrainState:
    """A state at step 0 that trains this model in place; vocab: the V words of a GPT."""
    optimizers = make_optimizers(model, recipe)
    if isinstance(recipe, TextRecipe) and recipe.subword_embeddings:
        assert vocab is not None, "subword embeddings need the vocabulary"
        table = model.get_parameter("token_embed.weight")
        optimizers.insert(
            0, SubwordEmbeddings(table, vocab, recipe.lr, spread=float(table.detach().std()))
        )
    ema = copy.deepcopy(model) if recipe.ema else None
    return TrainState(model, optimizers, ema)


def train(
    state: TrainState, task: Task, recipe: Recipe, seed: int, record_every: int = 10
) -> Iterator[Record]:
    """Train from the step of `state` until recipe.epochs are done; yields records.

    A StepRecord comes every `record_every` steps and an EpochRecord after every epoch. Between two
    records `state` is consistent and may be saved. Errors: NotFiniteError when the loss is NaN or
    ∞.
    """
    steps_per_epoch = len(task.batches(0, _generator(seed, 0)))
    loss_of = loss_function(state.model, task)
    for epoch in range(state.epoch, recipe.epochs):
        done = state.step - epoch * steps_per_epoch
        for batch in task.batches(epoch, _generator(seed, epoch))[done:]:
            began = _clocks()
            lr = learning_rate(recipe, state.step, steps_per_epoch)
            loss, norms = _step(state, loss_of, recipe, batch, epoch, lr, seed + rank())
            _add_time(state, began)
            if state.step % record_every == 0 or state.step == 1:
                share = state.step / steps_per_epoch
                examples = state.step * recipe.batch_size
                clocks = state.seconds, state.cpu_seconds
                total = math.hypot(*norms.values())
                yield StepRecord(state.step, share, loss, lr, total, examples, *clocks, norms)
        yield _finish_epoch(state, task, recipe, epoch)


def _step(
    state: TrainState,
    loss_of: LossFunction,
    recipe: Recipe,
    batch: Tensor,
    epoch: int,
    lr: float,
    seed: int,
) -> tuple[float, dict[str, float]]:
    """One optimiser step; returns the batch's mean loss and the gradient norm of each layer."""
    device = next(state.model.parameters()).device.type
    seed_everything(_mix(seed, state.step), device)
    state.model.train()
    with torch.autocast(device, torch.bfloat16, enabled=recipe.precision == "bf16"):
        step_loss = loss_of(batch, epoch)
    step_loss.mean.backward()
    norms = layer_norms(state)
    length = math.hypot(*norms.values())
    if not math.isfinite(step_loss.total) or not math.isfinite(length):
        raise NotFiniteError(
            f"The loss stopped being a number at step {state.step + 1} (learning rate {lr:.2g}); "
            "try a learning rate ten times smaller."
        )
    if recipe.clip and length > recipe.clip:
        _clip(state, recipe.clip / length)
    for optimizer in state.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = lr * group["lr_scale"]
        optimizer.step()
        optimizer.zero_grad()
    state.step += 1
    state.total += step_loss.total
    state.count += step_loss.count
    state.correct += step_loss.correct
    if state.ema is not None:
        _update_ema(state.ema, state.model, recipe.ema, state.step)
    return step_loss.total / max(1, step_loss.count), norms


def _clip(state: TrainState, factor: float) -> None:
    """Scale the gradient to the norm `clip` (Pascanu et al. 2013, algorithm 1).

    The norm before clipping is recorded.
    """
    torch._foreach_mul_([p.grad for p in state.parameters if p.grad is not None], factor)


def layer_norms(state: TrainState) -> dict[str, float]:
    """The 2-norm of the gradient of the input layers, of each block and of the head.

    The 2-norm of these numbers is that of the whole gradient.
    """
    gradients = [p.grad for p in state.parameters if p.grad is not None]
    squares = torch.stack(torch._foreach_norm(gradients)).double().square().tolist()
    sums: dict[str, float] = {}
    labels = [n for n, p in zip(state.layers, state.parameters, strict=True) if p.grad is not None]
    for label, square in zip(labels, squares, strict=True):
        sums[label] = sums.get(label, 0.0) + square
    return {label: math.sqrt(value) for label, value in sums.items()}


def _layer_label(name: str) -> str:
    """ "transformer.layers.2.attn.qkv.weight" -> "block 3", "token_embed.weight" -> "input"."""
    first, *rest = name.split(".")
    if first in ("transformer", "features"):
        number = next((int(part) for part in rest if part.isdecimal()), None)
        if number is not None:
            return f"block {number + 1}" if first == "transformer" else f"layer {number}"
    return "input" if "embed" in first or "token" in first else "head"


@torch.no_grad()
def _update_ema(ema: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """ema ← decay · ema + (1 − decay) · weights, with a smaller decay in the first steps."""
    weight = 1 - min(decay, step / (step + 9))
    torch._foreach_lerp_(list(ema.parameters()), list(model.parameters()), weight)
    for own, current in zip(ema.buffers(), model.buffers(), strict=True):
        own.copy_(current)


def _finish_epoch(state: TrainState, task: Task, recipe: Recipe, epoch: int) -> EpochRecord:
    began = _clocks()
    measures = task.measures(state.total, state.count, state.correct)
    state.total, state.count, state.correct = 0.0, 0, 0
    model = state.evaluated.eval()
    device = next(model.parameters()).device.type
    with (
        torch.inference_mode(),
        torch.autocast(device, torch.bfloat16, enabled=recipe.precision == "bf16"),
    ):
        held_out, text = task.evaluate(model), task.sample(model, epoch)
    state.epoch = epoch + 1
    _add_time(state, began)
    return EpochRecord(
        step=state.step,
        epoch=state.epoch,
        train=measures,
        held_out=held_out,
        text=text,
        examples=state.step * recipe.batch_size,
        seconds=state.seconds,
        cpu_seconds=state.cpu_seconds,
    )


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _add_time(state: TrainState, began: tuple[float, float]) -> None:
    """Wall time, and the CPU time of all threads, which other programs do not lengthen."""
    wall, cpu = _clocks()
    state.seconds += wall - began[0]
    state.cpu_seconds += cpu - began[1]


def _mix(seed: int, index: int) -> int:
    """One seed from two numbers: different pairs, different streams."""
    return (seed * 1_000_003 + index * 7_919 + 12_345) % 2**63


def _generator(seed: int, epoch: int) -> torch.Generator:
    return torch.Generator().manual_seed(_mix(seed, -1 - epoch))
