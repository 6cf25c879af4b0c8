"""The image, built from the Dockerfile by buildah on a base made by mmdebstrap, and run as the
compose files say: read-only, without capabilities, on SQLite and on PostgreSQL."""

import json
import pathlib
import re
import subprocess
import time

import pytest
import yaml

from conftest import POSTGRES
from engine import BASE, ROOT

PERSON = {"username": "amira", "email": "amira@example.org", "password": "a long sentence"}
# What this test knows how to do; a compose file with more than that fails it.
KNOWN = {
    "build", "image", "ports", "environment", "secrets", "volumes", "depends_on", "read_only",
    "tmpfs", "cap_drop", "security_opt", "stop_grace_period", "restart", "healthcheck",
}


class Container:
    """A container in the foreground, on a network that it shares with nobody but `beside`."""

    def __init__(self, engine, name, *arguments, beside=None):
        self.engine, self.name = engine, name
        self.log = engine.directory / f"{name}.log"
        network = f"container:{beside.name}" if beside else "none"
        with open(self.log, "wb") as log:
            self.process = engine.popen(
                "--rm", "--name", name, "--network", network, "--health-interval=disable",
                *arguments, stdout=log, stderr=log,
            )

    def pid(self):
        state = self.engine.podman("inspect", "--format", "{{.State.Pid}}", self.name)
        return int(state.stdout)

    def stop(self):
        begun = time.monotonic()
        self.engine.podman("stop", "--time", "20", self.name)
        code = self.process.wait(timeout=20)
        return code, time.monotonic() - begun

    def wait_until(self, holds):
        for _ in range(200):
            assert self.process.poll() is None, self.log.read_text()
            if holds():
                return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def ask(self, path, *arguments):
        """Status and text, from inside its network."""
        done = subprocess.run(
            ["nsenter", "--net", "--target", str(self.pid()), "curl", "-s", "-m", "20",
             "-w", "\n%{http_code}", *arguments, f"http://127.0.0.1:8000{path}"],
            capture_output=True, text=True,
        )
        text, _, status = done.stdout.rpartition("\n")
        return int(status or 0), text

    def is_ready(self):
        running = self.engine.podman("inspect", self.name, check=False)
        return running.returncode == 0 and self.ask("/readyz")[0] == 200

    def registers(self):
        body = json.dumps(PERSON)
        return self.ask("/api/auth/register", "-H", "Content-Type: application/json", "-d", body)[0]

    def makes_an_administrator(self):
        return self.engine.podman(
            "exec", "-i", self.name, "/usr/bin/fasti", "user", "add", "root", "root@example.org",
            "--admin", input="a very long sentence\n",
        )

    def signs_in(self):
        form = [f"username={PERSON['username']}", f"password={PERSON['password']}"]
        return self.ask("/api/auth/login", *[word for one in form
                                             for word in ("--data-urlencode", one)])[0]


# -- What it is ------------------------------------------------------------------------------------


def test_it_is_small(engine, image):
    size = engine.image(image)["Size"]
    print(f"{size} bytes")
    assert size <= 32_000_000


def test_it_says_what_it_is_and_how_it_is_run(engine, image):
    config = engine.image(image)["Config"]
    assert config["User"] == "10001:10001"
    assert config["Volumes"] == {"/data": {}}
    assert (config["Entrypoint"], config["Cmd"]) == (["/usr/bin/fasti"], ["serve"])
    assert config["StopSignal"] in ("15", "SIGTERM")
    health = engine.image(image)["Healthcheck"]
    assert health["Test"] == ["CMD", "/usr/bin/fasti", "healthcheck"]
    about, labels = "org.opencontainers.image.", config["Labels"]
    version = engine.podman("run", "--rm", "--network", "none", image, "version").stdout
    assert version == f"fasti {labels[about + 'version']}\n"
    assert {about + name for name in ("title", "description", "vendor", "licenses")} <= set(labels)


def test_it_has_no_shell_and_nobody_elses_program(engine, image):
    archive = engine.directory / "files.tar"
    engine.podman("create", "--name", "files", image)
    engine.podman("export", "--output", archive, "files")
    engine.podman("rm", "files")
    listed = engine.run("tar", "--numeric-owner", "-tvf", archive).stdout.splitlines()
    programs = {
        line.split()[-1] for line in listed
        if re.match(r"-..[xs]", line) and ".so" not in line.split()[-1]
    }
    assert programs == {"usr/bin/fasti"}
    names = {line.split()[5].strip("/") for line in listed}
    assert {"usr/share/zoneinfo/Europe/Zurich", "etc/ssl/certs/ca-certificates.crt"} <= names
    assert len([name for name in names if name.endswith("/copyright")]) > 20
    data = [line for line in listed if line.split()[5].strip("/") == "data"]
    assert [re.split(r"\s+", line)[:2] for line in data] == [["drwx------", "10001/10001"]]
    done = engine.podman("run", "--rm", "--entrypoint", "/bin/sh", image, check=False)
    assert done.returncode == 127


# -- As the compose files run it -------------------------------------------------------------------


def of_file(name):
    text = (ROOT / name).read_text()
    return text, yaml.safe_load(text)


