"""The winner as a module of its own."""

import ast
import os
import re
import textwrap
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from evaluators.base import Evaluation, Evaluator, Status
from evolve.archive import Run
from evolve.candidate import Record
from problems.base import Problem, Split

LINE = 120
PROVIDED = {"math": "import math", "np": "import numpy as np"}


class ExportMismatch(RuntimeError):
    """The exported text does not decide as the candidate did; nothing was written."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and the verdicts on the written text by split."""

    path: Path
    verified: Mapping[Split, Evaluation]


def export(
    run: Run, record: Record, archived: Mapping[Split, Evaluation], problem: Problem, evaluate: Evaluator, path: Path
) -> Exported:
    """Write a candidate as a stand-alone module, after judging the very text that is written.

    Args:
        archived: The candidate's verdicts by split; each must be repeated by the text on every instance.
        evaluate: Judges the text.

    Raises:
        ExportMismatch: A verdict differs; there is no file then.
        OSError: The file cannot be written.
    """
    text = module_text(run, record, archived, problem)
    verified = {}
    for split, before in archived.items():
        after = evaluate(text, split)
        if after.status is not Status.OK or after.per_instance != before.per_instance:
            raise ExportMismatch(
                f"the exported text does not repeat candidate {record.number} on {split}: {after.message}"
            )
        verified[split] = after
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")  # a file that is there is replaced as a whole or not at all
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return Exported(path, verified)


def module_text(run: Run, record: Record, archived: Mapping[Split, Evaluation], problem: Problem) -> str:
    """Return the source of the module: a docstring that says what it is and how good, and the heuristic."""
    objective = problem.objectives[0]
    scores = "\n".join(
        f"    {split}: {evaluation.measures[objective]:.3f} on {len(evaluation.per_instance)} instances"
        for split, evaluation in archived.items()
    )
    made = time.strftime("%Y-%m-%d", time.gmtime())
    origin = (
        f"Found by evolve {version('evolve-heuristics')}, run {run.name}, candidate {record.number}, exported {made}."
    )
    parts = [
        f"A heuristic for {problem.name}.",
        origin,
        f"Mean {objective}, lower is better:\n{scores}",
        f"The task it was made for:\n\n{textwrap.indent(problem.statement.strip(), '    ')}",
    ]
    docstring = "\n\n".join(parts).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{docstring}\n"""\n\n{readable(_importing(record.candidate.source)).lstrip()}'


def _importing(source: str) -> str:
    """Return source text with the imports that our compiler provides and a module of its own needs."""
    tree = ast.parse(source)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    imported = {(name.asname or name.name) for node in tree.body if isinstance(node, ast.Import) for name in node.names}
    wanted = [line for name, line in PROVIDED.items() if name in used - imported]
    return "\n".join([*wanted, "", "", source.lstrip()]) if wanted else source


def readable(source: str) -> str:
    """Return source text with long parameter lists spread over lines that fit a page."""
    lines = []
    for line in source.split("\n"):
        simple = re.fullmatch(r"(def \w+)\(([\w, ]+)\):", line)
        if len(line) <= LINE or simple is None:
            lines.append(line)
            continue
        filled = textwrap.fill(simple[2], LINE - 4, initial_indent="    ", subsequent_indent="    ")
        lines += [f"{simple[1]}(", f"{filled},", "):"]
    return "\n".join(lines).rstrip() + "\n"
