"""Candidates by language models: what they read, and what is made of what they write."""

from evolve.proposers.llm.proposer import Llm

__all__ = ["Llm"]
