"""What every problem must keep to, checked on a problem at hand."""

import hashlib
import json
import logging
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from evaluators.base import Evaluation, Evaluator, Status, Workshop
from evolve.mutations import malformed, mutated
from problems.base import Arrays, BoundBroken, Instance, InvalidSolution, Problem, Split
from sandbox import SandboxUnavailable

logger = logging.getLogger(__name__)

MUTATIONS = 400
"""How often the solution of one instance is changed at random, in each split."""

_FRESH = (
    "import json, sys; from evolve.contract import fingerprints; from problems.plugins import load; "
    "print(json.dumps(fingerprints(load('evolve.problems', sys.argv[1])())))"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One clause of the contract and whether the problem keeps it.

    Attributes:
        detail: Where it does not, or what was looked at.
    """

    clause: str
    kept: bool
    detail: str


def check(
    problem: Problem, again: Callable[[], list[str]], judging: Callable[[], AbstractContextManager[Workshop]]
) -> Iterator[Finding]:
    """Check a problem, clause by clause; what its own code raises is a finding.

    Args:
        again: Returns the fingerprints of the same problem made a second time; see `fresh`.
        judging: Provides what judges the seeds and hands out their solutions; called after the clauses that need none.

    Raises:
        SandboxUnavailable: No fence can be set up here.
    """
    yield _finding("has a name, a statement, a signature, seeds and objectives", _unset(problem))
    yield _finding("has instances in every split", _empty_splits(problem))
    yield _finding("instances are the same in every process", _unstable(problem, again))
    yield _finding("names of instances are unique", _namesakes(problem))
    yield _finding("no instance is in two splits", _shared(problem))
    yield _finding("every reference is a positive, finite number", _references(problem))
    yield _finding("measure rejects an empty solution", _lenient(problem))
    yield from _sandboxed(problem, judging)


def fingerprints(problem: Problem) -> list[str]:
    """Return a line for every instance, in order, that is another one when anything about the instance is."""
    lines = []
    for split in Split:
        for instance in problem.instances(split):
            digest = hashlib.sha256(_content(instance)).hexdigest()
            lines.append(f"{split} {instance.name} {instance.group} {instance.reference} {digest}")
    return lines


def fresh(kind: str) -> list[str]:
    """Return the fingerprints of a problem made in a new process, where texts have other hashes.

    Args:
        kind: The problem, as `problems.plugins.load` takes it.

    Raises:
        RuntimeError: It cannot be made there; the message is the traceback.
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "random"}
    command = [sys.executable, "-P", "-c", _FRESH, kind]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(result.stderr)
    lines: list[str] = json.loads(result.stdout.splitlines()[-1])
    return lines


def raised(error: Exception) -> Finding:
    """Return the finding that a problem cannot be made."""
    return Finding("can be loaded", False, _told(error))


def _told(error: Exception) -> str:
    """Return the name and the message of an exception; where the message is a traceback, of the one in there."""
    _, mark, trace = str(error).rpartition("Traceback (most recent call last):")
    if not mark:
        return f"{type(error).__name__}: {error}"
    lines = [line for line in trace.splitlines() if line.strip()]
    start = next((number for number, line in enumerate(lines) if not line.startswith(" ")), len(lines) - 1)
    return " ".join(line.strip() for line in lines[start : start + 3])


def _finding(clause: str, looked: Iterable[str]) -> Finding:
    problems: list[str] = []
    try:
        problems.extend(looked)
    except SandboxUnavailable:
        raise
    except Exception as error:  # noqa: BLE001  # the problem's own code may raise anything; it is reported as the finding
        problems.append(_told(error))
    return Finding(clause, not problems, "; ".join(problems[:3]))


def _content(instance: Instance) -> bytes:
    return b"".join(
        f"{name} {array.dtype} {array.shape} ".encode() + array.tobytes()
        for name, array in sorted(instance.arrays.items())
    )


def _unset(problem: Problem) -> Iterator[str]:
    values = (problem.name, problem.statement, problem.signature, problem.seeds, problem.objectives, problem.entry)
    names = ("name", "statement", "signature", "seeds", "objectives", "entry")
    yield from (f"{name} is empty" for name, value in zip(names, values, strict=True) if not value)


def _empty_splits(problem: Problem) -> Iterator[str]:
    yield from (f"{split} has no instance" for split in Split if not problem.instances(split))


def _unstable(problem: Problem, again: Callable[[], list[str]]) -> Iterator[str]:
    first, second = fingerprints(problem), again()
    if len(first) != len(second):
        yield f"there are {len(first)} instances, then {len(second)}"
    for one, other in zip(first, second, strict=False):
        if one != other:
            yield f"{' '.join(one.split()[:2])} is another one in a new process"


def _namesakes(problem: Problem) -> Iterator[str]:
    counts = Counter(instance.name for split in Split for instance in problem.instances(split))
    yield from (f"{count} instances are called {name}" for name, count in counts.items() if count > 1)


