"""`fasti zones`: by which release events stand where they do, what other files would move, and the
move, alone and beside a server, on both databases."""

import json
import time

import pytest

from support import program
from support.people import Person, event, expect, unused_name
from support.zones import SUMMER, WINTER, Zones, of_zurich, take_summer_time
from support.zones import ZURICH as NAME

WITHIN_S = 30
OK, FAILED, BAD_USAGE, NO_DATABASE = 0, 1, 2, 4
MOVED = {"start_time": "2027-08-02T08:00:00Z", "end_time": "2027-08-02T09:00:00Z"}
WEEKLY = {
    "recurrence_pattern": {"rrule": "FREQ=WEEKLY;UNTIL=20270927T070000Z"},
    "recurrence_overrides": {"2027-07-05T07:00:00Z": {"cancelled": True}},
    **WINTER,
}


@pytest.fixture
def zones(tmp_path):
    made = of_zurich(tmp_path / "zoneinfo")
    made.put_system("America/New_York", "America/New_York")
    return made


@pytest.fixture
def new_zones(tmp_path):
    """What an upgrade would bring: Zurich without summer time."""
    made = Zones(tmp_path / "new-zoneinfo")
    made.put_system("America/New_York", "America/New_York")
    take_summer_time(made)
    return made


def run(database, zones, *arguments):
    return program.run(database, "zones", *arguments, TZDIR=str(zones.directory))


def said(database, zones, code, *arguments):
    done = run(database, zones, *arguments, "--json")
    assert (done.returncode, done.stderr) == (code, ""), done
    return json.loads(done.stdout)


def fill(start, zones):
    """The ids of a single event, a series, one that does not move, of one in another zone, and the
    server they were made by."""
    server = start(TZDIR=str(zones.directory))
    amira = Person(server.client, unused_name("amira"))
    amira.creates(**{**SUMMER, "timezone": "UTC"})
    ids = [
        amira.creates(**body)["id"]
        for body in (SUMMER, WEEKLY, WINTER, {**SUMMER, "timezone": "America/New_York"})
    ]
    return server, amira, ids


def state(database, zones):
    found = said(database, zones, OK)
    return {
        (use["timezone"], use["zone_release"], use["state"]): use["events"]
        for use in found["zones"]
    }


BEFORE = {("America/New_York", "2025b", "current"): 1, (NAME, "2025b", "current"): 3}
STALE = {("America/New_York", "2025b", "current"): 1, (NAME, "2025b", "stale"): 3}
AFTER = {("America/New_York", "2025b", "current"): 1, (NAME, "2026f", "current"): 3}


def check_moves(found, amira, ids):
    """What `zones check --json` says of the new files."""
    single, weekly = ids[:2]
    assert (found["release"], found["would_move"], found["unreadable"]) == ("2026f", 2, 0)
    of = {move["event_id"]: move for move in found["moves"]}
    assert set(of) == {single, weekly}
    assert of[single] == {
        "event_id": single,
        "owner_id": amira.id,
        "timezone": NAME,
        "old": {
            "start_time": SUMMER["start_time"],
            "end_time": SUMMER["end_time"],
            "zone_release": "2025b",
        },
        "new": {**MOVED, "zone_release": "2026f"},
        "changed_fields": ["start_time", "end_time"],
    }
    assert of[weekly]["old"]["start_time"] == of[weekly]["new"]["start_time"]
    assert of[weekly]["changed_fields"] == ["recurrence_pattern", "recurrence_overrides"]
    assert found["zones"] == [
        {
            "timezone": NAME,
            "old_release": "2025b",
            "new_release": "2026f",
            "events": 3,
            "would_move": 2,
        }
    ]


def shown_of(amira, event_id):
    now = amira.sees(event_id)
    return {name: now[name] for name in MOVED}


def versions(database):
    return {
        row["id"]: row["version_number"]
        for row in database.rows("SELECT id, version_number FROM events")
    }


@pytest.mark.parametrize("is_beside", [True, False], ids=["beside", "alone"])
def test_check_says_what_apply_moves(start, new_database, zones, new_zones, is_beside):
    server, amira, ids = fill(start, zones)
    if not is_beside:
        server.stop()
    assert state(new_database, zones) == BEFORE
    assert said(new_database, zones, OK, "check")["moves"] == []
    before = versions(new_database)
    assert state(new_database, new_zones) == STALE
    check_moves(said(new_database, new_zones, FAILED, "check"), amira, ids)
    assert versions(new_database) == before

    if is_beside:
        take_summer_time(zones)
    done = said(new_database, new_zones, OK, "apply")
    assert (done["release"], done["found"], done["left"]) == ("2026f", 3, [])
    if not is_beside:  # otherwise the server may have begun by itself
        assert (done["derived"], done["moved"]) == (3, 2)
    assert state(new_database, new_zones) == AFTER
    assert said(new_database, new_zones, OK, "check") == {
        "release": "2026f",
        "directory": str(new_zones.directory),
        "moves": [],
        "zones": [],
        "would_move": 0,
        "unreadable": 0,
    }
    assert said(new_database, new_zones, OK, "apply")["found"] == 0
    check_after(start, new_database, new_zones, amira, ids)
    after = versions(new_database)
    assert [after[i] - before[i] for i in ids] == [1, 1, 0, 0]


