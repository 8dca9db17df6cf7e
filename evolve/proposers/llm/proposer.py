"""Candidates by language models."""

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from threading import Lock

import numpy as np

from evaluators.cached import tree_of
from evolve.candidate import Brief, Candidate, Cost, Flaw
from evolve.llm.base import Prompt, Writer, Written
from evolve.llm.kept import answered, asked_before
from evolve.llm.ledger import NotCalled
from evolve.llm.limit import Limit
from evolve.llm.prices import unpriced
from evolve.llm.writers import writer_of
from evolve.proposers.base import Means, NotStarted
from evolve.proposers.llm.answers import Heuristic, read
from evolve.proposers.llm.prompts import PARENTS, Prompts
from problems.base import Problem
from sandbox import trees

OPERATORS: Mapping[str, float] = {"create": 0.15, "mutate": 0.4, "cross": 0.25, "simplify": 0.1, "repair": 0.1}
"""What models are asked to do, with weights."""
INSTEAD = {"simplify": "mutate", "cross": "mutate", "mutate": "create", "create": ""}
"""What is done where an operator cannot be, or is not wanted."""


class Llm:
    """Has candidates written by language models.

    Args:
        problem: Its statement, its seeds and its training instances are told to the models.
        means: What the run lends.
        models: Names as "provider:name", or a table of weights by name.
        operators: Weights of "create", "mutate", "cross", "simplify" and "repair"; what is left out or weighs 0 is
            not done where another can be.
        learning: Whether the weights are only a start, and models and operators are then chosen by what they bring.
        effort: How long a model is to think, in its provider's words; empty leaves it to the provider.
        max_output_tokens: What an answer may have at most, thinking included.
        timeout: Seconds that a call may take.
        tries: How often a call is tried before the run ends.
        concurrency: Most calls of a provider under way at once.
        base_url: Address of the server, where it is not the provider's own.
        prices: US dollars per million tokens by model, as {"provider:name": {"input": 1.0, "output": 4.0}}.

    Attributes:
        learning: As given.
        base_url: As given.
        prices: As given.
        unpriced: Those of the models whose price is not known.
        writers: The writer of each model, made when it is first needed.

    Raises:
        ValueError: A setting is out of range.
        LookupError: There is no such provider.
    """

    def __init__(
        self,
        problem: Problem,
        means: Means,
        *,
        models: Sequence[str] | Mapping[str, float],
        operators: Mapping[str, float] = OPERATORS,
        learning: bool = True,
        effort: str = "",
        max_output_tokens: int = 8000,
        timeout: float = 120.0,
        tries: int = 6,
        concurrency: int = 200,
        base_url: str = "",
        prices: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        self._entry = problem.entry
        self._names = _parameters(next(iter(problem.seeds.values())), problem.entry)
        self._prompts = Prompts(problem)
        self._models = _weights("models", models if isinstance(models, Mapping) else dict.fromkeys(models, 1.0))
        if unknown := sorted(operators.keys() - OPERATORS.keys()):
            raise ValueError(f"unknown operator {unknown[0]!r}: the operators are {', '.join(OPERATORS)}")
        self._operators = _weights("operators", operators)
        self.learning = learning
        table = prices or {}
        self.base_url, self.prices, self._folder = base_url, table, means.folder
        self.unpriced = unpriced(self._models, table, base_url)
        limits: dict[str, Limit] = {}
        self._make: Callable[[str], Writer] = lambda model: writer_of(
            model,
            means,
            effort=effort,
            max_output_tokens=max_output_tokens,
            timeout=timeout,
            concurrency=concurrency,
            tries=tries,
            base_url=base_url,
            prices=table,
            limits=limits,
        )
        self._making = Lock()  # guards `writers`: two writers of one model would not know of each other's calls
        self.writers: dict[str, Writer] = {}

    @property
    def arms(self) -> dict[tuple[str, str], float]:
        """The weight of each model with each operator."""
        return {
            (model, operator): share * weight
            for model, share in self._models.items()
            for operator, weight in self._operators.items()
        }

    def __call__(self, brief: Brief, rng: np.random.Generator) -> Candidate:
        """Return a candidate; see `evolve.proposers.base.Proposer`.

        An operator that there are too few parents for is replaced by one that there are enough for.

        Raises:
            NotStarted: A cap is reached or the run is ending.
            evolve.llm.base.Unusable: The model cannot be used as it is set up.
        """
        operator = self._operator(brief)
        model = self._asked(brief.number) or brief.writer or self._drawn(rng)
        prompt = self._prompts.render(brief, operator)
        written = self._written(model, prompt)
        asked = written.asked or prompt
        proposed = read(written.answer, self._entry)
        idea, source, flaw = "", "", None
        if isinstance(proposed, Flaw):
            flaw = proposed
        else:
            idea, source = proposed.idea, proposed.source
            flaw = _nothing_new(proposed, brief) or self._renamed(proposed)
        transcript = _transcript(asked, written)
        return Candidate(source, asked.operator, asked.parents, idea, model, written.cost, transcript, flaw)

    def explain(self, brief: Brief, rng: np.random.Generator) -> Written:
        """Return what a model says, in prose, on how the brief's first parent works and why it is good.

        Raises:
            NotStarted: A cap is reached or the run is ending.
            evolve.llm.base.Unusable: The model cannot be used as it is set up.
        """
        return self._written(brief.writer or self._drawn(rng), self._prompts.render(brief, "explain"))

    @property
    def models(self) -> list[str]:
        """Names of the models, as "provider:name"."""
        return list(self._models)

    def most(self, model: str, prompt: Prompt) -> Cost:
        """Return what a call can cost at most."""
        return self._writer(model).most(prompt)

    def preview(self, brief: Brief) -> Prompt:
        """Return the prompt that a brief leads to; nobody is called."""
        return self._prompts.render(brief, self._operator(brief))

    def _operator(self, brief: Brief) -> str:
        """Return what is done for a brief: what it asks for, or else the next that is wanted and can be done."""
        if brief.operator == "repair":  # its parent has failed, so nothing else can be made of it
            return "repair" if brief.parents else "create"
        name = brief.operator if brief.operator in INSTEAD else "mutate"
        possible = []
        while name:
            if PARENTS[name] <= len(brief.parents):
                possible.append(name)
            name = INSTEAD[name]
        return next((name for name in possible if self._operators.get(name)), possible[0])

    def _asked(self, number: int) -> str:
        """Return the model that an earlier session has asked, if it answered or can still be asked; else nothing."""
        before = asked_before(self._folder, number)
        return before if before in self._models or number in answered(self._folder) else ""

    def check(self) -> None:
        """Make all writers, so that what is wrong with a setting is told before anything begins.

        Raises:
            ValueError: A setting is out of range.
            TypeError: A setting is of the wrong kind.
            LookupError: There is no such provider.
        """
        for model in self._models:
            self._writer(model)

    def _drawn(self, rng: np.random.Generator) -> str:
        weights = np.array(list(self._models.values()))
        return list(self._models)[rng.choice(len(weights), p=weights / weights.sum())]

    def _renamed(self, proposed: Heuristic) -> Flaw | None:
        """Return a flaw if the parameters have other names than the template's: then the code says what is not so."""
        if _parameters(proposed.source, self._entry) == self._names:
            return None
        return Flaw(
            "other parameters", f"{self._entry} must take ({', '.join(self._names)}), by these names in this order"
        )

    def _written(self, model: str, prompt: Prompt) -> Written:
        try:
            return self._writer(model)(prompt)
        except NotCalled as reason:
            raise NotStarted(f"{model} was not called") from reason

    def _writer(self, model: str) -> Writer:
        with self._making:
            if model not in self.writers:
                self.writers[model] = self._make(model)
            return self.writers[model]


def _weights(setting: str, table: Mapping[str, float]) -> dict[str, float]:
    """Return the entries of a table that weigh anything."""
    for name, weight in table.items():
        if not 0.0 <= weight < float("inf"):
            raise ValueError(f"{setting}: the weight of {name} must be a number from 0 up, not {weight}")
    kept = {name: float(weight) for name, weight in table.items() if weight}
    if not kept:
        raise ValueError(f"{setting}: at least one must have a weight above 0")
    return kept


def _nothing_new(proposed: Heuristic, brief: Brief) -> Flaw | None:
    """Return a flaw if the code is that of a parent or of any candidate told before the brief was made."""
    tree = tree_of(proposed.source)
    for parent in brief.parents:
        if tree_of(parent.candidate.source) == tree:
            return Flaw("duplicate", f"the same code as its parent, candidate {parent.number}")
    position = brief.knowledge.known.get(tree)
    if position is None or position >= brief.knowledge.told:
        return None
    return Flaw("duplicate", f"the same code as candidate {brief.knowledge.numbers[position]}")


def _parameters(source: str, entry: str) -> list[str]:
    """Return the names of a function's parameters."""
    functions = [node for node in trees.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == entry]
    return [argument.arg for argument in functions[-1].args.args] if functions else []


def _transcript(prompt: Prompt, written: Written) -> str:
    answer = written.answer
    return json.dumps(
        {
            "system": prompt.system,
            "user": prompt.user,
            "answer": answer.text,
            "model": answer.model,
            "request": answer.request,
            "ending": answer.ending,
            "attempts": written.attempts,
            "seconds": round(written.seconds, 3),
        },
        ensure_ascii=False,
    )
