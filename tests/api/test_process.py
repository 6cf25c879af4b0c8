"""The program as a process: start, stop, settings, commands."""

import http.client
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import pytest

from support import databases, program
from support.people import Person, event, expect, unused_name

OK, FAILED, BAD_USAGE, BAD_CONFIG, NO_DATABASE = range(5)
sqlite_only = pytest.mark.databases("sqlite")


# -- Start and stop --------------------------------------------------------------------------------


def start_cold(database):
    """Starts a server on a database that is not there yet: seconds to its first answer, KiB."""
    port = free_port()
    begun = time.monotonic()
    process = subprocess.Popen(
        [str(program.PROGRAM), "serve"],
        env=program.environment(database, FASTI_LISTEN=f"127.0.0.1:{port}"),
        cwd=database.directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).read()
            break
        except OSError:
            assert process.poll() is None and time.monotonic() < begun + 10
            time.sleep(0.001)
    took_s = time.monotonic() - begun
    time.sleep(0.2)
    status = open(f"/proc/{process.pid}/status", encoding="ascii").read()
    resident_kib = int(re.search(r"VmRSS:\s+(\d+)", status)[1])
    process.terminate()
    assert process.wait(timeout=20) == OK
    return took_s, resident_kib


@sqlite_only
def test_a_cold_start_answers_within_100_ms_and_stays_small(tmp_path, database_name):
    """The best of some starts counts: the machine may be busy with the rest of the suite."""
    if program.is_sanitized():
        pytest.skip("a build with a sanitizer")
    times = []
    for number in range(20):
        took_s, resident_kib = start_cold(databases.create(database_name, tmp_path / str(number)))
        times.append(round(took_s * 1000))
        if number >= 2 and min(times) < 100:
            break
    print(f"cold starts: {times} ms, resident {resident_kib} KiB")
    assert min(times) < 100
    assert resident_kib < 24 * 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_sigterm_finishes_what_was_accepted(start):
    server = start()
    person = Person(server.client, unused_name("last"))
    made = []

    def write():
        while True:
            try:
                reply = person.post("/api/events", event())
            except OSError:
                return
            except Exception as failure:  # a connection that was closed in the middle
                made.append(failure)
                return
            if reply.status != 201:
                return
            made.append(reply.json["id"])

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    begun = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=20) == OK
    assert time.monotonic() - begun < 10
    for thread in threads:
        thread.join()
    ids = {one for one in made if isinstance(one, int)}
    again = start()
    again.client.recorder = None
    person = Person(again.client, person.username, register=False)
    assert len(ids) > 8
    found = set()
    query = {"limit": 1000}
    while True:
        page = person.get("/api/events", **query).json
        found |= {item["id"] for item in page["items"]}
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert ids <= found


def test_a_stopped_server_leaves_nothing_open(start, database_name):
    server = start()
    Person(server.client, unused_name("only")).creates()
    server.stop()
    if database_name == "sqlite":
        assert not server.database.file.with_name("fasti.db-wal").exists() or (
            server.database.file.with_name("fasti.db-wal").stat().st_size == 0
        )


@sqlite_only
def test_the_log_of_changes_does_not_grow_without_end(start, new_database):
    person = Person(start().client, unused_name("writer"))
    for _ in range(120):  # some 20 MB: each text goes into the event, its version, the changelog
        person.creates(description="x" * 60000)
    assert new_database.file.with_name("fasti.db-wal").stat().st_size < 12 * 1024 * 1024


@sqlite_only
def test_a_second_server_on_the_same_file_is_refused(start, new_database):
    server = start()
    done = program.run(new_database, "serve", FASTI_LISTEN=f"127.0.0.1:{free_port()}")
    assert done.returncode == NO_DATABASE
    assert done.stderr.strip()
    expect(server.client.request("GET", "/healthz"), 200)


def test_a_taken_address_is_a_clear_failure(start, new_database, tmp_path, database_name):
    server = start()
    other = databases.create(database_name, tmp_path / "other")
    done = program.run(other, "serve", FASTI_LISTEN=f"127.0.0.1:{server.port}")
    other.drop()
    assert done.returncode == FAILED
    assert str(server.port) in done.stderr


@sqlite_only
def test_the_files_are_private(start, new_database):
    server = start(SECRET_KEY=None)
    Person(server.client, unused_name()).creates()
    assert os.stat(new_database.file).st_mode & 0o777 == 0o600
    assert os.stat(new_database.directory / "secret").st_mode & 0o777 == 0o600
    for file in new_database.directory.glob("fasti.db*"):
        assert file.stat().st_mode & 0o077 == 0


