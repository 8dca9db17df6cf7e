"""What a run with models would ask first, and what it may cost."""

from dataclasses import dataclass

from evolve.candidate import Brief, Cost
from evolve.llm.base import Prompt, Usage
from evolve.llm.prices import price_of, table_of
from evolve.proposers.llm.proposer import Llm
from evolve.settings import Settings
from evolve.spending import dollars
from problems.base import Problem

WRITTEN_TOKENS = 1500
"""What an answer is taken to have: some reasoning, one idea and a short function."""
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Estimate:
    """What calls of one model come to.

    Attributes:
        calls: How many there will be; None if nothing limits them.
        typical: Of one call, from the length of the first prompt and a usual answer.
        most: Of one call: what is set aside for it under a cap.
    """

    model: str
    calls: int | None
    typical: Cost
    most: Cost


def first_prompt(llm: Llm) -> Prompt:
    """Return the first prompt: nothing is known yet, so that something new is to be created."""
    return llm.preview(Brief(0, "create"))


def estimates(settings: Settings, problem: Problem, llm: Llm) -> list[Estimate]:
    """Return what the calls of each model come to, from the length of the first prompt."""
    prompt = first_prompt(llm)
    read = len(prompt.system + prompt.user) // CHARACTERS_PER_TOKEN
    usage = Usage(read, WRITTEN_TOKENS, estimated=True)
    table = table_of(llm.prices)
    found = []
    for model in llm.models:
        usd = price_of(model, llm.base_url, table)(usage)
        typical = Cost(read, WRITTEN_TOKENS, usd or 0.0, priced=usd is not None, estimated=True)
        most = llm.most(model, prompt)
        found.append(Estimate(model, _calls(settings, len(problem.seeds), typical), typical, most))
    return found


def _calls(settings: Settings, seeds: int, typical: Cost) -> int | None:
    """Return how many calls the budget allows; what local proposers use up of it is not known."""
    budget = settings.budget
    limits = [] if budget.calls is None else [budget.calls]
    if budget.evaluations is not None:
        limits.append(max(budget.evaluations - seeds, 0))
    if budget.tokens is not None:
        limits.append(budget.tokens // max(typical.tokens, 1))
    if budget.usd is not None and typical.usd:
        limits.append(int(budget.usd / typical.usd))
    return min(limits, default=None)


def told(estimate: Estimate) -> str:
    """Return an estimate in words."""
    each = estimate.typical
    line = (
        f"{estimate.model}: a call about {each.input_tokens:,} tokens read and {each.output_tokens:,} written, "
        f"{dollars(each)}; at most {dollars(estimate.most)}"
    )
    if estimate.calls is None:
        return f"{line}. No budget limits the calls: give --max-usd, --max-tokens or --max-calls"
    whole = Cost(usd=each.usd * estimate.calls, input_tokens=each.tokens * estimate.calls, priced=each.priced)
    return f"{line}. {estimate.calls:,} calls about {whole.tokens:,} tokens, {dollars(whole)}, if it wrote them all"
