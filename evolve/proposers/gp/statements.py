"""Changes to the statements of a program: a new local name, a new `if`."""

import ast

import numpy as np

from evolve.proposers.gp.grow import Grower
from evolve.proposers.gp.kinds import BOOL, FLOAT
from evolve.proposers.gp.mutate import Edit, wrapped
from evolve.proposers.gp.program import Program
from evolve.proposers.gp.sites import Role, Slot
from evolve.proposers.gp.syntax import assign, binary, clone, name, names, number, pick, weight, words


def remember(program: Program, rng: np.random.Generator) -> Edit | None:
    """Compute something before a statement, and use it in that statement."""
    grower = Grower(program, rng)
    slot = pick(rng, program.slots)
    inside = list(ast.walk(slot.body[slot.index]))
    sites = [
        site for site in program.sites if site.wanted == FLOAT and site.role is Role.VALUE and site.owner in inside
    ]
    if not sites:
        return None
    value = grower.expression(FLOAT, slot.scope, 1)
    if value is None or not any(True for _ in names(value)):
        return None
    local = program.fresh("x")
    site = pick(rng, sites)
    site.put(wrapped(site, name(local), grower))
    slot.body.insert(slot.index, assign(local, value))
    return Edit("insert", f"compute {local} = {words(value)} and use it")


def branch(program: Program, rng: np.random.Generator) -> Edit | None:
    """Make what is returned, or a local number, depend on a condition."""
    grower = Grower(program, rng)
    slot = pick(rng, program.slots)
    test = grower.condition(slot.scope, 2)
    then = _returned(program, slot, grower) if rng.random() < 0.5 else _changed(program, slot, grower)
    if then is None:
        return None
    slot.body.insert(slot.index, ast.If(test, [then], []))
    return Edit("insert", f"if {words(test)}: {words(then)}")


def _returned(program: Program, slot: Slot, grower: Grower) -> ast.stmt | None:
    if program.form.result not in (FLOAT, BOOL):
        return None
    following = [site.node for site in program.sites if isinstance(site.owner, ast.Return) and site.owner in slot.body]
    readable = [
        node
        for node in following
        if all(used.id in slot.scope for used in names(node) if used.id in program.kinds.names)
    ]
    if readable and program.form.result == FLOAT and grower.rng.random() < 0.5:
        old = clone(pick(grower.rng, readable))
        return ast.Return(binary(old, ast.Add, grower.scaled(grower.term(slot.scope))))
    value = grower.expression(program.form.result, slot.scope, 1)
    return None if value is None else ast.Return(value)


def _changed(program: Program, slot: Slot, grower: Grower) -> ast.stmt | None:
    """Return a change of a local number that is read later on."""
    later = {used.id for statement in slot.body[slot.index :] for used in names(statement)}
    local = [identifier for identifier, kind in slot.scope.items() if kind == FLOAT and identifier in later]
    local = [identifier for identifier in local if not program.fixed(identifier)]
    if not local:
        return None
    identifier = pick(grower.rng, local)
    factor = number(weight(grower.rng)) if grower.rng.random() < 0.5 else grower.term(slot.scope)
    operator = ast.Mult if grower.rng.random() < 0.5 else ast.Add
    return assign(identifier, binary(name(identifier), operator, factor))
