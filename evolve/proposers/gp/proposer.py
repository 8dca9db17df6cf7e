"""Candidates by genetic programming: no model, no key."""

import dataclasses
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import numpy as np

from evolve.candidate import Brief, Candidate
from evolve.proposers.base import Means
from evolve.proposers.gp.create import create
from evolve.proposers.gp.cross import cross
from evolve.proposers.gp.kinds import of_signature
from evolve.proposers.gp.mutate import Change, Edit, constants, insert, point, replace, shrink
from evolve.proposers.gp.program import Form, Program, Unreadable, canonical, read, source_of
from evolve.proposers.gp.simplify import simplify, tidy
from evolve.proposers.gp.sites import Role
from evolve.proposers.gp.statements import branch, remember
from evolve.proposers.gp.syntax import names, pick
from problems.base import Problem

CHANGES: tuple[tuple[Change, float], ...] = (
    (insert, 0.29),
    (replace, 0.14),
    (point, 0.09),
    (constants, 0.17),
    (shrink, 0.21),
    (remember, 0.08),
    (branch, 0.02),
)
"""The mutations with their probabilities; a program becomes shorter about as often as longer."""

NEEDED = {"create": 0, "mutate": 1, "shrink": 1, "simplify": 1, "cross": 2}
"""How many parents each operator takes."""


class GeneticProgramming:
    """Writes candidates by mutation, crossover and simplification of syntax trees, and random ones from the template.

    A change is tried until the offspring differs from its parents and keeps to the size limit.

    Args:
        problem: Gives the signature, and the template in whose form new programs are created.
        means: What the run lends; nothing of it is needed.
        nodes: Size limit, in statements and expressions; where a program is larger already, its size is.
        depth: Largest depth of the expressions in created programs.
        repeat: Probability that one more mutation follows a mutation.
        graft: Probability that a mutation takes a subtree from a published heuristic.
        tries: How often a change is tried before another kind of change is.

    Raises:
        ValueError: A setting is out of range, or the template has no expression that could be varied.

    Source: Koza (1992), Genetic Programming; Branke, Nguyen, Pickardt and Zhang (2016), Automated design of production
    scheduling heuristics, IEEE Transactions on Evolutionary Computation 20(1). Trees are Python's own, so a parent may
    come from anywhere.
    """

    def __init__(
        self,
        problem: Problem,
        means: Means | None = None,
        *,
        nodes: int = 120,
        depth: int = 3,
        repeat: float = 0.15,
        graft: float = 0.08,
        tries: int = 20,
    ) -> None:
        if not 10 <= nodes <= 1000:
            raise ValueError(f"nodes must be from 10 to 1000, not {nodes}")
        if not 1 <= depth <= 6:
            raise ValueError(f"depth must be from 1 to 6, not {depth}")
        if not 0.0 <= repeat <= 0.9:
            raise ValueError(f"repeat must be from 0 to 0.9, not {repeat}")
        if not 0.0 <= graft <= 1.0:
            raise ValueError(f"graft must be from 0 to 1, not {graft}")
        if not 1 <= tries <= 1000:
            raise ValueError(f"tries must be from 1 to 1000, not {tries}")
        parameters, result = of_signature(problem.signature)
        form = Form(problem.entry, parameters, result)
        self.seeds = [seed for seed in problem.seeds.values() if _readable(seed, form)]
        self.form = dataclasses.replace(
            form, familiar=tuple(chain.from_iterable(_read_by(read(seed, form)) for seed in self.seeds))
        )
        self.template = next(iter(problem.seeds.values()))
        self.nodes, self.depth, self.repeat, self.graft, self.tries = nodes, depth, repeat, graft, tries
        if not any(site.role is Role.VALUE for site in read(self.template, self.form).sites):
            raise ValueError(f"the template of problem {problem.name} has no expression that could be varied")

    def __call__(self, brief: Brief, rng: np.random.Generator) -> Candidate:
        """Return a candidate; see `evolve.proposers.base.Proposer`.

        With fewer parents than an operator needs, it does what needs no more than there are; an operator that it does
        not know is a mutation.
        """
        # A failed candidate is nothing to vary: what a model is asked to repair, this leaves, and varies the best.
        records = brief.parents if brief.operator != "repair" else brief.knowledge.best[:1]
        parents = [(record.number, record.candidate.source) for record in records]
        parents = [(number, source) for number, source in parents if _readable(source, self.form)]
        sources = [source for _, source in parents]
        for operator in _plan(brief.operator, len(parents)):
            for _ in range(1 if operator == "simplify" else self.tries):
                made = self._make(operator, sources, rng)
                if made is not None:
                    source, edit = made
                    numbers = [number for number, _ in parents[: NEEDED[operator]]]
                    return Candidate(source, edit.operator, tuple(numbers), edit.idea, "gp")
        raise RuntimeError(
            f"no program other than its parents came up; raise tries ({self.tries}) or nodes ({self.nodes})"
        )

    def _make(self, operator: str, sources: Sequence[str], rng: np.random.Generator) -> tuple[str, Edit] | None:
        """Return the source of one offspring and what was done, or None when it is no new program within the limits."""
        start = sources[0] if NEEDED[operator] else self.template
        program = read(start if operator == "simplify" else tidied(start, self.form), self.form)
        limit = max(self.nodes, program.size)
        if operator == "simplify":
            edit = _simplified(program)
        else:
            edit = self._change(operator, program, sources, rng)
            program.read()
            tidy(program)
        if edit is None or not program.sound or program.size > limit:
            return None
        text = program.text()
        return None if text in self._known(operator, sources) else (source_of(text), edit)

    def _known(self, operator: str, sources: Sequence[str]) -> list[str]:
        """Return the texts that would be nothing new: a parent simplified is, when that was asked for."""
        as_they_are = [canonical(source) for source in sources]
        if operator == "simplify":
            return as_they_are
        return as_they_are + [tidied(source, self.form) for source in (*sources, *self.seeds)]

    def _change(self, operator: str, program: Program, sources: Sequence[str], rng: np.random.Generator) -> Edit | None:
        if operator == "cross":
            return cross(program, read(tidied(sources[1], self.form), self.form), rng)
        if operator == "shrink":
            return shrink(program, rng)
        if operator == "create":
            return create(program, rng, 1 + int(self.depth * rng.random()))
        if rng.random() < self.graft:
            grafted = cross(program, read(pick(rng, self.seeds), self.form), rng)
            return grafted and Edit("mutate", grafted.idea)
        edit = _mutation(rng)(program, rng)
        while edit is not None and rng.random() < self.repeat:
            program.read()
            more = _mutation(rng)(program, rng)
            if more is not None:
                edit = Edit(edit.operator, f"{edit.idea}; {more.idea}")
        return edit


