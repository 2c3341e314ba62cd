"""HTTPS: versions and ciphers, certificates of both sides, clients that know nothing of TLS, and certificates that change."""

import json
import signal
import socket
import ssl
import subprocess
import urllib.request

import httpx2
import openai
import pytest
from ponder_process import READY_LINE, Ponder, eventually, run

ELLIPTIC = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
NAMES = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]


def issue(folder, name, *subject, by=None, kind=ELLIPTIC, days=2):
    signer = ["-CA", folder / f"{by}.pem", "-CAkey", folder / f"{by}.key"] if by else []
    command = ["openssl", "req", "-x509", "-nodes", "-days", str(days), "-newkey", *kind]
    command += ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem", *signer, *subject]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority with an intermediate one; certificates of a server, its successor, a client, and a stranger."""
    folder = tmp_path_factory.mktemp("certificates")
    issue(folder, "root", "-subj", "/CN=root")
    issue(folder, "middle", "-subj", "/CN=middle", "-addext", "keyUsage=keyCertSign", by="root")
    issue(folder, "server", *NAMES, by="middle")
    issue(folder, "successor", *NAMES, by="middle", kind=["rsa:2048"])
    issue(folder, "client", "-subj", "/CN=client", by="root")
    issue(folder, "stranger", *NAMES)
    for name in ("server", "successor"):
        chain = (folder / f"{name}.pem").read_text() + (folder / "middle.pem").read_text()
        (folder / f"{name}-chain.pem").write_text(chain)
    return folder


class SecurePonder(Ponder):
    def wait_until_ready(self):
        line = self.process.stdout.readline().rstrip("\n")
        match = READY_LINE.match(line.replace("https://", "http://"))
        assert match and "https://" in line, f"{line!r}; the log:\n{self.log_text()}"
        self.name, self.port = match[1], int(match[2])

    @property
    def url(self):
        return f"https://localhost:{self.port}"


@pytest.fixture(scope="module")
def secure(certificates):
    with SecurePonder(
        "--tls-certificate", certificates / "server-chain.pem", "--tls-key", certificates / "server.key",
        "--log-level", "debug",
    ) as server:
        yield server


@pytest.fixture(scope="module")
def mutual(certificates):
    with SecurePonder(
        "--ssl-certfile", certificates / "server-chain.pem", "--ssl-keyfile", certificates / "server.key",
        "--ssl-ca-certs", certificates / "root.pem",
    ) as server:
        yield server


def curl(*arguments):
    command = ["curl", "--silent", "--show-error", "--max-time", "20", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def s_client(port, *arguments, send=""):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *map(str, arguments)]
    return subprocess.run(command, input=send, capture_output=True, text=True, timeout=20)


def test_curl_gets_an_answer_by_the_whole_chain(secure, certificates):
    for version in ("--tlsv1.2", "--tlsv1.3"):
        result = curl("--cacert", certificates / "root.pem", version, f"{secure.url}/v1/models")
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout)["data"][0]["id"] == secure.name
    assert curl(f"{secure.url}/v1/models").returncode == 60, "a client that does not know the authority"


