"""Commands that change the database: alone, and beside a server, which on SQLite does them itself
(src/cli/errand.h). What the user sees is the same."""

import concurrent.futures
import contextlib
import fcntl
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

from support import databases, program
from support.people import PASSWORD, Person, event, expect

OK, FAILED, BAD_USAGE, BAD_CONFIG, NO_DATABASE = range(5)
OTHER_PASSWORD = "four other words, 2 numbers"
WRITERS = 32
HASH = "$2b$04$" + "a" * 53
sqlite_only = pytest.mark.databases("sqlite")


def run(database, *arguments, stdin="", **settings):
    return program.run(database, *arguments, stdin=stdin, **settings)


def user(database, *arguments, password=PASSWORD, **settings):
    return run(database, "user", *arguments, stdin=password + "\n", **settings)


def seen(done):
    return done.returncode, done.stdout, done.stderr


def is_done(done):
    assert seen(done)[0] == OK, seen(done)


def socket_of(database):
    return database.file.with_name("fasti.db.sock")


class OverSocket(http.client.HTTPConnection):
    """What curl --unix-socket does."""

    def __init__(self, path):
        super().__init__("fasti", timeout=30)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path, command, body, method="POST"):
    """Status and text of the reply to one request over the socket."""
    with contextlib.closing(OverSocket(path)) as connection:
        connection.request(
            method, command, json.dumps(body), headers={"Content-Type": "application/json"}
        )
        reply = connection.getresponse()
        return reply.status, reply.read().decode()


# -- The same, alone and beside --------------------------------------------------------------------

# Arguments of `fasti user`, the password, and the exit code.
SCRIPT = [
    (("add", "amira", "amira@example.org", "--admin"), PASSWORD, OK),
    (("add", "Amira", "other@example.org"), PASSWORD, FAILED),
    (("add", "a", "no address"), PASSWORD, FAILED),
    (("add", "bela", "bela@example.org"), "password", FAILED),
    (("add", "bela", "bela@example.org"), "", FAILED),
    (("add", "bela"), PASSWORD, BAD_USAGE),
    (("add", "bela", "bela@xn--bcher-kva.example"), PASSWORD, OK),
    (("admin", "amira", "--off"), "", FAILED),
    (("disable", "amira"), "", FAILED),
    (("delete", "amira"), "", FAILED),
    (("admin", "bela"), "", OK),
    (("admin", "amira", "--off"), "", OK),
    (("admin", "amira"), "", OK),
    (("admin", "bela", "--off"), "", OK),
    (("disable", "bela@bücher.example"), "", OK),
    (("disable", "bela"), "", OK),
    (("disable", "bela", "--off"), "", OK),
    (("passwd", "bela"), OTHER_PASSWORD, OK),
    (("passwd", "bela"), "short", FAILED),
    (("passwd", "nobody"), PASSWORD, FAILED),
    (("admin", "no such name"), "", FAILED),
    (("admin", "x" * 400), "", FAILED),
    (("admin", "bela", "--of"), "", BAD_USAGE),
    (("delete", "bela", "chen"), "", BAD_USAGE),
    (("delete", "chen"), "", FAILED),  # who shares an event
    (("delete", "chen", "--with-events"), "", OK),
    (("delete", "bela"), "", OK),
    (("delete", "bela"), "", FAILED),
]


def prepare(database, start):
    """A running server, somebody who writes, and somebody who shares an event with him."""
    server = start(database)
    server.client.recorder = None
    writer = Person(server.client, "writer")
    chen = Person(server.client, "chen")
    chen.shares(chen.creates()["id"], writer)
    return server, writer


@contextlib.contextmanager
def load(person):
    """Makes events over HTTP without a pause, each of which must succeed."""
    stop = threading.Event()
    refused = []
    made = []

    def write():
        while not stop.is_set():
            reply = person.post("/api/events", event())
            (made if reply.status == 201 else refused).append(reply)

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()
    assert not refused, refused[0]
    assert len(made) > WRITERS


def play(database):
    seen_all = []
    for arguments, password, code in SCRIPT:
        done = user(database, *arguments, password=password)
        assert done.returncode == code, (arguments, seen(done))
        seen_all.append((arguments, *seen(done)))
    return [*seen_all, seen(run(database, "demo"))]


@pytest.fixture
def other_database(database_name, tmp_path):
    database = databases.create(database_name, tmp_path / "other")
    yield database
    database.drop()


