"""Exit codes: what each kind of failure means to the shell."""

from evolve.archive import ArchiveError, RunBusy, UnknownRun
from evolve.execute import Interrupted
from evolve.llm.base import Unusable
from evolve.mailbox import NoPrompt
from evolve.settings import SettingsError
from problems.plugins import UnknownPart
from sandbox import SandboxUnavailable

USAGE, NOTHING_VALID, PROVIDER, SANDBOX = 2, 3, 4, 5


class NothingValid(RuntimeError):
    """No valid candidate, or a verification failed."""


def explain(error: Exception) -> tuple[int, str, bool]:
    """Return the exit code and the line that belong to a failure, and whether to exit at once.

    Code 1 is a bug of ours.
    """
    match error:
        case Interrupted():
            return error.code, "", error.now  # what to do next was said when the signal came
        case SandboxUnavailable():
            hint = " (--set evaluator.isolation=weak)" if "weaker" in str(error) else ""
            return SANDBOX, f"{error}{hint}", False
        case NothingValid():
            return NOTHING_VALID, str(error), False
        case Unusable():
            return PROVIDER, str(error), False
        case SettingsError() | UnknownPart() | UnknownRun() | RunBusy() | ArchiveError() | NoPrompt():
            return USAGE, str(error), False
        case OSError() if error.strerror is not None:
            return USAGE, f"{error.filename or 'writing'}: {error.strerror}", False
        case _:
            return 1, str(error), False
