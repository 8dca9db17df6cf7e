import xml.etree.ElementTree as ElementTree

import pytest

from evolve.reporting.charts import Cloud, Curve, Level, Mean, means, progress, scatter
from evolve.reporting.svg import Drawing, Scale, escaped, shown
from evolve.statistics import Interval

HOSTILE = "</svg><script>alert('1')</script>\x1b[31m&\"'\x00"


def texts(drawing: Drawing) -> list[str]:
    root = ElementTree.fromstring(str(drawing))
    return [node.text or "" for node in root.iter() if node.tag.endswith("text")]


def test_values_are_scaled_to_pixels_and_may_run_upwards() -> None:
    scale = Scale(10.0, 20.0, 100.0, 0.0)
    assert [scale(value) for value in (10.0, 15.0, 20.0)] == [100.0, 50.0, 0.0]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 10.0, ["0", "2", "4", "6", "8", "10"]),
        (13.1, 14.6, ["13.5", "14.0", "14.5"]),  # in steps of 0.5: of 0.25 there would be too many
        (-1.0, 1.0, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (0.0, 5000.0, ["0", "1,000", "2,000", "3,000", "4,000", "5,000"]),
    ],
)
def test_ticks_are_round_and_told_with_the_digits_they_need(low: float, high: float, expected: list[str]) -> None:
    ticks = Scale(low, high, 0.0, 1.0).ticks()
    assert [shown(tick, ticks) for tick in ticks] == expected


def test_nothing_from_outside_is_markup_in_a_picture() -> None:
    assert "<" not in escaped(HOSTILE)
    assert "\x1b" not in escaped(HOSTILE)
    curve = Curve(HOSTILE, "#000000", [(0.0, 1.0), (1.0, 2.0)])
    cloud = Cloud(HOSTILE, "#000000", [(0.0, 1.0)])
    made = [
        progress(HOSTILE, (HOSTILE, HOSTILE), [curve], [Level(HOSTILE, "#000000", 1.0)], [cloud]),
        scatter(HOSTILE, (HOSTILE, HOSTILE), [cloud]),
        means(HOSTILE, HOSTILE, [Mean(HOSTILE, 1.0, Interval(0.0, 2.0))]),
    ]
    for drawing in made:
        root = ElementTree.fromstring(str(drawing))
        assert not [node for node in root.iter() if "script" in node.tag]
        assert any("script" in text for text in texts(drawing))


def test_a_best_value_so_far_stays_until_the_next_one() -> None:
    drawing = str(progress("t", ("x", "y"), [Curve("c", "#123456", [(0.0, 4.0), (10.0, 2.0), (20.0, 2.0)])]))
    line = next(line for line in drawing.splitlines() if "#123456" in line and "polyline" in line)
    points = line.split('"')[1].split()
    ys = [point.split(",")[1] for point in points]
    assert len(points) == 5
    assert ys[0] == ys[1] != ys[2] == ys[3] == ys[4]


def test_a_level_far_below_is_named_at_the_foot_instead_of_flattening_the_curve() -> None:
    levels = [Level("published", "#000000", 14.5), Level("optimum", "#000000", 0.0)]
    high = progress("t", ("x", "y"), [Curve("c", "#000000", [(0.0, 15.0), (9.0, 14.0)])], levels)
    assert "▼ below: optimum" in texts(high)
    assert "published" in texts(high)
    near = progress("t", ("x", "y"), [Curve("c", "#000000", [(0.0, 15.0), (9.0, 2.0)])], levels)
    assert "optimum" in texts(near)


def test_a_mean_far_off_the_others_is_told_in_figures_instead_of_squeezing_them() -> None:
    rows = [Mean(name, value, None) for name, value in (("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 98000.0))]
    assert "98,000 ▶" in texts(means("t", "x", rows))
    assert "◀ -98,000" in texts(means("t", "x", [Mean(row.label, -row.value, None) for row in rows], zero=True))
    # The better half reaches from 1 to 2: what is no further than 5 times that is drawn.
    assert not [text for text in texts(means("t", "x", [*rows[:3], Mean("d", 6.0, None)])) if "▶" in text]


def test_charts_of_a_single_point_or_of_equal_values_can_be_drawn() -> None:
    for drawing in (
        progress("t", ("x", "y"), [Curve("c", "#000000", [(1.0, 0.0)], [(1.0, 0.0, 0.0)])]),
        scatter("t", ("x", "y"), [Cloud("c", "#000000", [(3.0, 5.0)])]),
        means("t", "x", [Mean("a", 2.0, None)], zero=True),
        means("t", "x", []),
    ):
        ElementTree.fromstring(str(drawing))
        assert "nan" not in str(drawing)
