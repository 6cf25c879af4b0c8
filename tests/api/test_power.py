"""Power loss: whatever of the unsynced is on the disk, what was answered is there."""

import concurrent.futures
import pathlib
import random
import shutil
import sqlite3
import tempfile
import time

import pytest

from support import databases, disk, faulty, invariants, program
from support.people import Person, event, expect

pytestmark = pytest.mark.databases("sqlite")
READY_WITHIN_S = 2


@pytest.fixture
def memory():
    """A folder in memory, where an image of a disk is made in a moment."""
    place = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None
    directory = pathlib.Path(tempfile.mkdtemp(prefix="fasti-power-", dir=place))
    yield directory
    shutil.rmtree(directory)


def write(person, number, writes):
    """Creates and changes one event; long texts now and then, so that the log is moved on."""
    made = person.creates(title=f"{number} 1")
    for turn in range(2, writes + 2):
        long = {"description": "x" * 30000} if turn % 10 == number else {}
        person.changes(made["id"], title=f"{number} {turn}", **long)
        if turn % 7 == 0:
            expect(person.post("/api/events", event(title=f"{number} and {turn}")), 201)


def run_and_record(directory, writes, lazy=False):
    """A server from its first start on; returns the lines of all it did."""
    database = databases.create("sqlite", directory / "own")
    machine = faulty.Machine(directory, folder=database.directory, lazy=lazy).record()
    server = program.Server(database, **machine.settings)
    person = Person(server.client, "amira")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(write, person, number, writes) for number in range(4)]:
            done.result()
    server.client.close()
    server.kill()
    return list(machine.lines())


def choose_moments(lines, count, chance):
    """Half of them right after an answer, when nothing more may be lost."""
    answers = [at for at, line in enumerate(lines) if line[0] == "a"]
    chosen = chance.choices(answers, k=count // 2) + chance.choices(range(len(lines)), k=count // 2)
    return sorted(chosen)


def power_losses(lines, count, chance):
    """(what is on the disk, what had been promised) at moments of chance."""
    machine, answers, promised = disk.Disk(), disk.Answers(), {}
    moments = choose_moments(lines, count, chance)
    at = 0
    for moment in moments:
        while at <= moment:
            kind, file, _, _, data = lines[at]
            if kind == "a":
                for body in answers.take(file, data):
                    if "version_number" in body:
                        promised[body["id"], body["version_number"]] = body["title"]
            else:
                machine.take(*lines[at])
            at += 1
        yield machine.survivors(chance, chance.choice((0, 0.5, 0.9, 1))), dict(promised)


def put(survivors, directory):
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    for name, content in survivors.items():
        if not name.endswith(("-shm", ".lock", ".sock")):
            (directory / pathlib.Path(name).name).write_bytes(content)


def look(directory, promised):
    """How many of the promised changes are lost; what is there must be whole."""
    connection = sqlite3.connect(directory / "fasti.db")
    tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'event_versions'")
    has_events = tables.fetchone()[0] == 1
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    there = {}
    if has_events:
        query = "SELECT event_id, version_number, json_extract(data, '$.title') FROM event_versions"
        there = {(one, version): title for one, version, title in connection.execute(query)}
    connection.close()
    for key, title in promised.items():
        assert there.get(key, title) == title
    return sum(key not in there for key in promised)


def start_on(directory):
    """The program itself on what is left: how long it took."""
    database = databases.Sqlite(directory)
    begun = time.monotonic()
    server = program.Server(database)
    took_s = time.monotonic() - begun
    server.stop()
    assert not invariants.broken(database)
    return took_s


def test_a_power_loss_at_any_moment_loses_nothing_that_was_answered(tmp_path, memory, long_run):
    chance = random.Random(4711)
    lines = run_and_record(tmp_path, 120 if long_run else 60)
    images = 1000 if long_run else 60
    seen = 0
    ready_s = []
    for number, (survivors, promised) in enumerate(power_losses(lines, images, chance)):
        put(survivors, memory / "left")
        assert look(memory / "left", promised) == 0
        seen = max(seen, len(promised))
        if number % (images // 20) == 0:
            put(survivors, memory / "left")
            ready_s.append(start_on(memory / "left"))
    print(f"{images} power losses, {seen} promises, ready within {max(ready_s):.2f} s")
    assert seen > 200
    # In the short form the machine may be busy with the rest of the suite.
    assert (max if long_run else min)(ready_s) < READY_WITHIN_S


def test_without_waiting_for_the_disk_something_is_lost(tmp_path, memory, long_run):
    """The control: the same with synchronous=NORMAL, which this must notice."""
    chance = random.Random(4711)
    lines = run_and_record(tmp_path, 60, lazy=True)
    lost = 0
    for survivors, promised in power_losses(lines, 200 if long_run else 20, chance):
        put(survivors, memory / "left")
        lost += look(memory / "left", promised) > 0
    print(f"{lost} of the power losses lost something")
    assert lost > 0
