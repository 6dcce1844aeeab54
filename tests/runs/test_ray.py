"""What is said when the Ray cluster does not do what was asked; the real one: make test-ray."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.runs import control, engines, queue
from core.runs.status import run_status

SPEC = {"kind": "gpt", "data": "grammar", "architecture": "DialogueGPT", "threads": 2}


class Head(BaseHTTPRequestHandler):
    """Answers like the Jobs API; `answers` maps (method, what the path contains) to an answer."""

    def reply(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.asked.append((self.command, self.path, body, self.headers["Authorization"]))
        code, answer = next(
            a for (m, part), a in self.server.answers.items() if (m, part in self.path)
            == (self.command, True)
        )  # fmt: skip
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = reply

    def log_message(self, *args):
        pass


@pytest.fixture
def head(tmp_path, monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Head)
    server.asked, server.answers = [], {("POST", "/api/jobs/"): (200, {"submission_id": "x"})}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    monkeypatch.setenv("UNROLLED_ENGINE", "ray")
    monkeypatch.setenv("UNROLLED_RAY_ADDRESS", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("UNROLLED_RAY_TOKEN", "secret")
    monkeypatch.setattr(queue, "_polled_recently", lambda: False)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_job_requests_its_resources_and_sends_the_token(head):
    run = queue.submit(SPEC)
    method, path, body, token = head.asked[0]
    assert (method, path, token) == ("POST", "/api/jobs/", "Bearer secret")
    assert body["submission_id"].startswith(run.path.name)
    assert body["entrypoint"] == f"python -m core.train --resume {run.path}"
    assert (body["entrypoint_num_cpus"], body["entrypoint_num_gpus"]) == (2, 0.0)
    assert "secret" not in json.dumps(body)
    assert run_status(run).state == "queued"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, b"Unauthorized"), "refuses the token"),
        ((403, b"Forbidden"), "refuses the token"),
        ((500, b"boom " * 100), r"refused \(500\): boom"),
        ((200, b"<html>"), "not a Ray cluster"),
    ],
)
def test_a_refused_submission_fails_with_one_sentence(head, answer, said):
    head.answers[("POST", "/api/jobs/")] = answer
    now = run_status(queue.submit(SPEC))
    assert now.state == "failed"
    assert re.search(said, now.message)


@pytest.mark.parametrize(
    ("status", "state"), [("FAILED", "failed"), ("STOPPED", "cancelled"), ("SUCCEEDED", "lost")]
)
def test_a_job_that_exited_unexpectedly_is_noticed(head, status, state):
    run = queue.submit(SPEC)
    run.set_status("running")  # its process is on another machine: nothing to look for here
    head.answers[("GET", "/api/jobs/")] = (200, {"status": "RUNNING"})
    queue.advance()
    assert run_status(run).state == "running"
    head.answers[("GET", "/api/jobs/")] = (200, {"status": status, "message": "node <b>died</b>"})
    queue.advance()
    assert run_status(run).state == state
    assert "node <b>died</b>" in run_status(run).message
    assert queue.tickets() == []


def test_an_unreachable_cluster_is_reported_and_changes_no_state(head, monkeypatch):
    run = queue.submit(SPEC)
    run.set_status("running")
    address = f"http://127.0.0.1:{head.server_port}"
    monkeypatch.setenv("UNROLLED_RAY_ADDRESS", "http://127.0.0.1:1")
    queue.advance()
    assert run_status(run).state == "running"
    assert "does not answer" in run_status(run).message
    monkeypatch.setenv("UNROLLED_RAY_ADDRESS", address)
    head.answers[("GET", "/api/jobs/")] = (200, {"status": "RUNNING"})
    queue.advance()
    assert "does not answer" not in run_status(run).message


def test_cancel_asks_the_training_first_then_the_cluster(head, monkeypatch):
    run = queue.submit(SPEC)
    head.answers[("GET", "/api/jobs/")] = (200, {"status": "PENDING"})
    head.answers = {("POST", "/stop"): (200, {"stopped": True}), **head.answers}
    queue.cancel(run)
    assert control.requested(run) == "cancel"
    assert not any("/stop" in path for _, path, *_ in head.asked)
    monkeypatch.setattr(control, "TIMEOUT", 0.0)
    queue.advance()
    assert any("/stop" in path for _, path, *_ in head.asked)


def test_an_unknown_engine_is_refused(monkeypatch):
    monkeypatch.setenv("UNROLLED_ENGINE", "slurm")
    with pytest.raises(ValueError, match="UNROLLED_ENGINE must be one of local, ray, none"):
        engines.engine_name()
