"""What the models of a run have cost and what they have brought."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from evaluators.base import Status
from evolve.candidate import Cost, Record


@dataclass(slots=True)
class Yield:
    """What one model has brought with one operator.

    Attributes:
        calls: Its answers.
        flawed: Answers that held no heuristic to be judged: cut off, refused, without code, or nothing new.
        failed: Heuristics that are not valid.
        better: Heuristics that are better than their best parent.
        improvements: Heuristics that were better than everything before them in the run.
    """

    writer: str
    operator: str
    calls: int = 0
    flawed: int = 0
    failed: int = 0
    better: int = 0
    improvements: int = 0
    cost: Cost = field(default_factory=Cost)


def yields(records: Sequence[Record], objective: str) -> list[Yield]:
    """Return what each model has brought with each operator, the most expensive first.

    Args:
        records: All of a run, in the order in which they were judged; what local proposers wrote counts only as what
            has to be improved upon.
        objective: The measure that decides.
    """
    found: dict[tuple[str, str], Yield] = {}
    values: dict[int, float] = {}
    best = float("inf")
    for record in records:
        candidate, evaluation = record.candidate, record.evaluation
        value = evaluation.measures[objective] if evaluation.status is Status.OK else None
        if candidate.by_model:
            key = (candidate.proposer, candidate.operator)
            mine = found.setdefault(key, Yield(*key))
            mine.calls += 1
            mine.cost += candidate.cost
            mine.flawed += candidate.flaw is not None
            mine.failed += candidate.flaw is None and evaluation.status.failed
            before = [values[parent] for parent in candidate.parents if parent in values]
            mine.better += value is not None and bool(before) and value < min(before)
            mine.improvements += value is not None and value < best
        if value is not None:
            values[record.number] = value
            best = min(best, value)
    return sorted(found.values(), key=lambda each: (-each.cost.usd, -each.cost.tokens, each.writer, each.operator))


def total(of: Sequence[Yield]) -> Yield:
    """Return the sum of what several have brought."""
    whole = Yield("all", "")
    for each in of:
        whole.calls += each.calls
        whole.flawed += each.flawed
        whole.failed += each.failed
        whole.better += each.better
        whole.improvements += each.improvements
        whole.cost += each.cost
    return whole


def dollars(cost: Cost) -> str:
    """Return a cost in dollars, or in tokens where no price is known."""
    told = f"${cost.usd:.4f}" if cost.usd < 1.0 else f"${cost.usd:,.2f}"
    if not cost.priced:
        return f"{cost.tokens:,} tokens of unknown price" if not cost.usd else f"{told} and tokens of unknown price"
    return told
