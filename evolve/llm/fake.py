"""A model that only pretends: answers at once, free of charge, without a network, and always the same.

For tests and tutorials, and to see what a search reaches with a model that knows nothing.
"""

import ast
import hashlib
import random
import re

from evolve.llm import changes
from evolve.llm.base import Answer, Ending, Prompt, Usage
from evolve.llm.reading import estimated
from evolve.proposers.base import Means

GOOD: tuple[changes.Change, ...] = (
    changes.blend,
    changes.blend,
    changes.add_term,
    changes.add_term,
    changes.scale,
    changes.replace_name,
    changes.turn_operator,
)
POOR: tuple[changes.Change, ...] = (
    changes.return_nothing,
    changes.return_unknown,
    changes.rename,
    changes.loop,
    changes.leave,
    changes.turn_operator,
)
KINDS = ("good", "poor", "broken")

PROSE = "It would be worth looking at the work that is left on each machine before deciding anything.\n"

_BLOCK = re.compile(r"^(`{3,})python[ \t]*\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)


class Fake:
    """Answers prompts by changing the code they hold; see `evolve.llm.base.Model`.

    It takes the settings of every model and needs none of them.

    Args:
        model: "good" makes small sensible changes, "poor" mostly useless or invalid ones, "broken" is refused, cut off,
            without code or malformed in turn.
        means: What the run lends; not used.
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
        if model not in KINDS:
            raise ValueError(f"there is no fake:{model}: write fake:good, fake:poor or fake:broken")
        self._model = model

    def __call__(self, prompt: Prompt) -> Answer:
        """Return the answer; a function of the prompt."""
        text, ending, detail = self._written(prompt), Ending.COMPLETE, ""
        if self._model == "broken":
            match prompt.number % 4:
                case 0:
                    text, ending, detail = "", Ending.REFUSED, "it does not like the question"
                case 1:
                    text, ending, detail = text[: len(text) * 2 // 3], Ending.CUT_OFF, "length"
                case 2:
                    text = PROSE
                case _:
                    text = text.replace("def ", "define ")
        size = estimated(prompt, text)
        return Answer(text, ending, Usage(size.input_tokens, size.output_tokens), f"fake-{self._model}", detail=detail)

    def _written(self, prompt: Prompt) -> str:
        trees = [tree for code in _blocks(prompt) if (tree := changes.parsed(code)) is not None]
        if not trees or "prose only" in prompt.user:
            return PROSE
        seed = hashlib.sha256(
            f"{self._model}\n{prompt.number}\n{prompt.system}\n{prompt.user}".encode("utf-8", "replace")
        )
        rng = random.Random(seed.digest())
        main, mate = trees[0], rng.choice(trees[1:]) if trees[1:] else None
        idea = _change(main, mate, POOR if self._model == "poor" else GOOD, rng)
        return f"Idea: {idea}\n\n```python\n{ast.unparse(ast.fix_missing_locations(main))}\n```\n"


def _change(main: ast.Module, mate: ast.Module | None, among: tuple[changes.Change, ...], rng: random.Random) -> str:
    """Make a change that finds something to change, and return what it did."""
    for change in rng.sample(among, len(among)):
        if idea := change(main, mate, rng):
            return idea
    return changes.leave(main, mate, rng)


def _blocks(prompt: Prompt) -> list[str]:
    """Return the code in a prompt: the parent first, what is told with every prompt last."""
    return [match[2] for part in (prompt.user, prompt.system) for match in _BLOCK.finditer(part)]
