"""Solutions spoilt on purpose, to see whether a problem's judge notices."""

from collections.abc import Iterator

import numpy as np

from problems.base import Arrays

HUGE = 2**31 - 1


def malformed(solution: Arrays) -> Iterator[tuple[str, Arrays]]:
    """Yield what can be no solution of any problem, and what was done to it: arrays missing, cut or not numbers."""
    yield "nothing at all", {}
    for name, array in solution.items():
        yield f"{name} missing", {key: value for key, value in solution.items() if key != name}
        yield f"{name} cut short", {**solution, name: array[:-1]}
        yield f"{name} with a dimension more", {**solution, name: array[None]}
        yield f"{name} full of NaN", {**solution, name: np.full(array.shape, np.nan)}


def mutated(solution: Arrays, count: int, rng: np.random.Generator) -> Iterator[tuple[str, Arrays]]:
    """Yield solutions of the right form with something changed at random, and what: they may be valid or not."""
    names = [name for name, array in solution.items() if array.size]
    for _ in range(count):
        name = names[rng.integers(len(names))]
        array = solution[name].copy()
        flat = array.reshape(-1)
        one, other = rng.integers(flat.size, size=2)
        match int(rng.integers(6)):
            case 0:
                what, flat[one] = "one more", flat[one] + 1
            case 1:
                what, flat[one] = "one less", flat[one] - 1
            case 2:
                what, flat[one] = "the same as another", flat[other]
            case 3:
                what = "swapped with another"
                flat[one], flat[other] = flat[other], flat[one]
            case 4:
                what, flat[one] = "very large", HUGE if array.dtype.itemsize > 2 else np.iinfo(array.dtype).max
            case _:
                what, flat[one] = "negative", -7 if array.dtype.kind != "u" else 7
        yield f"{name}[{one}] {what}", {**solution, name: array}
