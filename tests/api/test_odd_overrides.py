"""One occurrence of whole days in a series that is not, or the other way round, and one that is
told by another clock: they come in every .ics file."""

import pytest

from support import wall
from support.people import expect

CANCELLED = {"cancelled": True}
TIMED = {
    "start_time": "2027-07-05T07:00:00Z",
    "end_time": "2027-07-05T08:00:00Z",
    "timezone": "Europe/Zurich",
    "recurrence_pattern": {"rrule": "FREQ=DAILY;COUNT=5"},
}
DAYS = {
    "start_time": "2027-07-05T00:00:00Z",
    "end_time": "2027-07-06T00:00:00Z",
    "timezone": "Europe/Zurich",
    "all_day": True,
    "recurrence_pattern": {"rrule": "FREQ=DAILY;COUNT=5"},
}
THIRD = "2027-07-07T07:00:00Z"
WHOLE = {
    "all_day": True,
    "start_time": "2027-07-07T00:00:00Z",
    "end_time": "2027-07-09T00:00:00Z",
}
THIRD_DAY = "2027-07-07T00:00:00Z"
HOUR = {
    "all_day": False,
    "start_time": "2027-07-07T21:00:00Z",
    "end_time": "2027-07-07T22:30:00Z",
}
TOKYO = {"timezone": "Asia/Tokyo"}


def lives_in(person, zone):
    expect(person.patch("/api/users/me", {"timezone": zone}), 200)
    return person


def path_of(made, start=None):
    return f"/api/events/{made['id']}" + (f"/occurrences/{start}" if start else "")


def items_of(person, path, start, end):
    return expect(person.get(path, **{"from": start, "to": end}), 200).json["items"]


def busy(person, start, end):
    reply = expect(person.get("/api/freebusy", **{"from": start, "to": end}), 200).json
    return [(time["start_time"], time["end_time"]) for time in reply["users"][0]["busy"]]


def saves(person, door, members, key, override):
    """The event after the override was sent in one of the ways there are."""
    if door == "create":
        return person.creates(**members, recurrence_overrides={key: override})
    made = person.creates(**members)
    if door == "occurrence":
        return expect(person.patch(path_of(made, key), override), 200).json["event"]
    body = {"recurrence_overrides": {key: override}}
    if door == "batch":
        items = {"items": [{"id": made["id"], **body}]}
        return expect(person.patch("/api/events/batch", items), 200).json[0]
    send = person.put if door == "PUT" else person.patch
    return expect(send(path_of(made), body), 200).json


DOORS = pytest.mark.parametrize("door", ["create", "PUT", "PATCH", "batch", "occurrence"])
KINDS = pytest.mark.parametrize(
    "members, key, override",
    [(TIMED, THIRD, WHOLE), (DAYS, THIRD_DAY, HOUR), (TIMED, THIRD, TOKYO)],
)


@DOORS
@KINDS
def test_it_is_kept_and_shown(amira, door, members, key, override):
    made = saves(amira, door, members, key, override)
    assert made["recurrence_overrides"] == {key: override}
    assert amira.sees(made["id"])["recurrence_overrides"] == {key: override}
    items = {item["occurrence"]: item for item in wall.occurrences(amira, made["id"])}
    assert len(items) == 5
    for start, item in items.items():
        said = override if start == key else {}
        assert item["all_day"] == said.get("all_day", members.get("all_day", False))
        assert item["timezone"] == said.get("timezone", "Europe/Zurich")
        assert item["start_time"] == said.get("start_time", start)
        assert item["is_override"] == (start == key)
    if door != "create":
        diff = expect(amira.get(f"{path_of(made)}/diff/1/2"), 200).json["changes"]
        assert {(one["field"], str(one["new_value"])) for one in diff} == {
            (f"recurrence_overrides.{key}.{name}", str(value)) for name, value in override.items()
        }
        body = {"recurrence_overrides": {key: dict.fromkeys(override)}}
        assert expect(amira.patch(path_of(made), body), 200).json["recurrence_overrides"] is None
        expect(amira.post(f"{path_of(made)}/rollback/2"), 200)
        assert amira.sees(made["id"])["recurrence_overrides"] == {key: override}


