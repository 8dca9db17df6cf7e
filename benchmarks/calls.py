"""A run of 500 answers with 100 on their way, against a server on this machine that takes 2 to 4 seconds for each.

    python -m benchmarks.calls [--answers 500] [--width 100]

Reports candidates per second beside what the server alone would allow, the CPU time of the run's own process for each
candidate, and the server's bill beside the cap. Needs nothing but this machine, and no key.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from evolve.archive import Archive
from tests.llm.server import Server

PRICE_READ, PRICE_WRITTEN = 1.0, 4.0
"""US dollars per million tokens."""
RECIPE = """
name = "calls"
seed = 1
[problem]
kind = "jobshop"
families = ["uniform"]
sizes = ["15x15", "20x15", "20x20", "30x15", "30x20", "50x15", "50x20", "100x20"]
sets = ["TA"]
[proposer]
kind = "llm"
models = ["openai-compatible:slow"]
max_output_tokens = 1000
"""


class Slow(Server):
    """Takes from 2 to 4 seconds for an answer."""

    @property
    def latency(self) -> float:
        """Seconds before the next answer."""
        return random.uniform(2.0, 4.0)

    @latency.setter
    def latency(self, value: float) -> None:
        """Ignore what the base class begins with."""


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of one process, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run the benchmark and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=500)
    parser.add_argument("--width", type=int, default=100)
    parser.add_argument("--usd", type=float, default=2.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Slow() as server:
        recipe, archive = Path(folder, "calls.toml"), Path(folder, "a.db")
        recipe.write_text(RECIPE)
        prices = f'{{"openai-compatible:slow" = {{input = {PRICE_READ}, output = {PRICE_WRITTEN}}}}}'
        command = [sys.executable, "-m", "evolve", "run", str(recipe), "--archive", str(archive)]
        command += ["--max-calls", str(given.answers), "--max-usd", str(given.usd), "--progress", "plain"]
        command += ["--set", f"width={given.width}", "--set", f"proposer.prices={prices}"]
        command += ["--set", f'proposer.base_url="{server.base_url("openai-compatible")}"']
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while not server.calls:
            time.sleep(0.05)
        begin, before, last, used = time.monotonic(), cpu_seconds(process.pid), 0.0, 0.0
        while process.poll() is None and (not last or time.monotonic() - last < 2.0):
            if len(server.bill) < given.answers or server.at_once:
                last = time.monotonic()
            used = cpu_seconds(process.pid) - before
            time.sleep(0.1)
        seconds = last - begin
        process.wait()
        with Archive(str(archive), read_only=True) as store:
            candidates = [each for each in store.candidates(store.run("calls")).values() if each.by_model]
    bill = sum(u.input_tokens * PRICE_READ + u.output_tokens * PRICE_WRITTEN for u in server.bill) / 1e6
    told = sum(each.cost.usd for each in candidates)
    ideal = given.width / 3.0
    print(f"{len(candidates)} answers archived, {len(server.bill)} billed, {server.most_at_once} on their way at once")
    print(f"{len(candidates) / seconds:.1f} candidates/s in {seconds:.1f} s; {ideal:.1f}/s is what the server allows")
    print(f"{1000 * used / len(candidates):.1f} ms CPU of the run's own process for each candidate")
    print(f"billed ${bill:.6f}, archived ${told:.6f}, cap ${given.usd:.2f}")


if __name__ == "__main__":
    main()
