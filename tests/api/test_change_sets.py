"""Every request that changes something is one set."""

import concurrent.futures

from support.people import event, expect


def entries(person, event_id):
    return expect(person.get(f"/api/events/{event_id}/changelog"), 200).json


def sets(person, event_id):
    return [entry["change_set_id"] for entry in entries(person, event_id)]


def test_one_change_is_a_set_of_its_own(amira):
    made = amira.creates()
    amira.changes(made["id"], title="Other")
    expect(amira.delete(f"/api/events/{made['id']}"), 200)
    found = expect(amira.get(f"/api/events/{made['id']}/changelog"), 200).json
    assert len(found) == 3
    assert [entry["change_set_id"] for entry in found] == [entry["id"] for entry in found]


def test_a_batch_is_one_set_known_by_its_first_entry(amira):
    made = expect(amira.post("/api/events/batch", [event(title=str(i)) for i in range(4)]), 201)
    ids = [one["id"] for one in made.json]
    found = [entries(amira, event_id)[0] for event_id in ids]
    assert {entry["change_set_id"] for entry in found} == {min(entry["id"] for entry in found)}
    items = [{"id": event_id, "title": "x"} for event_id in ids[:2]]
    expect(amira.patch("/api/events/batch", {"items": items}), 200)
    later = [entries(amira, event_id)[1] for event_id in ids[:2]]
    assert {entry["change_set_id"] for entry in later} == {min(entry["id"] for entry in later)}
    expect(amira.delete("/api/events/batch", {"ids": ids}), 204)


def test_a_split_is_one_set_of_two_events(amira):
    made = amira.creates(recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=6"})
    path = f"/api/events/{made['id']}/occurrences/2025-03-05T09:00:00Z"
    tail = expect(amira.patch(path, {"title": "Tail"}, scope="following"), 200).json["new_event"]
    cut = entries(amira, made["id"])[1]
    assert sets(amira, tail["id"]) == [cut["change_set_id"]] == [cut["id"]]


def test_what_is_given_to_many_at_once_is_one_set(amira, bela, person):
    made = amira.creates()
    people = [{"user_id": one.id, "role": "Viewer"} for one in (bela, person("chen"))]
    expect(amira.post(f"/api/events/{made['id']}/share", {"users": people}), 200)
    first, *given = entries(amira, made["id"])
    assert first["change_set_id"] == first["id"]
    assert {entry["change_set_id"] for entry in given} == {given[0]["id"]} and len(given) == 2


def test_who_is_refused_leaves_no_set_to_others(amira):
    made = amira.creates()
    batch = [{"id": made["id"], "title": "x"}, {"id": made["id"] + 100000, "title": "x"}]
    expect(amira.patch("/api/events/batch", {"items": batch}), 404)
    amira.changes(made["id"], title="Other")
    found = entries(amira, made["id"])
    assert [entry["change_set_id"] for entry in found] == [entry["id"] for entry in found]


def test_requests_that_come_together_are_sets_of_their_own(person):
    people = [person() for _ in range(6)]

    def create(one):
        bodies = [[event(title=str(i)) for i in range(3)] for _ in range(5)]
        return one, [expect(one.post("/api/events/batch", body), 201).json for body in bodies]

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        made = list(pool.map(create, people))
    seen = set()
    for one, batches in made:
        for batch in batches:
            found = [entries(one, event["id"])[0] for event in batch]
            (of_batch,) = {entry["change_set_id"] for entry in found}
            assert of_batch == min(entry["id"] for entry in found) and of_batch not in seen
            seen.add(of_batch)
