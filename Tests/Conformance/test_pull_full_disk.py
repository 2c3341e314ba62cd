"""`ponder pull` where the disk fills up on the way, on a real file system of 64 MiB."""

import os
import random
import shutil
import subprocess

import pytest
from hub_stand_in import Repository
from ponder_process import EXECUTABLE, environment, eventually
from pulling import blobs_of, cache, error, home, hub, pull  # noqa: F401, F811

LARGE = "Qwen/Large-GGUF"
FILE = "Large-Q8_0.gguf"
MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={64 * MIB}", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def asked_byte_count(hub, size):
    """What the storage was asked for, all requests together."""
    count = 0
    for request in hub.asked(FILE):
        if request["server"] == "StoreHandler":
            first, _, last = request["fields"].get("range", "bytes=0-").removeprefix("bytes=").partition("-")
            count += (int(last) + 1 if last else size) - int(first)
    return count


# The smaller file comes as a whole, the larger one in parts.
@pytest.mark.parametrize("size", [24 * MIB, 40 * MIB])
def test_a_pull_ends_with_one_line_and_goes_on_once_there_is_room(hub, home, small_disk, size):
    home = home | {"HOME": str(small_disk)}
    data = random.Random(size).randbytes(size)
    hub.repositories[LARGE] = Repository({FILE: data})
    hub.pace = 8 * MIB
    process = subprocess.Popen(
        [EXECUTABLE, "pull", LARGE], env=environment(**home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    blob = cache(home) / f"models--{LARGE.replace('/', '--')}" / "blobs" / blobs_of(hub, LARGE)[FILE]
    partial = blob.with_suffix(".incomplete")
    assert eventually(lambda: partial.exists() and partial.stat().st_blocks * 512 > 4 * MIB)
    with open(small_disk / "other", "wb") as other:
        os.posix_fallocate(other.fileno(), 0, shutil.disk_usage(small_disk).free - 3 * MIB)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    result = subprocess.CompletedProcess(process.args, process.returncode, output, errors)
    assert f"{FILE}: no room left on the disk; what was fetched stays" in error(result)
    assert errors.splitlines()[-1] == error(result)
    # Nothing tries again, and what came lies where it is looked for.
    assert "trying again" not in errors
    assert not blob.exists() and partial.stat().st_blocks * 512 > 4 * MIB

    # While there is no room, that is said before anything is asked for.
    hub.requests.clear()
    assert "has room for" in error(pull(home, LARGE, status=1))
    assert not hub.asked(FILE)

    os.remove(small_disk / "other")
    hub.pace = None
    pull(home, LARGE)
    assert blob.read_bytes() == data and not partial.exists()
    assert size // 4 < asked_byte_count(hub, size) <= size - 3 * MIB
