"""Rates and growing delays, by a clock of the tests; and the table of SECURITY.md."""

import re
import threading

import pytest
import streamlit as st

from core.data import own
from core.runs import queue
from core.study.storage import class_store, classes, database, rooms
from core.study.storage.class_store import WrongPassphrase
from core.system import rate_limits as counting
from core.system.rate_limits import Delays, Rate
from dashboard import limits
from tests.conftest import ROOT


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_rate_allows_so_many_at_once_and_then_one_by_one():
    clock = Clock()
    rate = Rate(10, 600, clock)
    assert [rate.take("a") for _ in range(10)] == [0.0] * 10
    assert rate.take("a") == pytest.approx(60)
    assert rate.take("b") == 0.0, "another visitor is not concerned"
    clock.now += 59
    assert rate.take("a") == pytest.approx(1)
    clock.now += 1
    assert rate.take("a") == 0.0
    assert rate.take("a") == pytest.approx(60)
    clock.now += 10**6
    assert [rate.take("a") == 0 for _ in range(11)] == [True] * 10 + [False], "it does not add up"


def test_what_failed_does_not_count():
    rate = Rate(1, 600, Clock())
    for _ in range(5):
        assert rate.take("a") == 0.0
        rate.give_back("a")
    assert rate.take("a") == 0.0
    assert rate.take("a") > 0


def test_wrong_guesses_wait_twice_as_long_each_time_up_to_the_longest():
    clock = Clock()
    delays = Delays(free=5, longest=300, forget=86400, clock=clock)
    waits = []
    for _ in range(16):
        waits.append(delays.guess("Ada"))
        if waits[-1]:
            clock.now += waits[-1]
            assert delays.guess("Ada") == 0.0
    assert waits[:5] == [0.0] * 5
    assert waits[5:] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_day_of_guessing_tries_fewer_than_300_passphrases():
    clock, tried = Clock(), 0
    delays = Delays(free=5, longest=300, forget=86400, clock=clock)
    end = clock.now + 86400
    while clock.now < end:
        wait = delays.guess("Ada")
        tried += not wait
        clock.now += wait or 0.001
    assert tried < 305


def test_guesses_made_at_the_same_time_do_not_pass_together():
    delays, passed, start = Delays(5, 300, 86400, Clock()), [], threading.Barrier(100)

    def guess():
        start.wait()
        passed.append(delays.guess("Ada") == 0.0)

    threads = [threading.Thread(target=guess) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) <= 6


def test_guesses_are_forgotten_after_a_while_and_by_a_right_one():
    clock = Clock()
    delays = Delays(free=1, longest=300, forget=3600, clock=clock)
    assert [delays.guess("Ada") for _ in range(2)] == [0.0, 1.0]
    delays.right("Ada")
    assert [delays.guess("Ada") for _ in range(2)] == [0.0, 1.0]
    clock.now += 3601
    assert delays.guess("Ada") == 0.0


def test_any_number_of_visitors_takes_bounded_memory():
    rate, delays, tail = Rate(5, 60), Delays(5, 300, 3600), "x" * 2000
    for i in range(50_000):
        rate.take(f"visitor {i}{tail}")
        delays.guess(f"visitor {i}{tail}")
    assert len(rate) == len(delays) == counting.KEYS
    assert max(map(len, [*rate._counts, *delays._counts])) == counting.KEY_LENGTH
    rate.give_back(f"visitor {i}{tail}")
    delays.right(f"visitor {i}{tail}")
    assert rate._counts[f"visitor {i}{tail}"[: counting.KEY_LENGTH]][0] == 5
    assert len(delays) == counting.KEYS - 1


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        (None, "this machine"),
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address" * 50, ("no address" * 5)[:45]),
    ],
)
def test_an_address_is_one_network(monkeypatch, told, counted):
    monkeypatch.setattr(type(st.context), "ip_address", property(lambda _: told))
    assert limits.address() == counted


@pytest.fixture
def visitor(monkeypatch):
    """Who visits: `visitor(address, session)` changes it."""

    def be(address, session):
        monkeypatch.setattr(limits, "address", lambda: address)
        monkeypatch.setattr(limits, "session", lambda: session)

    return be


def attempts(limit, count, what=""):
    """How many of `count` pass."""
    passed = 0
    for _ in range(count):
        try:
            with limits.within(limit, what):
                passed += 1
        except ValueError as error:
            if not re.fullmatch(r".* too often .*: try again in \d+ \w+\.", str(error)):
                raise
    return passed


def test_one_session_and_one_address_have_their_own_limits(visitor):
    visitor("10.0.0.1", "a")
    assert attempts(limits.RUNS, 500) == 10
    passed = 0
    for i in range(100):
        visitor("10.0.0.1", f"session {i}")
        passed += attempts(limits.RUNS, 500)
    assert passed == 50, "60 from the address, with fresh sessions without end"
    visitor("10.0.0.2", "another")
    assert attempts(limits.RUNS, 1) == 1


def test_a_lecture_hall_behind_one_address_votes_and_a_flood_ends(visitor):
    counted = 0
    for i in range(2000):
        visitor("10.0.0.1", f"phone {i}")
        counted += attempts(limits.VOTES, 2, "ABCDE")
        if i == 299:
            assert counted == 300
    assert counted == 500
    assert attempts(limits.VOTES, 1, "FGHJK") == 1, "another room"


