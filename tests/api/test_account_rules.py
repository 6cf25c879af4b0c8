"""The rules of accounts hold at both doors, HTTP and the command line, and leave the same lines in
the audit trail (src/auth/accounts.h)."""

import concurrent.futures
import threading

import pytest

from support import databases, program
from support.people import PASSWORD, Person, expect

OTHER_PASSWORD = "four other words, 2 numbers"


def trail(database):
    """Who did what to whom, oldest first; who is None for the command line. Who signed in and out
    is told by test_sign_in.py."""
    return [
        (row["user_name"], row["action"], row["subject"])
        for row in database.rows("SELECT user_name, action, subject FROM audit ORDER BY id")
        if not row["action"].startswith("user.sign_")
    ]


def run(database, *arguments, stdin=""):
    return program.run(database, "user", *arguments, stdin=stdin)


def make_chief(database):
    done = run(database, "add", "chief", "chief@example.org", "--admin", stdin=PASSWORD + "\n")
    assert done.returncode == 0, done.stderr


class ByCommand:
    """What an administrator does at the shell of the server, which on SQLite is stopped."""

    who = None

    def __init__(self, database, start):
        self.database = database

    def create(self, name):
        return self._is_done("add", name, f"{name}@example.org", stdin=PASSWORD + "\n")

    def promote(self, name):
        return self._is_done("admin", name)

    def demote(self, name):
        return self._is_done("admin", name, "--off")

    def disable(self, name):
        return self._is_done("disable", name)

    def enable(self, name):
        return self._is_done("disable", name, "--off")

    def set_password(self, name):
        return self._is_done("passwd", name, stdin=OTHER_PASSWORD + "\n")

    def delete(self, name):
        return self._is_done("delete", name)

    def _is_done(self, *arguments, stdin=""):
        done = run(self.database, *arguments, stdin=stdin)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0


class ByHttp:
    """The same by requests of the administrator `chief`."""

    who = "chief"

    def __init__(self, database, start):
        self.chief = Person(start().client, "chief", register=False)
        self.ids = {"chief": self.chief.id}

    def create(self, name):
        body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
        reply = self.chief.post("/api/users", body)
        if reply.status == 201:
            self.ids[name] = reply.json["id"]
        return self._is_done(reply, 201)

    def promote(self, name):
        return self._patch(name, is_admin=True)

    def demote(self, name):
        return self._patch(name, is_admin=False)

    def disable(self, name):
        return self._patch(name, is_active=False)

    def enable(self, name):
        return self._patch(name, is_active=True)

    def set_password(self, name):
        return self._patch(name, password=OTHER_PASSWORD)

    def delete(self, name):
        return self._is_done(self.chief.delete(f"/api/users/{self.ids[name]}"), 204)

    def _patch(self, name, **members):
        return self._is_done(self.chief.patch(f"/api/users/{self.ids[name]}", members), 200)

    def _is_done(self, reply, status):
        assert reply.status in (status, 409), reply
        return reply.status == status


@pytest.fixture(params=[ByCommand, ByHttp], ids=["command", "http"])
def door(request, new_database, start):
    """One administrator, chief, and a door to do things by."""
    make_chief(new_database)
    return request.param(new_database, start)


def test_an_administrator_made_by_command_is_in_the_trail(door, new_database):
    assert trail(new_database) == [
        (None, "user.create", "user 1"),
        (None, "user.promote", "user 1"),
    ]


def test_what_is_done_to_an_account_leaves_a_line(door, new_database):
    before = len(trail(new_database))
    for act in ("create", "promote", "demote", "disable", "enable", "set_password", "delete"):
        assert getattr(door, act)("second"), act
    assert trail(new_database)[before:] == [
        (door.who, action, "user 2")
        for action in (
            "user.create",
            "user.promote",
            "user.demote",
            "user.disable",
            "user.enable",
            "user.password",
            "user.delete",
        )
    ]


def test_what_changes_nothing_leaves_no_line(door, new_database):
    before = trail(new_database)
    for act in ("promote", "enable"):
        assert getattr(door, act)("chief"), act
    assert trail(new_database) == before


