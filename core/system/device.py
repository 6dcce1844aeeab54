"""Which device computes, and with how many threads."""

import torch


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
