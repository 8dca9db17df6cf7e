"""A server on this machine that speaks the three wire formats, and misbehaves as it is told."""

import json
import socket
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from evolve.llm.base import Prompt, Usage
from evolve.llm.fake import Fake
from evolve.proposers.base import Means
from tests.llm.wires import SHAPES, said

WIRES = {"/v1/responses": "responses", "/v1/chat/completions": "chat", "/v1/messages": "messages"}
ERROR_KINDS = {
    "responses": lambda kind, words: {"error": {"message": words, "type": kind, "code": kind, "param": None}},
    "chat": lambda kind, words: {"error": {"message": words, "type": kind, "code": kind, "param": None}},
    "messages": lambda kind, words: {"type": "error", "error": {"type": kind, "message": words}},
}


@dataclass(frozen=True)
class Act:
    """What the server does with one call.

    Attributes:
        kind: "good", the way in which an answer is bad, or "error" for one with a status.
        echo: Put the caller's key into the words of the error.
        body: Sent as it is, in place of what the kind says.
    """

    kind: str = "good"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    code: str = "some_error"
    words: str = "something is wrong"
    echo: bool = False
    body: bytes | None = None
    content_type: str = "application/json"


@dataclass
class Call:
    """One call that the server has seen."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Server(ThreadingHTTPServer):
    """Listens on loopback while it is used as a context.

    Attributes:
        script: What is done with the first call, the second, ...; the last goes on for ever.
        calls: All calls in the order in which they came.
        bill: What all calls were billed, those included whose answer never arrived.
        most_at_once: The largest number of calls under way at the same time.
        latency: Seconds before each answer.
        greedy: Bill one token for each byte that was sent and the limit for what was written.
        hold: How many calls must be under way before any is answered.
    """

    daemon_threads = True
    request_queue_size = 512
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.changed = threading.Condition()
        self.at_once = 0
        self.closing = threading.Event()
        self.renew()

    def renew(self) -> None:
        """Forget all calls, end those under way, and behave."""
        self.closing.set()
        with self.changed:
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.at_once == 0, 10)
        self.closing = threading.Event()
        self.script: Sequence[Act] = [Act()]
        self.calls: list[Call] = []
        self.bill: list[Usage] = []
        self.most_at_once = 0
        self.latency = 0.0
        self.greedy = False
        self.hold = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def base_url(self, provider: str) -> str:
        return self.address if provider == "anthropic" else f"{self.address}/v1"

    def __enter__(self) -> "Server":
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about callers that went away."""

    def begun(self, call: Call) -> Act:
        with self.changed:
            number = len(self.calls)
            self.calls.append(call)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.most_at_once >= self.hold or self.closing.is_set(), 30)
        self.closing.wait(self.latency)
        return self.script[min(number, len(self.script) - 1)]

    def ended(self) -> None:
        with self.changed:
            self.at_once -= 1
            self.changed.notify_all()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        act = self.server.begun(Call(self.path, headers, sent))
        try:
            self._act(act, WIRES[self.path], sent, headers)
        finally:
            self.server.ended()

    def _act(self, act: Act, wire: str, sent: dict[str, Any], headers: dict[str, str]) -> None:
        if act.kind == "error":
            words = act.words + (f" {headers['authorization']}" if act.echo else "")
            body = act.body if act.body is not None else json.dumps(ERROR_KINDS[wire](act.code, words)).encode()
            self._send(act, body)
            return
        text, usage = self._answer(wire, sent)
        self.server.bill.append(usage)
        if act.kind == "hang":
            self.server.closing.wait(5)
            self.close_connection = True
        elif act.kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif act.kind == "vanish":
            self.close_connection = True
        else:
            shaped = json.dumps(SHAPES[wire](act.kind, text, usage)).encode()
            self._send(act, shaped if act.body is None else act.body, cut=act.kind == "cut")

    def _answer(self, wire: str, sent: dict[str, Any]) -> tuple[str, Usage]:
        system, user = said(wire, sent)
        answer = Fake("good", NO_MEANS)(Prompt(len(self.server.calls), system, user))
        if not self.server.greedy:
            return answer.text, answer.usage
        limit = next(sent[key] for key in ("max_output_tokens", "max_tokens") if key in sent)
        return answer.text, Usage(len((system + user).encode()), limit)

    def _send(self, act: Act, body: bytes, cut: bool = False) -> None:
        self.send_response(act.status)
        for name, value in {"Content-Type": act.content_type, "x-request-id": "req_1", **act.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + 100 * cut))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.close_connection or cut


NO_MEANS: Means = None  # type: ignore[assignment]  # a fake model needs none
