"""What takes place at the same time."""

import concurrent.futures

import pytest

from support.client import same_problem
from support.people import event, expect

SLOT = {"start_time": "2025-03-05T09:00:00Z", "end_time": "2025-03-05T10:00:00Z"}


def slot(start, end, **members):
    return event(
        start_time=f"2025-03-05T{start}:00Z", end_time=f"2025-03-05T{end}:00Z", **members
    )


def conflicts(person, **body):
    return expect(person.post("/api/events/conflicts", body), 200).json


def rejects(person, body, status):
    return expect(person.post("/api/events", body, conflicts="reject"), status)


def test_what_overlaps_is_told_and_what_touches_is_not(amira):
    amira.creates(**slot("08:00", "09:00"))
    amira.creates(**slot("10:00", "11:00"))
    assert conflicts(amira, **SLOT) == {
        "conflicts": [],
        "checked_until": SLOT["end_time"],
        "incomplete": [],
    }
    made = amira.creates(**slot("09:30", "12:00", title="Review"))
    assert conflicts(amira, **SLOT)["conflicts"] == [
        {
            "event_id": made["id"],
            "title": "Review",
            "occurrence": made["start_time"],
            "occurrence_local": made["start_local"],
            "start_time": made["start_time"],
            "end_time": made["end_time"],
            "with_occurrence": SLOT["start_time"],
        }
    ]


def test_series_meet_series_wherever_it_is(amira):
    rule = {"rrule": "FREQ=MONTHLY;BYMONTHDAY=13"}
    made = amira.creates(
        title="Audit",
        start_time="2025-03-13T12:00:00Z",
        end_time="2025-03-13T14:00:00Z",
        recurrence_pattern=rule,
    )
    body = {
        "start_time": "2025-03-07T13:00:00Z",
        "end_time": "2025-03-07T13:30:00Z",
        "recurrence_pattern": {"rrule": "FREQ=WEEKLY;COUNT=50"},
    }
    found = conflicts(amira, **body)
    assert [one["with_occurrence"] for one in found["conflicts"]] == [
        "2025-06-13T13:00:00Z",
        "2026-02-13T13:00:00Z",
    ]
    assert {one["event_id"] for one in found["conflicts"]} == {made["id"]}
    assert found["checked_until"] == "2026-02-13T13:30:00Z"


def test_an_endless_series_says_how_far_it_was_looked_at(amira):
    body = {**SLOT, "recurrence_pattern": {"rrule": "FREQ=DAILY"}}
    assert conflicts(amira, **body) == {
        "conflicts": [],
        "checked_until": "2027-11-30T09:00:00Z",  # 1000 days on
        "incomplete": [],
    }


def test_of_too_many_conflicts_the_first_are_told_and_how_far_they_go(amira):
    body = {**SLOT, "recurrence_pattern": {"rrule": "FREQ=DAILY"}}
    amira.creates(**body)
    found = conflicts(amira, **body)
    assert len(found["conflicts"]) == 100
    assert found["conflicts"][-1]["with_occurrence"] == "2025-06-12T09:00:00Z"
    assert found["checked_until"] == "2025-06-13T09:00:00Z"


def test_overrides_are_looked_at_and_cancelled_ones_apart(amira):
    made = amira.creates(
        **SLOT,
        recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=4"},
        recurrence_overrides={
            "2025-03-05T09:00:00Z": {"cancelled": True},
            "2025-03-06T09:00:00Z": {"status": "cancelled"},
            "2025-03-07T09:00:00Z": {
                "title": "Moved",
                "start_time": "2025-03-01T09:00:00Z",
                "end_time": "2025-03-01T10:00:00Z",
            },
        },
    )
    body = {
        "start_time": "2025-03-01T09:30:00Z",
        "end_time": "2025-03-01T09:45:00Z",
        "recurrence_pattern": {"rrule": "FREQ=DAILY;COUNT=10"},
    }
    assert [
        (one["title"], one["occurrence"], one["with_occurrence"])
        for one in conflicts(amira, **body)["conflicts"]
    ] == [
        ("Moved", "2025-03-07T09:00:00Z", "2025-03-01T09:30:00Z"),
        ("Town hall", "2025-03-08T09:00:00Z", "2025-03-08T09:30:00Z"),
    ]
    amira.changes(made["id"], status="cancelled")
    assert conflicts(amira, **body)["conflicts"] == []
    assert conflicts(amira, **body, status="cancelled")["conflicts"] == []


