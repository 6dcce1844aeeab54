"""Messages leave at once.

Streamlit's server opens its socket in a way in which asyncio leaves Nagle's algorithm on: a small
message then waits until the browser has confirmed the one before, which it does after 40 ms.
"""

import os
import socket

import psutil
import streamlit as st


@st.cache_resource(show_spinner=False)
def send_at_once() -> None:
    """Switch it off for the server's sockets: those that are open, and those they will accept."""
    for found in psutil.Process().net_connections("tcp"):
        if found.fd < 0:  # Windows does not tell
            continue
        with socket.socket(fileno=os.dup(found.fd)) as same:
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