def check_after(start, database, zones, amira, ids):
    """The moves are there, with their entries."""
    server = start(database, TZDIR=str(zones.directory)) if not is_running(amira) else None
    if server is not None:
        amira = Person(server.client, amira.username, register=False)
    end = time.monotonic() + WITHIN_S  # a server beside on PostgreSQL looks at the files by itself
    while shown_of(amira, ids[0]) != MOVED:
        assert time.monotonic() < end
        time.sleep(0.2)
    found = expect(amira.get("/api/zone-changes"), 200).json
    assert {item["event_id"] for item in found["items"]} == set(ids[:2])


def is_running(person):
    return person.client.server.process.poll() is None


def test_it_is_said_in_words(start, new_database, zones, new_zones):
    server, amira, ids = fill(start, zones)
    server.stop()
    done = run(new_database, new_zones)
    assert done.returncode == OK
    assert f"Time zones of release 2026f, in {new_zones.directory}" in done.stdout
    assert "by other rules than today's" in done.stdout
    assert "by others: 3, of unknown zones: 0" in done.stdout
    assert "`fasti zones check`" in done.stdout
    done = run(new_database, new_zones, "check")
    assert done.returncode == FAILED
    assert (
        f"event {ids[0]}, {NAME}: 2027-08-02T07:00:00Z to 2027-08-02T08:00:00Z -> "
        "2027-08-02T08:00:00Z to 2027-08-02T09:00:00Z" in done.stdout
    )
    assert f"event {ids[1]}, {NAME}: starts at 2027-01-04T08:00:00Z as before" in done.stdout
    assert f"{NAME}, 2025b -> 2026f: of 3 events 2 would move" in done.stdout
    done = run(new_database, new_zones, "apply")
    assert (done.returncode, done.stdout) == (
        OK,
        "Events by other rules: 3, derived anew by release 2026f: 3, moved: 2\n",
    )
    done = run(new_database, new_zones, "check")
    assert (done.returncode, done.stdout) == (OK, "No event would move by release 2026f.\n")


UNREADABLE = {
    "sqlite": ["PRAGMA ignore_check_constraints = ON"],
    "postgres": ["ALTER TABLE events DROP CONSTRAINT events_status_check"],
}


def test_one_that_cannot_follow_holds_up_no_other(start, new_database, zones, new_zones):
    """One whose row nobody can read, and one whose next version is there already."""
    server, amira, (single, weekly, *_) = fill(start, zones)
    server.stop()
    new_database.change(
        *UNREADABLE[new_database.name],
        f"UPDATE events SET status = 'strange' WHERE id = {single}",
        "INSERT INTO event_versions (event_id, version_number, data, timestamp, change_type)"
        f" SELECT event_id, 2, data, timestamp, 'update' FROM event_versions"
        f" WHERE event_id = {weekly}",
    )
    done = run(new_database, new_zones, "check", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["would_move"], found["unreadable"]) == (FAILED, 1, 1)
    assert done.stderr.count("\n") == 1 and f"Event {single} stays as it is: " in done.stderr
    done = run(new_database, new_zones, "apply", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["derived"], found["moved"]) == (FAILED, 1, 0)
    assert [left["event_id"] for left in found["left"]] == [single, weekly]
    for event_id in (single, weekly):
        assert f"Event {event_id} stays as it is: " in done.stderr
    assert state(new_database, new_zones)[(NAME, "2026f", "current")] == 1


def test_what_is_more_than_a_piece_is_done_in_several(start, new_database, zones, new_zones):
    server = start(TZDIR=str(zones.directory))
    amira = Person(server.client, unused_name("amira"))
    made = set()
    for _ in range(3):
        batch = expect(amira.post("/api/events/batch", [event(**SUMMER)] * 400), 201).json
        made |= {item["id"] for item in batch}
    server.stop()
    found = said(new_database, new_zones, FAILED, "check")
    assert {move["event_id"] for move in found["moves"]} == made
    assert found["would_move"] == 1200
    done = said(new_database, new_zones, OK, "apply")
    assert (done["found"], done["derived"], done["moved"]) == (1200, 1200, 1200)
    assert said(new_database, new_zones, OK, "check")["moves"] == []


@pytest.mark.parametrize("arguments", [["chek"], ["check", "x"], ["apply", "--of"], ["--jsn"]])
def test_what_is_not_said_right_is_refused(new_database, zones, arguments):
    done = run(new_database, zones, *arguments)
    assert (done.returncode, done.stdout) == (BAD_USAGE, "")
    assert "fasti zones [--json]" in done.stderr


def test_without_a_database_it_says_so(new_database, zones):
    for action in ([], ["check"], ["apply"]):
        assert run(new_database, zones, *action).returncode == NO_DATABASE
