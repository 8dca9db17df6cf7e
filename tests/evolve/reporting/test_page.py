"""A report of a run in which everything that came from outside is hostile."""

import re
import shutil
import time
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evaluators.base import Evaluation, Status
from evolve import settings
from evolve.afresh import Incumbent
from evolve.archive import Archive, Run
from evolve.archive.listing import Line
from evolve.candidate import Candidate, Cost
from evolve.errors import NothingValid
from evolve.parts import problem_of
from evolve.reporting.course import _kinds
from evolve.reporting.origin import LONGEST_LINE, _telling
from evolve.reporting.page import report
from evolve.reporting.story import Story, gather
from evolve.run import judging
from evolve.settings import SettingsError
from evolve.statistics import Interval
from problems.base import Problem, Split
from problems.jobshop.features import FEATURES

HEAD = f"def priority({', '.join(FEATURES)}):\n"
HOSTILE = "</pre></svg><script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)>\x1b]0;x\x07"
TABLE = {
    "name": "tiny",
    "deterministic": True,
    "problem": {"kind": "jobshop", "families": ["uniform"], "sizes": ["6x6", "10x10"], "sets": ["FT"]},
    "evaluator": {"workers": 1},
}
VOID = ("meta",)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory):
    with Archive(str(tmp_path_factory.mktemp("report") / "a.db")) as opened:
        yield opened


@pytest.fixture(scope="module")
def run(archive: Archive) -> Run:
    """Return a run of two seeds and three candidates of a model: a seed once more, the winner, and a failure."""
    chosen = settings.checked(dict(TABLE))
    problem = problem_of(chosen)
    made = archive.create_run("tiny", settings.dump(chosen), "1.2.3")
    archive.begin(made)
    paid = Cost(1000, 100, 0.25)
    written = [
        Candidate(problem.seeds["MWKR"], "seed", idea="MWKR", proposer="seed"),
        Candidate(problem.seeds["SPT"], "seed", idea="SPT", proposer="seed"),
        Candidate(HEAD + "    return work_remaining * 1.0\n", "mutate", (0,), HOSTILE, HOSTILE, paid, HOSTILE),
        Candidate(
            "# " + HOSTILE.replace("\x1b]0;x\x07", "") + "\n" + problem.seeds["LTPT"],
            "mutate",
            (2,),
            HOSTILE,
            HOSTILE,
            paid,
            HOSTILE,
        ),
        Candidate(HEAD + "    return 1.0\n", HOSTILE[:40], (1,), HOSTILE, HOSTILE, paid, HOSTILE),
    ]
    with judging(chosen, problem) as judge:
        for number, candidate in enumerate(written):
            archive.propose(made, number, candidate)
            verdict = judge(candidate.source)
            if number == 4:
                verdict = Evaluation(Status.ERROR, message=HOSTILE, cause=HOSTILE[:80])
            archive.judge(made, number, verdict)
    return made


@pytest.fixture(scope="module")
def story(archive: Archive, run: Run) -> Story:
    archive.log(run, "ablated", ablation())
    return gather(archive, run, ['problem.builder="active"'])


def ablation() -> dict[str, object]:
    versus = {"difference": 1.5, "interval": [0.5, 2.5], "corrected": 0.01, "verdict": "worse"}
    parts = [
        {"what": "term", "removed": HOSTILE, "against": versus, "verdict": "needed"},
        {"what": "term", "removed": "p", "against": None, "verdict": "not valid without it"},
    ]
    return {"candidate": 3, "parts": parts, "nodes": [80, 51], "smallest": HOSTILE, "validation": versus}


