"""`ponder pull` and what sees to models that are here, with a stand-in for the hubs that does what hubs do wrong."""

import base64
import contextlib
import http.client
import json
import os
import random
import select
import signal
import socket
import subprocess
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub
import pexpect
import pytest
from hub_stand_in import Hub, Repository, digest
from ponder_process import EXECUTABLE, FIXTURES, Ponder, environment, eventually, run

NAME = "Qwen/Tiny-0.1B"
GGUF = "Qwen/Tiny-0.1B-GGUF"
CARD = b"---\nlicense: apache-2.0\n---\nA tiny model.\n"
TENSORS = (FIXTURES / "models" / "dense-tied" / "hf" / "model.safetensors").read_bytes()


def folder_files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def hub():
    hub = Hub()
    files = folder_files(FIXTURES / "models" / "dense-tied" / "hf") | {"README.md": CARD, "onnx/model.onnx": b"not wanted"}
    hub.repositories[NAME] = Repository(files)
    weights = folder_files(FIXTURES / "models" / "dense-tied" / "gguf")
    hub.repositories[GGUF] = Repository(
        {f"Tiny-{name.removeprefix('dense-tied-')}": data for name, data in weights.items()} | {"README.md": CARD})
    yield hub
    hub.stop()


@pytest.fixture
def home(tmp_path, hub):
    """The environment of somebody whose home is empty and whose hub is the stand-in."""
    return {"HOME": str(tmp_path), "HF_ENDPOINT": hub.url, "MODELSCOPE_ENDPOINT": hub.url, "XDG_CACHE_HOME": "",
            "HF_HOME": "", "HF_TOKEN": "", "HF_HUB_CACHE": "", "HTTPS_PROXY": "", "HTTP_PROXY": "", "NO_PROXY": "*"}


def cache(home):
    return Path(home["HOME"]) / ".cache" / "huggingface" / "hub"


def blobs(home, name=NAME):
    return sorted(path.name for path in (cache(home) / f"models--{name.replace('/', '--')}" / "blobs").iterdir())


def pull(home, *arguments, status=0):
    result = run("pull", *arguments, **home)
    assert result.returncode == status, result.stderr
    return result


def error(result):
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_a_model_is_fetched_listed_shown_served_and_removed(hub, home):
    result = pull(home, NAME)
    assert f"{NAME}: safetensors" in result.stdout and "licence apache-2.0" in result.stderr + result.stdout
    assert not hub.asked("model.onnx")
    assert any("%" in line or "model.safetensors" in line for line in result.stderr.splitlines())

    [listed] = json.loads(run("list", "--json", **home).stdout)
    assert listed["name"] == NAME and listed["commit"] == hub.repositories[NAME].branches["main"]
    assert NAME in run("list", **home).stdout
    shown = run("show", NAME, **home).stdout
    assert "apache-2.0" in shown and "model.safetensors" in shown and "parameters" in shown

    # Nothing is fetched twice: the second pull asks for the list alone.
    before = len(hub.requests)
    pull(home, NAME)
    assert len(hub.requests) == before + 1

    with Ponder(NAME, **home) as server:
        assert server.name == NAME

    removed = run("rm", NAME, **home)
    assert removed.returncode == 0 and "free again" in removed.stdout
    assert json.loads(run("list", "--json", **home).stdout) == []
    assert not list(cache(home).glob("models--*"))
    assert "no model" in error(run("rm", NAME, **home))


@pytest.mark.parametrize("arguments, name", [
    ([f"{GGUF}:q8_0"], "Tiny-Q8_0.gguf"), ([f"hf.co/{GGUF}:Tiny-F16.gguf"], "Tiny-F16.gguf"), ([GGUF], "Tiny-Q8_0.gguf")])
def test_one_quantisation_is_chosen(hub, home, arguments, name):
    pull(home, *arguments)
    assert {request["path"].split("/")[-1] for request in hub.requests if request["path"].endswith(".gguf")} == {name}
    [listed] = json.loads(run("list", "--json", **home).stdout)
    assert listed["path"].endswith(name) and listed["name"].startswith(f"{GGUF}:")
    assert "has no 'q3_k_m'" in error(pull(home, f"{GGUF}:q3_k_m", status=1))