@sqlite_only
def test_sessions_survive_a_restart(start, new_database):
    server = start(SECRET_KEY=None)
    person = Person(server.client, unused_name("stays"))
    made = person.creates()
    server.stop()
    person.client = start(SECRET_KEY=None).client
    assert person.sees(made["id"])["title"] == "Town hall"


def write_until_it_dies(person, event_id, ledger):
    """Changes one event again and again; the ledger gets what was answered."""
    turn = 0
    while True:
        turn += 1
        title = f"{event_id} {turn} {time.monotonic_ns()}"
        try:
            reply = person.patch(f"/api/events/{event_id}", {"title": title})
        except (OSError, http.client.HTTPException):
            return
        ledger[expect(reply, 200).json["version_number"]] = title


def test_a_kill_at_any_moment_loses_nothing_that_was_answered(start, long_run):
    """D1: the ledger outside the server is the judge; event, version and changelog agree."""
    chance = random.Random(4711)
    server = start()
    person = Person(server.client, unused_name("survivor"))
    ledgers = {person.creates()["id"]: {} for _ in range(8)}
    seen = {event_id: 1 for event_id in ledgers}
    kills = {"sqlite": 200, "postgres": 50}[server.database.name] if long_run else 3
    ready_s = []
    for kill in range(kills):
        threads = [
            threading.Thread(target=write_until_it_dies, args=(person, event_id, ledger))
            for event_id, ledger in ledgers.items()
        ]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.05, 0.4))
        server.kill()
        for thread in threads:
            thread.join()
        server.client.close()
        wait_for_sessions(server.database)
        begun = time.monotonic()
        server = start()
        ready_s.append(time.monotonic() - begun)
        person.client = server.client
        for event_id, ledger in ledgers.items():
            now = person.sees(event_id)
            last = now["version_number"]
            # One change may have been made without its answer getting out, each time.
            assert last - max(seen[event_id], max(ledger, default=1)) in (0, 1)
            assert last not in ledger or now["title"] == ledger[last]
            seen[event_id] = last
            if kill % 10 != 9 and kill < kills - 3:
                continue  # the whole log takes its time
            log = all_of(person, f"/api/events/{event_id}/changelog")
            assert [entry["version_number"] for entry in log] == list(range(1, last + 1))
            titles = {entry["version_number"]: entry["changes"]["title"]["new"] for entry in log}
            assert {number: titles[number] for number in ledger} == ledger
            newest = expect(person.get(f"/api/events/{event_id}/history/{last}"), 200).json
            assert newest["data"]["title"] == now["title"]
            expect(person.get(f"/api/events/{event_id}/history/{last + 1}"), 404)
    answers = sum(map(len, ledgers.values()))
    print(f"{kills} kills, {answers} answers, ready in {max(ready_s):.2f} s")
    assert answers > 20
    # In the short form the machine may be busy with the rest of the suite.
    assert (max if long_run else min)(ready_s) < 2 or program.is_sanitized()


def wait_for_sessions(database):
    """PostgreSQL goes on with what a killed server has sent to it, until it finds it gone."""
    query = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend'"
    )
    end = time.monotonic() + 10
    while database.name == "postgres" and len(database.rows(query)) > 1:
        assert time.monotonic() < end
        time.sleep(0.01)


def all_of(person, path):
    """Every item of a bare array that is paged by its Link."""
    reply = expect(person.get(path, limit=1000), 200)
    items = reply.json
    while "Link" in reply.headers:
        target = urllib.parse.urlsplit(re.match("<([^>]*)>", reply.headers["Link"])[1])
        reply = expect(person.get(target.path + "?" + target.query), 200)
        items += reply.json
    return items


# -- The service manager ---------------------------------------------------------------------------