@pytest.mark.parametrize("version, cipher", [
    ("-tls1_3", "TLS_AES_256_GCM_SHA384"), ("-tls1_3", "TLS_CHACHA20_POLY1305_SHA256"),
    ("-tls1_2", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("-tls1_2", "ECDHE-ECDSA-CHACHA20-POLY1305"),
])
def test_versions_and_ciphers_that_are_spoken(secure, certificates, version, cipher):
    option = "-ciphersuites" if version == "-tls1_3" else "-cipher"
    result = s_client(secure.port, version, option, cipher, "-CAfile", certificates / "root.pem", "-brief")
    assert cipher in result.stderr
    assert "Verification: OK" in result.stderr


@pytest.mark.parametrize("arguments", [
    ["-tls1"], ["-tls1_1"], ["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"],
    ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"], ["-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"],
    ["-alpn", "h2"],
])
def test_versions_ciphers_and_protocols_that_are_not(secure, arguments):
    if arguments[0] in ("-tls1", "-tls1_1"):
        arguments = [*arguments, "-cipher", "DEFAULT:@SECLEVEL=0"]
    result = s_client(secure.port, *arguments, "-brief")
    assert result.returncode != 0
    assert "alert" in result.stderr


def test_a_client_may_offer_other_protocols_beside_ours(secure):
    result = s_client(secure.port, "-alpn", "h2,http/1.1")
    assert "ALPN protocol: http/1.1" in result.stdout


def test_nothing_is_renegotiated(secure):
    result = s_client(secure.port, "-tls1_2", send="R\n")
    assert "Secure Renegotiation IS supported" in result.stdout
    assert "RENEGOTIATING" in result.stdout + result.stderr
    assert "no renegotiation" in result.stderr


def test_a_session_goes_on_with_a_ticket(secure, tmp_path, certificates):
    for version in ("-tls1_2", "-tls1_3"):
        ticket = tmp_path / version
        request = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        first = s_client(secure.port, version, "-sess_out", ticket, "-ign_eof", send=request)
        assert "HTTP/1.1 200" in first.stdout
        second = s_client(secure.port, version, "-sess_in", ticket, "-ign_eof", send=request)
        assert "Reused, TLSv1" in second.stdout
        assert "HTTP/1.1 200" in second.stdout


@pytest.fixture(scope="module")
def secure_client(secure, certificates):
    trust = ssl.create_default_context(cafile=certificates / "root.pem")
    return openai.OpenAI(
        base_url=f"{secure.url}/v1", api_key="unused", max_retries=0, timeout=60,
        http_client=openai.DefaultHttpxClient(verify=trust))


def test_the_official_client_streams(secure, secure_client):
    body = dict(model=secure.name, messages=[{"role": "user", "content": "How many r's in strawberries?"}], seed=7, max_tokens=300)
    whole = secure_client.chat.completions.create(**body).choices[0].message.content
    pieces = [chunk.choices[0].delta.content or "" for chunk in secure_client.chat.completions.create(**body, stream=True)]
    # Fast as it is, its reasoning may share a chunk, and its answer another.
    assert len(pieces) > 2
    assert "".join(pieces) == whole


def test_the_official_client_refuses_a_server_that_it_cannot_trust(secure):
    client = openai.OpenAI(base_url=f"{secure.url}/v1", api_key="unused", max_retries=0, timeout=20)
    with pytest.raises(openai.APIConnectionError):
        client.models.list()


def test_a_long_prompt_arrives(secure, secure_client):
    text = "word " * 60_000
    with pytest.raises(openai.BadRequestError) as refusal:
        secure_client.completions.create(model=secure.name, prompt=text, max_tokens=1)
    assert refusal.value.code == "context_length_exceeded"


def test_the_standard_library_reads_to_the_proper_end(secure, certificates):
    trust = ssl.create_default_context(cafile=certificates / "root.pem")
    with urllib.request.urlopen(f"{secure.url}/health", context=trust) as reply:
        assert json.load(reply) == {"status": "ok"}
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as raw:
        with trust.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False) as stream:
            stream.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            received = b""
            # Without the alert that says so, the end would be an error.
            while data := stream.recv(65536):
                received += data
    assert received.endswith(b'{"status":"ok"}')


def test_plain_http_is_told_to_use_https(secure):
    reply = httpx2.get(f"http://127.0.0.1:{secure.port}/v1/models")
    assert reply.status_code == 400
    assert "https://" in reply.json()["error"]["message"]


