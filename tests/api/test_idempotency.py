"""Idempotency-Key: what is sent twice happens once, and the second is given the first's reply."""

import concurrent.futures
import contextlib
import http.client
import os
import threading
import time
import uuid

import pytest

from support import databases, operations, program
from support.contract import Contract
from support.people import PASSWORD, Person, event, expect, unused_name

LONG = bool(os.environ.get("FASTI_TEST_LONG"))
DAY_S = 24 * 3600


def named(key=None, **more):
    return {"Idempotency-Key": key or str(uuid.uuid4()), **more}


def is_replayed(reply):
    return reply.headers["Idempotent-Replayed"] == "true"


def a_title():
    """One that no other contains."""
    return unused_name("title") + "."


def insist(ask):
    """The reply when nobody else is at it: PostgreSQL may still hold what a dead server began."""
    end = time.monotonic() + 10
    while (reply := ask()).status == 409 and time.monotonic() < end:
        time.sleep(0.02)
    return reply


def test_what_a_key_has_made_is_not_in_its_own_way(person):
    amira, headers = person("amira"), named()
    body = event()

    def creates(headers):
        return amira.post("/api/events", body, conflicts="reject", headers=headers)

    made = expect(creates(headers), 201)
    again = expect(creates(headers), 201)
    assert is_replayed(again) and again.json == made.json
    reply = expect(creates(named()), 409)
    assert [one["event_id"] for one in reply.json["conflicts"]] == [made.json["id"]]
    assert reply.json["checked_until"] == body["end_time"]


def count_titles(person, title):
    return expect(person.get("/api/events", title=title), 200).json["total"]


def same(one, other):
    kept = ("ETag", "Location", "Content-Type")
    return (one.status, one.body) == (other.status, other.body) and all(
        one.headers[name] == other.headers[name] for name in kept
    )


# -- The same again --------------------------------------------------------------------------------


def test_the_same_key_and_body_give_the_same_reply_and_one_event(amira):
    title, headers = a_title(), named()
    first = expect(amira.post("/api/events", event(title=title), headers), 201)
    assert not is_replayed(first)
    for path in ("/api/events", "/api/events/"):
        again = amira.post(path, event(title=title), headers)
        assert same(first, again) and is_replayed(again)
    assert count_titles(amira, title) == 1


def test_another_body_or_other_parameters_are_422(amira):
    headers = named()
    expect(amira.post("/api/events", event(title="One"), headers), 201)
    reply = amira.post("/api/events", event(title="Two"), headers)
    assert expect(reply, 422).json["errors"][0]["loc"] == ["header", "Idempotency-Key"]
    reply = amira.post("/api/events", event(title="One"), headers, conflicts="allow")
    assert expect(reply, 422).json["errors"][0]["type"] == "key_reused"


def test_a_key_stands_for_one_address_and_method_and_one_person(amira, bela):
    headers = named()
    made = expect(amira.post("/api/events", event(title="One"), headers), 201).json
    other = expect(bela.post("/api/events", event(title="One"), headers), 201)
    assert not is_replayed(other) and other.json["id"] != made["id"]
    path = f"/api/events/{made['id']}"
    changed = expect(amira.patch(path, event(title="One"), headers), 200)
    assert not is_replayed(changed)
    second = amira.creates()["id"]
    assert not is_replayed(expect(amira.delete(path, None, headers), 200))
    assert not is_replayed(expect(amira.delete(f"/api/events/{second}", None, headers), 200))


def test_a_refusal_is_not_kept(amira):
    headers, path = named(), f"/api/events/{amira.creates()['id']}"
    expect(amira.patch(path, {"title": ""}, headers), 422)
    expect(amira.patch(path, {"title": "Sound"}, headers), 200)
    assert is_replayed(amira.patch(path, {"title": "Sound"}, headers))


