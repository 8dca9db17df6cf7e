from pathlib import Path

import pytest

from evolve import settings
from evolve.settings import SettingsError


def write(folder: Path, text: str) -> Path:
    path = folder / "r.toml"
    path.write_text(text)
    return path


def test_a_recipe_is_named_after_its_file_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert settings.load(write(tmp_path, '[problem]\nkind = "jobshop"')).name == "r"
    assert settings.load(write(tmp_path, 'name = "x"\n[problem]\nkind = "jobshop"')).name == "x"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my recipe.toml", "my-recipe"),
        ("größe (2).toml", "größe-2"),
        ("v1.2_b.toml", "v1.2_b"),
        ("((.toml", "run"),  # nothing of it may stand in a name
        (f"{'x' * 120}.toml", "x" * 100),
    ],
)
def test_any_name_of_a_file_makes_a_name_of_a_run(tmp_path: Path, file: str, name: str) -> None:
    (tmp_path / file).write_text('[problem]\nkind = "jobshop"')
    assert settings.load(tmp_path / file).name == name


def test_overrides_reach_any_depth_and_keep_their_type(tmp_path: Path) -> None:
    path = write(tmp_path, '[problem]\nkind = "jobshop"\n[search]\nkind = "islands"\nislands = 2')
    changed = settings.load(path, ["search.islands=8", "seed=7", "problem.builder=active", 'problem.sets=["TA"]'])
    assert changed.search.arguments == {"islands": 8}
    assert changed.seed == 7
    assert changed.problem.arguments == {"builder": "active", "sets": ["TA"]}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('sed = 1\n[problem]\nkind = "jobshop"', "unknown key 'sed': did you mean 'seed'?"),
        ('[problem]\nkind = "jobshop"\n[budget]\nevaluation = 5', "did you mean 'evaluations'?"),
        ('[problem]\nkind = "jobshop"\n[evaluator]\nzzz = 5', "the keys are workers, isolation"),
        ("[problem]\nbuilder = 1", "problem.kind is missing"),
        ("seed = 1", "problem is missing"),
        ('seed = -1\n[problem]\nkind = "jobshop"', "seed: Input should be greater than or equal to 0"),
        ('name = "a/b"\n[problem]\nkind = "jobshop"', "name: String should match pattern"),
        ('[problem]\nkind = "jobshop"\n[budget]\nseconds = inf', "budget.seconds: Input should be a finite number"),
        ('[problem]\nkind = "jobshop"\n[budget]\nusd = inf', "budget.usd: Input should be a finite number"),
        ('[problem]\nkind = "jobshop"\n[evaluator]\ncpu_seconds = nan', "evaluator.cpu_seconds: Input should be"),
        ("seed = ", "is not a TOML file"),
    ],
)
def test_what_is_wrong_with_a_recipe_is_said_by_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings.load(write(tmp_path, text))
    assert told in str(caught.value)


def test_an_override_that_is_not_one_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, '[problem]\nkind = "jobshop"')
    for override in ("seed", "=1", "seed.deep=1"):
        with pytest.raises(SettingsError):
            settings.load(path, ["seed=1", override])


def test_settings_survive_the_archive(tmp_path: Path) -> None:
    before = settings.load(write(tmp_path, '[problem]\nkind = "jobshop"\nbuilder = 0.25\n[budget]\nseconds = 3'))
    assert settings.restore(settings.dump(before)) == before


def test_files_are_named_absolutely_so_that_a_run_can_be_resumed_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("")
    (tmp_path / "shop.txt").write_text("")
    monkeypatch.chdir(tmp_path)
    table = {"problem": {"kind": "mine.py:Bins", "files": ["shop.txt", "missing.txt"], "builder": "active"}}
    problem = settings.checked(table).problem
    assert problem.kind == f"{tmp_path}/mine.py:Bins"
    assert problem.arguments == {"files": [f"{tmp_path}/shop.txt", "missing.txt"], "builder": "active"}


def test_a_deterministic_run_does_not_depend_on_the_number_of_workers() -> None:
    def width(workers: int, *, deterministic: bool) -> int:
        table = {"problem": {"kind": "jobshop"}, "deterministic": deterministic, "evaluator": {"workers": workers}}
        return settings.checked(table).under_way

    assert width(2, deterministic=True) == width(32, deterministic=True)
    assert width(32, deterministic=False) == 64