def test_noise_and_half_handshakes_are_closed_and_harm_nobody(secure, certificates):
    hello = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    record = hello.read()
    kept = []
    for data in (b"\x00" * 500, b"\x16\x03\x01\xff\xff" + b"\x00" * 500, record[:-1] + b"\xff" * 600, b"\x80\x2e\x01\x03"):
        with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as raw:
            raw.sendall(data)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65536):
                pass
    for _ in range(50):
        raw = socket.create_connection(("127.0.0.1", secure.port), timeout=30)
        raw.sendall(record[: len(record) // 2])
        kept.append(raw)
    assert curl("--cacert", certificates / "root.pem", f"{secure.url}/health").returncode == 0
    # The time of a request's head is the time of a handshake too.
    for raw in kept:
        assert raw.recv(1) == b""
        raw.close()


def test_a_client_must_bring_a_certificate_where_one_is_asked_for(mutual, certificates):
    root = ["--cacert", certificates / "root.pem"]
    own = ["--cert", certificates / "client.pem", "--key", certificates / "client.key"]
    result = curl(*root, *own, f"{mutual.url}/health")
    assert result.returncode == 0, result.stderr
    for version in ("--tlsv1.3", "--tls-max 1.2"):
        assert curl(*root, *version.split(), f"{mutual.url}/health").returncode != 0
        other = ["--cert", certificates / "stranger.pem", "--key", certificates / "stranger.key"]
        assert curl(*root, *other, *version.split(), f"{mutual.url}/health").returncode != 0


def test_certificates_change_at_sighup_and_connections_stay(certificates, tmp_path):
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"

    def install(name):
        certificate.write_bytes((certificates / f"{name}-chain.pem").read_bytes())
        key.write_bytes((certificates / f"{name}.key").read_bytes())

    def serial():
        return ssl.get_server_certificate(("127.0.0.1", server.port), timeout=20)

    install("server")
    trust = ssl.create_default_context(cafile=certificates / "root.pem")
    with SecurePonder("--tls-certificate", certificate, "--tls-key", key) as server:
        before = serial()
        body = {"model": server.name, "messages": [{"role": "user", "content": "Hi"}], "stream": True, "max_tokens": 300,
                "ignore_eos": True, "seed": 3}
        with httpx2.Client(verify=trust, timeout=60) as client:
            with client.stream("POST", f"{server.url}/v1/chat/completions", json=body) as reply:
                lines = reply.iter_lines()
                next(lines)
                install("successor")
                server.signal(signal.SIGHUP)
                assert eventually(lambda: serial() != before)
                rest = list(lines)
            assert rest[-2:] == ["data: [DONE]", ""]
            # The same connection goes on, with the certificate that it began with.
            assert client.get(f"{server.url}/health").status_code == 200
        after = serial()
        key.write_text("no key\n")
        server.signal(signal.SIGHUP)
        assert eventually(lambda: "no private key" in server.log_text())
        assert serial() == after


def subject(server, *arguments):
    """Whose certificate a client gets."""
    shown = s_client(server.port, *arguments).stdout
    return next(line for line in shown.splitlines() if line.startswith("subject=")).partition("CN")[2].strip(" =")


def test_certificates_are_chosen_by_name_and_change_together_at_sighup(certificates, tmp_path):
    files = {name: tmp_path / f"{name}.pem" for name in ("first", "second", "domain")}

    def install(number):
        names = {"first": "DNS:localhost", "second": "DNS:two.models.example", "domain": "DNS:*.models.example"}
        for name, file in files.items():
            issue(tmp_path, "new", "-subj", f"/CN={name}-{number}", "-addext", f"subjectAltName={names[name]}")
            file.write_text((tmp_path / "new.pem").read_text() + (tmp_path / "new.key").read_text())

    def shown():
        asked = [["-noservername"], *(["-servername", name] for name in (
            "localhost", "two.models.example", "TWO.models.example", "one.models.example", "a.one.models.example", "elsewhere.org"))]
        return [subject(server, *name) for name in asked]

    def expected(number):
        names = ["first", "first", "second", "second", "domain", "first", "first"]
        return [f"{name}-{number}" for name in names]

    install(1)
    flags = [argument for file in files.values() for argument in ("--tls-certificate", file)]
    with SecurePonder(*flags) as server:
        assert shown() == expected(1)
        for version in ("-tls1_2", "-tls1_3"):
            assert subject(server, version, "-servername", "two.models.example") == "second-1"
        install(2)
        files["domain"].write_text("nothing")
        server.signal(signal.SIGHUP)
        assert eventually(lambda: f"{files['domain']}: no private key" in server.log_text())
        assert shown() == expected(1)
        install(3)
        server.signal(signal.SIGHUP)
        assert eventually(lambda: subject(server, "-noservername") == "first-3")
        assert shown() == expected(3)


@pytest.mark.parametrize("certificate, key, file, reason", [
    ("none.pem", "server.key", "none.pem", "No such file"),
    ("server.key", "server.key", "server.key", "no certificate"),
    ("server.pem", "none.key", "none.key", "No such file"),
    ("server.pem", "server.pem", "server.pem", "no private key"),
    ("server.pem", "client.key", "client.key", "no key of the certificate"),
    ("server.pem", "successor.key", "successor.key", "no key of the certificate"),
])
def test_a_wrong_key_or_certificate_is_one_clear_line(certificates, certificate, key, file, reason):
    result = run("serve", "--tls-certificate", certificates / certificate, "--tls-key", certificates / key, "--port", 0)
    assert result.returncode == 1
    [line] = result.stderr.splitlines()
    assert line.startswith(f"Error: {certificates / file}: ")
    assert reason in line


def test_ponder_chat_trusts_whom_it_is_told_to(secure, certificates):
    def chat(*arguments, **environment):
        return run("chat", "--url", secure.url, "--max-tokens", 3, "--json", *arguments, "Hi", **environment)

    refused = chat()
    assert refused.returncode == 1
    assert "certificate verify failed" in refused.stderr
    for trusted in (
        chat("--tls-authority", certificates / "root.pem"), chat("--insecure"),
        chat(SSL_CERT_FILE=str(certificates / "root.pem")),
    ):
        assert trusted.returncode == 0, trusted.stderr
        assert json.loads(trusted.stdout)
    assert chat("--insecure", "--tls-authority", certificates / "root.pem").returncode != 0
