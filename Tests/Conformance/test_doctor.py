"""`ponder doctor`: it finds nothing to complain of in Ponder, and the right thing in servers that do what others were seen to do."""

import copy
import json

import pytest
from ponder_process import FIXTURES, run
from replayed_server import ReplayedServer, applied

RECORDING = json.loads((FIXTURES / "doctor" / "recording.json").read_text())
FAULTS = json.loads((FIXTURES / "doctor" / "faults.json").read_text())


# The built-in model and random ones write so fast that, where the machine holds a thread up, what came meanwhile shares a piece.
IN_TIME = {"stream.unbuffered", "stream.pieces", "tools.stream-pieces"}


def doctor(*arguments, timeout=300):
    return run("doctor", *arguments, timeout=timeout)


def verdicts(completed):
    assert completed.stdout, completed.stderr
    return {check["id"]: check for check in json.loads(completed.stdout)["checks"]}


def failed(completed):
    return {name: check.get("reason") for name, check in verdicts(completed).items() if check["verdict"] == "fail"}


@pytest.fixture(scope="module")
def open_server(serve):
    return serve(None, "--embeddings", "--api-key", "doctor-key")


def test_ponder_passes_every_check(open_server):
    completed = doctor("--url", open_server.url, "--api-key", "doctor-key", "--format", "json")
    others = {name: check for name, check in verdicts(completed).items() if name not in IN_TIME}
    assert {name: check.get("reason") for name, check in others.items() if check["verdict"] != "pass"} == {}


def test_a_random_model_is_enough(server):
    completed = doctor("--url", f"{server.url}/v1", "--format", "json")
    checks = verdicts(completed)
    # Chance may have it begin to think once more in the middle of its answer.
    by_chance = {"reasoning.no-tags", "ollama.thinking"}
    assert {name for name in failed(completed) if checks[name]["level"] == "must"} <= IN_TIME | by_chance


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{fault['complaint']}-{fault['what']}" for fault in FAULTS])
def test_a_fault_is_found_over_the_wire(fault):
    with ReplayedServer(applied(copy.deepcopy(RECORDING), fault["edits"])) as replayed:
        completed = doctor("--url", replayed.url, "--api-key", "doctor-key", "--format", "json", "--timeout", "20")
    assert set(failed(completed)) == set(fault["expects"])


def test_a_must_decides_the_exit_status(tmp_path):
    fault = next(fault for fault in FAULTS if fault["expects"] == ["stream.role-once"])
    file = tmp_path / "recording.json"
    recording = applied(copy.deepcopy(RECORDING), fault["edits"])
    # The bytes that the replayed server sends are no part of a recording.
    file.write_text(json.dumps(recording, default=lambda _: None))
    completed = doctor("--replay", file)
    assert completed.returncode == 1
    assert "✘ stream.role-once" in completed.stdout and "\x1b" not in completed.stdout
    assert doctor("--replay", file, "--only", "tools").returncode == 0


def test_two_results_stand_side_by_side(tmp_path):
    file, other = tmp_path / "recording.json", tmp_path / "other.json"
    file.write_text(json.dumps(RECORDING))
    other.write_text(doctor("--replay", file, "--format", "json", "--name", "other 1.0").stdout)
    table = doctor("--replay", file, "--beside", other, "--format", "markdown", "--name", "ponder").stdout
    assert "|  | ponder | other 1.0 |" in table
    assert "| `stream.done` a stream ends with [DONE] | must | pass | pass |" in table


def test_the_machine_is_examined(tmp_path):
    report = json.loads(doctor("--no-probe", "--format", "json").stdout)
    findings = {finding["name"]: finding for finding in report["machine"]}
    assert findings["kernels"]["verdict"] == "fine"
    assert {"cores", "memory", "descriptors", "model store", "OpenSSL", "zlib", "clock"} <= set(findings)
    assert "kernels" in doctor("--no-probe").stdout


def test_lists_and_mistakes_are_one_line():
    assert "stream.done" in doctor("--list").stdout
    assert "stream.done" not in doctor("--list", "--only", "tools").stdout
    for arguments in (["--list", "--only", "nothing"], ["--format", "xml"], ["--url", "ftp://x"], ["--replay", "/nowhere"]):
        completed = doctor(*arguments)
        assert completed.returncode != 0 and completed.stdout == ""
        assert completed.stderr.startswith("Error: ") and completed.stderr.count("\n") == 1
    nobody = doctor("--url", "http://127.0.0.1:9", "--timeout", "2")
    assert nobody.returncode != 0 and "127.0.0.1:9" in nobody.stderr