class Reader(HTMLParser):
    """Collects elements, attributes and text, and checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def page(story: Story) -> str:
    return report(story)


@pytest.fixture(scope="module")
def words(page: str) -> str:
    return plainly(page)


def plainly(page: str) -> str:
    """Return the text of a page."""
    reader = Reader()
    reader.feed(page)
    return re.sub(r"\s+", " ", " ".join(reader.text))


def test_a_report_needs_nothing_from_anywhere_and_runs_nothing(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert not reader.elements & {"script", "img", "link", "iframe", "object", "a", "image", "use", "foreignobject"}
    assert not {name for name in reader.attributes if name.startswith("on") or name in ("src", "href", "xlink:href")}
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", page)


def test_what_came_from_outside_is_shown_as_it_is(words: str) -> None:
    assert "<script>alert(1)</script>" in words
    assert "<img src=http://evil.example/x" in words


def test_the_verdict_comes_first_and_in_words(story: Story, words: str) -> None:
    assert story.name == "candidate 3"
    against = story.bench.against("candidate 3")
    means = {row.name: row.mean for row in story.bench.rows}
    assert against["LTPT"].ties == 3  # that is what its source is
    expected = (
        f"On 3 test instances, candidate 3 is not distinguishable from the best published heuristic, {story.rival}: "
        f"mean gap {means['candidate 3']:.2f} against {min(means.values()):.2f}"
    )
    assert expected in words
    assert words.index(expected) < words.index("Is it better?")


def test_every_part_is_there(story: Story, words: str) -> None:
    headings = [
        "Is it better?",
        f"candidate 3 by group, against {story.rival}",
        "Elsewhere",
        "Is it luck?",
        "What is left of a lead",
        "How the search went",
        "The population",
        "The winner",
        "How it came about",
        "What its parts are worth",
        "Failures",
        "Cost",
        "To repeat it",
        "Instances",
        "Openings of the test split",
    ]
    places = [words.index(f" {heading} ") for heading in headings]
    assert places == sorted(places)
    assert "by evaluations" in words
    assert "by time" in words
    assert "by cost" in words


def test_gains_are_those_of_the_same_pair_on_each_split(archive: Archive, run: Run, story: Story) -> None:
    assert story.known == "MWKR"
    for split in (Split.TRAIN, Split.VALIDATION):
        mine, theirs = (archive.records(run, split, number)[0].evaluation.measures["gap"] for number in (3, 0))
        gain = story.gains[split]
        assert (gain.mine, gain.theirs) == (pytest.approx(mine), pytest.approx(theirs))
        assert gain.versus.difference == pytest.approx(mine - theirs)
    assert story.gains[Split.TEST].versus.difference == pytest.approx(
        story.gains[Split.TEST].mine - story.gains[Split.TEST].theirs
    )


def test_incumbents_are_measured_on_another_draw_against_the_best_published_heuristic(story: Story) -> None:
    assert story.draw == 1
    (found,) = story.incumbents
    assert (found.number, found.evaluations) == (3, 4)
    other = settings.checked(TABLE | {"problem": TABLE["problem"] | {"draw": 1}})
    problem = problem_of(other)
    with judging(other, problem) as judge:
        mine, theirs = (judge(problem.seeds[name]).per_instance for name in ("LTPT", "MWKR"))
    assert not mine.keys() & story.records[3].evaluation.per_instance.keys()
    ahead = [1 - mine[name]["makespan"] / theirs[name]["makespan"] for name in mine]
    assert found.fresh == pytest.approx(100 * sum(ahead) / 20)
    assert found.interval is not None
    assert found.interval.low < found.fresh < found.interval.high


def test_what_was_measured_afresh_is_told_and_not_judged_again(
    archive: Archive, story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in archive.path.parent.glob("a.db*"):  # some of it may be in a log beside the database
        shutil.copy(file, tmp_path)
    started = []

    def counting(chosen: settings.Settings, problem: Problem):
        started.append(chosen.problem.arguments.get("draw"))
        return judging(chosen, problem)

    monkeypatch.setattr("evolve.reporting.story.judging", counting)
    with Archive(str(tmp_path / "a.db")) as copy:
        again = gather(copy, copy.run("tiny"), [])
        assert (again.incumbents, started) == (story.incumbents, [None])
        monkeypatch.setattr("evolve.parts.has_draws", lambda problem: False)
        fallen_back = gather(copy, copy.run("tiny"), [])
    assert (fallen_back.draw, started) == (None, [None] * 3)
    assert fallen_back.incumbents != story.incumbents


def test_a_report_says_how_much_of_a_lead_is_left(story: Story) -> None:
    luck = Incumbent(2, 3, 4.0, -1.0, None)
    solid = Incumbent(3, 4, 8.0, 6.0, Interval(5.0, 7.0))
    text = plainly(report(replace(story, incumbents=[luck, Incumbent(7, 9, 5.0, None, None), solid])))
    assert (
        "3 candidates, which led the search at some time or won, were measured once more, on instances like those"
        in text
    )
    assert "draw 1 of the problem" in text
    assert "in percent of makespan" in text
    assert "Of the 8.00 by which the winner, candidate 3, is ahead on train, 6.00 are left on fresh" in text
    assert "candidate 2 3 +4.00 −1.00 – nothing" in text
    lucky = plainly(report(replace(story, incumbents=[replace(luck, number=3)])))
    assert "is ahead on train, nothing is left on fresh" in lucky
    assert "candidate 7 9 +5.00 not valid – –" in text
    assert "candidate 3 4 +8.00 +6.00 +5.00 to +7.00 75%" in text


def test_a_report_says_where_there_are_no_fresh_instances(story: Story) -> None:
    text = plainly(report(replace(story, draw=None)))
    assert "The candidate that won was measured once more on validation, since jobshop has no draws" in text
    assert "ahead on validation" in text
    assert "no choice of a winner" not in text


def test_a_shift_is_a_bench_under_the_other_setting(story: Story) -> None:
    (shift,) = story.shifts
    elsewhere = {row.name: row.mean for row in shift.bench.rows}
    here = {row.name: row.mean for row in story.bench.rows}
    assert elsewhere.keys() == here.keys()
    assert elsewhere["MWKR/P"] != here["MWKR/P"]


def test_the_opening_of_the_test_split_is_told_with_its_time(
    archive: Archive, run: Run, story: Story, words: str
) -> None:
    opened = [event for event in archive.events(run) if event.kind == "test opened"]
    assert [event.detail["candidate"] for event in opened] == [3]
    assert time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(opened[0].created)) in words
    assert "The test split was opened once for this run" in words


def test_costs_and_failures_are_counted(words: str) -> None:
    assert "1 of 5 candidates failed" in words
    assert "$0.7500" in words


def test_the_recipe_in_the_report_is_that_of_the_run(page: str) -> None:
    block = re.search(r"<pre>(name = .*?)</pre>", page, re.DOTALL)
    assert block is not None
    text = block[1].replace("&quot;", '"')
    assert settings.checked(tomllib.loads(text)) == settings.checked(dict(TABLE))


def test_a_run_without_a_valid_candidate_has_no_report(archive: Archive) -> None:
    made = archive.create_run("none", settings.dump(settings.checked(dict(TABLE))), "1")
    with pytest.raises(NothingValid, match="run none"):
        gather(archive, made, [])


def test_a_shift_that_is_no_setting_is_refused_before_anything_is_judged(archive: Archive, run: Run) -> None:
    before = len(archive.events(run))
    with pytest.raises(SettingsError, match="builder"):
        gather(archive, run, ["problem.builder=greedy"])
    assert len(archive.events(run)) == before


def test_a_published_heuristic_that_wins_is_no_discovery(story: Story) -> None:
    made = replace(story, winner=story.records[0], name="MWKR", rival=story.bench.rows[0].name, events=[])
    text = report(made)
    assert "The run has found nothing better: on validation the published heuristic MWKR beats all it made" in text
    assert "Is it luck?" not in text
    assert "never opened for a candidate" in text
    assert "What each part of it is worth: evolve ablate tiny:0" in text


def test_a_winner_that_is_not_valid_on_test_has_no_verdict(story: Story) -> None:
    rows = [row for row in story.bench.rows if row.name != story.name]
    failed = replace(story.bench, rows=rows, failures={story.name: f"timeout: {HOSTILE}"})
    text = report(replace(story, bench=failed))
    assert "No verdict on candidate 3: timeout: &lt;/pre&gt;" in text
    assert "candidate 3 is not valid: timeout" in text


def line(number: int, operator: str, value: float) -> Line:
    return Line(number, operator, (), "", 10, 0.0, Status.OK, {"gap": value}, 0.0, "")


def test_operators_that_are_rare_share_a_colour_and_nothing_is_left_out() -> None:
    operators = ["seed", *"aabbccddeefg"]
    found = _kinds([line(number, operator, 1.0) for number, operator in enumerate(operators)])
    assert list(found) == ["published", *"abcde", "others"]
    assert [each.number for each in found["others"]] == [11, 12]


def test_of_a_long_lineage_those_are_listed_that_brought_something() -> None:
    assert _telling([3.0, None, 2.0]) == [0, 1, 2]
    values = [9.0, None, 8.0, *[8.5] * LONGEST_LINE, 7.0, 7.5]
    assert _telling(values) == [0, 2, len(values) - 2, len(values) - 1]