@lru_cache(maxsize=4096)
def tidied(source: str, form: Form) -> str:
    """Return the text of a program without what does nothing; local names stay."""
    program = read(source, form)
    tidy(program)
    return program.text()


def _readable(source: str, form: Form) -> bool:
    try:
        read(source, form)
    except Unreadable:
        return False
    return True


def _read_by(program: Program) -> list[int]:
    """Return the positions of the parameters that a program reads."""
    used = {node.id for node in names(program.entry)}
    return [position for position, parameter in enumerate(program.parameters) if parameter in used]


def _plan(operator: str, parents: int) -> list[str]:
    """Return what to try, in order."""
    wanted = operator if operator in ("cross", "simplify", "create") else "mutate"
    order = {"simplify": ["simplify", "shrink", "mutate", "create"], "cross": ["cross", "mutate", "create"]}
    return [step for step in order.get(wanted, [wanted, "create"]) if NEEDED[step] <= parents]


def _mutation(rng: np.random.Generator) -> Change:
    left = rng.random() * sum(share for _, share in CHANGES)
    for change, share in CHANGES:
        left -= share
        if left < 0.0:
            return change
    return CHANGES[-1][0]


def _simplified(program: Program) -> Edit | None:
    before = program.size
    return Edit("simplify", f"the same with {program.size} nodes for {before}") if simplify(program) else None
