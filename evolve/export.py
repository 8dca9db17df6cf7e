"""The winner as a module of its own."""

import ast
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
    path.write_text(text, encoding="utf-8")
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
    return f'"""{docstring}\n"""\n\n{readable(record.candidate.source).lstrip()}'


def readable(source: str) -> str:
    """Return source text with the parameters of its functions spread over lines that fit a page."""
    lines = []
    for line in source.splitlines():
        if len(line) <= LINE or not line.startswith("def "):
            lines.append(line)
            continue
        head, _, rest = line.partition("(")
        parameters, _, tail = rest.rpartition(")")
        filled = textwrap.fill(parameters, LINE - 4, initial_indent="    ", subsequent_indent="    ")
        lines += [f"{head}(", f"{filled},", f"){tail}"]
    text = "\n".join(lines) + "\n"
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(source)), "only the layout changes"
    return text
