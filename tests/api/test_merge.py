"""A PATCH is a JSON Merge Patch (RFC 7396) to the bottom: patterns and overrides merge."""

import pytest

from support.people import expect

CANCELLED = {"cancelled": True}
TUESDAY = "2027-01-05T09:00:00Z"
WEDNESDAY = "2027-01-06T09:00:00Z"
THURSDAY = "2027-01-07T09:00:00Z"
ROOM = {"location": "Room 9", "title": "Other"}


@pytest.fixture
def series(amira):
    """Five days from Monday, 4 January 2027, at nine; Tuesday cancelled, Wednesday elsewhere."""
    return amira.creates(
        start_time="2027-01-04T09:00:00Z",
        end_time="2027-01-04T10:00:00Z",
        timezone="UTC",
        recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=5", "rdates": ["2027-02-01T09:00:00Z"]},
        recurrence_overrides={TUESDAY: CANCELLED, WEDNESDAY: ROOM},
    )


def patch(person, event, door, **body):
    path = f"/api/events/{event['id']}"
    if door == "batch":
        reply = person.patch("/api/events/batch", {"items": [{"id": event["id"], **body}]})
        return reply, reply.json[0] if reply.status == 200 else None
    reply = person.patch(path, body)
    return reply, reply.json


DOORS = pytest.mark.parametrize("door", ["patch", "batch"])

MERGES = [
    ({THURSDAY: CANCELLED}, {TUESDAY: CANCELLED, WEDNESDAY: ROOM, THURSDAY: CANCELLED}),
    ({TUESDAY: None}, {WEDNESDAY: ROOM}),
    ({TUESDAY: None, WEDNESDAY: None}, None),
    ({THURSDAY: None}, {TUESDAY: CANCELLED, WEDNESDAY: ROOM}),
    ({WEDNESDAY: {"title": "New"}}, {TUESDAY: CANCELLED, WEDNESDAY: {**ROOM, "title": "New"}}),
    ({WEDNESDAY: {"location": None}}, {TUESDAY: CANCELLED, WEDNESDAY: {"title": "Other"}}),
    ({WEDNESDAY: {"location": None, "title": None}}, {TUESDAY: CANCELLED}),
    ({WEDNESDAY: {"status": None}}, {TUESDAY: CANCELLED, WEDNESDAY: ROOM}),
    ({WEDNESDAY: CANCELLED}, {TUESDAY: CANCELLED, WEDNESDAY: CANCELLED}),
    ({WEDNESDAY: {"cancelled": False}}, {TUESDAY: CANCELLED, WEDNESDAY: ROOM}),
    ({TUESDAY: {"cancelled": False}}, {WEDNESDAY: ROOM}),
    ({TUESDAY: {"cancelled": None}}, {WEDNESDAY: ROOM}),
    ({TUESDAY: {"title": "Back"}}, {TUESDAY: {"title": "Back"}, WEDNESDAY: ROOM}),
    ({TUESDAY: {"title": None}}, {TUESDAY: CANCELLED, WEDNESDAY: ROOM}),
    ({TUESDAY: {}}, {TUESDAY: CANCELLED, WEDNESDAY: ROOM}),
    ({}, {TUESDAY: CANCELLED, WEDNESDAY: ROOM}),
    (None, None),
    ({"2027-01-05T10:00:00+01:00": None}, {WEDNESDAY: ROOM}),
]


@DOORS
@pytest.mark.parametrize("given, result", MERGES)
def test_overrides_merge(amira, series, door, given, result):
    reply, done = patch(amira, series, door, recurrence_overrides=given)
    expect(reply, 200)
    assert done["recurrence_overrides"] == result
    assert "dropped_overrides" not in done
    assert done["recurrence_pattern"] == series["recurrence_pattern"]
    changed = result != series["recurrence_overrides"]
    assert done["version_number"] == (2 if changed else 1)


FAULTS = [
    ({"2027-01-09T09:00:00Z": CANCELLED}, "not_an_occurrence", ["2027-01-09T09:00:00Z"]),
    ({"Tuesday": None}, "datetime_parsing", ["Tuesday"]),
    ({THURSDAY: "no"}, "object_type", [THURSDAY]),
    ({THURSDAY: {"colour": None}}, "unknown_field", [THURSDAY, "colour"]),
    ({THURSDAY: {"title": ""}}, "string_too_short", [THURSDAY, "title"]),
    ({THURSDAY: {**CANCELLED, "title": "X"}}, "cancelled_with_changes", [THURSDAY]),
    ({TUESDAY: None, "2027-01-05T10:00:00+01:00": CANCELLED}, "repeated", [TUESDAY]),
    ({WEDNESDAY: {"end_time": "2027-01-06T08:00:00Z"}}, "time_order", [WEDNESDAY, "end_time"]),
]