def test_a_replay_comes_before_if_match_which_the_change_itself_has_outdated(amira):
    path = f"/api/events/{amira.creates()['id']}"
    headers = named(**{"If-Match": '"1"'})
    first = expect(amira.patch(path, {"title": "Once"}, headers), 200)
    again = amira.patch(path, {"title": "Once"}, headers)
    assert same(first, again) and is_replayed(again)
    assert amira.sees(int(path.rsplit("/", 1)[1]))["version_number"] == 2


WRITES = [
    (method, path)
    for method, path, operation in Contract(program.document()).operations()
    if any("IdempotencyKey" in part.get("$ref", "") for part in operation.get("parameters", []))
]


@pytest.mark.parametrize("method, path", WRITES, ids=[" ".join(one) for one in WRITES])
def test_every_write_is_done_once(client, root, method, path):
    scene = operations.gather(client).set()
    asker = root if path.startswith("/api/users") else scene.owner
    if path == "/api/users/me":
        asker = scene.stranger
    if path.endswith(("/restore", "/purge")):
        expect(scene.owner.delete(f"/api/events/{scene.event_id}"), 200)
    user = scene.stranger if path == "/api/users/{user_id}" else None
    target, headers = operations.path_of(path, scene, user), named()
    body = operations.body_of(method, path, scene)
    if (method, path) == ("DELETE", "/api/users/me/blocks/{user_id}"):
        expect(asker.post("/api/users/me/blocks", {"user_id": scene.viewer.id}), 200)
    first = asker.ask(method, target, body, headers)
    assert first.status in (200, 201, 204) and not is_replayed(first), str(first)
    again = asker.ask(method, target, body, headers)
    if (method, path) == ("DELETE", "/api/users/me"):
        expect(again, 401)  # nobody is left to be given it
        return
    assert same(first, again) and is_replayed(again), str(again)


def takes(method, path, name):
    operation = program.document()["paths"][path][method.lower()]
    return any(
        name in (part.get("name"), part.get("$ref", "").rsplit("/", 1)[-1])
        for part in operation["parameters"]
    )


LOOKED_AT = [one for one in WRITES if takes(*one, "conflicts")]


@pytest.mark.parametrize("method, path", LOOKED_AT, ids=[" ".join(one) for one in LOOKED_AT])
def test_who_looks_for_conflicts_first_finds_that_it_is_done(client, method, path):
    scene = operations.gather(client).set()
    headers = named(**({"If-Match": '"2"'} if takes(method, path, "IfMatch") else {}))
    makes = method == "POST" and path in ("/api/events", "/api/events/batch")
    if makes or path.endswith("/restore"):
        expect(scene.owner.delete(f"/api/events/{scene.event_id}"), 200)
    target, body = operations.path_of(path, scene), operations.body_of(method, path, scene)
    first = scene.owner.ask(method, target, body, headers, conflicts="reject")
    assert first.status in (200, 201) and not is_replayed(first), str(first)
    again = scene.owner.ask(method, target, body, headers, conflicts="reject")
    assert same(first, again) and is_replayed(again), str(again)
    other = scene.owner.ask(method, target, body, headers, conflicts="allow")
    assert expect(other, 422).json["errors"][0]["type"] == "key_reused"


def test_the_rest_of_a_series_is_split_off_once(amira):
    made = amira.creates(recurrence_pattern="FREQ=DAILY;COUNT=9")
    path = f"/api/events/{made['id']}/occurrences/{made['start_time'].replace('-03T', '-06T')}"
    query = {"scope": "following", "conflicts": "reject"}
    headers = named(**{"If-Match": '"1"'})
    first = expect(amira.patch(path, {"title": "Later"}, headers, **query), 200)
    again = amira.patch(path, {"title": "Later"}, headers, **query)
    assert same(first, again) and is_replayed(again), str(again)
    assert expect(amira.get("/api/events"), 200).json["total"] == 2


