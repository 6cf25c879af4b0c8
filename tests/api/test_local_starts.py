"""Occurrences are known by what the clock of their zone shows, which no zone file changes."""

import random

import pytest

from support import wall
from support.people import Person, expect, unused_name
from support.zones import ZURICH as NAME
from support.zones import of_zurich
from test_zone_files import WINDOW, wait_for_changes, weekly

ZURICH = {"timezone": "Europe/Zurich"}


def daily(person, start, end, rule="FREQ=DAILY;COUNT=5", **members):
    pattern = {"rrule": rule}
    return person.creates(start_time=start, end_time=end, recurrence_pattern=pattern, **members)


def path_of(made, start=None):
    return f"/api/events/{made['id']}" + (f"/occurrences/{start}" if start else "")


def locals_of(person, made, **window):
    found = wall.occurrences(person, made["id"], **window)
    return [(item["occurrence"], item["occurrence_local"]) for item in found]


# -- What is shown ---------------------------------------------------------------------------------


def test_every_view_of_an_occurrence_tells_its_local_start(amira):
    made = daily(amira, "2027-07-05T07:00:00Z", "2027-07-05T08:00:00Z", **ZURICH)
    moved = {"start_time": "2027-07-06T12:00:00Z", "title": "Moved"}
    expect(amira.patch(path_of(made, "2027-07-06T07:00:00Z"), moved), 200)
    expected = [
        (f"2027-07-{day:02}T07:00:00Z", f"2027-07-{day:02}T09:00:00") for day in range(5, 10)
    ]
    assert locals_of(amira, made) == expected
    window = {"from": "2027-07-01T00:00:00Z", "to": "2027-07-20T00:00:00Z"}
    for path in ("/api/occurrences", "/api/calendar"):
        items = expect(amira.get(path, **window), 200).json["items"]
        assert [(item["occurrence"], item["occurrence_local"]) for item in items] == expected
    probe = {"title": "x", "start_time": "2027-07-06T12:30:00Z", "end_time": "2027-07-06T14:00:00Z"}
    (clash,) = expect(amira.post("/api/events/conflicts", probe), 200).json["conflicts"]
    assert clash["occurrence_local"] == "2027-07-06T09:00:00"
    refused = expect(amira.post("/api/events", probe, conflicts="reject"), 409).json
    assert refused["conflicts"] == [clash]
    other = {"start_time": "2027-07-07T09:00:00Z"}
    edit = amira.patch(path_of(made, expected[2][0]), other, scope="all", dry_run="true")
    preview = expect(edit, 200).json["preview"]
    steps = [step for fate in ("added", "removed", "moved", "kept") for step in preview[fate]]
    assert sorted((step["occurrence"], step["occurrence_local"]) for step in steps) == expected


def test_a_day_is_known_by_its_date(amira):
    made = daily(amira, "2027-07-05T00:00:00Z", "2027-07-06T00:00:00Z", all_day=True, **ZURICH)
    assert [local for _, local in locals_of(amira, made)] == [
        f"2027-07-{day:02}" for day in range(5, 10)
    ]


@pytest.mark.parametrize(
    "start, expected",
    [
        # 02:30 in winter; skipped on the 28th
        ("2027-03-27T01:30:00Z", ["27T02:30:00", "28T02:30:00", "29T02:30:00"]),
        ("2027-03-27T02:30:00Z", ["27T03:30:00", "28T03:30:00", "29T03:30:00"]),
    ],
)
def test_what_a_gap_pushes_on_is_known_by_what_was_meant(amira, start, expected):
    made = daily(amira, start, wall.text(wall.moment(start) + wall.HOUR), **ZURICH)
    found = locals_of(amira, made)[:3]
    assert [local for _, local in found] == [f"2027-03-{day}" for day in expected]
    assert found[1][0] == "2027-03-28T01:30:00Z"


def test_the_second_of_two_is_known_with_its_offset(amira):
    made = daily(amira, "2027-10-31T01:30:00Z", "2027-10-31T02:00:00Z", **ZURICH)
    assert [local for _, local in locals_of(amira, made)][:2] == [
        "2027-10-31T02:30:00+01:00",
        "2027-11-01T02:30:00",
    ]


def test_local_starts_are_those_of_the_zone(amira, long_run):
    chance = random.Random(5)
    for _ in range(400 if long_run else 40):
        made = amira.creates(**wall.random_event(chance))
        for start, local in locals_of(amira, made)[:400]:
            shown = wall.local(start, made["timezone"])
            if local[:19] != shown:  # pushed on by a gap: the clock never shows it
                assert wall.is_skipped(local, made["timezone"]), (made, start, local)
                assert wall.of_local(local, made["timezone"]) == start


