"""What the program before wall-clock times wrote is shown as it showed it: every moment, the first
forty occurrences, the first version and its difference from the newest of 100,000 random events.

`./test --long moments` builds that program, of schema 16, and names it in
FASTI_TEST_BEFORE_WALL_CLOCKS. The short form, against what the present program wrote, is in
test_wall_clocks.py."""

import datetime
import hashlib
import json
import os
import random
import signal
import zoneinfo

import pytest

from support import databases, program, wall
from support.people import Person, expect

BEFORE = os.environ.get("FASTI_TEST_BEFORE_WALL_CLOCKS")
PEOPLE = ["amira", "bela", "chioma", "dmitri"]  # a quota is 50,000 events
EVENTS = 100_000
AT_ONCE = 250
ZONES = wall.ZONES + [
    "America/New_York", "America/Santiago", "America/St_Johns", "Antarctica/Troll",
    "Asia/Tehran", "Australia/Eucla", "Europe/Dublin", "Pacific/Apia", "Pacific/Chatham",
]  # fmt: skip
SINCE = {"start_local", "end_local", "occurrence_local"}  # what no older program tells


def local_series(chance):
    """A start on the clock of a zone, the distance of its occurrences in days, and a rule."""
    zone = zoneinfo.ZoneInfo(chance.choice(ZONES))
    day = datetime.datetime(2020, 1, 1) + datetime.timedelta(days=chance.randrange(3650))
    local = day + datetime.timedelta(minutes=15 * chance.randrange(96))
    weekly = chance.random() < 0.4
    interval = chance.choice([1, 1, 2, 3])
    rule = f"FREQ={'WEEKLY' if weekly else 'DAILY'};INTERVAL={interval}"
    return zone, local, interval * (7 if weekly else 1), rule


def at(zone, local):
    return local.replace(tzinfo=zone)


def random_override(chance, start):
    moved = start + datetime.timedelta(minutes=30 * chance.randrange(-40, 60))
    return chance.choice(
        [
            {"cancelled": True},
            {"title": "Renamed", "location": "Elsewhere"},
            {"start_time": wall.text(moved)},
            {"start_time": wall.text(moved), "end_time": wall.text(moved + 2 * wall.HOUR)},
        ]
    )


def random_event(chance, number):
    zone, local, step, rule = local_series(chance)
    start = at(zone, local)
    length = datetime.timedelta(minutes=chance.choice([15, 60, 60, 90, 600, 1500]))
    body = {
        "title": f"Event {number}",
        "start_time": wall.text(start),
        "end_time": wall.text(start.astimezone(wall.UTC) + length),
        "timezone": zone.key,
    }
    if chance.random() < 0.1:
        date = local.replace(hour=0, minute=0, tzinfo=wall.UTC)
        body.update(
            all_day=True,
            start_time=wall.text(date),
            end_time=wall.text(date + datetime.timedelta(days=chance.randrange(1, 4))),
        )
        start, zone = date, wall.UTC
        local = local.replace(hour=0, minute=0)
    if chance.random() < 0.3:
        return body
    ends = chance.random()
    if ends < 0.4:
        until = at(zone, local + datetime.timedelta(days=chance.randrange(1, 600)))
        rule += f";UNTIL={until.astimezone(wall.UTC).strftime('%Y%m%dT%H%M%SZ')}"
    elif ends < 0.7:
        rule += f";COUNT={chance.randrange(5, 120)}"
    body["recurrence_pattern"] = {"rrule": rule}
    if chance.random() < 0.2:
        extra = at(zone, local + datetime.timedelta(days=chance.randrange(300), minutes=45))
        if not body.get("all_day"):
            body["recurrence_pattern"]["rdates"] = [wall.text(extra)]
    if chance.random() < 0.5 and not body.get("all_day"):
        days = [step * n for n in chance.sample(range(5), chance.randrange(1, 4))]
        starts = [at(zone, local + datetime.timedelta(days=n)) for n in days]
        if ends >= 0.4:  # an UNTIL may come before them
            body["recurrence_overrides"] = {
                wall.text(one): random_override(chance, one) for one in starts
            }
    return body


def random_change(chance, made):
    if chance.random() < 0.5:
        return {"id": made["id"], "title": "Changed", "location": "There"}
    by = datetime.timedelta(minutes=15 * chance.randrange(-20, 20))
    if made["all_day"]:
        by = datetime.timedelta(days=1)
    times = {name: wall.moment(made[name]) + by for name in ("start_time", "end_time")}
    return {"id": made["id"], **{name: wall.text(time) for name, time in times.items()}}


def create(person, body):
    """A few name as an occurrence what is none: where a zone skips a day, say."""
    reply = person.post("/api/events/batch", body)
    if reply.status == 422:
        for fault in reply.json["errors"]:
            assert fault["loc"][2] == "recurrence_overrides", fault
            body[fault["loc"][1]].pop("recurrence_overrides", None)
        reply = person.post("/api/events/batch", body)
    return expect(reply, 201).json


def fill(server, count):
    """Returns of each person the events, and which of them have a second version."""
    chance = random.Random(17)
    events = {}
    for name in PEOPLE:
        person = Person(server.client, name)
        events[name] = {}
        for first in range(0, count // len(PEOPLE), AT_ONCE):
            body = [random_event(chance, first + i) for i in range(AT_ONCE)]
            made = create(person, body)
            events[name].update({one["id"]: 1 for one in made})
            items = [random_change(chance, one) for one in chance.sample(made, AT_ONCE // 4)]
            changed = person.patch("/api/events/batch", {"items": items})
            if changed.status == 200:
                events[name].update({one["id"]: one["version_number"] for one in changed.json})
            else:  # one of them cannot be moved: each by itself then
                for item in items:
                    one = person.patch(f"/api/events/{item.pop('id')}", item)
                    if one.status == 200:
                        events[name][one.json["id"]] = one.json["version_number"]
    return events


def digest(reply):
    seen = json.loads(
        expect(reply, 200).body,
        object_hook=lambda found: {k: v for k, v in found.items() if k not in SINCE},
    )
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).digest()[:12]


def all_of(person, versions):
    """What anybody can see of these events, in short."""
    seen = {}
    for event_id, version in versions.items():
        path = f"/api/events/{event_id}"
        seen[event_id, "event"] = digest(person.get(path))
        seen[event_id, "occurrences"] = digest(person.get(f"{path}/occurrences", limit=40))
        if version > 1:
            seen[event_id, "version"] = digest(person.get(f"{path}/history/1"))
            seen[event_id, "diff"] = digest(person.get(f"{path}/diff/1/{version}"))
    return seen


def end(server):
    """The older program's database is judged by what the present one makes of it."""
    server.client.close()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=30) == 0


@pytest.mark.skipif(BEFORE is None, reason="a part of the long form")
def test_what_the_program_before_showed_is_shown(database_name, tmp_path):
    count = int(os.environ.get("FASTI_TEST_EVENTS", EVENTS))
    database = databases.create(database_name, tmp_path / "older")
    server = program.Server(database, program=BEFORE)
    events = fill(server, count)
    assert sum(len(some) for some in events.values()) == count
    before = {}
    for name in PEOPLE:
        before[name] = all_of(Person(server.client, name, register=False), events[name])
    end(server)
    done = program.run(database, "migrate", timeout=600)
    assert done.returncode == 0, done.stderr
    server = program.Server(database)
    for name in PEOPLE:
        after = all_of(Person(server.client, name, register=False), events[name])
        differing = [what for what, seen in before[name].items() if after[what] != seen]
        assert not differing, (name, len(differing), differing[:10])
    server.stop()
    database.drop()