def test_a_tag_of_ollamas_library_is_a_repository(hub, home):
    hub.repositories["Qwen/Qwen3-0.6B-GGUF"] = hub.repositories[GGUF]
    pull(home, "qwen3:0.6b-q8_0")
    with Ponder("qwen3:0.6b", **home) as server:
        assert server.name == "qwen3:0.6b"
    assert run("rm", "qwen3:0.6b", **home).returncode == 0
    assert json.loads(run("list", "--json", **home).stdout) == []


def split_repository():
    """A model in two files, each with a part of the tensors, and what names them."""
    head = int.from_bytes(TENSORS[:8], "little")
    records = json.loads(TENSORS[8:8 + head])
    records.pop("__metadata__", None)
    names = sorted(records)
    files = {name: data for name, data in folder_files(FIXTURES / "models" / "dense-tied" / "hf").items()
             if name != "model.safetensors"}
    index = {}
    for number, part in ((1, names[::2]), (2, names[1::2])):
        file = f"model-0000{number}-of-00002.safetensors"
        data, header = b"", {}
        for name in part:
            begin, end = records[name]["data_offsets"]
            piece = TENSORS[8 + head + begin:8 + head + end]
            header[name] = records[name] | {"data_offsets": [len(data), len(data) + len(piece)]}
            data += piece
            index[name] = file
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        files[file] = len(text).to_bytes(8, "little") + text + data
    files["model.safetensors.index.json"] = json.dumps({"weight_map": index}).encode()
    return files


def test_shards_come_together(hub, home):
    hub.repositories[NAME] = Repository(split_repository())
    pull(home, NAME)
    with Ponder(NAME, **home) as server:
        assert server.name == NAME
    # What an index names and is not there is no whole model.
    repository = cache(home) / f"models--{NAME.replace('/', '--')}"
    next(repository.glob("snapshots/*/model-00002-of-00002.safetensors")).unlink()
    assert json.loads(run("list", "--json", **home).stdout) == []
    assert "ponder pull" in error(run("serve", NAME, "--port", "0", **home))


def sizes(paths):
    """The files' sizes, of those that are still there."""
    found = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            found.append(path.stat().st_size)
    return found


