"""What stopping early has saved."""

from collections import Counter
from collections.abc import Iterable

from evaluators.base import Evaluation, Status


class Savings:
    """Counts evaluations that were stopped early, and what that has saved.

    The CPU time saved is an estimate: a candidate that was stopped is taken to have needed, in full, what one that was
    judged in full has needed in the mean.

    Attributes:
        causes: How many were stopped, by cause.
    """

    def __init__(self, evaluations: Iterable[Evaluation] = ()) -> None:
        self.causes: Counter[str] = Counter()
        self._full, self._instances, self._seconds = 0, 0, 0.0
        self._solved, self._spent = 0, 0.0
        for evaluation in evaluations:
            self.add(evaluation)

    def add(self, evaluation: Evaluation) -> None:
        """Count an evaluation on train."""
        if evaluation.status is Status.OK:
            self._full += 1
            self._instances += len(evaluation.per_instance)
            self._seconds += evaluation.seconds
        elif evaluation.status is Status.STOPPED:
            self.causes[evaluation.cause] += 1
            self._solved += len(evaluation.per_instance)
            self._spent += evaluation.seconds

    @property
    def instances(self) -> float:
        """Which share of all instances of valid candidates did not have to be solved, from 0 to 1."""
        return self._share(self._instances, self._solved)

    @property
    def seconds(self) -> float:
        """Which share of the CPU time of valid candidates was saved, from 0 to 1."""
        return self._share(self._seconds, self._spent)

    def _share(self, full: float, stopped: float) -> float:
        if not full:
            return 0.0
        needed = full / self._full * self.causes.total()
        return max(needed - stopped, 0.0) / (full + needed)

    def __str__(self) -> str:
        """Say what was saved."""
        causes = ", ".join(f"{count:,} {cause}" for cause, count in self.causes.most_common())
        return f"{causes}: {self.instances:.0%} of the instances and about {self.seconds:.0%} of the CPU time saved"
