"""The calendar has the years 1900 to 2199: both ends, and just outside of them."""

import datetime
import random
import zoneinfo

import pytest

from support import wall
from support.people import event, expect

FIRST = "1900-01-01T00:00:00Z"
LAST = "2199-12-31T23:59:59.999999Z"
BEFORE = "1899-12-31T23:59:59.999999Z"
AFTER = "2200-01-01T00:00:00Z"


def series(person, start, end, rule, **members):
    pattern = rule if isinstance(rule, dict) else {"rrule": rule}
    return person.creates(start_time=start, end_time=end, recurrence_pattern=pattern, **members)


def starts(person, made, **window):
    return [item["start_time"] for item in wall.occurrences(person, made["id"], **window)]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo", "Europe/Amsterdam"])
def test_events_of_the_first_and_the_last_moment(amira, zone):
    for start, end in ((FIRST, "1900-01-01T01:00:00Z"), ("2199-12-31T23:00:00Z", LAST)):
        made = amira.creates(start_time=start, end_time=end, timezone=zone)
        assert (made["start_time"], made["end_time"]) == (start, end)
        seen = amira.sees(made["id"])
        assert (seen["start_time"], seen["end_time"]) == (start, end)
        there = datetime.datetime.fromisoformat(start.replace("Z", "+00:00"))
        there = there.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)
        assert seen["start_local"] == there.isoformat()
        assert starts(amira, made) == [start]
        changed = amira.changes(made["id"], title="Other")
        assert (changed["start_time"], changed["version_number"]) == (start, 2)
        version = expect(amira.get(f"/api/events/{made['id']}/history/1"), 200).json
        assert version["start_time"] == start
        window = {"from": start, "to": end}
        for path in ("/api/occurrences", "/api/events"):
            items = expect(amira.get(path, **window), 200).json["items"]
            assert made["id"] in [item.get("event_id", item.get("id")) for item in items]
        assert expect(amira.get("/api/freebusy", **window), 200).json["users"][0]["busy"]
        clash = event(start_time=start, end_time=end)
        expect(amira.post("/api/events", clash, conflicts="reject"), 409)


@pytest.mark.parametrize("outside", [BEFORE, AFTER, "1900-01-01T00:00:00+00:01"])
def test_nothing_is_outside_of_them(amira, outside):
    made = series(amira, "1900-01-02T00:00:00Z", "1900-01-02T01:00:00Z", "FREQ=DAILY;COUNT=3")
    path = f"/api/events/{made['id']}"
    first = made["start_time"]
    for body in ({"start_time": outside}, {"end_time": outside}):
        expect(amira.post("/api/events", event(**body)), 422, *body)
        expect(amira.patch(path, body), 422, *body)
        expect(amira.patch(f"{path}/occurrences/{first}", body), 422, *body)
        expect(amira.patch(path, {"recurrence_overrides": {first: body}}), 422)
    for pattern in (
        {"freq": "daily", "until": outside},
        {"freq": "daily", "rdates": [outside]},
    ):
        expect(amira.patch(path, {"recurrence_pattern": pattern}), 422)
    for bound in ("from", "to"):
        expect(amira.get(f"{path}/occurrences", **{bound: outside}), 422, bound)
        expect(amira.get("/api/occurrences", **{bound: outside}), 422, bound)
    expect(amira.delete(f"{path}/occurrences/{outside}"), 404)
    assert amira.sees(made["id"])["version_number"] == 1


@pytest.mark.parametrize("until", ["19000101", "19000101T000000Z", "19000101T000000"])
def test_a_series_may_end_on_the_first_day(amira, until):
    made = series(amira, FIRST, "1900-01-01T01:00:00Z", f"FREQ=DAILY;UNTIL={until}")
    assert starts(amira, made) == [FIRST]
    shown = made["recurrence_pattern"]
    if until == "19000101":
        assert shown["rrule"] == "FREQ=DAILY;UNTIL=19000101T235959Z"
        assert shown["text"] == "every day, until 1 January 1900"
    else:
        assert shown["rrule"] == "FREQ=DAILY;UNTIL=19000101T000000Z"
        assert shown["text"] == "every day, until 1 January 1900 at 00:00:00 UTC"
    assert amira.changes(made["id"], recurrence_pattern=shown)["version_number"] == 1


@pytest.mark.parametrize("until", ["1899-12-31", "18991231T235959Z", "2200-01-01"])
def test_no_series_ends_outside(amira, until):
    rule = {"freq": "daily", "until": until}
    body = event(start_time=FIRST, end_time="1900-01-01T01:00:00Z", recurrence_pattern=rule)
    expect(amira.post("/api/events", body), 422)


