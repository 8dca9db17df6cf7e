"""The winner as a module of its own: from an archived candidate to a verified file."""

import os
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path

from evaluators.base import Evaluation, Evaluator, Status
from evolve import settings
from evolve.archive import Run
from evolve.candidate import Candidate, Record
from evolve.export.certificate import Provenance, certified, docstring
from evolve.export.module import BARE, Parts, module_text, parts
from evolve.export.package import module_name, package_files
from evolve.export.targets import C, WrongTarget, fitted
from evolve.export.targets.c import Sources, in_c
from evolve.export.verify import PLAIN_SECONDS, ExportMismatch, TookTooLong, verifier
from problems.base import Problem, RuleProblem, Split
from sandbox import check_source

ATTEMPTS = 3


class Unverified(ExportMismatch):
    """The candidate may not be exported as verified; the message says why, and nothing was written."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and the verdicts on the candidate by split, which the written text repeats."""

    path: Path
    verified: Mapping[Split, Evaluation]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants of an export.

    Attributes:
        licence: Line for the docstring.
        verify: Replay the text before it is written.
        unverified: Write it although it is not verified, or although the candidate failed its audit.
        require_numba: Refuse to work without numba, for a heuristic that decides differently there.
        plain_seconds: CPU seconds for replaying instances without numba.
        target: What else the module takes along, or "c" for two files in C; see `evolve.export.targets`.
        package: Make an installable package of it; the path is then its folder.
    """

    licence: str = ""
    verify: bool = True
    unverified: bool = False
    require_numba: bool = False
    plain_seconds: float = PLAIN_SECONDS
    target: str = ""
    package: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What is exported.

    Attributes:
        run: Its run.
        record: The candidate.
        archived: Its verdicts by split; each must be repeated by the text on every instance.
        problem: The problem of the run.
        ancestors: See `evolve.export.certificate.Provenance`.
    """

    run: Run
    record: Record
    archived: Mapping[Split, Evaluation]
    problem: Problem
    ancestors: Mapping[int, Candidate] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The text of the candidate."""
        return self.record.candidate.source


STANDARD = Wishes()


def export(
    run: Run,
    record: Record,
    archived: Mapping[Split, Evaluation],
    problem: Problem,
    evaluate: Evaluator,
    path: Path,
    *,
    wishes: Wishes = STANDARD,
    ancestors: Mapping[int, Candidate] | None = None,
) -> Exported:
    """Write a candidate as a stand-alone module, after the very text that is written was replayed.

    Args:
        run: Its run.
        record: The candidate.
        archived: Its verdicts by split; each must be repeated by the text on every instance.
        problem: The problem of the run.
        evaluate: Judges the published heuristics that its numbers are set beside.
        path: The file.
        wishes: What the user wants.
        ancestors: Its ancestors by number, the nearest first.

    Raises:
        ExportMismatch: The text decides differently; there is no file then.
        Unverified: It is not verified, and that was not asked for; there is no file then.
        sandbox.SandboxUnavailable: No fence can be set up here.
        OSError: The file cannot be written.
    """
    origin = Origin(run, record, archived, problem, ancestors or {})
    check(wishes, problem)
    name = path.stem if wishes.target == C else module_name(path)
    in_c = sources_in_c(origin, name) if wishes.target == C else None
    text = verified_text(origin, evaluate, wishes)
    if in_c is not None:
        write(path.with_suffix(".h"), in_c.header)
        write(path.with_suffix(".c"), in_c.source)
        path = path.with_suffix(".c")
    elif wishes.package:
        for inside, content in package_files(name, text, problem, wishes.licence).items():
            write(path / inside, content)
    else:
        write(path, text)
    return Exported(path, archived)


def check(wishes: Wishes, problem: Problem) -> None:
    """Return if wishes go together and suit a problem.

    Raises:
        evolve.export.targets.WrongTarget: They do not.
    """
    if wishes.target == C and wishes.package:
        raise WrongTarget("a package holds a Python module, not the files of the target c")
    if wishes.target and wishes.target != C:
        fitted(wishes.target, problem)


def sources_in_c(origin: Origin, name: str) -> Sources:
    """Return a candidate as C; see `evolve.export.targets.c.in_c`."""
    about = (
        f"A rule for {origin.problem.name}, from run {origin.run.name}, candidate {origin.record.number}.\n"
        "Its decisions were verified in Python; these files were written from the same source and not replayed.\n\n"
        f"{origin.problem.statement.strip()}"
    )
    return in_c(origin.problem, check_source(origin.source, origin.problem.entry), name, about)


def verified_text(origin: Origin, evaluate: Evaluator, wishes: Wishes) -> str:
    """Return the text of a module; see `export`."""
    doubts = _doubts(origin, wishes)
    if doubts and not wishes.unverified:
        raise Unverified(f"candidate {origin.record.number} {' and '.join(doubts)}; to export it all the same, "
                         "use --unverified, which the file will say")  # fmt: skip
    sound = {split: evaluation for split, evaluation in origin.archived.items() if evaluation.status is Status.OK}
    numbers = {split: certified(origin.problem, evaluation, evaluate, split) for split, evaluation in sound.items()}
    made = replace(parts(origin.problem, origin.source), require_numba=wishes.require_numba)
    if wishes.target and wishes.target != C:
        suited = fitted(wishes.target, origin.problem)
        made = replace(made, adapters=suited.target.adapters, constants=suited.constants, usage=suited.target.usage)
    provenance = Provenance(origin.run, origin.record, origin.ancestors)

    def text(made: Parts, told: Sequence[str]) -> str:
        return module_text(
            made, docstring(origin.problem, provenance, numbers, [*_warning(doubts), *told], wishes.licence)
        )

    if made.driver is None:
        bare = text(made, [BARE.format(name=origin.problem.name)])
        return _judged(origin, bare, sound, evaluate) if wishes.verify else bare
    if not wishes.verify:
        return text(made, _usage(made))
    return _replayed(origin, sound, made, text, wishes)


def _doubts(origin: Origin, wishes: Wishes) -> list[str]:
    """Return why a candidate may not be exported as verified."""
    found = []
    for split, evaluation in origin.archived.items():
        if evaluation.status is not Status.OK:
            found.append(f"is not valid on {split} ({evaluation.cause or evaluation.status}: {evaluation.message})")
    audited = any(split is not Split.TRAIN for split in origin.archived)
    if isinstance(origin.problem, RuleProblem) and not audited:
        found.append("was never audited: it was judged on train only")
    if not wishes.verify:
        found.append("was not verified by a replay of its instances")
    return found


def _warning(doubts: Sequence[str]) -> list[str]:
    return [f"UNVERIFIED. This heuristic {'; it '.join(doubts)}."] if doubts else []


def _judged(origin: Origin, text: str, sound: Mapping[Split, Evaluation], evaluate: Evaluator) -> str:
    """Return the text of a bare heuristic if it repeats every archived objective."""
    for split, before in sound.items():
        after = evaluate(text, split)
        if _objectives(origin.problem, after) != _objectives(origin.problem, before):
            raise ExportMismatch(
                f"the exported text does not repeat candidate {origin.record.number} on {split}: {after.message}"
            )
    return text


def _objectives(problem: Problem, evaluation: Evaluation) -> dict[str, list[float]]:
    return {
        name: [measures[objective] for objective in problem.objectives]
        for name, measures in evaluation.per_instance.items()
    }


def _replayed(
    origin: Origin,
    sound: Mapping[Split, Evaluation],
    made: Parts,
    text: Callable[[Parts, Sequence[str]], str],
    wishes: Wishes,
) -> str:
    """Return the text of a module that was replayed in the fence, with and without numba."""
    problem, driver = origin.problem, import_module(made.driver.module) if made.driver else None
    template = next(iter(problem.seeds.values()))
    warm_up = module_text(parts(problem, template), "")
    with verifier(problem, settings.restore(origin.run.settings), warm_up) as verify:
        made = replace(made, cases=verify.cases(origin.source, driver.EXAMPLES if driver else ()))
        verify.check_archived(origin.source, sound)
        seconds = wishes.plain_seconds
        for attempt in range(ATTEMPTS):
            chosen = None if wishes.require_numba else verify.chosen_without_numba(seconds)
            result = text(made, [*_usage(made), _replay_told(problem, sound, chosen)])
            try:
                verify.check(result, chosen)
            except TookTooLong:
                if attempt == ATTEMPTS - 1:
                    raise
                seconds /= 8.0
            else:
                break
    return result


def _replay_told(
    problem: Problem, sound: Mapping[Split, Evaluation], chosen: Mapping[Split, Sequence[int]] | None
) -> str:
    counts = {split: len(problem.instances(split)) for split in sound}
    told = (
        "Replayed before it was written, in a process without the program that found it: with numba, this very text "
        f"made the decisions of the certified simulator, and told the same objective, on all {sum(counts.values())} "
        "instances named below; "
    )
    if chosen is None:
        return told + "without numba it refuses to work, since sums of floats come out differently there."
    parts = [f"{len(indices)} of {counts[split]} on {split}" for split, indices in chosen.items()]
    return told + f"without numba, on those that are solved in time: {', '.join(parts) or 'none'}."


def _usage(made: Parts) -> list[str]:
    """Return paragraphs on how a module is used."""
    if made.driver is None:
        return []
    told = import_module(made.driver.module)
    form = " ".join(told.FORM.split())
    example = textwrap.indent(
        "import rule\n"
        'instance = rule.read(open("instance.txt").read(), "instance.txt")\n'
        f"solution = rule.solve(instance)  # {told.SOLUTION}\n"
        "rule.objective(instance, solution)",
        "    ",
    )
    return [
        f"`python rule.py instance.txt` prints {told.MEASURE} and solution, `python rule.py --self-test` replays small "
        "embedded cases. NumPy is all that it needs; where numba is installed it is used, unless --no-numba or the "
        "environment variable RULE_NUMBA=0 turns that off. To use it from a program:",
        example,
        f"Instances: {form}",
        f"Objective: {told.MEASURE}, {told.MEASURE_TEXT}.",
        *([made.usage] if made.usage else []),
    ]


def write(path: Path, text: str) -> None:
    """Write a text to a file; one that is there is replaced as a whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
