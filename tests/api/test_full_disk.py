"""A disk that is full because it is a small one: what whoever meets it is told, and what the log
says. That nothing is lost, at whichever moment it is full, is shown by test_faults.py."""

import contextlib
import json
import os
import shutil
import subprocess
import time

import pytest

from support import clusters, databases, program
from support.people import Person, event, expect, unused_name

FAILED, BAD_CONFIG, NO_DATABASE = 1, 3, 4
KIB = 1024
LONG = "x" * 60_000
WORDS = {"sqlite": "database or disk is full", "postgres": "could not extend file"}
TOLD = "There is no room left to store this."
sqlite_only = pytest.mark.databases("sqlite")


class Disk:
    """A tmpfs of a few MiB, which a ballast fills."""

    def __init__(self, place, mib):
        self.place = place
        self.ballast = place / "ballast"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=711", "fasti-test", place],
            capture_output=True, text=True, check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")

    def leave(self, room):
        """So many bytes, or the page more in which a file ends."""
        self.empty()
        free = os.statvfs(self.place)
        with open(self.ballast, "wb") as file:
            file.write(bytes(max(0, free.f_bavail * free.f_frsize - room)))

    def empty(self):
        self.ballast.unlink(missing_ok=True)

    def unmount(self):
        end = time.monotonic() + 30  # PostgreSQL may have a file of it open for a while
        while subprocess.run(["umount", self.place]).returncode != 0:
            assert time.monotonic() < end
            time.sleep(0.2)
        self.place.rmdir()


@pytest.fixture(scope="module")
def place():
    """A folder that the user postgres can get into."""
    directory = clusters.folder()
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster(place):
    made = clusters.Cluster(place / "cluster", fsync="off")
    yield made
    made.drop()


@pytest.fixture
def disk(place):
    made = Disk(place / "disk", 40)
    yield made
    made.unmount()


@pytest.fixture
def other_disk(place):
    """Where backups go: no room for any."""
    made = Disk(place / "other", 1)
    made.leave(0)
    yield made
    made.unmount()


@pytest.fixture
def database(database_name, disk, tmp_path, request):
    """On the small disk; of PostgreSQL what is in tables."""
    if database_name == "sqlite":
        made = databases.create("sqlite", disk.place / "data")
        made.directory.chmod(0o700)
        yield made
        return
    cluster = request.getfixturevalue("cluster")
    tables = disk.place / "tables"
    tables.mkdir()
    shutil.chown(tables, "postgres" if clusters.AS_POSTGRES else None)
    made = databases.create("postgres", tmp_path / "data", admin_url=cluster.url)
    with contextlib.closing(databases.connect(cluster.url)) as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE TABLESPACE small LOCATION '{tables}'")
        cursor.execute(f"ALTER DATABASE {made.database} SET TABLESPACE small")
        made.rows("SELECT 1")  # who connects first leaves a file
        yield made
        disk.empty()
        made.drop()
        cursor.execute("DROP TABLESPACE small")


def fill(person, disk):
    """The reply that there is no more room."""
    disk.leave(200 * KIB)
    for _ in range(200):
        reply = person.post("/api/events", event(description=LONG))
        if reply.status != 201:
            return reply
    raise AssertionError("the disk is never full")


