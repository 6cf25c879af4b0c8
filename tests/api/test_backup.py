"""fasti backup and fasti restore: beside a running server, from either database into either."""

import concurrent.futures
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import threading
import time

import pytest

from support import databases, invariants, program
from support.clusters import free_port
from support.contents import backed_up, contents, restored, same
from support.people import Person, event, expect

OK, FAILED, BAD_USAGE, BAD_CONFIG, NO_DATABASE = range(5)
WRITERS = 32
ROUNDS, LONG_ROUNDS = 2, 50
BEFORE, WRITES = 100, 400  # acknowledged before each backup begins, and until it is done at most
LONG_EVENTS = 1_000_000


@pytest.fixture
def empty(tmp_path):
    """empty("postgres"): a database for a backup to go into."""
    made = []

    def make(name):
        made.append(databases.create(name, tmp_path / f"empty-{len(made)}"))
        return made[-1]

    yield make
    for database in made:
        database.drop()


def peopled(server):
    """Something of everything that a backup carries."""
    amira, bela, chen = (Person(server.client, name) for name in ("amira", "bela", "chen"))
    series = amira.creates(
        title="Chor · хор",
        description='"quoted",\nwith a line',
        is_recurring=True,
        recurrence_pattern={"frequency": "weekly", "count": 20},
    )
    amira.shares(series["id"], bela, "Editor")
    bela.changes(series["id"], location="Saal 2")
    amira.shares(amira.creates()["id"], chen)
    expect(chen.post("/api/users/me/blocks", {"user_id": bela.id}), 200)
    gone = chen.creates()["id"]
    expect(chen.delete(f"/api/events/{gone}"), 200)
    return amira, bela, chen


def test_each_database_goes_into_each(new_database, start, empty, tmp_path):
    server = start()
    amira, _, _ = peopled(server)
    file = tmp_path / "a.backup"
    said = backed_up(new_database, file)
    before = contents(new_database)
    assert "nobody is signed in" in said and "rights" in said and "3 people" in said
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("*.backup*")] == ["a.backup"]
    for name in databases.names():
        other = empty(name)
        said = restored(other, file)
        assert "nobody is signed in" in said
        same(before, contents(other))
        assert not invariants.broken(other)
        assert other.rows("SELECT * FROM sessions") == []
        # And back again from there.
        again = tmp_path / f"{name}.backup"
        backed_up(other, again)
        back = empty(new_database.name)
        restored(back, again)
        same(before, contents(back))
        # It serves, and goes on.
        serving = program.Server(other)
        expect(serving.client.request("GET", "/api/users/me", token=amira.token), 401)
        once_more = Person(serving.client, amira.username, register=False)
        expect(serving.client.request("GET", "/api/users/me", token=amira.token), 401)
        newest = max(json.loads(row)["id"] for row in before["events"])
        assert once_more.creates()["id"] > newest
        serving.stop()


# -- Under load ------------------------------------------------------------------------------------


class Ledger:
    """What was acknowledged, and when: the judge of a backup."""

    def __init__(self):
        self.lines = []  # (begun, acknowledged, event, version)
        self.refused = []
        self.allowed = 0  # lines: or a slow disk has ever larger backups
        self.stop = threading.Event()

    def write(self, person):
        mine = []
        while not self.stop.is_set():
            if len(self.lines) >= self.allowed:
                time.sleep(0.002)
                continue
            begun = time.monotonic()
            if mine and random.random() < 0.5:
                at = random.choice(mine)
                reply = person.patch(f"/api/events/{at}", {"title": f"at {begun}"})
            else:
                reply = person.post("/api/events", event())
            if reply.status not in (200, 201):
                self.refused.append(reply)
                continue
            made = reply.json
            mine.append(made["id"])
            self.lines.append((begun, time.monotonic(), made["id"], made["version_number"]))


def judge(ledger, asked_at, database):
    """Everything that was acknowledged before the backup began is in it; and it is of one moment:
    nothing is missing that was acknowledged before something began that is there."""
    there = {
        (row["event_id"], row["version_number"])
        for row in database.rows("SELECT event_id, version_number FROM event_versions")
    }
    missing = [line for line in ledger.lines if line[2:] not in there]
    present = [line for line in ledger.lines if line[2:] in there]
    lost = [line for line in missing if line[1] < asked_at]
    assert not lost, lost[:3]
    if missing and present:
        assert max(begun for begun, *_ in present) <= min(acked for _, acked, *_ in missing)
    return len(missing)