def test_local_midnight_is_the_date_of_one_day_too(amira):
    local = {
        "all_day": True,
        "start_time": "2027-07-07T00:00:00+02:00",
        "end_time": "2027-07-09T00:00:00+02:00",
    }
    for door in ("create", "PATCH", "occurrence"):
        made = saves(amira, door, TIMED, THIRD, local)
        assert made["recurrence_overrides"] == {THIRD: WHOLE}
    tokyo = {**local, "start_time": "2027-07-07T00:00:00+09:00", **TOKYO}
    tokyo["end_time"] = "2027-07-09T00:00:00+09:00"
    made = saves(amira, "PATCH", TIMED, THIRD, tokyo)
    assert made["recurrence_overrides"] == {THIRD: {**WHOLE, **TOKYO}}
    midnight = {**HOUR, "start_time": "2027-07-07T22:00:00Z"}  # a time, though it is midnight there
    made = saves(amira, "occurrence", DAYS, THIRD_DAY, midnight)
    assert made["recurrence_overrides"] == {THIRD_DAY: midnight}


@pytest.mark.parametrize(
    "members, key, override, faults",
    [
        (TIMED, THIRD, {"all_day": True}, {"start_time": "missing", "end_time": "missing"}),
        (DAYS, THIRD_DAY, {"all_day": False}, {"start_time": "missing", "end_time": "missing"}),
        (TIMED, THIRD, {**WHOLE, "end_time": "2027-07-08T01:00:00Z"}, {"": "all_day_midnight"}),
        (TIMED, THIRD, {**WHOLE, "end_time": WHOLE["start_time"]}, {"end_time": "time_order"}),
        (TIMED, THIRD, {"timezone": "Mars/Base"}, {"timezone": "timezone_unknown"}),
    ],
)
def test_what_cannot_be_is_refused(amira, members, key, override, faults):
    made = amira.creates(**members)
    reply = expect(amira.patch(path_of(made), {"recurrence_overrides": {key: override}}), 422)
    place = f"recurrence_overrides.{key}"
    expected = {f"{place}.{name}" if name else place: kind for name, kind in faults.items()}
    assert reply.faults() == expected
    expect(amira.patch(path_of(made, key), override), 422)
    assert amira.sees(made["id"])["version_number"] == 1


def test_what_is_as_the_series_is_says_nothing(amira):
    made = amira.creates(**TIMED)
    body = {"recurrence_overrides": {THIRD: {"all_day": False}}}
    assert expect(amira.put(path_of(made), body), 200).json["version_number"] == 1
    expect(amira.patch(path_of(made, THIRD), WHOLE), 200)
    back = {**HOUR, "title": "Back"}
    event = expect(amira.patch(path_of(made, THIRD), back), 200).json["event"]
    assert event["recurrence_overrides"] == {
        THIRD: {name: value for name, value in back.items() if name != "all_day"}
    }


@pytest.mark.parametrize("scope", ["following", "all"])
@pytest.mark.parametrize("change", [{"all_day": True}, TOKYO])
def test_a_series_is_of_one_kind_as_a_whole(amira, scope, change):
    made = amira.creates(**TIMED)
    reply = expect(amira.patch(path_of(made, THIRD), change, scope=scope), 422)
    assert list(reply.faults().values()) == ["scope_whole"]


# -- Where it is looked for ------------------------------------------------------------------------


def test_a_day_among_times_takes_the_days_of_the_reader(amira, bela):
    lives_in(amira, "America/Los_Angeles")
    made = amira.creates(**TIMED, recurrence_overrides={THIRD: WHOLE})
    assert busy(amira, "2027-07-07T00:00:00Z", "2027-07-11T00:00:00Z") == [
        ("2027-07-07T07:00:00Z", "2027-07-09T08:00:00Z")  # with the one on the 9th, at 7
    ]
    for start, end, is_there in (
        ("2027-07-07T06:00:00Z", "2027-07-07T07:00:00Z", False),
        ("2027-07-07T06:00:00Z", "2027-07-07T07:00:01Z", True),
        ("2027-07-09T06:59:59Z", "2027-07-09T07:00:00Z", True),
    ):
        found = items_of(amira, "/api/occurrences", start, end)
        assert [item["occurrence"] for item in found] == [THIRD] * is_there
        own = items_of(amira, f"{path_of(made)}/occurrences", start, end)
        assert [item["occurrence"] for item in own] == [THIRD] * is_there
        if is_there:
            listed = items_of(amira, "/api/events", start, end)
            assert [item["id"] for item in listed] == [made["id"]]
    late = {"title": "x", "start_time": "2027-07-09T05:00:00Z", "end_time": "2027-07-09T06:00:00Z"}
    clash = expect(amira.post("/api/events", late, conflicts="reject"), 409).json["conflicts"]
    assert [(one["occurrence"], one["start_time"]) for one in clash] == [
        (THIRD, WHOLE["start_time"])
    ]
    early = {"title": "x", "start_time": "2027-07-07T05:00:00Z", "end_time": "2027-07-07T07:00:00Z"}
    expect(amira.post("/api/events", early, conflicts="reject"), 201)
    lives_in(bela, "Pacific/Kiritimati")
    bela.knows(amira)
    amira.shares(made["id"], bela)
    found = items_of(bela, "/api/occurrences", "2027-07-06T10:00:00Z", "2027-07-06T11:00:00Z")
    assert [item["occurrence"] for item in found] == [THIRD]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati", "Europe/Zurich"])
