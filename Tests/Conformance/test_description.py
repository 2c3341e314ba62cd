"""The description of the API at /openapi.json: valid, kept to by the server, and with no field that docs/API.md does not name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ponder_process import REPOSITORY
from wire import request

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
]


@pytest.fixture(scope="module")
def described(serve):
    """A server that answers to the model's name in the description's examples."""
    return serve("dense-tied/hf", "--alias", "m", "--context", "128")


@pytest.fixture(scope="module")
def document(described):
    return request(described.port, "GET", "/openapi.json").json()


def test_it_is_a_valid_openapi_document(document):
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(document)
    assert document["openapi"].startswith("3.1")


def test_the_documentation_names_every_path_and_field(document):
    named = set(re.findall(r"[\w/{}.$-]+", (REPOSITORY / "docs" / "API.md").read_text()))
    words = named | {word for text in named for word in text.split(".")}
    missing = set()
    for path, operations in document["paths"].items():
        if path not in words and path.removeprefix("/v1") not in words and f"/v1{path}" not in words:
            missing.add(path)
        for method, operation in operations.items():
            body = operation.get("requestBody") if method != "parameters" else None
            if body:
                properties = body["content"]["application/json"]["schema"].get("properties", {})
                missing |= {f"{path} {field}" for field in properties if field not in words}
    assert not missing


def test_random_requests_get_what_the_description_says(described):
    pytest.importorskip("schemathesis")
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(Path(__file__).with_name("schemathesis.toml"))),
            *("run", f"{described.url}/openapi.json"),
            *("--phases", "examples,coverage,fuzzing", "--max-time", "30", "--max-examples", "5"),
            # One worker: Hypothesis calls ast.parse, whose depth CPython 3.11 counts for all threads together, and fails by it.
            *("--seed", "1", "--workers", "1", "--request-timeout", "30", "--checks", ",".join(CHECKS)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stdout[-8000:] + finished.stderr[-2000:]
