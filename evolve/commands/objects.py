"""Results as the objects that --json prints."""

from dataclasses import asdict

from evaluators.base import Evaluation
from evolve.archive import Archive
from evolve.candidate import Record
from evolve.execute import Outcome, name_of
from evolve.export import Exported
from evolve.report import Bench
from evolve.statistics import Comparison, Interval, interval


def outcome_json(store: Archive, outcome: Outcome, exported: Exported | None) -> dict[str, object]:
    """Return what a run came to."""
    winner, tally = outcome.winner, outcome.tally
    return {
        "run": outcome.run.name,
        "state": str(store.state(outcome.run)),
        "candidates": tally.records,
        "failures": dict(tally.failures),
        "calls": tally.calls,
        "cost": asdict(tally.cost),
        "seconds": tally.seconds,
        "best_seed": {"name": tally.best_seed_name, "train": tally.best_seed},
        "winner": record_json(winner) if winner else None,
        "bench": bench_json(outcome.bench, name_of(winner)) if outcome.bench and winner else None,
        "exported": str(exported.path) if exported else None,
    }


def record_json(record: Record) -> dict[str, object]:
    """Return a candidate and its verdict on train."""
    candidate, evaluation = record.candidate, record.evaluation
    return {
        "number": record.number,
        "operator": candidate.operator,
        "parents": list(candidate.parents),
        "idea": candidate.idea,
        "proposer": candidate.proposer,
        "cost": asdict(candidate.cost),
        "source": candidate.source,
        **evaluation_json(evaluation),
    }


def evaluation_json(evaluation: Evaluation) -> dict[str, object]:
    """Return a verdict, without the single instances."""
    return {
        "status": str(evaluation.status),
        "measures": dict(evaluation.measures),
        "seconds": evaluation.seconds,
        "message": evaluation.message,
        "cause": evaluation.cause,
        "isolation": evaluation.isolation,
    }


def interval_json(found: Interval | None) -> list[float] | None:
    """Return an interval as its two ends."""
    return [found.low, found.high] if found else None


def comparison_json(versus: Comparison) -> dict[str, object]:
    """Return a comparison."""
    return {
        "wins": versus.wins,
        "ties": versus.ties,
        "losses": versus.losses,
        "difference": versus.difference,
        "interval": interval_json(versus.interval),
        "p_value": versus.p_value,
        "corrected": versus.corrected,
        "verdict": versus.verdict,
    }


def bench_json(table: Bench, mine: str | None = None) -> dict[str, object]:
    """Return a table with the value of every instance."""
    against = table.against(mine) if mine else {}
    every = [name for names in table.groups.values() for name in names]
    wins = table.wins(every)
    by_group = {group: table.wins(names) for group, names in table.groups.items()}
    rows = []
    for entry in table.rows:
        cells: dict[str, object] = {"name": entry.name, "mean": entry.mean, "groups": dict(entry.groups)}
        cells |= {"interval": interval_json(interval(list(entry.values.values()))), "wins": wins[entry.name]}
        cells["by_group"] = {
            group: {
                "instances": len(names),
                "mean": entry.groups[group],
                "interval": interval_json(interval([entry.values[name] for name in names])),
                "wins": by_group[group][entry.name],
            }
            for group, names in table.groups.items()
        }
        cells |= {"values": dict(entry.values), "milliseconds": entry.milliseconds}
        if versus := against.get(entry.name):
            cells["against"] = comparison_json(versus)
        rows.append(cells)
    return {
        "problem": table.problem,
        "split": str(table.split),
        "objective": table.objective,
        "rows": rows,
        "failures": dict(table.failures),
    }
