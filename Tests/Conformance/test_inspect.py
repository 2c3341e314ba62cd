"""`ponder inspect` tells what a model needs, from headers and configurations alone."""

import pytest
from ponder_process import FIXTURES, run

# Parameters in all and active for a token, in billions, as the model cards round them.
PUBLISHED = {
    "Qwen3-0.6B": (0.6, 0.6),
    "Qwen3-1.7B": (1.7, 1.7),
    "Qwen3-4B": (4.0, 4.0),
    "Qwen3-4B-Instruct-2507": (4.0, 4.0),
    "Qwen3-8B": (8.2, 8.2),
    "Qwen3-14B": (14.8, 14.8),
    "Qwen3-32B": (32.8, 32.8),
    "Qwen3-30B-A3B": (30.5, 3.3),
    "Qwen3-235B-A22B": (235, 22),
}


def count(output, label):
    """The number that follows a label, in billions."""
    [line] = [line for line in output.splitlines() if line.startswith(label)]
    return int(line.removeprefix(label).split()[0].replace(",", "")) / 1e9


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_configuration_prints_its_plan(tmp_path, name):
    (tmp_path / "config.json").write_bytes((FIXTURES / "qwen3" / "configs" / f"{name}.config.json").read_bytes())
    result = run("inspect", tmp_path)
    assert result.returncode == 0, result.stderr
    total, active = PUBLISHED[name]
    assert count(result.stdout, "parameters ") == pytest.approx(total, rel=0.02)
    assert count(result.stdout, "active per token") == pytest.approx(active, rel=0.02)
    assert "a token, " in result.stdout


@pytest.mark.parametrize("model", ["dense-tied/hf", "moe/gguf/moe-Q8_0.gguf", "dense-untied/hf"])
def test_a_checkpoint_prints_its_plan(model):
    result = run("inspect", FIXTURES / "models" / model)
    assert result.returncode == 0, result.stderr
    assert "parameters" in result.stdout


def test_the_plan_goes_nowhere_for_what_is_no_model(tmp_path):
    result = run("inspect", tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")


def test_help_has_an_example():
    assert "ponder serve" in run("--help").stdout
    assert run("--version").stdout.strip()
