"""What is shown and occupies no time: points in time and transparent events."""

import pytest

from support.people import Person, event, expect

NINE = "2027-03-01T09:00:00Z"
TEN = "2027-03-01T10:00:00Z"
HOUR = {"start_time": NINE, "end_time": TEN}
POINT = {"start_time": NINE, "end_time": NINE}
DAY = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-02T00:00:00Z"}


def found(person, path, start, end):
    return expect(person.get(path, **{"from": start, "to": end}), 200).json["items"]


def busy(person):
    return expect(person.get("/api/freebusy", **DAY), 200).json["users"][0]["busy"]


def conflicts(person, **body):
    return expect(person.post("/api/events/conflicts", body), 200).json["conflicts"]


# -- Points in time --------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [None, {"rrule": "FREQ=DAILY;COUNT=3"}])
@pytest.mark.parametrize(
    "start, end, is_there",
    [
        (NINE, TEN, True),
        ("2027-03-01T08:00:00Z", NINE, False),
        ("2027-03-01T08:00:00Z", "2027-03-01T09:00:00.000001Z", True),
        ("2027-03-01T09:00:00.000001Z", TEN, False),
    ],
)
def test_a_point_is_in_the_windows_that_have_its_moment(amira, rule, start, end, is_there):
    made = amira.creates(**POINT, recurrence_pattern=rule)
    assert (made["start_time"], made["end_time"]) == (NINE, NINE)
    for path in ("/api/occurrences", f"/api/events/{made['id']}/occurrences"):
        assert [item["end_time"] for item in found(amira, path, start, end)] == [NINE] * is_there
    if rule is None:
        assert len(found(amira, "/api/events", start, end)) == is_there


