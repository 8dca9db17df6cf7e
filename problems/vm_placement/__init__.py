"""Online placement of GPU-sharing pods on the nodes of a cluster."""

from problems.vm_placement.problem import VmPlacement

__all__ = ["VmPlacement"]