def test_an_endless_series_ends_with_the_years(amira):
    made = series(amira, "2199-12-29T10:00:00Z", "2199-12-29T11:00:00Z", "FREQ=DAILY")
    assert starts(amira, made) == [f"2199-12-{day}T10:00:00Z" for day in (29, 30, 31)]


def test_birthdays_of_long_ago(amira):
    """sabre-io/dav#73."""
    made = series(
        amira, "1931-03-05T00:00:00Z", "1931-03-06T00:00:00Z", "FREQ=YEARLY", all_day=True
    )
    window = {"from": "2027-01-01T00:00:00Z", "to": "2027-12-31T00:00:00Z"}
    assert starts(amira, made, **window) == ["2027-03-05T00:00:00Z"]
    days = series(
        amira, "1931-03-05T00:00:00Z", "1931-03-06T00:00:00Z",
        "FREQ=DAILY;UNTIL=19310308", all_day=True,
    )
    assert days["recurrence_pattern"]["rrule"] == "FREQ=DAILY;UNTIL=19310308"
    assert len(starts(amira, days)) == 4


@pytest.mark.parametrize("zone", ["UTC", "Europe/Zurich", "America/New_York"])
@pytest.mark.parametrize(
    "rule, start",
    [
        ("FREQ=WEEKLY;COUNT=20", "1969-11-20T09:00:00.5Z"),
        ("FREQ=DAILY;COUNT=80", "1969-11-20T09:00:00Z"),
        ("FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=19700201T000000Z", "1969-11-20T09:00:00Z"),
        ("FREQ=MONTHLY;COUNT=9", "1969-08-20T09:00:00Z"),
        ("FREQ=YEARLY;COUNT=9", "1966-08-20T09:00:00Z"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=9", "1941-12-20T09:00:00Z"),
    ],
)
def test_a_series_is_cut_before_1970(amira, rule, start, zone):
    end = wall.text(wall.moment(start) + datetime.timedelta(hours=1))
    made = series(amira, start, end, rule, timezone=zone)
    before = starts(amira, made)
    at = before[len(before) // 2]
    path = f"/api/events/{made['id']}/occurrences/{at}"
    cut = expect(amira.patch(path, {"title": "Later"}, scope="following"), 200).json
    head, tail = starts(amira, cut["event"]), starts(amira, cut["new_event"])
    assert head == before[: len(before) // 2] and tail == before[len(before) // 2 :]


def test_what_an_rdate_begins_names_its_days_before_1970(amira):
    pattern = {"rrule": "FREQ=WEEKLY", "rdates": ["1951-06-06T09:00:00Z"]}
    made = series(amira, "1951-05-07T09:00:00Z", "1951-05-07T10:00:00Z", pattern)
    path = f"/api/events/{made['id']}/occurrences/1951-06-06T09:00:00Z"
    cut = expect(amira.patch(path, {"title": "Later"}, scope="following"), 200).json
    assert starts(amira, cut["new_event"], to="1951-06-20T00:00:00Z") == [
        "1951-06-06T09:00:00Z",
        "1951-06-11T09:00:00Z",
        "1951-06-18T09:00:00Z",
    ]


def test_series_of_all_years_keep_the_clock(amira, long_run):
    """Against the clock of Python's zoneinfo, an occurrence every 11 weeks or so."""
    chance = random.Random(1900)
    for _ in range(60 if long_run else 12):
        zone = zoneinfo.ZoneInfo(chance.choice(wall.ZONES + ["Europe/Dublin", "Pacific/Apia"]))
        day = datetime.datetime(chance.randrange(1901, 2150), chance.randrange(1, 13), 5)
        local = day + datetime.timedelta(hours=chance.randrange(6, 20))
        step = datetime.timedelta(days=chance.randrange(1, 90))
        start = local.replace(tzinfo=zone)
        if start.utcoffset().total_seconds() % 60:
            continue  # no client can write it
        expected = [(local + i * step).replace(tzinfo=zone) for i in range(40)]
        rule = f"FREQ=DAILY;INTERVAL={step.days};COUNT=40"
        end = start + datetime.timedelta(hours=1)
        made = series(amira, wall.text(start), wall.text(end), rule, timezone=zone.key)
        assert starts(amira, made) == [wall.text(one) for one in expected], (zone, local, step)
