"""Models: what there is, what they cost, what they brought, and what they say about a candidate."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np
from rich.table import Table
from rich.text import Text

from evaluators.base import Status
from evolve import render
from evolve.archive import Archive
from evolve.candidate import Brief, Cost
from evolve.commands.arguments import find
from evolve.errors import NothingValid
from evolve.llm.base import Ending, Usage
from evolve.llm.name import parsed
from evolve.llm.prices import MILLION, price_of
from evolve.llm.writers import GROUP
from evolve.parts import means_of, problem_of
from evolve.proposers.base import NotStarted
from evolve.proposers.llm.proposer import Llm
from evolve.run import folder_of, spent_on
from evolve.search.memory import Memory
from evolve.settings import SettingsError, restore
from evolve.spending import Yield, dollars, total, yields
from evolve.terminal import err, say
from problems.plugins import load, names


def providers(models: Sequence[str], as_json: bool) -> None:
    """List the providers and whether their keys are set, or what models cost."""
    rows = [{"provider": name, "key": key} for name in names(GROUP) for key in [_key_state(name)]]
    try:
        for name in models:
            load(GROUP, parsed(name).provider)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    prices = {name: _per_million(name) for name in models}

    def show() -> None:
        page = render.console()
        table = Table(box=None, padding=(0, 2, 0, 0))
        if not models:
            table.add_column("provider")
            table.add_column("key")
            for row in rows:
                table.add_row(row["provider"], row["key"])
            page.print(table)
            page.print("A model is named PROVIDER:NAME. What it costs: evolve models PROVIDER:NAME", highlight=False)
            return
        table.add_column("US$ per million tokens")
        table.add_column("read", justify="right")
        table.add_column("written", justify="right")
        for name, rates in prices.items():
            table.add_row(Text(name), *(["unknown", "unknown"] if rates is None else [f"{each:g}" for each in rates]))
        page.print(table)

    told = {name: rates and {"input": rates[0], "output": rates[1]} for name, rates in prices.items()}
    say({"providers": rows, "prices": told}, as_json, show)


PROMPT = 5000
"""Tokens of a usual call."""
KEYLESS: Mapping[str, str] = {"mailbox": "needs none", "fake": "needs none", "openai-compatible": "optional"}


def _key_state(provider: str) -> str:
    variable = f"{provider.upper().replace('-', '_')}_API_KEY"
    if provider in KEYLESS and not os.environ.get(variable):
        return KEYLESS[provider]
    return f"{variable} is {'set' if os.environ.get(variable) else 'not set'}"


def _per_million(model: str) -> tuple[float, float] | None:
    """Return the prices of a model for calls of our size: long ones may be dearer by the token."""
    price = price_of(model, "", {})
    read, written = price(Usage(input_tokens=PROMPT)), price(Usage(output_tokens=PROMPT))
    scale = MILLION / PROMPT
    return (round(scale * read, 6), round(scale * written, 6)) if read is not None and written is not None else None


def costs(name: str, archive: str, as_json: bool) -> None:
    """Show what the models of a run have cost and brought."""
    with Archive(archive, read_only=True) as store:
        run = store.run(name)
        found = yields(store.records(run), problem_of(restore(run.settings)).objectives[0])
        for event in store.events(run):
            if event.kind == "explained":
                found.append(Yield(event.detail["model"], "explain", calls=1, cost=Cost(**event.detail["cost"])))
    whole = total(found)
    data = {
        "run": run.name,
        "rows": [asdict(each) for each in found],
        "total": asdict(whole),
        "usd_per_improvement": whole.cost.usd / whole.improvements if whole.improvements else None,
    }

    def show() -> None:
        page = render.console()
        if not found:
            page.print(f"no model has written anything in run {run.name}", markup=False)
            return
        page.print(_table([*found, whole]))
        if whole.improvements:
            page.print(
                f"{_each(whole)} for each of the {whole.improvements} improvements of the run's best", highlight=False
            )

    say(data, as_json, show)


def _table(rows: Sequence[Yield]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("model", no_wrap=True)
    table.add_column("operator", no_wrap=True)
    for name in ("answers", "flawed", "failed", "better", "best", "read", "cached", "written", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        counts = (row.calls, row.flawed, row.failed, row.better, row.improvements)
        tokens = (row.cost.input_tokens, row.cost.cached_tokens, row.cost.output_tokens)
        cells = [
            render.plain(row.writer),
            row.operator,
            *(f"{each:,}" for each in (*counts, *tokens)),
            dollars(row.cost),
        ]
        table.add_row(*map(Text, cells))
    return table


def _each(whole: Yield) -> str:
    """Return what one improvement has cost: in tokens where nothing is charged."""
    count, cost = whole.improvements, whole.cost
    if cost.priced and not cost.usd:
        return f"{cost.tokens // count:,} tokens"
    return dollars(replace(cost, usd=cost.usd / count, input_tokens=cost.tokens // count, output_tokens=0))


def explain(reference: str, model: str, archive: str, as_json: bool) -> None:
    """Let a model explain a candidate, and keep what it says as an event of the run."""
    with Archive(archive, create=False) as store:
        run, chosen, problem, record = find(store, reference)
        if record.evaluation.status is not Status.OK:
            raise NothingValid(f"candidate {record.number} is not valid: {record.evaluation.message}")
        folder = folder_of(store, run).with_suffix(f".explain-{record.number}")
        means = means_of(chosen, spent_on(store, run), folder=folder)
        settings = chosen.proposer.arguments if chosen.proposer.kind == "llm" else {}
        try:
            llm = Llm(problem, means, **settings | {"models": [model]})
            llm.check()
        except (TypeError, ValueError, LookupError) as error:
            raise SettingsError(f"--model {model}: {error}") from error
        memory = Memory(problem.objectives[0], lambda told, insights: None)
        for each in store.records(run):
            memory.tell(each)
        knowledge = memory.knowledge([record])
        if model == "mailbox" or model.startswith("mailbox:"):
            err.print(f"waiting for {folder}/{record.number}.answer.md", markup=False, highlight=False, soft_wrap=True)
        with err.status(f"{model} is reading candidate {record.number}"):
            brief = Brief(record.number, "explain", (record,), writer=model, knowledge=knowledge)
            try:
                written = llm.explain(brief, np.random.default_rng(0))
            except NotStarted:
                raise NothingValid(f"the budget of run {run.name} leaves no room for an explanation") from None
        answer = written.answer
        detail = {"candidate": record.number, "model": model, "text": answer.text, "cost": asdict(written.cost)}
        store.log(run, "explained", detail)
        shutil.rmtree(folder, ignore_errors=True)
    say({"run": run.name, **detail}, as_json, lambda: render.console().print(Text(render.plain(answer.text.strip()))))
    if answer.ending is not Ending.COMPLETE:
        raise NothingValid(
            f"{model} did not explain candidate {record.number}: {answer.ending} {answer.detail}".strip()
        )