def test_the_last_administrator_stays_one_at_both_doors(door, new_database):
    assert door.create("second")
    before = trail(new_database)
    for act in ("demote", "disable", "delete"):
        assert not getattr(door, act)("chief"), act
    assert trail(new_database) == before
    assert door.promote("second")
    assert door.demote("second"), "chief is left"


def test_an_administrator_who_is_disabled_does_not_count(door):
    assert door.create("second") and door.promote("second") and door.disable("second")
    for act in ("demote", "disable", "delete"):
        assert not getattr(door, act)("chief"), act


def test_a_name_can_be_taken_once_at_both_doors(door, new_database):
    assert door.create("second")
    before = trail(new_database)
    assert not door.create("second")
    assert trail(new_database) == before


@pytest.mark.parametrize("act", ["disable", "set_password"])
def test_these_end_every_session(door, new_database, start, act):
    assert door.create("second")
    server = start() if door.who is None else None
    client = server.client if server else door.chief.client
    second = Person(client, "second", register=False)
    if server:
        server.stop()
    alive = f"SELECT id FROM sessions WHERE user_id = {second.id} AND revoked_at IS NULL"
    assert len(new_database.rows(alive)) == 1
    assert getattr(door, act)("second")
    assert new_database.rows(alive) == []


def test_the_command_says_why_the_last_administrator_stays(new_database):
    make_chief(new_database)
    for arguments in (("admin", "chief", "--off"), ("disable", "chief"), ("delete", "chief")):
        done = run(new_database, *arguments)
        assert done.returncode == 1
        assert "This is the last administrator" in done.stderr, arguments


# -- By requests alone -----------------------------------------------------------------------------


@pytest.fixture
def chief(new_database, start):
    make_chief(new_database)
    return Person(start().client, "chief", register=False)


def test_who_acts_on_oneself_is_in_the_trail(chief, new_database):
    before = len(trail(new_database))
    me = Person(chief.client, "mina")
    expect(me.patch("/api/users/me", {"email": "another@example.org"}), 200)
    change = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    expect(me.post("/api/auth/password", change), 204)
    expect(me.patch("/api/users/me", {"username": "wilhelmina"}), 200)
    expect(me.delete("/api/users/me"), 204)
    subject = f"user {me.id}"
    assert trail(new_database)[before:] == [
        ("mina", "user.create", subject),
        ("mina", "user.update", subject),
        ("mina", "user.password", subject),
        ("mina", "user.update", subject),
        ("wilhelmina", "user.delete", subject),
    ]
    who = new_database.rows(f"SELECT DISTINCT user_id FROM audit WHERE subject = '{subject}'")
    assert who == [{"user_id": me.id}]


def test_one_request_leaves_a_line_for_each_thing_it_does(chief, new_database):
    second = Person(chief.client, "second")
    before = len(trail(new_database))
    members = {
        "timezone": "Europe/Zurich",
        "is_admin": True,
        "is_active": False,
        "password": OTHER_PASSWORD,
    }
    expect(chief.patch(f"/api/users/{second.id}", members), 200)
    assert trail(new_database)[before:] == [
        ("chief", action, f"user {second.id}")
        for action in ("user.update", "user.promote", "user.disable", "user.password")
    ]


def test_events_that_go_with_their_owner_are_in_the_trail(chief, new_database):
    second = Person(chief.client, "second")
    event_id = second.creates()["id"]
    before = len(trail(new_database))
    expect(chief.delete(f"/api/users/{second.id}"), 204)
    assert trail(new_database)[before:] == [
        ("chief", "event.purge", f"event {event_id}"),
        ("chief", "user.delete", f"user {second.id}"),
    ]


def test_a_session_that_disabling_ended_does_not_come_back(chief):
    second = Person(chief.client, "second")
    where = f"/api/users/{second.id}"
    expect(chief.patch(where, {"is_active": False}), 200)
    expect(chief.patch(where, {"is_active": True}), 200)
    expect(second.get("/api/users/me"), 401)
    body = {"refresh_token": second.refresh_token}
    expect(chief.client.request("POST", "/api/auth/refresh", body), 401)
    expect(second.sign_in().get("/api/users/me"), 200)


