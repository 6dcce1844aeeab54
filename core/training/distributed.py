"""One training on several processes: each computes a part of every batch, all make the same step.

`torchrun --standalone --local-addr=127.0.0.1 --nproc-per-node=N -m core.train …` starts the
processes (with that address they find each other even where the machine's own name cannot be
resolved); the gradients meet in torch's DistributedDataParallel (Li et al. 2020, "PyTorch
Distributed"). With a batch of C
examples or tokens of which process r has c_r, the loss that each of N processes descends is

    N c_r / C · mean_r        so that DDP's mean over processes is Σ_r sum_r / C,

the mean over the whole batch, as one process alone computes it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from core.training.tasks.task import StepLoss, Task

LossOf = Callable[[Tensor, int], StepLoss]


@dataclass(frozen=True)
class Team:
    """This process among those that train together; rank 0 leads and alone writes files."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def loss_of(self, model: nn.Module, task: Task) -> LossOf:
        """(batch, epoch) -> the loss of the whole batch, of which this process computes a part."""
        if self.size == 1:
            return lambda batch, epoch: task.loss(model, batch, epoch)
        together = DistributedDataParallel(_Loss(model, task))

        def shared(batch: Tensor, epoch: int) -> StepLoss:
            part = batch[self.rank :: self.size]
            if not len(part):
                raise ValueError(f"A batch of {len(batch)} is too small for {self.size} processes.")
            own: StepLoss = together(part, epoch)
            return self._shared(own)

        return shared

    def _shared(self, own: StepLoss) -> StepLoss:
        sums = torch.tensor([own.total, own.count, own.correct], dtype=torch.float64)
        sums = sums.to(own.mean.device)
        dist.all_reduce(sums)
        total, count, correct = sums.tolist()
        scale = self.size * own.count / count
        return StepLoss(own.mean * scale, total, int(count), int(correct))

    def tell(self, value: Any) -> Any:
        """What the leader says, to everybody; also the point where all wait for each other."""
        if self.size == 1:
            return value
        said = [value]
        dist.broadcast_object_list(said, src=0)
        return said[0]


class _Loss(nn.Module):
    """DDP watches a forward pass: here it is the whole way from a batch to its loss."""

    def __init__(self, model: nn.Module, task: Task) -> None:
        super().__init__()
        self.model = model
        self.task = task

    def forward(self, batch: Tensor, epoch: int) -> StepLoss:
        return self.task.loss(self.model, batch, epoch)


ALONE = Team()


@contextmanager
def joined() -> Iterator[Team]:
    """Meet the other processes: over NCCL when there are GPUs, one for each, else over gloo.

    Nobody leaves before all are done: whoever is slowest may still need the connections.
    """
    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if gpu else "gloo")
    try:
        yield Team(dist.get_rank(), dist.get_world_size())
        dist.barrier()
    finally:
        dist.destroy_process_group()
