"""Published placement heuristics, in the language that heuristics are written in.

Where there is one node, groups do not matter and "EPLB" is DeepSeek's global policy; otherwise the hierarchical one.

Sources: DeepSeek-AI (2025), EPLB, Expert Parallelism Load Balancer, for the three steps groups to nodes, replication,
replicas to GPUs. R. L. Graham (1969), Bounds on multiprocessing timing anomalies, SIAM Journal on Applied Mathematics
17(2), for LPT: the largest first to the least loaded. "snake" fills GPUs forth and back in falling order, as fast
published variants do. "LPT + swaps" then exchanges a replica of the most loaded GPU for a smaller one elsewhere.
"keep" changes nothing that need not be changed, "keep + swaps" only what pays for two moves at the price of 0.2.
"""

SIGNATURE = (
    "int64[:, ::1](Array(float64, 3, 'C', readonly=True), Array(int64, 2, 'C', readonly=True),"
    " int64, int64, int64, int64)"
)

HEAD = "import numpy as np\n\n\n"

SERVED = '''\
def served(weight, slots):
    """Return the expert of each replica: one more for the expert with the largest load per replica, and again."""
    expert = np.arange(slots)
    count = np.ones(len(weight))
    share = weight.copy()
    for slot in range(len(weight), slots):
        hottest = np.argmax(share)
        expert[slot] = hottest
        count[hottest] += 1.0
        share[hottest] = weight[hottest] / count[hottest]
    return expert


'''

PACK = '''\
def pack(value, bins):
    """Return the items in the order of the bins' places: the largest item first, to the emptiest bin with room."""
    room = len(value) // bins
    item_at = np.arange(len(value))
    if room == 1:
        return item_at
    total = np.zeros(bins)
    filled = np.zeros(bins, np.int64)
    for item in np.argsort(-value):
        best = -1
        for b in range(bins):
            if filled[b] < room and (best < 0 or total[b] < total[best]):
                best = b
        item_at[best * room + filled[best]] = item
        filled[best] += 1
        total[best] += value[item]
    return item_at


'''

SNAKE = '''\
def pack(value, bins):
    """Return the items in the order of the bins' places: in falling order through the bins, forth and back."""
    room = len(value) // bins
    item_at = np.zeros(len(value), np.int64)
    order = np.argsort(-value)
    for k in range(len(value)):
        row, column = k // bins, k % bins
        b = column if row % 2 == 0 else bins - 1 - column
        item_at[b * room + row] = order[k]
    return item_at


'''

SWAPS = '''\
def improved(item_at, value, bins, least):
    """Return the items after swaps of one in the fullest bin for a smaller one elsewhere, while that gains enough."""
    room = len(value) // bins
    total = np.zeros(bins)
    for p in range(len(value)):
        total[p // room] += value[item_at[p]]
    for _ in range(200):
        fullest = np.argmax(total)
        best, mine, theirs = total[fullest] * (1.0 - 1e-9) - least, -1, -1
        for p in range(fullest * room, (fullest + 1) * room):
            for q in range(len(value)):
                less = value[item_at[p]] - value[item_at[q]]
                after = max(total[fullest] - less, total[q // room] + less)
                if less > 0.0 and q // room != fullest and after < best:
                    best, mine, theirs = after, p, q
        if mine < 0:
            break
        less = value[item_at[mine]] - value[item_at[theirs]]
        total[fullest] -= less
        total[theirs // room] += less
        item_at[mine], item_at[theirs] = item_at[theirs], item_at[mine]
    return item_at


'''

PLACE = """\
def place(loads, old, slots, groups, nodes, gpus):
{forecast}
    layers, experts = weight.shape
    size = experts // groups
    hosted = groups // nodes
    room = slots // nodes
    placement = np.zeros((layers, slots), np.int64)
    for layer in range(layers):
        group_load = np.zeros(groups)
        for expert in range(experts):
            group_load[expert // size] += weight[layer, expert]
        group_at = {arranged}
        for node in range(nodes):
            members = np.zeros(hosted * size, np.int64)
            own = np.zeros(hosted * size)
            for k in range(hosted * size):
                members[k] = group_at[node * hosted + k // size] * size + k % size
                own[k] = weight[layer, members[k]]
            member = served(own, room)
            count = np.bincount(member)
            share = np.zeros(room)
            for k in range(room):
                share[k] = own[member[k]] / count[member[k]]
            replica_at = {packed}
            for k in range(room):
                placement[layer, node * room + k] = members[member[replica_at[k]]]
    return placement
"""

