"""A database that the old FastAPI system filled: it starts, and everything is still there
(issue "drop-in replacement"; tests/data/old-system.sql)."""

import contextlib
import datetime
import json
import random
import re
import subprocess
import time

import pytest

from support import databases, program
from support.people import Person, expect

pytestmark = pytest.mark.databases("postgres")
RULES = {
    '{"freq": "DAILY", "count": 5}': "FREQ=DAILY;COUNT=5",
    '{"count": 10, "interval": 1, "frequency": "weekly", "days_of_week": ["MO", "WE"]}': (
        "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10"
    ),
    '{"rrule": "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20261231T000000Z"}': (
        "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20261231T000000Z"
    ),
    '{"frequency": "yearly"}': "FREQ=YEARLY",
    '{"type": "weekly", "end_date": "2026-01-01", "interval": 2}': None,  # by its parts, below
}
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_old = {}


@pytest.fixture
def database(database_name, tmp_path):
    database = databases.create(database_name, tmp_path / "old")
    database.load_old_system()
    yield database
    database.drop()


class Old:
    """The old database as it was, in rows, and the same one under the new program."""

    def __init__(self, directory, recorder):
        self.database = databases.create("postgres", directory)
        self.database.load_old_system()
        rows = self.database.rows
        self.users = {row["id"]: row for row in rows("SELECT * FROM users ORDER BY id")}
        self.events = rows("SELECT * FROM events ORDER BY id")
        self.grants = rows("SELECT * FROM event_permissions ORDER BY id")
        self.versions = rows("SELECT * FROM event_versions ORDER BY id")
        self.changes = rows("SELECT * FROM changelog ORDER BY id")
        self.server = program.Server(self.database)
        self.server.client.recorder = recorder
        self.people = {
            id_: Person(
                self.server.client,
                user["username"],
                password=f"{user['username']}-secret-2025",
                email=user["email"],
                register=False,
            )
            for id_, user in self.users.items()
        }

    def owner_of(self, event_id):
        (event,) = [event for event in self.events if event["id"] == event_id]
        return self.people[event["owner_id"]]


@pytest.fixture
def old(shared, tmp_path_factory):
    """Read only: tests that change something take a database of their own."""
    if "old" not in _old:
        _old["old"] = Old(tmp_path_factory.mktemp("old"), shared.recorder)
        shared.others.append(_old["old"].server)
    return _old["old"]


def shown(moment):
    """A TIMESTAMPTZ as the API shows it."""
    text = moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "Z"


# -- Everything is still there ---------------------------------------------------------------------


def test_every_old_account_signs_in_with_its_old_password(old):
    assert len(old.people) == 12
    for id_, person in old.people.items():
        me = expect(person.get("/api/users/me"), 200).json
        user = old.users[id_]
        assert (me["id"], me["username"], me["email"]) == (id_, user["username"], user["email"])
        assert me["created_at"] == shown(user["created_at"])
    wrong = {"username": "amira", "password": "bela-secret-2025"}
    expect(old.server.client.form("/api/auth/login", wrong), 401)


def test_every_old_event_is_what_it_was(old):
    assert len(old.events) == 232
    for event in old.events:
        seen = old.people[event["owner_id"]].sees(event["id"])
        for member in ("id", "title", "description", "location", "owner_id", "is_recurring"):
            assert seen[member] == event[member], (event["id"], member)
        for member in ("start_time", "end_time", "created_at", "updated_at"):
            assert seen[member] == shown(event[member]), (event["id"], member)
        assert (seen["my_role"], seen["deleted_at"], seen["timezone"]) == ("Owner", None, "UTC")
        assert seen["uid"]
    assert (
        len({old.owner_of(event["id"]).sees(event["id"])["uid"] for event in old.events[:50]}) == 50
    )


