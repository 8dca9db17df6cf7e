"""What passes between search, proposer and archive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evaluators.base import Evaluation


@dataclass(frozen=True, slots=True)
class Cost:
    """What a proposal cost; zero for a local proposer.

    Attributes:
        input_tokens: All tokens read, those from a cache included.
        output_tokens: All tokens written, those of reasoning included.
        usd: US dollars; 0 where `priced` is false.
        cached_tokens: Of the input, those read from the provider's cache.
        reasoning_tokens: Of the output, those of reasoning.
        priced: Whether the price of every token is known.
        estimated: Whether some of it was not told by the provider and is taken from above.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    priced: bool = True
    estimated: bool = False

    @property
    def tokens(self) -> int:
        """All tokens, read and written."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.usd + other.usd,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.priced and other.priced,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a proposal is no heuristic to be judged: the answer was cut off, refused, without code, or nothing new.

    Attributes:
        cause: A few words for counting, such as "answer cut off".
        message: What went wrong, worded for the next prompt.
    """

    cause: str
    message: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed heuristic.

    Attributes:
        source: Python source that defines the problem's entry function; empty where an answer holds none.
        operator: How it came about: "seed", "mutate", "cross", ...
        parents: Numbers of the records it was made from, in the same run.
        idea: One line on what is new about it.
        proposer: Who wrote it: "seed", "gp", or a model as "provider:name".
        cost: What it cost.
        transcript: The prompt and the answer, where there was one, as JSON.
        flaw: Why it is not to be judged; None if it is.
    """

    source: str
    operator: str
    parents: tuple[int, ...] = ()
    idea: str = ""
    proposer: str = ""
    cost: Cost = field(default_factory=Cost)
    transcript: str = ""
    flaw: Flaw | None = None

    @property
    def by_model(self) -> bool:
        """Whether a model wrote it, rather than a program of ours."""
        return bool(self.transcript)


@dataclass(frozen=True, slots=True)
class Record:
    """A candidate, its evaluation and its number in the run: one archived line."""

    number: int
    candidate: Candidate
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Insight:
    """Something that the run so far says about what helps and what hurts.

    Attributes:
        change: What was changed against a parent, such as "reads job_work_left".
        better: How many candidates with this change were better than their best parent.
        worse: How many were not.
        failed: How many were not valid.
        examples: Numbers of the candidates it rests on, the best first.
        usual: Which share of all candidates with parents was better than the best of them.
    """

    change: str
    better: int
    worse: int
    failed: int
    examples: tuple[int, ...]
    usual: float = 0.0


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the records told so far teach, at the moment of an ask; a function of these records alone.

    Attributes:
        told: How many records were told.
        baselines: The judged seeds, the best first.
        best: OK records that are no seeds, the best first, one per value of the objective.
        tried: What was made from the brief's main parent so far, failures included, the newest first.
        failures: Failed candidates of models, the newest first.
        insights: What helped and what hurt.
        known: Of every code told, the position at which it was told first, by `evaluators.cached.tree_of`. Grows
            later: only positions below `told` count.
        numbers: By position, the number of the record told there; grows later too.
    """

    told: int
    baselines: tuple[Record, ...]
    best: tuple[Record, ...]
    tried: tuple[Record, ...]
    failures: tuple[Record, ...]
    insights: tuple[Insight, ...]
    known: Mapping[str, int]
    numbers: Sequence[int] = ()


NOTHING_KNOWN = Knowledge(0, (), (), (), (), (), {})


@dataclass(frozen=True, slots=True)
class Brief:
    """What the search wants next.

    Attributes:
        number: The number of the ask; the candidate made for it gets the same number.
        operator: "seed", "create", "mutate", "cross", "simplify", "repair".
        parents: The records to start from; the first is the main one. All are OK, but for "repair".
        writer: Which model is to write it, as "provider:name"; empty leaves it to the proposer.
        knowledge: What is known by now.
    """

    number: int
    operator: str
    parents: tuple[Record, ...] = ()
    writer: str = ""
    knowledge: Knowledge = NOTHING_KNOWN
