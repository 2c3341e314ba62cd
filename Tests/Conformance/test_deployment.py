"""The files of config/ for containers, Kubernetes and systemd fit their schemas, Ponder and each other."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ponder_process import EXECUTABLE, REPOSITORY, run

pytest.importorskip("kubernetes_validate", reason="requirements-deployment.txt is not installed")

import compose_spec
import jsonschema
import kubernetes_validate
import yaml
from deployment import CONFIG, CORE, OVERLAYS, alert_groups, compose, manifests, of_kind, pods, seconds, unit
from documents import blocks

# What a server needs to deliver its last bytes after the drain.
DELIVERY_SECONDS = 5


@pytest.fixture(scope="module", params=OVERLAYS)
def objects(request):
    return manifests(request.param)


def is_command(name, *options):
    """Whether Ponder has a command of this name with these options."""
    known = re.findall(r"^  (\w+)", run("--help").stdout.split("SUBCOMMANDS:")[1], re.MULTILINE)
    return name in known and all(option in run(name, "--help").stdout for option in options)


@pytest.mark.parametrize("version", ["1.32", "1.37"])
def test_manifests_fit_the_schemas_of_kubernetes(objects, version):
    for item in objects:
        if item["apiVersion"] in CORE:
            kubernetes_validate.validate(item, version, strict=True)


def test_custom_resources_fit_their_definitions(objects):
    """PONDER_CRDS names a folder with the definitions of Gateway API, Envoy Gateway, KEDA and Prometheus' operator."""
    folder = os.environ.get("PONDER_CRDS")
    if not folder:
        pytest.skip("PONDER_CRDS names no folder of definitions")
    schemas = {}
    for path in Path(folder).glob("*.yaml"):
        text = re.sub(r"^\{\{.*\}\}$", "", path.read_text(), flags=re.MULTILINE)
        definitions = [item for item in yaml.safe_load_all(text) if item and item["kind"] == "CustomResourceDefinition"]
        for definition in definitions:
            for version in definition["spec"]["versions"]:
                name = f"{definition['spec']['group']}/{version['name']}", definition["spec"]["names"]["kind"]
                schemas[name] = closed(version["schema"]["openAPIV3Schema"])
    for item in objects:
        if item["apiVersion"] not in CORE:
            jsonschema.validate(item, schemas[item["apiVersion"], item["kind"]])