@pytest.fixture
def zones(tmp_path):
    return of_zurich(tmp_path / "zoneinfo")


def test_a_new_zone_file_changes_no_local_start(start, zones):
    server = start(TZDIR=str(zones.directory))
    amira = Person(server.client, unused_name("amira"))
    made = weekly(amira)
    night = daily(  # in the gap of 28 March and the two nights around it
        amira, "2027-03-27T01:30:00Z", "2027-03-27T02:00:00Z", "FREQ=DAILY;COUNT=3", timezone=NAME
    )
    before = [locals_of(amira, one, **WINDOW) for one in (made, night)]
    zones.put_system("Africa/Lagos", NAME)
    server.restart()
    wait_for_changes(amira, made["id"], 1)
    after = [locals_of(amira, one, **WINDOW) for one in (made, night)]
    for was, now in zip(before, after):
        assert [local for _, local in was] == [local for _, local in now]
    assert before[0] != after[0]


# -- What is taken ---------------------------------------------------------------------------------

CANCELLED = {"cancelled": True}
SERIES = {
    "start_time": "2027-07-05T07:00:00Z",
    "end_time": "2027-07-05T08:00:00Z",
    "timezone": "Europe/Zurich",
    "recurrence_pattern": {"rrule": "FREQ=DAILY;COUNT=5"},
}


def written(person, door, made, **members):
    """The event after the members were sent in one of the ways there are."""
    path = path_of(made)
    if door == "create":
        body = {name: made[name] for name in ("title", *SERIES, "all_day")}
        return expect(person.post("/api/events", {**body, **members}), 201).json
    if door == "batch create":
        body = {name: made[name] for name in ("title", *SERIES, "all_day")}
        return expect(person.post("/api/events/batch", [{**body, **members}]), 201).json[0]
    if door == "batch":
        items = [{"id": made["id"], **members}]
        return expect(person.patch("/api/events/batch", {"items": items}), 200).json[0]
    send = person.put if door == "PUT" else person.patch
    return expect(send(path, members), 200).json


DOORS = pytest.mark.parametrize("door", ["create", "batch create", "PUT", "PATCH", "batch"])


@DOORS
def test_keys_of_overrides_are_taken_as_the_clock_shows_them(amira, door):
    made = amira.creates(**SERIES)
    given = {
        "2027-07-06T09:00:00": CANCELLED,
        "2027-07-07T07:00:00Z": {"title": "a"},
        "2027-07-08T09:00": {"title": "b"},
    }
    done = written(amira, door, made, recurrence_overrides=given)
    assert done["recurrence_overrides"] == {
        "2027-07-06T07:00:00Z": CANCELLED,
        "2027-07-07T07:00:00Z": {"title": "a"},
        "2027-07-08T07:00:00Z": {"title": "b"},
    }
    if not door.endswith("create"):
        again = written(amira, door, made, recurrence_overrides=given)
        assert again["version_number"] == done["version_number"] == 2


@DOORS
def test_keys_of_whole_days_are_taken_as_dates(amira, door):
    days = {"start_time": "2027-07-05T00:00:00Z", "end_time": "2027-07-06T00:00:00Z"}
    made = amira.creates(**{**SERIES, **days}, all_day=True)
    given = {"2027-07-06": CANCELLED, "2027-07-07T00:00:00": {"title": "a"}}
    done = written(amira, door, made, recurrence_overrides=given)
    assert done["recurrence_overrides"] == {
        "2027-07-06T00:00:00Z": CANCELLED,
        "2027-07-07T00:00:00Z": {"title": "a"},
    }


WRONG = [
    {"2027-07-06T09:00:01": CANCELLED},
    {"2027-07-06": CANCELLED},
    {"2027-07-06T07:00:00": CANCELLED},
    {"0001-07-06T09:00:00": CANCELLED},
]


@pytest.mark.parametrize("given", WRONG)
@pytest.mark.parametrize("send", ["put", "patch"])
def test_what_names_no_occurrence_is_refused(amira, send, given):
    made = amira.creates(**SERIES)
    reply = getattr(amira, send)(path_of(made), {"recurrence_overrides": given})
    (fault,) = expect(reply, 422).json["errors"]
    assert fault["type"] == "not_an_occurrence"


def test_two_names_of_one_occurrence_are_one(amira):
    made = amira.creates(**SERIES)
    same = {"2027-07-06T09:00:00": CANCELLED, "2027-07-06T07:00:00Z": CANCELLED}
    done = expect(amira.put(path_of(made), {"recurrence_overrides": same}), 200).json
    assert done["recurrence_overrides"] == {"2027-07-06T07:00:00Z": CANCELLED}
    other = {"2027-07-06T09:00:00": CANCELLED, "2027-07-06T07:00:00Z": {"title": "x"}}
    for send in (amira.put, amira.patch):
        (fault,) = expect(send(path_of(made), {"recurrence_overrides": other}), 422).json["errors"]
        assert fault["type"] == "repeated"