def test_every_command_says_the_same_beside_a_server_that_is_busy(
    other_database, new_database, start
):
    server, _ = prepare(other_database, start)
    server.stop()
    alone = play(other_database)
    _, writer = prepare(new_database, start)
    with load(writer):
        beside = play(new_database)
    for one, two in zip(alone, beside):
        assert one == two
    assert alone[0][2] == "Made user 3, amira, an administrator.\n"
    assert alone[-1][0] == FAILED and "already" in alone[-1][2]
    trail = "SELECT action, user_id FROM audit ORDER BY id"
    assert new_database.rows(trail) == other_database.rows(trail)
    assert {"action": "user.promote", "user_id": None} in new_database.rows(trail)


def test_the_demo_beside_a_server_says_the_same(other_database, new_database, start):
    alone = seen(run(other_database, "demo"))
    server = start()
    assert seen(run(new_database, "demo")) == alone
    assert alone[0] == OK
    amira = Person(server.client, "amira", password="look around freely", register=False)
    titles = {item["title"] for item in expect(amira.get("/api/events"), 200).json["items"]}
    assert {"Stand-up", "Team retreat", "Monthly review"} <= titles


def test_a_disabled_person_is_out_with_the_next_request(new_database, start):
    server = start()
    bela = Person(server.client, "bela")
    expect(bela.get("/api/users/me"), 200)
    is_done(user(new_database, "disable", "bela"))
    expect(bela.get("/api/users/me"), 401)
    is_done(user(new_database, "disable", "bela", "--off"))
    expect(bela.get("/api/users/me"), 401)
    expect(bela.sign_in().get("/api/users/me"), 200)
    is_done(user(new_database, "passwd", "bela", password=OTHER_PASSWORD))
    expect(bela.get("/api/users/me"), 401)
    bela.password = OTHER_PASSWORD
    expect(bela.sign_in().get("/api/users/me"), 200)
    is_done(user(new_database, "admin", "bela"))
    expect(bela.get("/api/users"), 200)


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside"])
def test_commands_at_the_same_moment_are_all_done(new_database, start, beside):
    is_done(run(new_database, "migrate"))
    if beside:
        start()
    names = [f"person-{number}" for number in range(12)]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        done = pool.map(lambda name: user(new_database, "add", name, f"{name}@example.org"), names)
        for one in done:
            is_done(one)
    assert {row["username"] for row in new_database.rows("SELECT username FROM users")} == {*names}


def test_a_name_that_is_no_text_is_nobodys(new_database, start):
    start()
    done = subprocess.run(
        [str(program.PROGRAM), "user", "admin", b"b\xffla"],
        env=program.environment(new_database), cwd=new_database.directory, capture_output=True,
        timeout=30, check=False,
    )
    assert (done.returncode, done.stderr) == (FAILED, b"fasti: There is no user b\xffla.\n")


@pytest.mark.databases("postgres")
def test_there_is_no_socket_on_postgres(new_database, start):
    start()
    assert not list(new_database.directory.glob("*.sock"))


# -- The socket ------------------------------------------------------------------------------------


@sqlite_only
def test_the_socket_is_its_owners_and_goes_with_the_server(new_database, start):
    server = start()
    info = os.stat(socket_of(new_database))
    assert stat.S_ISSOCK(info.st_mode) and stat.S_IMODE(info.st_mode) == 0o600
    server.stop()
    assert not socket_of(new_database).exists()


@sqlite_only
def test_a_user_that_is_not_the_servers_is_refused(new_database, start):
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    start()
    is_done(user(new_database, "add", "amira", "amira@example.org"))
    os.chmod(socket_of(new_database), 0o666)
    os.chmod(new_database.directory, 0o711)
    folder = os.open(new_database.directory, os.O_PATH)
    body = b'{"name": "amira"}'
    request = (
        b"POST /commands/user-disable HTTP/1.1\r\nHost: fasti\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    code = (
        "import os, socket, sys\n"
        f"os.fchdir({folder}); os.setgroups([]); os.setgid(65534); os.setuid(int(sys.argv[1]))\n"
        "s = socket.socket(socket.AF_UNIX); s.connect('fasti.db.sock')\n"
        "try:\n"
        f"    s.sendall({request!r})\n"
        "    print(s.recv(12))\n"
        "except (BrokenPipeError, ConnectionResetError):\n"
        "    print(b'')\n"
    )

    def answer_to(uid):
        return subprocess.run(
            ["python3", "-c", code, str(uid)], pass_fds=[folder], capture_output=True, text=True,
            timeout=30, check=True,
        ).stdout.strip()

    assert answer_to(65534) == "b''"
    is_active = "SELECT is_active FROM users"
    assert new_database.rows(is_active) == [{"is_active": 1}]
    assert answer_to(0) == "b'HTTP/1.1 200'"
    assert new_database.rows(is_active) == [{"is_active": 0}]
    os.close(folder)