def test_patterns_that_can_be_read_are_rules_and_the_others_are_shown_as_they_are(old):
    counted = {"rules": 0, "notes": 0}
    for event in old.events:
        shown_pattern = old.owner_of(event["id"]).sees(event["id"])["recurrence_pattern"]
        pattern = event["recurrence_pattern"]
        if pattern is None:
            assert shown_pattern is None
            continue
        key = json.dumps(pattern)
        if "note" in pattern:
            assert shown_pattern["rrule"] is None
            assert shown_pattern["original"] == pattern
            counted["notes"] += 1
        elif "end_date" in pattern:
            parts = dict(part.split("=") for part in shown_pattern["rrule"].split(";"))
            assert (parts["FREQ"], parts["INTERVAL"]) == ("WEEKLY", "2")
            assert parts["UNTIL"].startswith(("20260101", "20251231"))
            counted["rules"] += 1
        else:
            assert sorted(shown_pattern["rrule"].split(";")) == sorted(RULES[key].split(";"))
            counted["rules"] += 1
    assert min(counted.values()) > 10


def test_every_old_grant_is_there_and_the_owner_leads(old):
    assert len(old.grants) == 249
    for event in old.events:
        rows = expect(
            old.owner_of(event["id"]).get(f"/api/events/{event['id']}/permissions"), 200
        ).json
        assert (rows[0]["user_id"], rows[0]["role_name"]) == (event["owner_id"], "Owner")
        granted = {
            (grant["user_id"], grant["role_id"])
            for grant in old.grants
            if grant["event_id"] == event["id"] and grant["user_id"] != event["owner_id"]
        }
        assert {(row["user_id"], row["role_id"]) for row in rows[1:]} == granted


def test_every_old_version_can_be_read(old):
    assert len(old.versions) == 318
    for row in old.versions:
        person = old.owner_of(row["event_id"])
        path = f"/api/events/{row['event_id']}/history/{row['version_number']}"
        seen = expect(person.get(path), 200).json
        assert seen["timestamp"] == shown(row["timestamp"])
        assert (seen["changed_by"] or {}).get("id") == row["changed_by_user_id"]
        for member in ("title", "description", "location"):
            assert seen["data"][member] == row["data"][member]
        for member in ("start_time", "end_time"):
            then = datetime.datetime.fromisoformat(row["data"][member])
            assert seen["data"][member].replace("+00:00", "Z") == shown(then)


def test_the_newest_version_is_the_present_state(old):
    for event in old.events:
        person = old.owner_of(event["id"])
        now = person.sees(event["id"])
        path = f"/api/events/{event['id']}/history/{now['version_number']}"
        newest = expect(person.get(path), 200).json["data"]
        for member in ("title", "description", "location", "start_time", "end_time"):
            assert newest[member] == now[member]
        had = [row["version_number"] for row in old.versions if row["event_id"] == event["id"]]
        assert now["version_number"] >= max(had, default=1)
        expect(person.get(f"/api/events/{event['id']}/history/{now['version_number'] + 1}"), 404)


def test_every_old_changelog_entry_is_there(old):
    assert len(old.changes) == 271
    numbers = {row["id"]: row["version_number"] for row in old.versions}
    for event in old.events:
        rows = [row for row in old.changes if row["event_id"] == event["id"]]
        if not rows:
            continue
        path = f"/api/events/{event['id']}/changelog"
        seen = {
            entry["id"]: entry for entry in expect(old.owner_of(event["id"]).get(path), 200).json
        }
        for row in rows:
            entry = seen[row["id"]]
            assert entry["timestamp"] == shown(row["timestamp"])
            assert entry["user_id"] == row["user_id"]
            assert entry["user_details"]["username"] == old.users[row["user_id"]]["username"]
            assert entry["changes"] == row["changes"]
            if row["version_id"] is not None:
                assert entry["version_id"] == numbers[row["version_id"]]
                expect(
                    old.owner_of(event["id"]).get(
                        f"/api/events/{event['id']}/history/{entry['version_id']}"
                    ),
                    200,
                )


def test_a_list_shows_what_one_owned_or_was_granted(old):
    for id_, person in old.people.items():
        mine = {event["id"] for event in old.events if event["owner_id"] == id_}
        granted = {grant["event_id"] for grant in old.grants if grant["user_id"] == id_}
        page = expect(person.get("/api/events", limit=1000), 200).json
        assert {item["id"] for item in page["items"]} == mine | granted
        assert page["total"] == len(mine | granted)


