"""Online bin packing: rules that choose a bin for each arriving item."""

from problems.bin_packing.problem import BinPacking

__all__ = ["BinPacking"]
