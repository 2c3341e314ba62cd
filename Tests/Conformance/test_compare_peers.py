"""scripts/compare-peers, with programs in the peers' place that print what those print."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ponder_process import EXECUTABLE

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
BATCHED = "|  128 |  32 |  4 | 640 | 1.0 | 512.0 | 2.0 | 64.0 | 3.0 | 213.3 |"


def write_program(path, text):
    path.write_text(f"#!{sys.executable}\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def peer(tmp_path):
    folder = tmp_path / "peer"
    folder.mkdir()
    bench = "import sys, json\nprint(json.dumps([{'avg_ts': 50 if '--repack' in sys.argv else 40}]))"
    write_program(folder / "llama-bench", bench)
    write_program(folder / "llama-batched-bench", f"print('''|PP|\\n{BATCHED}\\n''')")
    return folder


@pytest.fixture
def ponder(tmp_path):
    record = {
        "tokens_per_second": 100, "is_steady": True, "read_bytes_per_second": 3, "read_bytes_per_second_limit": 4,
        "operations_per_second": 1, "operations_per_second_limit": 2,
    }
    write_program(tmp_path / "ponder", f"print({json.dumps([record])!r})")
    return tmp_path / "ponder"


def compare(*arguments):
    command = [sys.executable, SCRIPTS / "compare-peers", *map(str, arguments)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_the_better_variant_of_a_peer_counts_and_medians_have_ranges(peer, ponder):
    result = compare("--llama-cpp", peer, "--ponder", ponder, "--rounds", 2, "--tests", "tg128,tg32x4", "m.gguf")
    lines = result.stdout.splitlines()
    assert lines[0] == "| model | test | Ponder | llama.cpp | ratio | of the limit |"
    assert lines[2] == "| m | tg128, tokens/s | **100 (100–100)** | 50.0 (50.0–50.0) | **2.00x** | 75 % |"
    assert lines[3] == "| m | tg32x4, tokens/s | **100 (100–100)** | 64.0 (64.0–64.0) | **1.56x** | 75 % |"


def test_json_has_every_value_and_a_failure_leaves_the_others(peer, ponder):
    (peer / "llama-batched-bench").unlink()
    result = compare(
        "--llama-cpp", peer, "--ik-llama-cpp", peer, "--ponder", ponder, "--rounds", 1, "--tests", "pp512,tg32x4",
        "--format", "json", "m.gguf")
    found = json.loads(result.stdout)
    first, second = found["rows"]
    assert first["test"] == "pp512"
    assert first["engines"]["llama.cpp, no repack"]["values"] == [50]
    assert first["ratios"]["llama.cpp"] == {"to": "llama.cpp, no repack", "ratio": 2}
    assert first["ratios"]["ik_llama.cpp"]["ratio"] == 2.5
    assert second["engines"].keys() == {"Ponder"}
    assert second["ratios"] == {}
    assert len(found["failures"]) == 4


def test_a_test_that_is_none_is_refused(ponder):
    result = compare("--ponder", ponder, "--tests", "tg", "m.gguf")
    assert result.returncode == 1
    assert "'tg' is no test" in result.stderr


def test_a_server_is_measured_from_start_to_stop():
    result = compare("--ponder", EXECUTABLE, "--rounds", 1, "--tests", "serve2", "--format", "json", built_in_model())
    rows = {row["test"]: row["engines"]["Ponder"]["median"] for row in json.loads(result.stdout)["rows"]}
    assert rows.keys() == {
        f"serve2: {name}" for name in ("tokens", "first token", "between tokens", "start to ready", "resident")}
    assert all(value > 0 for value in rows.values())


def built_in_model():
    return SCRIPTS.parent / "Sources/BuiltinModel/model.gguf"
