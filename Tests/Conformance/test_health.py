"""`ponder health`, as containers and scripts ask it."""

import os
import socket

import pytest
from ponder_process import FIXTURES, Ponder, eventually, run
from test_tls import SecurePonder, certificates  # noqa: F401

MODEL = FIXTURES / "models" / "dense-tied" / "hf"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def refusal(result):
    assert result.returncode == 1 and result.stdout == ""
    [line] = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    return line


def test_the_server_of_the_environment_is_asked(server):
    for host in ("127.0.0.1", "0.0.0.0", "localhost"):
        result = run("health", PONDER_HOST=host, PONDER_PORT=str(server.port))
        assert result.returncode == 0, result.stderr
        place = "localhost" if host == "localhost" else "127.0.0.1"
        assert result.stdout == f"http://{place}:{server.port} is alive\n"


def test_the_servers_file_of_settings_says_where_it_is(server, tmp_path):
    settings = tmp_path / "ponder.yaml"
    settings.write_text(f"port: {server.port}\n")
    assert run("health", "--config", settings).returncode == 0
    assert run("health", PONDER_CONFIG=str(settings)).returncode == 0


def test_nobody_there_is_one_line():
    port = free_port()
    assert f"127.0.0.1:{port}" in refusal(run("health", "--url", f"http://127.0.0.1:{port}"))


def test_a_server_that_says_nothing_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = run("health", "--url", f"http://127.0.0.1:{silent.getsockname()[1]}", "--timeout", 1)
    assert "no answer within 1 seconds" in refusal(result)


def test_a_server_that_loads_is_alive_and_not_ready(tmp_path):
    template = tmp_path / "template.jinja"
    os.mkfifo(template)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Ponder(MODEL, "--chat-template-file", template, port=port, wait=False) as server:
        assert eventually(lambda: run("health", "--url", url).returncode == 0)
        assert url in refusal(run("health", "--ready", "--url", url))
        template.write_text("{{ messages[0].content }}")
        server.wait_until_ready()
        assert run("health", "--ready", "--url", url).stdout == f"{url} is ready\n"


def test_readiness_needs_a_key_where_there_are_keys():
    with Ponder(MODEL, "--api-key", "first,second") as server:
        assert run("health", "--url", server.url).returncode == 0
        refusal(run("health", "--ready", "--url", server.url))
        refusal(run("health", "--ready", "--url", server.url, "--api-key", "third"))
        assert run("health", "--ready", "--url", server.url, "--api-key", "second").returncode == 0
        own = {"PONDER_API_KEY": "first,second", "PONDER_PORT": str(server.port)}
        assert run("health", "--ready", **own).returncode == 0


def test_a_unix_socket_is_asked(tmp_path):
    path = tmp_path / "ponder"
    with Ponder(MODEL, "--host", "127.0.0.1", "--host", f"unix:{path}", wait=False):
        assert eventually(lambda: run("health", "--ready", "--url", f"unix:{path}").returncode == 0)
        result = run("health", PONDER_HOST=f"0.0.0.0,unix:{path}", PONDER_PORT="1")
        assert result.stdout == f"unix:{path} is alive\n"
    assert f"unix:{path}" in refusal(run("health", "--url", f"unix:{path}"))


@pytest.mark.parametrize("trust, status", [([], 1), (["--insecure"], 0), (["--tls-authority"], 0)])
def test_a_named_server_must_prove_who_it_is(certificates, trust, status):  # noqa: F811
    files = ["--tls-certificate", certificates / "server-chain.pem", "--tls-key", certificates / "server.key"]
    with SecurePonder(MODEL, *files) as server:
        if trust == ["--tls-authority"]:
            trust = [*trust, certificates / "root.pem"]
        assert run("health", "--url", server.url, *trust).returncode == status
        # By its settings it is this machine's own, for whose name no certificate need be there.
        own = {"PONDER_TLS_CERTIFICATE": str(files[1]), "PONDER_TLS_KEY": str(files[3]), "PONDER_PORT": str(server.port)}
        assert run("health", **own).returncode == 0


@pytest.mark.parametrize("settings", [{"PONDER_PORT": "0"}, {"PONDER_PORT": "x"}])
def test_settings_that_name_no_place_are_one_line(settings):
    assert "port" in refusal(run("health", **settings)).lower()
