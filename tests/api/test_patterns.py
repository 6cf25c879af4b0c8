"""What a recurrence_pattern means, said in each way that it can be said."""

import pytest

from support.people import expect

START = "2027-01-01T09:00:00Z"


def starts(person, event, to="2029-01-01T00:00:00Z"):
    path = f"/api/events/{event['id']}/occurrences"
    window = {"from": event["start_time"], "to": to if to < "2028" else "2028-01-30T00:00:00Z"}
    return [item["start_time"] for item in expect(person.get(path, **window), 200).json["items"]]


def made(person, pattern, start=START, end="2027-01-01T10:00:00Z", **members):
    return person.creates(start_time=start, end_time=end, recurrence_pattern=pattern, **members)


def preview(person, pattern, start=START, zone="UTC"):
    body = {"recurrence_pattern": pattern, "start_time": start, "timezone": zone}
    return expect(person.post("/api/recurrence/preview", body), 200).json


# -- UNTIL -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start, until, count",
    [
        ("09:00:00.5", "2027-01-03T09:00:00.5Z", 3),
        ("09:00:00.5", "2027-01-03T09:00:00.75Z", 3),
        ("09:00:00.5", "2027-01-03T09:00:00.25Z", 2),
        ("09:00:00.5", "2027-01-03T09:00:00Z", 2),
        ("09:00:00", "2027-01-03T09:00:00.25Z", 3),
        ("09:00:00", "2027-01-03T08:59:59.999999Z", 2),
    ],
)
def test_an_inclusive_end_is_exact_to_the_microsecond(amira, start, until, count):
    pattern = {"freq": "daily", "until": until}
    event = made(amira, pattern, f"2027-01-01T{start}Z", "2027-01-01T10:00:00Z")
    assert len(starts(amira, event)) == count
    again = amira.changes(event["id"], recurrence_pattern=event["recurrence_pattern"])
    assert again["version_number"] == 1
    assert len(preview(amira, pattern, f"2027-01-01T{start}Z")["starts"]) == count


def test_a_series_that_moves_by_half_a_second_keeps_its_last_occurrence(amira):
    event = made(amira, "FREQ=DAILY;UNTIL=20270105T090000Z")
    path = f"/api/events/{event['id']}/occurrences/2027-01-02T09:00:00Z"
    moved = {"start_time": "2027-01-02T09:00:00.5Z"}
    after = expect(amira.patch(path, moved, scope="all"), 200).json["event"]
    assert starts(amira, after) == [f"2027-01-0{day}T09:00:00.5Z" for day in range(1, 6)]


@pytest.mark.parametrize(
    "zone, until, text",
    [
        ("America/New_York", "20271231", "every day, until 31 December 2027"),
        ("Pacific/Auckland", "20271231", "every day, until 31 December 2027"),
        ("UTC", "20271231", "every day, until 31 December 2027"),
        ("America/New_York", "20280101T045958Z", "every day, until 31 December 2027 at 23:59:58"),
        ("UTC", "20280101T045958Z", "every day, until 1 January 2028 at 04:59:58 UTC"),
    ],
)
def test_the_sentence_names_the_day_of_the_events_zone(amira, zone, until, text):
    event = made(amira, f"FREQ=DAILY;UNTIL={until}", timezone=zone)
    assert event["recurrence_pattern"]["text"] == text
    assert amira.sees(event["id"])["recurrence_pattern"]["text"] == text
    assert preview(amira, f"FREQ=DAILY;UNTIL={until}", zone=zone)["text"] == text
    elsewhere = amira.changes(event["id"], timezone="Asia/Tokyo")["recurrence_pattern"]
    if until != "20271231":
        assert elsewhere["text"] == "every day, until 1 January 2028 at 13:59:58"
    version = expect(amira.get(f"/api/events/{event['id']}/history/1"), 200).json["data"]
    assert version["recurrence_pattern"]["text"] == text


# -- Dates without a rule --------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [{}, {"rrule": None}])
def test_dates_alone_are_a_pattern(amira, rule):
    dates = ["2027-03-01T09:00:00Z", "2027-01-05T12:00:00Z"]
    event = made(amira, {"rdates": dates, **rule})
    assert starts(amira, event) == [START, dates[1], dates[0]]
    assert event["is_recurring"]
    assert event["recurrence_pattern"]["rdates"] == sorted(dates)
    same = amira.changes(event["id"], recurrence_pattern=event["recurrence_pattern"])
    assert same["version_number"] == 1
    changed = amira.changes(event["id"], recurrence_overrides={dates[0]: {"title": "Other"}})
    assert changed["recurrence_overrides"] == {dates[0]: {"title": "Other"}}
    assert preview(amira, {"rdates": dates})["starts"] == [START, dates[1], dates[0]]


