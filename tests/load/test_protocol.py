"""Streamlit's messages, which are not public, still have the fields that `client.Tab` uses."""

import tomllib

import pytest
from streamlit import config
from streamlit.proto import (
    Alert_pb2,
    BackMsg_pb2,
    ClientState_pb2,
    Delta_pb2,
    Exception_pb2,
    ForwardMsg_pb2,
    NewSession_pb2,
    WidgetStates_pb2,
)

from tests.conftest import ROOT

FIELDS = {
    BackMsg_pb2.BackMsg: "rerun_script",
    ClientState_pb2.ClientState: "query_string page_script_hash page_name fragment_id context_info "
    "cached_message_hashes widget_states",
    ClientState_pb2.ContextInfo: "url timezone",
    WidgetStates_pb2.WidgetStates: "widgets",
    WidgetStates_pb2.WidgetState: "id trigger_value bool_value string_value string_array_value "
    "double_array_value",
    ForwardMsg_pb2.ForwardMsg: "hash metadata new_session navigation delta script_finished "
    "ref_hash",
    ForwardMsg_pb2.ForwardMsgMetadata: "cacheable delta_path",
    NewSession_pb2.NewSession: "initialize",
    NewSession_pb2.Initialize: "session_id",
    Delta_pb2.Delta: "new_element fragment_id",
    Exception_pb2.Exception: "type message stack_trace",
    Alert_pb2.Alert: "format body",
}
ENDINGS = (
    "FINISHED_SUCCESSFULLY",
    "FINISHED_FRAGMENT_RUN_SUCCESSFULLY",
    "FINISHED_WITH_COMPILE_ERROR",
)


@pytest.mark.parametrize("message", FIELDS, ids=lambda message: message.__name__)
def test_a_message_has_the_fields_that_the_client_uses(message: type) -> None:
    gone = set(FIELDS[message].split()) - set(message.DESCRIPTOR.fields_by_name)
    assert not gone, f"{message.__name__} has no {', '.join(sorted(gone))} any more"


def test_a_script_ends_in_the_ways_that_the_client_knows() -> None:
    known = ForwardMsg_pb2.ForwardMsg.DESCRIPTOR.enum_types_by_name["ScriptFinishedStatus"]
    assert set(ENDINGS) <= set(known.values_by_name)


def test_streamlit_knows_every_option_that_we_set() -> None:
    """A renamed one, such as postScriptGC, would only be warned about in the server's log."""
    text = (ROOT / "dashboard" / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    for section in ("server", "browser", "client", "runner"):
        gone = set(tomllib.loads(text)[section]) - set(config.get_options_for_section(section))
        assert not gone, f"[{section}] has no {', '.join(sorted(gone))} any more"
