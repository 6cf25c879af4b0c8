"""Databases that go away, come back, fill up or are damaged, clocks that jump: what was answered
stays, and what cannot be answered is refused."""

import http.client
import os
import pathlib
import random
import shutil
import signal
import threading
import time

import pytest

from support import clusters, databases, faulty, program
from support.people import Person, event, expect, unused_name

sqlite_only = pytest.mark.databases("sqlite")
postgres_only = pytest.mark.databases("postgres")
NO_DATABASE = 4
ENDINGS = ("", "-wal", "-shm")


class Writers:
    """Change an event each, again and again; the ledger outside of the server is the judge."""

    def __init__(self, person, count=4, **more):
        self.person = person
        self.more = more  # members that each change has too
        self.ledgers = {person.creates()["id"]: {} for _ in range(count)}
        self.refused = []

    def __enter__(self):
        self.stopped = threading.Event()
        self.threads = [
            threading.Thread(target=self._write, args=item) for item in self.ledgers.items()
        ]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def _write(self, event_id, ledger):
        while not self.stopped.is_set():
            title = f"{event_id} {time.monotonic_ns()}"
            try:
                body = {"title": title, **self.more}
                reply = self.person.patch(f"/api/events/{event_id}", body)
            except (OSError, http.client.HTTPException):
                continue
            if reply.status == 200:
                ledger[reply.json["version_number"]] = title
            else:
                self.refused.append(reply)
                time.sleep(0.01)

    @property
    def answers(self):
        return sum(map(len, self.ledgers.values()))

    def wait_for(self, more):
        before, end = self.answers, time.monotonic() + 20
        while self.answers < before + more:
            assert time.monotonic() < end, self.refused[-1:]
            time.sleep(0.01)

    def _read(self, path):
        """A connection of the server's may only now find out that it was lost."""
        end = time.monotonic() + 5
        while (reply := self.person.get(path)).status == 503 and time.monotonic() < end:
            time.sleep(0.05)
        return expect(reply, 200).json

    def check(self, *statuses):
        """All that was answered is there; what was not, was refused with one of these."""
        for event_id, ledger in self.ledgers.items():
            for version, title in list(ledger.items())[-20:]:
                path = f"/api/events/{event_id}/history/{version}"
                assert self._read(path)["data"]["title"] == title
            now = self._read(f"/api/events/{event_id}")
            assert now["version_number"] >= max(ledger, default=1)
        assert {reply.status for reply in self.refused} <= set(statuses), self.refused[0]


def wait_until_ready(server, seconds):
    end = time.monotonic() + seconds
    while server.client.request("GET", "/readyz", recorded=False).status != 200:
        assert time.monotonic() < end, f"not ready again within {seconds} s"
        time.sleep(0.02)


# -- The file of SQLite is lost or damaged ---------------------------------------------------------


def some_events(person, count):
    """As they are seen."""
    made = [person.creates(title=f"event {number}") for number in range(count)]
    return [person.sees(one["id"]) for one in made]


def create_until_refused(person):
    """What was still acknowledged; the server looks ten times a second."""
    made, until = [], time.monotonic() + 2
    while (reply := person.post("/api/events", event())).status == 201:
        assert time.monotonic() < until
        made.append(person.sees(reply.json["id"]))
    assert expect(reply, 503).headers["Retry-After"]
    return made


def wait_for_log(server, words):
    until = time.monotonic() + 5
    while words not in server.log:
        assert time.monotonic() < until, server.last_words()
        time.sleep(0.01)


def end(server):
    """As stop(), but its database is not where it was."""
    server.client.close()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=20) == 0


def put_back(database):
    """As the log says."""
    for ending in ENDINGS:
        pathlib.Path(f"{database.file}{ending}").unlink(missing_ok=True)
    os.rename(f"{database.file}.rescued", database.file)


@sqlite_only
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_is_removed_under_the_server_is_rescued(start, new_database, ending):
    server = start()
    person = Person(server.client, unused_name("keeper"))
    made = some_events(person, 20)
    os.unlink(f"{new_database.file}{ending}")
    made += create_until_refused(person)
    expect(server.client.request("GET", "/readyz"), 503)
    expect(server.client.request("GET", "/healthz"), 200)
    wait_for_log(server, b"fasti.db.rescued: stop the server")
    end(server)
    put_back(new_database)
    person.client = start().client
    assert [person.sees(one["id"]) for one in made] == made
    person.creates()


