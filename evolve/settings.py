"""A run's settings: a TOML recipe, checked."""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

WIDTH = 8
LONGEST_NAME = 100
DEFAULT_KINDS = {"search": "islands", "proposer": "gp"}
STRICT = ConfigDict(frozen=True, extra="forbid")


class SettingsError(ValueError):
    """A recipe or an override that cannot be used; the message names the key and what to write instead."""


class Part(BaseModel):
    """A replaceable part: its kind, and the arguments of its constructor as further keys."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str

    @property
    def arguments(self) -> dict[str, Any]:
        """All keys but the kind."""
        return dict(self.__pydantic_extra__ or {})


class EvaluatorSettings(BaseModel):
    """How candidates are judged; see `evaluators.local.LocalEvaluator`."""

    model_config = STRICT

    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    isolation: Literal["strict", "weak"] = "strict"
    cpu_seconds: float = Field(default=10.0, gt=0, allow_inf_nan=False)
    memory_mb: int = Field(default=1024, ge=64)
    probes: bool = False


class Racing(BaseModel):
    """When judging ends early; see `evaluators.racing.RacingEvaluator`."""

    model_config = STRICT

    duplicates: bool = True
    error: float = Field(default=0.0, ge=0, lt=0.5, allow_inf_nan=False)
    rank: int = Field(default=1, ge=1)


class Tuning(BaseModel):
    """How the constants of candidates are tuned; see `evolve.search.tuning.Tuning` and `evaluators.tuner.Tuner`."""

    model_config = STRICT

    every: int = Field(default=0, ge=0)
    among: int = Field(default=3, ge=1)
    trials: int = Field(default=600, ge=10)
    instances: int = Field(default=100, ge=1)
    cpu_seconds: float = Field(default=60.0, gt=0, allow_inf_nan=False)


class Budget(BaseModel):
    """What ends a run; the first that is reached does. Without any, a run goes on until it is interrupted.

    Dollars and tokens are caps: a call of a model that could exceed one is not made.
    """

    model_config = STRICT

    evaluations: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    usd: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    tokens: int | None = Field(default=None, ge=0)
    calls: int | None = Field(default=None, ge=0)


class Settings(BaseModel):
    """A run. Every table is the constructor arguments of the part it names."""

    model_config = STRICT

    name: str = Field(default="run", min_length=1, max_length=LONGEST_NAME, pattern=r"^[\w.-]+$")
    seed: int = Field(default=0, ge=0)
    deterministic: bool = False
    width: int | None = Field(default=None, ge=1)
    problem: Part
    search: Part = Part(kind=DEFAULT_KINDS["search"])
    proposer: Part = Part(kind=DEFAULT_KINDS["proposer"])
    local: Part | None = None
    evaluator: EvaluatorSettings = EvaluatorSettings()
    race: Racing = Racing()
    tune: Tuning = Tuning()
    budget: Budget = Budget()

    @model_validator(mode="after")
    def _repeatable(self) -> "Settings":
        if self.local is not None and self.deterministic:
            raise ValueError("local cannot be had with deterministic = true: what it fills in depends on time")
        return self

    @model_validator(mode="before")
    @classmethod
    def _kinds(cls, table: Any) -> Any:
        """Let a table say how a default part is set without naming the part."""
        if isinstance(table, dict):
            for name, kind in DEFAULT_KINDS.items():
                if isinstance(table.get(name), dict):
                    table = table | {name: {"kind": kind} | table[name]}
        return table

    @property
    def under_way(self) -> int:
        """How many candidates are under way at once; see `evolve.loop.Loop`.

        A deterministic run depends on this number, so there it does not depend on the workers.
        """
        if self.width is not None:
            return self.width
        return WIDTH if self.deterministic else max(WIDTH, 2 * self.evaluator.workers)


def load(path: Path, overrides: Sequence[str] = ()) -> Settings:
    """Return the settings of a TOML file, with overrides of the form "table.key=value" applied.

    Raises:
        SettingsError: The file or an override is not valid; the message names the key.
        OSError: The file cannot be read.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not a TOML file: {error}") from error
    table.setdefault("name", _name_of(path))
    return checked(table, overrides, str(path))


def _name_of(path: Path) -> str:
    """Return the name of a file as the name of a run."""
    return re.sub(r"[^\w.-]+", "-", path.stem).strip("-")[:LONGEST_NAME] or "run"


def _absolute(value: Any) -> Any:
    """Return a value with the names of existing files made absolute, so that a run can be resumed from anywhere."""
    if isinstance(value, dict):
        return {key: _absolute(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_absolute(inner) for inner in value]
    if isinstance(value, str):
        path, colon, attribute = value.rpartition(":")
        if path.endswith(".py") and Path(path).is_file():
            return f"{Path(path).resolve()}{colon}{attribute}"
        if "." in value and Path(value).is_file():
            return str(Path(value).resolve())
    return value


def checked(table: dict[str, Any], overrides: Sequence[str] = (), where: str = "settings") -> Settings:
    """Return the settings that a table describes.

    Raises:
        SettingsError: A key or value is not valid.
    """
    for override in overrides:
        _apply(table, override)
    try:
        return Settings.model_validate(_absolute(table))
    except ValidationError as error:
        raise SettingsError(f"{where}: {_first(error)}") from error


def _apply(table: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise SettingsError(f"--set takes key=value, such as --set search.islands=8, not {override!r}")
    *tables, last = key.split(".")
    for name in tables:
        inner = table.setdefault(name, {})
        if not isinstance(inner, dict):
            raise SettingsError(f"--set {override}: {name} is not a table")
        table = inner
    try:
        table[last] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        table[last] = text  # a bare word is a string


def _first(error: ValidationError) -> str:
    """Return the first problem of a validation in words."""
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return f"{key} is missing"
    if problem["type"] != "extra_forbidden":
        return f"{key}: {problem['msg']}" if key else str(problem["msg"])
    tables: dict[str, type[BaseModel]] = {
        "evaluator": EvaluatorSettings,
        "race": Racing,
        "tune": Tuning,
        "budget": Budget,
    }
    model = tables.get(str(problem["loc"][0]), Settings) if len(problem["loc"]) > 1 else Settings
    known = list(model.model_fields)
    close = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"the keys are {', '.join(known)}"
    return f"unknown key {key!r}: {hint}"


def dump(settings: Settings) -> str:
    """Return settings as JSON text, for the archive."""
    return json.dumps(settings.model_dump(mode="json"))


def restore(text: str) -> Settings:
    """Return settings from the archive's JSON text."""
    return Settings.model_validate_json(text)
