"""Exit codes: what each kind of failure means to the shell."""

from evolve.archive import ArchiveError, RunBusy, UnknownRun
from evolve.execute import Interrupted
from evolve.settings import SettingsError
from problems.plugins import UnknownPart
from sandbox import SandboxUnavailable

USAGE, NOTHING_VALID, SANDBOX = 2, 3, 5


class NothingValid(RuntimeError):
    """No valid candidate, or a verification failed."""


def explain(error: Exception) -> tuple[int, str]:
    """Return the exit code and the line that belong to a failure; code 1 is a bug of ours."""
    match error:
        case Interrupted():
            return error.code, ""  # what to do next was said when the signal came
        case SandboxUnavailable():
            return SANDBOX, f"{error} (--set evaluator.isolation=weak)" if "weaker" in str(error) else str(error)
        case NothingValid():
            return NOTHING_VALID, str(error)
        case SettingsError() | UnknownPart() | UnknownRun() | RunBusy() | ArchiveError():
            return USAGE, str(error)
        case OSError() if error.filename is not None:
            return USAGE, f"{error.filename}: {error.strerror}"
        case _:
            return 1, str(error)