def line_of(server, message):
    """The first line of the log that says it, as soon as it is there."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for line in server.log.splitlines(keepends=True):
            if line.startswith(b"{") and line.endswith(b"\n"):
                found = json.loads(line)
                if found["message"] == message:
                    return found
        time.sleep(0.02)
    raise AssertionError(server.last_words())


def said(database, code, *command, **more):
    """What a command fails with, without lines of the log."""
    done = program.run(database, *command, **more)
    assert done.returncode == code, done.stdout + done.stderr
    told = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert told[0].startswith("fasti: "), done.stderr
    return "\n".join(told)


# -- At the start ----------------------------------------------------------------------------------


@sqlite_only
def test_without_room_for_the_secret_the_start_names_it(database, disk):
    disk.leave(0)
    told = said(database, BAD_CONFIG, "serve", SECRET_KEY=None)
    assert f"{database.directory}/secret cannot be made: No space left on device." in told


def test_without_room_for_the_schema_the_start_says_that_the_disk_is_full(
    database, disk, database_name
):
    for room in (0, 8, 24, 40, 300):
        disk.leave(room * KIB)
        told = said(database, NO_DATABASE, "serve")
        assert "disk is full" in told or WORDS[database_name] in told, (room, told)
        assert told.startswith("fasti: The database ") or "nothing was changed by it: " in told
    disk.empty()
    server = program.Server(database)
    Person(server.client, "amira").creates()
    server.stop()


@sqlite_only
def test_without_room_for_the_copy_before_a_migration_nothing_is_begun(database, disk):
    assert program.run(database, "migrate").returncode == 0
    database.change(  # as a version before had it
        "DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)"
    )
    disk.leave(40 * KIB)
    before = database.rows("SELECT * FROM schema_version")
    told = said(database, NO_DATABASE, "serve")
    assert "nothing was changed by it: copy: database or disk is full" in told
    assert database.rows("SELECT * FROM schema_version") == before
    assert not list(database.directory.glob("*.before-*"))


# -- At a write ------------------------------------------------------------------------------------


def test_who_writes_is_told_so_and_the_log_has_the_words_of_the_database(
    database, disk, start, database_name
):
    server = start(database)
    server.client.recorder = None  # a 507 is a server error to it
    person = Person(server.client, unused_name("writer"))
    made = person.creates()
    reply = expect(fill(person, disk), 507)
    assert reply.json["type"] == "urn:fasti:problem:storage-full"
    assert reply.json["title"] == "Storage full" and reply.json["detail"] == TOLD
    line = line_of(server, "request failed")
    assert line["level"] == "warning" and line["route"] == "/api/events"
    assert line["id"] == reply.json["instance"] and WORDS[database_name] in line["database"]
    assert person.sees(made["id"]) == expect(person.get(f"/api/events/{made['id']}"), 200).json
    expect(server.client.request("GET", "/readyz"), 200)
    disk.empty()
    person.changes(made["id"], title="There is room again")


def test_a_command_says_so_too(database, disk, start):
    """Beside the server (on SQLite through it), and without it."""
    server = start(database)
    disk.leave(0)
    assert said(database, FAILED, "demo") == f"fasti: {TOLD}"
    disk.empty()
    server.stop()
    disk.leave(0)
    assert said(database, FAILED, "demo") == f"fasti: {TOLD}"
    disk.empty()
    assert program.run(database, "demo").returncode == 0


# -- At a backup -----------------------------------------------------------------------------------


@sqlite_only
def test_without_room_for_a_copy_beside_it_a_backup_says_how_much_it_needs(
    database, disk, start, tmp_path
):
    server = start(database)
    Person(server.client, "amira").creates()
    disk.leave(2048 * KIB)
    told = said(database, NO_DATABASE, "backup", str(tmp_path / "a.backup"))
    assert f"A copy of {database.file} needs 16 MiB beside it for a while" in told
    assert not list(tmp_path.glob("a.backup*")) and not list(database.directory.glob("*.copy"))


def test_without_room_where_it_goes_a_backup_names_the_file(
    database, other_disk, start
):
    server = start(database)
    Person(server.client, "amira").creates()
    file = other_disk.place / "a.backup"
    told = said(database, NO_DATABASE, "backup", str(file))
    assert told.endswith(f"{file}.partial cannot be written: No space left on device.")
    assert [path.name for path in other_disk.place.iterdir()] == ["ballast"]


def test_the_backup_of_the_clock_that_finds_no_room_is_an_error_in_the_log(
    database, other_disk, start
):
    server = start(database, FASTI_BACKUP_EVERY="1", FASTI_BACKUP_DIR=str(other_disk.place))
    line = line_of(server, "no backup was made, to be tried again")
    assert line["level"] == "error"
    assert "cannot be written: No space left on device." in line["detail"]
    assert [path.name for path in other_disk.place.iterdir()] == ["ballast"]
    expect(server.client.request("GET", "/readyz"), 200)


def test_a_restore_without_room_says_so_and_leaves_what_was_there(
    database, disk, start, tmp_path, database_name
):
    server = start(database)
    person = Person(server.client, unused_name("writer"))
    for _ in range(20):
        person.creates(description=LONG)
    file = tmp_path / "a.backup"
    assert program.run(database, "backup", str(file)).returncode == 0
    server.stop()
    events = database.rows("SELECT id, title FROM events ORDER BY id")
    disk.leave(100 * KIB)
    told = said(database, NO_DATABASE, "restore", str(file), "--replace")
    assert "The database refuses it, and is as it was: " in told
    assert WORDS[database_name] in told
    disk.empty()
    assert program.run(database, "migrate").returncode == 0
    assert database.rows("SELECT id, title FROM events ORDER BY id") == events
