import io

import pytest
from rich.console import Console

from evaluators.base import Evaluation, Status
from evolve.render import bench_table
from evolve.report import Bench, bench
from problems.base import Split
from problems.jobshop import JobShop


def benched(*sets: str) -> Bench:
    shop = JobShop(sets=sets)
    names = [instance.name for instance in shop.instances(Split.TEST)]

    def judge(source: str, split: Split = Split.TRAIN) -> Evaluation:
        values = {name: {"gap": float(source) + number % 3} for number, name in enumerate(names)}
        return Evaluation(Status.OK, {"gap": float(source)}, values)

    return bench(shop, {"mine": "1.0", "theirs": "2.0"}, judge, Split.TEST)


def shown(table: Bench, width: int) -> list[str]:
    page = io.StringIO()
    Console(file=page, width=width).print(bench_table(table, "mine", width))
    return page.getvalue().splitlines()


@pytest.mark.parametrize("width", [120, 100, 80, 60])
def test_a_table_fits_and_is_never_cut(width: int) -> None:
    for table in (benched("TA"), benched("FT", "LA", "ABZ", "ORB", "SWV", "YN", "TA")):
        lines = shown(table, width)
        assert max(map(len, lines)) <= width
        assert not any("…" in line for line in lines)
        assert any(line.startswith("theirs") for line in lines)


def test_groups_stand_side_by_side_where_there_is_room() -> None:
    assert "15x15" in shown(benched("TA"), 100)[1]
    assert shown(benched("TA"), 76)[1].split()[:3] == ["15", "20", "20"]  # folded into two lines
    wide = shown(benched("FT", "LA", "TA"), 100)
    assert wide[1].split()[:5] == ["heuristic", "FT", "LA", "TA", "all"]


def test_families_are_means_over_their_instances_and_not_over_their_groups() -> None:
    table = benched("FT", "LA")
    row = next(line for line in shown(table, 60) if line.startswith("mine"))
    values = [table.rows[0].values[name] for name in table.rows[0].values if name.startswith("la")]
    assert row.split()[2] == f"{sum(values) / len(values):.1f}"
