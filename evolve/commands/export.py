"""Writing a candidate as a module, a package, or for another program."""

from pathlib import Path

from evaluators.base import Status
from evolve import render
from evolve.archive import Archive, Run
from evolve.candidate import Record
from evolve.commands.arguments import find
from evolve.errors import NothingValid
from evolve.export import Exported, ExportMismatch, Wishes, WrongTarget, ancestors
from evolve.export import export as export_module
from evolve.parts import problem_of
from evolve.report import judged_on
from evolve.run import judging
from evolve.settings import Settings, SettingsError
from evolve.terminal import err, say
from problems.base import Split

FORMS = ("module", "package")


def export(reference: str, output: Path, archive: str, wishes: Wishes, as_json: bool) -> None:
    """Write a candidate as the user wishes."""
    with Archive(archive, create=False) as store:
        run, chosen, _, record = find(store, reference)
        with err.status("exporting"):
            exported = exported_to(store, run, chosen, record, output, wishes)
    measures = {str(split): dict(evaluation.measures) for split, evaluation in exported.verified.items()}
    data = {
        "run": run.name,
        "candidate": record.number,
        "file": str(exported.path),
        "target": wishes.target or None,
        "verified": wishes.verify and all(each.status is Status.OK for each in exported.verified.values()),
        "measures": measures,
    }
    how = (
        "replayed from the written text: the same decisions on every instance"
        if wishes.verify
        else "not verified, as the file says"
    )
    text = f"{run.name}:{record.number} written to {exported.path}, {how}"
    say(data, as_json, lambda: render.console().print(text, highlight=False, markup=False, soft_wrap=True))


def wishes_of(form: str, target: str, licence: str, verify: bool, unverified: bool, require_numba: bool) -> Wishes:
    """Return what the options stand for.

    Raises:
        SettingsError: There is no such form.
    """
    if form not in FORMS:
        raise SettingsError(f"--as is {' or '.join(FORMS)}, not {form!r}")
    return Wishes(
        licence=licence,
        verify=verify,
        unverified=unverified,
        require_numba=require_numba,
        target=target,
        package=form == "package",
    )


def exported_to(
    store: Archive, run: Run, chosen: Settings, record: Record, output: Path, wishes: Wishes | None = None
) -> Exported:
    """Write a candidate and return its verdicts; those not archived yet are made first."""
    wishes = wishes or Wishes()
    if record.evaluation.status is not Status.OK:
        raise NothingValid(f"candidate {record.number} is not valid: {record.evaluation.message}")
    problem = problem_of(chosen)
    line = ancestors(store.candidates(run), record.candidate)
    with judging(chosen, problem) as judge:
        verdicts = {split: judged_on(store, run, record, judge, split) for split in Split}
        try:
            return export_module(run, record, verdicts, problem, judge, output, wishes=wishes, ancestors=line)
        except ExportMismatch as error:
            raise NothingValid(str(error)) from error
        except WrongTarget as error:
            raise SettingsError(str(error)) from error
