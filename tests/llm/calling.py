"""What the tests of this folder ask, and how."""

from typing import Any

from evolve.llm.anthropic import Anthropic
from evolve.llm.base import Model, Prompt, Writer
from evolve.llm.compatible import Compatible
from evolve.llm.openai import OpenAI
from evolve.llm.writers import writer_of
from evolve.proposers.base import Means
from tests.llm.server import Server

CODE = "def priority(p, ready):\n    return 2.0 * p - ready\n"
OTHER = "def priority(p, ready):\n    return -p\n"
APIS: dict[str, type] = {"openai": OpenAI, "openai-compatible": Compatible, "anthropic": Anthropic}


def prompt(number: int = 7, code: str = CODE) -> Prompt:
    return Prompt(number, "You write heuristics.", f"Improve this:\n\n```python\n{code}```\n\n```python\n{OTHER}```\n")


def model(provider: str, server: Server, means: Means, **settings: Any) -> Model:
    made: Model = APIS[provider]("some-model", means, base_url=server.base_url(provider), **settings)
    return made


def writer(name: str, means: Means, **changed: Any) -> Writer:
    settings: dict[str, Any] = {
        "effort": "",
        "max_output_tokens": 500,
        "timeout": 20.0,
        "concurrency": 8,
        "tries": 2,
        "base_url": "",
        "prices": {},
        "limits": {},
    }
    return writer_of(name, means, **(settings | changed))
