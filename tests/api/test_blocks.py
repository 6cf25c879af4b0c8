"""A block and its end go in pieces: whatever was cut off on its way goes on by itself."""

import contextlib
import http.client
import threading
import time

import pytest

from support import invariants
from support.people import Person, event, expect, unused_name

BLOCKS = "/api/users/me/blocks"
SHARED = 8000
BATCH = 500

# As if amira had shared all of hers with bela, one after another.
SHARE = [
    """INSERT INTO event_permissions (event_id, user_id, role_id, meaning, granted_by, granted_at,
        start_time, extent_class)
    SELECT p.event_id, {bela}, (SELECT min(id) FROM roles WHERE meaning = 3), 3, {amira},
        p.granted_at, p.start_time, p.extent_class
    FROM event_permissions p WHERE p.user_id = {amira}""",
    """UPDATE event_counts SET given_roles = given_roles + {shared} WHERE user_id = {amira}
    AND shard = (SELECT min(shard) FROM event_counts WHERE user_id = {amira})""",
    """UPDATE event_counts SET events = events + {shared} WHERE user_id = {bela}
    AND shard = (SELECT min(shard) FROM event_counts WHERE user_id = {bela})""",
]


def share_all(database, amira, bela):
    numbers = {"amira": amira.id, "bela": bela.id, "shared": SHARED}
    database.change(*(statement.format(**numbers) for statement in SHARE))


def refused_of(database, person):
    [row] = database.rows(
        f"SELECT count(*) AS n FROM event_permissions WHERE user_id = {person.id} AND refused"
    )
    return row["n"]


def cut_off(server, database, person, ask):
    """Kills the server when a part of it is done; how many are refused then."""

    def run():
        with contextlib.suppress(OSError, http.client.HTTPException):
            ask()

    asker = threading.Thread(target=run)
    before = refused_of(database, person)
    asker.start()
    end = time.monotonic() + 60
    while refused_of(database, person) == before:
        assert time.monotonic() < end, "nothing has been done yet"
        time.sleep(0.002)
    server.kill()
    asker.join()
    return refused_of(database, person)


def wait_for(database, person, count):
    end = time.monotonic() + 60
    while refused_of(database, person) != count:
        assert time.monotonic() < end, f"{refused_of(database, person)} of {count} are refused"
        time.sleep(0.05)


def test_a_server_that_is_killed_goes_on_with_a_block_and_its_end(start, new_database):
    if new_database.name == "postgres":
        pytest.skip("there it goes at one go")
    server = start()
    amira, bela = (Person(server.client, name) for name in ("amira", "bela"))
    bela.creates()
    for _ in range(SHARED // BATCH):
        expect(amira.post("/api/events/batch", [event(title="Many")] * BATCH), 201)
    server.stop()
    share_all(new_database, amira, bela)

    server = start()
    bela = Person(server.client, "bela", register=False)
    assert expect(bela.get("/api/events", limit=1), 200).json["total"] == SHARED + 1
    path = BLOCKS
    left = cut_off(server, new_database, bela, lambda: bela.post(path, {"user_id": amira.id}))
    assert 0 < left < SHARED, "too few to see it"

    server = start()
    wait_for(new_database, bela, SHARED)
    bela = Person(server.client, "bela", register=False)
    assert expect(bela.get("/api/events", limit=1), 200).json["total"] == 1
    left = cut_off(server, new_database, bela, lambda: bela.delete(f"{path}/{amira.id}"))
    assert 0 < left < SHARED, "too few to see it"

    server = start()
    wait_for(new_database, bela, 0)
    bela = Person(server.client, "bela", register=False)
    assert expect(bela.get("/api/events", limit=1), 200).json["total"] == SHARED + 1
    assert expect(bela.get(path), 200).json == []


@pytest.fixture
def people(start):
    client = start().client
    amira, bela, chen = (Person(client, unused_name(name)) for name in ("amira", "bela", "chen"))
    bela.knows(amira)
    return amira, bela, chen


def test_what_comes_to_somebody_who_is_blocked_is_refused_until_the_block_ends(people):
    amira, bela, chen = people
    made = amira.creates()["id"]
    amira.shares(made, chen)
    expect(chen.post(BLOCKS, {"user_id": bela.id}), 200)
    chen.sees(made)
    expect(amira.post(f"/api/events/{made}/transfer", {"user_id": bela.id}), 200)
    expect(chen.get(f"/api/events/{made}"), 404)
    assert expect(chen.get("/api/events"), 200).json["total"] == 0
    expect(chen.delete(f"{BLOCKS}/{bela.id}"), 204)
    chen.sees(made)
    assert expect(chen.get("/api/events"), 200).json["total"] == 1


def test_a_role_that_somebody_else_gives_anew_is_not_refused_for_who_gave_it_before(people):
    amira, bela, chen = people
    expect(chen.post(BLOCKS, {"user_id": amira.id}), 200)
    made = amira.creates()["id"]
    amira.shares(made, chen)
    expect(amira.post(f"/api/events/{made}/transfer", {"user_id": bela.id}), 200)
    expect(chen.get(f"/api/events/{made}"), 404)
    role = {"role": "Editor"}
    expect(bela.put(f"/api/events/{made}/permissions/{chen.id}", role), 200)
    chen.sees(made)
    assert expect(chen.get("/api/events"), 200).json["total"] == 1


@pytest.mark.parametrize("refused", [False, True])
def test_a_grant_that_is_not_as_the_blocks_say_is_found(start, new_database, refused):
    server = start()
    amira, chen = (Person(server.client, name) for name in ("amira", "chen"))
    amira.shares(amira.creates()["id"], chen)
    if not refused:
        expect(chen.post(BLOCKS, {"user_id": amira.id}), 200)
    server.stop()
    assert invariants.broken(new_database) == []
    plant = f"UPDATE event_permissions SET refused = {refused} WHERE user_id = {chen.id}"
    new_database.change(plant)
    assert any("as the blocks say" in fault for fault in invariants.broken(new_database))
