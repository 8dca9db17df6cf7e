import ast
import tomllib
from itertools import product
from pathlib import Path

import pytest

from evolve.commands.system import STREAMLIT
from evolve.dashboard import palette, places

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())
COLOURS = sorted({palette.EVOLVED, palette.PUBLISHED, palette.MUTED, *palette.RUNS, *palette.OPERATORS.values()})


def luminance(colour: str) -> float:
    """Return the relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("colour", "theme"), list(product(COLOURS, ("light", "dark"))))
def test_every_colour_stands_out_from_the_background(colour: str, theme: str) -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast(colour, CONFIG["theme"][theme]["backgroundColor"]) > 3.4


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_the_contrast_that_small_print_needs(theme: str) -> None:
    colours = CONFIG["theme"][theme]
    for background in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
        assert contrast(colours["textColor"], background) > 7.0


def test_the_accent_is_the_colour_of_what_the_run_has_found() -> None:
    assert CONFIG["theme"]["light"]["primaryColor"] == palette.EVOLVED


@pytest.mark.parametrize("name", STREAMLIT)
def test_the_server_is_as_closed_without_our_command_as_with_it(name: str) -> None:
    section, option = name.split(".")
    assert str(CONFIG[section][option]).lower() == STREAMLIT[name].lower()


def test_the_server_is_bound_to_this_machine_and_sends_no_statistics() -> None:
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert set(CONFIG["server"]["allowedHosts"]) == {"127.0.0.1", "localhost"}
    assert CONFIG["browser"]["gatherUsageStats"] is False


def test_runs_side_by_side_differ_in_colour_and_in_dashes() -> None:
    assert len(set(palette.RUNS)) == len(set(map(tuple, palette.DASHES))) == len(palette.RUNS)


def test_operators_of_one_colour_differ_in_shape() -> None:
    assert palette.OPERATORS.keys() == palette.SHAPES.keys()
    marks = {name: (palette.OPERATORS[name], palette.SHAPES[name]) for name in palette.OPERATORS}
    assert marks.pop("tune") == marks["constants"]  # the same thing, by another proposer
    assert len(set(marks.values())) == len(marks)


def test_no_string_stands_alone_in_a_page_where_it_would_be_shown() -> None:
    for path in places.PAGES.glob("*.py"):
        for node in ast.parse(path.read_text()).body[1:]:
            assert not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)), path
