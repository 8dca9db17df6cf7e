"""A run's candidates as a whole: what they came from, what they cost, and which of them are best at something."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluators.base import Evaluation, Status
from evolve.archive.listing import FREE, Line
from evolve.candidate import Candidate, Cost, Flaw, Record

Axis = Callable[[Line], float]
"""A number about a candidate."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a grid over two numbers.

    Attributes:
        x: Where it begins and ends.
        y: Likewise.
        count: How many candidates lie in it.
        best: The best of them.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    count: int
    best: Line


def records_of(listed: Sequence[Line]) -> list[Record]:
    """Return lines as records without what takes room: no source, no single instances, a stand-in for transcripts."""
    return [
        Record(
            line.number,
            Candidate(
                "",
                line.operator,
                line.parents,
                line.idea,
                line.proposer,
                line.cost,
                transcript="{}" if line.by_model else "",
                flaw=Flaw(line.cause, "") if line.flawed else None,
            ),
            Evaluation(line.status, line.measures, seconds=line.seconds, cause=line.cause),
        )
        for line in listed
    ]


def spent(listed: Sequence[Line], before: Cost = FREE) -> dict[int, Cost]:
    """Return what all candidates judged so far had cost when each was judged, by number.

    Args:
        before: What those that were judged before these had cost.
    """
    found: dict[int, Cost] = {}
    total = before
    for line in listed:
        if line.cost != FREE:
            total += line.cost
        found[line.number] = total
    return found


def family(listed: Sequence[Line], number: int) -> list[Line]:
    """Return a candidate and everything it descends from, by any parent, in the order of their numbers."""
    by_number = {line.number: line for line in listed}
    found: dict[int, Line] = {}
    waiting = [number]
    while waiting:
        line = by_number.get(waiting.pop())
        if line is not None and line.number not in found:
            found[line.number] = line
            waiting += [parent for parent in line.parents if parent < line.number]
    return [found[key] for key in sorted(found)]


def descendants(listed: Sequence[Line], number: int) -> list[Line]:
    """Return everything that descends from a candidate, by any parent, in the order of their numbers."""
    found: dict[int, Line] = {}
    for line in sorted(listed, key=lambda line: line.number):
        if any(parent == number or parent in found for parent in line.parents):
            found[line.number] = line
    return list(found.values())


def generations(among: Sequence[Line]) -> dict[int, int]:
    """Return by number how many steps the longest way to a candidate has.

    Args:
        among: Candidates in the order of their numbers; parents that are not among them do not count.
    """
    found: dict[int, int] = {}
    for line in among:
        found[line.number] = max((found[parent] + 1 for parent in line.parents if parent in found), default=0)
    return found


def front(listed: Sequence[Line], x: Axis, y: Axis) -> list[Line]:
    """Return the OK candidates that none is better than in one number and at least as good in the other.

    They come in ascending order of `x`; of equals only the first is kept.
    """
    valid = sorted((line for line in listed if line.status is Status.OK), key=lambda line: (x(line), y(line)))
    found: list[Line] = []
    for line in valid:
        if not found or y(line) < y(found[-1]):
            found.append(line)
    return found


def cells(listed: Sequence[Line], x: Axis, y: Axis, objective: str, bins: int = 12) -> list[Cell]:
    """Return the cells of a grid in which OK candidates lie, with the best of each.

    Args:
        bins: Per axis. All are equally wide up to the 95th percentile, and what is beyond lies in the last one.
    """
    valid = [line for line in listed if line.status is Status.OK]
    if not valid:
        return []
    across, up = (_edges(sorted(map(axis, valid)), bins) for axis in (x, y))
    found: dict[tuple[int, int], list[Line]] = {}
    for line in valid:
        found.setdefault((_bin(across, x(line)), _bin(up, y(line))), []).append(line)
    return [
        Cell(
            (across[column], across[column + 1]),
            (up[row], up[row + 1]),
            len(inside),
            min(inside, key=lambda line: (line.measures[objective], line.number)),
        )
        for (column, row), inside in sorted(found.items())
    ]


def _edges(values: Sequence[float], bins: int) -> list[float]:
    low, high = values[0], values[(len(values) - 1) * 95 // 100]
    width = (high - low) / bins or 1.0
    return [low + width * number for number in range(bins + 1)]


def _bin(edges: Sequence[float], value: float) -> int:
    return min(max(bisect_right(edges, value) - 1, 0), len(edges) - 2)