@sqlite_only
def test_nobody_reaches_the_commands_over_the_network(new_database, start):
    server = start()
    server.client.recorder = None
    is_done(user(new_database, "add", "amira", "amira@example.org"))
    body = {"name": "amira"}
    for command in ("user-disable", "user-delete", "user-admin"):
        expect(server.client.request("POST", f"/commands/{command}", body), 404)
    assert "commands" not in json.dumps(list(program.document()["paths"]))
    assert new_database.rows("SELECT is_active FROM users") == [{"is_active": 1}]
    # Nor is there anything else on the socket.
    for path in ("/api/users", "/healthz", "/docs", "/openapi.json", "/metrics"):
        assert ask(socket_of(new_database), path, {}, "GET")[0] == 404
    assert ask(socket_of(new_database), "/commands/user-disable", body)[0] == 200


@sqlite_only
def test_a_body_is_checked_like_any_other(new_database, start):
    start()
    path = socket_of(new_database)
    status, text = ask(path, "/commands/user-add", {"name": "a", "emial": "x"})
    assert status == 422
    faults = {tuple(fault["loc"]): fault["type"] for fault in json.loads(text)["errors"]}
    assert faults == {
        ("body", "name"): "string_too_short",
        ("body", "emial"): "unknown_field",
        ("body", "email"): "missing",
        ("body", "password_hash"): "missing",
    }
    sound = {"name": "amira", "email": "amira@example.org", "password_hash": HASH}
    assert ask(path, "/commands/user-add", {**sound, "password_hash": "short"})[0] == 422
    assert ask(path, "/commands/user-add", sound, "GET")[0] == 405
    assert ask(path, "/commands/user-add", sound) == (200, "Made user 1, amira.\n")
    assert ask(path, "/commands/user-add", sound)[0] == 409


@sqlite_only
def test_no_limit_and_no_name_of_the_network_holds_for_commands(new_database, start):
    start(FASTI_RATE_LIMIT="on", FASTI_ALLOWED_HOSTS="127.0.0.1")
    is_done(user(new_database, "add", "amira", "amira@example.org"))
    path = socket_of(new_database)
    statuses = {ask(path, "/commands/user-disable", {"name": "amira"})[0] for _ in range(200)}
    assert statuses == {200}


