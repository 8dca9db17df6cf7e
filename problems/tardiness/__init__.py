"""Total tardiness on one machine: heuristics that return a sequence, and rules that choose the next job."""

from problems.tardiness.problem import Tardiness
from problems.tardiness.rule import TardinessRule

__all__ = ["Tardiness", "TardinessRule"]
