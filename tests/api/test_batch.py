"""Several events at once: all or nothing."""

import threading
import time

import pytest

from support.client import same_problem
from support.people import event, expect


def count(person):
    return len(person.get("/api/events", limit=1000).json["items"])


@pytest.mark.parametrize("wrap", [lambda list_: list_, lambda list_: {"events": list_}])
def test_a_batch_creates_every_event_in_order(amira, wrap):
    body = wrap([event(title=f"Number {n}") for n in range(3)])
    made = expect(amira.post("/api/events/batch", body), 201).json
    assert [one["title"] for one in made] == ["Number 0", "Number 1", "Number 2"]
    assert [one["version_number"] for one in made] == [1, 1, 1]
    assert len({one["id"] for one in made}) == 3
    for one in made:
        assert amira.sees(one["id"])["title"] == one["title"]


def test_a_batch_with_a_fault_creates_nothing_and_names_the_index(amira):
    body = [event(), event(title=""), event(), event(end_time="2025-03-03T08:00:00Z")]
    reply = expect(amira.post("/api/events/batch", body), 422)
    indexes = {
        step for fault in reply.json["errors"] for step in fault["loc"] if step in (0, 1, 2, 3)
    }
    assert 1 in indexes
    assert not indexes & {0, 2}
    assert count(amira) == 0


def test_a_batch_judges_what_no_single_member_can_tell(amira):
    body = [event(), event(end_time="2025-03-03T08:00:00Z")]
    reply = expect(amira.post("/api/events/batch", body), 422)
    assert 1 in reply.json["errors"][0]["loc"]
    assert count(amira) == 0


def test_a_batch_has_at_most_500_events(amira):
    small = {"title": "x", "start_time": "2025-03-03T09:00:00Z", "end_time": "2025-03-03T10:00:00Z"}
    made = expect(amira.post("/api/events/batch", [small] * 500), 201).json
    assert len(made) == 500
    assert amira.post("/api/events/batch", [small] * 501).status in (413, 422)
    assert amira.get("/api/events", limit=1).json["total"] == 500


@pytest.mark.parametrize(
    "body", [[], {"events": []}, {}, {"events": None}, [[]], [7], [None]], ids=str
)
def test_a_batch_of_nothing_is_refused(amira, body):
    expect(amira.post("/api/events/batch", body), 422)


def test_a_batch_changes_every_event(amira):
    ids = [amira.creates()["id"] for _ in range(3)]
    items = [{"id": id_, "title": f"Changed {id_}"} for id_ in ids]
    changed = expect(amira.patch("/api/events/batch", {"items": items}), 200).json
    assert [one["title"] for one in changed] == [item["title"] for item in items]
    assert [one["version_number"] for one in changed] == [2, 2, 2]
    assert [amira.sees(id_)["title"] for id_ in ids] == [item["title"] for item in items]


def test_a_batch_change_with_a_fault_changes_nothing(amira):
    one, two = amira.creates()["id"], amira.creates()["id"]
    items = [{"id": one, "title": "Changed"}, {"id": two, "title": ""}]
    reply = expect(amira.patch("/api/events/batch", {"items": items}), 422)
    assert 1 in reply.json["errors"][0]["loc"]
    items[1] = {"id": two, "end_time": "2025-03-03T08:00:00Z"}
    reply = expect(amira.patch("/api/events/batch", {"items": items}), 422)
    assert 1 in reply.json["errors"][0]["loc"]
    assert amira.sees(one)["title"] == "Town hall"


# Its last occurrence is found by counting: some milliseconds for each event that has it.
COUNTED = "FREQ=HOURLY;INTERVAL=5;BYDAY=MO,TU,WE,TH,FR,SA;COUNT=100000"


def counted(**members):
    times = {"start_time": "1990-03-05T09:00:00Z", "end_time": "1990-03-05T09:01:00Z"}
    return event(**times, recurrence_pattern={"rrule": COUNTED}, **members)


def test_what_the_rules_of_a_batch_cost_keeps_no_other_writer_waiting(amira, bela):
    waits, is_over = [], threading.Event()

    def write():
        while not is_over.is_set():
            begun = time.monotonic()
            bela.post("/api/events", event())
            waits.append(time.monotonic() - begun)

    for _ in range(3):  # what else the machine does is not the batch's doing
        is_over.clear()
        waits.clear()
        writer = threading.Thread(target=write)
        writer.start()
        begun = time.monotonic()
        expect(amira.post("/api/events/batch", [counted()] * 200), 201)
        took = time.monotonic() - begun
        is_over.set()
        writer.join()
        if max(waits) < took / 2:
            return
    pytest.fail(f"the batch took {took:.2f} s, and another writer waited {max(waits):.2f} s")


def test_a_batch_deletes_every_event(amira):
    ids = [amira.creates()["id"] for _ in range(3)]
    expect(amira.delete("/api/events/batch", {"ids": ids}), 204)
    assert count(amira) == 0
    assert amira.get("/api/events", deleted="true").json["total"] == 3


@pytest.mark.parametrize(
    "method, body",
    [
        ("PATCH", lambda ids: {"items": [{"id": id_, "title": "Taken"} for id_ in ids]}),
        ("DELETE", lambda ids: {"ids": ids}),
    ],
)
class TestRightsInABatch:
    """Each event of a batch is judged as if it came alone; one refusal refuses the whole."""

    def ask(self, who, method, body, ids):
        return who.ask(method, "/api/events/batch", body(ids))

    def test_somebody_else_s_event_refuses_the_whole(self, amira, bela, method, body):
        mine, hers = amira.creates()["id"], bela.creates()["id"]
        foreign = expect(self.ask(amira, method, body, [mine, hers]), 404)
        absent = expect(self.ask(amira, method, body, [mine, 999_999_999]), 404)
        assert same_problem(foreign, absent)
        assert amira.sees(mine)["title"] == bela.sees(hers)["title"] == "Town hall"

    def test_an_event_one_may_only_read_refuses_the_whole(self, amira, bela, method, body):
        mine, hers = amira.creates()["id"], bela.creates()["id"]
        bela.shares(hers, amira, "Viewer")
        expect(self.ask(amira, method, body, [mine, hers]), 403)
        assert amira.sees(mine)["title"] == bela.sees(hers)["title"] == "Town hall"

    def test_an_event_in_the_trash_refuses_the_whole(self, amira, method, body):
        one, two = amira.creates()["id"], amira.creates()["id"]
        expect(amira.delete(f"/api/events/{two}"), 200)
        expect(self.ask(amira, method, body, [one, two]), 404)
        assert amira.sees(one)["title"] == "Town hall"

    def test_an_event_named_twice_is_refused(self, amira, method, body):
        one = amira.creates()["id"]
        assert self.ask(amira, method, body, [one, one]).status in (404, 409, 422)
        assert amira.sees(one)["title"] == "Town hall"

    def test_an_id_that_is_none_is_refused(self, amira, method, body):
        for wrong in (0, -1, 1.0, "1", None, True, 2**63, 2**64):
            assert self.ask(amira, method, body, [wrong]).status in (404, 422)


def test_an_editor_may_change_but_not_delete_in_a_batch(amira, bela):
    event_id = amira.creates()["id"]
    amira.shares(event_id, bela, "Editor")
    items = {"items": [{"id": event_id, "title": "Edited"}]}
    expect(bela.patch("/api/events/batch", items), 200)
    expect(bela.delete("/api/events/batch", {"ids": [event_id]}), 403)
    assert amira.sees(event_id)["title"] == "Edited"
