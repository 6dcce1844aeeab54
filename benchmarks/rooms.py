"""make bench-room: a full lecture room and a poll, into results/rooms.json and BENCHMARKS.md.

300 tabs arrive within a minute and make a change about every 20 seconds for three minutes, beside a
training; all are cut off at once and come back from their links. Then 300 phones answer a poll
within ten seconds. Takes nine minutes. The reference of a row is its bound. With --avx2 torch
computes as on a processor without AVX-512, in a table of its own.
"""

import argparse
import sys
from collections import Counter

from benchmarks.machine import offer_avx2, recorded_as
from benchmarks.measure import Row
from benchmarks.table import record, within
from tests.load import __main__ as lecture, poll
from tests.load.room import Figures, p

TABS, ARRIVE, MINUTES, EVERY = 300, 60, 3, 20  # s, min, s
PHONES, WITHIN = 300, 10  # s


def room_rows(found: Figures) -> list[Row]:
    """Who was lost, how long a view and a change took, and the memory of a tab."""
    grown = (found.memory["full"] - found.memory["before"]) / TABS
    left = found.memory["after"] - found.memory["before"]
    whole = f"{TABS} tabs in {ARRIVE} s, {len(found.changes)} changes in {MINUTES} minutes"
    links = (
        f"all cut off at once, back after {p(found.returns, 95):.1f} s (p95), "
        f"{found.asked - len(found.lost)} of {found.asked} controls as their links say"
    )
    return [
        within("room-dropped", "tabs", 0, [len(found.dropped)], whole),
        within("room-first-view", "s, p95", 5, found.first, "arriving"),
        within("room-change", "s, p95", 1, found.changes, "of three values a control"),
        within("room-not-back", "tabs", 0, [TABS - len(found.returns)], links),
        within("room-memory-session", "MiB", 1, [grown],
               f"after a rehearsal; {left:+.0f} MiB once all have left, kept in caches"),
    ]  # fmt: skip


def poll_rows(counted: Counter[str], taken: list[float]) -> list[Row]:
    """Answers that were lost, and how long a phone waited for the reply."""
    said = f"{PHONES} phones answer within {WITHIN} s"
    return [
        within("poll-lost", "answers", 0, [PHONES - counted.total()], said),
        within("poll-counted-after", "s, p95", WITHIN, taken, f"{said}; last {taken[-1]:.2f} s"),
    ]


def main() -> int:
    top = argparse.ArgumentParser(prog="python -m benchmarks.rooms", description=__doc__)
    offer_avx2(top)
    name, title = recorded_as("rooms", "A full room", top.parse_args().avx2)
    found = lecture.hold(TABS, ARRIVE, MINUTES, EVERY, beside=True)
    print("\n".join([*found.dropped, *found.wrong, *found.lost]))
    rows = room_rows(found) + poll_rows(*poll.hold(PHONES, WITHIN))
    for row in rows:
        print(f"{row['name']:22} {row['product']:8.2f} of {row['reference']}; {row['conditions']}")
    about = (
        "In the room a training ran beside the server, as the dashboard starts one, and the tabs "
        f"themselves on the same cores: busy with the server {found.cores['server']:.2f} cores, "
        f"with the tabs {found.cores['tabs']:.2f}."
    )
    record(name, title, about, rows)
    return 1 if found.dropped or found.wrong or found.lost else 0


if __name__ == "__main__":
    sys.exit(main())
