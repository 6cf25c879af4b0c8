"""Many at once: no version number twice, none left out, nothing lost (D1, K1, C17)."""

import concurrent.futures
import contextlib
import http.client
import json
import socket
import threading
import time

import pytest

from support import databases
from support.people import Person, event, expect

WRITERS = 16


def in_parallel(count, work):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def test_parallel_writers_on_one_event_make_every_version_once(amira, person, long_run):
    event_id = amira.creates()["id"]
    people = [person("writer") for _ in range(WRITERS)]
    for one in people:
        amira.shares(event_id, one, "Editor")
    end = time.monotonic() + (10 if long_run else 2)

    def write(number):
        made, turn = [], 0
        while time.monotonic() < end:
            turn += 1
            reply = people[number].patch(f"/api/events/{event_id}", {"title": f"{number} {turn}"})
            made.append((expect(reply, 200).json["version_number"], reply.json["title"]))
        return made

    made = sorted(version for versions in in_parallel(WRITERS, write) for version in versions)
    assert [number for number, _ in made] == list(range(2, len(made) + 2))

    titles = dict(made)
    assert amira.sees(event_id)["title"] == titles[len(made) + 1]
    seen, cursor = [], None
    while True:
        query = {"limit": 1000, **({"cursor": cursor} if cursor else {})}
        page = expect(amira.get(f"/api/events/{event_id}/history", **query), 200).json
        seen += [row["version_number"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == list(range(len(made) + 1, 0, -1))
    for number in (2, len(made) // 2 + 2, len(made) + 1):
        version = expect(amira.get(f"/api/events/{event_id}/history/{number}"), 200).json
        assert version["data"]["title"] == titles[number]


def test_of_parallel_edits_of_one_version_one_is_applied(amira):
    event_id = amira.creates()["id"]
    for version in range(1, 11):
        tag = {"If-Match": f'"{version}"'}
        replies = in_parallel(
            8, lambda n: amira.patch(f"/api/events/{event_id}", {"title": f"{version} {n}"}, tag)
        )
        assert sorted(reply.status for reply in replies) == [200] + [412] * 7
        (winner,) = [reply.json["title"] for reply in replies if reply.status == 200]
        assert amira.sees(event_id)["title"] == winner


def test_of_parallel_shares_with_one_person_one_succeeds(amira, bela):
    event_id = amira.creates()["id"]
    body = {"user_id": bela.id, "role_id": 3}
    replies = in_parallel(8, lambda _: amira.post(f"/api/events/{event_id}/share", body))
    assert sorted(reply.status for reply in replies) == [200] + [409] * 7


def test_parallel_transfers_leave_one_owner(amira, person):
    for _ in range(5):
        event_id = amira.creates()["id"]
        heirs = [person("heir") for _ in range(4)]
        for heir in heirs:
            heir.knows(amira)
        replies = in_parallel(
            4,
            lambda n: amira.post(f"/api/events/{event_id}/transfer", {"user_id": heirs[n].id}),
        )
        assert sorted(reply.status for reply in replies) == [200, 403, 403, 403]
        rows = expect(amira.get(f"/api/events/{event_id}/permissions"), 200).json
        assert [row["role_name"] for row in rows].count("Owner") == 1


# -- An account goes while others write about it ---------------------------------------------------


def while_uncommitted(database, statement, row_id, ask, then=lambda: None):
    """The reply to ask(), which comes to wait for this statement to be committed; then() is called
    while it waits."""
    waiting = """SELECT pid FROM pg_locks WHERE NOT granted AND pid IN
        (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"""
    end = time.monotonic() + 10
    with (
        concurrent.futures.ThreadPoolExecutor(1) as pool,
        contextlib.closing(databases.connect(database.url)) as connection,
    ):
        connection.autocommit = False
        connection.cursor().execute(statement, [row_id])
        reply = pool.submit(ask)
        while not database.rows(waiting):
            assert time.monotonic() < end, "the request does not wait"
            time.sleep(0.005)
        then()
        connection.commit()
        return reply.result()


# With what the program does besides: the roles that others had given are theirs again to give.
DELETE_USER = """
    WITH gone AS (SELECT %s::bigint AS id),
    given AS (SELECT p.granted_by, count(*) AS n FROM event_permissions p JOIN gone g
        ON p.user_id = g.id WHERE p.granted_by <> p.user_id GROUP BY p.granted_by),
    counted AS (INSERT INTO event_counts (user_id, shard, events, given_roles)
        SELECT granted_by, 0, 0, -n FROM given ON CONFLICT (user_id, shard)
        DO UPDATE SET given_roles = event_counts.given_roles + excluded.given_roles)
    DELETE FROM users WHERE id = (SELECT id FROM gone)
"""


def while_deleting(database, user_id, ask):
    return while_uncommitted(database, DELETE_USER, user_id, ask)


@pytest.mark.databases("postgres")
def test_an_event_is_deleted_and_restored_while_a_reader_deletes_his_account(
    shared, amira, person
):
    event_id = amira.creates()["id"]
    early, late = person("early"), person("late")
    amira.shares(event_id, early)
    amira.shares(event_id, late)
    path = f"/api/events/{event_id}"
    expect(while_deleting(shared.database, early.id, lambda: amira.delete(path)), 200)
    expect(while_deleting(shared.database, late.id, lambda: amira.post(path + "/restore")), 200)
    assert [row["user_id"] for row in amira.sees(event_id)["permissions"]] == [amira.id]


@pytest.mark.databases("postgres")
def test_who_deletes_his_account_meanwhile_is_nobody_to_share_with(shared, amira, bela):
    path = f"/api/events/{amira.creates()['id']}/share"
    body = {"user_id": bela.id, "role_id": 3}
    expect(while_deleting(shared.database, bela.id, lambda: amira.post(path, body)), 404)


@pytest.mark.databases("postgres")
def test_who_deletes_his_account_meanwhile_cannot_become_an_owner(shared, amira, bela):
    event_id = amira.creates()["id"]
    amira.shares(event_id, bela)
    expect(bela.post(f"/api/events/{event_id}/answer", {"answer": "yes"}), 200)
    path, body = f"/api/events/{event_id}/transfer", {"user_id": bela.id}
    reply = expect(while_deleting(shared.database, bela.id, lambda: amira.post(path, body)), 409)
    assert reply.json["type"].endswith("not_known")
    assert amira.sees(event_id)["my_role"] == "Owner"


def test_events_are_deleted_and_purged_while_their_readers_delete_their_accounts(amira, person):
    for _ in range(10):
        event_id = amira.creates()["id"]
        readers = [person("reader") for _ in range(2)]
        for reader in readers:
            amira.shares(event_id, reader)

        def go(number):
            if number < len(readers):
                return expect(readers[number].delete("/api/users/me"), 204)
            expect(amira.delete(f"/api/events/{event_id}"), 200)
            return expect(amira.delete(f"/api/events/{event_id}/purge"), 204)

        in_parallel(len(readers) + 1, go)


@pytest.mark.databases("postgres")
def test_who_signs_in_while_the_password_changes_is_refused(shared, client, amira):
    """All sessions end when it changes: one opened just after with the old one would stay."""
    change = "UPDATE users SET hashed_password = 'another' WHERE id = %s"
    form = {"username": amira.username, "password": amira.password}
    reply = while_uncommitted(
        shared.database, change, amira.id, lambda: client.form("/api/auth/login", form)
    )
    expect(reply, 401)


@pytest.mark.databases("postgres")
def test_nobody_signs_in_to_an_account_that_is_being_deleted(shared, client, amira):
    form = {"username": amira.username, "password": amira.password}
    reply = while_deleting(
        shared.database, amira.id, lambda: client.form("/api/auth/login", form)
    )
    expect(reply, 401)


@pytest.mark.databases("postgres")
def test_who_signs_in_while_the_account_is_disabled_is_refused(shared, client, amira):
    """All sessions end when it is: one opened just after would go on when it is enabled again."""
    change = "UPDATE users SET is_active = false WHERE id = %s"
    form = {"username": amira.username, "password": amira.password}
    reply = while_uncommitted(
        shared.database, change, amira.id, lambda: client.form("/api/auth/login", form)
    )
    expect(reply, 401)


WRITES_ON_ONE_EVENT = [
    ("PATCH", "", {"title": "Late"}),
    ("PUT", "", {"title": "Late"}),
    ("DELETE", "", None),
    ("POST", "/rollback/1", None),
    ("POST", "/share", {"username": "nobody-at-all", "role": "Viewer"}),
    ("PATCH", "/occurrences/2025-03-10T09:00:00Z", {"title": "Late"}),
    ("PATCH", "/../batch", {"items": [{"id": None, "title": "Late"}]}),
    ("DELETE", "/../batch", {"ids": [None]}),
]


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(
    "end",
    [
        lambda root, amira: expect(amira.post("/api/auth/logout"), 200),
        lambda root, amira: expect(
            root.patch(f"/api/users/{amira.id}", {"is_active": False}), 200
        ),
        lambda root, amira: expect(root.delete(f"/api/users/{amira.id}"), 409),
    ],
    ids=["signed out", "disabled", "not deleted"],
)
@pytest.mark.parametrize(("method", "path", "body"), WRITES_ON_ONE_EVENT)
def test_a_write_that_waits_for_the_event_is_judged_when_it_has_it(
    shared, root, person, bela, method, path, body, end
):
    """Who was signed out meanwhile, and was told so, has not changed anything after that."""
    amira = person("amira")
    event_id = amira.creates(recurrence_pattern="FREQ=WEEKLY;COUNT=10")["id"]
    amira.shares(event_id, bela)
    amira.changes(event_id, location="Hall")
    if path.startswith("/.."):
        target = "/api/events/batch"
        body = json.loads(json.dumps(body).replace("null", str(event_id)))
    else:
        target = f"/api/events/{event_id}{path}"
    ended = []
    reply = while_uncommitted(
        shared.database,
        "SELECT id FROM events WHERE id = %s FOR UPDATE",
        event_id,
        lambda: amira.ask(method, target, body),
        lambda: ended.append(end(root, amira)),
    )
    if ended[0].status == 409:
        assert reply.status in (200, 204, 404), str(reply)
    else:
        expect(reply, 401)


@pytest.mark.databases("postgres")
def test_who_ends_sessions_waits_for_what_is_written_in_them(shared, amira, bela):
    """The other half: a write that was judged is done before anybody is told that it cannot be."""
    event_id = amira.creates()["id"]
    ended, waits = [], []

    def share():
        """Waits for the row of the person it is shared with, and is judged by then."""
        return amira.post(f"/api/events/{event_id}/share", {"user_id": bela.id, "role_id": 3})

    def sign_out_meanwhile():
        ended.append(pool.submit(amira.post, "/api/auth/logout"))
        time.sleep(0.2)
        waits.append(not ended[0].done())

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        reply = while_uncommitted(
            shared.database,
            "SELECT id FROM users WHERE id = %s FOR UPDATE",
            bela.id,
            share,
            sign_out_meanwhile,
        )
        expect(reply, 200)
        expect(ended[0].result(), 200)
    assert waits == [True]


@pytest.mark.databases("postgres")
def test_two_batches_in_opposite_orders_do_not_wait_for_each_other(shared, amira):
    counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    before = shared.database.rows(counted)
    first, second = amira.creates()["id"], amira.creates()["id"]

    def write(number):
        ids = [first, second] if number % 2 else [second, first]
        items = [{"id": one, "title": f"{number}"} for one in ids]
        for _ in range(20):
            expect(amira.patch("/api/events/batch", {"items": items}), 200)

    in_parallel(4, write)
    time.sleep(1.1)  # what a backend has counted it tells once a second
    amira.changes(first, title="Last")
    assert shared.database.rows(counted) == before


def test_a_revocation_that_was_answered_is_seen_by_every_later_write(amira, bela):
    event_id = amira.creates()["id"]
    for turn in range(10):
        amira.shares(event_id, bela, "Editor")
        revoked_at, accepted = [], []

        def write(_):
            for n in range(20):
                begun = time.monotonic()
                reply = bela.patch(f"/api/events/{event_id}", {"title": f"{turn} {n} {begun}"})
                assert reply.status in (200, 404), str(reply)
                if reply.status == 200:
                    accepted.append(begun)

        writer = threading.Thread(target=write, args=(0,))
        writer.start()
        expect(amira.delete(f"/api/events/{event_id}/permissions/{bela.id}"), 204)
        revoked_at.append(time.monotonic())
        writer.join()
        assert all(begun <= revoked_at[0] for begun in accepted)


def test_readers_are_not_disturbed_by_writers(amira, bela):
    event_id = amira.creates(title="0 0", description="0 0")["id"]
    amira.shares(event_id, bela)
    end = time.monotonic() + 1

    def write():
        turn = 0
        while time.monotonic() < end:
            turn += 1
            amira.changes(event_id, title=f"0 {turn}", description=f"0 {turn}")

    writer = threading.Thread(target=write)
    writer.start()
    last = 0
    while time.monotonic() < end:
        seen = bela.sees(event_id)
        assert seen["title"] == seen["description"], "half of a change was seen"
        assert seen["version_number"] >= last
        last = seen["version_number"]
    writer.join()
    assert last > 1


class Wire:
    """A connection whose requests can be sent in two parts."""

    def __init__(self, person):
        server = person.client.server
        self.token = person.token
        self.socket = socket.create_connection((server.host, server.port), 20)

    def begin(self, method, path, body=b""):
        head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {self.token}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.rest = b"\r\n" + body
        self.socket.sendall(head.encode())

    def end(self):
        self.socket.sendall(self.rest)

    def reply(self):
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        return response.status, json.loads(response.read())

    def ask(self, method, path, body=b""):
        self.begin(method, path, body)
        self.end()
        return self.reply()


def test_what_was_answered_on_one_connection_is_seen_on_another_under_load(start, long_run):
    """The second one belongs to a thread with much at hand, and has begun to arrive already."""
    server = start(FASTI_THREADS="2")
    amira = Person(server.client, "amira")
    expect(amira.post("/api/events/batch", [event()] * 200), 201)
    path = f"/api/events/{amira.creates()['id']}"
    for turn in range(100 if long_run else 10):
        title = f"turn {turn}"
        # Connections are handed out in turn: every other one is the same thread's.
        wires = [Wire(amira) for _ in range(64)]
        writer, busy, late = wires[0], wires[1:48:2], wires[49::2]
        for one in busy:
            one.begin("GET", "/api/events?limit=200")
            one.end()
        for one in late:
            one.begin("GET", path)
        # The first reply: the thread has begun with the others.
        statuses = [busy[0].reply()[0]]
        assert writer.ask("PATCH", path, json.dumps({"title": title}).encode())[0] == 200
        for one in late:
            one.end()
        seen = [one.reply() for one in late]
        assert [(status, event["title"]) for status, event in seen] == [(200, title)] * len(late)
        statuses += [one.reply()[0] for one in busy[1:]]
        assert set(statuses) == {200}
        for one in wires:
            one.socket.close()


def test_a_refused_write_takes_none_of_its_group_with_it(amira, bela):
    """On SQLite, writes that queue up share one commit; each stands or falls alone."""
    event_id = amira.creates()["id"]
    amira.shares(event_id, bela)
    title = "In a group"

    def write(number):
        made = []
        for turn in range(10):
            kind = (number + turn) % 4
            if kind == 0:
                reply = amira.post("/api/events", event(title=title))
                made.append(expect(reply, 201).json["id"])
            elif kind == 1:
                wrong = event(title=title, end_time="2025-03-03T08:00:00Z")
                expect(amira.post("/api/events", wrong), 422)
            elif kind == 2:
                body = {"user_id": bela.id, "role_id": 3}
                expect(amira.post(f"/api/events/{event_id}/share", body), 409)
            else:
                batch = [event(title=title), event(title=title, end_time="2025-03-03T08:00:00Z")]
                expect(amira.post("/api/events/batch", batch), 422)
        return made

    made = [one for some in in_parallel(WRITERS, write) for one in some]
    items = expect(amira.get("/api/events", title=title, limit=1000), 200).json["items"]
    assert sorted(item["id"] for item in items) == sorted(made)
    assert len(made) == 40
