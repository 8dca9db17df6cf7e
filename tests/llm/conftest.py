import os
import socket
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

from evolve.candidate import Cost
from evolve.llm import retry
from evolve.llm.ledger import Ledger
from evolve.proposers.base import Means
from problems import plugins
from tests.llm.server import Server

KEYS = {name: f"secret-{name.lower()}" for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_COMPATIBLE_API_KEY")}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, address or proxy of the user's reaches a test, and no call leaves this machine."""
    for name in os.environ:
        if name.startswith(("OPENAI_", "ANTHROPIC_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        assert self.family == socket.AF_UNIX or address[0] in {"127.0.0.1", "::1"}, f"a call to {address} escaped"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pauses between tries."""
    for name in ("FIRST_PAUSE", "LONGEST_PAUSE", "LONGEST_ASKED"):
        monkeypatch.setattr(retry, name, 0.0)


@pytest.fixture(scope="session")
def running() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.renew()
    return running


MakeMeans = Callable[..., Means]


@pytest.fixture
def means_of(tmp_path: Path) -> MakeMeans:
    def make(usd: float | None = None, tokens: int | None = None, stop: threading.Event | None = None) -> Means:
        stop = stop or threading.Event()
        return Means(stop, Ledger(usd, tokens, Cost(), stop), tmp_path / "letters")

    return make


@pytest.fixture
def means(means_of: MakeMeans) -> Means:
    return means_of()


PROVIDERS = {
    "openai": "evolve.llm.openai:OpenAI",
    "openai-compatible": "evolve.llm.compatible:Compatible",
    "anthropic": "evolve.llm.anthropic:Anthropic",
    "mailbox": "evolve.llm.mailbox:Mailbox",
    "fake": "evolve.llm.fake:Fake",
}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The providers are found whatever the environment that runs the tests was installed from."""
    points = [EntryPoint(name, value, "evolve.llms") for name, value in PROVIDERS.items()]
    monkeypatch.setattr(plugins, "entry_points", lambda **wanted: EntryPoints(points).select(**wanted))
