"""Pictures that were drawn lately are not drawn again."""

import numpy as np

from dashboard.figures import remembered as memory
from dashboard.figures.remembered import remembered


def test_the_same_contents_are_drawn_once_and_others_anew() -> None:
    drawn = []

    @remembered
    def draw(values: object, side: int = 1) -> bytes:
        """How it is drawn."""
        drawn.append((values, side))
        return bytes(f"{values} {side}", "utf-8")

    zero = np.zeros((2, 3), np.float32)
    different = [
        (zero,), (zero + 1,), (zero.T,), (zero.astype(np.float64),), (zero, 2), ([zero, zero],),
        ("1",), (1,), (1.0,), (True,), (None,), (["a", "b"],), (["ab"],),
    ]  # fmt: skip
    first = [draw(*given) for given in different]
    assert len(drawn) == len(different)
    assert [draw(*given) for given in different] == first
    assert draw(np.zeros((3, 2), np.float32).T) == first[0]
    assert len(drawn) == len(different)
    assert draw(zero, side=2) == draw(zero, side=2)
    assert draw.__doc__ == "How it is drawn."


def test_the_oldest_are_forgotten() -> None:
    drawn = []

    @remembered
    def draw(number: int) -> bytes:
        drawn.append(number)
        return b""

    for number in range(memory.KEPT + 1):
        draw(0), draw(number)
    assert len(drawn) == memory.KEPT + 1
    draw(0), draw(1)
    assert drawn[-1] == 1
