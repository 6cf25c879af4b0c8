"""A new zone file under a running server, and at its start: nine in the morning stays nine, what
was cancelled stays cancelled, and what was renamed is there once."""

import time

import pytest

from support import wall
from support.people import Person, expect, unused_name
from support.zones import ZURICH as NAME
from support.zones import of_zurich, take_summer_time

WITHIN_S = 30
WINDOW = {"from": "2027-01-01T00:00:00Z", "to": "2027-12-31T00:00:00Z"}


@pytest.fixture
def zones(tmp_path):
    return of_zurich(tmp_path / "zoneinfo")


def weekly(person):
    return person.creates(
        title="Weekly",
        start_time="2027-01-04T08:00:00Z",
        end_time="2027-01-04T09:00:00Z",
        timezone=NAME,
        recurrence_pattern={"rrule": "FREQ=WEEKLY;UNTIL=20270927T070000Z"},
        recurrence_overrides={
            "2027-07-05T07:00:00Z": {"cancelled": True},
            "2027-07-19T07:00:00Z": {"title": "Renamed"},
            "2027-07-26T07:00:00Z": {"start_time": "2027-07-26T13:00:00Z"},
        },
    )


def shown(items):
    return [(item["start_time"], item["title"]) for item in items]


def wait_for_changes(person, event_id, count):
    """The entries of the changelog that nobody made."""
    end = time.monotonic() + WITHIN_S
    while True:
        entries = expect(person.get(f"/api/events/{event_id}/changelog"), 200).json
        found = [entry for entry in entries if entry["change_type"] == "zone_update"]
        if len(found) >= count or time.monotonic() > end:
            assert len(found) == count, entries
            return found
        time.sleep(0.2)


def expected_without_summer_time():
    """Every Monday at nine, which is 08:00 in UTC all year."""
    starts = [
        wall.text(wall.moment("2027-01-04T08:00:00Z") + wall.datetime.timedelta(weeks=week))
        for week in range(39)
    ]
    titles = {"2027-07-19T08:00:00Z": "Renamed"}
    moved = {"2027-07-26T08:00:00Z": "2027-07-26T14:00:00Z"}
    return sorted(
        (moved.get(start, start), titles.get(start, "Weekly"))
        for start in starts
        if start != "2027-07-05T08:00:00Z"
    )


def check_all(amira, made, single):
    found = wall.occurrences(amira, made["id"], **WINDOW)
    assert shown(found) == expected_without_summer_time()
    calendar = expect(amira.get("/api/calendar", limit=1000, **WINDOW), 200).json["items"]
    assert sorted(shown(calendar)) == sorted(
        expected_without_summer_time() + [("2027-08-02T08:00:00Z", "Single")]
    )
    last = {"from": "2027-09-27T08:30:00Z", "to": "2027-09-27T08:45:00Z"}
    listed = expect(amira.get("/api/events", **last), 200).json["items"]
    assert [item["id"] for item in listed] == [made["id"]]
    now = amira.sees(single["id"])
    assert (now["start_time"], now["start_local"]) == (
        "2027-08-02T08:00:00Z",
        "2027-08-02T09:00:00",
    )


@pytest.mark.parametrize("is_running", [True, False], ids=["running", "at_start"])
def test_a_summer_time_that_goes_moves_no_clock(start, zones, is_running):
    server = start(TZDIR=str(zones.directory))
    amira = Person(server.client, unused_name("amira"))
    made = weekly(amira)
    single = amira.creates(
        title="Single",
        start_time="2027-08-02T07:00:00Z",
        end_time="2027-08-02T08:00:00Z",
        timezone=NAME,
    )
    winter = amira.creates(
        start_time="2026-01-04T08:00:00Z", end_time="2026-01-04T09:00:00Z", timezone=NAME
    )
    before = wall.occurrences(amira, made["id"], **WINDOW)
    if not is_running:
        server.stop()
    take_summer_time(zones)
    if not is_running:
        server.start()
    entry = wait_for_changes(amira, made["id"], 1)[0]
    assert entry["changes"]["zone_release"] == {"old": "2025b", "new": "2026f"}
    assert (entry["user_id"], entry["version_number"]) == (None, 2)
    wait_for_changes(amira, single["id"], 1)
    wait_for_changes(amira, winter["id"], 0)
    check_all(amira, made, single)
    patched = amira.changes(made["id"], location="Room 4")
    assert len(patched["recurrence_overrides"]) == 3
    path = f"/api/events/{made['id']}/rollback/1"
    back = expect(amira.post(path), 200).json
    assert back["recurrence_overrides"] == patched["recurrence_overrides"]
    diff = expect(amira.get(f"/api/events/{made['id']}/diff/1/{back['version_number']}"), 200)
    assert diff.json["changes"] == []
    zones.release("2027a")
    zones.put_system(NAME, NAME)
    if not is_running:
        server.restart()
    wait_for_changes(amira, made["id"], 2)
    assert wall.occurrences(amira, made["id"], **WINDOW) == before