def test_a_patch_merges_into_the_override_that_the_clock_names(amira):
    made = amira.creates(**SERIES, recurrence_overrides={"2027-07-06T07:00:00Z": {"title": "a"}})
    given = {"2027-07-06T09:00:00": {"location": "Here"}, "2027-07-20T09:00:00": None}
    done = amira.changes(made["id"], recurrence_overrides=given)
    assert done["recurrence_overrides"] == {
        "2027-07-06T07:00:00Z": {"location": "Here", "title": "a"}
    }
    done = amira.changes(made["id"], recurrence_overrides={"2027-07-06T09:00:00": None})
    assert done["recurrence_overrides"] is None


def test_names_are_of_the_zone_that_the_event_has_then(amira):
    made = amira.creates(**SERIES)
    body = {"timezone": "Asia/Tokyo", "recurrence_overrides": {"2027-07-06T16:00:00": CANCELLED}}
    done = expect(amira.put(path_of(made), body), 200).json
    assert done["recurrence_overrides"] == {"2027-07-06T07:00:00Z": CANCELLED}
    # 16:00 is no start of it as it was, 09:00 is none as it will be
    body = {"timezone": "Europe/Zurich"}
    body["recurrence_overrides"] = {
        "2027-07-07T16:00:00": CANCELLED,
        "2027-07-08T09:00:00": {"title": "x"},
    }
    done = amira.changes(made["id"], **body)
    assert done["recurrence_overrides"] == {
        "2027-07-06T07:00:00Z": CANCELLED,
        "2027-07-07T07:00:00Z": CANCELLED,
        "2027-07-08T07:00:00Z": {"title": "x"},
    }


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_paths_are_taken_as_the_clock_shows_them(amira, scope):
    made = amira.creates(**SERIES)
    path = path_of(made, "2027-07-07T09:00:00")
    done = expect(amira.patch(path, {"title": "x"}, scope=scope), 200).json
    if scope == "this":
        changed = {"2027-07-07T07:00:00Z": {"title": "x"}}
        assert done["event"]["recurrence_overrides"] == changed
        assert expect(amira.delete(path), 200).json["event"]["recurrence_overrides"] == {
            "2027-07-07T07:00:00Z": CANCELLED
        }
    else:
        event = done["new_event"] or done["event"]
        assert event["start_time"] == ("2027-07-07" if scope == "following" else "2027-07-05") + (
            "T07:00:00Z"
        )
    for wrong in ("2027-07-07T09:00:01", "2027-07-07", "2027-07-07T07:00:00", "0001-01-01T00:00"):
        expect(amira.delete(path_of(made, wrong)), 404)


def test_a_date_is_the_path_of_a_day(amira):
    days = {"start_time": "2027-07-05T00:00:00Z", "end_time": "2027-07-06T00:00:00Z"}
    made = amira.creates(**{**SERIES, **days}, all_day=True)
    edited = expect(amira.delete(path_of(made, "2027-07-07")), 200).json["event"]
    assert edited["recurrence_overrides"] == {"2027-07-07T00:00:00Z": CANCELLED}
    expect(amira.delete(path_of(made, "2027-07-17")), 404)


def test_both_times_around_a_gap_name_what_it_pushed(amira):
    made = daily(amira, "2027-03-27T01:30:00Z", "2027-03-27T02:00:00Z", **ZURICH)
    for name in ("2027-03-28T02:30:00", "2027-03-28T03:30:00", "2027-03-28T01:30:00Z"):
        done = expect(amira.patch(path_of(made, name), {"title": name}), 200).json["event"]
        assert done["recurrence_overrides"] == {"2027-03-28T01:30:00Z": {"title": name}}


def test_the_two_of_a_fold_have_two_names(amira):
    dates = ["2027-10-31T02:30:00", "2027-10-31T02:30:00+01:00"]
    made = daily(
        amira, "2027-10-30T10:00:00Z", "2027-10-30T10:15:00Z", "FREQ=DAILY;COUNT=2", **ZURICH
    )
    made = amira.changes(made["id"], recurrence_pattern={"rdates": dates})
    moments = ["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"]
    assert made["recurrence_pattern"]["rdates"] == moments
    assert locals_of(amira, made)[1:3] == list(zip(moments, dates))
    for moment, name in zip(moments, dates):
        done = expect(amira.delete(path_of(made, name)), 200).json["event"]
        assert done["recurrence_overrides"].pop(moment) == CANCELLED
        made = amira.changes(made["id"], recurrence_overrides={name: None})
        assert made["recurrence_overrides"] is None


