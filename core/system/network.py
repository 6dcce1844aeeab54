"""This machine in its network."""

from __future__ import annotations

import socket

_ANYWHERE = ("192.0.2.1", 9)  # an address for examples (RFC 5737)


def lan_address() -> str | None:
    """The address at which others in the network reach this machine; None without a network.

    Nothing is sent: connecting a datagram socket only asks the system for a route.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ANYWHERE)
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith("127.") else address
