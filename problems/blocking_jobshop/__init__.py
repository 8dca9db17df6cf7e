"""The interrupting blocking job shop with swaps: dispatching rules for the makespan."""

from problems.blocking_jobshop.problem import BlockingJobShop

__all__ = ["BlockingJobShop"]
