"""python -m tests.load.attacker NAME ADDRESS FOLDER: one attack of tests/hostile/attacks.py, once.

The siege runs it with a low priority, as if on another machine: what opening sixty tabs costs the
attacker must not be taken from the server on a machine of two cores.
"""

import asyncio
import sys
from pathlib import Path

from core.system.processes import lower_priority
from tests.conftest import ROOT
from tests.hostile.attacks import ATTACKS, Attack
from tests.hostile.conftest import Served


async def from_elsewhere(attack: Attack, served: Served) -> None:
    """The attack in a process of low priority. Errors: RuntimeError when it did not end well."""
    command = [sys.executable, "-m", __name__, attack.name, served.address, str(served.folder)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    lower_priority(process.pid)
    if await process.wait():
        raise RuntimeError(f"The attack {attack.name!r} failed on the attacker's side.")


if __name__ == "__main__":
    name, address, folder = sys.argv[1:]
    chosen = next(attack for attack in ATTACKS if attack.name == name)
    asyncio.run(chosen.deed(Served(address, Path(folder))))
