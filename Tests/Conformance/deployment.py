"""The files of config/ as those who deploy read them: manifests, settings, and the queries about metrics."""

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml
from ponder_process import REPOSITORY

CONFIG = REPOSITORY / "config"
KUBERNETES = CONFIG / "kubernetes"
OVERLAYS = ["base", *sorted(f"overlays/{path.name}" for path in (KUBERNETES / "overlays").iterdir())]
CORE = {"v1", "apps/v1", "policy/v1", "networking.k8s.io/v1"}


def manifests(overlay):
    """The objects that `kubectl apply --kustomize` would send."""
    kubectl = Path(sys.executable).with_name("kubectl")
    result = subprocess.run([kubectl, "kustomize", KUBERNETES / overlay], capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(result.stdout))


def of_kind(objects, kind):
    return [item for item in objects if item["kind"] == kind]


def pods(objects):
    """The templates of pods, with their labels."""
    return [item["spec"]["template"] for item in of_kind(objects, "StatefulSet")]


def seconds(text):
    number, letter = re.fullmatch(r"(\d+)(s|min|m|h)?", text).groups()
    return int(number) * {None: 1, "s": 1, "m": 60, "min": 60, "h": 3600}[letter]


def unit(name):
    """A unit of systemd: the values of each key, by section and key."""
    found, section = {}, None
    for line in (CONFIG / "systemd" / name).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault((section, key), []).append(value)
    return found


def compose():
    return yaml.safe_load((CONFIG / "compose.yaml").read_text())


def alert_groups():
    return yaml.safe_load((CONFIG / "prometheus" / "alerts.yml").read_text())["groups"]


def dashboards():
    return {path.name: json.loads(path.read_text()) for path in sorted((CONFIG / "grafana" / "dashboards").glob("*.json"))}


def queries():
    """Every query of a dashboard, an alert and the autoscaler, by where it stands."""
    found = {}
    for name, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                found[f"{name}: {panel['title']} {target['refId']}"] = target["expr"]
        for annotation in dashboard["annotations"]["list"]:
            found[f"{name}: {annotation['name']}"] = annotation["expr"]
    for group in alert_groups():
        found |= {f"alert {rule['alert']}": rule["expr"] for rule in group["rules"]}
    scaled = yaml.safe_load((KUBERNETES / "components" / "autoscaling" / "scaled-object.yaml").read_text())
    for number, trigger in enumerate(scaled["spec"]["triggers"]):
        found[f"autoscaler {number}"] = trigger["metadata"]["query"]
    return found


def without_variables(query):
    """A query as Prometheus gets it from Grafana."""
    return re.sub(r"\$__(rate_interval|interval)", "5m", query).replace("$model", ".*").replace("$instance", ".*")
