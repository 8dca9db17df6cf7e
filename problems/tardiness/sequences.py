"""Published heuristics for the total tardiness on one machine, as functions that return the sequence.

Sources, and what is left open there: K. R. Baker and J. W. M. Bertrand (1982), A dynamic priority rule for scheduling
against due-dates, Journal of Operations Management 3(1), for MDD, ties by processing time; S. S. Panwalkar, M. L. Smith
and C. P. Koulamas (1993), A heuristic for the single machine tardiness problem, EJOR 70(3), for PSK; L. J. Wilkerson
and J. D. Irwin (1971), An improved method for scheduling independent tasks, AIIE Transactions 3(3), for WI; J. E.
Holsenback and R. M. Russell (1992), A heuristic algorithm for sequencing on one machine to minimize total tardiness,
Journal of the Operational Research Society 43(1), for NBR, one relocation per position, equal benefits by the later
job; D. C. Carroll (1965), Heuristic sequencing of jobs with single and multiple components, for COVERT with k = 2, ties
by due date; A. P. J. Vepsalainen and T. E. Morton (1987), Management Science 33(8), for ATC with k = 2 and the mean of
the jobs that are left; I. O. Cetinkaya, I. E. Buyuktahtakin, P. Shojaee and C. K. Reddy (2025), arXiv 2510.24013, for
EDDC and MDDC.

Jobs without length are counted as of length 1 where a formula divides by it.
"""

_IMPORTS = "import math\n\nimport numpy as np\n\n\n"
_BY_DUE = "np.argsort(d * (np.max(p) + 1) + p)"
_BY_LENGTH = "np.argsort(p * (np.max(d) - np.min(d) + 1) + d - np.min(d))"

_TAKE = """\
        job = order[best]
        for k in range(best, step, -1):
            order[k] = order[k - 1]
        order[step] = job
        now += p[job]
"""


def _one_by_one(value: str, start: str, before: str = "", at_each_step: str = "") -> str:
    """Return a heuristic that appends, again and again, the job of the lowest value; ties go by the order at start."""
    return f"""\
{_IMPORTS}def sequence(p, d):
    n = len(p)
    order = {start}
    now = 0
{before}    for step in range(n):
{at_each_step}        best = step
        lowest = math.inf
        for k in range(step, n):
            job = order[k]
            value = {value}
            if value < lowest:
                best, lowest = k, value
{_TAKE}    return order
"""


_PSK = f"""\
{_IMPORTS}def sequence(p, d):
    n = len(p)
    order = {_BY_LENGTH}
    now = 0
    for step in range(n):
        best = step
        if now + p[order[step]] < d[order[step]]:
            for k in range(step + 1, n):
                if d[order[best]] <= now + p[order[k]]:
                    break
                if d[order[k]] < d[order[best]]:
                    best = k
{_TAKE}    return order
"""

# Its returns can multiply beyond any bound. Wherever it has ended, the sequence was that of the modified due dates with
# ties by due date; J. C. Nyirenda (2001), ORiON 17, says why.
_WI = f"""\
{_IMPORTS}def goes_first(one, other, now, p, d):
    if now + max(p[one], p[other]) <= max(d[one], d[other]):
        return d[one] <= d[other]
    return p[one] <= p[other]


def modified_due_dates(p, d, order):
    now = 0
    for step in range(len(p)):
        best = step
        for k in range(step + 1, len(p)):
            if max(now + p[order[k]], d[order[k]]) < max(now + p[order[best]], d[order[best]]):
                best = k
{_TAKE}    return order


def sequence(p, d):
    n = len(p)
    by_due = {_BY_DUE}
    waiting = np.ones(n, np.bool_)
    scheduled = np.zeros(n, np.int64)
    done = 0
    now = 0
    pivot = 0
    first = 1
    waiting[0] = False
    turns = 0
    while done < n - 1:
        turns += 1
        if turns > n * n:
            return modified_due_dates(p, d, by_due)
        while not waiting[first]:
            first += 1
        waiting[first] = False
        if goes_first(by_due[pivot], by_due[first], now, p, d):
            scheduled[done] = pivot
            done += 1
            now += p[by_due[pivot]]
            pivot = first
            continue
        waiting[pivot] = True
        pivot, first = first, min(first, pivot)
        while done > 0:
            last = scheduled[done - 1]
            if goes_first(by_due[last], by_due[pivot], now - p[by_due[last]], p, d):
                break
            waiting[last] = True
            first = min(first, last)
            done -= 1
            turns += 1
            now -= p[by_due[last]]
    scheduled[n - 1] = pivot
    return by_due[scheduled]
"""

_NBR = f"""\
{_IMPORTS}def sequence(p, d):
    n = len(p)
    order = {_BY_DUE}
    end = np.cumsum(p[order])
    for last in range(n - 1, 0, -1):
        if end[last] <= d[order[last]]:
            continue
        most = 1
        best = last
        for k in range(last):
            job = order[k]
            if p[job] > p[order[last]]:
                benefit = max(0, end[k] - d[job]) - max(0, end[last] - d[job])
                for later in range(k + 1, last + 1):
                    benefit += min(p[job], max(0, end[later] - d[order[later]]))
                if benefit >= most:
                    best, most = k, benefit
        job = order[best]
        for k in range(best, last):
            order[k] = order[k + 1]
        order[last] = job
        end = np.cumsum(p[order])
    return order
"""

_EDDC = f"""\
{_IMPORTS}def sequence(p, d):
    order = {_BY_LENGTH}
    for i in range(1, len(p)):
        before = np.sum(p[order[:i]])
        for j in range(i, 0, -1):
            other = order[j - 1]
            if d[order[j]] >= d[other]:
                break
            if d[other] > before:
                order[j - 1] = order[j]
                order[j] = other
            before -= p[other]
    return order
"""

_SHARE = "min(1.0, p[job] / longest)"
_MDDC = _one_by_one(
    "max(1.1 * p[job] + now, 1.0 * d[job]) * (1.0 + share**2 / (1.0 + share**2)) + p[job] / mean",
    _BY_DUE,
    at_each_step="        longest = max(now + np.max(p[order[step:]]), 1)\n"
    "        mean = max(now + np.mean(p[order[step:]]), 1.0)\n",
).replace("            value =", f"            share = {_SHARE}\n            value =")

SEEDS = {
    "MDD": _one_by_one("max(now + p[job], d[job])", _BY_LENGTH),
    "EDD": f"import numpy as np\n\n\ndef sequence(p, d):\n    return {_BY_DUE}\n",
    "SPT": f"import numpy as np\n\n\ndef sequence(p, d):\n    return {_BY_LENGTH}\n",
    "PSK": _PSK,
    "WI": _WI,
    "NBR": _NBR,
    "COVERT": _one_by_one(
        "-max(0.0, 1.0 - max(d[job] - now - p[job], 0) / (2.0 * max(p[job], 1))) / max(p[job], 1)", _BY_DUE
    ),
    "ATC": _one_by_one(
        "-math.exp(-max(d[job] - now - p[job], 0) / (2.0 * mean)) / max(p[job], 1)",
        _BY_DUE,
        before="    work = np.sum(p)\n",
        at_each_step="        mean = max((work - now) / (n - step), 1.0)\n",
    ),
    "EDDC": _EDDC,
    "MDDC": _MDDC,
}
