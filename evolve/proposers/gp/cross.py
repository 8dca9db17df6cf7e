"""Crossover: a subtree of one program goes into another (Koza, 1992, section 6.4; typed as in Montana, 1995)."""

import ast

import numpy as np

from evolve.proposers.gp.grow import Grower
from evolve.proposers.gp.kinds import FLOAT, Kind, Scope, fits
from evolve.proposers.gp.mutate import Edit, wrapped
from evolve.proposers.gp.program import BUILTINS, Program
from evolve.proposers.gp.sites import Role, Site, is_safe
from evolve.proposers.gp.syntax import clone, constant, names, pick, same, size, words


def cross(program: Program, donor: Program, rng: np.random.Generator) -> Edit | None:
    """Put a subtree of the donor in place of one of the program, or join it to one.

    Names that the subtree reads and that cannot be read there become others of the same kind.
    """
    sites = [site for site in program.sites if site.role is not Role.SCALE and constant(site.node) is None]
    if not sites:
        return None
    site = pick(rng, sites)
    room = size(site.node) + 12
    parts = [part for part in donor.sites if _may_go(part, site) and size(part.node) <= room]
    if not parts:
        return None
    part = pick(rng, parts)
    new = transplanted(part.node, donor, site.scope, rng)
    if new is None or same(new, site.node):
        return None
    told = words(new)
    if site.wanted == FLOAT and site.role is Role.VALUE and rng.random() < 0.4:
        idea = f"join {told} to {words(site.node)}"
        site.put(wrapped(site, new, Grower(program, rng)))
    else:
        idea = f"replace {words(site.node)} by {told}"
        site.put(new)
    return Edit("cross", idea)


def transplanted(node: ast.expr, donor: Program, scope: Scope, rng: np.random.Generator) -> ast.expr | None:
    """Return a copy of a donor's expression that reads only names of a scope; None when there is none of a kind.

    The same name always becomes the same other name.
    """
    renamed: dict[str, str] = {}
    copied = clone(node)
    for used in list(names(copied)):
        kind = donor.kinds.names.get(used.id)
        if used.id in BUILTINS and kind is None:
            continue
        if kind is None:
            return None
        if used.id not in renamed:
            renamed[used.id] = used.id if fits(scope.get(used.id), kind) else _other(kind, scope, rng)
        if not renamed[used.id]:
            return None
        used.id = renamed[used.id]
    return copied


def _other(kind: Kind, scope: Scope, rng: np.random.Generator) -> str:
    """Return a name of a kind, or "" when there is none."""
    others = [identifier for identifier, held in scope.items() if held == kind]
    return pick(rng, others) if others else ""


def _may_go(part: Site, site: Site) -> bool:
    if not fits(part.kind, site.wanted) or constant(part.node) is not None:
        return False
    if site.wanted.ndim and isinstance(part.node, ast.Name):
        return False
    return site.role is Role.VALUE or is_safe(part.node)
