"""YaRN by each request's length, with a checkpoint that was made for 64 tokens."""

import json
import shutil

import pytest
from ponder_process import FIXTURES, Ponder, eventually, run
from wire import Connection

SOURCE = FIXTURES / "models" / "dense-yarn" / "hf"


@pytest.fixture(scope="module")
def unscaled(tmp_path_factory):
    """The checkpoint as Qwen publishes its models: nothing in its files is about YaRN."""
    folder = tmp_path_factory.mktemp("unscaled") / "tiny"
    shutil.copytree(SOURCE, folder)
    settings = json.loads((folder / "config.json").read_text())
    settings |= {"rope_scaling": None, "max_position_embeddings": 64}
    (folder / "config.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="module")
def long_server(unscaled):
    with Ponder(unscaled, "--context", "256") as server:
        yield server


def ask(server, method, path, body=None):
    with Connection(server.port) as connection:
        connection.send(method, path, body)
        status, headers = connection.read_head()
        return status, json.loads(connection.read_body(headers))


def complete(server, tokens, maximum, **fields):
    body = {
        "prompt": [(7 * place + 3) % 1400 for place in range(tokens)], "max_tokens": maximum, "temperature": 0.8,
        "seed": 5, "logprobs": 2, "ignore_eos": True,
    }
    status, reply = ask(server, "POST", "/v1/completions", body | fields)
    assert status == 200, reply
    return reply


def test_short_requests_keep_every_bit(unscaled, long_server):
    with Ponder(unscaled) as plain:
        for tokens, maximum in [(5, 20), (40, 24), (1, 63), (52, 12)]:
            expected = complete(plain, tokens, maximum)
            found = complete(long_server, tokens, maximum)
            assert found["choices"] == expected["choices"]
            assert found["timings"]["yarn_factor"] == 1
            assert "yarn_factor" not in expected["timings"]


def test_a_longer_request_is_what_a_fixed_factor_gives(unscaled, long_server):
    for factor, tokens, maximum in [(2, 70, 20), (4, 120, 60)]:
        with Ponder(unscaled, "--rope-scaling", "yarn", "--yarn-factor", factor, "--yarn-orig-ctx", 64) as fixed:
            expected = complete(fixed, tokens, maximum)
            assert ask(fixed, "GET", "/v1/models")[1]["data"][0]["context_windows"] == [
                {"yarn_factor": factor, "max_model_len": 64 * factor}
            ]
        found = complete(long_server, tokens, maximum)
        assert found["choices"] == expected["choices"]
        assert found["timings"]["yarn_factor"] == factor


def test_a_conversation_that_outgrows_its_window_is_read_anew_once(long_server):
    fields = {"cache_salt": "conversation"}
    assert complete(long_server, 40, 10, **fields)["timings"]["yarn_recomputed_n"] == 0
    grown = complete(long_server, 60, 10, **fields)["timings"]
    assert (grown["yarn_factor"], grown["cache_n"], grown["yarn_recomputed_n"]) == (2, 0, 32)
    again = complete(long_server, 66, 10, **fields)["timings"]
    assert (again["yarn_factor"], again["yarn_recomputed_n"]) == (2, 0)
    assert again["cache_n"] == 32 or again["cache_n"] == 64

    pinned = fields | {"cache_salt": "pinned", "rope_factor": 2}
    assert complete(long_server, 40, 10, **pinned)["timings"]["yarn_factor"] == 2
    kept = complete(long_server, 60, 10, **pinned)["timings"]
    assert (kept["yarn_factor"], kept["cache_n"], kept["yarn_recomputed_n"]) == (2, 32, 0)


def test_a_factor_that_the_model_has_not_is_refused(long_server):
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4, "rope_factor": 3}
    status, reply = ask(long_server, "POST", "/v1/chat/completions", body)
    assert status == 400
    assert reply["error"]["param"] == "rope_factor"
    assert "one of 1, 2 and 4" in reply["error"]["message"]


def test_what_is_in_force_is_told_everywhere(unscaled, long_server):
    windows = [
        {"yarn_factor": 1, "max_model_len": 64}, {"yarn_factor": 2, "max_model_len": 128},
        {"yarn_factor": 4, "max_model_len": 256},
    ]
    model = ask(long_server, "GET", "/v1/models")[1]["data"][0]
    assert (model["max_model_len"], model["context_windows"]) == (256, windows)
    assert ask(long_server, "GET", "/props")[1]["context_windows"] == windows
    assert eventually(lambda: "YaRN by each request's length: factor 1 up to 64 tokens" in long_server.log_text())
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 100, "return_effective": True}
    assert ask(long_server, "POST", "/v1/chat/completions", body)[1]["effective"]["yarn_factor"] in (2, 4)
    plan = run("serve", unscaled, "--context", "1000", "--dry-run").stdout
    assert "4 up to 256 tokens" in plan and "the model goes to 256" in plan


@pytest.mark.parametrize("arguments", [
    ["--rope-scaling", "linear"], ["--rope-scale", "0.5"], ["--rope-scaling", '{"rope_type": "yarn", "mscale": 1}'],
    ["--hf-overrides", '{"max_position_embeddings": 131072}'], ["--rope-scaling", "yarn"],
])
def test_what_cannot_be_honoured_stops_the_start(unscaled, arguments):
    result = run("serve", unscaled, *arguments, "--port", "0")
    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) <= 4 and "Fatal" not in result.stderr
