"""Records and a scripted writer for what language models read and write."""

from collections.abc import Mapping

from evaluators.base import Evaluation, Status
from evolve.candidate import Candidate, Cost, Record
from evolve.llm.base import Answer, Ending, Prompt, Usage, Written
from problems.base import Split
from problems.jobshop import JobShop

SHOP = JobShop(sizes=["6x6"], sets=["FT"])
NAMES = [instance.name for instance in SHOP.instances(Split.TRAIN)]
HEAD = SHOP.seeds["MWKR"].split("\n")[0]
COST = Cost(2000, 300, 0.01)


def source(body: str) -> str:
    return f"{HEAD}\n    {body}\n"


def judged(gap: float, at: Mapping[int, float] | None = None) -> Evaluation:
    """Return a verdict with the same gap everywhere but on the instances at these positions."""
    gaps = {name: (at or {}).get(position, gap) for position, name in enumerate(NAMES)}
    per_instance = {name: {"gap": value, "makespan": 100.0 + value} for name, value in gaps.items()}
    return Evaluation(Status.OK, {"gap": sum(gaps.values()) / len(gaps)}, per_instance, 0.01)


def failed(status: Status, cause: str, message: str) -> Evaluation:
    return Evaluation(status, message=message, cause=cause)


def seed(number: int, name: str, evaluation: Evaluation) -> Record:
    return Record(number, Candidate(SHOP.seeds[name], "seed", idea=name, proposer="seed"), evaluation)


def made(
    number: int, body: str, evaluation: Evaluation, *, parents: tuple[int, ...] = (), idea: str = "", operator: str = ""
) -> Record:
    candidate = Candidate(
        source(body), operator or ("mutate" if parents else "create"), parents, idea, "fake:good", COST, "{}"
    )
    return Record(number, candidate, evaluation)


class Scripted:
    """Answers every prompt with the same text, and remembers what it was asked."""

    def __init__(self, text: str, ending: Ending = Ending.COMPLETE, detail: str = "") -> None:
        self.answer = Answer(text, ending, Usage(2000, 300), "good-1", "call-7", detail)
        self.asked: list[Prompt] = []

    def __call__(self, prompt: Prompt) -> Written:
        self.asked.append(prompt)
        return Written(self.answer, COST, ("429 once",), 1.25)

    def most(self, prompt: Prompt) -> Cost:
        return COST


def answered(body: str, idea: str = "the longest job first") -> str:
    return f"Some thought.\n\nIdea: {idea}\n\n```python\n{source(body)}```\n"