@sqlite_only
def test_nor_is_anything_lost_when_it_ends_at_once(start, new_database):
    server = start()
    person = Person(server.client, unused_name("keeper"))
    made = some_events(person, 1)[0]
    new_database.file.unlink()
    end(server)
    put_back(new_database)
    person.client = start().client
    assert person.sees(made["id"]) == made


@sqlite_only
def test_another_file_in_its_place_is_not_written_to(start, new_database, tmp_path):
    server = start()
    person = Person(server.client, unused_name("keeper"))
    server.stop()
    shutil.copy(new_database.file, tmp_path / "old")
    server = start()
    person.client = server.client
    made = some_events(person, 1)[0]
    old = (tmp_path / "old").read_bytes()
    os.replace(tmp_path / "old", new_database.file)
    create_until_refused(person)
    end(server)
    assert new_database.file.read_bytes() == old
    put_back(new_database)
    person.client = start().client
    assert person.sees(made["id"]) == made


@sqlite_only
def test_a_header_that_is_overwritten_is_said(start, new_database):
    server = start()
    server.client.recorder = None
    person = Person(server.client, unused_name("keeper"))
    made = some_events(person, 20)
    server.stop()
    header = new_database.file.read_bytes()[:100]
    server = start()
    server.client.recorder = None
    person.client = server.client
    with open(new_database.file, "r+b") as file:
        file.write(b"Dear diary, " * 8)
    for one in made:
        reply = person.get(f"/api/events/{one['id']}")
        assert reply.status in (500, 503) or reply.json == one
    # Nothing is written meanwhile: the log could hold a sound header, and heal the file.
    server.kill()
    done = program.run(new_database, "serve")
    assert done.returncode == NO_DATABASE
    assert "`fasti doctor` says what to do" in done.stderr
    doctor = program.run(new_database, "doctor")
    assert "is no database of SQLite, or was overwritten" in doctor.stdout
    with open(new_database.file, "r+b") as file:
        file.write(header)
    person.client = start().client
    assert [person.sees(one["id"]) for one in made] == made
    expect(person.post("/api/events", event()), 201)


