import tomllib
from itertools import product
from pathlib import Path

import pytest

from evolve.commands.system import STREAMLIT
from evolve.dashboard import palette

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())
COLOURS = (palette.EVOLVED, palette.PUBLISHED, palette.MUTED)


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
