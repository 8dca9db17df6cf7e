"""Runs one importable function on one untrusted text under limits."""

from sandbox.fence import Fence
from sandbox.layers import Layer, layers
from sandbox.limits import Limits
from sandbox.outcome import Ending, Outcome, SandboxUnavailable
from sandbox.rejected import Rejected
from sandbox.source import check_source

__all__ = ["Ending", "Fence", "Layer", "Limits", "Outcome", "Rejected", "SandboxUnavailable", "check_source", "layers"]
