"""Limits for a session, a network address and all visitors together; SECURITY.md has the table.

The counts are kept in this module, not in a cache of Streamlit, which any client may clear. A
lecture hall often has one address, so 300 students behind one can vote and save progress. Addresses
are held in memory only. Errors: ValueError, one sentence that says how long to wait.
"""

import ipaddress
import math
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from core.runs import queue
from core.study.storage.class_store import WrongPassphrase
from core.system.rate_limits import Delays, Rate
from core.system.turns import Turns

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
MAX_WAITING = 30  # runs in the queue, from all visitors together
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Limit:
    """what: the start of the error; how often a session and an address may do it."""

    what: str
    session: Rate
    address: Rate


RUNS = Limit("Runs were started", Rate(10, 10 * MINUTE), Rate(60, 10 * MINUTE))
IMPORTS = Limit("Runs were imported", Rate(10, 10 * MINUTE), Rate(60, 10 * MINUTE))
OWN_DATA = Limit("Data sets were given", Rate(10, 10 * MINUTE), Rate(60, 10 * MINUTE))
MODELS = Limit("Models were looked up or fetched", Rate(20, 10 * MINUTE), Rate(60, 10 * MINUTE))
PICTURES = Limit("Pictures were opened", Rate(60, 10 * MINUTE), Rate(1000, 10 * MINUTE))
ROOMS = Limit("Rooms were opened", Rate(10, HOUR / 2), Rate(30, HOUR / 2))
VOTES = Limit("Answers were sent", Rate(1, DAY), Rate(500, DAY))  # in one room
CLASSES = Limit("Classes were opened", Rate(5, HOUR), Rate(20, HOUR))
HAND_INS = Limit("Results were handed in", Rate(20, 10 * MINUTE), Rate(1000, HOUR))
KEEPING = Limit("Progress was saved or loaded", Rate(20, 10 * MINUTE), Rate(1000, HOUR))

GUESSES_OF_A_NAME = Delays(free=5, longest=5 * MINUTE, forget=DAY)
GUESSES_OF_A_SESSION = Delays(free=5, longest=5 * MINUTE, forget=DAY)
GUESSES_OF_AN_ADDRESS = Delays(free=30, longest=10, forget=HOUR)

FIRST_VIEWS = Turns(places=1, seconds=0.5)

_ONE_START = threading.Lock()


def session() -> str:
    """An id of this session that its browser neither knows nor can change."""
    name: str = st.session_state.setdefault("visitor", secrets.token_hex(8))
    return name


@contextmanager
def first_view() -> Iterator[None]:
    """A session's first view takes turns with those of others; every later run begins at once.

    A first view draws a whole page and its menu. Sixty that are opened at once would keep everybody
    else waiting until all sixty are drawn.
    """
    if "seen" in st.session_state:
        yield
        return
    st.session_state["seen"] = True
    with FIRST_VIEWS.turn():
        yield


def address() -> str:
    """The network address of this session: an IPv4 address, or the /64 network of an IPv6 one.

    Behind a proxy on this machine it is the one the proxy passes on in X-Forwarded-For.
    """
    reported = st.context.ip_address
    if not reported:
        return "this machine"
    try:
        parsed = ipaddress.ip_address(reported.split("%")[0])
    except ValueError:
        return reported[:45]
    if isinstance(parsed, ipaddress.IPv6Address):
        inside = parsed.ipv4_mapped
        return str(inside or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


@contextmanager
def within(limit: Limit, what: str = "") -> Iterator[None]:
    """Count what the block does against a limit; what: a separate count for each such value.

    A block that fails does not count. Errors: ValueError when the limit is exceeded.
    """
    keys = [(limit.session, f"{session()} {what}"), (limit.address, f"{address()} {what}")]
    passed: list[tuple[Rate, str]] = []
    try:
        for rate, key in keys:
            if wait := rate.take(key):
                whose = "in this session" if rate is limit.session else "from your network"
                raise ValueError(f"{limit.what} too often {whose}: try again in {_in_words(wait)}.")
            passed.append((rate, key))
        yield
    except Exception:
        for rate, key in passed:
            rate.give_back(key)
        raise


@contextmanager
def guessing(name: str) -> Iterator[None]:
    """Try a passphrase for a name; a wrong one (WrongPassphrase) makes the next wait longer.

    Errors: ValueError while this name, session or address has to wait.
    """
    tried: list[tuple[Delays, str]] = []

    def undo() -> None:
        for delays, key in tried:
            delays.give_back(key)

    for delays, key in (
        (GUESSES_OF_A_SESSION, session()),
        (GUESSES_OF_AN_ADDRESS, address()),
        (GUESSES_OF_A_NAME, name),
    ):
        if wait := delays.guess(key):
            undo()
            raise ValueError(f"Too many wrong passphrases: try again in {_in_words(wait)}.")
        tried.append((delays, key))
    try:
        yield
    except WrongPassphrase:
        raise
    except Exception:
        undo()
        raise
    undo()
    GUESSES_OF_A_NAME.right(name)


@contextmanager
def starting() -> Iterator[None]:
    """Queue a run from a page. Errors: ValueError when too many are waiting or were started."""
    with _ONE_START, within(RUNS):
        if queue.waiting() >= MAX_WAITING:
            raise ValueError(
                f"{MAX_WAITING} runs are already waiting: start yours when one has finished."
            )
        yield


def models_may_change() -> bool:
    """Whether a page may fetch and remove real models: where only this machine reaches the page.

    UNROLLED_FETCH=1 allows it to every visitor, UNROLLED_FETCH=0 to nobody.
    """
    if setting := os.environ.get("UNROLLED_FETCH"):
        return setting == "1"
    names = set(st.get_option("server.allowedHosts") or ["*"])
    own = THIS_MACHINE | {"this machine"}
    return (names | {st.get_option("server.address") or "*"}) <= THIS_MACHINE and address() in own


def _in_words(seconds: float) -> str:
    if seconds <= 2 * MINUTE:
        rounded = math.ceil(seconds)
        return f"{rounded} second{'' if rounded == 1 else 's'}"
    if seconds <= 2 * HOUR:
        return f"{math.ceil(seconds / MINUTE)} minutes"
    return f"{math.ceil(seconds / HOUR)} hours"
