"""Judging equal code once."""

import ast
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock

from evaluators.base import Evaluation, Evaluator
from problems.base import Split
from sandbox import trees


class CachedEvaluator:
    """Remembers verdicts by the syntax tree of the source, so that layout and comments do not matter.

    Args:
        inner: The evaluator that judges what has not been judged before.
        size: How many verdicts are remembered; the oldest are forgotten first.
    """

    def __init__(self, inner: Evaluator, size: int = 4096) -> None:
        self._inner = inner
        self._size = size
        self._verdicts: dict[tuple[str, Split], Future[Evaluation]] = {}
        self._lock = Lock()  # guards `_verdicts`: of two equal sources at once, one is judged and both get the verdict
        self.hits = 0

    def __call__(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        """Return the verdict on a source text; see `evaluators.base.Evaluator`."""
        key = (tree_of(source), split)
        with self._lock:
            known = self._verdicts.get(key)
            mine: Future[Evaluation] = Future()
            if known is None:
                self._verdicts[key] = mine
                if len(self._verdicts) > self._size:
                    del self._verdicts[next(iter(self._verdicts))]
            else:
                self.hits += 1
        if known is not None:
            return known.result()
        return self._judge(key, mine, lambda: self._inner(source, split))

    def _judge(self, key: tuple[str, Split], mine: "Future[Evaluation]", judge: Callable[[], Evaluation]) -> Evaluation:
        try:
            evaluation = judge()
        except BaseException as broken:
            with self._lock:
                self._verdicts.pop(key, None)
            mine.set_exception(broken)
            raise
        mine.set_result(evaluation)
        return evaluation


def tree_of(source: str) -> str:
    """Return the normal form of a source text: its syntax tree, or the text itself where it does not parse."""
    try:
        return ast.dump(trees.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
