"""Data-parallel training: every process computes a part of each batch, all make the same step.

`torchrun --standalone --local-addr=127.0.0.1 --nproc-per-node=N -m core.train …` starts the
processes (with that address they find each other even where the machine's own name cannot be
resolved); torch's DistributedDataParallel averages the gradients (Li et al. 2020, "PyTorch
Distributed"). With a batch of C examples or tokens, c_r of them on process r, process r of N
minimises

    N c_r / C · mean_r        so that DDP's mean over processes is Σ_r sum_r / C,

the mean over the whole batch, as a single process computes it. In a single process every function
here works too and communicates with nobody.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from core.training.tasks.task import StepLoss, Task

LossFunction = Callable[[Tensor, int], StepLoss]


def rank() -> int:
    """The number of this process, 0 … world_size() − 1."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_main() -> bool:
    """Whether this is process 0, the only one that writes files."""
    return rank() == 0


def broadcast(value: Any) -> Any:
    """The main process's value, in every process; each waits here for all the others."""
    if world_size() == 1:
        return value
    values = [value]
    dist.broadcast_object_list(values, src=0)
    return values[0]


def loss_function(model: nn.Module, task: Task) -> LossFunction:
    """(batch, epoch) -> the loss of the whole batch, of which this process computes a part.

    The function's error: ValueError for a batch with fewer examples than processes.
    """
    if world_size() == 1:
        return lambda batch, epoch: task.loss(model, batch, epoch)
    parallel = DistributedDataParallel(_Loss(model, task))

    def loss(batch: Tensor, epoch: int) -> StepLoss:
        part = batch[rank() :: world_size()]
        if not len(part):
            raise ValueError(
                f"A batch of {len(batch)} is too small for {world_size()} processes; start fewer "
                "processes or choose a larger batch size."
            )
        return _reduce(parallel(part, epoch))

    return loss


def _reduce(part: StepLoss) -> StepLoss:
    sums = torch.tensor([part.total, part.count, part.correct], dtype=torch.float64)
    sums = sums.to(part.mean.device)
    dist.all_reduce(sums)
    total, count, correct = sums.tolist()
    scale = world_size() * part.count / count
    return StepLoss(part.mean * scale, total, int(count), int(correct))


class _Loss(nn.Module):
    """DDP wraps one forward pass: here the whole computation from a batch to its loss."""

    def __init__(self, model: nn.Module, task: Task) -> None:
        super().__init__()
        self.model = model
        self.task = task

    def forward(self, batch: Tensor, epoch: int) -> StepLoss:
        return self.task.loss(self.model, batch, epoch)


@contextmanager
def process_group() -> Iterator[None]:
    """Connect to the other processes: GPUs over NCCL, one for each process, processors over gloo.

    All leave together: the slowest process may still need the connections.
    Errors: ValueError when this machine has GPUs, but fewer than processes.
    """
    gpus = torch.cuda.device_count()
    if gpus:
        processes = int(os.environ["LOCAL_WORLD_SIZE"])
        if processes > gpus:
            raise ValueError(
                f"{processes} processes need a GPU each and this machine has {gpus}; start with "
                f"--nproc-per-node={gpus}, or set CUDA_VISIBLE_DEVICES= to train on the processor."
            )
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo")
    try:
        yield
        dist.barrier()
    finally:
        dist.destroy_process_group()