def test_a_backup_under_writers_is_of_one_moment(new_database, start, empty, tmp_path, long_run):
    server = start(FASTI_THREADS="2")
    server.client.recorder = None
    people = [Person(server.client, f"writer-{i}") for i in range(WRITERS)]
    ledger = Ledger()
    threads = [threading.Thread(target=ledger.write, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    made = []
    try:
        for number in range(LONG_ROUNDS if long_run else ROUNDS):
            begun_with = len(ledger.lines)
            ledger.allowed = begun_with + WRITES
            while len(ledger.lines) < begun_with + BEFORE:
                time.sleep(0.001)
            asked_at = time.monotonic()
            file = tmp_path / f"{number}.backup"
            backed_up(new_database, file)
            made.append((asked_at, file))
    finally:
        time.sleep(0.2)
        ledger.stop.set()
        for thread in threads:
            thread.join()
    assert not ledger.refused, ledger.refused[0]
    assert any(judge_one(ledger, asked_at, file, empty) for asked_at, file in made)


def judge_one(ledger, asked_at, file, empty):
    """In each kind of database; how many writes came later than the backup."""
    later, first = 0, None
    for name in databases.names():
        database = empty(name)
        restored(database, file)
        later = judge(ledger, asked_at, database)
        assert not invariants.broken(database)
        first = first or contents(database)
        same(first, contents(database))
        database.drop()
    return later


# -- Damage, kills ---------------------------------------------------------------------------------


def unnoticed(database, directory, whole, places):
    """Those of the places where another byte is no damage to `fasti backup verify`: each a process,
    and some of them at once. No byte but those is another one."""
    file = directory / f"{threading.get_ident()}.backup"
    file.write_bytes(whole)
    found = []
    with open(file, "r+b", buffering=0) as opened:
        for at in places:
            os.pwrite(opened.fileno(), bytes([whole[at] ^ 16]), at)
            done = program.run(database, "backup", "verify", str(file), timeout=600)
            if done.returncode != FAILED:
                found.append(at)
            os.pwrite(opened.fileno(), whole[at : at + 1], at)
    return found


def test_a_flipped_byte_anywhere_is_noticed(new_database, start, empty, tmp_path, long_run):
    """Every one in the long form; tests/unit/backup does it with other bits, and sealed."""
    at_once = 2 * os.cpu_count() if long_run else 1
    peopled(start())
    file = tmp_path / "a.backup"
    backed_up(new_database, file)
    whole = file.read_bytes()
    assert program.run(new_database, "backup", "verify", str(file)).returncode == OK
    places = range(len(whole)) if long_run else random.Random(9).sample(range(len(whole)), 60)
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        parts = [places[first::at_once] for first in range(at_once)]
        found = pool.map(lambda part: unnoticed(new_database, tmp_path, whole, part), parts)
        assert sum(found, []) == []
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 16]))
    target = empty(new_database.name)
    done = program.run(target, "restore", str(file))
    assert done.returncode == FAILED and str(file) in done.stderr
    file.write_bytes(whole)
    restored(target, file)


