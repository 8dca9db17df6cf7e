"""Expert placement: which GPU serves which experts of a mixture-of-experts model, and in how many replicas."""

from problems.expert_placement.problem import ExpertPlacement

__all__ = ["ExpertPlacement"]
