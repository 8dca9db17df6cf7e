"""Random programs in the form of a template."""

import ast

import numpy as np

from evolve.proposers.gp.grow import Grower
from evolve.proposers.gp.mutate import Edit
from evolve.proposers.gp.program import Program
from evolve.proposers.gp.sites import Role
from evolve.proposers.gp.syntax import pick, words


def create(program: Program, rng: np.random.Generator, depth: int) -> Edit | None:
    """Put a random expression in place of what a template returns, or else of the numbers that its result rests on."""
    sites = [site for site in program.sites if site.role is Role.VALUE and site.wanted.base == "float"]
    returned = [site for site in sites if isinstance(site.owner, ast.Return)]
    chosen = returned or [site for site in sites if site.root] or sites
    if not chosen:
        return None
    site = pick(rng, chosen)
    new = Grower(program, rng).expression(site.wanted, site.scope, depth)
    if new is None:
        return None
    site.put(new)
    return Edit("create", words(new, 100))