def test_what_changes_nothing_and_what_gives_tokens_passes_over_the_key(client, amira):
    document = client.request("GET", "/openapi.json").json
    for path, item in document["paths"].items():
        for method, operation in item.items():
            takes = any("IdempotencyKey" in str(part) for part in operation["parameters"])
            is_left_out = path.startswith("/api/auth/") or path == "/api/setup" or method == "get"
            is_left_out |= path in ("/api/events/conflicts", "/api/recurrence/preview")
            assert takes != is_left_out, f"{method} {path}"
    account = {"username": amira.username, "password": PASSWORD}
    headers = named()
    tokens = {
        expect(client.request("POST", "/api/auth/login", account, headers), 200).json[
            "refresh_token"
        ]
        for _ in range(2)
    }
    assert len(tokens) == 2
    bad = {"Idempotency-Key": "x" * 65}
    expect(client.request("POST", "/api/auth/login", account, bad), 200)
    expect(amira.get("/api/events", bad), 200)


def test_a_dry_run_is_not_kept(amira):
    made = amira.creates(recurrence_pattern="FREQ=DAILY;COUNT=5")
    path = f"/api/events/{made['id']}/occurrences/{made['start_time']}"
    headers = named()
    for _ in range(2):
        reply = amira.patch(path, {"title": "x"}, headers, scope="all", dry_run="true")
        assert not is_replayed(expect(reply, 200))


# -- Who is given it -------------------------------------------------------------------------------


def test_who_lost_the_right_is_refused_before_a_reply_is_given_again(amira, bela):
    event_id = amira.creates()["id"]
    path, headers = f"/api/events/{event_id}", named()
    amira.shares(event_id, bela, "Editor")
    expect(bela.patch(path, {"title": "Mine"}, headers), 200)
    grant = f"{path}/permissions/{bela.id}"
    expect(amira.put(grant, {"role": "Viewer"}), 200)
    expect(bela.patch(path, {"title": "Mine"}, headers), 403)
    expect(bela.patch(path, {"title": "Other"}, headers), 403)
    expect(amira.delete(grant), 204)
    expect(bela.patch(path, {"title": "Mine"}, headers), 404)
    expect(bela.patch(path, {"title": "Other"}, headers), 404)
    many = {"items": [{"id": event_id, "title": "Ours"}]}
    amira.shares(event_id, bela, "Editor")
    expect(bela.patch("/api/events/batch", many, headers), 200)
    assert is_replayed(bela.patch("/api/events/batch", many, headers))
    expect(amira.delete(grant), 204)
    expect(bela.patch("/api/events/batch", many, headers), 404)


def test_an_administrator_no_more_sees_no_reply_about_others(root, person, bela):
    helper = person("helper")
    expect(root.patch(f"/api/users/{helper.id}", {"is_admin": True}), 200)
    path, headers = f"/api/users/{bela.id}", named()
    expect(helper.patch(path, {"timezone": "UTC"}, headers), 200)
    assert is_replayed(helper.patch(path, {"timezone": "UTC"}, headers))
    expect(root.patch(f"/api/users/{helper.id}", {"is_admin": False}), 200)
    expect(helper.patch(path, {"timezone": "UTC"}, headers), 404)


def test_who_is_signed_out_is_401(client, person):
    one, headers = person("one"), named()
    expect(one.post("/api/events", event(), headers), 201)
    expect(one.post("/api/auth/logout"), 200)
    expect(one.post("/api/events", event(), headers), 401)
    expect(client.request("POST", "/api/events", event(), headers), 401)


def test_a_new_owner_is_not_needed_for_the_reply_to_the_transfer(amira, bela):
    bela.knows(amira)
    path = f"/api/events/{amira.creates()['id']}/transfer"
    headers = named()
    first = expect(amira.post(path, {"user_id": bela.id}, headers), 200)
    assert same(first, amira.post(path, {"user_id": bela.id}, headers))
    expect(bela.delete(path.replace("transfer", f"permissions/{amira.id}")), 204)
    expect(amira.post(path, {"user_id": bela.id}, headers), 404)


# -- Keys ------------------------------------------------------------------------------------------


