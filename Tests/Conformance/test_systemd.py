"""The units of config/systemd in a systemd of their own: they run as docs/deployment.md installs them, confined, and come back.

systemd-nspawn boots this machine's /usr beside the machine, on a root of its own in memory and without its network, runs
one script as root, and ends.
"""

import os
import shutil
import subprocess

import pytest
from documents import blocks
from ponder_process import EXECUTABLE, REPOSITORY

TOOLS = ("systemd-nspawn", "curl", "strip")
# There is no network to wait for.
MASKED = [f"systemd.mask={name}-wait-online.service" for name in ("systemd-networkd", "NetworkManager")]
PRELUDE = """
exec >/test/output 2>&1
trap 'echo "failed: $BASH_COMMAND"' ERR
set -Eeu -o pipefail
sudo() { "$@"; }
make() { :; }
question='{"messages": [{"role": "user", "content": "How many r'"'"'s in strawberries?"}], "temperature": 0}'
chat() {
    # While the model loads the answer is 503, and to come again.
    curl --silent --show-error --fail-with-body --retry 20 http://127.0.0.1:8000/v1/chat/completions --json "$question"
}
status() { curl --silent --output /dev/null --write-out '%{http_code}' "$@"; }
main() { systemctl show --property=MainPID --value ponder.service; }
cd /repository
"""


NSPAWN = [
    "systemd-nspawn", "--quiet", "--directory=/", "--volatile=yes", "--private-network", "--keep-unit", "--register=no",
    "--console=pipe", f"--machine=ponder-{os.getpid()}",
]


def nspawn(*arguments):
    return subprocess.run([*NSPAWN, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def is_bootable():
    if os.geteuid() != 0 or not os.path.exists("/usr/lib/systemd/systemd") or not all(map(shutil.which, TOOLS)):
        return False
    # Inside some containers it may not.
    return nspawn("true").returncode == 0


@pytest.fixture(scope="module")
def steps():
    """What docs/deployment.md says is to be done."""
    [block] = [block for block in blocks(REPOSITORY / "docs" / "deployment.md") if "systemctl" in block.text]
    return block.text


@pytest.fixture
def run(tmp_path, steps):
    """Runs commands in a booted system in which the steps were taken; their output."""
    if not is_bootable():
        pytest.skip(f"it takes root, systemd and {', '.join(TOOLS)}")

    def run(commands):
        script = tmp_path / "script"
        script.write_text(f"#!/bin/bash\n{PRELUDE}\n{steps}\n{commands}\necho 'to the end'\n")
        script.chmod(0o755)
        result = nspawn(
            "--boot", f"--bind={tmp_path}:/test", f"--bind-ro={REPOSITORY / 'config'}:/repository/config",
            f"--bind-ro={EXECUTABLE}:/repository/.build/release/ponder", "--overlay=+/usr/local::/usr/local",
            "systemd.run=/test/script", *MASKED)
        path = tmp_path / "output"
        output = path.read_text() if path.exists() else result.stdout + result.stderr
        assert output.endswith("to the end\n"), output
        return output

    return run


def test_it_answers_without_rights_and_with_its_keys(run):
    output = run("""
        systemctl is-active ponder.socket ponder.service
        chat
        echo; grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/$(main)/status
        echo PONDER_API_KEY=a-key | install --mode=600 /dev/stdin /etc/ponder/environment
        systemctl restart ponder.service
        echo "without: $(status http://127.0.0.1:8000/v1/models)"
        echo "with: $(status --header 'Authorization: Bearer a-key' http://127.0.0.1:8000/v1/models)"
        systemctl reload ponder.service && systemctl stop ponder.socket ponder.service
        systemctl show --property=Result --property=ActiveState ponder.service
    """)
    assert "active\nactive\n" in output
    assert "There are 3 r's in strawberries." in output
    status = dict(line.split(":\t") for line in output.splitlines() if ":\t" in line)
    assert "0" not in status["Uid"].split()
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert "without: 401\nwith: 200\n" in output
    assert "Result=success\nActiveState=inactive\n" in output


def test_nobody_is_refused_while_it_is_away(run):
    output = run("""
        systemctl stop ponder.service
        chat >/dev/null
        before=$(main)
        kill -KILL $before; while kill -0 $before 2>/dev/null; do :; done
        chat
        echo; [ $(main) != $before ] && systemctl show --property=NRestarts ponder.service
    """)
    assert "There are 3 r's in strawberries." in output
    assert "NRestarts=1\n" in output
