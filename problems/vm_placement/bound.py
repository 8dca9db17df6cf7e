"""An upper bound on the GPUs that pods can be given: the linear relaxation of cutting GPUs into shares.

Every GPU is cut into a pattern of shares, whole or not, and there are as many of each share as pods ask for. Which
nodes the GPUs are in, and their cores, memory and models, are left out: a relaxation of those alone proves nothing
where pods ask for 130 % of the GPUs.

Source: P. C. Gilmore and R. E. Gomory (1961), A linear programming approach to the cutting-stock problem, Operations
Research 9, 849-859. The bound is computed from the dual prices, which prove it whatever the solver did.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from problems.base import Arrays

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
WHOLE = 1000


def upper_bound(data: Arrays) -> float:
    """Return a number of GPUs that the arriving pods of an instance cannot exceed together, in whole thousandths.

    1. Start with the patterns of one share each.
    2. Solve the relaxation for the patterns so far, and take its price of each share.
    3. Find the pattern that is worth most above these prices. No GPU can be worth more, which gives a bound.
    4. Stop if the bound is not above what the relaxation reaches; otherwise add the pattern, and go on.

    Args:
        data: The arrays of an instance, as `problems.vm_placement.cluster.make_arrays` returns them.
    """
    gpus = int(data["nodes"][:, 2].sum())
    asking = data["sorts"][data["arrivals"]]
    asking = asking[asking[:, 2] > 0]
    shares = np.unique(asking[:, 3])
    counts = np.array([int(asking[asking[:, 3] == share, 2].sum()) for share in shares])
    patterns = np.diag(WHOLE // shares)
    bound = float(WHOLE * gpus)
    while True:
        solved = linprog(
            -(patterns @ shares).astype(float),
            A_ub=np.vstack([patterns.T, np.ones(len(patterns))]),
            b_ub=np.append(counts, gpus).astype(float),
            method="highs",
        )
        prices = np.maximum(-np.asarray(solved.ineqlin.marginals[:-1], np.float64), 0.0)
        pattern, worth = best_pattern(shares, shares - prices)
        bound = min(bound, gpus * worth + float(prices @ counts))
        if bound <= 1e-3 - solved.fun or (patterns == pattern).all(axis=1).any():
            break
        patterns = np.vstack([patterns, pattern])
    # Pods take whole thousandths. The margin is far above what sums of floats are off by.
    return math.floor(bound + 1e-3) / WHOLE


def best_pattern(shares: IntArray, worth: FloatArray) -> tuple[IntArray, float]:
    """Return how often each share is in the pattern that is worth most, and what that is worth: an unbounded knapsack.

    Args:
        shares: (shares,) in thousandths.
        worth: (shares,) of each.
    """
    step = math.gcd(WHOLE, *shares.tolist())
    values = np.zeros(WHOLE // step + 1)
    last = np.full(len(values), -1)
    for room in range(1, len(values)):
        values[room] = values[room - 1]
        for index, size in enumerate((shares // step).tolist()):
            if size <= room and values[room - size] + worth[index] > values[room]:
                values[room], last[room] = values[room - size] + worth[index], index
    pattern = np.zeros(len(shares), np.int64)
    room = len(values) - 1
    while room > 0:
        if last[room] < 0:
            room -= 1
        else:
            pattern[last[room]] += 1
            room -= int(shares[last[room]]) // step
    return pattern, float(values[-1])