# -- At the same moment ----------------------------------------------------------------------------


def at_once(*works):
    barrier = threading.Barrier(len(works))

    def start_together(work):
        barrier.wait()
        return work()

    with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(start_together, works))


@pytest.mark.parametrize("how", ["demote", "disable", "delete"])
def test_two_administrators_cannot_remove_each_other(chief, new_database, start, how):
    """On PostgreSQL by two servers, so that their transactions do meet."""
    other = start() if new_database.name == "postgres" else None
    ways = {
        "demote": lambda actor, on: actor.patch(f"/api/users/{on.id}", {"is_admin": False}),
        "disable": lambda actor, on: actor.patch(f"/api/users/{on.id}", {"is_active": False}),
        "delete": lambda actor, on: actor.delete(f"/api/users/{on.id}"),
    }
    remove = ways[how]
    first = chief
    for turn in range(12):
        second = Person(other.client if other else first.client, f"second-{turn}")
        expect(first.patch(f"/api/users/{second.id}", {"is_admin": True}), 200)
        replies = at_once(lambda: remove(first, second), lambda: remove(second, first))
        done = [reply for reply in replies if reply.status in (200, 204)]
        assert len(done) == 1, replies
        refused = next(reply for reply in replies if reply not in done)
        assert refused.status in (401, 403, 404, 409), refused
        left = new_database.rows("SELECT id FROM users WHERE is_admin AND is_active")
        assert len(left) == 1
        first = first if left[0]["id"] == first.id else second


@pytest.mark.databases("postgres")
def test_the_last_administrator_is_judged_when_the_one_before_is_gone(chief, new_database):
    """Another transaction demotes chief and is slow to commit: who demotes the other one waits."""
    second = Person(chief.client, "second")
    expect(chief.patch(f"/api/users/{second.id}", {"is_admin": True}), 200)
    slow = databases.connect(new_database.url)
    slow.autocommit = False
    slow.cursor().execute("UPDATE users SET is_admin = false WHERE id = %s", (chief.id,))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        reply = pool.submit(second.patch, f"/api/users/{second.id}", {"is_admin": False})
        with pytest.raises(concurrent.futures.TimeoutError):
            reply.result(timeout=0.5)
        slow.commit()
        slow.close()
        expect(reply.result(timeout=10), 409)


@pytest.mark.databases("postgres")
def test_a_right_that_was_taken_is_not_written_back(chief, new_database):
    """What somebody writes of himself was read before another took his rights away."""
    second = Person(chief.client, "second")
    expect(chief.patch(f"/api/users/{second.id}", {"is_admin": True}), 200)
    slow = databases.connect(new_database.url)
    slow.autocommit = False
    slow.cursor().execute(
        "UPDATE users SET is_admin = false, updated_at = now() WHERE id = %s", (second.id,)
    )
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        reply = pool.submit(second.patch, "/api/users/me", {"timezone": "Asia/Tokyo"})
        with pytest.raises(concurrent.futures.TimeoutError):
            reply.result(timeout=0.5)
        slow.commit()
        slow.close()
        me = expect(reply.result(timeout=10), 200).json
    assert (me["timezone"], me["is_admin"]) == ("Asia/Tokyo", False)


def test_an_account_is_changed_so_often_in_a_day(start):
    """Each change leaves a line in the audit trail, which nobody's quota counts."""
    server = start(FASTI_RATE_LIMIT="on")
    amira, bela = (Person(server.client, name) for name in ("amira", "bela"))
    for number in range(100):
        expect(amira.patch("/api/users/me", {"display_name": f"Amira {number}"}), 200)
    for _ in range(3):
        refused = expect(amira.patch("/api/users/me", {"display_name": "Amira"}), 429)
    assert int(refused.headers["retry-after"]) > 3600
    expect(amira.patch(f"/api/users/{amira.id}", {"display_name": "Amira"}), 429)
    expect(amira.patch("/api/users/me", {"display_name": "Amira 99"}), 200)  # as it is
    expect(bela.patch("/api/users/me", {"display_name": "Bela"}), 200)
