"""Two operations at the same moment on one object: what each must leave when it was acknowledged,
and what is true whatever became of them."""

import concurrent.futures
import contextlib
import dataclasses
import json
import random
import sqlite3
import threading
import time
import typing

from support import databases
from support.client import Client
from support.people import PASSWORD, Person, event, unused_name

OTHER_PASSWORD = "four other words, 2 numbers"
STAGGER_S = 0.002


@dataclasses.dataclass(frozen=True)
class Act:
    """One operation, as somebody does it in a scene."""

    name: str
    operation: tuple  # (METHOD, path) of /openapi.json
    do: typing.Callable  # of the scene; gives the reply
    # What is so afterwards when it was acknowledged, of the scene, the state and the reply;
    holds: typing.Callable = lambda scene, state, reply: True
    undone_by: frozenset = frozenset()  # unless one of these was acknowledged too
    never_with: frozenset = frozenset()  # not both are acknowledged
    always_with: frozenset = frozenset()  # both are

    def was_acknowledged(self, reply):
        return reply.status < 300


class Database:
    """Looks at what is committed, through one connection."""

    def __init__(self, database):
        self.is_sqlite = database.name == "sqlite"
        if self.is_sqlite:
            self.connection = sqlite3.connect(
                f"file:{database.file}?mode=ro", uri=True, isolation_level=None
            )
        else:
            self.connection = databases.connect(database.url)

    def rows(self, query, *values):
        if self.is_sqlite:
            query = query.replace("%s", "?")
        with contextlib.closing(self.connection.cursor()) as cursor:
            cursor.execute(query, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]

    def settle(self):
        """Waits until what people who have left were busy with is gone too."""
        end = time.monotonic() + 10
        while self.rows("SELECT user_id FROM departures UNION SELECT event_id FROM removals"):
            assert time.monotonic() < end, "what somebody has left does not go"
            time.sleep(0.01)

    def close(self):
        self.connection.close()


class Together:
    """Two threads that begin at the same moment, the second one now and then a little later."""

    def __init__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(2)
        self.barrier = threading.Barrier(2)

    def _do(self, act, scene, is_second):
        self.barrier.wait(10)
        if is_second:
            time.sleep(random.random() * STAGGER_S)
        return act.do(scene)

    def run(self, first, second, scene):
        begun = [
            self.pool.submit(self._do, act, scene, is_second)
            for act, is_second in ((first, False), (second, True))
        ]
        return [one.result(30) for one in begun]


def complaints(acts, replies, scene, state):
    """What was promised to either and is not so."""
    faults = []
    done = [act.was_acknowledged(reply) for act, reply in zip(acts, replies)]
    for reply in replies:
        if reply.status >= 500:
            faults.append("a server error")
    for own, other in ((0, 1), (1, 0)):
        act, partner = acts[own], acts[other]
        if partner.name in act.never_with and all(done):
            faults.append(f"{act.name} and {partner.name} were both acknowledged")
        if partner.name in act.always_with and not all(done):
            faults.append(f"not both of {act.name} and {partner.name} were acknowledged")
        is_undone = done[other] and partner.name in act.undone_by
        if done[own] and not is_undone and not act.holds(scene, state, replies[own]):
            faults.append(f"{act.name} was acknowledged and is not so")
    return faults


# -- One event ---------------------------------------------------------------------------------


ROUNDS_OF_PEOPLE = 100  # so that nobody comes to a quota: 200 shares may wait for one person


