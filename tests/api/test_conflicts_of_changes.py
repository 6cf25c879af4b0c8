"""`conflicts=reject` on every way to move an event (API.md, Time)."""

import concurrent.futures

import pytest

from support.people import event, expect


def slot(start, end, day="05", **members):
    return event(
        start_time=f"2025-03-{day}T{start}:00Z", end_time=f"2025-03-{day}T{end}:00Z", **members
    )


def times(start, end, day="05"):
    return {
        "start_time": f"2025-03-{day}T{start}:00Z",
        "end_time": f"2025-03-{day}T{end}:00Z",
    }


def one(door):
    """Changes the event by one of the doors; the reply."""

    def through(person, made, body, **query):
        path = f"/api/events/{made['id']}"
        if door == "batch":
            items = {"items": [{"id": made["id"], **body}]}
            return person.patch("/api/events/batch", items, **query)
        if door in ("this", "following", "all"):
            where = f"{path}/occurrences/{made['start_time']}"
            return person.patch(where, body, scope=door, **query)
        return (person.put if door == "put" else person.patch)(path, body, **query)

    return through


@pytest.mark.parametrize("door", ["patch", "put", "batch", "this", "following", "all"])
def test_no_door_moves_an_event_onto_another(amira, door):
    there = amira.creates(**slot("09:00", "10:00"))
    made = amira.creates(**slot("11:00", "12:00"))
    change = one(door)
    reply = change(amira, made, times("09:30", "10:30"), conflicts="reject")
    [found] = expect(reply, 409).json["conflicts"]
    assert found["event_id"] == there["id"]
    assert amira.sees(made["id"])["start_time"] == made["start_time"]
    expect(change(amira, made, times("10:00", "11:00"), conflicts="reject"), 200)
    expect(change(amira, made, times("09:30", "10:30"), conflicts="maybe"), 422, "conflicts")
    # On itself it may be moved.
    made = amira.sees(made["id"])
    expect(change(amira, made, times("10:30", "11:30"), conflicts="reject"), 200)
    made = amira.sees(made["id"])
    expect(change(amira, made, times("09:30", "10:30")), 200)