@pytest.fixture
def manager(tmp_path):
    """What systemd listens at."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(20)
        yield heard


@sqlite_only
def test_a_service_manager_hears_when_it_is_ready_that_it_lives_and_that_it_stops(start, manager):
    server = start(NOTIFY_SOCKET=manager.getsockname(), WATCHDOG_USEC="1000000")
    assert manager.recv(100) == b"READY=1"
    began = time.monotonic()
    for beat in range(1, 4):
        assert manager.recv(100) == b"WATCHDOG=1"
        assert time.monotonic() - began > 0.4 * beat
    assert time.monotonic() - began < 10
    server.process.send_signal(signal.SIGTERM)
    heard = [manager.recv(100)]
    while heard[-1] == b"WATCHDOG=1":
        heard.append(manager.recv(100))
    assert heard[-1] == b"STOPPING=1"
    assert server.process.wait(timeout=20) == OK


@sqlite_only
def test_who_cannot_be_told_is_in_the_log_and_the_server_serves(start, tmp_path):
    server = start(NOTIFY_SOCKET=str(tmp_path / "nobody"))
    expect(server.client.request("GET", "/healthz"), 200)
    end = time.monotonic() + 10
    while b"the service manager cannot be told" not in server.log and time.monotonic() < end:
        time.sleep(0.01)
    assert b"the service manager cannot be told" in server.log


# -- Health ----------------------------------------------------------------------------------------


def test_health_readiness_and_metrics(client):
    assert expect(client.request("GET", "/healthz"), 200).json["status"]
    expect(client.request("GET", "/readyz"), 200)
    reply = expect(client.request("GET", "/metrics"), 200)
    assert reply.headers["Content-Type"].startswith("text/plain")
    lines = reply.body.decode().splitlines()
    assert any(line.startswith("# TYPE fasti_") for line in lines)
    for line in lines:
        assert line.startswith("#") or re.fullmatch(r"[a-z_]+(\{.*\})? [-+0-9.eE]+", line), line


@pytest.mark.databases("postgres")
def test_without_its_database_the_server_is_alive_but_not_ready(start, new_database):
    server = start()
    person = Person(server.client, unused_name())
    admin = databases.connect(new_database.admin_url)
    cursor = admin.cursor()
    cursor.execute(f"ALTER DATABASE {new_database.database} ALLOW_CONNECTIONS false")
    cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
        (new_database.database,),
    )
    expect(server.client.request("GET", "/healthz"), 200)
    not_ready = server.client.request("GET", "/readyz")
    assert not_ready.status == 503 and not_ready.headers["Retry-After"]
    for _ in range(3):
        expect(person.get("/api/events"), 503)
        expect(person.post("/api/events", event()), 503)
    cursor.execute(f"ALTER DATABASE {new_database.database} ALLOW_CONNECTIONS true")
    end = time.monotonic() + 5
    while server.client.request("GET", "/readyz").status != 200:
        assert time.monotonic() < end, "not ready again within 5 s"
        time.sleep(0.05)
    expect(person.post("/api/events", event()), 201)
    admin.close()


def test_the_log_is_json_lines_and_cannot_be_forged(client, server):
    client.request("GET", "/api/nothing", headers={"User-Agent": 'x"} {"level":"error'})
    client.request("GET", "/api/%0a%0dnothing%1b[31m")
    time.sleep(0.05)
    for line in server.log.decode().splitlines():
        if line.startswith("{"):
            assert {"time", "level", "message"} <= set(json.loads(line))
    assert b"\x1b" not in server.log


# -- Settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"FASTI_LISTEN": "nowhere"},
        {"FASTI_LISTEN": "127.0.0.1:99999"},
        {"FASTI_BCRYPT_COST": "3"},
        {"FASTI_BCRYPT_COST": "ten"},
        {"FASTI_RATE_LIMIT": "maybe"},
        {"FASTI_SIGNUP": "sometimes"},
        {"FASTI_LOG_LEVEL": "loud"},
        {"FASTI_THREADS": "-1"},
        {"ALGORITHM": "none"},
        {"ALGORITHM": "RS256"},
        {"ACCESS_TOKEN_EXPIRE_MINUTES": "0"},
        {"ACCESS_TOKEN_EXPIRE_MINUTES": "soon"},
        {"SECRET_KEY": "short"},
        {"SECRET_KEY": "a" * 64},
        {"SECRET_KEY": "please-change-me-please-change-me-please"},
        {"DATABASE_URL": "mysql://localhost/x"},
        {"SECRET_KEY_FILE": "/nowhere/at/all", "SECRET_KEY": None},
        {"FASTI_TLS_CERT": "/nowhere/at/all"},
    ],
    ids=str,
)
@sqlite_only
def test_a_bad_value_refuses_to_start(new_database, settings):
    done = program.run(new_database, "serve", **settings)
    assert done.returncode == BAD_CONFIG, done.stderr
    (name,) = list(settings)[:1]
    assert name.replace("_FILE", "") in done.stderr
    assert "short" not in done.stderr.split("SECRET_KEY")[-1] or settings != {"SECRET_KEY": "short"}


@sqlite_only
def test_an_unknown_key_is_a_warning_that_names_the_nearest(new_database):
    done = program.run(new_database, "migrate", FASTI_LISTN="127.0.0.1:1")
    assert done.returncode == OK
    assert "FASTI_LISTN" in done.stderr and "FASTI_LISTEN" in done.stderr


@sqlite_only
def test_settings_come_from_env_file_environment_and_flags_in_that_order(new_database):
    (new_database.directory / ".env").write_text("FASTI_THREADS=2\nFASTI_BCRYPT_COST=5\n")

    def value(key, *flags, **settings):
        done = program.run(new_database, "config", "--json", *flags, **settings)
        assert done.returncode == OK, done.stderr
        return json.loads(done.stdout)[key]["value"]

    assert value("FASTI_THREADS") == "2"
    assert value("FASTI_THREADS", FASTI_THREADS="3") == "3"
    assert value("FASTI_THREADS", "--threads", "4", FASTI_THREADS="3") == "4"
    assert value("FASTI_BCRYPT_COST", FASTI_BCRYPT_COST=None) == "5"


@sqlite_only
def test_config_never_shows_a_secret(new_database):
    for flags in ((), ("--json",)):
        done = program.run(new_database, "config", *flags)
        assert program.SECRET not in done.stdout + done.stderr


def test_a_database_that_is_not_there_is_exit_code_4(new_database, database_name):
    url = (
        "postgresql://nobody:canary-word@127.0.0.1:1/nothing"
        if database_name == "postgres"
        else "sqlite:////proc/no/such/file.db"
    )
    done = program.run(new_database, "serve", DATABASE_URL=url)
    assert done.returncode == NO_DATABASE, done.stderr
    assert "canary-word" not in done.stderr


@sqlite_only
def test_a_file_that_is_no_database_is_left_alone(new_database):
    new_database.file.write_bytes(b"this is not a database, it is a letter " * 100)
    done = program.run(new_database, "serve")
    assert done.returncode == NO_DATABASE
    assert new_database.file.read_bytes().startswith(b"this is not a database")


@pytest.mark.parametrize(
    "arguments", [(), ("no-such",), ("serve", "--no-such"), ("user",), ("user", "fly")]
)
@sqlite_only
def test_a_wrong_call_is_a_usage_error(new_database, arguments):
    done = program.run(new_database, *arguments)
    if arguments == ():
        assert done.returncode in (OK, BAD_USAGE)
    else:
        assert done.returncode == BAD_USAGE, done.stderr
        assert done.stderr


@sqlite_only
def test_help_names_every_command_and_version_the_version(new_database):
    text = program.run(new_database, "help").stdout
    for command in ("serve", "migrate", "user", "demo", "doctor", "healthcheck", "openapi",
                    "config", "version"):
        assert re.search(rf"^\s+{command}\b", text, re.MULTILINE), command
    assert re.search(r"\d+\.\d+\.\d+", program.run(new_database, "version").stdout)


# -- Accounts by command ---------------------------------------------------------------------------


def users(database):
    done = program.run(database, "user", "list", "--json")
    assert done.returncode == OK, done.stderr
    return {user["username"]: user for user in json.loads(done.stdout)}


def test_accounts_are_managed_by_commands(new_database, start):
    def user(*arguments, stdin="", code=OK):
        done = program.run(new_database, "user", *arguments, stdin=stdin)
        assert done.returncode == code, done.stderr
        return done

    assert program.run(new_database, "migrate").returncode == OK
    user("add", "amira", "amira@example.org", stdin="four plain words, 1\n")
    user("add", "bela", "bela@example.org", "--admin", stdin="four plain words, 2\n")
    user("add", "amira", "other@example.org", stdin="four plain words, 1\n", code=FAILED)
    user("add", "chen", "no address", stdin="four plain words, 1\n", code=FAILED)
    user("add", "chen", "chen@example.org", stdin="short\n", code=FAILED)
    assert set(users(new_database)) == {"amira", "bela"}
    assert users(new_database)["bela"]["is_admin"] is True
    user("passwd", "amira", stdin="another four words\n")
    user("admin", "amira")
    user("disable", "bela")
    user("passwd", "nobody", stdin="another four words\n", code=FAILED)
    listed = users(new_database)
    assert listed["amira"]["is_admin"] is True
    assert listed["bela"]["is_active"] is False
    assert "$2b$" not in json.dumps(listed)
    server = start()
    amira = Person(server.client, "amira", "another four words", register=False)
    login = {"username": "bela", "password": "four plain words, 2"}
    expect(server.client.form("/api/auth/login", login), 401)
    expect(amira.get("/api/users"), 200)
    server.stop()
    user("delete", "bela")
    assert set(users(new_database)) == {"amira"}


def test_demo_fills_a_calendar_worth_looking_at(new_database, start):
    done = program.run(new_database, "demo")
    assert done.returncode == OK, done.stderr
    listed = users(new_database)
    assert len(listed) == 3
    again = program.run(new_database, "demo")
    assert again.returncode in (OK, FAILED)
    assert len(users(new_database)) == 3


@sqlite_only
def test_a_newer_database_is_refused(new_database):
    assert program.run(new_database, "migrate").returncode == OK
    connection = sqlite3.connect(new_database.file)
    connection.execute("INSERT INTO schema_version SELECT MAX(version) + 1, 0 FROM schema_version")
    connection.commit()
    connection.close()
    done = program.run(new_database, "serve")
    assert done.returncode == NO_DATABASE
    assert "newer" in done.stderr
