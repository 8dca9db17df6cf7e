"""The total tardiness on one machine as a problem whose heuristic is a rule for the next job."""

import time
from collections.abc import Sequence

import numpy as np

from problems.base import AnyArray, Arrays, Decisions, Driver, Heuristic, Instance, RuleProblem, Split
from problems.tardiness.features import FEATURES, RULE_SIGNATURE
from problems.tardiness.generate import CLASSES, SIZES
from problems.tardiness.machine import SingleMachine
from problems.tardiness.rules import SEEDS

STATEMENT = """\
Total tardiness on a single machine. Jobs that are all available at time 0 are processed one after the other on one
machine, without interruption and without idle time. A job that takes p, is due at a given date and ends at C has the
tardiness max(0, C - due). The sum over all jobs is to be small.
The heuristic is a rule. The sequence is built from its beginning: whenever the machine is free, the rule is called once
for each job not yet processed, and the job with the LARGEST priority is next; ties go to the lowest job.
A rule is good when the total tardiness is small: it is scored by the gap to the proven optimum in percent, averaged
over instances of 20 to 200 jobs with processing times from 1 to 100, whose due dates are spread widely or narrowly,
early or late. All arguments are floats, times in the instance's time unit:
{features}
"""


class TardinessRule(SingleMachine, RuleProblem):
    """Minimise the total tardiness on one machine with a rule that chooses the next job.

    The settings are those of `problems.tardiness.machine.SingleMachine`. The test split is smaller by default, since
    an audit values every job at every moment: 125,000 rows for an instance of 500 jobs.
    """

    name = "tardiness_rule"
    statement = STATEMENT.format(features="\n".join(f"- {name}: {meaning}" for name, meaning in FEATURES.items()))
    signature = RULE_SIGNATURE
    seeds = SEEDS

    def __init__(
        self,
        sizes: Sequence[int] = SIZES[Split.TRAIN],
        test_sizes: Sequence[int] = SIZES[Split.TEST][:3],
        classes: Sequence[str] = CLASSES,
        per_class: int = 2,
        files: Sequence[str] = (),
        instances_per_file: int = 125,
        budget: float = 0.2,
        draw: int = 0,
    ) -> None:
        super().__init__(sizes, test_sizes, classes, per_class, files, instances_per_file, budget, draw)

    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        """Return `order`: (jobs,) the sequence that the rule builds, and `seconds`: (1,) the CPU time of that."""
        from problems.tardiness.sequencer import build  # takes numba along, which only the sandboxed process needs

        begin = time.thread_time()
        order = build(heuristic, instance.arrays["p"], instance.arrays["d"])
        return {"order": order.astype(np.int16), "seconds": np.array([time.thread_time() - begin])}

    def decisions(self, instance: Instance, solution: Arrays) -> Decisions:
        """Return the choices that lead to a sequence; see `problems.base.RuleProblem`."""
        from problems.tardiness.sequencer import told

        order = np.ascontiguousarray(solution["order"], np.int64)
        heard = told(instance.arrays["p"], instance.arrays["d"], order)
        return Decisions(heard.rows, heard.moments, np.flatnonzero(heard.jobs == order[heard.moments]))

    def values(self, heuristic: Heuristic, rows: AnyArray) -> AnyArray:
        """Return the priority of each row of features; see `problems.base.RuleProblem`."""
        from problems.tardiness.sequencer import values

        priorities: AnyArray = values(heuristic, rows)
        return priorities

    def driver(self) -> Driver:
        """Return what an exported rule takes along; see `problems.base.Problem`."""
        return Driver("problems.tardiness.rule_driver")
