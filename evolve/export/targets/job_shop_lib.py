"""A dispatching rule for the solver of the library job-shop-lib; gathered into modules that are exported for it.

The library asks for one operation after the other, in any order that keeps the jobs' routes. It gets those of the
schedule that the simulator builds, by their starts, and then arrives at the same starts: each is the earliest possible.
"""

from typing import Any

import numpy as np

from problems.jobshop.driver import solve


class EvolvedRule:
    """A dispatching rule as `DispatchingRuleSolver` takes it: called with a dispatcher, it returns an operation."""

    def __init__(self) -> None:
        self._instance: Any = None
        self._order: list[Any] = []

    def __call__(self, dispatcher: Any) -> Any:
        """Return the operation to dispatch next.

        Raises:
            ValueError: A job does not visit every machine once, or something else was dispatched before.
        """
        if dispatcher.instance is not self._instance:
            self._order = operations_in_order(dispatcher.instance.jobs)
            self._instance = dispatcher.instance
        position = sum(dispatcher.job_next_operation_index)
        operation = self._order[position]
        if dispatcher.job_next_operation_index[operation.job_id] != operation.position_in_job:
            raise ValueError("operations were dispatched that this rule has not chosen")
        return operation


def operations_in_order(jobs: Any) -> list[Any]:
    """Return all operations of a shop by their starts in the schedule of the heuristic.

    Args:
        jobs: The library's operations, by job.

    Raises:
        ValueError: A job does not visit every machine once.
    """
    machines = np.array([[operation.machine_id for operation in job] for job in jobs], np.int64)
    if machines.ndim != 2 or (np.sort(machines, axis=1) != np.arange(machines.shape[1])).any():
        raise ValueError("the simulator schedules job shops in which every job visits every machine once")
    durations = np.array([[operation.duration for operation in job] for job in jobs], np.int64)
    starts = solve({"durations": durations, "machines": machines})["starts"]
    keys = [
        (starts[job, step], starts[job, step] + durations[job, step], step, job)
        for job, step in np.ndindex(*starts.shape)
    ]
    return [jobs[job][step] for _, _, step, job in sorted(keys)]


evolved_rule = EvolvedRule()
