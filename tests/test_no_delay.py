"""Messages leave at once: also from sockets opened as Streamlit opens its own."""

import socket

from dashboard import no_delay


def test_sockets_that_are_open_and_those_accepted_later_do_not_wait() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        with (
            socket.create_connection(listening.getsockname()),
            listening.accept()[0] as first,
        ):
            assert not first.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            no_delay.send_at_once.clear()  # type: ignore[attr-defined]
            no_delay.send_at_once()
            assert first.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        with (
            socket.create_connection(listening.getsockname()),
            listening.accept()[0] as later,
        ):
            assert later.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
