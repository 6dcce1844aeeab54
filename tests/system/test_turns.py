"""Turns: a crowd is served one after the other, and nobody is kept out for long."""

import threading

from core.system.turns import Turns


def test_no_more_than_the_places_at_once():
    turns, lock = Turns(places=2, seconds=60), threading.Lock()
    inside, most, served = 0, 0, 0
    together = threading.Barrier(2)  # two do meet inside

    def visit() -> None:
        nonlocal inside, most, served
        with turns.turn():
            with lock:
                inside += 1
                most = max(most, inside)
            together.wait(timeout=30)
            with lock:
                inside -= 1
                served += 1

    crowd = [threading.Thread(target=visit) for _ in range(20)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(timeout=30)
    assert (served, most) == (20, 2)


def test_who_stays_long_keeps_nobody_waiting():
    turns, done = Turns(places=1, seconds=0.01), threading.Event()
    with turns.turn():
        other = threading.Thread(target=lambda: turns.turn().__enter__() or done.set())
        other.start()
        assert done.wait(timeout=30), "the place is free again although its holder is still inside"
        other.join(timeout=30)


def test_an_error_inside_gives_the_place_back():
    turns = Turns(places=1, seconds=60)
    for _ in range(3):
        try:
            with turns.turn():
                raise KeyError
        except KeyError:
            pass
    with turns.turn():
        pass
