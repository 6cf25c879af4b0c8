"""The files of the image, made of this build, in a root of their own: read-only, as user 10001,
without any capability. Needs root, who may mount."""

import os
import pathlib
import re
import socket
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("FASTI_PROGRAM", ROOT / "build" / "fasti")).resolve()
UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def can_mount():
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not can_mount(), reason="needs root, who may mount")


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    directory = tmp_path_factory.mktemp("image") / "root"
    directory.mkdir()
    subprocess.run([ROOT / "packaging" / "image-root", PROGRAM, directory], check=True, cwd=ROOT)
    return directory


def test_it_is_small(image):
    size = sum(file.lstat().st_size for file in image.rglob("*") if not file.is_dir())
    print(f"{size} bytes")
    assert size <= 32_000_000


def test_it_has_no_other_program(image):
    programs = {
        str(file.relative_to(image)) for file in image.rglob("*")
        if file.is_file() and file.stat().st_mode & 0o111 and ".so" not in file.name
    }
    assert programs == {"usr/bin/fasti"}
    assert [file for file in image.rglob("*") if file.stat().st_mode & 0o6000] == []


def test_it_says_whose_work_is_in_it(image):
    holders = {file.parent.name for file in image.rglob("copyright")}
    assert {"libc6", "tzdata", "ca-certificates", "libpq5", "libsqlite3-0"} <= holders
    assert len(holders) > 20
    licences = {file.name for file in (image / "usr/share/doc/fasti").iterdir()}
    assert {"LICENSE", "redoc-LICENSE", "swagger-ui-dist-LICENSE"} <= licences


def test_it_has_zones_and_certificates(image):
    zurich = (image / "usr/share/zoneinfo/Europe/Zurich").read_bytes()
    assert zurich.startswith(b"TZif")
    assert b"BEGIN CERTIFICATE" in (image / "etc/ssl/certs/ca-certificates.crt").read_bytes()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_program_runs_in_it_read_only_without_rights_and_ends_well(image):
    """With its data in a tmpfs, which outlives a restart."""
    script = """
        mount --bind "$1" "$1"
        mount -o remount,bind,ro "$1"
        mount -t tmpfs -o mode=0700,uid=10001,gid=10001 tmpfs "$1/data"
        in_root="setpriv --no-new-privs chroot --userspec=10001:10001 --groups= $1 /usr/bin/fasti"
        export FASTI_LISTEN=127.0.0.1:$2 FASTI_DATA_DIR=/data
        serve_and() {
            $in_root serve >/dev/null &
            for _ in $(seq 200); do
                ! $in_root healthcheck >/dev/null 2>&1 || break
                sleep 0.05
            done
            $in_root healthcheck
            cat /proc/$!/status
            curl -s -o /dev/null -w 'answered %{http_code}\n' "$@"
            kill $!
            wait $!
            echo "ended with $?"
        }
        serve_and -H 'Content-Type: application/json' "http://127.0.0.1:$2/api/auth/register" \
            -d '{"username": "amira", "email": "amira@example.org", "password": "a long sentence"}'
        serve_and "http://127.0.0.1:$2/api/auth/login" -d username=amira \
            --data-urlencode 'password=a long sentence'
    """
    done = subprocess.run(
        [*UNSHARE, "bash", "-euc", script, "-", image, str(free_port())],
        capture_output=True, text=True, timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("The server is ready.") == 2
    assert re.findall("answered ([0-9]+)", done.stdout) == ["201", "200"]
    assert done.stdout.count("ended with 0") == 2
    status = dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)
    assert set(status["Uid"].split()) == {"10001"}
    assert int(status["CapEff"], 16) == 0
