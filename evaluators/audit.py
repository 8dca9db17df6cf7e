"""The purity audit: the choices of a rule must follow from what it is told, and from nothing else.

A solution that is feasible may still not be the rule's own work: code that has taken over its process could search for
a better one, remember earlier calls, or know the instances. So the choices are derived from the solution by trusted
code, and a fresh process, which sees no instance, values the alternatives in an order that has no meaning. Each choice
must be the alternative of the largest value.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from problems.base import AnyArray, Arrays, Instance, InvalidSolution, RuleProblem

Valuer = Callable[[AnyArray], AnyArray]


def audit(
    problem: RuleProblem,
    instances: Sequence[Instance],
    solutions: Mapping[str, Arrays],
    values_of: Valuer,
    rng: np.random.Generator,
) -> None:
    """Return if every choice in every solution is the rule's; `values_of` values all alternatives in one call.

    Args:
        problem: Derives the choices.
        instances: What was solved.
        solutions: The solution of each instance by its name.
        values_of: Returns the value of each row, from fresh processes.
        rng: For the order of the rows; must not be known to the code that is audited.

    Raises:
        InvalidSolution: A choice is not the rule's; the message names the instance.
    """
    made = [problem.decisions(instance, solutions[instance.name]) for instance in instances]
    if not any(len(decisions.rows) for decisions in made):
        return
    rows = np.concatenate([decisions.rows for decisions in made])
    order = rng.permutation(len(rows))
    values = np.empty(len(rows))
    values[order] = values_of(rows[order])
    begin = 0
    for instance, decisions in zip(instances, made, strict=True):
        mine = values[begin : begin + len(decisions.rows)]
        begin += len(decisions.rows)
        best = np.lexsort((np.arange(len(mine)), -mine, decisions.groups))
        first = np.searchsorted(decisions.groups, np.unique(decisions.groups))
        wrong = int((best[first] != decisions.chosen).sum())
        if wrong:
            raise InvalidSolution(
                f"{instance.name}: {wrong} of {len(decisions.chosen)} choices do not follow from the arguments of the "
                "rule alone; it must be a pure function of them"
            )
