"""Nothing is dropped silently: the overrides of a series that is changed move with it, stay, or are
told in `dropped_overrides`."""

import pytest

from support.people import expect

NEW_TITLE = {"title": "Other"}
CANCELLED = {"cancelled": True}


@pytest.fixture
def series(amira):
    """Five days from Monday, 4 January 2027, at nine; Tuesday cancelled, Wednesday renamed."""
    return amira.creates(
        start_time="2027-01-04T09:00:00Z",
        end_time="2027-01-04T10:00:00Z",
        timezone="UTC",
        recurrence_pattern="FREQ=DAILY;COUNT=5",
        recurrence_overrides={
            "2027-01-05T09:00:00Z": CANCELLED,
            "2027-01-06T09:00:00Z": NEW_TITLE,
        },
    )


def times(start, end):
    return {"start_time": f"2027-01-04T{start}:00Z", "end_time": f"2027-01-04T{end}:00Z"}


def through(person, event, door, body, **query):
    """The change by one of the doors: the event, and what was dropped."""
    path = f"/api/events/{event['id']}"
    if door == "batch":
        items = {"items": [{"id": event["id"], **body}]}
        reply = person.patch("/api/events/batch", items, **query)
        done = expect(reply, 200).json[0] if reply.status == 200 else None
    elif door == "all":
        reply = person.patch(
            f"{path}/occurrences/{event['start_time']}", body, scope="all", **query
        )
        done = {**reply.json["event"]} if reply.status == 200 else None
        if done and reply.json["dropped_overrides"]:
            done["dropped_overrides"] = reply.json["dropped_overrides"]
    else:
        reply = (person.put if door == "put" else person.patch)(path, body, **query)
        done = reply.json
    return reply, done


DOORS = ["patch", "put", "batch", "all"]


@pytest.mark.parametrize("door", DOORS)
def test_a_new_start_moves_the_overrides(amira, series, door):
    _, done = through(amira, series, door, times("09:30", "10:30"), overrides="strict")
    assert done["recurrence_overrides"] == {
        "2027-01-05T09:30:00Z": CANCELLED,
        "2027-01-06T09:30:00Z": NEW_TITLE,
    }
    assert "dropped_overrides" not in done
    assert amira.sees(series["id"])["recurrence_overrides"] == done["recurrence_overrides"]


@pytest.mark.parametrize("door", DOORS)
def test_what_another_rule_leaves_out_is_told_or_refused(amira, series, door):
    change = {"recurrence_pattern": "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5"}
    reply, _ = through(amira, series, door, change, overrides="strict")
    [fault] = expect(reply, 422).json["errors"]
    assert fault["loc"][-2:] == ["recurrence_overrides", "2027-01-05T09:00:00Z"]
    assert fault["type"] == "override_dropped"
    assert amira.sees(series["id"])["version_number"] == 1
    _, done = through(amira, series, door, change)
    assert done["dropped_overrides"] == ["2027-01-05T09:00:00Z"]
    assert done["recurrence_overrides"] == {"2027-01-06T09:00:00Z": NEW_TITLE}
    assert "dropped_overrides" not in amira.sees(series["id"])


@pytest.mark.parametrize("door", DOORS)
def test_a_series_that_ends_tells_its_overrides(amira, series, door):
    _, done = through(amira, series, door, {"recurrence_pattern": None})
    dropped = ["2027-01-06T09:00:00Z", "2027-01-05T09:00:00Z"]
    assert sorted(done["dropped_overrides"]) == sorted(dropped)


def test_the_last_reply_may_be_sent_back(amira, series):
    _, done = through(amira, series, "patch", {"recurrence_pattern": None})
    assert amira.changes(series["id"], **done)["version_number"] == 2


def test_a_rollback_brings_the_overrides_back_and_drops_none(amira, series):
    through(amira, series, "patch", {"recurrence_pattern": "FREQ=WEEKLY"})
    path = f"/api/events/{series['id']}/rollback/1"
    done = expect(amira.post(path, None, overrides="strict"), 200).json
    assert done["recurrence_overrides"] == series["recurrence_overrides"]
    assert "dropped_overrides" not in done


@pytest.mark.parametrize("door", ["patch", "put", "batch"])
def test_another_zone_for_the_same_moments_moves_the_overrides(amira, door):
    event = amira.creates(
        start_time="2027-03-01T08:00:00Z",
        end_time="2027-03-01T09:00:00Z",
        timezone="Europe/Zurich",
        recurrence_pattern={
            "rrule": "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270426T215959Z",
            "rdates": ["2027-03-18T13:00:00Z"],
        },
        recurrence_overrides={
            "2027-03-22T08:00:00Z": CANCELLED,
            "2027-04-12T07:00:00Z": NEW_TITLE,
            "2027-03-18T13:00:00Z": NEW_TITLE,
        },
    )
    change = {"timezone": "America/New_York"}
    _, done = through(amira, event, door, change, overrides="strict")
    assert done["start_time"] == event["start_time"]
    assert done["recurrence_pattern"]["rdates"] == ["2027-03-18T13:00:00Z"]
    assert done["recurrence_overrides"] == {
        "2027-03-18T13:00:00Z": NEW_TITLE,
        "2027-03-22T07:00:00Z": CANCELLED,
        "2027-04-12T07:00:00Z": NEW_TITLE,
    }