@DOORS
@pytest.mark.parametrize("given, kind, loc", FAULTS)
def test_what_is_no_merge_patch_of_overrides_is_refused(amira, series, door, given, kind, loc):
    reply, _ = patch(amira, series, door, recurrence_overrides=given)
    [fault] = expect(reply, 422).json["errors"]
    assert fault["type"] == kind
    assert fault["loc"][-len(loc) :] == loc
    assert amira.sees(series["id"])["version_number"] == 1


def test_a_put_replaces_the_overrides_as_a_whole(amira, series):
    path = f"/api/events/{series['id']}"
    only = {THURSDAY: {"location": None}}
    assert expect(amira.put(path, {"recurrence_overrides": only}), 200).json[
        "recurrence_overrides"
    ] == only
    expect(amira.put(path, {"recurrence_overrides": {THURSDAY: None}}), 422)


RULE = "FREQ=DAILY;COUNT=5"
DATES = ["2027-02-01T09:00:00Z"]
PATTERNS = [
    ({"rdates": ["2027-03-01T09:00:00Z"]}, RULE, ["2027-03-01T09:00:00Z"]),
    ({"rdates": []}, RULE, []),
    ({"rdates": None}, RULE, []),
    ({"rrule": "FREQ=DAILY;COUNT=4"}, "FREQ=DAILY;COUNT=4", DATES),
    ({"freq": "daily", "count": 3}, "FREQ=DAILY;COUNT=3", DATES),
    ({"FREQ": "DAILY"}, "FREQ=DAILY", DATES),
    ({"rrule": "FREQ=DAILY", "rdates": None}, "FREQ=DAILY", []),
    ({"text": "whatever"}, RULE, DATES),
    ({"interval": None}, RULE, DATES),
    ("FREQ=DAILY", "FREQ=DAILY", []),
]


@DOORS
@pytest.mark.parametrize("given, rule, dates", PATTERNS)
def test_patterns_merge(amira, series, door, given, rule, dates):
    reply, done = patch(amira, series, door, recurrence_pattern=given)
    expect(reply, 200)
    assert done["recurrence_pattern"]["rrule"] == rule
    assert done["recurrence_pattern"]["rdates"] == dates
    assert done["recurrence_overrides"] == series["recurrence_overrides"]


def test_dates_stay_when_the_rule_goes(amira, series):
    done = amira.changes(series["id"], recurrence_pattern={"rrule": None})
    assert done["recurrence_pattern"]["rrule"] == "FREQ=DAILY;COUNT=1"
    assert done["recurrence_pattern"]["rdates"] == DATES
    assert sorted(done["dropped_overrides"]) == [TUESDAY, WEDNESDAY]


NOTHING = [
    {"rrule": None, "rdates": None},
    {"interval": 2},
    {"rrule": "FREQ=DAILY", "freq": "daily"},
]


@pytest.mark.parametrize("given", NOTHING)
def test_a_pattern_that_says_nothing_is_refused(amira, series, given):
    expect(amira.patch(f"/api/events/{series['id']}", {"recurrence_pattern": given}), 422)


def test_a_put_replaces_the_pattern_as_a_whole(amira, series):
    body = {"recurrence_pattern": {"rrule": "FREQ=DAILY"}}
    done = expect(amira.put(f"/api/events/{series['id']}", body), 200).json
    assert done["recurrence_pattern"]["rdates"] == []


MOVED = {"start_time": "2027-01-04T09:30:00Z", "end_time": "2027-01-04T10:30:00Z"}


@DOORS
def test_what_is_said_of_an_occurrence_moves_with_it(amira, series, door):
    given = {THURSDAY: CANCELLED, WEDNESDAY: {"title": None}}
    _, done = patch(amira, series, door, recurrence_overrides=given, **MOVED)
    assert done["recurrence_overrides"] == {
        "2027-01-05T09:30:00Z": CANCELLED,
        "2027-01-06T09:30:00Z": {"location": "Room 9"},
        "2027-01-07T09:30:00Z": CANCELLED,
    }


@DOORS
def test_what_is_no_occurrence_yet_is_one_of_the_series_as_it_will_be(amira, series, door):
    given = {"2027-01-07T09:30:00Z": CANCELLED, "2027-01-06T09:30:00Z": {"title": "Late"}}
    _, done = patch(amira, series, door, recurrence_overrides=given, **MOVED)
    assert done["recurrence_overrides"] == {
        "2027-01-05T09:30:00Z": CANCELLED,
        "2027-01-06T09:30:00Z": {**ROOM, "title": "Late"},
        "2027-01-07T09:30:00Z": CANCELLED,
    }


