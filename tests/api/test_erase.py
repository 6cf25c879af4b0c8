"""fasti erase: an account goes, and whoever it was is named nowhere any more."""

import bisect
import datetime
import json
import pathlib
import subprocess
import threading
import time
import uuid

import pytest

from support import program
from support.people import PASSWORD, Person, event, expect

# Found nowhere by chance; the address is from the network that is for documents.
NAME, OLD_NAME, SHOWN, NETWORK = "quittenbrot", "zwetschge", "Quitte K\u00f6nig", "203.0.113.77"
ADDRESS, UID = "quittenbrot@obst.example", "of-quittenbrot-1"
TRACES = (NAME, OLD_NAME, SHOWN, ADDRESS, NETWORK)
NAMELESS = "a person who was erased"
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
}
LINES = 40_000
LONG_LINES = {
    "sqlite": f"""WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {LINES})
        INSERT INTO changelog (event_id, user_id, user_name, timestamp, changes, version_number,
            change_type)
        SELECT c.event_id, c.user_id, c.user_name, c.timestamp, c.changes, c.version_number,
            c.change_type FROM n CROSS JOIN changelog c WHERE c.id = {{}}""",
    "postgres": f"""INSERT INTO changelog (event_id, user_id, user_name, timestamp, changes,
            version_number, change_type)
        SELECT c.event_id, c.user_id, c.user_name, c.timestamp, c.changes, c.version_number,
            c.change_type FROM generate_series(1, {LINES}) n CROSS JOIN changelog c
        WHERE c.id = {{}}""",
}
SETTINGS = {"FASTI_RATE_LIMIT": "on", "FASTI_TRUSTED_PROXIES": "127.0.0.1"}
FAR = {"X-Forwarded-For": NETWORK}
ELSEWHERE = "198.51.100.9"  # who tried from there is nobody, and its line stays


def traces(database):
    """{table: what stands in it of the person}"""
    found = {}
    for table in sorted(row["name"] for row in database.rows(TABLES[database.name])):
        rows = database.rows(f"SELECT * FROM {table}")
        text = "\n".join(str(value) for row in rows for value in row.values())
        # JSON may have other letters for these.
        text += json.dumps([list(row.values()) for row in rows], default=str, ensure_ascii=False)
        hits = [trace for trace in TRACES if trace in text]
        if hits:
            found[table] = hits
    return found


def in_files(database):
    """What the file, its log and its index hold, wherever in them."""
    found = set()
    for file in pathlib.Path(database.directory).glob("fasti.db*"):
        content = file.read_bytes() if file.is_file() else b""
        found |= {(file.name, trace) for trace in TRACES if trace.encode() in content}
    return found


def named_in_log(server):
    """Its log has network addresses, and no names."""
    return [name for name in TRACES if name != NETWORK and name.encode() in server.log]


def pieces_beside_each_create(server):
    """How many pieces of an erasure there were, and how many of them ended while a create was on
    its way, for each create; on SQLite, where the server does the pieces."""
    ends = {"/api/events": [], "/commands/erase-some": []}
    for line in server.log.splitlines():
        row = json.loads(line) if line[:1] + line[-1:] == b"{}" else {}
        if row.get("path") in ends:
            end = datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00")).timestamp()
            ends[row["path"]].append((end - int(row["us"]) / 1e6, end))
    pieces = sorted(end for _, end in ends["/commands/erase-some"])
    return len(pieces), [
        bisect.bisect_left(pieces, end) - bisect.bisect_right(pieces, begun)
        for begun, end in ends["/api/events"] if pieces[0] < begun < pieces[-1]
    ]


def erase(database, *more, stdin="", **settings):
    return program.run(database, "erase", "--user", NAME, *more, stdin=stdin, **settings)


