"""Features of the language that Numba is slow to compile the first time in a process.

The first `sorted` costs two seconds of CPU time, the next a tenth of one. So the warm process compiles a small text of
ours for each such feature before the first candidate that uses it is forked from it.
"""

import ast

from sandbox import trees

_ARRAY = "x = np.array([3.0, 1.0, 2.0])\n    y = np.array([1.0, 2.0, 4.0])\n    k = np.array([2, 0, 1])\n"
_BODIES = {
    "sorted": "return sorted([3.0, 1.0, 2.0])[0] + sorted([(1.0, 2), (0.5, 1)])[0][0]",
    "sum": "return sum([3.0, 1.0]) + np.sum(x) + x.sum()",
    "max": "return max([3.0, 1.0]) + np.max(x) + x.max()",
    "min": "return min([3.0, 1.0]) + np.min(x) + x.min()",
    "mean": "return np.mean(x) + x.mean()",
    "std": "return np.std(x) + x.std()",
    "var": "return np.var(x) + x.var()",
    "median": "return np.median(x)",
    "percentile": "return np.percentile(x, 50.0)",
    "quantile": "return np.quantile(x, 0.5)",
    "argsort": "return x[np.argsort(x)[0]] + x[x.argsort()[0]] + x[np.argsort(-x)[0]] + k[np.argsort(k)[0]]",
    "sort": "x.sort()\n    return np.sort(y)[0] + x[0]",
    "argmax": "return 1.0 * np.argmax(x) + x.argmax()",
    "argmin": "return 1.0 * np.argmin(x) + x.argmin()",
    "cumsum": "return np.cumsum(x)[1] + x.cumsum()[0]",
    "where": "return np.where(x > 1.0, x, y)[0] + np.where(x > 1.0)[0][0]",
    "nonzero": "return 1.0 * np.nonzero(x)[0][0] + np.flatnonzero(x)[0]",
    "unique": "return np.unique(x)[0]",
    "diff": "return np.diff(x)[0]",
    "clip": "return np.clip(x, 0.0, 1.0)[0]",
    "searchsorted": "return 1.0 * np.searchsorted(y, 2.0)",
    "arange": "return 1.0 * np.arange(3)[0] + np.arange(0.0, 1.0, 0.5)[0]",
    "bincount": "return 1.0 * np.bincount(k)[0]",
}
SNIPPETS = {name: f"import numpy as np\ndef warm_up():\n    {_ARRAY}    {body}\n" for name, body in _BODIES.items()}
ENTRY, SIGNATURE = "warm_up", "float64()"


def features_of(source: str) -> list[str]:
    """Return the features that a source uses; names of ours, never text of its own."""
    found = set()
    nodes = list(ast.walk(trees.parse(source)))
    lists = any(isinstance(node, ast.List | ast.ListComp) for node in nodes)
    for node in nodes:
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name) and (lists or node.id == "sorted"):  # max(a, b) of numbers costs nothing
            found.add(node.id)
    return sorted(found & SNIPPETS.keys())
