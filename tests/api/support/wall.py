"""Random events on the clocks of many zones."""

import datetime
import zoneinfo

from support.people import event, expect

ZONES = [
    "Europe/Zurich",
    "America/Vancouver",
    "America/Havana",
    "Africa/Casablanca",
    "Europe/Chisinau",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "UTC",
]
UTC = datetime.timezone.utc
HOUR = datetime.timedelta(hours=1)


def text(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(written):
    return datetime.datetime.fromisoformat(written.replace("Z", "+00:00"))


def local(written, zone):
    """The wall-clock time of a moment, as the API writes it."""
    there = moment(written).astimezone(zoneinfo.ZoneInfo(zone))
    return there.replace(tzinfo=None).isoformat()


def of_local(written, zone):
    """The moment of a wall-clock time: in a gap by the offset before it, of two the first, or with
    an offset the second."""
    there = datetime.datetime.fromisoformat(written[:19]).replace(tzinfo=zoneinfo.ZoneInfo(zone))
    return text(there.replace(fold=len(written) > 19))


def is_skipped(written, zone):
    return local(of_local(written, zone), zone) != written[:19]


def random_event(random, zones=ZONES, first_year=2025, years=3):
    """The body of a new event; most repeat."""
    zone = random.choice(zones)
    day = datetime.datetime(first_year, 1, 1) + datetime.timedelta(
        days=random.randrange(365 * years)
    )
    clock = datetime.timedelta(minutes=30 * random.randrange(48))
    start = (day + clock).replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC)
    length = datetime.timedelta(minutes=random.choice([15, 60, 60, 90, 600, 1500]))
    body = event(
        title=f"Event {random.randrange(1000)}",
        start_time=text(start),
        end_time=text(start + length),
        timezone=zone,
    )
    if random.random() < 0.25:
        return body
    rule = random.choice(
        ["FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,WE,SU"]
    )
    ends = random.random()
    if ends < 0.4:
        until = start + datetime.timedelta(days=random.randrange(400))
        rule += f";UNTIL={until.strftime('%Y%m%dT%H%M%SZ')}"
    elif ends < 0.7:
        rule += f";COUNT={random.randrange(1, 200)}"
    body["recurrence_pattern"] = {"rrule": rule}
    if random.random() < 0.3:
        body["recurrence_pattern"]["rdates"] = [
            text(start + datetime.timedelta(days=random.randrange(300), minutes=45))
            for _ in range(random.randrange(1, 3))
        ]
    return body


def occurrences(person, event_id, **window):
    found, cursor = [], {}
    while True:
        path = f"/api/events/{event_id}/occurrences"
        page = expect(person.get(path, limit=1000, **window, **cursor), 200).json
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def override_some(person, made, random, most=4):
    """Overrides some of its occurrences; the event as it then is."""
    start = moment(made["start_time"])
    window = {"from": text(start), "to": text(start + datetime.timedelta(days=399))}
    found = occurrences(person, made["id"], **window)
    overrides = {}
    for item in random.sample(found, min(len(found), random.randrange(most + 1))):
        at = moment(item["occurrence"])
        moved = at + datetime.timedelta(hours=random.randrange(-5, 30))
        overrides[item["occurrence"]] = random.choice(
            [
                {"cancelled": True},
                {"title": "Renamed"},
                {"start_time": text(moved)},
                {"start_time": text(moved), "end_time": text(moved + datetime.timedelta(hours=2))},
            ]
        )
    if not overrides:
        return made
    return person.changes(made["id"], recurrence_overrides=overrides)