# -- The main job ----------------------------------------------------------------------------------


def test_amira_s_story(database, start):
    """Log in, list, read, change, share with bela, his 403, a stranger's 404, diff, roll back."""
    client = start(database).client
    amira, bela, stranger = (
        Person(client, name, password=f"{name}-secret-2025", register=False)
        for name in ("amira", "bela", "elena")
    )
    listed = expect(amira.get("/api/events", owner_id=amira.id, sort_by="start_time"), 200).json
    visible = {
        item["id"] for item in expect(bela.get("/api/events", limit=1000), 200).json["items"]
    }
    visible |= {
        item["id"] for item in expect(stranger.get("/api/events", limit=1000), 200).json["items"]
    }
    event = next(item for item in listed["items"] if item["id"] not in visible)
    where = f"/api/events/{event['id']}"
    before = amira.sees(event["id"])

    changed = expect(amira.put(where, {"title": "Moved by Amira", "location": "Room 12"}), 200).json
    assert changed["version_number"] == before["version_number"] + 1
    assert changed["description"] == before["description"]

    granted = expect(amira.post(f"{where}/share", {"user_id": bela.id, "role_id": 2}), 200).json
    assert (granted["user_id"], granted["role_id"]) == (bela.id, 2)
    expect(bela.put(where, {"description": "Bela was here."}), 200)
    expect(bela.delete(where), 403)
    for method in ("GET", "PUT", "DELETE"):
        expect(stranger.ask(method, where, {} if method == "PUT" else None), 404)

    one, two = before["version_number"], before["version_number"] + 2
    changes = expect(amira.get(f"{where}/diff/{one}/{two}"), 200).json["changes"]
    assert {"title", "description"} <= {change["field"] for change in changes}
    back = expect(amira.post(f"{where}/rollback/{one}"), 200).json
    for member in ("title", "description", "location", "start_time", "end_time"):
        assert back[member] == before[member]
    assert bela.sees(event["id"])["my_role"] == "Editor"
    log = expect(amira.get(f"{where}/changelog"), 200).json
    assert [entry["change_type"] for entry in log][-4:] == ["update", "share", "update", "rollback"]
    expect(amira.delete(where), 200)


