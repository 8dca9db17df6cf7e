"""Rules for packing pods, as heuristics that can be evolved; the pod and node of the largest value are next.

"default scheduler" is that of Kubernetes: what runs stays, what is pending is placed in order of arrival by the scores
LeastAllocated and BalancedAllocation, preempting pods of lower priority only where it must; "MostAllocated" is its
strategy for bin packing. The others pack anew: first and best fit decreasing (D. S. Johnson (1974), Journal of
Computer and System Sciences 8) by the larger of both shares, and the dot product of R. Panigrahy et al. (2011),
Heuristics for vector bin packing. "home" lets what runs stay as long as it has room; "mixed" weighs staying against a
tight fit.
"""

from problems.pod_packing.features import FEATURES

HEAD = f"def value({', '.join(FEATURES)}):\n"

KEEP = """\
if home == 1.0:
        return 1e6 - number
    cpu_after = cpu_free - cpu_waiting - cpu
    memory_after = memory_free - memory_waiting - memory
    {score}
    if cpu_after < 0.0 or memory_after < 0.0:
        score = score - 500.0
    return score - 1000.0 * number"""

LEAST = """\
least = 50.0 * (cpu_after / cpu_all + memory_after / memory_all)
    score = least + 100.0 - 50.0 * abs(cpu_after / cpu_all - memory_after / memory_all)"""

MOST = """\
most = 100.0 - 50.0 * (cpu_after / cpu_all + memory_after / memory_all)
    score = most + 100.0 - 50.0 * abs(cpu_after / cpu_all - memory_after / memory_all)"""

BODIES = {
    "default scheduler": KEEP.format(score=LEAST),
    "MostAllocated": KEEP.format(score=MOST),
    "FFD": """\
size = max(cpu / cpu_all, memory / memory_all)
    return 1000.0 * size - node""",
    "BFD": """\
size = max(cpu / cpu_all, memory / memory_all)
    left = (cpu_free - cpu) / cpu_all + (memory_free - memory) / memory_all
    return 1000.0 * size - left""",
    "dot product": "return cpu / cpu_all * cpu_free / cpu_all + memory / memory_all * memory_free / memory_all",
    "BFD, home": """\
size = max(cpu / cpu_all, memory / memory_all)
    left = (cpu_free - cpu) / cpu_all + (memory_free - memory) / memory_all
    return 1000.0 * size - left + 10.0 * home""",
    "mixed": """\
size = cpu / cpu_all + memory / memory_all
    left = (cpu_free - cpu) / cpu_all + (memory_free - memory) / memory_all
    uneven = abs((cpu_free - cpu) / cpu_all - (memory_free - memory) / memory_all)
    return size - 0.3 * left - 0.5 * uneven + 0.3 * home - 0.02 * fits""",
}

SEEDS = {name: f"{HEAD}    {body}\n" for name, body in BODIES.items()}
