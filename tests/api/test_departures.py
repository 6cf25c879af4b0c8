"""A large account goes at once for everybody, and what it leaves behind in pieces: nobody waits for
that, and a restart goes on with it."""

import threading
import time

import pytest

from support import program
from support.people import Person, event, expect, unused_name

EVENTS = 1000
BATCH = 500
SHARED = 20
# How often another person writes meanwhile, at least, also on a busy machine: in one piece never.
WRITES_MEANWHILE = 20


def fill(person, count):
    ids = []
    for _ in range(count // BATCH):
        made = expect(person.post("/api/events/batch", [event(title="Many")] * BATCH), 201).json
        ids += [one["id"] for one in made]
    return ids


def left_of(database, user_id):
    return database.rows(
        f"""SELECT (SELECT count(*) FROM events WHERE owner_id = {user_id}) AS events,
            (SELECT count(*) FROM users WHERE id = {user_id}) AS users,
            (SELECT count(*) FROM departures) AS departures"""
    )[0]


def wait_until_gone(database, user_id):
    end = time.monotonic() + 120
    while left_of(database, user_id)["departures"]:
        assert time.monotonic() < end, left_of(database, user_id)
        time.sleep(0.02)
    return left_of(database, user_id)


@pytest.fixture
def server(start):
    return start()


@pytest.fixture
def people(server):
    return [Person(server.client, unused_name(name)) for name in ("amira", "bela", "chen")]


def test_a_large_account_is_gone_at_the_reply(server, new_database, people):
    amira, bela, chen = people
    ids = fill(amira, EVENTS)
    shown = ids[: SHARED // 2] + ids[-SHARED // 2 :]
    for one in shown:
        amira.shares(one, bela, "Editor")
    theirs = bela.creates(title="Bela's")["id"]
    bela.shares(theirs, amira)
    expect(amira.delete("/api/users/me"), 409)
    expect(amira.delete("/api/users/me", events="delete"), 204)
    assert left_of(new_database, amira.id)["events"] > 0, "too few to see it"

    for one in shown:
        expect(bela.get(f"/api/events/{one}"), 404)
        expect(bela.patch(f"/api/events/{one}", {"title": "Mine"}), 404)
    assert [one["id"] for one in expect(bela.get("/api/events"), 200).json["items"]] == [theirs]
    assert [row["user_id"] for row in bela.sees(theirs)["permissions"]] == [bela.id]
    expect(amira.get("/api/users/me"), 401)
    expect(amira.get("/api/users/lookup", username=amira.username), 401)
    expect(bela.get("/api/users/lookup", username=amira.username), 404)
    expect(bela.get(f"/api/users/{amira.id}"), 404)
    assert [one["id"] for one in expect(bela.get("/api/users"), 200).json["items"]] == [bela.id]
    expect(bela.post(f"/api/events/{theirs}/share", {"user_id": amira.id, "role": "Viewer"}), 404)
    expect(bela.post(f"/api/events/{theirs}/transfer", {"user_id": amira.id}), 409)
    again = Person(server.client, amira.username)
    assert again.id != amira.id
    assert expect(again.get("/api/events"), 200).json["total"] == 0

    assert wait_until_gone(new_database, amira.id) == {"events": 0, "users": 0, "departures": 0}
    assert expect(bela.get("/api/events"), 200).json["total"] == 1
    purges = new_database.rows("SELECT count(*) AS n FROM audit WHERE action = 'event.purge'")
    assert purges[0]["n"] == EVENTS


def test_an_heir_gets_all_and_readers_lose_nothing(new_database, people):
    amira, bela, chen = people
    ids = fill(amira, EVENTS)
    for one in (ids[0], ids[-1]):
        amira.shares(one, bela)
    chen.knows(amira)
    expect(amira.delete("/api/users/me", events="transfer", to=chen.id), 204)
    for one in (ids[0], ids[-1]):
        bela.sees(one)
    assert wait_until_gone(new_database, amira.id) == {"events": 0, "users": 0, "departures": 0}
    assert expect(chen.get("/api/events"), 200).json["total"] == EVENTS + 1
    assert chen.sees(ids[-1])["my_role"] == "Owner"
    assert bela.sees(ids[-1])["my_role"] == "Viewer"


def test_no_uid_of_another_event_is_in_the_way_of_a_removal(people):
    amira = people[0]
    long = amira.creates()["id"]
    for number in range(40):  # more versions than go at once
        amira.changes(long, title=f"Title {number}")
    amira.creates(uid=f"{long} is being removed")
    expect(amira.delete(f"/api/events/{long}"), 200)
    expect(amira.delete(f"/api/events/{long}/purge"), 204)
    expect(amira.delete("/api/users/me", events="delete"), 204)


def test_an_heir_who_has_an_event_of_the_same_uid_is_refused(people):
    amira, bela, _ = people
    for one in (amira, bela):
        one.creates(uid="the same")
    bela.knows(amira)
    refused = expect(amira.delete("/api/users/me", events="transfer", to=bela.id), 409)
    assert "the same uid" in refused.json["detail"]
    amira.creates()


def test_a_server_that_is_killed_goes_on_after_a_restart(start, server, new_database, people):
    amira = people[0]
    fill(amira, EVENTS)
    expect(amira.delete("/api/users/me"), 204)
    server.kill()
    before = left_of(new_database, amira.id)
    assert before["departures"] == 1 and before["events"] > 0, "too few to see it"
    start(new_database)
    assert wait_until_gone(new_database, amira.id) == {"events": 0, "users": 0, "departures": 0}


def test_nobody_waits_for_what_a_large_account_leaves(server, new_database, people):
    if program.is_sanitized():
        pytest.skip("a sanitizer is slower on purpose")
    amira, bela, _ = people
    fill(amira, 2 * EVENTS)
    waits, is_over = [], threading.Event()

    def write():
        while not is_over.is_set():
            begun = time.monotonic()
            bela.creates()
            waits.append(time.monotonic() - begun)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        time.sleep(0.1)
        expect(amira.delete("/api/users/me"), 204)
        before = len(waits)
        assert left_of(new_database, amira.id)["events"] > 0, "too few to see it"
        wait_until_gone(new_database, amira.id)
        meanwhile = waits[before:]
    finally:
        is_over.set()
        writer.join()
    assert len(meanwhile) >= WRITES_MEANWHILE