class EventScene:
    """An event of the owner's, shared with an editor and a viewer, or not."""

    def __init__(self, server, database, starts):
        self.client = Client(server)
        self.database = database
        self.starts = starts  # "shared", "trashed" or "unshared"
        self.owner = self.editor = self.viewer = self.other = None
        self.rounds = 0

    def set(self):
        if self.rounds % ROUNDS_OF_PEOPLE == 0:
            self.owner = self.editor = self.viewer = self.other = None
        self.rounds += 1
        for name in ("owner", "editor", "viewer", "other"):
            person = getattr(self, name)
            if person is None or person.is_spent:
                setattr(self, name, Person(self.client, unused_name(name)))
                getattr(self, name).is_spent = False
                getattr(self, name).heard_of = set()
        owner = self.owner
        for heir in (self.editor, self.other):
            if owner.id not in heir.heard_of:
                heir.knows(owner)
                heir.heard_of.add(owner.id)
        self.other.delete(f"{BLOCKS}/{owner.id}")
        self.viewer.delete(f"{BLOCKS}/{self.other.id}")
        self.event_id = owner.creates(
            recurrence_pattern="FREQ=WEEKLY;COUNT=10", description="First"
        )["id"]
        self.path = f"/api/events/{self.event_id}"
        owner.changes(self.event_id, location="Hall")
        if self.starts != "unshared":
            owner.shares(self.event_id, self.editor, "Editor")
            owner.shares(self.event_id, self.viewer, "Viewer")
        if self.starts == "trashed":
            assert owner.delete(self.path).status == 200
        self.title = unused_name("title")
        return self

    def spend(self, person, path):
        """An account is ended: the next round has another one, ended or not."""
        person.is_spent = True
        return person.delete(path)

    def state(self):
        rows = self.database.rows
        found = rows(
            """SELECT id, owner_id, title, description, location, version_number,
                CASE WHEN deleted_at IS NULL THEN 0 ELSE 1 END AS deleted
                FROM events WHERE id = %s""",
            self.event_id,
        )
        return {
            "event": found[0] if found else None,
            "grants": rows(
                """SELECT user_id, role_id, answer, CASE WHEN hidden THEN 1 ELSE 0 END AS hidden,
                CASE WHEN refused THEN 1 ELSE 0 END AS refused
                FROM event_permissions WHERE event_id = %s""",
                self.event_id,
            ),
            "versions": rows(
                """SELECT id, version_number, data FROM event_versions WHERE event_id = %s
                ORDER BY version_number""",
                self.event_id,
            ),
            "entries": rows(
                """SELECT version_id, version_number, change_type FROM changelog
                WHERE event_id = %s ORDER BY id""",
                self.event_id,
            ),
        }

    def broken(self, state):
        """What must be true of one event between any two transactions."""
        event_row, grants = state["event"], state["grants"]
        if event_row is None:
            left = [part for part in ("grants", "versions", "entries") if state[part]]
            return [f"{left} of an event that is gone"] if left else []
        faults = []
        owners = [grant["user_id"] for grant in grants if grant["role_id"] == 1]
        if owners != [event_row["owner_id"]]:
            faults.append(f"the owner is {event_row['owner_id']}, owners' grants have {owners}")
        if any(grant["hidden"] != (event_row["deleted"] or grant["refused"]) for grant in grants):
            faults.append("a grant does not know whether the event is to be seen")
        numbers = [version["version_number"] for version in state["versions"]]
        if numbers != list(range(1, event_row["version_number"] + 1)):
            faults.append(f"the versions are {numbers} of {event_row['version_number']}")
        made = [entry["version_id"] for entry in state["entries"] if entry["version_id"]]
        if made != [version["id"] for version in state["versions"]]:
            faults.append("there is not one line of the changelog for each version")
        newest = documents(state)[-1] if state["versions"] else {}
        for name in ("title", "description", "location"):
            if newest.get(name) != event_row[name]:
                faults.append(f"the newest version has another {name}")
        return faults + self.wrong_counts()

    def wrong_counts(self):
        people = (self.owner, self.editor, self.viewer, self.other)
        return [
            f"the kept number of events is wrong: {row}"
            for row in self.database.rows(
                """SELECT u.id,
                    (SELECT coalesce(sum(c.events), 0) FROM event_counts c
                        WHERE c.user_id = u.id) AS kept,
                    (SELECT count(*) FROM event_permissions p JOIN events e ON e.id = p.event_id
                        WHERE p.user_id = u.id AND e.deleted_at IS NULL
                            AND NOT p.refused) AS counted
                    FROM users u WHERE u.id IN (%s, %s, %s, %s)""",
                *(person.id for person in people),
            )
            if row["kept"] != row["counted"]
        ]


