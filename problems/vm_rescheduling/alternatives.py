"""The moves that are possible, one of each sort: two moves that a rule would be told the same about are alike.

VMs of one size on equal nodes are alike, and so are equal nodes as destinations. That leaves a fraction of the moves.
"""

import numpy as np
from numba import njit

from problems.base import NotFinite
from problems.native import caller
from problems.vm_rescheduling.cluster import NODE, SLOT
from problems.vm_rescheduling.features import FEATURES, SIGNATURE

value_of = caller(SIGNATURE)

LARGEST_VALUE = 1e300
COUNT = len(FEATURES)
DIGIT = 6
"""Bits of a digit of a key; the vCPU of a node and the number of VMs on it are less than 64."""
LAST = 63


@njit("void(int64[:, ::1], int64[:, :, ::1], int64, int64, int64, int64)", cache=True)
def shift(free, held, machine, node, size, nodes):  # type: ignore[no-untyped-def]
    """Put a VM on a node, or on both of a machine; a negative size takes it away.

    Args:
        free: (machines, 2) free vCPU.
        held: (machines, 3, NODE + 1) number of VMs of each size on node 0, on node 1 and on both.
        machine: Where it is put.
        node: 0 or 1; 0 for both.
        size: vCPU on each node.
        nodes: How many nodes it uses.
    """
    free[machine, node] -= size
    held[machine, 2 if nodes == 2 else node, abs(size)] += 1 if size > 0 else -1
    if nodes == 2:
        free[machine, 1 - node] -= size


@njit("int64(int64, int64[:, :, ::1], int64, int64)", cache=True)
def _steps(free, held, machine, node):  # type: ignore[no-untyped-def]
    """Return the fewest VMs that would have to leave a node for one more slot; one more than all if none do."""
    need = SLOT - free % SLOT
    steps = 0
    for size in range(NODE, 0, -1):
        for _ in range(held[machine, node, size] + held[machine, 2, size]):
            steps += 1
            need -= size
            if need <= 0:
                return steps
    return steps + 1


@njit("int64(int64[:, ::1], int64[:, :, ::1], int64, int64, int64)", cache=True)
def _fewer(free, held, machine, node, nodes):  # type: ignore[no-untyped-def]
    """Return the steps of a node, or those of the node of a machine where they are fewer."""
    steps = _steps(free[machine, node], held, machine, node)
    if nodes == 2:
        steps = min(steps, _steps(free[machine, 1 - node], held, machine, 1 - node))
    return steps


@njit("int64(int64[:, ::1], int64[:, :, ::1], int64, int64, int64)", cache=True)
def _gone_to(free, held, machine, node, nodes):  # type: ignore[no-untyped-def]
    """Return what a rule is told of a destination: free vCPU of the node and of the other one, and steps, as digits."""
    digits = free[machine, node] << DIGIT | free[machine, 1 - node]
    return digits << DIGIT | _fewer(free, held, machine, node, nodes)


@njit("int64(int64[:, ::1], int64[:, :, ::1], int64, int64, int64, int64)", cache=True)
def _left(free, held, machine, node, size, nodes):  # type: ignore[no-untyped-def]
    """Return what a rule is told of the place that a VM leaves: as of a destination, and the steps afterwards."""
    digits = _gone_to(free, held, machine, node, nodes)
    shift(free, held, machine, node, -size, nodes)
    digits = digits << DIGIT | _fewer(free, held, machine, node, nodes)
    shift(free, held, machine, node, size, nodes)
    return digits


