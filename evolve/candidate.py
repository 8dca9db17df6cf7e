"""What passes between search, proposer and archive."""

from dataclasses import dataclass, field

from evaluators.base import Evaluation


@dataclass(frozen=True, slots=True)
class Cost:
    """What a proposal cost: tokens and US dollars, zero for a local proposer."""

    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed heuristic.

    Attributes:
        source: Python source that defines the problem's entry function.
        operator: How it came about: "seed", "mutate", "cross", ...
        parents: Numbers of the records it was made from, in the same run.
        idea: One line on what is new about it.
        proposer: Who wrote it: "seed", "gp", or a model's name.
        cost: What it cost.
        transcript: The prompt and the answer, where there was one.
    """

    source: str
    operator: str
    parents: tuple[int, ...] = ()
    idea: str = ""
    proposer: str = ""
    cost: Cost = field(default_factory=Cost)
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A candidate, its evaluation and its number in the run: one archived line."""

    number: int
    candidate: Candidate
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Brief:
    """What the search wants next.

    Attributes:
        number: The number of the ask; the candidate made for it gets the same number.
        operator: "seed", "create", "mutate", "cross", ...
        parents: The records to start from; the first is the main one.
    """

    number: int
    operator: str
    parents: tuple[Record, ...] = ()
