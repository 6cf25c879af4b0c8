"""What is kept of a time is what the clock on the wall shows."""

import json
import random

from support import wall
from support.people import Person, expect, unused_name
from support.wall import ZONES

LOCAL_COLUMNS = {
    "events": [
        "start_local",
        "end_local",
        "start_is_second",
        "end_is_second",
        "local_times",
        "zone_rules",
        "zone_release",
    ],
    "event_versions": ["local_times"],
}


# What later migrations make again.
LATER_COLUMNS = {"audit": ["bytes"], "blocks": ["ended", "place"]}
LATER_INDEXES = [
    "idx_changelog_zone_updates",
    "idx_changelog_zone_updates_of_event",
    "idx_blocks_unfinished",
]


def fill(person, count, seed):
    """Makes events of several versions; their ids."""
    chance = random.Random(seed)
    ids = []
    for _ in range(count):
        made = person.creates(**wall.random_event(chance))
        if made["is_recurring"]:
            made = wall.override_some(person, made, chance)
        if chance.random() < 0.3:
            start = wall.moment(made["start_time"])
            person.changes(
                made["id"],
                timezone=chance.choice(ZONES),
                end_time=wall.text(start + wall.datetime.timedelta(hours=3)),
            )
        ids.append(made["id"])
    return ids


def all_of(person, ids):
    """What anybody can see of these events."""
    seen = {}
    for event_id in ids:
        one = seen[event_id] = person.sees(event_id)
        start = wall.moment(one["start_time"])
        window = {
            "from": wall.text(start - wall.datetime.timedelta(days=3)),
            "to": wall.text(start + wall.datetime.timedelta(days=300)),
        }
        one["occurrences"] = wall.occurrences(person, event_id, **window)
        for version in range(1, one["version_number"] + 1):
            path = f"/api/events/{event_id}/history/{version}"
            one[version] = expect(person.get(path), 200).json
            path = f"/api/events/{event_id}/diff/1/{version}"
            one["diff", version] = expect(person.get(path), 200).json
    return seen


def kept(database):
    """What the columns of wall-clock times hold."""
    found = {}
    for table, columns in LOCAL_COLUMNS.items():
        found[table] = database.rows(f"SELECT id, {', '.join(columns)} FROM {table} ORDER BY id")
        for row in found[table]:
            if isinstance(row["local_times"], str):
                row["local_times"] = json.loads(row["local_times"])
    return found


def test_local_times_are_those_of_the_zone(amira):
    chance = random.Random(1)
    for zone in ZONES:
        made = amira.creates(**wall.random_event(chance, zones=[zone]))
        assert made["start_local"] == wall.local(made["start_time"], zone)
        assert made["end_local"] == wall.local(made["end_time"], zone)
        moved = amira.changes(made["id"], timezone="Asia/Tokyo")
        assert moved["start_local"] == wall.local(moved["start_time"], "Asia/Tokyo")


def test_an_all_day_event_has_dates(amira):
    made = amira.creates(
        start_time="2027-06-30T22:00:00Z",
        end_time="2027-07-02T22:00:00Z",
        timezone="Europe/Berlin",
        all_day=True,
    )
    assert (made["start_local"], made["end_local"]) == ("2027-07-01", "2027-07-03")
    sent_back = expect(amira.put(f"/api/events/{made['id']}", made), 200).json
    assert sent_back["version_number"] == 1


def test_the_second_of_two_equal_times_is_remembered(amira, server):
    made = amira.creates(
        start_time="2027-10-31T01:30:00Z",  # 02:30 for the second time
        end_time="2027-10-31T02:30:00Z",
        timezone="Europe/Zurich",
    )
    assert made["start_local"] == "2027-10-31T02:30:00"
    row = server.database.rows(f"SELECT start_is_second FROM events WHERE id = {made['id']}")[0]
    assert row["start_is_second"] in (1, True)
    at = "WHERE event_id = {} AND version_number = 1".format(made["id"])
    text = server.database.rows(f"SELECT local_times FROM event_versions {at}")[0]["local_times"]
    written = json.loads(text) if isinstance(text, str) else text
    assert written == {"start": "2027-10-31T02:30:00+01:00", "end": "2027-10-31T03:30:00"}


def test_local_times_cannot_be_written(amira):
    made = amira.creates(timezone="Europe/Zurich")
    reply = amira.patch(f"/api/events/{made['id']}", {"start_local": "2025-03-03T11:00:00"})
    expect(reply, 422, "start_local")


def test_the_migration_changes_nothing_that_anybody_sees(start, new_database, long_run):
    server = start()
    name = unused_name("amira")
    amira = Person(server.client, name)
    ids = fill(amira, 1000 if long_run else 40, seed=13)
    before = all_of(amira, ids)
    written = kept(new_database)
    server.stop()
    drops = [f"DROP INDEX {name}" for name in LATER_INDEXES]
    drops += [
        f"ALTER TABLE {table} DROP COLUMN {column}"
        for table, columns in (LOCAL_COLUMNS | LATER_COLUMNS).items()
        for column in columns
    ]
    new_database.change(*drops, "DELETE FROM schema_version WHERE version >= 17")
    server = start()
    amira = Person(server.client, name, register=False)
    assert kept(new_database) == written
    assert all_of(amira, ids) == before
