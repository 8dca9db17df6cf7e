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
BACKGROUND = "getComputedStyle(document.querySelector('[data-testid=\"stApp\"]')).backgroundColor"
HEADER, ROW = 35, 35
CALLED = "import runpy, sys; assert callable(runpy.run_path(sys.argv[1])['priority'])"
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
def archive(real: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive(str(shutil.copy(real, tmp_path_factory.mktemp("archive") / "a.db"))) as opened:
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
        "/live?run=real": ("Models and operators", f"{TABLE} && {CHART}"),
        "/candidates?run=real": ("30 of 30 candidates", TABLE),
        "/candidate?run=real&candidate=20": ("Wilcoxon", CHART),
        "/lineage?run=real&candidate=20": ("Line of descent", f"{TABLE} && {CHART}"),
        "/map?run=real": ("valid candidates", f"{TABLE} && {CHART}"),
        "/compare?run=alpha&run=beta": ("Best so far over", f"{TABLE} && {CHART}"),
        "/compare?first=real:15&second=real:0": ("Wilcoxon", CHART),
        "/winner?run=real": ("Judge again and export", TABLE),
    }
    themes = {"dark": (20, 23, 28), "light": (255, 255, 255)}
    for path, (text, complete) in pages.items():
        tab.open(address + path, text)
        tab.wait(complete)
        for theme, background in themes.items():
            tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
            tab.wait(f"{BACKGROUND} === 'rgb{background}'")
            tab.wait(complete)
            check_not_blank(picture(tab), background)
    check_harmless(tab, address)


def check_not_blank(image: Image.Image, background: tuple[int, int, int]) -> None:
    counts = sorted(image.getcolors(1 << 24), reverse=True)
    assert counts[0][1] == background
    assert len(counts) > 20
    assert sum(count for count, _ in counts[1:]) > 0.02 * image.width * image.height


def test_a_click_on_a_row_opens_the_run_and_then_the_candidate(archive: Archive, address: str, tab: Page) -> None:
    tab.open(address, "Click on a run")
    click_row(tab, len(archive.runs()) - 2)  # the oldest comes last
    tab.wait("location.search === '?run=alpha'")
    tab.wait(CHART)
    follow(tab, "Candidates")
    tab.wait("document.body.innerText.includes('5 of 5 candidates')")
    click_row(tab, 2)
    tab.wait("location.pathname === '/candidate'")
    tab.wait("document.body.innerText.includes('the published heuristic FIFO')")
    assert "candidate=0" in tab.run("location.search")
    check_harmless(tab, address)


def test_the_way_from_the_runs_leads_to_an_exported_module(
    archive: Archive, address: str, tab: Page, tmp_path: Path
) -> None:
    tab.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    tab.open(address, "Click on a run")
    click_row(tab, len(archive.runs()) - 1)
    tab.wait("location.search === '?run=real'")
    tab.wait("document.body.innerText.includes('Models and operators')")
    follow(tab, "Winner")
    tab.wait("document.body.innerText.includes('chosen on validation')")
    press(tab, "Judge again and export")
    tab.wait("document.body.innerText.includes('it repeats every archived number')", 120)
    press(tab, "Save the module")
    end = time.monotonic() + 30
    while not (found := list(tmp_path.glob("*.py"))):
        assert time.monotonic() < end, "no module was saved"
        time.sleep(0.1)
    (module,) = found
    assert module.name.startswith("real_")
    subprocess.run([sys.executable, "-I", "-c", CALLED, str(module)], check=True, timeout=60)
    check_harmless(tab, address)


def follow(page: Page, label: str) -> None:
    """Click on a link of the navigation."""
    page.wait(f"{element('a', label)} !== undefined")
    page.run(f"{element('a', label)}.click()")


def press(page: Page, label: str) -> None:
    """Click on a button when it is there and can be clicked on."""
    page.wait(f"{element('button', label)}?.disabled === false")
    page.run(f"{element('button', label)}.click()")


def element(kind: str, label: str) -> str:
    """Return JavaScript for the element of a kind whose text ends with a label; its icon comes before that."""
    return f"[...document.querySelectorAll('{kind}')].find(each => each.innerText.trim().endsWith({json.dumps(label)}))"


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
    tab.open(f"{address}/live?run={run}", "Under way")
    tab.wait(f"{TABLE} && {CHART}")
    pages = [f"candidate?run={run}&candidate={number}" for number in ("2", "3", quote(HOSTILE))]
    for path in (*pages, f"winner?run={run}", f"compare?first={run}:3&second={run}:0"):
        tab.open(f"{address}/{path}", "198.51.100.1")
    for page in ("candidates", "map", "lineage"):
        tab.open(f"{address}/{page}?run={run}", "andidate")
        tab.wait(TABLE)
    check_harmless(tab, address)


def test_a_page_follows_its_run_until_it_ends(archive: Archive, address: str, tab: Page) -> None:
    run = fill(archive, "going")
    archive.begin(run)
    figure = "[...document.querySelectorAll('[data-testid=\"stMetric\"]')].map(each => each.innerText).join()"
    tab.open(f"{address}/live?run=going", "running")
    tab.wait(f"/Judged\\s+5/.test({figure})")
    archive.judge(run, 5, ok(5, 7))
    tab.wait(f"/Judged\\s+6/.test({figure}) && /Best gap on train\\s+6.00 %/.test({figure})")
    archive.log(run, "ended", {"state": "finished"})
    tab.wait("document.body.innerText.includes('finished')")
    check_harmless(tab, address)