def test_only_what_a_change_brings_is_judged(amira):
    amira.creates(**slot("09:00", "10:00"))
    made = amira.creates(
        **slot("09:00", "10:00", recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=5"})
    )
    path = f"/api/events/{made['id']}"
    expect(amira.patch(path, {"title": "Other"}, conflicts="reject"), 200)
    longer = {"recurrence_pattern": {"rrule": "FREQ=DAILY;COUNT=6"}}
    expect(amira.patch(path, longer, conflicts="reject"), 200)
    expect(amira.patch(path, {"end_time": "2025-03-05T10:30:00Z"}, conflicts="reject"), 409)
    occurrence = f"{path}/occurrences/2025-03-06T09:00:00Z"
    expect(amira.patch(occurrence, times("11:00", "12:00", "06"), conflicts="reject"), 200)
    amira.creates(**slot("14:00", "15:00", "07"))
    occurrence = f"{path}/occurrences/2025-03-07T09:00:00Z"
    later = times("14:30", "15:30", "07")
    expect(amira.patch(occurrence, later, conflicts="reject"), 409)
    for scope in ("following", "all"):
        expect(amira.patch(occurrence, later, scope=scope, conflicts="reject"), 409)
        reply = amira.patch(occurrence, later, scope=scope, conflicts="reject", dry_run="true")
        assert len(expect(reply, 409).json["conflicts"]) == 1
    assert amira.sees(made["id"])["version_number"] == 4


@pytest.mark.parametrize("member, off", [("status", "cancelled"), ("transparency", "transparent")])
def test_what_counts_is_the_event_as_it_is_then(amira, member, off):
    amira.creates(**slot("09:00", "10:00"))
    made = amira.creates(**slot("09:30", "10:30"))
    on = made[member]
    path = f"/api/events/{made['id']}"
    expect(amira.patch(path, {member: off, **times("09:00", "10:00")}, conflicts="reject"), 200)
    expect(amira.patch(path, {member: on}, conflicts="reject"), 409)
    expect(amira.patch(path, {member: on, **times("10:00", "11:00")}, conflicts="reject"), 200)


def test_who_takes_the_first_ones_away_brings_no_later_ones(amira):
    """However many they are: what was there before is looked for where the rest lies."""
    daily = {"rrule": "FREQ=DAILY;COUNT=1500"}
    made = amira.creates(**slot("09:00", "10:00", recurrence_pattern=daily))
    amira.creates(start_time="2027-12-01T09:00:00Z", end_time="2027-12-01T10:00:00Z")
    later = {
        "start_time": "2025-03-25T09:00:00Z",
        "end_time": "2025-03-25T10:00:00Z",
        "recurrence_pattern": {"rrule": "FREQ=DAILY;COUNT=1480"},
    }
    expect(amira.put(f"/api/events/{made['id']}", later, conflicts="reject"), 200)


def test_events_of_one_batch_may_change_places(amira):
    one_event = amira.creates(**slot("09:00", "10:00"))
    other = amira.creates(**slot("10:00", "11:00"))
    third = amira.creates(**slot("11:00", "12:00"))

    def moves(*items, status):
        body = {"items": [{"id": made["id"], **to} for made, to in items]}
        return expect(amira.patch("/api/events/batch", body, conflicts="reject"), status)

    moves((one_event, times("10:00", "11:00")), (other, times("09:00", "10:00")), status=200)
    reply = moves(
        (one_event, times("13:00", "14:00")), (other, times("13:30", "14:30")), status=409
    )
    assert [found["event_id"] for found in reply.json["conflicts"]] == [one_event["id"]]
    moves((one_event, {"title": "Stays"}), (other, times("10:30", "10:45")), status=409)
    moves((one_event, times("13:00", "14:00")), (other, times("11:30", "12:30")), status=409)
    assert amira.sees(third["id"])["version_number"] == 1


def test_a_split_is_not_in_its_own_way(amira):
    made = amira.creates(
        **slot("09:00", "10:00", recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=6"})
    )
    where = f"/api/events/{made['id']}/occurrences/2025-03-08T09:00:00Z"
    body = times("09:30", "10:30", "08")
    reply = expect(amira.patch(where, body, scope="following", conflicts="reject"), 200).json
    assert reply["new_event"]["start_time"] == body["start_time"]


def test_a_rollback_and_a_restore_are_judged_too(amira):
    made = amira.creates(**slot("09:00", "10:00"))
    path = f"/api/events/{made['id']}"
    expect(amira.patch(path, times("11:00", "12:00")), 200)
    amira.creates(**slot("09:30", "10:30"))
    expect(amira.post(f"{path}/rollback/1", None, conflicts="reject"), 409)
    assert amira.sees(made["id"])["version_number"] == 2
    expect(amira.post(f"{path}/rollback/1", None), 200)
    expect(amira.post(f"{path}/rollback/2", None, conflicts="reject"), 200)
    expect(amira.delete(path), 200)
    other = amira.creates(**slot("11:30", "12:30"))
    reply = expect(amira.post(f"{path}/restore", None, conflicts="reject"), 409)
    assert [found["event_id"] for found in reply.json["conflicts"]] == [other["id"]]
    expect(amira.delete(f"/api/events/{other['id']}"), 200)
    expect(amira.post(f"{path}/restore", None, conflicts="reject"), 200)
    expect(amira.post(f"{path}/restore", None, conflicts="reject"), 409)


def test_who_may_is_asked_before_what_is_in_the_way(amira, person):
    boris = person("boris")
    made = amira.creates(**slot("09:00", "10:00"))
    path = f"/api/events/{made['id']}"
    for reply in (
        boris.patch(path, times("11:00", "12:00"), conflicts="reject"),
        boris.post(f"{path}/rollback/1", None, conflicts="reject"),
        boris.patch("/api/events/batch", {"items": [{"id": made["id"]}]}, conflicts="reject"),
    ):
        expect(reply, 404)
    stale = {"If-Match": '"7"'}
    expect(amira.patch(path, times("11:00", "12:00"), headers=stale, conflicts="reject"), 412)


def test_of_parallel_moves_into_one_slot_one_succeeds(amira, long_run):
    for turn in range(50 if long_run else 8):
        day = f"{turn % 28 + 1:02}"
        made = [amira.creates(**slot("09:00", "10:00", "01")) for _ in range(6)]

        def move(one_event, day=day):
            body = times("20:00", "20:30", day)
            path = f"/api/events/{one_event['id']}"
            return amira.patch(path, body, conflicts="reject").status

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(move, made)) == [200] + [409] * 5
        for one_event in made:
            expect(amira.delete(f"/api/events/{one_event['id']}"), 200)


def test_a_move_with_a_key_is_made_once(amira):
    made = amira.creates(**slot("09:00", "10:00"))
    path = f"/api/events/{made['id']}"
    key = {"Idempotency-Key": "move-1"}
    body = times("11:00", "12:00")
    first = expect(amira.patch(path, body, headers=key, conflicts="reject"), 200)
    amira.creates(**slot("11:30", "12:30"))
    again = expect(amira.patch(path, body, headers=key, conflicts="reject"), 200)
    assert again.json == first.json
