"""Search strategies side by side: several seeds each, equal numbers of candidates, no model and no key.

    python -m benchmarks.strategies [--problem jobshop] [--seeds 5] [--candidates 1000] [--jobs 2] [VARIANT ...]

Every run is deterministic, so the figures do not depend on the machine or on what else it does. The runs stay in the
archive; those that are there and finished are not made again, and `evolve compare` and `evolve report` read them too.
"""

import argparse
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from evolve import settings as recipes
from evolve.archive import Archive, Run, RunState
from evolve.comparison import Course, course
from evolve.parts import problem_of
from evolve.report import chosen_best
from evolve.savings import Savings
from evolve.statistics import compare_samples, holm, interval
from problems.base import Split

ROOT = Path(__file__).parents[1]
PROBLEMS = {
    "jobshop": ROOT / "runs" / "demo.toml",
    "tardiness_rule": ROOT / "benchmarks" / "tardiness_rule.toml",
}
PLAIN = ["race={duplicates=false}", "tune={every=0}"]
VARIANTS = {
    "best_of_n": ["search={kind='best_of_n'}"],
    "greedy": ["search={kind='greedy'}"],
    "islands": ["search={kind='islands'}"],
    "islands-bucketed": ["search={kind='islands',islands=3,size=30,migration=600,pressure=6.0,resolution=0.1}"],
    "islands-restart": ["search={kind='islands',patience=60}"],
    "map_elites": ["search={kind='map_elites'}"],
    "pareto_instances": ["search={kind='pareto_instances'}"],
    "pareto_objectives": ["search={kind='pareto_objectives'}"],
    "map_elites-behaviour": ["search={kind='map_elites',axes=['size','deviation']}", "evaluator.probes=true"],
    "duplicates": ["race={duplicates=true}"],
    "racing-1": ["race={duplicates=false,error=0.05,rank=1}"],
    "racing-20": ["race={duplicates=false,error=0.05,rank=20}"],
    "tuning-25": ["tune={every=25}"],
    "tuning-10": ["tune={every=10}"],
    "all": ["race={duplicates=true,error=0.05,rank=20}", "tune={every=25}"],
}


@dataclass(frozen=True, slots=True)
class Job:
    """One run to be made."""

    problem: str
    variant: str
    seed: int

    @property
    def name(self) -> str:
        """The run's name in the archive."""
        return f"{self.problem}-{self.variant}-{self.seed}"


def carry_out(job: Job, archive: Path, candidates: int) -> None:
    """Make a run in a process of its own, or finish it."""
    with Archive(str(archive)) as kept:
        known = {run.name: kept.state(run) for run in kept.runs()}
    if known.get(job.name) is RunState.FINISHED:
        return
    command = [sys.executable, "-m", "evolve"]
    if job.name in known:
        command += ["resume", job.name, "--archive", str(archive), "--force"]
    else:
        command += ["run", str(PROBLEMS[job.problem]), "--archive", str(archive)]
        fixed = [f"name={job.name}", f"seed={job.seed}", "deterministic=true", "evaluator.workers=1"]
        search = "search={kind='islands'}"  # unless the variant says something else
        for change in [*fixed, f"budget={{evaluations={candidates}}}", search, *PLAIN, *VARIANTS[job.variant]]:
            command += ["--set", change]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{job.name}: {' '.join(command)}\n{done.stderr}")


def reached(one: Course, level: float) -> float:
    """Return after how many candidates a run was as good as that; infinite if it never was."""
    return next((used for used, value in one.curves["evaluations"] if value <= level), math.inf)


def table(archive: Archive, jobs: Sequence[Job], against: str) -> None:
    """Print what the runs of one problem came to, each variant beside one of them."""
    runs = {run.name: run for run in archive.runs()}
    objective = problem_of(recipes.restore(runs[jobs[0].name].settings)).objectives[0]
    courses: dict[str, list[Course]] = {}
    fresh: dict[str, list[float]] = {}
    saved: dict[str, Savings] = {}
    for job in jobs:
        run = runs[job.name]
        courses.setdefault(job.variant, []).append(course(archive, run, job.variant, objective))
        fresh.setdefault(job.variant, []).append(validated(archive, run, objective))
        for record in archive.records(run):
            saved.setdefault(job.variant, Savings()).add(record.evaluation)
    ends = {name: [one.curves["evaluations"][-1][1] for one in each] for name, each in courses.items()}
    level = sum(ends[against]) / len(ends[against])
    others = [name for name in ends if name != against]
    tests = {name: compare_samples(fresh[name], fresh[against]) for name in others}
    corrected = holm([tests[name].p_value for name in others])
    tests = {name: replace(tests[name], corrected=p) for name, p in zip(others, corrected, strict=True)}
    print(f"\n{jobs[0].problem}: {objective}, mean of {len(ends[against])} seeds; validation is of each run's winner")
    print(
        f"{'variant':<24}{'train':>9}{'95 %':>18}{'validation':>12}{'95 %':>18}  candidates to {level:.3f}"
        f"   against {against}"
    )
    for name in sorted(ends, key=lambda name: sum(fresh[name])):
        counts = sorted(reached(one, level) for one in courses[name])
        median = counts[len(counts) // 2]
        share = sum(count < math.inf for count in counts)
        verdict = f"{tests[name].verdict} (p = {tests[name].corrected:.2g})" if name in tests else ""
        print(
            f"{name:<24}{sum(ends[name]) / len(ends[name]):>9.3f}{_span(ends[name]):>18}"
            f"{sum(fresh[name]) / len(fresh[name]):>12.3f}{_span(fresh[name]):>18}"
            f"  {f'{median:.0f}' if median < math.inf else 'never':>6} ({share}/{len(counts)})     {verdict}"
        )
    for name, each in saved.items():
        if each.causes:
            print(f"{name}: {each}")


def validated(archive: Archive, run: Run, objective: str) -> float:
    """Return the value of a run's winner on the validation split."""
    chosen = chosen_best(archive, run, objective)
    assert chosen is not None, "the published heuristics are valid"
    (record,) = archive.records(run, Split.VALIDATION, chosen.number)
    return record.evaluation.measures[objective]


def _span(values: Sequence[float]) -> str:
    found = interval(values)
    return f"{found.low:.3f} to {found.high:.3f}" if found else "too few"


def main() -> None:
    """Make the runs that are missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help=f"of {', '.join(VARIANTS)}; all by default")
    parser.add_argument("--problem", action="append", choices=PROBLEMS, help="can be repeated; all by default")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2, help="runs at once, each with one worker")
    parser.add_argument("--against", default="islands", choices=VARIANTS)
    parser.add_argument("--archive", type=Path, default=Path("runs/strategies.db"))
    options = parser.parse_args()
    if unknown := set(options.variants) - set(VARIANTS):
        parser.error(f"no such variant: {', '.join(sorted(unknown))}")
    chosen = list(dict.fromkeys([options.against, *(options.variants or VARIANTS)]))
    problems = options.problem or list(PROBLEMS)
    jobs = [
        Job(problem, variant, seed)
        for problem in problems
        for seed in range(1, options.seeds + 1)
        for variant in chosen
    ]
    begin = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(carry_out, job, options.archive.resolve(), options.candidates) for job in jobs]
        for count, done in enumerate(as_completed(waiting), start=1):
            done.result()
            print(
                f"\r{count} of {len(jobs)} runs, {time.monotonic() - begin:.0f} s", end="", file=sys.stderr, flush=True
            )
    with Archive(str(options.archive), read_only=True) as archive:
        for problem in problems:
            table(archive, [job for job in jobs if job.problem == problem], options.against)


if __name__ == "__main__":
    main()