def test_an_hour_among_days_is_that_hour(amira, zone):
    lives_in(amira, zone)
    last = "2027-07-09T00:00:00Z"
    hour = {**HOUR, "start_time": "2027-07-14T22:00:00Z", "end_time": "2027-07-14T23:00:00Z"}
    early = {**HOUR, "start_time": "2027-07-01T22:00:00Z", "end_time": "2027-07-01T23:00:00Z"}
    made = amira.creates(**DAYS, recurrence_overrides={last: hour, THIRD_DAY: early})
    for key, one in ((last, hour), (THIRD_DAY, early)):
        start, end = one["start_time"], one["end_time"]
        assert busy(amira, start[:11] + "00:00:00Z", end[:11] + "23:30:00Z") == [(start, end)]
        for path in ("/api/occurrences", f"{path_of(made)}/occurrences"):
            (item,) = items_of(amira, path, start, end)
            assert item["occurrence"] == key
        listed = items_of(amira, "/api/events", start, end)
        assert [item["id"] for item in listed] == [made["id"]]
        probe = {"title": "x", "start_time": start, "end_time": end}
        expect(amira.post("/api/events", probe, conflicts="reject"), 409)
        probe = {"title": "x", "start_time": end, "end_time": end[:14] + "30:00Z"}
        expect(amira.post("/api/events", probe, conflicts="reject"), 201)


# -- What goes with the series ---------------------------------------------------------------------


def test_it_moves_with_the_series_and_keeps_its_own_times(amira):
    made = amira.creates(**TIMED, recurrence_overrides={THIRD: WHOLE})
    later = {"start_time": "2027-07-05T09:00:00Z", "end_time": "2027-07-05T10:00:00Z"}
    moved = amira.changes(made["id"], **later)
    assert moved["recurrence_overrides"] == {"2027-07-07T09:00:00Z": WHOLE}
    days = {"all_day": True, "start_time": DAYS["start_time"], "end_time": DAYS["end_time"]}
    whole = amira.changes(made["id"], **days)
    own = {name: WHOLE[name] for name in ("start_time", "end_time")}
    assert whole["recurrence_overrides"] == {THIRD_DAY: own}  # now it is as all are
    rule = {"rrule": "FREQ=WEEKLY;COUNT=2"}
    dropped = amira.changes(made["id"], recurrence_pattern=rule)
    assert dropped["dropped_overrides"] == [THIRD_DAY]


def test_a_split_and_a_dry_run_know_it(amira):
    made = amira.creates(**TIMED, recurrence_overrides={THIRD: WHOLE})
    second = path_of(made, "2027-07-06T07:00:00Z")
    change = {"title": "Later"}
    preview = expect(amira.patch(second, change, scope="following", dry_run="true"), 200).json
    kept = preview["preview"]["kept"]
    assert [step["start_time"] for step in kept if step["occurrence"] == THIRD] == [
        WHOLE["start_time"]
    ]
    split = expect(amira.patch(second, change, scope="following"), 200).json
    assert split["new_event"]["recurrence_overrides"] == {THIRD: WHOLE}
    whole = path_of(split["new_event"], THIRD)
    moved = {"start_time": "2027-07-07T08:00:00Z"}
    after = expect(amira.patch(whole, moved, scope="all"), 200).json["event"]
    assert after["start_time"] == "2027-07-06T08:00:00Z"
    assert after["recurrence_overrides"] is None


def test_its_own_clock_is_what_is_kept(amira, server):
    own = {**TOKYO, "start_time": "2027-07-07T10:00:00Z", "end_time": "2027-07-07T11:00:00Z"}
    made = amira.creates(**TIMED, recurrence_overrides={THIRD: own})
    (row,) = server.database.rows(f"SELECT local_times FROM events WHERE id = {made['id']}")
    kept = str(row["local_times"]).replace("'", '"').replace(" ", "")
    assert '"2027-07-07T10:00:00ZAsia/Tokyo":"2027-07-07T19:00:00"' in kept
    assert amira.changes(made["id"], title="x")["recurrence_overrides"] == {THIRD: own}
