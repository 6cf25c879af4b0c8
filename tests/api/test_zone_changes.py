"""GET /api/zone-changes: which events a new zone file moved, from when to when."""

import time

import pytest

from support import program
from support.people import Person, expect, unused_name
from support.zones import SUMMER, WINTER, of_zurich, take_summer_time
from support.zones import ZURICH as NAME

PATH = "/api/zone-changes"
WITHIN_S = 30
ROOT_PASSWORD = "the root of all tests, 1"
OLD = {
    "start_time": "2027-08-02T07:00:00Z",
    "end_time": "2027-08-02T08:00:00Z",
    "zone_release": "2025b",
}
NEW = {
    "start_time": "2027-08-02T08:00:00Z",
    "end_time": "2027-08-02T09:00:00Z",
    "zone_release": "2026f",
}


@pytest.fixture
def zones(tmp_path):
    return of_zurich(tmp_path / "zoneinfo")


def begin(start, database, zones):
    """A server of its own that has an administrator, and who that is."""
    done = program.run(
        database, "user", "add", "chief", "c@example.org", "--admin", stdin=ROOT_PASSWORD
    )
    assert done.returncode == 0, done.stderr
    server = start(TZDIR=str(zones.directory))
    chief = Person(
        server.client, "chief", password=ROOT_PASSWORD, email="c@example.org", register=False
    )
    return server, chief


def changes(person, **query):
    return expect(person.get(PATH, **query), 200).json


def wait_for_changes(person, count):
    end = time.monotonic() + WITHIN_S
    while changes(person)["total"] < count:
        assert time.monotonic() < end, changes(person)
        time.sleep(0.2)
    found = changes(person)
    assert found["total"] == len(found["items"]) == count
    assert found["next_cursor"] is None
    return found["items"]


def test_the_owner_sees_what_was_moved_and_administrators_all(start, new_database, zones):
    server, chief = begin(start, new_database, zones)
    amira = Person(server.client, unused_name("amira"))
    bela = Person(server.client, unused_name("bela"))
    single = amira.creates(title="Single", **SUMMER)["id"]
    series = amira.creates(
        title="Weekly",
        recurrence_pattern={"rrule": "FREQ=WEEKLY;UNTIL=20270927T070000Z"},
        recurrence_overrides={"2027-07-05T07:00:00Z": {"cancelled": True}},
        **WINTER,
    )["id"]
    amira.creates(title="Winter", **WINTER)
    theirs = bela.creates(title="Theirs", **SUMMER)["id"]
    bela.shares(theirs, amira, "Editor")
    assert changes(amira) == {"items": [], "total": 0, "next_cursor": None}

    take_summer_time(zones)
    server.restart()
    found = wait_for_changes(amira, 2)
    assert [item["id"] for item in found] == sorted((i["id"] for i in found), reverse=True)
    of = {item["event_id"]: item for item in found}
    assert set(of) == {single, series}
    entry = expect(amira.get(f"/api/events/{single}/changelog", order="desc"), 200).json[0]
    assert of[single] == {
        "id": entry["id"],
        "event_id": single,
        "owner_id": amira.id,
        "title": "Single",
        "timezone": NAME,
        "version_number": 2,
        "timestamp": entry["timestamp"],
        "old": OLD,
        "new": NEW,
        "changed_fields": ["start_time", "end_time"],
    }
    assert of[series]["changed_fields"] == ["recurrence_pattern", "recurrence_overrides"]
    assert of[series]["old"] == {
        "start_time": WINTER["start_time"],
        "end_time": WINTER["end_time"],
        "zone_release": "2025b",
    }
    assert of[series]["new"] == {**of[series]["old"], "zone_release": "2026f"}

    assert [item["event_id"] for item in wait_for_changes(bela, 1)] == [theirs]
    seen = wait_for_changes(chief, 3)
    assert {item["event_id"] for item in seen} == {single, series, theirs}
    assert {item["title"] for item in seen} == {None}
    assert changes(chief, owner_id=bela.id)["total"] == 1
    assert changes(chief, owner_id=bela.id)["items"][0]["owner_id"] == bela.id
    assert changes(chief, owner_id=chief.id)["total"] == 0
    assert changes(amira, owner_id=amira.id)["items"] == found
    assert changes(amira, owner_id=bela.id) == {"items": [], "total": 0, "next_cursor": None}
    check_who_owns_it_now(amira, bela, single)


def check_who_owns_it_now(amira, bela, single):
    """What is in the trash is still its owner's; what is handed over is the other's."""
    expect(amira.delete(f"/api/events/{single}"), 200)
    assert changes(amira)["total"] == 2
    expect(amira.post(f"/api/events/{single}/restore"), 200)
    bela.knows(amira)
    expect(amira.post(f"/api/events/{single}/transfer", {"user_id": bela.id}), 200)
    assert single not in {item["event_id"] for item in changes(amira)["items"]}
    assert single in {item["event_id"] for item in changes(bela)["items"]}
    expect(bela.delete(f"/api/events/{single}"), 200)
    expect(bela.delete(f"/api/events/{single}/purge"), 204)
    assert single not in {item["event_id"] for item in changes(bela)["items"]}


def test_pages_follow_one_another_newest_first(start, new_database, zones):
    server, chief = begin(start, new_database, zones)
    amira = Person(server.client, unused_name("amira"))
    made = {amira.creates(title=f"Event {n}", **SUMMER)["id"] for n in range(7)}
    take_summer_time(zones)
    server.restart()
    wait_for_changes(amira, 7)
    zones.release("2027a")
    zones.put_system(NAME, NAME)
    server.restart()
    whole = wait_for_changes(amira, 14)
    assert {item["event_id"] for item in whole[:7]} == made
    assert {item["event_id"] for item in whole[7:]} == made
    assert whole[0]["old"] == NEW
    assert whole[0]["new"] == {**OLD, "zone_release": "2027a"}
    for person in (amira, chief):
        for limit in (1, 3, 13, 14):
            ids, cursor = [], {}
            while True:
                page = changes(person, limit=limit, **cursor)
                assert len(page["items"]) <= limit
                assert (page["total"] is None) == bool(cursor)
                ids += [item["id"] for item in page["items"]]
                if page["next_cursor"] is None:
                    break
                cursor = {"cursor": page["next_cursor"]}
            assert ids == [item["id"] for item in whole]
        skipped = changes(person, skip=10, limit=2)["items"]
        assert [item["id"] for item in skipped] == [item["id"] for item in whole[10:12]]
    page = changes(amira, limit=1)
    cursor = page["next_cursor"]
    for other in (chief, Person(server.client, unused_name("bela"))):
        expect(other.get(PATH, cursor=cursor), 422, "cursor")
    expect(amira.get(PATH, cursor=cursor, owner_id=amira.id), 422, "cursor")
    expect(amira.get(PATH, owner_id=0), 422, "owner_id")
