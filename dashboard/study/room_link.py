"""The link that phones open to join a room, and its QR code."""

from __future__ import annotations

import io
from urllib.parse import SplitResult, urlsplit

import segno
import streamlit as st

from core.system.network import lan_address
from dashboard.components import page

_THIS_COMPUTER = ("localhost", "127.0.0.1", "::1")


def join(query: str) -> None:
    """Draw the QR code and the link by which phones join, such as with ?room=ABCDE."""
    here = urlsplit(st.context.url or "http://localhost/study")
    link, warning = link_for_phones(here, query)
    if warning:
        st.warning(warning, icon=":material/wifi_off:")
    picture = io.BytesIO()
    segno.make(link, error="m").save(picture, kind="png", scale=8, border=3)
    st.caption(f"[{page.escape(link)}]({link})")
    # Below the link: on hover, Streamlit's button for a full screen covers what is above a picture.
    st.image(picture.getvalue(), alt=f"QR code of {link}", width=260)


def link_for_phones(here: SplitResult, query: str) -> tuple[str, str]:
    """The link to show, and a warning if phones cannot open it.

    A browser on the server's own machine knows it as localhost: phones need its address.
    """
    name, link = here.hostname or "", f"{here.scheme}://{here.netloc}{here.path}{query}"
    if name not in _THIS_COMPUTER:
        return link, ""
    address, port = lan_address(), f":{here.port}" if here.port else ""
    if address is None:
        return link, f"Phones cannot join: {name} is this computer, which has no network."
    theirs = f"{here.scheme}://{address}{port}{here.path}{query}"
    answers = {"*", address} & set(st.get_option("server.allowedHosts") or ["*"])
    if st.get_option("server.address") not in _THIS_COMPUTER and answers:
        return theirs, ""
    return link, (
        f"Phones cannot open this link: the address {name} works on this computer only. Start the "
        "dashboard with `make run HOST=0.0.0.0`; SECURITY.md says what this allows. The "
        f"address is then {address}{port}."
    )