@DOORS
@pytest.mark.parametrize(
    "given, rule",
    [
        ({"freq": "daily", "until": "2027-07-07T09:00:00"}, "FREQ=DAILY;UNTIL=20270707T070000Z"),
        ({"freq": "daily", "until": "2027-07-07T08:59:59.5"}, "FREQ=DAILY;UNTIL=20270707T065959Z"),
        ({"freq": "daily", "until": "2027-07-07"}, "FREQ=DAILY;UNTIL=20270707T215959Z"),
        ("FREQ=DAILY;UNTIL=20270707T090000", "FREQ=DAILY;UNTIL=20270707T070000Z"),
    ],
)
def test_the_end_and_dates_are_taken_as_the_clock_shows_them(amira, door, given, rule):
    made = amira.creates(**SERIES)
    rdates = ["2027-08-02T07:00:00Z", "2027-08-01T09:00:00", "2027-08-01T07:00:00Z"]
    pattern = {"rrule": given} if isinstance(given, str) else given
    done = written(amira, door, made, recurrence_pattern={**pattern, "rdates": rdates})
    assert done["recurrence_pattern"]["rrule"] == rule
    assert done["recurrence_pattern"]["rdates"] == ["2027-08-01T07:00:00Z", "2027-08-02T07:00:00Z"]
    if not door.endswith("create"):
        again = written(amira, door, made, recurrence_pattern={**pattern, "rdates": rdates})
        assert again["version_number"] == 2
        alone = written(amira, "PATCH", made, recurrence_pattern={"rdates": rdates[1:2]})
        assert alone["recurrence_pattern"]["rdates"] == ["2027-08-01T07:00:00Z"]


def test_a_date_in_a_gap_keeps_its_time(start, zones):
    server = start(TZDIR=str(zones.directory))
    amira = Person(server.client, unused_name("amira"))
    made = daily(
        amira, "2027-03-20T11:00:00Z", "2027-03-20T11:15:00Z", "FREQ=DAILY;COUNT=2", timezone=NAME
    )
    given = {"rdates": ["2027-03-28T02:30:00"]}  # which is skipped
    made = amira.changes(made["id"], recurrence_pattern=given)
    assert locals_of(amira, made)[2] == ("2027-03-28T01:30:00Z", "2027-03-28T02:30:00")
    path = path_of(made, "2027-03-28T02:30:00")
    expect(amira.patch(path, {"title": "Here"}), 200)
    assert locals_of(amira, made)[2] == ("2027-03-28T01:30:00Z", "2027-03-28T02:30:00")
    zones.put_system("Europe/Athens", NAME)
    server.restart()
    wait_for_changes(amira, made["id"], 1)
    assert locals_of(amira, made)[2] == ("2027-03-28T00:30:00Z", "2027-03-28T02:30:00")


def test_dates_of_days_are_dates(amira):
    days = {"start_time": "2027-07-05T00:00:00Z", "end_time": "2027-07-06T00:00:00Z"}
    pattern = {"freq": "daily", "until": "2027-07-07T00:00:00", "rdates": ["2027-07-20"]}
    made = amira.creates(**{**SERIES, **days, "recurrence_pattern": pattern}, all_day=True)
    assert made["recurrence_pattern"]["rrule"] == "FREQ=DAILY;UNTIL=20270707"
    assert made["recurrence_pattern"]["rdates"] == ["2027-07-20T00:00:00Z"]
    for wrong, where in (("2027-07-20", SERIES), ("2027-07-20T01:00:00", {**SERIES, **days})):
        pattern = {"freq": "daily", "rdates": [wrong]}
        body = {"title": "x", **where, "recurrence_pattern": pattern}
        reply = amira.post("/api/events", {**body, "all_day": where is not SERIES})
        assert expect(reply, 422).json["errors"][0]["type"] == "rdate_form"


def test_a_preview_takes_what_the_clock_shows(amira):
    body = {name: SERIES[name] for name in ("start_time", "timezone")}
    pattern = {"freq": "daily", "until": "2027-07-06T09:00:00", "rdates": ["2027-07-20T09:00:00"]}
    reply = amira.post("/api/recurrence/preview", {**body, "recurrence_pattern": pattern})
    assert expect(reply, 200).json["starts"] == [
        "2027-07-05T07:00:00Z",
        "2027-07-06T07:00:00Z",
        "2027-07-20T07:00:00Z",
    ]


def test_moments_of_events_have_an_offset(amira):
    for member in ("start_time", "end_time"):
        reply = amira.post("/api/events", {"title": "x", **SERIES, member: "2027-07-05T09:00:00"})
        assert expect(reply, 422).faults() == {member: "datetime_parsing"}