def documents(state):
    data = [version["data"] for version in state["versions"]]
    return [json.loads(one) if isinstance(one, str) else one for one in data]


def is_gone(state):
    return state["event"] is None


def was_title(scene, state, reply):
    """No update is lost: a version has what was written, unless the event is gone."""
    title = reply.json[0]["title"] if isinstance(reply.json, list) else reply.json["title"]
    return is_gone(state) or title in [document["title"] for document in documents(state)]


def grant_of(state, person):
    grants = [grant for grant in state["grants"] if grant["user_id"] == person.id]
    return grants[0] if grants else None


def role_of(state, person):
    grant = grant_of(state, person)
    return grant["role_id"] if grant else None


def is_deleted(scene, state, reply):
    return is_gone(state) or state["event"]["deleted"] == 1


def is_answered(scene, state, reply):
    """Who has the event has answered it; whoever it came to is somebody else by now."""
    grant = grant_of(state, scene.viewer)
    return grant is None or grant["answer"] == "yes"


def takes_nothing(scene, state, reply):
    grant = grant_of(state, scene.other)
    return grant is None or grant["role_id"] == 1 or grant["refused"] == 1


def takes_all(scene, state, reply):
    grant = grant_of(state, scene.other)
    return grant is None or grant["refused"] == 0


def takes_nothing_of_other(scene, state, reply):
    grant = grant_of(state, scene.viewer)
    is_others = not is_gone(state) and state["event"]["owner_id"] == scene.other.id
    return grant is None or not is_others or grant["role_id"] == 1 or grant["refused"] == 1


OCCURRENCE = "/occurrences/2025-03-10T09:00:00Z"
BLOCKS = "/api/users/me/blocks"
ONE_EVENT = "/api/events/{event_id}"
ONE_OCCURRENCE = ONE_EVENT + "/occurrences/{original_start}"
ONE_GRANT = ONE_EVENT + "/permissions/{user_id}"
TRANSFERS = frozenset({"transfer", "transfer to other"})
ENDS_OWNER = frozenset({"owner goes", "owner goes and all", "owner hands on"})
TRASHES = frozenset({"delete", "batch delete", "cancel all"})