@sqlite_only
def test_a_page_that_is_zeroed_is_never_served(start, new_database):
    server = start()
    person = Person(server.client, unused_name("keeper"))
    made = some_events(person, 200)
    server.stop()
    pages = new_database.rows(
        "SELECT pageno, (SELECT page_size FROM pragma_page_size) AS size FROM dbstat"
        " WHERE name = 'events' AND pagetype = 'leaf'"
    )
    victim = pages[len(pages) // 2]
    with open(new_database.file, "r+b") as file:
        file.seek((victim["pageno"] - 1) * victim["size"])
        file.write(bytes(victim["size"]))
    server = start()
    server.client.recorder = None
    person.client = server.client
    replies = [person.get(f"/api/events/{one['id']}") for one in made]
    right = [reply.status == 200 and reply.json == one for reply, one in zip(replies, made)]
    assert all(good or reply.status == 500 for good, reply in zip(right, replies))
    assert 0 < right.count(False) < 100
    wait_for_log(server, b"`fasti doctor` says what to do")
    end(server)
    doctor = program.run(new_database, "doctor")
    assert "problem  integrity: " in doctor.stdout


# -- The disk is full ------------------------------------------------------------------------------


@sqlite_only
def test_a_disk_that_is_full_refuses_and_loses_nothing(start, new_database, tmp_path, long_run):
    chance = random.Random(4711)
    machine = faulty.Machine(tmp_path, folder=new_database.directory)
    server = start(**machine.settings)
    server.client.recorder = None
    person = Person(server.client, unused_name("writer"))
    writers = Writers(person, description="x" * 20000)  # room is soon used up
    for turn in range(100 if long_run else 8):
        with writers:
            machine.set(room=chance.randrange(100_000))
            refused_before = len(writers.refused)
            deadline = time.monotonic() + 60
            while len(writers.refused) < refused_before + 4:
                assert time.monotonic() < deadline
                time.sleep(0.005)
            expect(person.get("/api/events"), 200)
            machine.set(room=-1)
            writers.wait_for(8)
        if turn % 8 == 7 or not long_run:
            writers.check(507, 503)
    wait_until_ready(server, 2)
    assert any(reply.status == 507 for reply in writers.refused)


@sqlite_only
def test_a_server_that_is_killed_on_a_full_disk_comes_back(start, new_database, tmp_path):
    machine = faulty.Machine(tmp_path, folder=new_database.directory)
    server = start(**machine.settings)
    server.client.recorder = None
    person = Person(server.client, unused_name("writer"))
    writers = Writers(person)
    with writers:
        machine.set(room=50_000)
        while not writers.refused:
            time.sleep(0.005)
        server.kill()
    machine.set(room=-1)
    person.client = start(**machine.settings).client
    person.client.recorder = None
    writers.check(507, 503)


# -- The clock jumps -------------------------------------------------------------------------------


def refresh(server, person):
    body = {"refresh_token": person.refresh_token}
    reply = expect(server.client.request("POST", "/api/auth/refresh", body), 200).json
    person.token, person.refresh_token = reply["access_token"], reply["refresh_token"]


@pytest.mark.parametrize("jump_s", [-3600, 3600])
def test_a_clock_that_jumps_an_hour_harms_nothing(start, tmp_path, jump_s):
    machine = faulty.Machine(tmp_path)
    server = start(**machine.settings)
    person = Person(server.client, unused_name("traveller"))
    friend = Person(server.client, unused_name("friend"))
    made = person.creates()
    versions = 1
    for clock_s in (0, jump_s, 0):
        machine.set(clock_s=clock_s)
        refresh(server, person)  # an access token is not good long before nor after it was made
        for _ in range(5):
            versions += 1
            changed = person.changes(made["id"], title=f"version {versions}")
            assert changed["version_number"] == versions
        person.shares(person.creates()["id"], friend)
        refresh(server, person)
        friend.sign_in()
        expect(server.client.request("GET", "/readyz"), 200)
    log = expect(person.get(f"/api/events/{made['id']}/changelog"), 200).json
    assert [entry["version_number"] for entry in log] == list(range(1, versions + 1))


# -- PostgreSQL goes away --------------------------------------------------------------------------


@pytest.fixture
def place():
    """A folder that the user postgres can get into."""
    directory = clusters.folder()
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@postgres_only
def test_postgres_that_crashes_and_comes_back_loses_nothing(
    database_name, start, place, tmp_path, long_run
):
    cluster = clusters.Cluster(place / "one")
    database = databases.create(database_name, tmp_path / "mine", admin_url=cluster.url)
    server = start(database)
    server.client.recorder = None
    writers = Writers(Person(server.client, unused_name("writer")))
    for _ in range(10 if long_run else 2):
        with writers:
            writers.wait_for(20)
            cluster.stop("immediate")
            expect(server.client.request("GET", "/healthz"), 200)
            expect(server.client.request("GET", "/readyz"), 503)
            cluster.start()
            wait_until_ready(server, 5)
            writers.wait_for(20)
        writers.check(503)
    assert writers.refused
    server.stop()
    cluster.drop()


@postgres_only
def test_a_standby_that_is_promoted_has_all_that_was_answered(
    database_name, start, place, tmp_path
):
    primary = clusters.Cluster(place / "one")
    standby = clusters.Cluster(place / "two", source=primary)
    admin = databases.connect(primary.url)
    admin.cursor().execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.reload()
    database = databases.create(database_name, tmp_path / "mine", admin_url=primary.url)
    one, two = f"127.0.0.1:{primary.port}", f"127.0.0.1:{standby.port}"
    server = start(database, DATABASE_URL=database.url.replace(one, f"{one},{two}"))
    server.client.recorder = None
    writers = Writers(Person(server.client, unused_name("writer")))
    with writers:
        writers.wait_for(40)
        primary.stop("immediate")
        expect(server.client.request("GET", "/healthz"), 200)
        standby.promote()
        wait_until_ready(server, 10)
        writers.wait_for(40)
    writers.check(503)
    database.url = standby.clone_url(database.url)
    database.admin_url = standby.url
    server.stop()
    standby.drop()
    primary.drop()