def test_conflicts_are_judged_over_what_i_own_or_have_accepted(amira, bela):
    edited, viewed = bela.creates(**SLOT), bela.creates(**SLOT)
    bela.creates(**SLOT)
    bela.shares(edited["id"], amira, "Editor")
    bela.shares(viewed["id"], amira, "Editor")
    expect(amira.post(f"/api/events/{edited['id']}/answer", {"answer": "yes"}), 200)
    expect(amira.post(f"/api/events/{viewed['id']}/answer", {"answer": "no"}), 200)
    trashed = amira.creates(**SLOT)
    expect(amira.delete(f"/api/events/{trashed['id']}"), 200)
    found = conflicts(amira, **SLOT)["conflicts"]
    assert [one["event_id"] for one in found] == [edited["id"]]


def test_an_event_is_no_conflict_with_itself_and_changes_can_be_tried(amira):
    one = amira.creates(**SLOT)
    other = amira.creates(**slot("12:00", "13:00"))
    assert conflicts(amira, event_id=one["id"])["conflicts"] == []
    found = conflicts(amira, event_id=one["id"], end_time="2025-03-05T12:30:00Z")["conflicts"]
    assert [conflict["event_id"] for conflict in found] == [other["id"]]
    assert amira.sees(one["id"])["end_time"] == SLOT["end_time"]


def test_an_event_i_may_not_read_is_one_that_is_not_there(amira, bela):
    hidden = bela.creates()["id"]
    replies = [
        expect(amira.post("/api/events/conflicts", {"event_id": id_}), 404)
        for id_ in (hidden, 999_999_999)
    ]
    assert same_problem(*replies)


@pytest.mark.parametrize(
    "body, faults",
    [
        ({}, {"start_time", "end_time"}),
        ({"start_time": SLOT["start_time"]}, {"end_time"}),
        ({**SLOT, "end_time": "2025-03-05T08:59:59Z"}, {"end_time"}),
        ({**SLOT, "recurrence_pattern": {"rrule": "FREQ=NEVER"}}, {"recurrence_pattern.rrule"}),
        ({**SLOT, "owner_id": 1}, {"owner_id"}),
        ({"event_id": 0}, {"event_id"}),
        ({**SLOT, "timezone": "Mars/Base"}, {"timezone"}),
    ],
)
def test_what_cannot_be_an_event_is_refused(amira, body, faults):
    expect(amira.post("/api/events/conflicts", body), 422, *faults)


def test_reject_refuses_what_allow_takes(amira):
    first = rejects(amira, event(**SLOT), 201).json
    problem = rejects(amira, slot("09:59", "11:00"), 409).json
    assert [one["event_id"] for one in problem["conflicts"]] == [first["id"]]
    assert problem["checked_until"] == "2025-03-05T11:00:00Z"
    rejects(amira, slot("10:00", "11:00"), 201)
    expect(amira.post("/api/events", event(**SLOT), conflicts="allow"), 201)
    expect(amira.post("/api/events", event(**SLOT), conflicts="maybe"), 422, "conflicts")
    assert amira.get("/api/events").json["total"] == 3


def test_a_conflict_within_a_batch_names_no_event_and_each_is_listed(amira):
    made = amira.creates(**slot("12:00", "13:00"))
    batch = [slot("09:00", "10:00"), slot("09:30", "12:30", title="Late"), slot("13:00", "14:00")]
    reply = amira.post("/api/events/batch", batch, conflicts="reject")
    found = expect(reply, 409).json["conflicts"]
    assert [(one["event_id"], one["with_occurrence"][11:16]) for one in found] == [
        (None, "09:30"),
        (made["id"], "09:30"),
    ]


