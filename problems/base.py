"""What a scheduling problem is: the form that every problem fills in."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

AnyArray = NDArray[Any]
Arrays = Mapping[str, AnyArray]
"""Named NumPy arrays: an instance's data, or a solution."""

Heuristic = int
"""Native address of a compiled heuristic; kernels call it through `problems.native.caller`."""


class Split(StrEnum):
    """What a set of instances may be used for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class ReferenceKind(StrEnum):
    """How much a reference value is known to be."""

    OPTIMUM = "optimum"
    BEST_KNOWN = "best known"
    LOWER_BOUND = "lower bound"


@dataclass(frozen=True, slots=True)
class Reference:
    """The value that a gap is measured against."""

    value: float
    kind: ReferenceKind
    source: str


@dataclass(frozen=True, slots=True)
class Instance:
    """One data set of a problem.

    Attributes:
        name: Unique within the problem.
        group: The row of a results table it belongs to, such as a size.
        arrays: The data, as the problem's `solve` and `measure` read it; never written to.
        reference: The value its gap is measured against.
    """

    name: str
    group: str
    arrays: Arrays
    reference: Reference


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a picture: an operation on a machine, a replica on a GPU, a pod on a node.

    Attributes:
        lane: The row it lies in.
        start: Where it begins, in the unit of the picture's axis.
        end: Where it ends.
        label: What it is, such as "job 3".
        group: Bars of one group have one colour, such as all operations of a job.
    """

    lane: str
    start: float
    end: float
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A solution as bars in lanes: a Gantt chart, or loads side by side.

    Attributes:
        axis: What the horizontal axis measures, with its unit.
        lanes: The rows from top to bottom; each bar lies in one of them.
        bars: What is drawn.
        marks: Vertical lines by their label, such as the makespan or the mean load.
    """

    axis: str
    lanes: Sequence[str]
    bars: Sequence[Bar]
    marks: Mapping[str, float]


class InvalidSolution(ValueError):
    """A solution that breaks a constraint; the message names the constraint and where."""


class NotFinite(ValueError):
    """A heuristic returned infinity or what is not a number."""


class BoundBroken(RuntimeError):
    """A valid solution better than a proven bound: the bound, the instance or the judge is wrong; a bug of ours."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Where the parts of a stand-alone program are that schedules with a heuristic.

    Attributes:
        module: Name of a module that defines, as `problems.jobshop.driver` does, how an instance is read, scheduled,
            measured and shown. All that it rests on is NumPy, the standard library, and modules of ours.
        constants: Values of constants in these modules that follow from the problem's settings, by name.
    """

    module: str
    constants: Mapping[str, object] = field(default_factory=dict)


class Problem(ABC):
    """What is to be scheduled; how a heuristic is asked, and how its solution is judged.

    `solve` runs inside the fence beside untrusted code and its result is not trusted. `measure` runs outside
    and trusts nothing but the instance. Both are pure: the same arguments give the same result.

    Attributes:
        name: As users type it.
        statement: The task as told to a model: the rules, the inputs with their units, what good means.
        signature: Numba signature of the heuristic, with explicit types.
        seeds: Published heuristics by name, as source; the first is the template that a new one starts from.
        objectives: The measures that are minimised; the first decides.
        absolute: The measure that the first objective sets in relation to the reference, where draws differ in what
            kind of reference they have; how far a heuristic is ahead is then told in percent of it. See
            `problems.draws`.
    """

    name: str
    statement: str
    signature: str
    seeds: Mapping[str, str]
    objectives: tuple[str, ...]
    absolute: str = ""

    @cached_property
    def entry(self) -> str:
        """The name of the function that a heuristic must define: the last one of the template."""
        template = next(iter(self.seeds.values()))
        return [node.name for node in ast.parse(template).body if isinstance(node, ast.FunctionDef)][-1]

    @abstractmethod
    def instances(self, split: Split) -> Sequence[Instance]:
        """Return the instances of a split, always the same and in the same order."""

    @abstractmethod
    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        """Return the solution that the heuristic builds. Called in the fence; may raise what the heuristic raises."""

    @abstractmethod
    def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        """Return the measures of a solution, all finite, lower is better.

        Raises:
            InvalidSolution: An array is missing or malformed, or a constraint is broken.
        """

    @abstractmethod
    def picture(self, instance: Instance, solution: Arrays) -> Picture:
        """Return a picture of a solution that `measure` has accepted. Called outside the fence."""

    def driver(self) -> Driver | None:
        """Return what an exported heuristic takes along to schedule by itself; None exports the bare heuristic."""
        return None


@dataclass(frozen=True, slots=True)
class Decisions:
    """Every choice that a rule made on the way to a solution.

    Attributes:
        rows: (rows, parameters) what the rule is told about each alternative.
        groups: (rows,) the decision that each row belongs to, ascending; within one, ties go to the first row.
        chosen: (decisions,) index of the row that was chosen in each decision.
    """

    rows: AnyArray
    groups: AnyArray
    chosen: AnyArray


class RuleProblem(Problem):
    """A problem whose heuristic is a rule: a pure function of numbers; of the alternatives the largest value is chosen.

    Such a heuristic can be audited: its choices must follow from what it was told about each alternative, and from
    nothing else. See `evaluators.audit`.
    """

    @abstractmethod
    def decisions(self, instance: Instance, solution: Arrays) -> Decisions:
        """Return the choices that lead to a solution that `measure` has accepted. Called outside the fence.

        Raises:
            InvalidSolution: No rule leads to this solution.
        """

    @abstractmethod
    def values(self, heuristic: Heuristic, rows: AnyArray) -> AnyArray:
        """Return the rule's value of each row. Called in the fence; may raise what the rule raises."""