def arguments(compose, service, directory):
    """What `docker compose up` asks of a service; ports and restarts are not looked at."""
    row = compose["services"][service]
    assert set(row) <= KNOWN
    given = []
    for key, value in row.get("environment", {}).items():
        given += ["--env", f"{key}={value}"]
    for name in row.get("secrets", []):
        file = directory / compose["secrets"][name]["file"]
        given += ["--volume", f"{file}:/run/secrets/{name}:ro"]
    for volume in row.get("volumes", []):
        assert volume.split(":")[0] in compose["volumes"]
        given += ["--volume", volume]
    for place in row.get("tmpfs", []):
        path, _, options = place.partition(":")
        if "uid=" in options:  # podman takes the user of the image instead
            options = re.sub(r"uid=10001,?", "U=true,", options).replace("mode", "tmpfs-mode")
            given += ["--mount", f"type=tmpfs,destination={path},{options}"]
        else:
            given += ["--tmpfs", place]
    for option in row.get("security_opt", []):
        given += ["--security-opt", option.removesuffix(":true")]
    for capability in row.get("cap_drop", []):
        given += ["--cap-drop", capability]
    if row.get("read_only"):
        given.append("--read-only")
    return [*given, row["image"]]


def is_closed(container):
    """As user 10001, without any right, and with system calls filtered."""
    status = pathlib.Path(f"/proc/{container.pid()}/status").read_text()
    status = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    told = container.engine.podman("inspect", container.name).stdout
    return (
        set(status["Uid"].split()) == {"10001"} and int(status["CapEff"], 16) == 0
        and status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
        and json.loads(told)[0]["HostConfig"]["ReadonlyRootfs"] is True
    )


def test_compose_on_sqlite_keeps_an_account_over_a_restart(engine, image):
    _, compose = of_file("compose.yaml")
    given = arguments(compose, "fasti", engine.directory)
    for turn in range(2):
        server = Container(engine, f"sqlite{turn}", *given)
        server.wait_until(server.is_ready)
        assert is_closed(server)
        if turn == 0:
            server.makes_an_administrator()
            assert server.registers() == 201
        assert server.signs_in() == 200
        assert engine.podman("healthcheck", "run", server.name).returncode == 0
        code, took_s = server.stop()
        assert code == 0 and took_s < 10, server.log.read_text()


@pytest.fixture(scope="module")
def postgres_image(engine):
    entrypoint = ROOT / "tests" / "packaging" / "postgres-entrypoint"
    engine.make_base(
        "localhost/postgres-files", "--include=postgresql",
        "--essential-hook=mkdir -p \"$1/etc/postgresql-common\"; "
        "echo create_main_cluster=false >\"$1/etc/postgresql-common/createcluster.conf\"",
        f"--customize-hook=copy-in {entrypoint} /usr/local/bin",
    )
    container = engine.run("buildah", "from", "localhost/postgres-files").stdout.strip()
    engine.run("buildah", "config", "--entrypoint", '["/usr/local/bin/postgres-entrypoint"]',
               container)
    engine.run("buildah", "commit", container, POSTGRES)


def make_secrets(text, directory):
    """By the commands that the head of the file tells."""
    told = [line.removeprefix("#   ") for line in text.splitlines() if line.startswith("#   ")]
    script = "\n".join(line.replace("sudo ", "") for line in told if "docker compose" not in line)
    assert "openssl rand" in script
    subprocess.run(["bash", "-euc", script], check=True, cwd=directory)


def test_compose_on_postgres_starts_in_order_and_keeps_an_account(engine, image, postgres_image):
    text, compose = of_file("compose.postgres.yaml")
    make_secrets(text, engine.directory)
    services = compose["services"]
    assert services["fasti"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["postgres"]["image"] == POSTGRES
    kind, check = services["postgres"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"

    database = Container(engine, "postgres", *arguments(compose, "postgres", engine.directory))
    database.wait_until(
        lambda: engine.podman("exec", "postgres", "sh", "-c", check, check=False).returncode == 0
    )
    hosts = engine.directory / "hosts"  # on the network that they share
    hosts.write_text("127.0.0.1 localhost postgres\n")
    given = ["--volume", f"{hosts}:/etc/hosts:ro"]
    given += arguments(compose, "fasti", engine.directory)
    for turn in range(2):
        server = Container(engine, f"fasti{turn}", *given, beside=database)
        server.wait_until(server.is_ready)
        assert is_closed(server)
        if turn == 0:
            server.makes_an_administrator()
            assert server.registers() == 201
        assert server.signs_in() == 200
        code, took_s = server.stop()
        assert code == 0 and took_s < 10, server.log.read_text()
    database.stop()


# -- On another processor --------------------------------------------------------------------------


def test_the_same_file_makes_an_image_for_arm64(engine, image):
    if not pathlib.Path("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists():
        pytest.skip("arm64 is untried: no qemu-user here")
    engine.podman("rmi", "--force", BASE)
    engine.make_base(BASE, "--architectures=arm64")
    engine.run(
        "buildah", "bud", "--format", "docker", "--arch", "arm64", "--network", "host",
        "-f", "Dockerfile", "-t", "fasti-arm64", ".", cwd=ROOT,
    )
    assert engine.image("localhost/fasti-arm64")["Architecture"] == "arm64"
    run = engine.podman("run", "--rm", "--arch", "arm64", "localhost/fasti-arm64", "version")
    assert run.stdout.startswith("fasti ")