EVENT_ACTS = [
    Act("put", ("PUT", ONE_EVENT),
        lambda s: s.owner.put(s.path, {"title": s.title + " put"}), was_title),
    Act("patch", ("PATCH", ONE_EVENT),
        lambda s: s.editor.patch(s.path, {"title": s.title + " patch"}), was_title),
    Act("describe", ("PATCH", ONE_EVENT),
        lambda s: s.owner.patch(s.path, {"description": s.title}),
        lambda s, state, reply: is_gone(state) or state["event"]["description"] == s.title,
        undone_by=frozenset({"roll back"})),
    Act("batch patch", ("PATCH", "/api/events/batch"),
        lambda s: s.editor.patch("/api/events/batch", {"items": [
            {"id": s.event_id, "title": s.title + " batch"}]}), was_title),
    Act("batch delete", ("DELETE", "/api/events/batch"),
        lambda s: s.owner.delete("/api/events/batch", {"ids": [s.event_id]}), is_deleted,
        undone_by=frozenset({"restore"})),
    Act("delete", ("DELETE", ONE_EVENT), lambda s: s.owner.delete(s.path), is_deleted,
        undone_by=frozenset({"restore"})),
    Act("restore", ("POST", ONE_EVENT + "/restore"), lambda s: s.owner.post(s.path + "/restore"),
        lambda s, state, reply: not is_gone(state) and state["event"]["deleted"] == 0,
        undone_by=TRASHES | ENDS_OWNER, never_with=frozenset({"purge"})),
    Act("purge", ("DELETE", ONE_EVENT + "/purge"), lambda s: s.owner.delete(s.path + "/purge"),
        lambda s, state, reply: is_gone(state)),
    Act("change one", ("PATCH", ONE_OCCURRENCE),
        lambda s: s.editor.patch(s.path + OCCURRENCE, {"title": s.title + " one"})),
    Act("split", ("PATCH", ONE_OCCURRENCE),
        lambda s: s.editor.patch(s.path + OCCURRENCE, {"title": s.title + " tail"},
                                 scope="following")),
    Act("change all", ("PATCH", ONE_OCCURRENCE),
        lambda s: s.editor.patch(s.path + OCCURRENCE, {"title": s.title + " all"}, scope="all"),
        lambda s, state, reply: is_gone(state) or s.title + " all" in [
            document["title"] for document in documents(state)]),
    Act("cancel one", ("DELETE", ONE_OCCURRENCE), lambda s: s.editor.delete(s.path + OCCURRENCE)),
    Act("cancel all", ("DELETE", ONE_OCCURRENCE),
        lambda s: s.owner.delete(s.path + OCCURRENCE, scope="all"), is_deleted,
        undone_by=frozenset({"restore"})),
    Act("roll back", ("POST", ONE_EVENT + "/rollback/{version}"),
        lambda s: s.editor.post(s.path + "/rollback/1")),
    Act("share", ("POST", ONE_EVENT + "/share"),
        lambda s: s.owner.post(s.path + "/share", {"user_id": s.other.id, "role": "Viewer"}),
        lambda s, state, reply: is_gone(state) or role_of(state, s.other) is not None,
        undone_by=frozenset({"owner hands on", "other goes"}),
        never_with=frozenset({"share", "owner goes"})),
    Act("change role", ("PUT", ONE_GRANT),
        lambda s: s.owner.put(f"{s.path}/permissions/{s.editor.id}", {"role": "Viewer"}),
        lambda s, state, reply: is_gone(state) or role_of(state, s.editor) == 3,
        undone_by=frozenset({"revoke", "transfer", "editor goes"})),
    Act("revoke", ("DELETE", ONE_GRANT),
        lambda s: s.owner.delete(f"{s.path}/permissions/{s.editor.id}"),
        lambda s, state, reply: role_of(state, s.editor) is None,
        undone_by=frozenset({"transfer"})),
    Act("leave", ("DELETE", ONE_GRANT),
        lambda s: s.viewer.delete(f"{s.path}/permissions/{s.viewer.id}"),
        lambda s, state, reply: role_of(state, s.viewer) is None),
    Act("answer", ("POST", ONE_EVENT + "/answer"),
        lambda s: s.viewer.post(s.path + "/answer", {"answer": "yes"}), is_answered),
    Act("block", ("POST", BLOCKS), lambda s: s.other.post(BLOCKS, {"user_id": s.owner.id}),
        takes_nothing, undone_by=frozenset({"unblock"})),
    Act("unblock", ("DELETE", BLOCKS + "/{user_id}"),
        lambda s: s.other.delete(f"{BLOCKS}/{s.owner.id}"),
        takes_all, undone_by=frozenset({"block"})),
    Act("block other", ("POST", BLOCKS), lambda s: s.viewer.post(BLOCKS, {"user_id": s.other.id}),
        takes_nothing_of_other),
    Act("transfer", ("POST", ONE_EVENT + "/transfer"),
        lambda s: s.owner.post(s.path + "/transfer", {"user_id": s.editor.id}),
        lambda s, state, reply: not is_gone(state) and state["event"]["owner_id"] == s.editor.id,
        undone_by=frozenset({"editor goes"}),
        never_with=TRANSFERS | {"delete", "batch delete", "purge"}),
    Act("transfer to other", ("POST", ONE_EVENT + "/transfer"),
        lambda s: s.owner.post(s.path + "/transfer", {"user_id": s.other.id}),
        lambda s, state, reply: not is_gone(state) and state["event"]["owner_id"] == s.other.id,
        undone_by=frozenset({"other goes"}),
        never_with=TRANSFERS | {"delete", "batch delete", "purge"}),
    Act("reader goes", ("DELETE", "/api/users/me"),
        lambda s: s.spend(s.viewer, "/api/users/me"),
        lambda s, state, reply: role_of(state, s.viewer) is None),
    Act("editor goes", ("DELETE", "/api/users/me"),
        lambda s: s.spend(s.editor, "/api/users/me?events=delete"),
        lambda s, state, reply: role_of(state, s.editor) is None),
    Act("other goes", ("DELETE", "/api/users/me"),
        lambda s: s.spend(s.other, "/api/users/me?events=delete"),
        lambda s, state, reply: role_of(state, s.other) is None),
    Act("owner goes", ("DELETE", "/api/users/me"), lambda s: s.spend(s.owner, "/api/users/me"),
        lambda s, state, reply: is_gone(state), undone_by=TRANSFERS),
    Act("owner goes and all", ("DELETE", "/api/users/me"),
        lambda s: s.spend(s.owner, "/api/users/me?events=delete"),
        lambda s, state, reply: is_gone(state), undone_by=TRANSFERS),
    Act("owner hands on", ("DELETE", "/api/users/me"),
        lambda s: s.spend(s.owner, f"/api/users/me?events=transfer&to={s.other.id}"),
        lambda s, state, reply: not is_gone(state) and role_of(state, s.other) == 1,
        undone_by=TRANSFERS | {"purge", "other goes"}),
]


