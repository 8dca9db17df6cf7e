"""Gathering definitions into one text."""

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

from evolve.export.linker import Linker, NotLinkable, Origin, free_names, import_lines, renamed, source_of

BUILDER = "problems.jobshop.builder"


def test_a_kernel_is_gathered_with_what_it_rests_on_and_nothing_else() -> None:
    linker = Linker("priority", scalar=True)
    linker.add(BUILDER, "build")
    assert {"build", "schedule", "_soonest", "priority_of", "NotFinite", "NOTHING"} <= linker.definitions.keys()
    assert not {"values", "rebuild", "caller"} & linker.definitions.keys()
    order = list(linker.definitions)
    assert order.index("priority_of") < order.index("schedule") < order.index("build")


def test_a_definition_is_the_text_of_ours_but_for_its_decorator() -> None:
    linker = Linker("priority", scalar=True)
    linker.add(BUILDER, "_soonest")
    gathered = ast.parse(linker.definitions["_soonest"]).body[0]
    tree = ast.parse(source_file().read_text(encoding="utf-8"))
    own = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "_soonest")
    assert isinstance(gathered, ast.FunctionDef)
    assert [ast.unparse(node) for node in gathered.decorator_list] == ["compiled"]
    assert [ast.dump(node) for node in gathered.body] == [ast.dump(node) for node in own.body]
    assert "type: ignore" not in linker.definitions["_soonest"]


def source_file() -> Path:
    spec = find_spec(BUILDER)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


def test_a_call_by_address_becomes_a_plain_call() -> None:
    linker = Linker("priority", scalar=True)
    linker.add(BUILDER, "priority_of")
    assert "return 1.0 * priority(*told)" in linker.definitions["priority_of"]
    arrays = Linker("place", scalar=False)
    arrays.add("problems.expert_placement.kernel", "place_of")
    assert "return place(*told)" in arrays.definitions["place_of"]


def test_a_constant_takes_its_value_from_the_settings_and_keeps_its_docstring() -> None:
    linker = Linker("priority", True, {"DELAY": 0.25})
    linker.add("problems.jobshop.driver", "DELAY")
    assert linker.definitions["DELAY"].startswith("DELAY = 0.25\n")
    assert "non-delay" in linker.definitions["DELAY"]


def test_a_name_that_the_heuristic_has_taken_is_another_one_in_the_simulator() -> None:
    linker = Linker("place", scalar=False)
    linker.add("problems.expert_placement.driver", "solve")
    _, text = linker.texts({"place"}, [])
    assert "def simulated_place(address" in text
    assert "simulated_place(address, instance" in text
    assert "return place(*told)" in text


def test_what_cannot_stand_alone_is_refused() -> None:
    with pytest.raises(NotLinkable, match="to_fixed_tuple"):
        Linker("priority", True).add(BUILDER, "values")
    with pytest.raises(NotLinkable, match="there is no module"):
        source_of("problems.nowhere")


def test_a_name_that_two_modules_define_differently_is_another_one_in_the_second() -> None:
    linker = Linker("priority", True)
    linker.add("problems.blocking_jobshop.state", "Shop")
    assert linker.add("problems.jobshop.loaders", "_standard") == "_standard"
    assert "-> Shop_of_loaders:" in linker.definitions["_standard"]
    assert linker.definitions["Shop_of_loaders"] == "Shop_of_loaders = tuple[IntArray, IntArray]\n"
    assert linker.definitions["Shop"].startswith("class Shop(NamedTuple):")


def test_parameters_and_local_variables_are_not_free() -> None:
    text = "def f(values):\n    count = len(values)\n    return [each * SIZE for each in values][:count]\n"
    assert free_names(text) == {"f", "len", "SIZE"}


def test_renaming_spares_attributes_and_texts() -> None:
    text = 'def f(a):\n    """Return a."""\n    é = a.a + f(a=1)\n    return é\n'
    assert renamed(text, {"a": "b", "f": "g"}) == (
        'def g(b):\n    """Return a."""\n    é = b.a + g(b=1)\n    return é\n'
    )


def test_imports_are_sorted_with_the_standard_library_first() -> None:
    found = {"np": Origin("numpy", ""), "Any": Origin("typing", "Any"), "json": Origin("json", "")}
    assert import_lines(found) == ["import json", "from typing import Any", "", "import numpy as np"]