IDENTITY = """\
def place(loads, old, slots, groups, nodes, gpus):
    layers, experts = loads.shape[1], loads.shape[2]
    room = slots // nodes
    own = experts // nodes
    placement = np.zeros((layers, slots), np.int64)
    for layer in range(layers):
        for slot in range(slots):
            placement[layer, slot] = slot // room * own + slot % room % own
    return placement
"""

KEPT = '''\
def kept(before, weight, slots):
    """Return the old experts of each slot, changed only where GPUs have come or gone."""
    experts = len(weight)
    expert = np.full(slots, -1)
    count = np.zeros(experts)
    for slot in range(min(slots, len(before))):
        expert[slot] = before[slot]
        count[before[slot]] += 1.0
    for lost in range(experts):
        if count[lost] == 0.0:
            best = -1
            for slot in range(slots):
                e = expert[slot]
                if e < 0:
                    best = slot
                    break
                if count[e] > 1.0 and (best < 0 or weight[e] / count[e] < weight[expert[best]] / count[expert[best]]):
                    best = slot
            if expert[best] >= 0:
                count[expert[best]] -= 1.0
            expert[best] = lost
            count[lost] = 1.0
    for slot in range(slots):
        if expert[slot] < 0:
            hottest = 0
            for e in range(experts):
                if weight[e] * count[hottest] > weight[hottest] * count[e]:
                    hottest = e
            expert[slot] = hottest
            count[hottest] += 1.0
    return expert


'''

KEEP = """\
def place(loads, old, slots, groups, nodes, gpus):
    layers = loads.shape[1]
    placement = np.zeros((layers, slots), np.int64)
    for layer in range(layers):
        expert = kept(old[layer], loads[-1, layer], slots)
        for slot in range(slots):
            placement[layer, slot] = expert[slot]
    return placement
"""

KEEP_AND_SWAP = """\
def place(loads, old, slots, groups, nodes, gpus):
    layers = loads.shape[1]
    room = slots // nodes
    placement = np.zeros((layers, slots), np.int64)
    for layer in range(layers):
        weight = loads[-1, layer]
        expert = kept(old[layer], weight, slots)
        count = np.bincount(expert)
        total = 0.0
        for e in range(len(weight)):
            total += weight[e]
        for node in range(nodes):
            first = node * room
            share = np.zeros(room)
            for k in range(room):
                share[k] = weight[expert[first + k]] / count[expert[first + k]]
            item_at = improved(np.arange(room), share, gpus // nodes, 0.4 * total / gpus / slots)
            for k in range(room):
                placement[layer, first + k] = expert[first + item_at[k]]
    return placement
"""

LAST = "    weight = loads[-1].copy()"
MEAN = """\
    weight = loads[0].copy()
    for window in range(1, len(loads)):
        for layer in range(weight.shape[0]):
            for expert in range(weight.shape[1]):
                weight[layer, expert] += loads[window, layer, expert]"""
SMOOTHED = """\
    weight = loads[0].copy()
    for window in range(1, len(loads)):
        for layer in range(weight.shape[0]):
            for expert in range(weight.shape[1]):
                weight[layer, expert] = 0.3 * weight[layer, expert] + 0.7 * loads[window, layer, expert]"""
PACKED = {"arranged": "pack(group_load, nodes)", "packed": "pack(share, gpus // nodes)"}
IMPROVED = {
    "arranged": "improved(pack(group_load, nodes), group_load, nodes, 0.0)",
    "packed": "improved(pack(share, gpus // nodes), share, gpus // nodes, 0.0)",
}

SEEDS = {
    "EPLB": HEAD + SERVED + PACK + PLACE.format(forecast=MEAN, **PACKED),
    "identity": HEAD + IDENTITY,
    "keep": HEAD + KEPT + KEEP,
    "keep + swaps": HEAD + KEPT + SWAPS + KEEP_AND_SWAP,
    "snake": HEAD + SERVED + SNAKE + PLACE.format(forecast=LAST, **PACKED),
    "LPT": HEAD + SERVED + PACK + PLACE.format(forecast=LAST, **PACKED),
    "LPT + swaps": HEAD + SERVED + PACK + SWAPS + PLACE.format(forecast=SMOOTHED, **IMPROVED),
}
