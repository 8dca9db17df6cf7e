"""A headless Chromium, driven over its DevTools protocol: just enough to look at a page."""

import base64
import itertools
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


class Page:
    """One tab.

    Attributes:
        requests: Addresses that the tab has asked for.
        failures: Exceptions that its scripts did not catch.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.requests: list[str] = []
        self.failures: list[str] = []
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=60))
            self._note(message)
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        if message.get("method") == "Runtime.exceptionThrown":
            self.failures.append(json.dumps(message["params"]["exceptionDetails"])[:500])

    def run(self, script: str) -> Any:
        """Return the value of an expression of JavaScript."""
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def open(self, address: str, text: str, seconds: float = 60.0) -> None:
        """Open an address and wait until the page shows a text and has come to rest."""
        self.call("Page.navigate", url=address)
        self.wait(f"document.body.innerText.includes({json.dumps(text)})", seconds)
        self.wait('!document.querySelector(\'[data-testid="stStatusWidget"], [data-testid="stSkeleton"]\')', seconds)

    def wait(self, script: str, seconds: float = 60.0) -> None:
        """Wait until an expression of JavaScript is true."""
        end = time.monotonic() + seconds
        while not self.run(script):
            assert time.monotonic() < end, f"{script} did not become true; the page shows: {self.text()}"
            time.sleep(0.1)

    def text(self) -> str:
        """Return the text that the page shows."""
        return str(self.run("document.body.innerText"))

    def click(self, x: float, y: float) -> None:
        """Click on a point of the window."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self) -> bytes:
        """Return what the window shows, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])


@contextmanager
def chromium(program: str, profile: Path, width: int = 1280, height: int = 900) -> Iterator[Page]:
    """Provide a tab of a browser with a new profile, and end the browser afterwards."""
    command = [program, *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"]
    with subprocess.Popen([*command, "--remote-debugging-port=0", "about:blank"], stderr=subprocess.DEVNULL) as process:
        try:
            port = _port(profile / "DevToolsActivePort")
            with connect(
                f"ws://127.0.0.1:{port}{_browser(profile)}", max_size=None, proxy=None, close_timeout=0.1
            ) as browser:
                browser.send(json.dumps({"id": 1, "method": "Target.getTargets"}))
                targets = json.loads(browser.recv(timeout=60))["result"]["targetInfos"]
            tab = next(target["targetId"] for target in targets if target["type"] == "page")
            with connect(
                f"ws://127.0.0.1:{port}/devtools/page/{tab}", max_size=None, proxy=None, close_timeout=0.1
            ) as socket:
                yield Page(socket)
        finally:
            process.terminate()


def _socket(port: int, path: str) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None, close_timeout=0.1)


def _port(file: Path) -> int:
    end = time.monotonic() + 60
    while not file.exists() or len(file.read_text().splitlines()) < 2:
        assert time.monotonic() < end, "the browser did not start"
        time.sleep(0.1)
    return int(file.read_text().splitlines()[0])


def _browser(profile: Path) -> str:
    return (profile / "DevToolsActivePort").read_text().splitlines()[1]