def test_a_key_that_is_none_is_422_for_who_may_do_it(amira, bela):
    path = f"/api/events/{amira.creates()['id']}"
    for key in ("x" * 65, "two words", "", "caf\u00e9"):
        headers = [("Idempotency-Key", key.encode().decode("latin-1"))]
        reply = expect(amira.patch(path, {"title": ""}, headers), 422)
        places = [fault["loc"] for fault in reply.json["errors"]]
        assert places == [["body", "title"], ["header", "Idempotency-Key"]]
        expect(bela.patch(path, {"title": "x"}, headers), 404)
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "a")]
    expect(amira.patch(path, {"title": "x"}, twice), 422)
    assert amira.sees(int(path.rsplit("/", 1)[1]))["version_number"] == 1
    for key in ("x" * 64, "!", '"8e03978e-40d5-43dd-bc93-6894a57f9324"'):
        expect(amira.patch(path, {"title": "x"}, {"Idempotency-Key": key}), 200)


MOVE_BACK = {
    "sqlite": "UPDATE idempotency_keys SET created_at = created_at - 86400000000",
    "postgres": "UPDATE idempotency_keys SET created_at = created_at - interval '1 day'",
}
COUNT = "SELECT count(*) AS n FROM idempotency_keys"


def test_after_a_day_a_key_is_forgotten_and_its_reply_taken_away(start):
    server = start()
    amira, title = Person(server.client, "amira"), "Once a day"
    keys = [named() for _ in range(80)]
    for headers in keys:
        expect(amira.post("/api/events", event(title=title), headers), 201)
    server.stop()
    assert server.database.rows(COUNT)[0]["n"] == len(keys)
    server.database.change(MOVE_BACK[server.database.name])
    server = start(server.database)
    amira = Person(server.client, "amira", register=False)
    assert not is_replayed(expect(amira.post("/api/events", event(title=title), keys[0]), 201))
    end = time.monotonic() + 20
    while server.database.rows(COUNT)[0]["n"] > 1:
        assert time.monotonic() < end, "old replies are not taken away"
        time.sleep(0.05)
    assert is_replayed(amira.post("/api/events", event(title=title), keys[0]))
    assert count_titles(amira, title) == len(keys) + 1


FILL = {
    "sqlite": """INSERT INTO idempotency_keys (user_id, name, digest, created_at, status, headers,
        body, bytes) WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT {count})
        SELECT {user}, 'n' || n, 'd', CAST(strftime('%s') AS INTEGER) * 1000000, 204, '', NULL,
        {bytes} FROM n""",
    "postgres": """INSERT INTO idempotency_keys (user_id, name, digest, created_at, status, headers,
        body, bytes) SELECT {user}, 'n' || n, 'd', now(), 204, '', NULL, {bytes}
        FROM generate_series(1, {count}) n""",
}


@pytest.mark.parametrize("count, bytes_each", [(10_000, 0), (32, 1024 * 1024)])
def test_what_one_person_may_have_kept_is_bounded(start, count, bytes_each):
    server = start()
    amira, bela = Person(server.client, "amira"), Person(server.client, "bela")
    event_id = amira.creates()["id"]
    headers = named()
    expect(amira.patch(f"/api/events/{event_id}", {"title": "Before"}, headers), 200)
    server.stop()
    fill = FILL[server.database.name].format(user=amira.id, count=count, bytes=bytes_each)
    server.database.change(fill)
    server = start(server.database)
    amira = Person(server.client, "amira", register=False)
    bela = Person(server.client, "bela", register=False)
    refused = expect(amira.post("/api/events", event(), named()), 429)
    assert 80_000 < int(refused.headers["Retry-After"]) <= DAY_S
    expect(amira.post("/api/events", event()), 201)
    expect(bela.post("/api/events", event(), named()), 201)
    assert is_replayed(amira.patch(f"/api/events/{event_id}", {"title": "Before"}, headers))
    expect(amira.delete(f"/api/events/{event_id}", None, named()), 200)


