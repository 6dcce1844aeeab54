"""Attacks at full size on a real server under limits of the operating system."""

import sys

import pytest

from tests.hostile.attacks import ATTACKS, MIB, READING, Attack, beside_a_bystander
from tests.hostile.conftest import Served
from tests.hostile.test_server import server_process
from tests.load.client import Tab, health
from tests.load.loop import run

if sys.platform != "linux":
    pytest.skip("only Linux limits another process", allow_module_level=True)

resource = pytest.importorskip("resource")

ADDRESS_SPACE = 8 << 30  # bytes; torch alone maps three of them
LARGEST_FILE = 256 * MIB
PATIENCE = 5.0  # seconds; a successful attack blocks others for minutes or for good


async def visit_all(address: str) -> None:
    """Open every page once, so that an attack is not measured together with imports."""
    for page in ("", "rnn", "study", *READING):
        tab = Tab(address, page)
        await tab.open()
        await tab.close()


@pytest.fixture(scope="module")
def limited(served: Served) -> Served:
    """The dashboard, from now on under limits of memory, file size and open files."""
    pid = server_process(served).pid
    resource.prlimit(pid, resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (1024, 1024))
    run(visit_all(served.address))
    return served


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_makes_nobody_else_wait(attack: Attack, limited: Served) -> None:
    process = server_process(limited)
    before = process.memory_info().rss
    other = run(beside_a_bystander(attack, limited))
    grown = (process.memory_info().rss - before) / MIB
    print(f"{attack.name}: longest wait {max(other.waits):.2f} s, memory {grown:+.0f} MiB")
    assert other.errors == []
    assert max(other.waits) < PATIENCE
    assert grown < attack.memory
    assert run(health(limited.address))