def waits_until(holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_under_way(database):
    rows = database.rows("SELECT pass, last_id FROM erasures")
    return bool(rows) and rows[0]["pass"] == 1 and rows[0]["last_id"] > 0


def interrupt(database):
    """Kills the command when the account is gone and its name is not."""
    command = subprocess.Popen(
        [program.PROGRAM, "erase", "--user", NAME, "--with-events", "--yes"],
        env=program.environment(database), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=database.directory,
    )
    waits_until(lambda: is_under_way(database))
    command.kill()
    command.wait()


@pytest.fixture
def server(start):
    return start(**SETTINGS)


class Story:
    """Two people who share with each other, and one of them leaves traces wherever one can."""

    def __init__(self, client):
        login = {"username": OLD_NAME, "password": "wrong"}
        elsewhere = {"X-Forwarded-For": ELSEWHERE}
        expect(client.request("POST", "/api/auth/login", login, elsewhere), 401)
        self.leaving = Person(client, OLD_NAME, email=ADDRESS)
        self.bela = Person(client, "bela")
        self.chen = Person(client, "chen")
        self.mine = self.leaving.creates(title="Mine")["id"]
        mine = {"username": NAME, "display_name": SHOWN}
        expect(self.leaving.patch("/api/users/me", mine), 200)
        self.leaving.username = NAME
        for password in ("wrong", PASSWORD):
            login = {"username": NAME, "password": password}
            expect(client.request("POST", "/api/auth/login", login, FAR),
                   200 if password == PASSWORD else 401)
        self.leaving.creates(uid=UID)
        self.leaving.shares(self.mine, self.bela, "Editor")
        self.bela.changes(self.mine, location="Saal 2")
        self.theirs = self.bela.creates(title="Bela's")["id"]
        key = {"Idempotency-Key": str(uuid.uuid4())}
        share = {"users": [{"email": ADDRESS, "role": "Viewer"}]}
        expect(self.bela.post(f"/api/events/{self.theirs}/share", share, headers=key), 200)
        path = f"/api/events/{self.theirs}/permissions/{self.leaving.id}"
        expect(self.bela.put(path, {"role": "Editor"}), 200)
        self.leaving.changes(self.theirs, location="Saal 3")
        self.chens = self.chen.creates(title="Chen's")["id"]
        self.chen.shares(self.chens, self.leaving)
        expect(self.chen.delete(f"/api/events/{self.chens}/permissions/{self.leaving.id}"), 204)

    def is_told_without_a_name(self):
        path = f"/api/events/{self.theirs}"
        history = expect(self.bela.get(f"{path}/history"), 200).json["items"]
        nameless = {"id": self.leaving.id, "username": NAMELESS}
        assert [version["changed_by"] for version in history] == [
            nameless, {"id": self.bela.id, "username": "bela"}
        ]
        log = expect(self.bela.get(f"{path}/changelog"), 200).json
        assert [(line["change_type"], line["user_details"]["username"]) for line in log] == [
            ("create", "bela"), ("share", "bela"), ("permission_change", "bela"),
            ("update", NAMELESS),
        ]
        assert log[1]["changes"]["permissions"] == {
            "old": None, "new": {"user_id": self.leaving.id, "username": NAMELESS, "role": "Viewer"}
        }
        assert log[2]["changes"]["permissions"]["old"]["username"] == NAMELESS
        assert log[2]["changes"]["permissions"]["new"]["role"] == "Editor"
        unshared = expect(self.chen.get(f"/api/events/{self.chens}/changelog"), 200).json[-1]
        assert unshared["changes"]["permissions"]["old"]["username"] == NAMELESS


def test_who_was_erased_is_named_in_no_table_and_nowhere_in_the_file(
    server, start, new_database
):
    story = Story(server.client)
    server.stop()
    assert named_in_log(server) == []
    before = traces(new_database)
    assert set(before) == {
        "users", "audit", "changelog", "event_versions", "event_permissions", "sessions",
        "known_networks", "idempotency_keys", "login_attempts", "events",
    }
    done = erase(new_database, "--with-events", stdin=f"{NAME}\n")
    assert done.returncode == 0, done.stderr
    assert f"{NAME} (user {story.leaving.id}, {ADDRESS}) is to be erased" in done.stderr
    assert "Events that it owns: 2, of which others share 1. They go for good." in done.stderr
    assert done.stdout == (
        f"{NAME} is deleted.\nNothing in the database names {NAME} any more.\n"
        "Backups that were made before have it: after `fasti restore`, erase it again.\n"
    )
    assert traces(new_database) == {}
    assert new_database.rows("SELECT * FROM erasures") == []
    assert in_files(new_database) == set()
    of_nobody = f"SELECT subject FROM audit WHERE address = '{ELSEWHERE}'"
    assert new_database.rows(of_nobody) == [{"subject": "nobody"}]
    for name in ("bela", "chen"):
        export = program.run(new_database, "export", "--user", name)
        assert export.returncode == 0, export.stderr
        assert [trace for trace in TRACES if trace in export.stdout] == []
    again = start(**SETTINGS)
    for person in (story.bela, story.chen):
        person.client = again.client
        person.sign_in()
    story.is_told_without_a_name()
    expect(story.bela.get(f"/api/events/{story.mine}"), 404)
    assert Person(again.client, NAME).id > story.leaving.id


def test_beside_a_server_it_is_done_by_it_and_nobody_waits(server, start, new_database):
    if program.is_sanitized():
        pytest.skip("a sanitizer is slower on purpose")
    story = Story(server.client)
    server.stop()
    line = new_database.rows("SELECT max(id) AS n FROM changelog WHERE user_name = 'bela'")[0]["n"]
    new_database.change(LONG_LINES[new_database.name].format(line))
    server = start(**SETTINGS)
    story.bela.client = server.client
    story.bela.sign_in()
    waits, is_over = [], threading.Event()

    def write():
        while not is_over.is_set():
            begun = time.monotonic()
            story.bela.creates()
            waits.append(time.monotonic() - begun)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        done = erase(new_database, "--with-events", "--yes")
    finally:
        is_over.set()
        writer.join()
    assert done.returncode == 0, done.stderr
    assert traces(new_database) == {}
    assert named_in_log(server) == []
    assert len(waits) > 20
    assert sorted(waits)[len(waits) // 2] < 0.1
    story.chen.client = server.client
    story.chen.sign_in()
    story.chen.username = "chen"
    if new_database.name == "sqlite":
        assert "until the server is started again" in done.stdout
        pieces, beside = pieces_beside_each_create(server)
        assert pieces >= 10
        assert sorted(beside)[len(beside) * 9 // 10] <= 1
        server.stop()
        start(**SETTINGS).stop()
        assert in_files(new_database) == set()
        assert new_database.rows("SELECT * FROM erasures") == []


def test_an_heir_gets_the_events_of_somebody_without_a_name(server, start, new_database):
    story = Story(server.client)
    done = erase(new_database, "--to", "BELA", "--yes")
    assert done.returncode == 0, done.stderr
    left = traces(new_database)
    # The uid, which the heir's event has.
    assert left == {"events": [NAME], "event_versions": [NAME]}
    event_of_hers = story.bela.sees(story.mine)
    assert (event_of_hers["my_role"], event_of_hers["location"]) == ("Owner", "Saal 2")
    log = expect(story.bela.get(f"/api/events/{story.mine}/changelog"), 200).json
    told = [(line["change_type"], line["user_details"]["username"]) for line in log]
    assert told == [("create", NAMELESS), ("share", NAMELESS), ("update", "bela"),
                    ("transfer", NAMELESS)]
    story.is_told_without_a_name()


def test_what_was_interrupted_goes_on(server, start, new_database):
    story = Story(server.client)
    server.stop()
    line = new_database.rows("SELECT max(id) AS n FROM changelog WHERE user_name = 'bela'")[0]["n"]
    new_database.change(LONG_LINES[new_database.name].format(line))
    interrupt(new_database)
    assert is_under_way(new_database) and traces(new_database)
    done = erase(new_database, "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Nothing in the database names {NAME} any more.\n")
    assert traces(new_database) == {}
    assert in_files(new_database) == set()
    assert story.leaving.id


def test_a_server_finishes_what_a_command_began(server, start, new_database):
    Story(server.client)
    line = new_database.rows("SELECT max(id) AS n FROM changelog WHERE user_name = 'bela'")[0]["n"]
    server.stop()
    new_database.change(LONG_LINES[new_database.name].format(line))
    interrupt(new_database)
    assert traces(new_database)
    again = start(**SETTINGS)
    pending = "SELECT count(*) AS n FROM erasures WHERE pass IS NOT NULL"
    waits_until(lambda: new_database.rows(pending)[0]["n"] == 0)
    assert traces(new_database) == {}
    again.stop()


def test_nothing_is_done_to_who_is_not_meant(server, new_database):
    story = Story(server.client)
    before = traces(new_database)
    for arguments, stdin, code, said in (
        ((), "", 1, "Others share 1 events of this account"),
        (("--with-events",), "", 1, f"That is not {NAME}: nothing was done."),
        (("--with-events",), "bela\n", 1, f"That is not {NAME}: nothing was done."),
        (("--to", "nobody-here"), f"{NAME}\n", 1, "There is no user nobody-here."),
        (("--to", ADDRESS), f"{NAME}\n", 1, f"{NAME} cannot inherit from themselves."),
        (("--with-events", "--to", "bela"), "", 2, "Say --with-events or --to, not both."),
        (("more",), "", 2, "more is one argument too many."),
    ):
        done = erase(new_database, *arguments, stdin=stdin)
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert said in done.stderr
    for arguments in (("erase",), ("erase", "--user", "nobody-here", "--yes")):
        assert program.run(new_database, *arguments).returncode in (1, 2)
    disabled = program.run(new_database, "user", "disable", "chen")
    assert disabled.returncode == 0, disabled.stderr
    done = erase(new_database, "--to", "chen", "--yes")
    assert (done.returncode, "chen may not sign in" in done.stderr) == (1, True)
    assert traces(new_database) == before
    assert new_database.rows("SELECT * FROM erasures") == []
    story.leaving.creates()


def test_the_last_administrator_stays(server, new_database):
    made = program.run(new_database, "user", "add", NAME, ADDRESS, "--admin",
                       stdin=f"{PASSWORD}\n")
    assert made.returncode == 0, made.stderr
    done = erase(new_database, "--yes")
    assert (done.returncode, done.stdout) == (1, "")
    assert "This is the last administrator" in done.stderr
    assert set(traces(new_database)) == {"users"}
    assert event()
