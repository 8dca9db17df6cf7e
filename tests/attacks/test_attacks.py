"""Every hostile program twice: through the static check, and past it against the operating system alone."""

import math
import os
import platform

import numpy as np
import pytest
import sandbox_tasks
from attack_programs import (
    benign,
    broken,
    escapes,
    files,
    keys,
    network,
    numba_hazards,
    processes,
    resources,
    rewards,
)
from attack_programs.program import Program

from sandbox import Ending, Fence, Outcome, Rejected, check_source

CATEGORIES = {
    "files": files, "keys": keys, "network": network, "processes": processes, "escapes": escapes,
    "rewards": rewards, "resources": resources, "numba": numba_hazards, "broken": broken,
}  # fmt: skip
ALL = [
    pytest.param(program, id=f"{category}: {program.name}")
    for category, module in CATEGORIES.items()
    for program in module.PROGRAMS
]
PYTHON = [case for case in ALL if case.values[0].running]
COMPILED = [case for case in ALL if case.values[0].compiled]
CANARY = b"canary-value"

strict = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the numbers of the system calls are those of x86_64"
)


def through_the_check(source: str, fence: Fence) -> Outcome:
    try:
        return fence.call(check_source(source, "f"))
    except Rejected as error:
        return Outcome(Ending.REJECTED, message=str(error))


def tells_nothing(outcome: Outcome) -> bool:
    told = b"".join(array.tobytes() for name, array in outcome.arrays.items()) + outcome.message.encode()
    return CANARY not in told


@pytest.mark.parametrize("program", ALL)
def test_an_attack_through_the_static_check_has_its_ending_and_no_effect(program: Program, numba, canaries):
    outcome = through_the_check(program.source, numba)
    assert outcome.ending == program.checked, outcome
    assert (outcome.ending == Ending.OK) == (outcome.message == "")
    assert tells_nothing(outcome)
    assert canaries.harm() == []


@strict
@pytest.mark.parametrize("phase", ["run", "compile"])
@pytest.mark.parametrize("program", PYTHON)
def test_an_attack_past_the_static_check_has_its_ending_and_no_effect(program: Program, phase, python, canaries):
    warm = python._process.pid
    outcome = python.call(program.source, canaries.names(warm) | {"phase": phase})
    assert outcome.ending in (program.running if phase == "run" else program.compiling), outcome
    assert (outcome.ending == Ending.OK) == (outcome.cause == "")
    assert tells_nothing(outcome)
    assert canaries.harm() == []
    assert python._process.pid == warm
    os.kill(warm, 0)


@pytest.mark.parametrize("program", COMPILED)
def test_an_attack_by_compiled_code_past_the_static_check_has_its_ending_and_no_effect(
    program: Program, numba, canaries
):
    outcome = numba.call(program.source)
    assert outcome.ending in program.compiled, outcome
    assert tells_nothing(outcome)
    assert canaries.harm() == []


@pytest.mark.parametrize("name", benign.PROGRAMS)
def test_a_benign_program_is_accepted_and_computes_what_python_computes(name, numba):
    source = benign.PROGRAMS[name]
    outcome = through_the_check(source, numba)
    assert outcome.ending == Ending.OK, outcome
    names: dict[str, object] = {"__name__": "heuristic", "np": np, "math": math}
    exec(source, names)
    function = names["f"]
    python_function = getattr(function, "py_func", function)
    np.testing.assert_allclose(outcome.arrays["y"], [python_function(x) for x in (1.0, 2.5)])


@pytest.mark.parametrize(
    ("category", "name", "harm"),
    [
        ("files", "write a file", ["a file was made"]),
        ("files", "delete a file", ["the secret was changed"]),
        ("files", "change the mode of a file", ["the secret was changed"]),
        ("network", "connect to a port", ["somebody connected"]),
        ("network", "send a packet", ["somebody sent"]),
        ("processes", "kill a bystander", ["the bystander is dead"]),
    ],
)
def test_without_the_sandbox_the_canaries_notice_an_attack(category, name, harm, free_canaries):
    """The tests above can fail: the same programs do harm when nothing confines them."""
    (program,) = [program for program in CATEGORIES[category].PROGRAMS if program.name == name]
    sandbox_tasks.anything()(program.source, free_canaries.names(0))()
    if name == "kill a bystander":
        free_canaries.bystander.wait(10)
    assert free_canaries.harm() == harm


@pytest.mark.parametrize("name", ["read the environment", "read the environment with the C library"])
def test_without_the_sandbox_a_key_is_told(name, canaries):
    (program,) = [program for program in keys.PROGRAMS if program.name == name]
    arrays = sandbox_tasks.anything()(program.source, {})()
    assert not tells_nothing(Outcome(Ending.OK, arrays))


def test_there_are_enough_programs():
    assert len(ALL) >= 80
    assert len(benign.PROGRAMS) >= 20