@njit("int64(int64[:, ::1], int64[:, ::1], int64, int64, int64, int64)", cache=True)
def _remember(table, classes, count, key, member, machine):  # type: ignore[no-untyped-def]
    """Note a member of a class; members come in ascending order.

    Args:
        table: (entries, 2) hash table from keys to classes; -1 in column 0 marks the empty entries.
        classes: (classes, 4) key, first member, its machine, and the first member on another machine or -1.
        count: Number of classes so far.
        key: What the class is told apart by.
        member: A VM, or twice a machine plus a node.
        machine: Where it is.

    Returns:
        The number of classes.
    """
    mask = len(table) - 1
    index = (key * 0x9E3779B97F4A7C1 >> 20) & mask
    while table[index, 0] >= 0 and table[index, 0] != key:
        index = (index + 1) & mask
    if table[index, 0] < 0:
        table[index] = (key, count)
        classes[count] = (key, member, machine, -1)
        return count + 1
    known = table[index, 1]
    if classes[known, 3] < 0 and classes[known, 2] != machine:
        classes[known, 3] = member
    return count


@njit("int64(int64[:, ::1], int64[:, :, ::1], int64, int64[:, ::1], int64[:, ::1])", cache=True)
def _targets(free, held, nodes, table, classes):  # type: ignore[no-untyped-def]
    """Find the classes of nodes, or of machines for VMs that use both, with anything free; return their number."""
    table[:, 0] = -1
    count = 0
    for machine in range(len(free)):
        for node in range(3 - nodes):
            here, other = free[machine, node], free[machine, 1 - node]
            if (min(here, other) if nodes == 2 else here) > 0:
                key = _gone_to(free, held, machine, node, nodes)
                count = _remember(table, classes, count, key, 2 * machine + node, machine)
    return count


@njit(
    "int64(int64[:, ::1], int64[:, :, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], boolean[::1])",
    cache=True,
)
def _sources(free, held, vms, at, table, classes, first):  # type: ignore[no-untyped-def]
    """Find the classes of VMs; return their number.

    Args:
        free: As in `shift`.
        held: As in `shift`.
        vms: (vms, 2) as in `Cluster`.
        at: (vms, 2) where they are.
        table: As in `_remember`.
        classes: As in `_remember`.
        first: (vms,) receives whether each is the first of its size on its node.
    """
    table[:, 0] = -1
    seen = np.zeros(held.shape, np.bool_)
    count = 0
    for vm in range(len(vms)):
        size, nodes, machine, node = vms[vm, 0], vms[vm, 1], at[vm, 0], at[vm, 1]
        spot = 2 if nodes == 2 else node
        first[vm] = not seen[machine, spot, size]
        if not first[vm]:
            continue
        seen[machine, spot, size] = True
        key = (size << 1 | nodes - 1) << 4 * DIGIT | _left(free, held, machine, node, size, nodes)
        count = _remember(table, classes, count, key, vm, machine)
    return count


@njit(cache=True, inline="never")
def _told(size, nodes, source, target, same, shared):  # type: ignore[no-untyped-def]
    """Return what a rule is told about a move.

    Args:
        size: vCPU on each node.
        nodes: How many nodes the VM uses.
        source: From `_left`.
        target: From `_gone_to`.
        same: Whether the machine stays the same.
        shared: What is the same for all moves.
    """
    from_free, from_other = source >> 3 * DIGIT, source >> 2 * DIGIT & LAST
    to_free, to_other = target >> 2 * DIGIT, target >> DIGIT & LAST
    gain = (from_free + size) // SLOT - from_free // SLOT
    loss = to_free // SLOT - (to_free - size) // SLOT
    from_rest, from_rest_after = from_free % SLOT, (from_free + size) % SLOT
    to_rest, to_rest_after = to_free % SLOT, (to_free - size) % SLOT
    if nodes == 2:
        gain += (from_other + size) // SLOT - from_other // SLOT
        loss += to_other // SLOT - (to_other - size) // SLOT
        from_rest += from_other % SLOT
        from_rest_after += (from_other + size) % SLOT
        to_rest += to_other % SLOT
        to_rest_after += (to_other - size) % SLOT
    return (
        float(size),
        float(nodes),
        float(from_free),
        float(from_other),
        float(to_free),
        float(to_other),
        float(gain),
        float(loss),
        float(from_rest),
        float(from_rest_after),
        float(to_rest),
        float(to_rest_after),
        float(source >> DIGIT & LAST),
        float(source & LAST),
        float(target & LAST),
        1.0 if same else 0.0,
        *shared,
    )


