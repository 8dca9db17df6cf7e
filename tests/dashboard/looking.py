"""Opening pages without a browser, and reading off what they show."""

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[2] / "app.py")


def look(page: str, **address: str) -> AppTest:
    """Return a page as it is after it was opened."""
    app = AppTest.from_file(APP, default_timeout=60).run()
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page(f"evolve/dashboard/pages/{page}.py").run()


def fine(app: AppTest) -> AppTest:
    assert not app.exception, [entry.message for entry in app.exception]
    return app


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: str(metric.value) for metric in app.metric}


def texts(app: AppTest) -> str:
    return "\n".join(str(entry.value) for entry in app.text)


def codes(app: AppTest) -> str:
    return "\n".join(str(entry.value) for entry in app.code)


def numbers(app: AppTest) -> list[int]:
    """Return the numbers of the candidates in the table, as shown."""
    return list(app.dataframe[-1].value["Number"])


def pick(app: AppTest, key: str, row: int) -> AppTest:
    """Click on a row of a table."""
    app.session_state[f"{key} picked"] = app.session_state[f"{key} shown"][row]
    return app.run()


def links(app: AppTest) -> list[tuple[str, str]]:
    """Return the links of a page with their addresses."""
    return [(link.proto.label, link.proto.query_string) for link in app.get("page_link")]


def drawn(app: AppTest, chart: int) -> dict[str, Any]:
    """Return the specification of a chart."""
    return json.loads(app.get("vega_lite_chart")[chart].proto.spec)


def rows(app: AppTest, chart: int, layer: int) -> list[dict[str, Any]]:
    """Return the data of a layer of a chart."""
    return drawn(app, chart)["layer"][layer]["data"]["values"]
