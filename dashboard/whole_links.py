"""A link from one lesson to another sets all that it names.

On the way to another page the browser sends the parameters of the page before, and after them those
of the link. Streamlit drops every one with the name of a control of the page before, also what the
link names, and lessons share such names: `section`, `model`.
"""

from urllib.parse import parse_qs, urlencode

from streamlit.runtime.state.query_params import QueryParams

_dropping = QueryParams.populate_from_query_string


def keeping(link: QueryParams, address: str, pages: set[str] | None = None) -> None:
    """`QueryParams.populate_from_query_string`, but what a link itself names stays.

    pages: where another page is opened, those whose controls keep their parameters.
    """
    sent = parse_qs(address, keep_blank_values=True)
    bound = {key: _after(link.get_all(key), sent[key]) for key in sent if link.is_bound(key)}
    if pages is None or not any(bound.values()):
        return _dropping(link, address, pages)
    for control in list(link._bindings_by_widget):
        link.unbind_widget(control)
    _dropping(link, urlencode(sent | bound, doseq=True))
    link._send_query_param_msg()


def _after(before: list[str], sent: list[str]) -> list[str]:
    """The values that were sent after those of the page before."""
    return sent[len(before) :] if sent[: len(before)] == before else sent


def keep() -> None:
    """From now on, in this process."""
    QueryParams.populate_from_query_string = keeping  # type: ignore[assignment, method-assign]