def test_the_last_point_of_a_series_is_in_the_window_that_begins_with_it(amira):
    made = amira.creates(**POINT, recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=3"})
    window = ("2027-03-03T09:00:00Z", "2027-03-03T10:00:00Z")
    assert [item["id"] for item in found(amira, "/api/events", *window)] == [made["id"]]
    assert len(found(amira, "/api/occurrences", *window)) == 1
    window = ("2027-03-03T09:00:00.000001Z", "2027-03-03T10:00:00Z")
    assert found(amira, "/api/events", *window) == []


def test_a_point_occupies_no_time(amira):
    amira.creates(**POINT)
    assert busy(amira) == []
    assert conflicts(amira, start_time="2027-03-01T08:00:00Z", end_time=TEN) == []
    expect(amira.post("/api/events", event(**HOUR), conflicts="reject"), 201)
    assert conflicts(amira, **POINT) == []
    at_half = {"start_time": "2027-03-01T09:30:00Z", "end_time": "2027-03-01T09:30:00Z"}
    expect(amira.post("/api/events", event(**at_half), conflicts="reject"), 201)


def test_an_occurrence_can_be_a_point(amira):
    made = amira.creates(**HOUR, recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=3"})
    path = f"/api/events/{made['id']}/occurrences/2027-03-02T09:00:00Z"
    point = {"end_time": "2027-03-02T09:00:00Z"}
    edited = expect(amira.patch(path, point), 200).json["event"]
    assert edited["recurrence_overrides"] == {"2027-03-02T09:00:00Z": point}
    query = {"from": "2027-03-02T00:00:00Z", "to": "2027-03-03T00:00:00Z"}
    assert expect(amira.get("/api/freebusy", **query), 200).json["users"][0]["busy"] == []
    earlier = {"end_time": "2027-03-02T08:59:59Z"}
    assert expect(amira.patch(path, earlier), 422).faults() == {"end_time": "time_order"}
    edited = expect(amira.patch(path, {"end_time": "2027-03-02T09:00:00Z"}, scope="all"), 200).json
    assert edited["event"]["start_time"] == edited["event"]["end_time"] == NINE


def test_an_all_day_event_lasts_a_day_at_least(amira):
    midnight = "2027-03-01T00:00:00Z"
    body = event(start_time=midnight, end_time=midnight, all_day=True)
    assert expect(amira.post("/api/events", body), 422).faults() == {"end_time": "time_order"}
    body = event(start_time=TEN, end_time=NINE)
    assert expect(amira.post("/api/events", body), 422).faults() == {"end_time": "time_order"}


# -- Transparent events ----------------------------------------------------------------------------


def test_an_event_is_opaque_unless_it_says_otherwise(amira):
    assert amira.creates(**HOUR)["transparency"] == "opaque"
    made = amira.creates(**HOUR, transparency="transparent")
    assert made["transparency"] == amira.sees(made["id"])["transparency"] == "transparent"
    for wrong in ("TRANSPARENT", "", None, True):
        reply = amira.post("/api/events", event(**HOUR, transparency=wrong))
        assert list(expect(reply, 422).faults()) == ["transparency"]


def test_a_transparent_event_is_shown_and_occupies_no_time(amira):
    made = amira.creates(**HOUR, transparency="transparent")
    items = found(amira, "/api/occurrences", NINE, TEN)
    assert [item["transparency"] for item in items] == ["transparent"]
    assert busy(amira) == [] and conflicts(amira, **HOUR) == []
    assert conflicts(amira, **HOUR, transparency="transparent") == []
    other = expect(amira.post("/api/events", event(**HOUR), conflicts="reject"), 201).json
    assert conflicts(amira, event_id=made["id"]) == []
    assert [one["event_id"] for one in conflicts(amira, event_id=made["id"],
                                                 transparency="opaque")] == [other["id"]]
    body = event(**HOUR, transparency="transparent")
    expect(amira.post("/api/events", body, conflicts="reject"), 201)
    expect(amira.post("/api/events", event(**HOUR), conflicts="reject"), 409)


def test_it_is_a_member_of_versions(amira):
    made = amira.creates(**HOUR)
    path = f"/api/events/{made['id']}"
    amira.changes(made["id"], transparency="transparent")
    diff = expect(amira.get(f"{path}/diff/1/2"), 200).json["changes"]
    assert diff == [
        {
            "field": "transparency",
            "change_type": "modified",
            "old_value": "opaque",
            "new_value": "transparent",
        }
    ]
    back = expect(amira.post(f"{path}/rollback/1"), 200).json
    assert back["transparency"] == "opaque" and len(busy(amira)) == 1


def test_versions_from_before_there_was_another_are_opaque(start, new_database):
    server = start()
    amira = Person(server.client, "amira")
    made = amira.creates(**HOUR)
    path = f"/api/events/{made['id']}"
    amira.changes(made["id"], transparency="transparent")
    without = {
        "sqlite": "json_remove(data, '$.transparency')",
        "postgres": "data - 'transparency'",
    }[new_database.name]
    server.stop()
    new_database.change(
        f"UPDATE event_versions SET data = {without} WHERE event_id = {made['id']}"
        " AND version_number = 1"
    )
    amira = Person(start().client, "amira", register=False)
    diff = expect(amira.get(f"{path}/diff/1/2"), 200).json["changes"]
    assert [(one["old_value"], one["new_value"]) for one in diff] == [("opaque", "transparent")]
    expect(amira.get(f"{path}/history/1"), 200)
    assert expect(amira.post(f"{path}/rollback/1"), 200).json["transparency"] == "opaque"


def test_one_occurrence_can_be_transparent_or_opaque_alone(amira):
    made = amira.creates(
        **HOUR, transparency="transparent", recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=3"}
    )
    path = f"/api/events/{made['id']}/occurrences/{NINE}"
    edited = expect(amira.patch(path, {"transparency": "opaque"}), 200).json["event"]
    assert edited["recurrence_overrides"] == {NINE: {"transparency": "opaque"}}
    assert busy(amira) == [HOUR]
    assert [one["occurrence"] for one in conflicts(amira, **HOUR)] == [NINE]
    shown = found(amira, "/api/occurrences", NINE, "2027-03-04T00:00:00Z")
    assert [item["transparency"] for item in shown] == ["opaque", "transparent", "transparent"]
    edited = expect(amira.patch(path, {"transparency": "transparent"}, scope="all"), 200).json
    assert edited["event"]["recurrence_overrides"] is None
    assert busy(amira) == []
