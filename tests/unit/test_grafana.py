"""The Grafana dashboard in deploy/: valid, and about nothing that /metrics does not serve."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.unit.metrics.test_metrics import busy

from steadyline.config import Config
from steadyline.services.ports import configured_ports

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "steadyline.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]
OF_PROMETHEUS = {"job", "instance"}
"""Labels that Prometheus adds when it scrapes."""
FUNCTIONS = {"histogram_quantile", "sum", "max", "rate", "increase", "by"}


def served() -> dict[str, tuple[str, set[str]]]:
    """Names of samples, as they are scraped, to the kind of their metric and its labels."""
    found: dict[str, tuple[str, set[str]]] = {}
    for collector in busy().registry._collector_to_names:
        [family] = collector.collect()
        labels = set(collector._labelnames)  # type: ignore[attr-defined]
        if family.type == "histogram":
            found |= {f"{family.name}_bucket": ("histogram", labels | {"le"})}
        else:
            found[family.name + ("_total" if family.type == "counter" else "")] = (family.type, labels)
    return found


SERVED = served()


def selectors(expression: str) -> list[tuple[str, str]]:
    """Each metric of an expression with what stands in its braces."""
    return re.findall(r"\b(steadyline_\w+)\{([^}]*)\}", expression)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_and_label_is_served(expression: str) -> None:
    found = selectors(expression)
    assert found and len(found) == len(re.findall(r"steadyline_", expression))
    for name, inside in found:
        assert name in SERVED, name
        matchers = re.findall(r'(\w+)(=~|!=|=)"([^"]*)"', inside)
        assert ", ".join(f'{label}{sign}"{value}"' for label, sign, value in matchers) == inside
        assert {label for label, _, _ in matchers} <= SERVED[name][1] | OF_PROMETHEUS
        assert ("job", "=~", "$job") in matchers
    known = set().union(*(SERVED[name][1] for name, _ in found))
    for grouped in re.findall(r"by \(([^)]*)\)", expression):
        assert set(grouped.split(", ")) <= known


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_kind_of_metric_is_asked_as_it_must_be(expression: str) -> None:
    for name, _ in selectors(expression):
        kind = SERVED[name][0]
        is_rate = re.search(rf"(rate|increase)\({name}\{{[^}}]*\}}\[\$__rate_interval\]\)", expression) is not None
        assert is_rate == (kind in ("histogram", "counter")), name
        if kind == "histogram":
            assert expression.startswith("histogram_quantile(") and re.search(r"by \(le\b", expression)
    words = set(re.findall(r"\b([a-z_]+)\s*\(", expression))
    assert words <= FUNCTIONS and expression.count("(") == expression.count(")")


def test_what_is_looked_for_in_labels_is_what_the_services_say() -> None:
    """Values that stand in the expressions: `part` and `state` are those of docs/operations.md."""
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    values = {
        (label, value)
        for expression in EXPRESSIONS
        for _, inside in selectors(expression)
        for label, value in re.findall(r'(\w+)!?="([^"]*)"', inside)
    }
    assert ("part", "first_audio") in values and ("state", "lost") in values
    assert all(f"`{value}`" in document or value == "gateway" for _, value in values)


def test_ids_are_its_own_and_panels_do_not_overlap() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids)) and DASHBOARD["uid"] == "steadyline"
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24
    for panel in PANELS:
        references = [target["refId"] for target in panel["targets"]]
        assert len(references) == len(set(references)) and panel["title"] and panel["description"].endswith(".")
    titles = [panel["title"] for panel in PANELS]
    assert len(titles) == len(set(titles))


def sources(node: Any) -> list[Any]:
    """Every `datasource` in it."""
    if isinstance(node, list):
        return [found for item in node for found in sources(item)]
    if not isinstance(node, dict):
        return []
    own = [node["datasource"]] if "datasource" in node else []
    return own + [found for key, item in node.items() if key != "datasource" for found in sources(item)]


def test_the_data_source_is_chosen_when_it_is_imported() -> None:
    [chosen, job] = DASHBOARD["templating"]["list"]
    assert (chosen["name"], chosen["type"], chosen["query"]) == ("datasource", "datasource", "prometheus")
    assert job["query"]["query"] == "label_values(steadyline_service_info, job)"
    assert len(sources(DASHBOARD)) > len(PANELS)
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources(DASHBOARD))
    assert "id" not in DASHBOARD, "Grafana gives one"


def test_the_document_names_every_metrics_port_to_prometheus() -> None:
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert "deploy/grafana/steadyline.json" in document
    [scraped] = re.findall(r"```yaml\nscrape_configs:.*?```", document, re.DOTALL)
    config = Config()
    config.standby.engine = "kokoro"
    wanted = {port.number for port in configured_ports(config) if port.key.endswith("metrics_port")}
    assert {int(port) for port in re.findall(r'"127\.0\.0\.1:(\d+)"', scraped)} == wanted
