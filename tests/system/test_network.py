"""This machine's address in its network."""

import ipaddress
import socket

from core.system.network import lan_address


def test_the_address_is_one_of_the_network_or_none() -> None:
    address = lan_address()
    assert address is None or not ipaddress.ip_address(address).is_loopback


def test_without_a_network_there_is_no_address(monkeypatch) -> None:
    def unreachable(self, address):
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    assert lan_address() is None