@njit(
    "UniTuple(int64, 3)(int64[:, ::1], int64[:, :, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1],"
    " int64[:, :, ::1], boolean[::1])",
    cache=True,
)
def find(free, held, vms, at, table, classes, first):  # type: ignore[no-untyped-def]
    """Find the classes of machines as destinations of VMs that use one node or both, and those of VMs.

    Args:
        free: As in `shift`.
        held: As in `shift`.
        vms: (vms, 2) as in `Cluster`.
        at: (vms, 2) where they are.
        table: As in `_remember`, with more entries than there are members of any kind.
        classes: (3, members, 4) receives the classes of each kind, as in `_remember`.
        first: (vms,) receives whether each is the first of its size on its node.

    Returns:
        The number of classes of each kind.
    """
    return (
        _targets(free, held, 1, table, classes[0]),
        _targets(free, held, 2, table, classes[1]),
        _sources(free, held, vms, at, table, classes[2], first),
    )


@njit(cache=True)
def survey(value_at, free, held, vms, at, classes, counts, first, shared, sought, rows, owners):  # type: ignore[no-untyped-def]
    """Look at one move of each sort, the one of the lowest VM to the lowest place.

    Args:
        value_at: Native address of the rule; 0 to look for a given move instead.
        free: As in `shift`.
        held: As in `shift`.
        vms: (vms, 2) as in `Cluster`.
        at: (vms, 2) where they are.
        classes: From `find`.
        counts: From `find`.
        first: From `find`.
        shared: The last five features, which are the same for all moves, as floats.
        sought: VM of the move to look for, and twice the machine plus the node where it goes to.
        rows: (rows, features) without a rule, receives what one would be told, as far as there is room.
        owners: (rows, 3) with it, receives the VM and where it goes to in the last two columns.

    Returns:
        VM of the move of the largest value above 0, or of the one looked for, -1 if there is none; where it goes to;
        and the number of sorts of moves.

    Raises:
        problems.base.NotFinite: A value is not finite.
    """
    best, chosen, goal = 0.0, -1, -1
    count = 0
    for index in range(len(vms) + counts[2]):
        inside = index < len(vms)  # a move to the other node of the machine, otherwise to another machine
        vm = index if inside else classes[2, index - len(vms), 1]
        size, nodes, machine, node = vms[vm, 0], vms[vm, 1], at[vm, 0], at[vm, 1]
        if inside and (nodes == 2 or not first[vm] or free[machine, 1 - node] < size):
            continue
        source = _left(free, held, machine, node, size, nodes)
        for other in range(1 if inside else counts[nodes - 1]):
            mover = vm
            if inside:
                target = _gone_to(free, held, machine, 1 - node, nodes)
                place = 2 * machine + 1 - node
            else:
                target = classes[nodes - 1, other, 0]
                room = target >> (2 * DIGIT)
                if room < size or (nodes == 2 and target >> DIGIT & LAST < size):
                    continue
                place = classes[nodes - 1, other, 1]
                if classes[nodes - 1, other, 2] == machine:
                    if classes[nodes - 1, other, 3] >= 0:
                        place = classes[nodes - 1, other, 3]
                    else:
                        mover = classes[2, index - len(vms), 3]
                if mover < 0:
                    continue
            told = _told(size, nodes, source, target, inside, shared)
            count += 1
            if value_at == 0:
                if count <= len(rows):
                    for feature in range(COUNT):
                        rows[count - 1, feature] = told[feature]
                    owners[count - 1, 1] = mover
                    owners[count - 1, 2] = place
                if mover == sought[0] and place == sought[1]:
                    chosen, goal = mover, place
                continue
            value = value_of(value_at, told)
            if not abs(value) < LARGEST_VALUE:
                raise NotFinite("the value is not a finite number")
            if value > best or (
                value == best and value > 0.0 and (mover < chosen or (mover == chosen and place < goal))
            ):
                best, chosen, goal = value, mover, place
    return chosen, goal, count