# -- One account and its sessions ------------------------------------------------------------------


class AccountScene:
    """Somebody, an administrator for now, who is signed in twice."""

    def __init__(self, server, database, root):
        self.client = Client(server)
        self.database = database
        self.root = root
        self.rounds = 0

    def set(self):
        if self.rounds % ROUNDS_OF_PEOPLE == 0:
            self.root.sign_in()  # his token is good for half an hour
        self.rounds += 1
        self.person = Person(self.client, unused_name("amira"))
        self.second = Person(self.client, self.person.username, register=False)
        self.id = self.person.id
        self.path = f"/api/users/{self.id}"
        reply = self.root.patch(self.path, {"is_admin": True})
        assert reply.status == 200, str(reply)
        self.sessions = [row["id"] for row in self.database.rows(
            "SELECT id FROM sessions WHERE user_id = %s ORDER BY id", self.id)]
        self.before = self.row()
        self.name = unused_name("name")
        return self

    def row(self):
        found = self.database.rows(
            """SELECT id, username, username_key, email, email_key, hashed_password, timezone,
                CASE WHEN is_admin THEN 1 ELSE 0 END AS is_admin,
                CASE WHEN is_active THEN 1 ELSE 0 END AS is_active
                FROM users WHERE id = %s""",
            self.id,
        )
        return found[0] if found else None

    def state(self):
        return {
            "user": self.row(),
            "alive": {row["id"] for row in self.database.rows(
                "SELECT id FROM sessions WHERE user_id = %s AND revoked_at IS NULL", self.id)},
            "names": self.database.rows(
                "SELECT id FROM users WHERE username = %s", self.name),
            "events": self.database.rows("SELECT id FROM events WHERE owner_id = %s", self.id),
            "kept": self.database.rows(
                """SELECT coalesce(sum(events), 0) AS n FROM event_counts WHERE user_id = %s""",
                self.id)[0]["n"],
        }

    def broken(self, state):
        faults = []
        user = state["user"]
        if user is None:
            if state["alive"] or state["events"]:
                faults.append("sessions or events of an account that is gone")
            return faults
        if user["username_key"] != user["username"].lower():
            faults.append("a name without its key")
        if user["email_key"] != user["email"].lower():
            faults.append("an address without its key")
        if state["kept"] != len(state["events"]):
            faults.append("the kept number of events is wrong")
        if not user["is_active"] and state["alive"]:
            faults.append("a disabled account with a session")
        return faults


