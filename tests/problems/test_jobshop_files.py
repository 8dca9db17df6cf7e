from pathlib import Path

import pytest

from problems.base import Split
from problems.jobshop import JobShop


def test_files_of_one_name_in_two_folders_stay_apart(tmp_path: Path) -> None:
    paths = []
    for folder, durations in (("x", "0 3 1 2\n0 2 1 4\n"), ("y", "0 1 1 1\n0 1 1 1\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "s.txt").write_text(f"2 2\n{durations}")
        paths.append(str(tmp_path / folder / "s.txt"))
    assert [instance.name for instance in JobShop(files=paths).instances(Split.TEST)] == paths
    assert [instance.name for instance in JobShop(files=paths[:1]).instances(Split.TEST)] == ["s"]
    with pytest.raises(ValueError, match="same file twice"):
        JobShop(files=[paths[0], paths[0]])


def test_a_set_that_is_named_twice_counts_once() -> None:
    assert len(JobShop(sets=["FT", "FT"]).instances(Split.TEST)) == 3
    with pytest.raises(ValueError, match="must not be empty"):
        JobShop(sets=[])
