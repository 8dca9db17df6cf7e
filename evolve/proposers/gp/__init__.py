"""Candidates by typed genetic programming on the heuristic's own syntax tree."""

from evolve.proposers.gp.proposer import GeneticProgramming

__all__ = ["GeneticProgramming"]