def test_a_reply_too_large_to_keep_is_kept_as_ids(amira):
    events = [amira.creates(title="Huge", description="z" * 60_000)["id"] for _ in range(10)]
    body = {"items": [{"id": one, "title": "Huge too"} for one in events]}
    headers = named()
    first = expect(amira.patch("/api/events/batch", body, headers), 200)
    assert len(first.body) > 512 * 1024
    # It is not of the shape that the document has for it, and the document says so.
    reply = amira.client.request(
        "PATCH", "/api/events/batch", body, headers, token=amira.token, recorded=False
    )
    assert is_replayed(reply) and reply.status == 200
    assert reply.json == [{"id": one, "version_number": 2} for one in events]


# -- Many at once, and an end in between -----------------------------------------------------------


def test_of_fifty_at_once_with_one_key_one_is_done(amira):
    keys, askers = (1000 if LONG else 20), 50
    barrier = threading.Barrier(askers)
    titles = [a_title() for _ in range(keys)]
    heads = [named() for _ in range(keys)]

    def ask(_):
        replies = []
        for title, headers in zip(titles, heads):
            barrier.wait()
            replies.append(amira.post("/api/events", event(title=title), headers))
        amira.client.close()
        return replies

    with concurrent.futures.ThreadPoolExecutor(askers) as pool:
        rounds = list(zip(*pool.map(ask, range(askers))))
    for title, headers, replies in zip(titles, heads, rounds):
        assert {reply.status for reply in replies} <= {201, 409}
        made = [reply for reply in replies if reply.status == 201]
        assert len([reply for reply in made if not is_replayed(reply)]) == 1
        assert len({reply.json["id"] for reply in made}) == 1
        again = expect(amira.post("/api/events", event(title=title), headers), 201)
        assert is_replayed(again) and again.json["id"] == made[0].json["id"]
    for title in titles[:: max(1, keys // 20)]:
        assert count_titles(amira, title) == 1


@pytest.mark.databases("postgres")
def test_what_is_still_running_is_409(shared, amira):
    """Another transaction holds the event, so that the first request cannot end."""
    event_id = amira.creates()["id"]
    path, headers = f"/api/events/{event_id}", named()
    waiting = """SELECT 1 FROM pg_locks WHERE NOT granted AND pid IN
        (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"""
    with (
        concurrent.futures.ThreadPoolExecutor(1) as pool,
        contextlib.closing(databases.connect(shared.database.url)) as connection,
    ):
        connection.autocommit = False
        connection.cursor().execute("SELECT 1 FROM events WHERE id = %s FOR UPDATE", [event_id])
        first = pool.submit(lambda: amira.patch(path, {"title": "Held"}, headers))
        end = time.monotonic() + 10
        while not shared.database.rows(waiting):
            assert time.monotonic() < end, "the request does not wait"
            time.sleep(0.005)
        reply = expect(amira.patch(path, {"title": "Held"}, headers), 409)
        assert reply.json["type"] == "urn:fasti:problem:key-in-use"
        connection.rollback()
        expect(first.result(), 200)
    assert is_replayed(amira.patch(path, {"title": "Held"}, headers))


def test_a_kill_in_between_and_the_same_again_have_one_effect(start, long_run):
    server = start()
    amira = Person(server.client, "amira")
    for _ in range(20 if long_run or LONG else 3):
        asked = []

        def write(_):
            with contextlib.suppress(OSError, http.client.HTTPException):
                while True:
                    title, headers = a_title(), named()
                    asked.append((title, headers))
                    expect(amira.post("/api/events", event(title=title), headers), 201)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            running = [pool.submit(write, number) for number in range(8)]
            time.sleep(0.3)
            server.kill()
            for one in running:
                one.result()
        server = start(server.database)
        amira = Person(server.client, "amira", register=False)
        replayed = 0
        for title, headers in asked[-60:]:
            again = insist(lambda: amira.post("/api/events", event(title=title), headers))
            replayed += is_replayed(expect(again, 201))
            assert count_titles(amira, title) == 1
        assert replayed > 0