def test_a_conflict_within_a_batch_has_the_title_of_the_occurrence(amira):
    series = slot("09:00", "10:00", recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=5"},
                  recurrence_overrides={"2025-03-06T09:00:00Z": {"title": "A title of its own"}})
    batch = [series, event(start_time="2025-03-06T09:30:00Z", end_time="2025-03-06T10:30:00Z")]
    reply = amira.post("/api/events/batch", batch, conflicts="reject")
    [found] = expect(reply, 409).json["conflicts"]
    assert (found["event_id"], found["title"]) == (None, "A title of its own")


def test_the_series_of_a_batch_share_what_is_looked_at(amira):
    """Fifty occurrences of each of five hundred; how far each conflict is there is told."""
    batch = [
        event(start_time=f"2025-03-03T{n // 30:02}:{n % 30 * 2:02}:00Z",
              end_time=f"2025-03-03T{n // 30:02}:{n % 30 * 2 + 1:02}:00Z",
              recurrence_pattern={"rrule": "FREQ=DAILY"})
        for n in range(499)
    ]
    minute = {"start_time": "2025-04-20T00:00:00Z", "end_time": "2025-04-20T00:01:00Z"}
    reply = amira.post("/api/events/batch", [*batch, event(**minute)], conflicts="reject")
    problem = expect(reply, 409).json
    assert [found["with_occurrence"] for found in problem["conflicts"]] == [minute["start_time"]]
    assert problem["checked_until"] == "2025-04-22T00:00:00Z"
    expect(amira.post("/api/events/batch", batch, conflicts="reject"), 201)


def test_a_whole_batch_is_looked_at(amira):
    """As many as a batch may have, once or repeating, are no reason to give up."""
    for day, rule in (("2026-06-09", None), ("2026-06-01", {"rrule": "FREQ=WEEKLY;COUNT=10"})):
        times = [f"{day}T{n // 30:02}:{n % 30 * 2:02}" for n in range(500)]
        batch = [
            event(start_time=f"{at}:00Z", end_time=f"{at}:30Z", recurrence_pattern=rule)
            for at in times
        ]
        expect(amira.post("/api/events/batch", batch, conflicts="reject"), 201)
        reply = expect(amira.post("/api/events/batch", batch, conflicts="reject"), 409)
        assert len(reply.json["conflicts"]) == 100


def test_of_parallel_batches_for_one_slot_one_succeeds(amira, long_run):
    for turn in range(50 if long_run else 10):
        day = f"2026-02-{turn % 28 + 1:02}" if turn < 28 else f"2026-03-{turn - 27:02}"
        body = event(start_time=f"{day}T09:00:00Z", end_time=f"{day}T10:00:00Z")

        def create(_, body=body):
            return amira.post("/api/events/batch", [body], conflicts="reject").status

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(create, range(8))) == [201] + [409] * 7
        listed = amira.get("/api/events", **{"from": f"{day}T00:00:00Z", "to": f"{day}T23:00:00Z"})
        assert listed.json["total"] == 1


def test_a_batch_with_a_conflict_creates_nothing(amira):
    apart = [slot("09:00", "10:00"), slot("10:00", "11:00")]
    for bad in ([*apart, slot("10:30", "12:00")], [slot("08:00", "09:01"), *apart]):
        reply = amira.post("/api/events/batch", {"events": bad}, conflicts="reject")
        assert len(expect(reply, 409).json["conflicts"]) == 1
        assert amira.get("/api/events").json["total"] == 0
    expect(amira.post("/api/events/batch", {"events": apart}, conflicts="reject"), 201)
    expect(amira.post("/api/events/batch", {"events": apart}), 201)


@pytest.mark.parametrize("repeating", [False, True])
def test_of_parallel_creates_for_one_slot_one_succeeds(person, long_run, repeating):
    owner = person("owner")
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        for turn in range(200 if long_run else 10):
            day = f"{2026 + turn // 28}-01-{turn % 28 + 1:02}"
            body = event(start_time=f"{day}T09:00:00Z", end_time=f"{day}T10:00:00Z")
            if repeating:
                body["recurrence_pattern"] = {"rrule": "FREQ=HOURLY;INTERVAL=7;COUNT=3"}

            def create(_, body=body):
                return owner.post("/api/events", body, conflicts="reject").status

            assert sorted(pool.map(create, range(64))) == [201] + [409] * 63