def has(name, value):
    return lambda s, state, reply: state["user"] is None or state["user"][name] == value


def is_ended(*which):
    """The first session of the scene, the second, or both."""
    return lambda s, state, reply: not state["alive"] & {s.sessions[i] for i in which}


def writes_zone(s, state, reply):
    return state["user"] is None or state["user"]["timezone"] == "Europe/Zurich"


def has_new_hash(s, state):
    return state["user"] is None or state["user"]["hashed_password"] != s.before["hashed_password"]


def is_nobody(s, state, reply):
    return state["user"] is None and s.root.get(s.path).status == 404


ME, USER = "/api/users/me", "/api/users/{user_id}"
ENDS = frozenset({"goes", "is deleted"})
EVENT = event()

ACCOUNT_ACTS = [
    Act("rename", ("PATCH", ME), lambda s: s.person.patch(ME, {"username": s.name}),
        lambda s, state, reply: state["user"] is None or state["user"]["username"] == s.name,
        undone_by=frozenset({"is renamed"}),
        never_with=frozenset({"register", "is made"})),
    Act("readdress", ("PUT", ME), lambda s: s.person.put(ME, {"email": s.name + "@example.org"}),
        lambda s, state, reply: has("email", s.name + "@example.org")(s, state, reply)),
    Act("zone", ("PATCH", ME), lambda s: s.second.patch(ME, {"timezone": "Europe/Zurich"}),
        writes_zone),
    Act("is renamed", ("PUT", USER), lambda s: s.root.put(s.path, {"username": s.name + "-2"}),
        lambda s, state, reply: has("username", s.name + "-2")(s, state, reply),
        undone_by=frozenset({"rename"})),
    Act("is promoted", ("PATCH", USER), lambda s: s.root.patch(s.path, {"is_admin": True}),
        has("is_admin", 1), undone_by=frozenset({"is demoted"})),
    Act("is demoted", ("PATCH", USER), lambda s: s.root.patch(s.path, {"is_admin": False}),
        has("is_admin", 0), undone_by=frozenset({"is promoted"})),
    Act("is disabled", ("PATCH", USER), lambda s: s.root.patch(s.path, {"is_active": False}),
        lambda s, state, reply: has("is_active", 0)(s, state, reply) and not state["alive"],
        undone_by=frozenset({"is enabled"})),
    Act("is enabled", ("PATCH", USER), lambda s: s.root.patch(s.path, {"is_active": True}),
        has("is_active", 1), undone_by=frozenset({"is disabled"})),
    Act("gets a password", ("PATCH", USER),
        lambda s: s.root.patch(s.path, {"password": OTHER_PASSWORD}),
        lambda s, state, reply: has_new_hash(s, state) and not state["alive"]),
    Act("goes", ("DELETE", ME), lambda s: s.person.delete(ME), is_nobody),
    Act("is deleted", ("DELETE", USER), lambda s: s.root.delete(s.path), is_nobody),
    Act("new password", ("POST", "/api/auth/password"),
        lambda s: s.person.post("/api/auth/password", {
            "current_password": PASSWORD, "new_password": OTHER_PASSWORD + "3"}),
        lambda s, state, reply: has_new_hash(s, state) and state["alive"] <= {s.sessions[0]},
        never_with=frozenset({"new password"})),
    Act("sign in", ("POST", "/api/auth/login"),
        lambda s: s.client.form("/api/auth/login", {
            "username": s.person.email, "password": PASSWORD})),
    Act("refresh", ("POST", "/api/auth/refresh"),
        lambda s: s.client.request("POST", "/api/auth/refresh", {
            "refresh_token": s.second.refresh_token}), always_with=frozenset({"refresh"})),
    Act("sign out", ("POST", "/api/auth/logout"), lambda s: s.person.post("/api/auth/logout"),
        is_ended(0)),
    Act("sign out everywhere", ("POST", "/api/auth/logout"),
        lambda s: s.person.post("/api/auth/logout?all=true"), is_ended(0, 1)),
    Act("end others", ("DELETE", "/api/auth/sessions"),
        lambda s: s.person.delete("/api/auth/sessions"), is_ended(1),
        never_with=frozenset({"end others too"})),
    Act("end others too", ("DELETE", "/api/auth/sessions"),
        lambda s: s.second.delete("/api/auth/sessions"), is_ended(0)),
    Act("end one", ("DELETE", "/api/auth/sessions/{session_id}"),
        lambda s: s.person.delete(f"/api/auth/sessions/{s.sessions[1]}"), is_ended(1)),
    Act("create", ("POST", "/api/events"), lambda s: s.person.post("/api/events", EVENT),
        lambda s, state, reply: state["user"] is None or reply.json["id"] in [
            one["id"] for one in state["events"]]),
    Act("create many", ("POST", "/api/events/batch"),
        lambda s: s.second.post("/api/events/batch", [EVENT] * 3),
        lambda s, state, reply: state["user"] is None or {one["id"] for one in reply.json} <= {
            one["id"] for one in state["events"]}),
    Act("register", ("POST", "/api/auth/register"),
        lambda s: s.client.request("POST", "/api/auth/register", {
            "username": s.name.upper(), "email": f"{s.name}-3@example.org",
            "password": PASSWORD}),
        never_with=frozenset({"register", "is made"})),
    Act("is made", ("POST", "/api/users"),
        lambda s: s.root.post("/api/users", {
            "username": s.name, "email": f"{s.name}-4@example.org", "password": PASSWORD}),
        lambda s, state, reply: [row["id"] for row in state["names"]] == [reply.json["id"]],
        never_with=frozenset({"is made"})),
]


