"""The prompts of a run: one request per operator, after what is the same for all."""

import ast
import re
from functools import cached_property

from evolve.candidate import Brief, Knowledge, Record
from evolve.llm.base import Prompt
from evolve.proposers.llm.feedback import Feedback, named, number
from evolve.proposers.llm.quoting import fenced
from evolve.proposers.llm.system import system, template
from problems.base import Problem
from sandbox import trees

PARENTS = {"create": 0, "mutate": 1, "cross": 2, "simplify": 1, "repair": 1, "explain": 1}
"""How many parents each request is about."""
SHORTER = 0.6
"""Which share of its parts a simplified heuristic may keep."""
_ADVICE = {
    "timeout": "Make its work per call constant, or bound every loop.",
    "memory": "Use no arrays or lists that grow.",
    "rejected": "Use only what the rules of the code allow.",
    "error": "Guard the operation that failed for all arguments, not only for this case.",
}
_BLANK = re.compile(r"\n{3,}")


class Prompts:
    """Renders the prompts of one problem; a pure function of the brief.

    Args:
        problem: Only its statement, seeds and training instances are read.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._feedback = Feedback(problem)
        self._templates = {operator: template(operator) for operator in PARENTS}

    @cached_property
    def system(self) -> str:
        """The part that all prompts begin with."""
        return system(self._problem)

    def render(self, brief: Brief, operator: str) -> Prompt:
        """Return the prompt for a brief that has as many parents as `PARENTS` says, judged with OK but for "repair"."""
        parents = brief.parents[: PARENTS[operator]]
        values = {
            "number": str(brief.number),
            "objective": self._feedback.objective,
            **self._run(brief.knowledge, parents if operator != "repair" else ()),
        }
        if operator == "cross":
            values |= self._both(parents[0], parents[1])
        elif operator == "repair":
            values |= self._broken(parents[0])
        elif parents:
            values |= self._one(parents[0], brief.knowledge)
        text = self._templates[operator].substitute(values)
        user = _BLANK.sub("\n\n", text).strip() + "\n"
        return Prompt(brief.number, self.system, user, operator, tuple(parent.number for parent in parents))

    def _run(self, knowledge: Knowledge, parents: tuple[Record, ...]) -> dict[str, str]:
        """Return what the run so far says."""
        tell = self._feedback
        judged = [*knowledge.best[:1], *knowledge.baselines[:1], *parents]
        goal = min(map(tell.value, judged), default=None)
        return {
            "leader": tell.leader(knowledge),
            "target": f", if possible below {number(goal)}, the lowest so far" if goal is not None else "",
            "published": tell.published(knowledge),
            "ideas": tell.ideas(knowledge),
            "insights": tell.insights(knowledge),
            "failures": tell.failures(knowledge),
            "tried": tell.tried(parents[0], knowledge) if parents else "",
        }

    def _one(self, parent: Record, knowledge: Knowledge) -> dict[str, str]:
        tell = self._feedback
        tree = trees.parse(parent.candidate.source)
        parts = sum(isinstance(node, ast.stmt | ast.expr) for node in trees.nodes(tree))
        return {
            "parent": named(parent),
            "score": tell.score(parent),
            "value": number(tell.value(parent)),
            "idea": tell.idea(parent),
            "code": fenced(parent.candidate.source),
            "groups": tell.groups(parent, knowledge),
            "weakest": tell.weakest(parent, knowledge),
            "lines": str(len(parent.candidate.source.splitlines())),
            "parts": str(parts),
            "goal": str(int(SHORTER * parts)),
            "reads": str(_read(tree)),
        }

    def _both(self, first: Record, second: Record) -> dict[str, str]:
        tell = self._feedback
        values = {
            "wins": tell.wins(first, second),
            "better": number(min(tell.value(first), tell.value(second))),
        }
        for place, record in (("first", first), ("second", second)):
            values |= {
                place: named(record),
                f"{place}_score": tell.score(record),
                f"{place}_idea": tell.idea(record),
                f"{place}_code": fenced(record.candidate.source),
            }
        return values

    def _broken(self, failed: Record) -> dict[str, str]:
        return {
            "parent": named(failed),
            "error": self._feedback.error(failed),
            "idea": self._feedback.idea(failed),
            "code": fenced(failed.candidate.source),
            "advice": _ADVICE.get(failed.evaluation.status, ""),
        }


def _read(tree: ast.Module) -> int:
    """Return how many parameters the program reads."""
    nodes = trees.nodes(tree)
    parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return len(parameters & {node.id for node in nodes if isinstance(node, ast.Name)})
