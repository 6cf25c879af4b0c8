"""The image, built from the Dockerfile by buildah on a base made by mmdebstrap, and run as the
compose files say: read-only, without capabilities, on SQLite and on PostgreSQL."""

import json
import pathlib
import re
import shutil
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


@pytest.mark.parametrize("name", ["compose.yaml", "compose.postgres.yaml"])
def test_docker_compose_has_nothing_against(name):
    if shutil.which("docker-compose") is None:
        pytest.skip("there is no docker-compose here")
    done = subprocess.run(
        ["docker-compose", "-f", ROOT / name, "config", "-q"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


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


# -- As the manual says ----------------------------------------------------------------------------


def block_of(heading, number=0):
    """The commands of a block of docs/OPERATIONS.md behind a heading, without what they comment."""
    text = (ROOT / "docs" / "OPERATIONS.md").read_text().split(heading, 1)[1]
    lines = text.split("```sh\n")[number + 1].split("```")[0].splitlines()
    return [re.sub(r"\s+#.*", "", line) for line in lines]


class Manual:
    """Does what lines of the manual say, with podman: each verb of docker that they have."""

    def __init__(self, engine, given, backups):
        self.engine, self.given, self.backups, self.server = engine, given, backups, None

    def do(self, line):
        words = line.replace("/mnt/backup", str(self.backups)).split()
        if words[:2] == ["docker", "compose"]:
            return getattr(self, words[2])(*words[3:])
        if words[0] == "curl":
            assert self.server.ask(words[1].removeprefix("http://127.0.0.1:8000"))[0] == 200
        else:
            assert words[:2] == ["sudo", "chown"]
            subprocess.run(words[1:], check=True)

    def build(self):
        """It is built: by test_it_is_small and the others."""

    def up(self, *options):
        assert options in (("-d",), ("-d", "--build"))
        self.server = Container(self.engine, f"manual{time.monotonic_ns()}", *self.given)
        self.server.wait_until(self.server.is_ready)

    def ps(self):
        assert self.engine.podman("healthcheck", "run", self.server.name).returncode == 0

    def exec(self, *words):
        words = [word for word in words if word != "-T"]
        assert words[0] == "fasti"
        self.engine.podman("exec", "-i", self.server.name, *words[1:], input="a long sentence\n")

    def cp(self, source, target):
        assert source.startswith("fasti:")
        self.engine.podman("cp", source.replace("fasti", self.server.name, 1), target)

    def run(self, *words):
        assert words[:2] == ("--rm", "-v") and words[3] == "fasti"
        self.engine.podman(
            "run", "--rm", "--network", "none", "--volume", words[2], *self.given, *words[4:]
        )

    def lose_the_disk(self):
        assert self.server.stop()[0] == 0
        self.engine.podman("volume", "rm", "--all", "--force")


def test_the_first_five_minutes_and_the_worst_day_are_as_the_manual_says(engine, image):
    _, compose = of_file("compose.yaml")
    backups = engine.directory / "backups"
    backups.mkdir()
    manual = Manual(engine, arguments(compose, "fasti", engine.directory), backups)
    engine.podman("volume", "rm", "--all", "--force")
    for line in block_of("**The first five minutes**"):
        manual.do(line)
    assert manual.server.signs_in() == 200
    for line in block_of("In a container, every night"):
        manual.do(line)
    manual.lose_the_disk()
    worst_day = block_of("### The worst day", 1)
    assert any(" restore " in line for line in worst_day)
    for line in worst_day:
        manual.do(line)
    assert manual.server.signs_in() == 200
    assert manual.server.stop()[0] == 0


# -- On another processor --------------------------------------------------------------------------


@pytest.fixture
def arm64():
    """The kernel runs programs for arm64 by qemu-user: where no service manager has told it, for
    as long as the test takes."""
    rules = pathlib.Path("/proc/sys/fs/binfmt_misc")
    rule = pathlib.Path("/usr/lib/binfmt.d/qemu-aarch64.conf")
    if (rules / "qemu-aarch64").exists():
        yield
        return
    if not rule.exists():
        pytest.skip("arm64 is untried: there is no qemu-user here")
    if not (rules / "register").exists():
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", rules], check=True)
    (rules / "register").write_text(rule.read_text())
    yield
    (rules / "qemu-aarch64").write_text("-1")


def test_the_same_file_makes_an_image_for_arm64(engine, arm64):
    engine.podman("rmi", "--force", BASE, check=False)
    engine.make_base(BASE, "--architectures=arm64")
    engine.build("fasti-arm64", "--arch", "arm64")
    assert engine.image("localhost/fasti-arm64")["Architecture"] == "arm64"
    _, compose = of_file("compose.yaml")
    *given, _ = arguments(compose, "fasti", engine.directory)
    engine.podman("volume", "rm", "--all", "--force")
    server = Container(engine, "arm64", "--arch", "arm64", *given, "localhost/fasti-arm64")
    server.wait_until(server.is_ready)
    server.makes_an_administrator()
    assert (server.registers(), server.signs_in()) == (201, 200)
    assert server.stop()[0] == 0
