"""The machine: doctor, upgrade, app."""

import os
import sys
from pathlib import Path

from rich.table import Table
from rich.text import Text

from evolve import render
from evolve.archive import Archive, shown
from evolve.archive import upgrade as upgrade_archive
from evolve.doctor import examine
from evolve.terminal import say
from sandbox import SandboxUnavailable

APP = Path(__file__).parents[2] / "app.py"
STREAMLIT = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "type",
}


def doctor(archive: str, as_json: bool) -> None:
    """Show what this machine can do.

    Raises:
        SandboxUnavailable: A strict sandbox cannot be had here.
    """
    found = examine(archive)

    def show() -> None:
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for finding in found:
            mark = "[green]ok[/]" if finding.fine else "[red]missing[/]"
            table.add_row(mark, *map(Text, (finding.area, finding.name, finding.detail)))
        render.console().print(table)

    rows = [{"area": one.area, "name": one.name, "ok": one.fine, "detail": one.detail} for one in found]
    say({"findings": rows}, as_json, show)
    closed = next(finding for finding in found if finding.name == "system call filters")
    if not closed.fine:
        raise SandboxUnavailable(closed.detail)


def upgrade(archive: str, as_json: bool) -> None:
    """Bring an archive to today's schema."""
    revision = upgrade_archive(archive)
    say(
        {"archive": shown(archive), "schema": revision},
        as_json,
        lambda: render.console().print(f"{shown(archive)}: schema {revision}", markup=False),
    )


def dashboard(archive: str, port: int, as_json: bool) -> None:
    """Open the dashboard: replaces this process by the server, bound to this machine only."""
    with Archive(archive, read_only=True):
        pass
    url = f"http://127.0.0.1:{port}"
    say(
        {"url": url, "archive": shown(archive)},
        as_json,
        lambda: render.console().print(f"dashboard at {url}", highlight=False),
    )
    sys.stdout.flush()
    if as_json:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the server says is no part of the object
    options = [f"--{name}={value}" for name, value in (STREAMLIT | {"server.port": str(port)}).items()]
    environment = os.environ | {"EVOLVE_ARCHIVE": str(archive)}
    os.execve(sys.executable, [sys.executable, "-m", "streamlit", "run", str(APP), *options], environment)