def _shared(problem: Problem) -> Iterator[str]:
    owners: dict[bytes, tuple[Split, str]] = {}
    for split in Split:
        for instance in problem.instances(split):
            other = owners.setdefault(_content(instance), (split, instance.name))
            if other[0] is not split:
                yield f"{instance.name} of {split} is {other[1]} of {other[0]}"


def _references(problem: Problem) -> Iterator[str]:
    for split in Split:
        for instance in problem.instances(split):
            if not 0.0 < instance.reference.value < math.inf:
                yield f"{instance.name}: {instance.reference.value}"


def _lenient(problem: Problem) -> Iterator[str]:
    for split in Split:
        for instance in problem.instances(split)[:1]:
            try:
                problem.measure(instance, {})
            except InvalidSolution:
                continue
            except Exception as error:  # noqa: BLE001  # the problem's own code; it is reported as the finding
                yield f"it raises {_told(error)} for {instance.name}, not InvalidSolution"
            else:
                yield f"it accepts one for {instance.name}"


def _sandboxed(problem: Problem, judging: Callable[[], AbstractContextManager[Workshop]]) -> Iterator[Finding]:
    """Check what takes a sandbox."""
    clause = "can be prepared in the sandbox"
    try:
        with judging() as evaluate:
            verdicts = {name: _verdict(evaluate, source) for name, source in problem.seeds.items()}
            solutions = list(_solved(problem, evaluate))
    except SandboxUnavailable:
        raise
    except Exception as error:  # noqa: BLE001  # the problem's own code; it is reported as the finding
        yield Finding(clause, False, _told(error))
        return
    yield Finding(clause, True, "")
    raised = [f"{name}: {verdict}" for name, verdict in verdicts.items() if isinstance(verdict, str)]
    yield _finding("solutions of seeds are measured in finite numbers", raised)
    judged = {name: verdict for name, verdict in verdicts.items() if not isinstance(verdict, str)}
    yield _finding("every seed is valid and has every objective", _seeds(problem, judged))
    yield _finding("measure rejects what is no solution", _accepted(problem, solutions))
    yield _finding(
        "measure raises InvalidSolution, or returns finite numbers, on any change", _fragile(problem, solutions)
    )
    yield _finding("picture draws a solution", _undrawn(problem, solutions))


def _solved(problem: Problem, evaluate: Workshop) -> Iterator[tuple[Instance, Arrays]]:
    """Yield the template's solution of the first instance of each split; none where it makes none."""
    template = next(iter(problem.seeds.values()))
    for split in Split:
        for instance in problem.instances(split)[:1]:
            try:
                yield instance, evaluate.solutions(template, split, [0])[instance.name]
            except SandboxUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  # the problem's own code; the verdicts on the seeds tell it too
                logger.debug("%s: no solution of %s: %s", problem.name, instance.name, error)


def _verdict(evaluate: Evaluator, source: str) -> Evaluation | str:
    """Return the verdict on a seed, or what the problem's own code raised instead."""
    try:
        return evaluate(source, Split.TRAIN)
    except SandboxUnavailable:
        raise
    except Exception as error:  # noqa: BLE001  # the problem's own code; it is reported as the finding
        return _told(error)


def _seeds(problem: Problem, verdicts: dict[str, Evaluation]) -> Iterator[str]:
    for name, evaluation in verdicts.items():
        if evaluation.status is not Status.OK:
            yield f"{name} is {evaluation.status}: {evaluation.message}"
        elif missing := set(problem.objectives) - evaluation.measures.keys():
            yield f"{name}: measure returns no {min(missing)}"


Solved = Sequence[tuple[Instance, Arrays]]


def _accepted(problem: Problem, solved: Solved) -> Iterator[str]:
    for instance, solution in solved:
        for what, spoilt in malformed(solution):
            try:
                problem.measure(instance, spoilt)
            except InvalidSolution:
                continue
            yield f"{instance.name}: it accepts {what}"


def _fragile(problem: Problem, solved: Solved) -> Iterator[str]:
    for instance, solution in solved:
        for what, changed in mutated(solution, MUTATIONS, np.random.default_rng(0)):
            try:
                measures = problem.measure(instance, changed)
            except InvalidSolution:
                continue
            except BoundBroken as error:
                yield f"{instance.name}: {what} is accepted and beats the bound: {error}"
                continue
            yield from (
                f"{instance.name}: {what} gives {name} {value}"
                for name, value in measures.items()
                if not math.isfinite(value)
            )


def _undrawn(problem: Problem, solved: Solved) -> Iterator[str]:
    for instance, solution in solved:
        picture = problem.picture(instance, solution)
        if not picture.bars:
            yield f"{instance.name}: no bar"
        yield from (
            f"{instance.name}: {bar.label} lies in no lane: {bar.lane}"
            for bar in picture.bars
            if bar.lane not in picture.lanes
        )
        yield from (
            f"{instance.name}: {bar.label} ends before it begins" for bar in picture.bars if not bar.start <= bar.end
        )
