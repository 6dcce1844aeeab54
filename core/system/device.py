"""Which device computes, and with how many threads."""

import torch


def pick_device(name: str = "auto") -> torch.device:
    """ "auto" takes cuda, then mps, then cpu, whichever is there; a name is taken as asked.

    Errors: ValueError when the name is unknown or the device is not on this machine.
    """
    at_hand = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, there in at_hand.items() if there))
    kind = name.split(":")[0]
    if not at_hand.get(kind, False):
        found = ", ".join(k for k, there in at_hand.items() if there)
        raise ValueError(f"There is no device {name!r} on this machine; it has: {found}.")
    return torch.device(name)
