"""The launch lines of vLLM and SGLang that Qwen's documentation gives."""

import pytest
from ponder_process import FIXTURES, Ponder, run

MODEL = FIXTURES / "models" / "dense-tied" / "hf"


@pytest.mark.parametrize("arguments", [
    [MODEL, "--enable-reasoning", "--reasoning-parser", "deepseek_r1"],
    [MODEL, "--enable-auto-tool-choice", "--tool-call-parser", "hermes", "--reasoning-parser", "qwen3"],
    ["--model-path", MODEL, "--reasoning-parser", "qwen3", "--tool-call-parser", "qwen25"],
])
def test_a_launch_line_serves_and_warns(arguments):
    with Ponder(*arguments) as server:
        assert server.name and server.stop() == 0
        assert "ponder: warning: --reasoning-parser has no effect" in server.log_text()


def test_two_models_are_refused():
    result = run("serve", MODEL, "--model-path", "elsewhere")
    assert result.returncode != 0
    assert "--model-path" in result.stderr
