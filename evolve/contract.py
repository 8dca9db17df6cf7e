"""What every problem must keep to, checked on a problem at hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evaluators.base import Evaluator, Status
from problems.base import Instance, InvalidSolution, Problem, Split


@dataclass(frozen=True, slots=True)
class Finding:
    """One clause of the contract and whether the problem keeps it.

    Attributes:
        detail: Where it does not, or what was looked at.
    """

    clause: str
    kept: bool
    detail: str


def check(problem: Problem, again: Problem, evaluate: Evaluator) -> Iterator[Finding]:
    """Check a problem, clause by clause.

    Args:
        again: The same problem made a second time.
        evaluate: Judges the seeds.
    """
    yield _finding("has instances in every split", _empty_splits(problem))
    yield _finding("instances are the same every time", _unstable(problem, again))
    yield _finding("no instance is in two splits", _shared(problem))
    yield _finding("every reference is a positive, finite number", _references(problem))
    yield _finding("every seed is valid and has every objective", _seeds(problem, evaluate))
    yield _finding("measure rejects an empty solution", _lenient(problem))


def _finding(clause: str, problems: Sequence[str]) -> Finding:
    return Finding(clause, not problems, "; ".join(problems[:3]))


def _empty_splits(problem: Problem) -> list[str]:
    return [f"{split} has no instance" for split in Split if not problem.instances(split)]


def _equal(first: Instance, second: Instance) -> bool:
    return (
        (first.name, first.group, first.reference) == (second.name, second.group, second.reference)
        and first.arrays.keys() == second.arrays.keys()
        and all(np.array_equal(first.arrays[name], second.arrays[name]) for name in first.arrays)
    )


def _unstable(problem: Problem, again: Problem) -> list[str]:
    changed = []
    for split in Split:
        first, second = problem.instances(split), again.instances(split)
        if len(first) != len(second):
            changed.append(f"{split} has {len(first)} instances, then {len(second)}")
        changed += [a.name for a, b in zip(first, second, strict=False) if not _equal(a, b)]
    return changed


def _shared(problem: Problem) -> list[str]:
    owners: dict[bytes, tuple[Split, str]] = {}
    shared = []
    for split in Split:
        for instance in problem.instances(split):
            key = b"".join(name.encode() + array.tobytes() for name, array in sorted(instance.arrays.items()))
            other = owners.setdefault(key, (split, instance.name))
            if other[0] is not split:
                shared.append(f"{instance.name} of {split} is {other[1]} of {other[0]}")
    return shared


def _references(problem: Problem) -> list[str]:
    return [
        f"{instance.name}: {instance.reference.value}"
        for split in Split
        for instance in problem.instances(split)
        if not 0.0 < instance.reference.value < float("inf")
    ]


def _seeds(problem: Problem, evaluate: Evaluator) -> list[str]:
    broken = []
    for name, source in problem.seeds.items():
        evaluation = evaluate(source, Split.TRAIN)
        if evaluation.status is not Status.OK:
            broken.append(f"{name} is {evaluation.status}: {evaluation.message}")
        elif missing := set(problem.objectives) - evaluation.measures.keys():
            broken.append(f"{name}: measure returns no {missing.pop()}")
    return broken


def _lenient(problem: Problem) -> list[str]:
    accepted = []
    for split in Split:
        for instance in problem.instances(split)[:1]:
            try:
                problem.measure(instance, {})
            except InvalidSolution:
                continue
            accepted.append(f"it accepts one for {instance.name}")
    return accepted