def test_a_killed_pull_goes_on_where_it_ended(hub, home):
    hub.faults["model.safetensors"] = [None, "stall"]
    process = subprocess.Popen(
        [EXECUTABLE, "pull", NAME], env=environment(**home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    partial = cache(home) / f"models--{NAME.replace('/', '--')}" / "blobs"
    half = len(TENSORS) // 2
    assert eventually(lambda: half in sizes(partial.glob("*.incomplete")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    hub.gate.set()
    hub.requests.clear()
    pull(home, NAME)
    [request] = [request for request in hub.asked("model.safetensors") if request["server"] == "StoreHandler"]
    assert request["fields"]["range"] == f"bytes={half}-"
    assert not any(name.endswith(".incomplete") for name in blobs(home))
    assert huggingface_hub.hf_hub_download(
        NAME, "model.safetensors", cache_dir=cache(home), local_files_only=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_pull(hub, home, number):
    hub.faults["model.safetensors"] = [None, "stall"]
    process = subprocess.Popen([EXECUTABLE, "serve", NAME, "--pull"], env=environment(**home), stderr=subprocess.PIPE, text=True)
    assert eventually(lambda: len(hub.asked("model.safetensors")) == 2)
    process.send_signal(number)
    assert "goes on where it ended" in process.stderr.read()
    assert process.wait(20) == 128 + number
    hub.gate.set()
    pull(home, NAME)


@pytest.mark.parametrize("fault", ["cut", (503, {"Retry-After": "0"}), (429, {"Retry-After": "1"}), (500, {})])
def test_what_passes_is_tried_again(hub, home, fault):
    hub.faults["model.safetensors"] = [None, fault, None, (403, {})]
    hub.faults["revision/main"] = [fault] if isinstance(fault, tuple) else []
    hub.faults["config.json"] = [fault]
    result = pull(home, NAME)
    assert "trying again" in result.stderr


def test_a_hub_that_wants_to_be_left_alone_is_not_pressed(hub, home):
    hub.faults["revision/main"] = [(429, {"Retry-After": "86400"})]
    assert "86400 seconds" in error(pull(home, NAME, status=1))
    assert len(hub.asked("revision/main")) == 1


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_a_wrong_byte_is_noticed(hub, home, file):
    hub.faults[f"/{file}"] = [None, "corrupt"] if file == "model.safetensors" else ["corrupt"]
    result = pull(home, NAME)
    assert "does not have its digest" in result.stderr
    assert run("rm", NAME, **home).returncode == 0
    hub.faults[f"/{file}"] = [None, "corrupt", None, "corrupt"] if file == "model.safetensors" else ["corrupt"] * 2
    assert "sends wrong bytes" in error(pull(home, NAME, status=1))
    assert json.loads(run("list", "--json", **home).stdout) == []


def test_leftovers_that_are_wrong_do_not_stay(hub, home):
    blob = blobs_of(hub)["model.safetensors"]
    folder = cache(home) / f"models--{NAME.replace('/', '--')}" / "blobs"
    folder.mkdir(parents=True)
    (folder / f"{blob}.incomplete").write_bytes(b"x" * 1000)
    assert "does not have its digest" in pull(home, NAME).stderr
    (folder / blob).unlink()
    # A server that knows no ranges sends the whole, and a file that is too long is no part of anything.
    (folder / f"{blob}.incomplete").write_bytes(TENSORS[:1000])
    hub.faults["model.safetensors"] = [None, "whole"]
    pull(home, NAME)
    (folder / blob).unlink()
    (folder / f"{blob}.incomplete").write_bytes(TENSORS + b"x")
    pull(home, NAME)
    assert (folder / blob).read_bytes() == TENSORS


def blobs_of(hub, name=NAME):
    repository = hub.repositories[name]
    return {file: digest(file, data) for file, data in repository.commits[repository.branches["main"]].items()}


def test_more_bytes_than_there_are_end_it(hub, home):
    hub.faults["model.safetensors"] = [None, "longer"]
    assert "sends more than" in error(pull(home, NAME, status=1))


def test_a_token_is_shown_to_the_hub_and_to_nobody_else(hub, home):
    hub.repositories[NAME].token = "hf_secret"
    assert "HF_TOKEN" in error(pull(home, NAME, status=1))
    assert "to this token" in error(pull(home | {"HF_TOKEN": "wrong"}, NAME, status=1))
    hub.requests.clear()
    pull(home | {"HF_TOKEN": "hf_secret"}, NAME)
    servers = {(request["server"], request["fields"].get("authorization")) for request in hub.requests}
    assert servers == {("HubHandler", "Bearer hf_secret"), ("StoreHandler", None)}
    # The file that `hf auth login` writes.
    assert run("rm", NAME, **home).returncode == 0
    token = Path(home["HOME"]) / ".cache" / "huggingface" / "token"
    token.parent.mkdir(parents=True, exist_ok=True)
    token.write_text("hf_secret\n")
    pull(home, NAME)


def test_refusals_say_what_to_do(hub, home):
    hub.repositories["Qwen/Gated"] = Repository({"config.json": b"{}"}, token="other", gated=True)
    assert "agree to its terms" in error(pull(home | {"HF_TOKEN": "mine"}, "Qwen/Gated", status=1))
    assert "case-sensitive" in error(pull(home | {"HF_TOKEN": "mine"}, "Qwen/Nothing", status=1))
    assert "no revision 'v9'" in error(pull(home, f"{NAME}@v9", status=1))
    assert "is no name of a model" in error(pull(home, "../../etc/passwd", status=1))
    assert "HF_HUB_OFFLINE" in error(pull(home | {"HF_HUB_OFFLINE": "1"}, NAME, status=1))
    hub.repositories["Qwen/Empty"] = Repository({"README.md": CARD})
    assert "holds no model" in error(pull(home, "Qwen/Empty", status=1))


@pytest.mark.parametrize("name", ["../evil.json", "/etc/evil.json", "a/../../evil.json", "a//b.json", "evil\u0000.json"])
def test_names_that_lead_elsewhere_are_refused(hub, home, name):
    repository = hub.repositories[NAME]
    repository.commits[repository.branches["main"]][name] = b"{}"
    assert "may lead anywhere" in error(pull(home, NAME, status=1))
    assert not list(Path(home["HOME"]).rglob("evil*"))


def test_revisions_are_pinned_to_commits_and_share_files(hub, home):
    repository = hub.repositories[NAME]
    pull(home, NAME)
    first = repository.branches["main"]
    files = dict(repository.commits[first])
    second = repository.commit(files | {"config.json": files["config.json"] + b"\n"}, branch="v2")
    hub.requests.clear()
    pull(home, f"{NAME}@v2")
    assert not hub.asked("model.safetensors")
    names = {entry["name"]: entry["commit"] for entry in json.loads(run("list", "--json", **home).stdout)}
    assert names == {NAME: first, f"{NAME}@v2": second}
    assert second in run("show", f"{NAME}@{second[:10]}", **home).stdout
    # What the other revision uses stays.
    assert run("rm", f"{NAME}@v2", **home).returncode == 0
    assert [entry["commit"] for entry in json.loads(run("list", "--json", **home).stdout)] == [first]
    assert set(blobs_of(hub)[name] for name in ("model.safetensors", "config.json")) <= set(blobs(home))


def test_one_of_several_quantisations_is_removed(hub, home):
    pull(home, f"{GGUF}:q8_0", f"{GGUF}:bf16")
    assert run("rm", f"{GGUF}:bf16", **home).returncode == 0
    [listed] = json.loads(run("list", "--json", **home).stdout)
    assert listed["name"] == f"{GGUF}:Q8_0"
    assert blobs_of(hub, GGUF)["Tiny-BF16.gguf"] not in blobs(home, GGUF)
    assert blobs_of(hub, GGUF)["README.md"] in blobs(home, GGUF)


def test_two_pulls_do_not_collide(hub, home):
    hub.faults["model.safetensors"] = [None, "stall"]
    first = subprocess.Popen([EXECUTABLE, "pull", NAME], env=environment(**home), stderr=subprocess.PIPE, text=True)
    folder = cache(home) / f"models--{NAME.replace('/', '--')}" / "blobs"
    assert eventually(lambda: len(TENSORS) // 2 in sizes(folder.glob("*.incomplete")))
    second = subprocess.Popen([EXECUTABLE, "pull", NAME], env=environment(**home), stderr=subprocess.PIPE, text=True)
    waiting = ""
    for line in second.stderr:
        waiting += line
        if "another program is fetching it" in line:
            break
    assert "another program is fetching it" in waiting
    hub.gate.set()
    for process in (first, second):
        process.stderr.read()
        assert process.wait(60) == 0
    # Once to its middle, once from there on.
    assert len([request for request in hub.asked("model.safetensors") if request["server"] == "StoreHandler"]) == 2


def test_a_full_disk_is_said_before_anything_comes(hub, home):
    disk = os.statvfs(home["HOME"])
    hub.sizes["model.safetensors"] = disk.f_blocks * disk.f_frsize + 1
    assert "has room for" in error(pull(home, NAME, status=1))
    assert not hub.asked("model.safetensors")


@pytest.fixture
def secure(tmp_path):
    """A hub that speaks TLS, and what proves who it is."""
    pem = tmp_path / "hub.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-keyout", tmp_path / "key.pem", "-out", pem, "-subj", "/CN=hub", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True)
    both = tmp_path / "both.pem"
    both.write_text(pem.read_text() + (tmp_path / "key.pem").read_text())
    hub = Hub(both)
    hub.repositories[NAME] = Repository(folder_files(FIXTURES / "models" / "dense-tied" / "hf"))
    yield hub, pem
    hub.stop()


def test_a_hub_has_to_prove_who_it_is(secure, home):
    hub, certificate = secure
    home = home | {"HF_ENDPOINT": hub.url}
    assert "certificate" in error(pull(home, NAME, status=1))
    assert not hub.requests
    pull(home, NAME, "--tls-authority", certificate)
    assert run("rm", NAME, **home).returncode == 0
    pull(home | {"SSL_CERT_FILE": str(certificate)}, NAME)


class Proxy(BaseHTTPRequestHandler):
    """Passes plain requests on, and joins tunnels, for those who know the password."""

    def log_message(self, *_):
        pass

    def allowed(self):
        self.server.seen.append(f"{self.command} {self.path}")
        return self.headers.get("Proxy-Authorization") == "Basic " + base64.b64encode(b"user:pass word").decode()

    def do_CONNECT(self):
        if not self.allowed():
            return self.send_error(407)
        host, _, port = self.path.partition(":")
        with socket.create_connection((host, int(port))) as far:
            self.send_response(200)
            self.end_headers()
            ways = {self.connection: far, far: self.connection}
            while True:
                for near in select.select(list(ways), [], [])[0]:
                    data = near.recv(1 << 16)
                    if not data:
                        self.close_connection = True
                        return
                    ways[near].sendall(data)

    def do_GET(self):
        if not self.allowed():
            return self.send_error(407)
        place = urllib.parse.urlsplit(self.path)
        far = http.client.HTTPConnection(place.hostname, place.port)
        kept = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
        far.request("GET", self.path.removeprefix(f"http://{place.netloc}"), headers=kept)
        answer = far.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def proxy():
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    proxy.daemon_threads = True
    proxy.seen = []
    threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
    yield proxy
    proxy.shutdown()
    proxy.server_close()


def test_a_proxy_is_asked_where_the_environment_names_one(hub, home, proxy):
    variables = {"HTTP_PROXY": f"http://user:pass%20word@127.0.0.1:{proxy.server_port}", "NO_PROXY": ""}
    pull(home | variables, NAME)
    assert len(proxy.seen) == len(hub.requests) and all(place.startswith("GET http://127") for place in proxy.seen)
    wrong = variables | {"HTTP_PROXY": f"http://user@127.0.0.1:{proxy.server_port}"}
    assert "407" in error(pull(home | wrong, f"{NAME}@v2", status=1))
    seen = len(proxy.seen)
    pull(home | wrong | {"NO_PROXY": "example.com, 127.0.0.1"}, NAME)
    assert len(proxy.seen) == seen


def test_a_proxy_joins_a_tunnel_to_a_hub_with_tls(secure, home, proxy):
    hub, certificate = secure
    variables = {"HTTPS_PROXY": f"http://user:pass%20word@127.0.0.1:{proxy.server_port}", "NO_PROXY": ""}
    pull(home | variables | {"HF_ENDPOINT": hub.url}, NAME, "--tls-authority", certificate)
    assert len(proxy.seen) == len(hub.requests)
    assert set(proxy.seen) == {f"CONNECT 127.0.0.1:{server.server_port}" for server in (hub.hub, hub.store)}


def test_a_terminal_sees_a_bar(hub, home):
    hub.faults["model.safetensors"] = [None, "stall"]
    terminal = pexpect.spawn(str(EXECUTABLE), ["pull", NAME], env=environment(**home), encoding="utf-8", timeout=60)
    terminal.expect("█░+ [0-9]+ %, .* of 741 KiB")
    hub.gate.set()
    terminal.expect(f"ponder serve {NAME}")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_a_bar_goes_on_while_nothing_comes(hub, home):
    hub.faults["model.safetensors"] = [None, "stall"]
    terminal = pexpect.spawn(str(EXECUTABLE), ["pull", NAME], env=environment(**home), encoding="utf-8", timeout=60)
    terminal.expect("nothing for [0-9]+ s")
    hub.gate.set()
    terminal.expect(f"ponder serve {NAME}")
    terminal.expect(pexpect.EOF)
    terminal.close()


LARGE = "Qwen/Large-GGUF"


@pytest.fixture(scope="module")
def large():
    """40 MiB, which come in parts."""
    return random.Random(7).randbytes(40 << 20)


def ranges(hub, name="Large-Q8_0.gguf"):
    asked = [request for request in hub.asked(name) if request["server"] == "StoreHandler"]
    return [request["fields"].get("range") for request in asked]


def large_blob(home, hub):
    return cache(home) / f"models--{LARGE.replace('/', '--')}" / "blobs" / blobs_of(hub, LARGE)["Large-Q8_0.gguf"]


def test_a_large_file_comes_by_several_connections(hub, home, large):
    hub.repositories[LARGE] = Repository({"Large-Q8_0.gguf": large})
    hub.faults["Large-Q8_0.gguf"] = [None, None, None, None, "cut", (503, {"Retry-After": "0"})]
    pull(home, LARGE)
    assert large_blob(home, hub).read_bytes() == large
    # Sixteen parts, and another try for those that broke off.
    assert len(set(ranges(hub))) >= 16 and all(ranges(hub))
    assert run("rm", LARGE, **home).returncode == 0
    hub.requests.clear()
    pull(home, LARGE, "--jobs", "1")
    assert ranges(hub) == [None]


def test_parts_make_use_of_connections_that_are_slow_each(hub, home, large):
    hub.repositories[LARGE] = Repository({"Large-Q8_0.gguf": large})
    hub.pace = 16 << 20
    pull(home, LARGE, "--jobs", "1")
    assert hub.most_busy == 1
    run("rm", LARGE, **home)
    pull(home, LARGE, "--jobs", "4")
    assert hub.most_busy >= 2


@pytest.mark.parametrize("fault", ["whole", "corrupt"])
def test_parts_that_are_not_given_or_wrong_are_fetched_again(hub, home, large, fault):
    hub.repositories[LARGE] = Repository({"Large-Q8_0.gguf": large})
    # At the storage: the hub's own redirects meet no fault.
    number = hub.repositories[LARGE].branches["main"]
    hub.faults[f"{LARGE}/{number}/Large-Q8_0.gguf"] = [None] * 2 + [fault]
    result = pull(home, LARGE)
    assert large_blob(home, hub).read_bytes() == large
    assert ("does not have its digest" in result.stderr) == (fault == "corrupt")


def test_a_killed_pull_goes_on_in_each_part(hub, home, large):
    hub.repositories[LARGE] = Repository({"Large-Q8_0.gguf": large})
    hub.pace = 8 << 20
    process = subprocess.Popen(
        [EXECUTABLE, "pull", LARGE], env=environment(**home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    partial = large_blob(home, hub).with_suffix(".incomplete")
    assert eventually(lambda: partial.exists() and partial.stat().st_blocks * 512 > 4 << 20)
    process.send_signal(signal.SIGKILL)
    process.wait()
    hub.pace = None
    hub.requests.clear()
    result = pull(home, LARGE)
    assert "of them here" in result.stderr
    assert large_blob(home, hub).read_bytes() == large
    fetched = sum(int(last) - int(first) + 1 for first, last in (span.removeprefix("bytes=").split("-") for span in ranges(hub)))
    assert fetched < len(large) - (3 << 20)
    # What parts have begun, one connection can go on with.
    assert not partial.exists()


def test_json_tells_what_happens(hub, home):
    lines = [json.loads(line) for line in pull(home, NAME, "--json").stdout.splitlines()]
    assert lines[0] == {"status": "pulling manifest"}
    assert lines[1]["license"] == "apache-2.0" and lines[1]["commit"] == hub.repositories[NAME].branches["main"]
    ends = [line for line in lines if line["status"] == "downloading model.safetensors"]
    assert ends[-1]["completed"] == ends[-1]["total"] == len(TENSORS) and ends[-1]["digest"].startswith("sha256:")
    assert lines[-1] == {"status": "success", "model": NAME}


def test_huggingface_hub_and_ponder_use_the_same_files(hub, home, monkeypatch, tmp_path):
    pull(home, NAME)
    path = huggingface_hub.snapshot_download(NAME, cache_dir=cache(home), local_files_only=True)
    assert (Path(path) / "model.safetensors").read_bytes() == TENSORS
    [repository] = huggingface_hub.scan_cache_dir(cache(home)).repos
    assert repository.repo_id == NAME and [sorted(revision.refs) for revision in repository.revisions] == [["main"]]

    other = tmp_path / "other"
    script = "import sys, huggingface_hub; print(huggingface_hub.snapshot_download(sys.argv[1], ignore_patterns=['onnx/*']))"
    variables = environment(**home) | {"HF_HUB_CACHE": str(other), "HF_HUB_DISABLE_XET": "1"}
    theirs = subprocess.run(
        [os.sys.executable, "-c", script, NAME], env=variables, capture_output=True, text=True, timeout=60)
    assert theirs.returncode == 0, theirs.stderr
    [listed] = json.loads(run("list", "--json", **home | {"HF_HUB_CACHE": str(other)}).stdout)
    assert listed["name"] == NAME and listed["path"] == theirs.stdout.strip()
    hub.requests.clear()
    pull(home | {"HF_HUB_CACHE": str(other)}, NAME)
    assert len(hub.requests) == 1
    with Ponder(NAME, **home | {"HF_HUB_CACHE": str(other), "HF_HUB_OFFLINE": "1"}) as server:
        assert server.name == NAME


def test_modelscope_is_a_hub_too(hub, home):
    pull(home, f"modelscope:{NAME}")
    assert not hub.asked("revision/main")
    [listed] = json.loads(run("list", "--json", **home).stdout)
    assert listed["name"] == f"modelscope:{NAME}"
    hub.requests.clear()
    pull(home | {"VLLM_USE_MODELSCOPE": "True", "MODELSCOPE_API_TOKEN": "ms"}, NAME)
    assert [request["fields"]["cookie"] for request in hub.requests] == ["m_session_id=ms"]
    with Ponder(f"modelscope:{NAME}", **home) as server:
        assert server.name == NAME
    assert run("rm", f"modelscope:{NAME}", **home).returncode == 0
    assert "has no model 'Qwen/Nothing'" in error(pull(home, "modelscope:Qwen/Nothing", status=1))


def test_folders_of_other_programs_are_used_in_place(hub, home):
    studio = Path(home["HOME"]) / ".lmstudio" / "models" / "lmstudio-community" / "Tiny-GGUF"
    studio.mkdir(parents=True)
    (studio / "Tiny-Q8_0.gguf").write_bytes((FIXTURES / "models/dense-tied/gguf/dense-tied-Q8_0.gguf").read_bytes())
    scope = Path(home["HOME"]) / ".cache" / "modelscope" / "hub" / "models" / "Qwen" / "Tiny-0___1B"
    scope.mkdir(parents=True)
    for name, data in folder_files(FIXTURES / "models" / "dense-tied" / "hf").items():
        (scope / name).write_bytes(data)
    places = {entry["name"]: entry["place"] for entry in json.loads(run("list", "--json", **home).stdout)}
    assert places == {"lmstudio-community/Tiny-GGUF:Q8_0": "LM Studio", "modelscope:Qwen/Tiny-0.1B": "ModelScope's cache"}
    with Ponder("lmstudio-community/Tiny-GGUF", **home) as server:
        assert server.name == "lmstudio-community/Tiny-GGUF"
    assert "belongs to LM Studio" in error(run("rm", "lmstudio-community/Tiny-GGUF", **home))
    assert (studio / "Tiny-Q8_0.gguf").exists()
    assert not hub.requests


def test_serve_says_how_and_run_fetches(hub, home):
    said = error(run("serve", NAME, "--port", "0", **home))
    assert f"ponder pull {NAME}" in said and "--pull" in said
    with Ponder(NAME, "--pull", **home) as server:
        assert server.name == NAME
    assert run("rm", NAME, **home).returncode == 0
    result = subprocess.run(
        [EXECUTABLE, "run", NAME, "--max-tokens", "4", "--temperature", "0", "Hi"], env=environment(**home),
        capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stderr
    assert json.loads(run("list", "--json", **home).stdout)[0]["name"] == NAME
    assert "safetensors" not in error(run("serve", "no/such/path", "--port", "0", **home))
