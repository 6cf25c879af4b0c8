"""No leaks: resident memory is flat after the first tenth of many mixed requests."""

import threading

from support import program
from support.people import Person, event, unused_name

CONNECTIONS = 4


def mixed(person, event_id, turn):
    """Some of everything: reads, writes, refusals, lists.

    What is made is purged again: the database stays as large as it is, so that memory that grows
    is no page of it in a cache."""
    where = f"/api/events/{event_id}"
    kind = turn % 12
    if kind in (0, 1):
        made = person.post("/api/events", event(title=f"Turn {turn}")).json
        here = f"/api/events/{made['id']}"
        person.patch(here, {"title": "Changed"})
        person.post(here + "/rollback/1")
        person.delete(here)
        return person.delete(here + "/purge")
    if kind == 2:
        return person.post("/api/events", event(title="", colour="red"))
    if kind == 3:
        return person.post("/api/events", b'{"title": [[[[[')
    if kind == 4:
        return person.get("/api/events", limit=20, sort_by="-title")
    if kind == 5:
        return person.get(where + "/history", limit=5)
    if kind == 6:
        return person.get("/api/events/999999999")
    if kind == 7:
        return person.client.request("GET", where, token="nonsense")
    if kind == 8:
        return person.get(where + "/diff/1/1")
    if kind == 9:
        return person.get("/openapi.json")
    if kind == 10:
        return person.get("/api/events", limit=-1, colour="red")
    return person.get(where)


def test_memory_is_flat_after_the_first_tenth(start, long_run):
    server = start()
    server.client.recorder = None
    total = 100_000 if long_run else 5_000
    people = [Person(server.client, unused_name("busy")) for _ in range(CONNECTIONS)]
    ids = [person.creates()["id"] for person in people]
    failures = []

    def work(number, begin, end):
        for turn in range(begin, end):
            reply = mixed(people[number], ids[number], turn)
            if reply.status >= 500:
                failures.append(str(reply))

    def run(begin, end):
        threads = [
            threading.Thread(target=work, args=(n, begin // CONNECTIONS, end // CONNECTIONS))
            for n in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    run(0, total // 10)
    after_a_tenth = server.resident_kib()
    kinds = {kind: server.resident_kib(kind) for kind in ("RssAnon", "RssFile")}
    run(total // 10, total)
    at_the_end = server.resident_kib()
    assert failures == []
    for kind, before in kinds.items():
        print(f"{kind}: {before} KiB, then {server.resident_kib(kind)} KiB")
    print(f"resident: {after_a_tenth} KiB after {total // 10}, {at_the_end} KiB after {total}")
    if not program.is_sanitized():  # which keeps what was freed, and looks for leaks itself
        assert at_the_end - after_a_tenth < 2048
