"""Rescheduling in one pass: of all moves that are possible, the one with the largest value is made, and again."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from problems.base import Arrays, Heuristic
from problems.vm_rescheduling.alternatives import COUNT, find, shift, survey, value_of
from problems.vm_rescheduling.cluster import NODE, SLOT

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
NO_ROWS = np.empty((0, COUNT))
NO_OWNERS = np.empty((0, 3), np.int64)


class Replayed(NamedTuple):
    """What a plan says about the choices behind it.

    Attributes:
        possible: Whether every move is one that a rule could choose.
        counts: (limit + 1,) number of sorts of moves to choose from at each move, and after the last.
        rows: (rows, features) what a rule is told about each sort of move, for the moves wanted.
        owners: (rows, 3) the index of the move, the VM, and twice the machine plus the node, of each row.
    """

    possible: bool
    counts: IntArray
    rows: FloatArray
    owners: IntArray


def plan(value: Heuristic, data: Arrays) -> IntArray:
    """Return (limit, 3) the VM, machine and node of each move that a rule makes, -1 after the last."""
    machines, limit = (int(number) for number in data["cluster"])
    moves, counts = np.full((limit + 1, 3), -1), np.zeros(limit + 1, np.int64)
    wanted = np.zeros(limit + 1, np.bool_)
    reschedule(value, machines, data["vms"], data["places"], moves, wanted, counts, NO_ROWS, NO_OWNERS)
    return moves[:-1]


def replay(data: Arrays, given: IntArray, wanted: BoolArray, count: int) -> Replayed:
    """Return the choices behind a plan.

    Args:
        data: The arrays of the instance.
        given: (moves, 3) the VM, machine and node of each.
        wanted: (limit + 1,) whether rows are wanted for a move.
        count: How many rows that makes.
    """
    machines, limit = (int(number) for number in data["cluster"])
    moves, counts = np.full((limit + 1, 3), -1), np.zeros(limit + 1, np.int64)
    moves[: len(given)] = given
    rows, owners = np.empty((count, COUNT)), np.empty((count, 3), np.int64)
    made = reschedule(0, machines, data["vms"], data["places"], moves, wanted, counts, rows, owners)
    return Replayed(made == len(given), counts, rows, owners)


@njit(
    "int64(intp, int64, int64[:, ::1], int64[:, ::1], int64[:, ::1], boolean[::1], int64[::1],"
    " float64[:, ::1], int64[:, ::1])",
    cache=True,
)
def reschedule(value_at, machines, vms, places, moves, wanted, counts, noted, noted_owners):  # type: ignore[no-untyped-def]
    """Move VMs by a rule, or note the choices that lead to given moves.

    1. A VM can go to every other node, or machine if it uses two nodes, that has room for it.
    2. The move of the largest value is made, ties to the lowest VM, then the lowest machine and node.
    3. This ends when no value is above 0, or when the limit is reached.

    Args:
        value_at: Native address of the rule; 0 to note the choices.
        machines: Number of machines.
        vms: (vms, 2) as in `Cluster`.
        places: (vms, 2) as in `Cluster`, at the outset.
        moves: (limit + 1, 3) receives the VM, machine and node of each move, or gives them, with -1 after the last.
        wanted: (limit + 1,) the moves to note the choices of.
        counts: (limit + 1,) receives the number of sorts of moves to choose from.
        noted: Receives what a rule would be told about each sort.
        noted_owners: Receives the index of the move, the VM, and twice the machine plus the node of each.

    Returns:
        The number of moves; less than are given if one of them is none that a rule could choose.

    Raises:
        problems.base.NotFinite: A value is not finite.
    """
    limit = len(moves) - 1
    at = places.copy()
    free = np.full((machines, 2), NODE)
    held = np.zeros((machines, 3, NODE + 1), np.int64)
    for vm in range(len(vms)):
        shift(free, held, at[vm, 0], at[vm, 1], vms[vm, 0], vms[vm, 1])
    total = free.sum()
    members = max(len(vms), 2 * machines)
    entries = 16
    while entries < 2 * members:
        entries *= 2
    table, classes = np.empty((entries, 2), np.int64), np.empty((3, members, 4), np.int64)
    first = np.empty(len(vms), np.bool_)
    notes = 0
    for step in range(limit + 1 if value_at == 0 else limit):
        sorts = find(free, held, vms, at, table, classes, first)
        slots = (free // SLOT).sum()
        shared = (float(limit - step), float(limit), float(slots), float(total), float(machines))
        end = len(noted) if wanted[step] else notes
        vm, place, counts[step] = survey(
            value_at,
            free,
            held,
            vms,
            at,
            classes,
            sorts,
            first,
            shared,
            (moves[step, 0], 2 * moves[step, 1] + moves[step, 2]),
            noted[notes:end],
            noted_owners[notes:end],
        )
        if wanted[step]:
            noted_owners[notes : notes + counts[step], 0] = step
            notes += counts[step]
        if vm < 0:
            return step
        shift(free, held, at[vm, 0], at[vm, 1], -vms[vm, 0], vms[vm, 1])
        at[vm] = (place // 2, place % 2)
        shift(free, held, at[vm, 0], at[vm, 1], vms[vm, 0], vms[vm, 1])
        moves[step] = (vm, place // 2, place % 2)
    return limit


@njit("float64[::1](intp, float64[:, ::1])", cache=True)
def values(value_at, rows):  # type: ignore[no-untyped-def]
    """Return (rows,) the value of each row of (rows, features); a row of zeros is to make no move, which is worth 0."""
    result = np.zeros(len(rows))
    for index in range(len(rows)):
        if rows[index, 0] > 0.0:
            result[index] = value_of(value_at, to_fixed_tuple(rows[index], COUNT))
    return result