def test_a_restore_that_is_killed_leaves_what_was_there(
    new_database, start, empty, tmp_path, long_run
):
    server = start()
    peopled(server)
    one, two = tmp_path / "one.backup", tmp_path / "two.backup"
    backed_up(new_database, one)
    amira = Person(server.client, "amira", register=False)
    for _ in range(300):
        amira.creates()
    backed_up(new_database, two)
    target = empty(new_database.name)
    restored(target, one)
    before = contents(target)
    kills = 0
    for turn in range(60 if long_run else 12):
        process = subprocess.Popen(
            [str(program.PROGRAM), "restore", str(two), "--replace"],
            env=program.environment(target),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(random.Random(turn).uniform(0.005, 0.25))
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            restored(target, one, "--replace")
            continue
        kills += 1
        if target.name == "postgres":
            settle(target)
        began = program.run(target, "migrate")  # what a server does first
        assert began.returncode == OK, began.stderr
        found = contents(target)
        if found["events"] == before["events"]:
            same(before, found)
        else:  # it was killed when it was done
            same(contents(new_database), found)
            restored(target, one, "--replace")
    assert kills > 0
    restored(target, two, "--replace")
    same(contents(new_database), contents(target))


def settle(target):
    """PostgreSQL notices in a moment that nobody is there any more."""
    others = "SELECT count(*) AS n FROM pg_locks l JOIN pg_class c ON c.oid = l.relation" \
        " WHERE c.relname = 'users' AND l.mode = 'AccessExclusiveLock'"
    end = time.monotonic() + 20
    while target.rows(others)[0]["n"] > 0 and time.monotonic() < end:
        time.sleep(0.02)


def test_a_database_with_something_in_it_is_refused(new_database, start, tmp_path):
    server = start()
    peopled(server)
    file = tmp_path / "a.backup"
    backed_up(new_database, file)
    beside = program.run(new_database, "restore", str(file), "--replace")
    assert beside.returncode == NO_DATABASE and "stop it" in beside.stderr
    server.stop()
    before = contents(new_database)
    done = program.run(new_database, "restore", str(file))
    assert done.returncode == FAILED and "--replace" in done.stderr
    same(before, contents(new_database))
    restored(new_database, file, "--replace")
    same(before, contents(new_database))


def test_a_sealed_one_shows_nothing_and_needs_its_passphrase(new_database, start, empty, tmp_path):
    server = start()
    Person(server.client, "amira").creates(title="Surprise party")
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery staple\n")
    secret.chmod(0o600)
    file = tmp_path / "a.backup"
    backed_up(new_database, file, FASTI_BACKUP_PASSPHRASE_FILE=str(secret))
    target = empty(new_database.name)
    for wrong in (None, "another passphrase"):
        done = program.run(target, "restore", str(file), FASTI_BACKUP_PASSPHRASE=wrong)
        assert done.returncode == FAILED and "passphrase" in done.stderr.lower()
    said = program.run(target, "backup", "verify", str(file))
    assert said.returncode == OK and "Only its checksums" in said.stdout
    restored(target, file, FASTI_BACKUP_PASSPHRASE_FILE=str(secret))
    same(contents(new_database), contents(target))


def test_who_runs_it_as_somebody_else_is_told_so(new_database, start, tmp_path):
    if os.geteuid() != 0 or new_database.name != "sqlite":
        pytest.skip("it takes root to be somebody else, and a file to be somebody's")
    peopled(start())
    try:
        done = subprocess.run(
            [str(program.PROGRAM), "backup", "/tmp/nobodys.backup"], cwd="/", user=65534,
            group=65534, extra_groups=[], env=program.environment(new_database),
            capture_output=True, text=True,
        )
    except PermissionError:
        pytest.skip("nobody may run the program here")
    assert done.returncode == NO_DATABASE
    assert "Permission denied" in done.stderr and "the server's user" in done.stderr


# -- The worst day -----------------------------------------------------------------------------


def lines_of_the_worst_day():
    """The commands of the manual for a Debian package, without what they comment."""
    text = (program.ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
    block = text.split("### The worst day", 1)[1].split("```sh\n", 1)[1].split("```", 1)[0]
    return [re.sub(r"\s+#.*", "", line) for line in block.splitlines()]


@pytest.mark.databases("sqlite")
def test_the_worst_day_goes_as_the_manual_says(new_database, start, tmp_path, empty):
    """On the new machine the package has started a server when it was installed; whoever restores
    stands in a folder that is not the server's."""
    person = Person(start().client, "amira")
    made = person.creates()
    file = tmp_path / "last-night.backup"
    backed_up(new_database, file)
    machine = empty("sqlite")
    settings = {"FASTI_LISTEN": f"127.0.0.1:{free_port()}"}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    servers = []
    for line in lines_of_the_worst_day():
        words = re.sub(r"/mnt/backup/\S+", str(file), line)
        words = words.replace("/var/lib/fasti", str(machine.directory)).split()
        words = words[3:] if words[:3] == ["sudo", "-u", "fasti"] else words
        if words[:2] == ["apt", "install"] or words == ["systemctl", "start", "fasti"]:
            servers.append(program.Server(machine, **settings))
        elif words == ["systemctl", "stop", "fasti"]:
            servers.pop().stop()
        else:
            assert words[0] == "fasti", line
            # A command has the settings that its line gives, and no others of the server.
            given = {**program.environment(machine), **settings}
            del given["DATABASE_URL"], given["FASTI_DATA_DIR"]
            done = subprocess.run([str(program.PROGRAM), *words[1:]], cwd=elsewhere, env=given,
                                  capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == OK, (line, done.stderr)
    (server,) = servers
    again = Person(server.client, "amira", register=False)
    assert again.sees(made["id"])["title"] == made["title"]
    server.stop()


# -- By itself -------------------------------------------------------------------------------------


def test_the_server_makes_them_by_itself_and_keeps_some(new_database, start):
    shelf = new_database.directory / "shelf"
    old = [f"fasti-2020010{day}T000000Z.backup" for day in range(1, 5)]
    shelf.mkdir()
    for name in old:
        (shelf / name).touch()
        os.utime(shelf / name, (1_577_836_800, 1_577_836_800))
    server = start(
        FASTI_BACKUP_EVERY="1", FASTI_BACKUP_KEEP="2", FASTI_BACKUP_DIR=str(shelf)
    )
    end = time.monotonic() + 20
    while (shelf / old[2]).exists() and time.monotonic() < end:
        time.sleep(0.02)
    names = sorted(path.name for path in shelf.iterdir())
    assert len(names) == 2 and names[0] == old[3] and names[1] not in old
    done = program.run(new_database, "backup", "verify", str(shelf / names[1]))
    assert done.returncode == OK, done.stderr
    assert b"backup made" in server.log


# -- A million events ------------------------------------------------------------------------------

FILL = {
    "sqlite": """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
        INSERT INTO {table} ({columns}) SELECT {values} FROM n""",
    "postgres": """
        INSERT INTO {table} ({columns})
        SELECT {values} FROM generate_series(1::bigint, {count}) n(i)""",
}
MOMENT = {"sqlite": "1750000000000000 + i * 60000000",
          "postgres": "timestamptz '2025-06-15T15:00:00Z' + i * interval '1 minute'"}
FALSE = {"sqlite": "0", "postgres": "false"}


def fill(database, count):
    """Events as people make them: each with a version, a line of the changelog and a grant."""
    at, no = MOMENT[database.name], FALSE[database.name]
    text = "'Weekly meeting of the group number ' || i"
    document = (
        "'{\"title\": \"Weekly meeting of the group number ' || i || '\", \"location\": \"Room ' ||"
        " (i % 40) || '\", \"description\": \"Bring what you have written since the last time, and"
        " two questions.\", \"start_time\": \"2025-06-15T15:00:00Z\", \"end_time\":"
        " \"2025-06-15T16:00:00Z\", \"timezone\": \"Europe/Zurich\", \"status\": \"confirmed\","
        " \"all_day\": false, \"is_recurring\": false, \"number\": ' || i || '}'"
    )
    if database.name == "postgres":
        document = f"({document})::jsonb"
    rows = [
        ("users", "username, email, hashed_password, created_at, updated_at",
         f"'person-' || i, 'person-' || i || '@example.org', '{'x' * 60}', {at}, {at}", 1000),
        ("events", "title, description, start_time, end_time, location, owner_id, created_at,"
         " updated_at, uid, version_number, series_start, document_bytes",
         f"{text}, 'Bring what you have written since the last time, and two questions.', {at},"
         f" {at}, 'Room ' || (i % 40), 1 + i % 1000, {at}, {at},"
         " 'f81d4fae-7dec-11d0-a765-' || (i * 7919 % 1000003) || '-' || i, 1,"
         f" {at}, 400", count),
        ("event_versions", "event_id, version_number, data, changed_by_user_id, timestamp,"
         " change_type", f"i, 1, {document}, 1 + i % 1000, {at}, 'create'", count),
        ("changelog", "event_id, version_id, user_id, timestamp, changes, version_number,"
         " change_type, user_name, bytes",
         f"i, i, 1 + i % 1000, {at}, {document}, 1, 'create', 'person-' || i, 400", count),
        ("event_permissions", "event_id, user_id, role_id, granted_by, granted_at, start_time,"
         " extent_class, hidden, meaning",
         f"i, 1 + i % 1000, 1, 1 + i % 1000, {at}, {at}, 0, {no}, 1", count),
    ]
    database.change(*(
        FILL[database.name].format(table=table, columns=columns, values=values, count=number)
        for table, columns, values, number in rows
    ))


def most_memory(pid):
    """In KiB; of a program that has just ended, 0."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) if found else 0


def measured(database, *arguments):
    """Seconds, those of its own CPU, and the most memory that it ever had: looked at while it runs,
    for what wait4 tells begins with that of who started it."""
    began = time.monotonic()
    process = subprocess.Popen(
        [str(program.PROGRAM), *arguments],
        env=program.environment(database),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    ended, memory = 0, 0
    while not ended:
        memory = max(memory, most_memory(process.pid))
        time.sleep(0.005)
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
    words = process.stderr.read().decode()
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    cpu = usage.ru_utime + usage.ru_stime
    return time.monotonic() - began, cpu, memory / 1024


def test_a_million_events_go_out_and_in(new_database, empty, tmp_path, long_run, capsys):
    """Short: twenty thousand, for their memory alone."""
    events = LONG_EVENTS if long_run else 20_000
    program.run(new_database, "migrate")
    fill(new_database, events)
    file = tmp_path / "a.backup"
    figures = [("out of", new_database.name, *measured(new_database, "backup", str(file)))]
    for name in databases.names():
        target = empty(name)
        figures.append(("into", name, *measured(target, "restore", str(file))))
        assert target.rows("SELECT count(*) AS n FROM changelog")[0]["n"] == events
        target.drop()
    with capsys.disabled():
        for way, name, seconds, cpu, memory in figures:
            print(f"\n{events} events {way} {name}: {seconds:.1f} s ({cpu:.1f} s of its CPU),"
                  f" {memory:.0f} MiB", end="")
        print(f"; the file has {file.stat().st_size / 2**20:.0f} MiB")
    for way, name, seconds, _, memory in figures:
        if not program.is_sanitized():
            assert memory <= 64, (way, name, memory)
        if long_run:
            assert seconds <= (180 if (way, name) == ("into", "postgres") else 60), (way, name)