@DOORS
def test_dates_that_are_given_stay_and_the_rule_moves(amira, door):
    event = amira.creates(
        start_time="2027-01-04T09:00:00Z",
        end_time="2027-01-04T10:00:00Z",
        timezone="UTC",
        recurrence_pattern={"rrule": "FREQ=WEEKLY;BYDAY=MO", "rdates": DATES},
    )
    given = {"rdates": ["2027-03-03T09:00:00Z"]}
    tuesday = {"start_time": TUESDAY, "end_time": "2027-01-05T10:00:00Z"}
    _, done = patch(amira, event, door, recurrence_pattern=given, **tuesday)
    assert done["recurrence_pattern"]["rrule"] == "FREQ=WEEKLY;BYDAY=TU"
    assert done["recurrence_pattern"]["rdates"] == given["rdates"]


@DOORS
def test_what_another_rule_leaves_out_is_told_but_for_what_is_named(amira, series, door):
    weekly = {"rrule": "FREQ=WEEKLY;BYDAY=MO,TH", "rdates": None}
    reply, _ = patch(
        amira, series, door, recurrence_pattern=weekly, recurrence_overrides={TUESDAY: CANCELLED}
    )
    [fault] = expect(reply, 422).json["errors"]
    assert fault["type"] == "not_an_occurrence"
    assert fault["loc"][-1] == TUESDAY
    _, done = patch(
        amira, series, door, recurrence_pattern=weekly, recurrence_overrides={THURSDAY: CANCELLED}
    )
    assert done["recurrence_overrides"] == {THURSDAY: CANCELLED}
    assert sorted(done["dropped_overrides"]) == [TUESDAY, WEDNESDAY]


@DOORS
def test_whole_days_are_named_by_local_midnight_too(amira, door):
    event = amira.creates(
        all_day=True,
        timezone="Europe/Berlin",
        start_time="2027-06-01T00:00:00Z",
        end_time="2027-06-02T00:00:00Z",
        recurrence_pattern="FREQ=DAILY;COUNT=5",
        recurrence_overrides={"2027-06-02T00:00:00Z": {"title": "Other"}},
    )
    given = {"2027-06-02T00:00:00+02:00": {"location": "Here"}, "2027-06-03T00:00:00Z": CANCELLED}
    _, done = patch(amira, event, door, recurrence_overrides=given)
    assert done["recurrence_overrides"] == {
        "2027-06-02T00:00:00Z": {"title": "Other", "location": "Here"},
        "2027-06-03T00:00:00Z": CANCELLED,
    }
    twice = {"2027-06-02T00:00:00+02:00": None, "2027-06-02T00:00:00Z": None}
    reply, _ = patch(amira, event, door, recurrence_overrides=twice)
    assert expect(reply, 422).json["errors"][0]["type"] == "repeated"


@pytest.mark.parametrize("scope", ["following", "all"])
def test_the_pattern_of_an_occurrence_merges(amira, series, scope):
    path = f"/api/events/{series['id']}/occurrences/{THURSDAY}"
    change = {"recurrence_pattern": {"rrule": "FREQ=DAILY;COUNT=7"}}
    reply = expect(amira.patch(path, change, scope=scope), 200).json
    event = reply["new_event"] or reply["event"]
    assert event["recurrence_pattern"]["rdates"] == DATES
    assert event["recurrence_pattern"]["rrule"] == "FREQ=DAILY;COUNT=7"


def test_an_occurrence_that_is_given_its_pattern_back_keeps_the_rest_of_it(amira, series):
    path = f"/api/events/{series['id']}/occurrences/{THURSDAY}"
    change = {"title": "Later", "recurrence_pattern": series["recurrence_pattern"]}
    reply = expect(amira.patch(path, change, scope="following"), 200).json
    assert reply["new_event"]["recurrence_pattern"]["rrule"] == "FREQ=DAILY;COUNT=2"


# The shapes of RFC 7396's Appendix A, as far as an event has members that are objects.
def test_a_member_that_is_left_out_stays_and_null_removes(amira, series):
    done = amira.changes(series["id"], location="Room 4")
    assert (done["title"], done["location"]) == (series["title"], "Room 4")
    done = amira.changes(series["id"], location=None)
    assert done["location"] is None
    done = amira.changes(series["id"], recurrence_pattern=None)
    assert (done["recurrence_pattern"], done["recurrence_overrides"]) == (None, None)