# -- The last administrator ------------------------------------------------------------------------


class OfficeScene:
    """The only two administrators of a server."""

    def __init__(self, server, database):
        self.client = Client(server)
        self.database = database
        self.people = []

    def admins(self):
        return {row["id"] for row in self.database.rows(
            "SELECT id FROM users WHERE is_admin AND is_active")}

    def take(self, person):
        """A first administrator, whom the command line made."""
        self.people = [person]

    def set(self):
        in_office = [person for person in self.people if person.id in self.admins()]
        assert in_office, "there is no administrator left"
        while len(in_office) < 2:
            made = Person(self.client, unused_name("chief"))
            path = f"/api/users/{made.id}"
            reply = in_office[0].patch(path, {"is_admin": True})
            assert reply.status == 200, str(reply)
            in_office.append(made)
        self.people = in_office[:2]
        return self

    def state(self):
        return self.admins()

    def broken(self, state):
        return [] if state else ["there is no administrator left"]

    def path(self, which):
        return f"/api/users/{self.people[which].id}"


def _office_acts():
    acts = []
    for own, name in ((0, "first"), (1, "second")):
        other = 1 - own

        def act(what, operation, do, name=name):
            acts.append(Act(f"{name} {what}", operation, do))

        act("steps down", ("PATCH", USER),
            lambda s, i=own: s.people[i].patch(s.path(i), {"is_admin": False}))
        act("goes", ("DELETE", ME), lambda s, i=own: s.people[i].delete(ME))
        act("disables the other", ("PATCH", USER),
            lambda s, i=own, j=other: s.people[i].patch(s.path(j), {"is_active": False}))
        act("deletes the other", ("DELETE", USER),
            lambda s, i=own, j=other: s.people[i].delete(s.path(j)))
    return acts


OFFICE_ACTS = _office_acts()
