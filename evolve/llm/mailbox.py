"""A model without an API: prompts are files, and whoever reads them writes the answers beside them."""

import os
import time
from pathlib import Path

from evolve.llm.base import Answer, Ending, Prompt
from evolve.llm.ledger import NotCalled
from evolve.llm.reading import estimated, sendable
from evolve.proposers.base import Means

GLANCE = 0.2
"""Seconds between two looks for an answer."""
SETTLED = 0.5
"""Seconds that an answer must have been the same, lest it is still being written."""

HEAD = "<!-- Write the answer to {answer} in this folder; the run goes on when it is there. -->\n\n"


class Mailbox:
    """Answers prompts by way of files; see `evolve.llm.base.Model`.

    NUMBER.prompt.md holds a prompt, NUMBER.answer.md is waited for. It takes the settings of every model and needs none
    of them.

    Args:
        model: Who answers; a name only.
        means: Whose folder and stop are used.
    """

    def __init__(
        self,
        model: str,
        means: Means,
        *,
        effort: str = "",
        max_output_tokens: int = 8000,
        timeout: float = 120.0,
        base_url: str = "",
    ) -> None:
        self._model, self._folder, self._stop = model, means.folder, means.stop

    def __call__(self, prompt: Prompt) -> Answer:
        """Return the answer when it is there.

        Raises:
            evolve.llm.ledger.NotCalled: The run ends; the answer may still come, and is read by the next session.
        """
        answer = self._folder / f"{prompt.number}.answer.md"
        self._put(prompt, answer.name)
        seen, since = b"", 0.0
        while True:
            text = _read(answer)
            if text != seen:
                seen, since = text, time.monotonic()
            if seen.strip() and time.monotonic() - since >= SETTLED:
                words = seen.decode("utf-8", "replace")
                return Answer(words, Ending.COMPLETE, estimated(prompt, words), self._model)
            if self._stop.wait(GLANCE):
                raise NotCalled

    def _put(self, prompt: Prompt, answer: str) -> None:
        """Write the prompt, unless it is there: its answer may be under way."""
        path = self._folder / f"{prompt.number}.prompt.md"
        if path.exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        text = f"{HEAD.format(answer=answer)}{prompt.system}\n\n{prompt.user}\n"
        partial.write_text(sendable(text), encoding="utf-8")
        os.replace(partial, path)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
