"""What watches over Ponder asks for metrics that it has, with labels that they have."""

import json
import re
import shutil
import socket
import subprocess
from urllib.parse import quote

import pytest
from ponder_process import FIXTURES, REPOSITORY, Ponder, eventually
from references import GREETING
from wire import Connection, request

promql_parser = pytest.importorskip("promql_parser", reason="requirements-deployment.txt is not installed")

from deployment import CONFIG, dashboards, queries, without_variables

# Of Prometheus itself, for every target.
SCRAPED = {"up": {"job", "instance"}}
TARGET_LABELS = {"job", "instance", "namespace", "pod"}


@pytest.fixture(scope="module")
def metrics():
    """The labels of each series by its name, from a server that has answered a chat."""
    with Ponder(FIXTURES / "models" / "dense-tied" / "hf") as server:
        body = {"model": server.name, "messages": GREETING, "max_tokens": 8}
        assert request(server.port, "POST", "/v1/chat/completions", body).status == 200
        text = request(server.port, "GET", "/metrics").body.decode()
    rows = re.findall(r"^\| `([a-z_0-9]+)` \| \w+ \| (.*?) \|", (REPOSITORY / "docs" / "metrics.md").read_text(), re.MULTILINE)
    documented = {name: set(re.findall(r"`([a-z_]+)`(?:: |,|;|$)", labels)) for name, labels in rows}
    found = dict(SCRAPED)
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        shown = {label for labels in re.findall(rf"^{name}(?:_count)?\{{(.*)\}}", text, re.MULTILINE)
                 for label in re.findall(r'([a-z_]+)="', labels)}
        labels = shown | documented[name] | TARGET_LABELS
        if kind == "histogram":
            found |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
        else:
            found[name] = labels
    return found


def nodes(expression):
    """The parts of an expression, whatever their kinds."""
    yield expression
    parts = [getattr(expression, name, None) for name in ("lhs", "rhs", "expr", "vector_selector", "param")]
    for part in [*parts, *(getattr(expression, "args", None) or [])]:
        if part is not None and not isinstance(part, (str, float)):
            yield from nodes(part)


@pytest.mark.parametrize("place", queries())
def test_a_query_names_metrics_and_labels_that_are_there(place, metrics):
    query = without_variables(queries()[place])
    selected = set()
    for node in nodes(promql_parser.parse(query)):
        if isinstance(node, promql_parser.VectorSelector):
            assert node.name in metrics
            selected.add(node.name)
            assert {matcher.name for matcher in node.matchers.matchers} <= metrics[node.name]
    assert selected
    shared = set.intersection(*(metrics[name] for name in selected))
    for labels in re.findall(r"\bby \((.*?)\)", query):
        assert {label.strip() for label in labels.split(",")} <= shared


def test_what_operators_want_is_shown():
    text = " ".join(queries().values())
    for name in (
        "requests_finished_total", "time_to_first_token_seconds", "inter_token_latency_seconds", "generation_tokens_total",
        "requests_waiting", "requests_running", "kv_cache_usage_ratio", "prefix_cache_hits_total", "reasoning_tokens_total",
        "expert_tokens_per_load", "rejected_total", "preemptions_total",
    ):
        assert f"ponder_{name}" in text
    assert "process_resident_memory_bytes" in text


@pytest.mark.parametrize("name", dashboards())
def test_a_dashboard_is_laid_out(name):
    dashboard = dashboards()[name]
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    cells = [(x, y) for place in places for x in range(place["x"], place["x"] + place["w"])
             for y in range(place["y"], place["y"] + place["h"])]
    assert len(set(cells)) == len(cells), "panels lie upon each other"
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for panel in dashboard["panels"]:
        assert panel["title"] and (panel["type"] == "row" or panel["targets"])
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]+)", str(dashboard["panels"]))) <= variables


def test_prometheus_takes_its_files():
    if not shutil.which("promtool"):
        pytest.skip("there is no promtool")
    result = subprocess.run(
        ["promtool", "check", "config", CONFIG / "prometheus" / "prometheus.yml"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def value(port, query):
    """What Prometheus answers to a query for one number; none where it has none, or does not answer yet."""
    try:
        reply = request(port, "GET", f"/api/v1/query?query={quote(query)}")
    except OSError:
        return None
    found = reply.json()["data"]["result"] if reply.status == 200 else []
    return float(found[0]["value"][1]) if found else None


def test_the_autoscaler_counts_requests(tmp_path, endless_model):
    prometheus = shutil.which("prometheus")
    if not prometheus:
        pytest.skip("there is no prometheus")
    with Ponder(endless_model) as server:
        places = [{"targets": [f"127.0.0.1:{server.port}"], "labels": {"namespace": "ponder"}}]
        jobs = [{"job_name": "ponder", "scrape_interval": "200ms", "scrape_timeout": "200ms", "static_configs": places}]
        (tmp_path / "prometheus.yml").write_text(json.dumps({"scrape_configs": jobs}))
        port = free_port()
        process = subprocess.Popen(
            [prometheus, f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            query = queries()["autoscaler 0"]
            assert eventually(lambda: value(port, query) == 0, timeout=60)
            clients = [Connection(server.port) for _ in range(3)]
            for client in clients:
                body = {"messages": GREETING, "ignore_eos": True, "max_tokens": 100_000, "stream": True}
                client.send("POST", "/v1/chat/completions", body)
            assert eventually(lambda: value(port, query) == 3, timeout=60)
            for client in clients:
                client.close()
            assert eventually(lambda: value(port, query) == 0, timeout=60)
        finally:
            process.terminate()
            process.wait(20)