def test_dates_alone_of_whole_days(amira):
    dates = ["2027-03-01T00:00:00Z", "2027-01-04T23:00:00Z"]
    event = made(
        amira,
        {"rdates": dates},
        "2027-01-01T00:00:00Z",
        "2027-01-02T00:00:00Z",
        all_day=True,
        timezone="Europe/Zurich",
    )
    days = ["2027-01-01", "2027-01-05", "2027-03-01"]
    assert starts(amira, event) == [f"{day}T00:00:00Z" for day in days]


@pytest.mark.parametrize("pattern", [{"rdates": []}, {"rrule": None}, {"interval": 2}])
def test_a_pattern_of_nothing_is_refused(amira, pattern):
    body = {
        "title": "Nothing",
        "start_time": START,
        "end_time": "2027-01-01T10:00:00Z",
        "recurrence_pattern": pattern,
    }
    expect(amira.post("/api/events", body), 422)


# -- Whole days ------------------------------------------------------------------------------------


@pytest.fixture
def days(amira):
    """Three days from 1 July 2027 in Berlin, each week."""
    return amira.creates(
        start_time="2027-07-01T00:00:00+02:00",
        end_time="2027-07-04T00:00:00+02:00",
        all_day=True,
        timezone="Europe/Berlin",
        recurrence_pattern="FREQ=WEEKLY;COUNT=4",
    )


def test_one_end_of_a_whole_day_may_be_local_midnight_alone(amira, days):
    longer = amira.changes(days["id"], end_time="2027-07-05T00:00:00+02:00")
    assert longer["end_time"] == "2027-07-05T00:00:00Z"
    later = amira.changes(days["id"], start_time="2027-07-02T00:00:00+02:00")
    assert later["start_time"] == "2027-07-02T00:00:00Z"
    for member in ("start_time", "end_time"):
        reply = amira.patch(f"/api/events/{days['id']}", {member: "2027-07-03T01:00:00+02:00"})
        assert expect(reply, 422).faults() == {member: "all_day_midnight"}


def test_an_end_before_its_start_is_found_however_it_is_written(amira, days):
    for end in ("2027-07-01T00:00:00+02:00", "2027-07-01T00:00:00Z"):
        reply = amira.patch(f"/api/events/{days['id']}", {"end_time": end})
        assert expect(reply, 422).faults() == {"end_time": "time_order"}


@pytest.mark.parametrize("scope", ["this", "following", "all"])
@pytest.mark.parametrize("written", ["2027-07-08T00:00:00+02:00", "2027-07-07T22:00:00Z"])
def test_an_occurrence_of_whole_days_is_found_by_local_midnight(amira, days, scope, written):
    path = f"/api/events/{days['id']}/occurrences/{written}"
    change = {"start_time": "2027-07-09T00:00:00+02:00", "end_time": "2027-07-10T00:00:00Z"}
    done = expect(amira.patch(path, change, scope=scope), 200).json
    event = done["new_event"] or done["event"]
    window = {"from": "2027-07-05T00:00:00Z", "to": "2027-07-12T00:00:00Z"}
    reply = expect(amira.get(f"/api/events/{event['id']}/occurrences", **window), 200)
    [item] = reply.json["items"]
    assert (item["start_time"], item["end_time"]) == (
        "2027-07-09T00:00:00Z",
        "2027-07-10T00:00:00Z",
    )


def test_one_day_of_a_series_is_moved_by_local_midnight_and_keeps_its_own_length(amira, days):
    path = f"/api/events/{days['id']}/occurrences/2027-07-08T00:00:00Z"
    expect(amira.patch(path, {"end_time": "2027-07-09T00:00:00+02:00"}), 200)
    done = expect(amira.patch(path, {"start_time": "2027-07-10T00:00:00+02:00"}), 200).json
    assert done["event"]["recurrence_overrides"]["2027-07-08T00:00:00Z"] == {
        "start_time": "2027-07-10T00:00:00Z",
        "end_time": "2027-07-11T00:00:00Z",
    }
