"""Packing of Kubernetes pods with priorities."""

from problems.pod_packing.problem import PodPacking

__all__ = ["PodPacking"]
