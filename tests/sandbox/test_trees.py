import ast
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox import trees


def test_many_threads_parse_side_by_side() -> None:
    deep = (
        "x = "
        + "(" * 60
        + "1"
        + ")" * 60
        + " + "
        + "+".join(f"f({number}, [y for y in z if y])" for number in range(60))
    )
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: ast.dump(trees.parse(deep)), range(400)))
    assert found == {ast.dump(ast.parse(deep))}


def test_what_is_not_python_is_told_as_the_parser_tells_it() -> None:
    with pytest.raises(SyntaxError):
        trees.parse("def f(:")
    with pytest.raises((ValueError, SyntaxError)):
        trees.parse("x = '\0'")
