"""Lists and views over windows of time, against a walk over all events: the index over extents
(store/events.c, calendar/extent.h) may leave nothing out and add nothing."""

import datetime
import random

import pytest

from support.people import expect

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(2030, 1, 1, tzinfo=UTC)
# In hours: each class of extents, and both sides of each edge (8^k days).
LENGTHS = [1, 24, 25, 8 * 24, 8 * 24 + 1, 64 * 24, 64 * 24 + 1, 512 * 24, 512 * 24 + 1, 3650 * 24]
SHORT, LONG = [1, 24, 24 * 30], [24, 24 * 200, 24 * 400]


def text(hours):
    return (EPOCH + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Made:
    """An event by its occurrences: (start, end) in hours; `ends` None: for ever, a day apart."""

    def __init__(self, body, occurrences, ends=True):
        self.body = body
        self.occurrences = occurrences
        self.ends = ends
        self.start = body["start"]

    def reaches(self, first, last):
        """As lists see it: the whole from the first occurrence to the last."""
        begins = min(start for start, _ in self.occurrences)
        return begins < last and (not self.ends or max(end for _, end in self.occurrences) > first)

    def takes_place(self, first, last):
        """As the calendar sees it: (start, end) of what touches the window."""
        found = [at for at in self.occurrences if at[0] < last and at[1] > first]
        if not self.ends:
            start, end = self.occurrences[0]
            days = range(max(1, (first - end) // 24 - 1), (last - start) // 24 + 2)
            repeated = [(start + 24 * day, end + 24 * day) for day in days]
            found += [at for at in repeated if at[0] < last and at[1] > first]
        return found


def single(chance, start):
    length = chance.choice(LENGTHS)
    return Made({"start": start, "end": start + length}, [(start, start + length)])


def series(chance, start):
    count = chance.choice([2, 7, 60, 600, 5000])
    body = {"start": start, "end": start + 1, "rrule": f"FREQ=DAILY;COUNT={count}"}
    return Made(body, [(start + 24 * day, start + 24 * day + 1) for day in range(count)])


def endless(chance, start):
    return Made(
        {"start": start, "end": start + 2, "rrule": "FREQ=DAILY"}, [(start, start + 2)], ends=False
    )


def with_early_rdate(chance, start):
    early = start - chance.choice([5, 24 * 40, 24 * 700])
    made = series(chance, start)
    made.body["rdates"] = [early]
    made.occurrences.append((early, early + 1))
    return made


def with_moved_occurrence(chance, start):
    to = start + chance.choice([-24 * 90, -7, 24 * 6000])
    made = series(chance, start)
    made.body["moved"] = {made.occurrences[1][0]: to}
    made.occurrences[1] = (to, to + 1)
    return made


KINDS = [single, single, single, series, endless, with_early_rdate, with_moved_occurrence]


def request(number, body):
    members = {
        "title": f"Event {number:03}",
        "start_time": text(body["start"]),
        "end_time": text(body["end"]),
    }
    if "rrule" in body:
        members["recurrence_pattern"] = {
            "rrule": body["rrule"],
            "rdates": [text(at) for at in body.get("rdates", [])],
        }
    if "moved" in body:
        members["recurrence_overrides"] = {
            text(original): {"start_time": text(to), "end_time": text(to + 1)}
            for original, to in body["moved"].items()
        }
    return members


@pytest.fixture
def crowd(amira, request_seed):
    """Events of amira's by id."""
    chance = random.Random(request_seed)
    made = [chance.choice(KINDS)(chance, chance.randrange(0, 24 * 900)) for _ in range(100)]
    bodies = [request(number, event.body) for number, event in enumerate(made)]
    answered = expect(amira.post("/api/events/batch", bodies), 201).json
    return {event["id"]: one for event, one in zip(answered, made)}


@pytest.fixture(params=[1, 2])
def request_seed(request):
    return request.param


def windows(seed, lengths):
    chance = random.Random(seed)
    for _ in range(15):
        first = chance.randrange(0, 24 * 1200)
        yield first, first + chance.choice(lengths)


def pages(person, **query):
    """The ids of all pages, and the total of the first."""
    page = expect(person.get("/api/events", limit=11, **query), 200).json
    total, found = page["total"], page["items"]
    while page["next_cursor"] is not None:
        page = expect(
            person.get("/api/events", limit=11, cursor=page["next_cursor"], **query), 200
        ).json
        found += page["items"]
    return [item["id"] for item in found], total


def test_a_list_by_window_is_what_reaches_into_it_in_order(amira, crowd, request_seed):
    for first, last in windows(request_seed, SHORT + LONG):
        window = {"from": text(first), "to": text(last)}
        wanted = sorted(
            (id_ for id_, event in crowd.items() if event.reaches(first, last)),
            key=lambda id_: (crowd[id_].start, id_),
        )
        assert pages(amira, **window) == (wanted, len(wanted))
        assert pages(amira, sort_by="-start_time", **window) == (wanted[::-1], len(wanted))
        by_title = sorted(wanted)  # titles have the order of ids
        assert pages(amira, sort_by="title", **window) == (by_title, len(wanted))
        after = {"start_time_after": text(first)}
        later = [id_ for id_ in wanted if crowd[id_].start >= first]
        assert pages(amira, **window, **after) == (later, len(later))


def test_the_calendar_is_what_takes_place(amira, crowd, request_seed):
    for first, last in windows(request_seed, SHORT):
        found, query = [], {"from": text(first), "to": text(last), "limit": 500}
        while True:
            page = expect(amira.get("/api/calendar", **query), 200).json
            found += [(item["event_id"], item["start_time"]) for item in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        wanted = [
            (id_, text(start))
            for id_, event in crowd.items()
            for start, _ in event.takes_place(first, last)
        ]
        assert sorted(found) == sorted(wanted)


def test_somebody_is_busy_when_something_takes_place(amira, crowd, request_seed):
    for first, last in windows(request_seed, SHORT):
        window = {"from": text(first), "to": text(last)}
        busy = expect(amira.get("/api/freebusy", **window), 200).json["users"][0]["busy"]
        hours = {
            hour
            for event in crowd.values()
            for start, end in event.takes_place(first, last)
            for hour in range(max(start, first), min(end, last))
        }
        assert {
            hour
            for hour in range(first, last)
            for time in busy
            if time["start_time"] <= text(hour) < time["end_time"]
        } == hours


def test_what_moves_is_found_where_it_is_now(amira):
    made = amira.creates(start_time=text(0), end_time=text(1))

    def found(first, last):
        return pages(amira, **{"from": text(first), "to": text(last)})[0]

    assert found(0, 24) == [made["id"]]
    amira.changes(made["id"], start_time=text(5000), end_time=text(5001))
    assert (found(0, 24), found(5000, 5024)) == ([], [made["id"]])
    amira.changes(made["id"], end_time=text(5000 + 24 * 100))
    assert found(5000 + 24 * 99, 5000 + 24 * 100) == [made["id"]]
    amira.changes(
        made["id"], recurrence_pattern={"rrule": "FREQ=YEARLY", "rdates": [text(100)]}
    )
    assert found(90, 110) == [made["id"]]
    expect(amira.delete(f"/api/events/{made['id']}"), 200)
    assert found(90, 110) == []
    expect(amira.post(f"/api/events/{made['id']}/restore"), 200)
    assert found(90, 110) == [made["id"]]
