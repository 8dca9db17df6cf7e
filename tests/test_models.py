"""Real processes, whose models are a server on this machine: money, keys, signals, and answers that survive a kill."""

import json
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evolve.archive import Archive, RunState
from evolve.llm.base import Usage
from tests.llm.server import Act, Handler, Server
from tests.llm.wires import chat, said

KEY = "sk-never-to-be-seen-0123456789"
RECIPE = """
name = "models"
seed = 4
width = 8
[problem]
kind = "jobshop"
families = ["uniform"]
sizes = ["6x6"]
sets = ["FT"]
[proposer]
kind = "llm"
max_output_tokens = 1000
[evaluator]
workers = 2
"""
PRICES = '{"openai-compatible:m" = {input = 1.0, output = 4.0}}'


class Stamping(Server):
    """Writes a stamp into every answer, and notes when it was sent to whom."""

    def __init__(self) -> None:
        super().__init__()
        self.RequestHandlerClass = Stamper
        self.sent: dict[str, tuple[int, float]] = {}


class Stamper(Handler):
    server: Stamping

    def _answer(self, wire: str, sent: dict[str, Any]) -> tuple[str, Usage]:
        text, usage = super()._answer(wire, sent)
        number = re.search(r"\(candidate (\d+)\)", said(wire, sent)[1])
        assert number is not None
        self.number, self.stamp = int(number[1]), f"stamp-{random.getrandbits(64):016x}"
        return f"{self.stamp}\n\n{text}", usage

    def _send(self, act: Act, body: bytes, cut: bool = False) -> None:
        super()._send(act, body, cut)
        if act.kind == "good":
            self.server.sent[self.stamp] = (self.number, time.monotonic())


@pytest.fixture
def server() -> Iterator[Stamping]:
    with Stamping() as server:
        yield server


