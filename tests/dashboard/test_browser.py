import io
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from PIL import Image

from evolve.archive import Archive
from tests.dashboard.browser import Page, chromium
from tests.dashboard.conftest import IMAGE, fill, ok

CHROMIUM = shutil.which("chromium")
TABLE = "!!document.querySelector('[data-testid=\"stDataFrame\"] canvas')"
CHART = "!!document.querySelector('[data-testid=\"stVegaLiteChart\"] :is(svg, canvas)')"
LAUNCH = "import sys; from evolve.cli import main; main()"
HEADER, ROW = 35, 35
HOSTILE = f"{IMAGE} <img src=http://198.51.100.1/y.png onerror=alert(1)> <script>alert(1)</script>"
HOSTILE_NAME = f"run {IMAGE}"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(archive: str, folder: Path) -> Iterator[str]:
    """Provide the address of a dashboard that was started from another folder, as users do."""
    port = free_port()
    command = [sys.executable, "-c", LAUNCH, "app", "--archive", archive, "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("w") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process:
        try:
            end = time.monotonic() + 60
            while not ready(address):
                assert time.monotonic() < end, (folder / "log").read_text()
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()


def ready(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/_stcore/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive(str(tmp_path_factory.mktemp("archive") / "a.db")) as opened:
        for name, text in (("alpha", "join p to q"), ("beta", "join p to q"), (HOSTILE_NAME, HOSTILE)):
            fill(opened, name, text)
        yield opened


@pytest.fixture(scope="module")
def address(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(archive.url, tmp_path_factory.mktemp("served")) as found:
        yield found


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(str(CHROMIUM), tmp_path_factory.mktemp("profile")) as page:
        yield page


def picture(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.picture())).convert("RGB")


def check_harmless(page: Page, address: str) -> None:
    """Check that nothing was asked for elsewhere and no script failed."""
    asked = [request for request in page.requests if request.startswith(("http:", "https:"))]
    assert asked
    assert {urlsplit(request).netloc for request in asked} == {urlsplit(address).netloc}
    assert page.failures == []


def test_every_page_is_drawn_in_both_themes_and_asks_for_nothing_elsewhere(address: str, tab: Page) -> None:
    # Text that each page shows, and what else must be there before it is complete.
    pages = {
        "/": ("Click on a run", TABLE),
        "/run?run=alpha": ("Under way", f"{TABLE} && {CHART}"),
        "/candidate?run=alpha&candidate=3": ("better on 1", CHART),
    }
    for theme, background in (("dark", (20, 23, 28)), ("light", (255, 255, 255))):
        tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        for path, (text, drawn) in pages.items():
            tab.open(address + path, text)
            tab.wait(drawn)
            image = picture(tab)
            counts = sorted(image.getcolors(1 << 24), reverse=True)
            assert counts[0][1] == background, path
            assert len(counts) > 20, path
            assert sum(count for count, _ in counts[1:]) > 0.02 * image.width * image.height, path
    check_harmless(tab, address)


def test_a_click_on_a_row_opens_the_run_and_then_the_candidate(archive: Archive, address: str, tab: Page) -> None:
    tab.open(address, "Click on a run")
    click_row(tab, len(archive.runs()) - 1)  # the oldest comes last
    tab.wait("location.search === '?run=alpha'")
    tab.wait("document.body.innerText.includes('Click on one to open it')")
    tab.wait(CHART)
    click_row(tab, 2)
    tab.wait("location.pathname === '/candidate'")
    tab.wait("document.body.innerText.includes('the published heuristic FIFO')")
    assert "candidate=0" in tab.run("location.search")
    check_harmless(tab, address)


def click_row(page: Page, row: int) -> None:
    """Click on a row of the last table of the page, when it is drawn and has come to rest."""
    page.wait(TABLE)
    box = "[...document.querySelectorAll('[data-testid=\"stDataFrame\"]')].at(-1)"
    page.run(f"{box}.scrollIntoView()")
    place, before = None, ""
    while place is None or before != place:
        before, place = place, page.run(f"JSON.stringify({box}.getBoundingClientRect())")
        time.sleep(0.1)
    corner = json.loads(place)
    page.click(corner["x"] + 100, corner["y"] + HEADER + (row + 0.5) * ROW)


def test_what_a_model_wrote_makes_the_browser_fetch_and_run_nothing(address: str, tab: Page) -> None:
    run = quote(HOSTILE_NAME)
    tab.open(address, "Click on a run")
    tab.wait(TABLE)
    for path in (f"/run?run={run}", f"/run?run={quote(HOSTILE)}"):
        tab.open(address + path, "Under way")
        tab.wait(f"{TABLE} && {CHART}")
    for number in ("2", "3", "4", quote(HOSTILE)):
        tab.open(f"{address}/candidate?run={run}&candidate={number}", "All candidates of this run")
        tab.wait("document.body.innerText.includes('198.51.100.1')")
    check_harmless(tab, address)


def test_a_page_follows_its_run_until_it_ends(archive: Archive, address: str, tab: Page) -> None:
    run = fill(archive, "going")
    archive.begin(run)
    figure = "[...document.querySelectorAll('[data-testid=\"stMetric\"]')].map(each => each.innerText).join()"
    tab.open(f"{address}/run?run=going", "running")
    tab.wait(f"/Judged\\s+5/.test({figure})")
    archive.judge(run, 5, ok(5, 7))
    tab.wait(f"/Judged\\s+6/.test({figure}) && /Best gap on train\\s+6.00 %/.test({figure})")
    tab.wait("document.body.innerText.includes('6 of 6 candidates')")
    archive.log(run, "ended", {"state": "finished"})
    tab.wait("document.body.innerText.includes('finished')")
    check_harmless(tab, address)
