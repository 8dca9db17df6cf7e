"""Where an exported heuristic can be put to work: what a module takes along for that, and how it is used there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from problems.base import Problem
from problems.expert_placement import ExpertPlacement
from problems.expert_placement.instance import HISTORY
from problems.expert_placement.suites import SEEN, Suite
from problems.jobshop import JobShop
from problems.vm_placement import VmPlacement

EPLB = "evolve.export.targets.eplb"


class WrongTarget(ValueError):
    """There is no such target, or it is for other problems."""


@dataclass(frozen=True, slots=True)
class Target:
    """A place for heuristics of one problem.

    Attributes:
        problem: The problem.
        adapters: Definitions that the module takes along, as (module of ours, name).
        usage: What the docstring says of it.
    """

    problem: type[Problem]
    adapters: Sequence[tuple[str, str]]
    usage: str


TARGETS: Mapping[str, Target] = {
    "vllm": Target(
        ExpertPlacement,
        ((EPLB, "EvolvedEplbPolicy"),),
        "For vLLM: EvolvedEplbPolicy is a policy of its expert-parallel load balancer, with the signature of "
        "AbstractEplbPolicy.rebalance_experts that returns the expert in each slot. It is given one window of loads.",
    ),
    "sglang": Target(
        ExpertPlacement,
        ((EPLB, "rebalance_experts"),),
        "For SGLang: rebalance_experts has the signature and the three results of sglang.srt.eplb.eplb_algorithms. The "
        "steps that it is given are summed up to as many windows as the heuristic was made for.",
    ),
    "job-shop-lib": Target(
        JobShop,
        (("evolve.export.targets.job_shop_lib", "evolved_rule"),),
        "For job-shop-lib: DispatchingRuleSolver(evolved_rule).solve(instance) builds the same schedule as solve.",
    ),
    "kube-scheduler-extender": Target(
        VmPlacement,
        (("evolve.export.targets.kubernetes", "serve"),),
        "For Kubernetes: serve() answers the scheduler's extender protocol over HTTP, with the verbs filter and "
        "prioritize, for a configuration with nodeCacheCapable false. It must be told what was placed, see Extender.",
    ),
}
C = "c"
NAMES = (*TARGETS, C)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A target for one problem with its settings.

    Attributes:
        constants: Values of constants of the adapters that follow from them.
    """

    target: Target
    constants: Mapping[str, object] = field(default_factory=dict)


def fitted(name: str, problem: Problem) -> Fitted:
    """Return a target for a problem.

    Raises:
        WrongTarget: There is no such target, or it is for another problem.
    """
    if name not in TARGETS:
        raise WrongTarget(f"there is no target {name!r}: there are {', '.join(NAMES)}")
    target = TARGETS[name]
    if not isinstance(problem, target.problem):
        raise WrongTarget(f"{name} takes heuristics for {target.problem.name}, not for {problem.name}")
    if isinstance(problem, ExpertPlacement):
        windows = {"WINDOWS": 1 if problem.suite in SEEN else HISTORY} if name == "sglang" else {}
        return Fitted(target, {"HIERARCHICAL": problem.suite is Suite.HIERARCHICAL, **windows})
    return Fitted(target)
