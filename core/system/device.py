"""Which device computes, and with how many threads."""

import os

import torch

from core.system.processor import processor_name


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" is cuda, mps or cpu, the first that this machine has.

    Errors: ValueError when the name is unknown or the device is not on this machine.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    kinds = [kind for kind, is_there in available.items() if is_there]
    if name == "auto":
        return torch.device(kinds[0])
    if name.split(":")[0] not in kinds:
        raise ValueError(
            f"There is no device {name!r} on this machine; choose from {', '.join(kinds)}."
        )
    return torch.device(name)


def use_threads(number: int) -> None:
    """Compute with this many CPU threads from now on; 0 keeps the number torch has chosen.

    It is set in either case: until then, MKL may take fewer threads than torch says.
    """
    torch.set_num_threads(number or torch.get_num_threads())


def seed_everything(seed: int, device: str) -> None:
    """Seed torch's global generators of the CPU and of this type of device.

    Where only the CPU computes, torch.manual_seed would note the seed for three kinds of devices
    that are not there, each with the whole call stack: 0.2 ms, in every step of a training.
    """
    if device == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)


def this_machine() -> str:
    """The machine in words: processor, threads in use, GPU, torch."""
    threads = torch.get_num_threads()
    return _machine(f"{threads} thread{'s' if threads > 1 else ''}")


def whole_machine() -> str:
    """The machine in words: processor, cores, GPU, torch."""
    return _machine(f"{os.cpu_count()} cores")


def _machine(used: str) -> str:
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{processor_name()}, {used}{gpu}, torch {torch.__version__.split('+')[0]}"