def test_a_client_of_the_old_system_works_unchanged(database, start):
    """The requests and the members that its own README and screens used, and nothing else."""
    client = start(database).client
    name = {"username": "newcomer", "email": "newcomer@example.org", "password": "newcomer-secret"}
    made = expect(client.request("POST", "/api/auth/register", name), 201).json
    assert made["token_type"] == "bearer" and made["user"]["username"] == "newcomer"
    tokens = expect(
        client.form("/api/auth/login", {"username": "amira", "password": "amira-secret-2025"}), 200
    ).json
    token = tokens["access_token"]

    def ask(method, path, body=None, status=200, **query):
        return expect(client.request(method, path, body, query=query, token=token), status).json

    page = ask("GET", "/api/events", skip=0, limit=5, sort_by="start_time")
    assert set(page) >= {"items", "total"} and len(page["items"]) == 5
    after, before = "2025-03-01T00:00:00+00:00", "2025-09-01T00:00:00+00:00"
    found = ask(
        "GET",
        "/api/events",
        title="re",
        owner_id=1,
        start_time_after=after,
        start_time_before=before,
    )
    assert all("re" in item["title"].lower() for item in found["items"])
    weekly = {"frequency": "weekly", "interval": 1, "days_of_week": ["MO", "WE"], "count": 10}
    plain = {
        "description": None,
        "location": "",
        "start_time": after,
        "end_time": "2025-03-01T01:00:00+00:00",
    }
    bodies = [
        {**plain, "title": "Old style", "is_recurring": True, "recurrence_pattern": weekly},
        {**plain, "title": "Plain", "is_recurring": False, "recurrence_pattern": None},
    ]
    one = ask("POST", "/api/events", bodies[0], 201)
    assert one["is_recurring"] is True
    batch = ask("POST", "/api/events/batch", bodies, 201)
    assert [event["title"] for event in batch] == ["Old style", "Plain"]
    where = f"/api/events/{one['id']}"
    assert ask("PUT", where, {"title": "Partly changed"})["location"] == one["location"]
    grant = ask("POST", f"{where}/share", {"user_id": made["user"]["id"], "role_id": 3})
    assert {"id", "event_id", "user_id", "role_id"} <= set(grant)
    rows = ask("GET", f"{where}/permissions")
    assert {row["user_id"] for row in rows} == {1, made["user"]["id"]}
    ask("PUT", f"{where}/permissions/{made['user']['id']}", {"role_id": 2})
    log = ask("GET", f"{where}/changelog")
    updates = [
        entry for entry in log if entry["changes"].get("title", {}).get("new") == "Partly changed"
    ]
    assert updates[0]["user_details"]["username"] == "amira"
    version = updates[0]["version_id"]
    assert ask("GET", f"{where}/history/{version}")["title"] == "Partly changed"
    assert ask("GET", f"{where}/diff/1/{version}")["changes"]
    assert ask("POST", f"{where}/rollback/1")["title"] == "Old style"
    assert ask("DELETE", where)["id"] == one["id"]
    renewed = expect(
        client.request("POST", "/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}), 200
    ).json
    token = renewed["access_token"]
    assert "message" in ask("POST", "/api/auth/logout")
    expect(client.request("GET", "/api/users/me", token=token), 401)


def test_new_rows_do_not_collide_with_old_ones(database, start):
    client = start(database).client
    amira = Person(client, "amira", password="amira-secret-2025", register=False)
    assert amira.creates()["id"] > 240
    assert Person(client, "newcomer").id > 12


# -- The migration ---------------------------------------------------------------------------------


def migrate(database):
    done = program.run(database, "migrate")
    assert done.returncode == 0, done.stderr
    return done


def content(database):
    """Every row of every table, but for what a migration makes up: when, and random uids."""
    tables = [
        row["relname"]
        for row in database.rows(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace ORDER BY relname"
        )
    ]
    columns = database.rows(
        "SELECT table_name, column_name, data_type, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    rows = {
        table: sorted(
            UID.sub("uid", json.dumps(row, default=str, sort_keys=True))
            for row in database.rows(f'SELECT * FROM "{table}"')
        )
        for table in tables
        if table != "schema_version"
    }
    return columns, rows


@contextlib.contextmanager
def old_database(directory):
    database = databases.create("postgres", directory)
    try:
        database.load_old_system()
        yield database
    finally:
        database.drop()


def test_migrating_twice_does_no_harm(database):
    migrate(database)
    first = content(database)
    migrate(database)
    assert content(database) == first


def test_a_database_without_a_blacklist_is_recognised_too(database, start):
    connection = databases.connect(database.url)
    connection.cursor().execute("DROP TABLE token_blacklist")
    connection.close()
    server = start(database)
    Person(server.client, "amira", password="amira-secret-2025", register=False)


def test_migrating_in_parallel_does_no_harm(database, tmp_path):
    started = [
        subprocess.Popen(
            [str(program.PROGRAM), "migrate"],
            env=program.environment(database),
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for process in started:
        error = process.communicate(timeout=60)[1]
        assert process.returncode == 0, error
    with old_database(tmp_path / "alone") as alone:
        migrate(alone)
        assert content(database) == content(alone)


def test_a_migration_killed_anywhere_goes_on_where_it_was(tmp_path, long_run, database_name):
    with old_database(tmp_path / "whole") as whole:
        begun = time.monotonic()
        migrate(whole)
        lasts = time.monotonic() - begun
        expected = content(whole)
    chance = random.Random(4711)
    killed = 0
    for number in range(60 if long_run else 6):
        with old_database(tmp_path / f"killed{number}") as database:
            process = subprocess.Popen(
                [str(program.PROGRAM), "migrate"],
                env=program.environment(database),
                cwd=database.directory,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(chance.uniform(0, lasts))
            process.kill()
            killed += process.wait() != 0
            migrate(database)
            assert content(database) == expected
    assert killed > 0