def test_five_hundred_visitors_queue_thirty_runs_and_leave_no_other_folder(
    visitor, tmp_path, monkeypatch
):
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    monkeypatch.setenv("UNROLLED_ENGINE", "none")  # they wait; nothing is started
    spec = {"kind": "gpt", "data": "grammar", "architecture": "DialogueGPT"}
    refused = 0
    for i in range(500):
        visitor(f"10.0.{i % 250}.1", f"session {i}")
        try:
            with limits.starting():
                queue.submit(spec)
        except ValueError as error:
            refused += str(error).startswith("30 runs are already waiting: start yours when")
    assert refused == 470
    assert len(list(tmp_path.glob("*/spec.json"))) == queue.waiting() == limits.MAX_WAITING
    queue.cancel(queue.tickets()[0])
    with limits.starting():
        queue.submit(spec)


def test_a_start_that_fails_does_not_count(visitor):
    visitor("10.0.0.1", "a")
    for _ in range(100):
        with pytest.raises(OSError, match="no data"), limits.starting():
            raise OSError("no data")
    with limits.starting():
        pass


def test_passphrases_are_guessed_slowly_by_name_session_and_address(visitor):
    def guess(name, error=WrongPassphrase):
        with limits.guessing(name):
            raise error("no")

    def passed(how_many, name, session="s", address="a"):
        count = 0
        for i in range(how_many):
            visitor(address.format(i), session.format(i))
            try:
                guess(name.format(i))
            except WrongPassphrase:
                count += 1
            except ValueError as error:
                if not re.fullmatch(
                    r"Too many wrong passphrases: try again in \d+ \w+\.", str(error)
                ):
                    raise
        return count

    assert passed(1000, "Ada") <= 6, "one name in one session"
    assert passed(1000, "Bob", "fresh {}", "10.0.0.{}") <= 6, "one name from everywhere"
    assert passed(1000, "name {}", "session", "c") <= 6, "many names in one session"
    assert passed(1000, "names {}", "other {}", "d") <= 32, "many names from one address"


def test_the_right_passphrase_is_not_checked_before_the_delay_is_over(visitor, monkeypatch):
    clock = Clock()
    for delays in (
        limits.GUESSES_OF_A_NAME,
        limits.GUESSES_OF_A_SESSION,
        limits.GUESSES_OF_AN_ADDRESS,
    ):
        monkeypatch.setattr(delays, "_clock", clock)
    visitor("hall", "student")
    for _ in range(5):
        with pytest.raises(WrongPassphrase), limits.guessing("Ada"):
            raise WrongPassphrase("no")
    looked = []
    visitor("elsewhere", "another")
    with pytest.raises(ValueError, match="try again in 1 second"), limits.guessing("Ada"):
        looked.append("lovelace")
    assert looked == []
    clock.now += 1
    with limits.guessing("Ada"):
        looked.append("lovelace")
    with limits.guessing("Ada"):
        looked.append("at once, as the last one was right")
    assert len(looked) == 2


def test_right_passphrases_and_other_errors_leave_no_delay(visitor):
    visitor("hall", "student")
    for _ in range(300):
        with limits.guessing("Ada"):
            pass
    for _ in range(20):
        with pytest.raises(OSError, match="disk"), limits.guessing("Ada"):
            raise OSError("disk")
    for i in range(7):  # four wrong words and then the right one, in a tab of its own each time
        visitor("hall", f"student {i}")
        for _ in range(4):
            with pytest.raises(WrongPassphrase), limits.guessing("Ada"):
                raise WrongPassphrase("no")
        with limits.guessing("Ada"):
            pass


def test_the_documented_limits_are_the_real_ones():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    text = text.split("## Limits")[1].split("\n## ")[0]
    shown = {
        cells[0]: [[int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", c)] for c in cells[1:]]
        for line in text.splitlines()
        if line.startswith("| ") and (cells := [cell.strip() for cell in line.split("|")[1:-1]])
    }

    def rates(limit):
        return [[rate.most, int(rate.seconds // 60)] for rate in (limit.session, limit.address)]

    all_rooms = [rooms.MAX_OPEN, rooms.MAX_ROOMS]
    names = [class_store.MAX_STUDENTS, class_store.MAX_PROGRESS_BYTES]
    delays = [limits.GUESSES_OF_A_SESSION, limits.GUESSES_OF_AN_ADDRESS, limits.GUESSES_OF_A_NAME]
    votes = [[rate.most] for rate in (limits.VOTES.session, limits.VOTES.address)]
    assert shown == {
        "what": [[], [], []],
        "---": [[], [], []],
        "runs started, resumed, forked": [*rates(limits.RUNS), [limits.MAX_WAITING]],
        "runs imported from a zip": [*rates(limits.IMPORTS), []],
        "texts and zips of pictures given on the Train page": [
            *rates(limits.OWN_DATA),
            [own.MAX_STORED // 10**9],
        ],
        "real models looked up or fetched, where that is allowed": [*rates(limits.MODELS), [1]],
        "pictures opened, each decoded once": [*rates(limits.PICTURES), []],
        "rooms opened": [*rates(limits.ROOMS), all_rooms],
        "answers in one room": [*votes, [rooms.MAX_ANSWERS, rooms.MAX_TEXT]],
        "progress saved to or loaded from the server": [*rates(limits.KEEPING), names],
        "wrong passphrases without a delay": [[one.free] for one in delays],
        "longest delay after a wrong passphrase": [[one.longest] for one in delays],
        "classes opened": [*rates(limits.CLASSES), [classes.MAX_CLASSES, classes.DAYS_KEPT]],
        "results handed in to a class, short tests sent": [
            *rates(limits.HAND_INS),
            [classes.MAX_STUDENTS, classes.MAX_HAND_INS, classes.MAX_RESULTS],
        ],
        "size of `rooms.sqlite3` and of `study.sqlite3`": [[], [], [database.MAX_MEGABYTES]],
    }