def test_another_zone_at_the_same_hour_moves_the_overrides(amira, series):
    change = {"timezone": "Europe/Zurich", **times("08:00", "09:00")}
    _, done = through(amira, series, "patch", change, overrides="strict")
    assert list(done["recurrence_overrides"]) == ["2027-01-05T08:00:00Z", "2027-01-06T08:00:00Z"]


def test_whole_days_keep_the_overrides_and_give_them_back(amira, series):
    amira.changes(
        series["id"],
        recurrence_overrides={
            **series["recurrence_overrides"],
            "2027-01-07T09:00:00Z": {"start_time": "2027-01-07T15:00:00Z"},
            "2027-01-08T09:00:00Z": {"end_time": "2027-01-08T12:00:00Z"},
        },
    )
    days = {
        "all_day": True,
        "start_time": "2027-01-04T00:00:00Z",
        "end_time": "2027-01-05T00:00:00Z",
    }
    _, done = through(amira, series, "patch", days, overrides="strict")
    assert done["recurrence_overrides"] == {
        "2027-01-05T00:00:00Z": CANCELLED,
        "2027-01-06T00:00:00Z": NEW_TITLE,
        "2027-01-07T00:00:00Z": {"start_time": "2027-01-07T00:00:00Z"},
        "2027-01-08T00:00:00Z": {"end_time": "2027-01-09T00:00:00Z"},
    }
    back = {"all_day": False, **times("09:00", "10:00")}
    _, done = through(amira, series, "patch", back, overrides="strict")
    assert list(done["recurrence_overrides"]) == [
        f"2027-01-0{day}T09:00:00Z" for day in (5, 6, 7, 8)
    ]


@pytest.mark.parametrize("door", ["patch", "put", "batch"])
def test_a_last_day_moves_with_its_series(amira, door):
    event = amira.creates(
        start_time="2027-01-04T09:00:00Z",
        end_time="2027-01-04T10:00:00Z",
        timezone="UTC",
        recurrence_pattern="FREQ=DAILY;UNTIL=20270108T090000Z",
    )
    _, done = through(amira, event, door, times("09:30", "10:30"))
    assert done["recurrence_pattern"]["rrule"] == "FREQ=DAILY;UNTIL=20270108T093000Z"


@pytest.mark.parametrize("door", ["patch", "put", "batch"])
def test_a_pattern_that_is_given_is_taken_as_it_is(amira, series, door):
    rule = "FREQ=WEEKLY;BYDAY=MO;COUNT=5"
    change = {
        "start_time": "2027-01-05T09:00:00Z",
        "end_time": "2027-01-05T10:00:00Z",
        "recurrence_pattern": rule,
    }
    _, done = through(amira, series, door, change)
    assert done["recurrence_pattern"]["rrule"] == rule
    assert sorted(done["dropped_overrides"]) == ["2027-01-05T09:00:00Z", "2027-01-06T09:00:00Z"]


def test_a_rule_that_cannot_move_stays_and_what_it_leaves_is_told(amira):
    event = amira.creates(
        start_time="2027-01-12T09:00:00Z",
        end_time="2027-01-12T10:00:00Z",
        timezone="UTC",
        recurrence_pattern="FREQ=MONTHLY;BYDAY=2TU;COUNT=5",
        recurrence_overrides={"2027-02-09T09:00:00Z": CANCELLED},
    )
    change = {"start_time": "2027-01-13T10:00:00Z", "end_time": "2027-01-13T11:00:00Z"}
    _, done = through(amira, event, "patch", change)
    assert done["recurrence_pattern"]["rrule"] == "FREQ=MONTHLY;BYDAY=2TU;COUNT=5"
    assert done["dropped_overrides"] == ["2027-02-09T09:00:00Z"]


def test_a_start_that_is_no_occurrence_is_put_right_without_moving_the_rule(amira):
    event = amira.creates(
        start_time="2027-01-05T09:00:00Z",
        end_time="2027-01-05T10:00:00Z",
        timezone="UTC",
        recurrence_pattern="FREQ=WEEKLY;BYDAY=MO;COUNT=5",
        recurrence_overrides={"2027-01-11T09:00:00Z": CANCELLED},
    )
    _, done = through(amira, event, "patch", times("09:00", "10:00"), overrides="strict")
    assert done["recurrence_pattern"]["rrule"] == "FREQ=WEEKLY;BYDAY=MO;COUNT=5"
    assert done["recurrence_overrides"] == {"2027-01-11T09:00:00Z": CANCELLED}


def test_two_that_come_to_one_start_are_one_and_it_is_told(amira):
    event = amira.creates(
        start_time="2028-03-20T00:15:00Z",
        end_time="2028-03-20T01:15:00Z",
        timezone="Europe/Berlin",
        recurrence_pattern={"rrule": "FREQ=DAILY", "rdates": ["2028-03-26T00:45:00Z"]},
    )
    assert amira.sees(event["id"])["recurrence_pattern"]["rdates"] == ["2028-03-26T00:45:00Z"]
    amira.changes(
        event["id"],
        recurrence_pattern={"rrule": "FREQ=DAILY", "rdates": ["2028-03-26T01:15:00Z"]},
        recurrence_overrides={
            "2028-03-26T00:15:00Z": CANCELLED,
            "2028-03-26T01:15:00Z": NEW_TITLE,
        },
    )
    change = {"start_time": "2028-03-20T01:15:00Z", "end_time": "2028-03-20T02:15:00Z"}
    _, done = through(amira, event, "patch", change)
    kept = done["recurrence_overrides"]
    assert len(kept) + len(done.get("dropped_overrides", [])) == 2