class Run:
    """The command line on a recipe and an archive of its own."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder, self.server = folder, server
        self.archive, self.recipe = folder / "a.db", folder / "models.toml"
        self.recipe.write_text(RECIPE)
        self.said = ""

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        begin = ["resume"] if self.archive.exists() else ["run", str(self.recipe), "-m", "openai-compatible:m"]
        command = [sys.executable, "-m", "evolve", *begin, "--archive", str(self.archive), "--progress", "jsonl"]
        command += ["--json", "--set", f'proposer.base_url="{self.server.base_url("openai-compatible")}"', *arguments]
        environment = {"PATH": "/usr/bin:/bin", "OPENAI_COMPATIBLE_API_KEY": KEY, "HOME": str(self.folder)}
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder
        )

    def finish(self, *arguments: str, code: int = 0) -> str:
        process = self.start(*arguments)
        out, errors = process.communicate(timeout=240)
        self.said += out + errors
        assert process.returncode == code, errors
        return errors

    def candidates(self) -> dict[int, Any]:
        with Archive(str(self.archive), read_only=True) as store:
            return {n: each for n, each in store.candidates(store.run("models")).items() if each.by_model}

    def state(self) -> RunState:
        with Archive(str(self.archive), read_only=True) as store:
            return store.state(store.run("models"))


@pytest.fixture
def run(tmp_path: Path, server: Stamping) -> Run:
    return Run(tmp_path, server)


def stamps(run: Run) -> list[str]:
    return re.findall(r"stamp-[0-9a-f]{16}", "".join(each.transcript for each in run.candidates().values()))


def test_a_run_ends_after_the_calls_it_may_make_and_shows_no_key_anywhere(run: Run, server: Stamping) -> None:
    server.script = [Act("error", 500, words=f"your key {KEY} met a bug", echo=True), Act()]
    run.finish("--max-calls", "20")
    assert len(server.sent) == len(run.candidates()) == 20
    assert sorted(stamps(run)) == sorted(server.sent)
    assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"
    everything = [run.said.encode(), *(path.read_bytes() for path in run.folder.rglob("*") if path.is_file())]
    assert len(everything) > 3
    assert not [one for one in everything if KEY.encode() in one]
    transcript = json.loads(next(iter(run.candidates().values())).transcript)
    assert transcript.keys() >= {"system", "user", "answer", "model", "attempts"}
    with Archive(str(run.archive), read_only=True) as store:
        names = [name for record in store.records(store.run("models")) for name in record.evaluation.per_instance]
    prompts = [json.loads(each.transcript)["user"] for each in run.candidates().values()]
    assert names
    assert not [name for name in {*names, "ft06", "ft10", "ft20"} for prompt in prompts if name in prompt]


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (401, "invalid_api_key", "OPENAI_COMPATIBLE_API_KEY"),  # the key
        (404, "model_not_found", "m"),  # the model
        (429, "insufficient_quota", "top up"),  # the money
    ],
)
def test_a_provider_that_cannot_be_used_ends_the_run_which_can_be_resumed(
    run: Run, server: Stamping, status: int, code: str, told: str
) -> None:
    server.script = [Act(), Act(), Act("error", status, code=code, words="no such luck")]
    errors = run.finish("--max-calls", "12", code=4)
    assert told in errors
    assert "Traceback" not in errors
    assert "evolve resume" in errors
    assert run.state() is RunState.INTERRUPTED
    assert sorted(stamps(run)) == sorted(server.sent)
    server.script = [Act()]
    run.finish("--max-calls", "12")
    assert len(run.candidates()) == 12
    assert sorted(stamps(run)) == sorted(server.sent), "no answer was paid twice"


def test_no_call_is_made_that_could_exceed_the_cap_however_greedy_the_bill(run: Run, server: Stamping) -> None:
    server.greedy = True
    run.finish("--max-usd", "0.25", "--set", f"proposer.prices={PRICES}")
    billed = sum(usage.input_tokens * 1e-6 + usage.output_tokens * 4e-6 for usage in server.bill)
    assert 0.2 < billed <= 0.25
    assert sum(each.cost.usd for each in run.candidates().values()) == pytest.approx(billed)
    before = len(server.calls)
    run.finish("--max-usd", "0.25", "--set", f"proposer.prices={PRICES}")
    assert len(server.calls) == before, "what earlier sessions have spent counts"
    run.finish("--max-usd", "0.3", "--set", f"proposer.prices={PRICES}")
    assert len(server.calls) > before


def test_a_cap_on_tokens_holds_too(run: Run, server: Stamping) -> None:
    server.greedy = True
    run.finish("--max-tokens", "150000")
    assert 100_000 < sum(usage.input_tokens + usage.output_tokens for usage in server.bill) <= 150_000


def test_dollars_that_cannot_be_counted_are_refused_before_anything_is_asked(run: Run, server: Stamping) -> None:
    run.server = Server()  # an address that is not on this machine has no price that could be taken as zero
    run.server.base_url = lambda provider: "http://192.0.2.1/v1"  # type: ignore[method-assign]
    errors = run.finish("--max-usd", "1", code=2)
    assert "no price is known for openai-compatible:m" in errors
    assert "--max-tokens" in errors
    assert not run.archive.exists()
    run.server.server_close()


def test_answers_that_are_no_heuristics_are_counted_with_their_cost(run: Run, server: Stamping) -> None:
    half = json.dumps(chat("cut off", "Idea: x\n\n```python\ndef priority(", Usage(3000, 1000)))
    server.script = [Act("cut off", body=half.encode()), Act("refused"), Act(), Act("filtered"), Act()]
    run.finish("--max-calls", "10", "--set", "width=1", "--set", f"proposer.prices={PRICES}")
    flaws = Counter(each.flaw.cause for each in run.candidates().values() if each.flaw)
    assert flaws["answer cut off"] == 1
    assert flaws["refused"] == 2
    assert all(each.cost.usd > 0 for each in run.candidates().values())
    with Archive(str(run.archive), read_only=True) as store:
        causes = Counter(record.evaluation.cause for record in store.records(store.run("models")))
    assert causes["refused"] == 2


def test_the_first_interrupt_waits_for_answers_under_way_and_archives_them(run: Run, server: Stamping) -> None:
    server.latency = 0.4
    process = run.start("--max-calls", "500")
    assert process.stderr is not None
    deadline = time.monotonic() + 60
    while len(server.sent) < 8 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert sorted(stamps(run)) == sorted(server.sent)
    assert len(server.sent) < 60


def test_the_second_interrupt_waits_for_nobody(run: Run, server: Stamping) -> None:
    server.script = [Act(), Act("hang")]
    process = run.start("--max-calls", "500")
    deadline = time.monotonic() + 60
    while len(server.calls) < 6 and time.monotonic() < deadline:
        time.sleep(0.02)
    begin = time.monotonic()
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - begin < 4.0, "it hangs for five seconds, and would be tried again"


KILLS, CALLS, WINDOW = 10, 150, 0.5


@pytest.mark.timeout(600)
def test_however_often_it_is_killed_every_answered_call_is_archived_once(run: Run, server: Stamping) -> None:
    server.latency = 0.15
    rng = random.Random(2)
    killed = []
    for _ in range(KILLS):
        process = run.start("--max-calls", str(CALLS))
        goal = len(server.sent) + rng.choice([0, 1, 4, 9, 12])
        deadline = time.monotonic() + 60
        while len(server.sent) < goal and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 0.2))
        process.send_signal(signal.SIGKILL)
        killed.append(time.monotonic())
        process.communicate()
    run.finish("--max-calls", str(CALLS))
    kept = Counter(stamps(run))
    assert set(kept.values()) == {1}
    assert len(run.candidates()) == CALLS
    # What is sent to a process in its last moment, or after it, nobody can keep.
    lost = {stamp: moment for stamp, (_, moment) in server.sent.items() if stamp not in kept}
    assert all(any(-WINDOW < moment - kill < 2.0 for kill in killed) for moment in lost.values())
    assert len(server.sent) == CALLS + len(lost)


def test_two_hundred_calls_are_under_way_at_once(run: Run, server: Stamping) -> None:
    server.hold = 200
    run.finish("--max-calls", "210", "--set", "width=200")
    assert server.most_at_once == 200
    assert len(run.candidates()) == 210
    assert threading.active_count() < 300
