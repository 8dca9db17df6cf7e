"""Job-shop scheduling: dispatching rules for the makespan."""

from problems.jobshop.problem import JobShop

__all__ = ["JobShop"]
