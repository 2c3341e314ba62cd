"""Where a server listens: Unix domain sockets, several addresses, IPv6, and what systemd hands over and likes to hear."""

import os
import re
import signal
import socket
import stat
import subprocess

import httpx2
import openai
import pytest
from ponder_process import EXECUTABLE, Ponder, environment, run

HELLO = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 20, "seed": 1}


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


class AnyPonder(Ponder):
    """Tells where it listens, whatever that is."""

    def wait_until_ready(self):
        line = self.process.stdout.readline().rstrip("\n")
        match = re.match(r"^ponder: serving (\S+) at (.+)$", line)
        assert match, f"{line!r}; the log:\n{self.log_text()}"
        self.name, self.places = match[1], match[2].split(", ")


def over(path):
    return httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path)), base_url="http://ponder.test", timeout=60)


@pytest.mark.parametrize("form", ["--host unix:{}", "--uds {}"])
def test_a_unix_socket_serves_the_official_client(tmp_path, form):
    path = tmp_path / "ponder"
    with AnyPonder(*form.format(path).split()) as server:
        assert server.places == [f"unix:{path}"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        client = openai.OpenAI(
            base_url="http://ponder.test/v1", api_key="unused", max_retries=0,
            http_client=openai.DefaultHttpxClient(transport=httpx2.HTTPTransport(uds=str(path))))
        whole = client.chat.completions.create(model=server.name, **HELLO).choices[0].message
        pieces = list(client.chat.completions.create(model=server.name, stream=True, **HELLO))
        assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == (whole.content or "")
        command = ["curl", "--silent", "--max-time", "20", "--unix-socket", path, "http://localhost/health"]
        assert subprocess.run(command, capture_output=True, text=True).stdout == '{"status":"ok"}'
    assert not path.exists(), "a server that ends takes its socket along"


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(tmp_path):
    path = tmp_path / "ponder.sock"
    server = AnyPonder("--host", path, "--socket-permissions", "660")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    result = run("serve", "--host", path)
    assert result.returncode == 1
    [line] = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert str(path) in line and "in use" in line
    server.signal(signal.SIGKILL)
    server.wait()
    server.stop()
    assert path.exists()
    with AnyPonder("--host", path), over(path) as client:
        assert client.get("/health").status_code == 200


def test_a_file_that_is_no_socket_is_left_alone(tmp_path):
    path = tmp_path / "notes.sock"
    path.write_text("notes")
    result = run("serve", "--host", path)
    assert result.returncode == 1
    assert path.read_text() == "notes"


def test_several_addresses_are_served_at_once(tmp_path):
    hosts = ["127.0.0.1", "127.0.0.2:0", f"unix:{tmp_path / 'ponder'}"] + (["::1"] if has_ipv6() else [])
    with AnyPonder(*[word for host in hosts for word in ("--host", host)]) as server:
        assert len(server.places) == len(hosts)
        assert server.places[0].startswith("http://127.0.0.1:")
        assert server.places[1].startswith("http://127.0.0.2:")
        for place in server.places:
            client = over(tmp_path / "ponder") if place.startswith("unix:") else httpx2.Client(base_url=place)
            with client:
                assert client.get("/health").status_code == 200, place


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_ipv6_has_brackets(tmp_path):
    with AnyPonder("--host", "[::1]:0") as server:
        assert re.fullmatch(r"http://\[::1\]:\d+", server.places[0])
        assert httpx2.get(f"{server.places[0]}/health").status_code == 200


class ManagedPonder(AnyPonder):
    """Started as systemd does: with a listening socket as descriptor 3, and a place to send notices to."""

    def __init__(self, listener, notices, *arguments):
        self.log = open(os.devnull, "w+")
        script = f'LISTEN_PID=$$ LISTEN_FDS=1 exec "{EXECUTABLE}" serve "$@"'
        self.process = subprocess.Popen(
            ["sh", "-c", script, "sh", *map(str, arguments)], stdout=subprocess.PIPE, stderr=self.log, text=True,
            env=environment(NOTIFY_SOCKET=str(notices)), close_fds=False,
            preexec_fn=lambda: os.dup2(listener.fileno(), 3))
        self.wait_until_ready()


@pytest.mark.parametrize("family", ["tcp", "unix"])
def test_sockets_of_systemd_are_taken_over_and_it_hears_what_goes_on(tmp_path, family):
    if family == "tcp":
        listener = socket.create_server(("127.0.0.1", 0))
        place = f"http://127.0.0.1:{listener.getsockname()[1]}"
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / "ponder"))
        listener.listen()
        place = f"unix:{tmp_path / 'ponder'}"
    notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notices.bind(str(tmp_path / "notices"))
    notices.settimeout(20)

    def heard():
        return notices.recv(4096).decode().split("\n")

    with ManagedPonder(listener, tmp_path / "notices", "--port", 1) as server:
        assert server.places == [place]
        assert heard()[0].startswith("STATUS=Loading ")
        assert heard() == ["READY=1", f"STATUS=Serving {server.name}"]
        with over(tmp_path / "ponder") if family == "unix" else httpx2.Client(base_url=place) as client:
            assert client.get("/health").status_code == 200
        server.signal(signal.SIGHUP)
        reloading = heard()
        assert reloading[0] == "RELOADING=1" and re.fullmatch(r"MONOTONIC_USEC=\d+", reloading[1])
        assert heard()[0] == "READY=1"
        server.signal(signal.SIGTERM)
        assert heard()[0] == "STOPPING=1"
        assert server.wait() == 0
    assert family == "tcp" or (tmp_path / "ponder").exists(), "the socket's file is systemd's"
    listener.close()
    notices.close()


def test_what_is_no_listening_socket_is_one_clear_line(tmp_path):
    script = f'LISTEN_PID=$$ LISTEN_FDS=1 exec "{EXECUTABLE}" serve 3</dev/null'
    result = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, env=environment())
    assert result.returncode == 1
    [line] = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert "descriptor 3" in line
