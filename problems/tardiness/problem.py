"""The total tardiness on one machine as a problem whose heuristic returns the whole sequence."""

import time

import numpy as np

from problems.base import Arrays, Driver, Heuristic, Instance
from problems.tardiness.features import SEQUENCE_SIGNATURE
from problems.tardiness.machine import SingleMachine
from problems.tardiness.sequences import SEEDS

STATEMENT = """\
Total tardiness on a single machine. n jobs, all available at time 0, are processed one after the other on one machine,
without interruption and without idle time. Job j takes p[j] and is due at d[j]; if it ends at C[j], its tardiness is
max(0, C[j] - d[j]). The sum over all jobs is to be small.
The heuristic is a function sequence(p, d) that returns the order in which the jobs are processed:
- p: int64 array of length n, processing times, from 0 on, in the instance's time unit
- d: int64 array of length n, due dates in the same unit; a due date may be 0, or negative for a job due before time 0
- returns an int64 array of length n that names every job from 0 to n-1 exactly once, first job first. It must be
  contiguous in memory: write `order[::-1].copy()`, not `order[::-1]`.
A heuristic is scored by its gap: percent of total tardiness above the proven optimum, averaged over instances of
20 to 500 jobs with processing times from 1 to 100, whose due dates are spread widely or narrowly, early or late.
It may take {budget:g} ms of CPU time for each job of an instance, all in all; that is enough for a few passes over all
pairs of jobs, and not for an enumeration of sequences. It must be a pure function: the same p and d, the same order.
"""


class Tardiness(SingleMachine):
    """Minimise the total tardiness on one machine with a heuristic that returns the sequence.

    The settings are those of `problems.tardiness.machine.SingleMachine`.
    """

    name = "tardiness"
    statement = STATEMENT
    signature = SEQUENCE_SIGNATURE
    seeds = SEEDS

    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        """Return `order`: (jobs,) what the heuristic returned, and `seconds`: (1,) the CPU time of its call."""
        from problems.tardiness.sequencer import sequence  # takes numba along, which only the sandboxed process needs

        begin = time.thread_time()
        order = sequence(heuristic, instance.arrays["p"], instance.arrays["d"])
        seconds = np.array([time.thread_time() - begin])
        # Few bytes on the way out of the sandbox, where that cannot make a wrong job a right one.
        small = len(order) and order.min() >= 0 and order.max() < 2**15
        return {"order": order.astype(np.int16) if small else order, "seconds": seconds}

    def driver(self) -> Driver:
        """Return what an exported heuristic takes along; see `problems.base.Problem`."""
        return Driver("problems.tardiness.driver")