def closed(schema):
    """The schema, in which a member that it does not name is an error, as the server's strict validation has it."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        # Go's patterns may say that anywhere, Python's only at their beginning.
        return schema.replace("(?i)", "") if isinstance(schema, str) else schema
    schema = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "spec" not in schema["properties"]:
        schema.setdefault("additionalProperties", False)
    return schema


def test_pods_keep_to_the_restricted_standard(objects):
    for pod in pods(objects):
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] == 65532
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        for container in spec["initContainers"] + spec["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False and context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


def test_a_pod_has_time_for_its_drain(objects):
    [settings] = of_kind(objects, "ConfigMap")
    for pod in pods(objects):
        [container] = pod["spec"]["containers"]
        sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        drain = int(settings["data"]["PONDER_DRAIN_SECONDS"])
        assert pod["spec"]["terminationGracePeriodSeconds"] >= sleep + drain + DELIVERY_SECONDS + 5


def test_selectors_find_the_pods(objects):
    [pod] = pods(objects)
    labels = pod["metadata"]["labels"]
    selectors = [item["spec"]["selector"] for item in of_kind(objects, "Service")]
    selectors += [item["spec"]["selector"]["matchLabels"] for item in of_kind(objects, "PodDisruptionBudget")]
    selectors += [item["spec"]["podSelector"]["matchLabels"] for item in of_kind(objects, "NetworkPolicy")]
    selectors += [item["spec"]["selector"]["matchLabels"] for item in of_kind(objects, "StatefulSet")]
    assert len(selectors) == 5
    assert all(selector.items() <= labels.items() for selector in selectors)


def test_objects_name_what_is_there(objects):
    services = {item["metadata"]["name"]: item for item in of_kind(objects, "Service")}
    [replicas] = of_kind(objects, "StatefulSet")
    assert replicas["spec"]["serviceName"] in services
    for route in of_kind(objects, "HTTPRoute"):
        for backend in (backend for rule in route["spec"]["rules"] for backend in rule["backendRefs"]):
            assert backend["port"] in [port["port"] for port in services[backend["name"]]["spec"]["ports"]]
    for monitor in of_kind(objects, "ServiceMonitor"):
        selector = monitor["spec"]["selector"]["matchLabels"].items()
        [watched] = [item for item in services.values() if selector <= item["metadata"]["labels"].items()]
        assert watched["spec"]["clusterIP"] == "None"
        # The alerts and the dashboard know it by this.
        assert watched["metadata"]["labels"][monitor["spec"]["jobLabel"]] == "ponder"
    for scaled in of_kind(objects, "ScaledObject"):
        assert scaled["spec"]["scaleTargetRef"]["name"] == replicas["metadata"]["name"]
    for rules in of_kind(objects, "PrometheusRule"):
        assert rules["spec"]["groups"] == alert_groups()
    for policy in of_kind(objects, "BackendTrafficPolicy") + of_kind(objects, "ClientTrafficPolicy"):
        for target in policy["spec"]["targetRefs"]:
            assert target["name"] in [item["metadata"]["name"] for item in of_kind(objects, target["kind"])]


def test_prometheus_has_a_key_of_its_own(objects):
    [block] = [block for block in blocks(REPOSITORY / "docs" / "deployment.md") if "create secret" in block.text]
    secret = set(re.findall(r"--from-literal=([a-z-]+)=", block.text))
    monitors = of_kind(objects, "ServiceMonitor")
    for pod in pods(objects):
        [container] = pod["spec"]["containers"]
        environment = {item["name"]: item for item in container["env"]}
        assert environment["PONDER_API_KEY"]["valueFrom"]["secretKeyRef"]["key"] in secret
        assert ("PONDER_API_KEY_FILE" in environment) == bool(monitors)
        for monitor in monitors:
            [endpoint] = monitor["spec"]["endpoints"]
            [volume] = pod["spec"]["volumes"]
            [item] = volume["secret"]["items"]
            assert endpoint["authorization"]["credentials"]["name"] == volume["secret"]["secretName"]
            assert {endpoint["authorization"]["credentials"]["key"], item["key"]} <= secret
            [mount] = [mount for mount in container["volumeMounts"] if mount["name"] == volume["name"]]
            assert environment["PONDER_API_KEY_FILE"]["value"] == f"{mount['mountPath']}/{item['path']}"


def test_commands_of_pods_are_ponders(objects):
    for pod in pods(objects):
        for container in pod["spec"]["containers"]:
            for probe in ("startupProbe", "readinessProbe"):
                program, *arguments = container[probe]["exec"]["command"]
                assert program == "ponder"
                assert is_command(*arguments)
            assert container["livenessProbe"]["httpGet"]["path"] == "/health"
        for container in pod["spec"]["initContainers"]:
            assert is_command(container["args"][0])


def settings():
    names = re.findall(r"^(?:# )?([a-z-]+): ", (CONFIG / "ponder.yaml").read_text(), re.MULTILINE)
    return {f"PONDER_{name.upper().replace('-', '_')}" for name in names} | {"PONDER_CONFIG"}


def test_variables_are_settings_of_ponder():
    files = [REPOSITORY / "Dockerfile", *(path for path in CONFIG.rglob("*") if path.is_file())]
    found = {name for path in files for name in re.findall(r"\bPONDER_[A-Z_]+\b", path.read_text())}
    assert {"PONDER_MODEL", "PONDER_DRAIN_SECONDS", "PONDER_API_KEY"} <= found
    assert found <= settings()


def test_the_composition_is_one():
    # Its parser checks what is inside strings too, and takes no variables.
    text = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", (CONFIG / "compose.yaml").read_text())
    assert compose_spec.PyCompose.from_yaml(text)
    services = compose()["services"]
    ponder = services["ponder"]
    assert ponder["read_only"] and ponder["cap_drop"] == ["ALL"] and ponder["security_opt"] == ["no-new-privileges:true"]
    drain = int(ponder["environment"]["PONDER_DRAIN_SECONDS"])
    assert seconds(ponder["stop_grace_period"]) >= drain + DELIVERY_SECONDS + 5
    program, *arguments = ponder["healthcheck"]["test"][1:]
    assert program == "ponder" and is_command(*arguments)
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (CONFIG / source).exists() if source.startswith(".") else source in compose()["volumes"]


def test_units_of_systemd_are_verified(tmp_path):
    service = unit("ponder.service")
    assert service["Service", "Type"] == ["notify"]
    [stop] = service["Service", "TimeoutStopSec"]
    default = re.search(r"^drain-seconds: (\d+)$", (CONFIG / "ponder.yaml").read_text(), re.MULTILINE)[1]
    assert seconds(stop) >= int(default) + DELIVERY_SECONDS + 5
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    for path in (CONFIG / "systemd").iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace("/usr/local/bin/ponder", str(EXECUTABLE)))
    names = [str(path) for path in tmp_path.iterdir()]
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True)
    assert result.returncode == 0 and result.stderr == ""
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(tmp_path / "ponder.service")]
    assert subprocess.run(command, capture_output=True).returncode == 0, "the unit is exposed more than it was"
