from evolve.shift import Evolved, by_evolved, evolved

TRAINED = {"uniform 15x15", "uniform 20x15", "50 jobs", "weibull 1000"}


def test_a_group_was_evolved_on_as_a_whole_by_its_size_or_not_at_all() -> None:
    assert evolved("uniform 15x15", TRAINED) is Evolved.GROUP
    assert evolved("TA 15x15", TRAINED) is Evolved.SIZE
    assert evolved("TA 50x20", TRAINED) is Evolved.NOTHING
    # What follows the number is no size: "jobs" is in both.
    assert evolved("500 jobs", TRAINED) is Evolved.NOTHING
    assert evolved("OR3", TRAINED) is Evolved.NOTHING


def test_instances_are_gathered_by_what_of_them_was_evolved_on() -> None:
    groups = {"TA 15x15": ["a", "b"], "50 jobs": ["c"], "SWV 20x15": ["d"]}
    assert by_evolved(groups, TRAINED) == {"this group": ["c"], "this size": ["a", "b", "d"]}
