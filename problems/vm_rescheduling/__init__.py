"""Rescheduling of virtual machines: few moves against fragments."""

from problems.vm_rescheduling.problem import VmRescheduling

__all__ = ["VmRescheduling"]