@sqlite_only
def test_a_server_with_tls_takes_commands(new_database, start, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    command += f" -subj /CN=localhost -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, capture_output=True)
    environment = program.environment(
        new_database, FASTI_TLS_CERT=str(certificate), FASTI_TLS_KEY=str(key)
    )
    process = subprocess.Popen(
        [str(program.PROGRAM), "serve"], env=environment, cwd=new_database.directory,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    wait_for(socket_of(new_database).exists)
    is_done(user(new_database, "add", "amira", "amira@example.org"))
    assert ask(socket_of(new_database), "/commands/user-disable", {"name": "amira"})[0] == 200
    process.terminate()
    assert process.wait(timeout=20) == OK


@sqlite_only
def test_idle_connections_are_closed_and_who_came_too_many_waits(new_database, start, long_run):
    if not long_run:
        pytest.skip("15 seconds")
    server = start()
    begun = time.monotonic()
    idle = [socket.socket(socket.AF_UNIX) for _ in range(64)]
    for one in idle:
        one.connect(str(socket_of(new_database)))
    command = start_command(new_database, "add", "amira", "amira@example.org")
    time.sleep(1)
    expect(server.client.request("GET", "/healthz"), 200)
    assert command.poll() is None
    for one in idle:
        assert one.recv(1) == b""
        one.close()
    assert command.communicate(timeout=10)[0] == "Made user 1, amira.\n"
    assert 10 < time.monotonic() - begun < 25


@sqlite_only
def test_a_path_that_is_too_long_for_a_socket_is_said(start, tmp_path):
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    database = databases.create("sqlite", deep)
    server = start(database)
    wait_for(lambda: b"more than the 107 bytes" in server.log)
    done = user(database, "add", "amira", "amira@example.org")
    assert done.returncode == NO_DATABASE
    assert "Another fasti process" in done.stderr and "its log says why" in done.stderr
    server.stop()
    is_done(user(database, "add", "amira", "amira@example.org"))


# -- Servers that come and go ----------------------------------------------------------------------


def wait_for(is_so, seconds=10):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def start_command(database, *arguments):
    process = subprocess.Popen(
        [str(program.PROGRAM), "user", *arguments], env=program.environment(database),
        cwd=database.directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )
    process.stdin.write(PASSWORD + "\n")
    process.stdin.close()
    process.stdin = None
    return process


@sqlite_only
def test_the_socket_of_a_killed_server_is_in_nobodys_way(new_database, start):
    server = start()
    server.kill()
    assert socket_of(new_database).exists()
    is_done(user(new_database, "add", "amira", "amira@example.org"))
    start()
    is_done(user(new_database, "admin", "amira"))
    assert ask(socket_of(new_database), "/commands/user-admin", {"name": "amira"})[0] == 200


@sqlite_only
def test_a_server_that_is_killed_in_the_middle_leaves_a_clear_failure(new_database, start):
    server = start()
    server.process.send_signal(signal.SIGSTOP)
    command = start_command(new_database, "add", "amira", "amira@example.org")
    time.sleep(0.5)
    assert command.poll() is None
    server.kill()
    out, err = command.communicate(timeout=10)
    assert (command.returncode, out) == (NO_DATABASE, "")
    assert "The server ended before it answered." in err and "Look whether" in err
    assert new_database.rows("SELECT id FROM users") == []
    is_done(user(new_database, "add", "amira", "amira@example.org"))


@sqlite_only
def test_a_kill_at_any_moment_loses_nothing_that_was_answered(new_database, start, long_run):
    answered = set()
    for turn in range(20 if long_run else 3):
        server = start()
        commands = {
            name: start_command(new_database, "add", name, f"{name}@example.org")
            for name in (f"p-{turn}-{number}" for number in range(8))
        }
        time.sleep(0.01 * (turn + 1))
        server.kill()
        for name, command in commands.items():
            out, err = command.communicate(timeout=30)
            assert command.returncode in (OK, NO_DATABASE), err
            if command.returncode == OK:
                assert out.endswith(f", {name}.\n")
                answered.add(name)
    found = {row["username"] for row in new_database.rows("SELECT username FROM users")}
    assert answered and answered <= found


@sqlite_only
def test_a_server_that_stops_says_so_and_then_the_command_does_it_itself(new_database, start):
    server = start()
    server.client.close()
    late = socket.create_connection((server.host, server.port))
    late.sendall(b"POST /api/auth/register HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
    time.sleep(0.2)
    server.process.send_signal(signal.SIGTERM)
    wait_for(lambda: b"stopping" in server.log)
    time.sleep(0.1)
    status, text = ask(socket_of(new_database), "/commands/user-disable", {"name": "amira"})
    assert (status, json.loads(text)["type"]) == (503, "urn:fasti:problem:unavailable")
    done = user(new_database, "add", "amira", "amira@example.org")
    assert done.returncode == FAILED
    assert done.stderr == "fasti: The server is stopping: try again when it has stopped.\n"
    late.close()
    assert server.process.wait(timeout=20) == OK
    is_done(user(new_database, "add", "amira", "amira@example.org"))


@sqlite_only
def test_a_lock_that_is_given_back_soon_is_waited_for(new_database):
    is_done(run(new_database, "migrate"))
    with open(f"{new_database.file}.lock", "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = start_command(new_database, "add", "amira", "amira@example.org")
        time.sleep(0.5)
        assert command.poll() is None
    assert command.communicate(timeout=10)[0] == "Made user 1, amira.\n"


@sqlite_only
def test_a_server_waits_for_a_command_that_has_the_lock(new_database):
    is_done(run(new_database, "migrate"))
    with open(f"{new_database.file}.lock", "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        threading.Timer(1, fcntl.flock, (lock, fcntl.LOCK_UN)).start()
        server = program.Server(new_database)
        server.stop()


@sqlite_only
def test_a_lock_that_is_kept_is_a_clear_failure(new_database):
    is_done(run(new_database, "migrate"))
    with open(f"{new_database.file}.lock", "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = user(new_database, "add", "amira", "amira@example.org")
    assert (done.returncode, done.stdout) == (NO_DATABASE, "")
    assert "Another fasti process" in done.stderr
    assert f"does not listen at {socket_of(new_database)}" in done.stderr
