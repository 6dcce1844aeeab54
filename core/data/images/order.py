"""In which order held-out pictures are shown and measured: the same on a page and in a table."""

import numpy as np
from numpy.typing import NDArray

from core.data.images.cifar10 import first_ten

Order = NDArray[np.int64]


def held_out_order(data: str, labels: NDArray[np.int64]) -> tuple[Order, str]:
    """Places of all held-out pictures, and what the first ten are; "" if nothing in particular.

    Shapes begins with one of each class and goes on in order. The others are shuffled, since some
    are sorted by class; CIFAR-10 begins with the ten that the course shows.
    """
    if data == "shapes":
        one_each = np.array([np.flatnonzero(labels == k)[0] for k in np.unique(labels)])
        first = "One picture of each of the ten classes of Shapes."
        return _beginning_with(one_each, np.arange(len(labels))), first
    shuffled = np.random.default_rng(0).permutation(len(labels))
    if data == "cifar10":
        first = "The first ten test pictures of CIFAR-10, the ones the course shows."
        return _beginning_with(first_ten(labels), shuffled), first
    return shuffled, ""


def _beginning_with(first: Order, order: Order) -> Order:
    return np.concatenate([first, order[~np.isin(order, first)]])
