"""How much of the database each person may take."""

import concurrent.futures
import random
import time

import pytest

from support import invariants, program
from support.people import PASSWORD, Person, Unexpected, event, expect

SERIES = {"recurrence_pattern": {"freq": "daily", "count": 10}}


@pytest.fixture
def limit(root):
    """limit(amira, quota_events=2): what an administrator lets a person take."""

    def set_quotas(person, **quotas):
        return expect(root.patch(f"/api/users/{person.id}", quotas), 200).json

    return set_quotas


def refused(reply, *words):
    """A quota is reached, and the sentence has these words."""
    problem = expect(reply, 409).json
    assert problem["type"] == "urn:fasti:problem:quota", problem
    assert all(word in problem["detail"] for word in words), problem
    return problem["detail"]


def used(shared, person, column):
    """What is counted for somebody now."""
    rows = shared.database.rows(
        f"SELECT coalesce(sum({column}), 0) AS n FROM event_counts WHERE user_id = {person.id}"
    )
    return int(rows[0]["n"])


# -- Events ----------------------------------------------------------------------------------------


def test_live_events_count_for_their_owner_and_deleting_one_makes_room(amira, limit):
    limit(amira, quota_events=2)
    first = amira.creates()["id"]
    amira.creates()
    refused(amira.post("/api/events", event()), "live events", "2 of 2", "deleting")
    refused(amira.post("/api/events/batch", [event()]), "live events")
    expect(amira.delete(f"/api/events/{first}"), 200)
    third = amira.creates()["id"]
    refused(amira.post(f"/api/events/{first}/restore"), "live events")
    expect(amira.delete(f"/api/events/{third}"), 200)
    expect(amira.post(f"/api/events/{first}/restore"), 200)


def test_a_batch_beyond_the_quota_makes_nothing(amira, limit):
    limit(amira, quota_events=3)
    refused(amira.post("/api/events/batch", [event()] * 4), "live events")
    assert amira.get("/api/events").json["total"] == 0
    expect(amira.post("/api/events/batch", [event()] * 3), 201)


def test_a_split_is_one_event_more(amira, limit):
    series = amira.creates(**SERIES)["id"]
    limit(amira, quota_events=1)
    where = f"/api/events/{series}/occurrences/2025-03-05T09:00:00Z"
    refused(amira.patch(where, {"title": "Later"}, scope="following"), "live events")
    assert amira.sees(series)["version_number"] == 1
    limit(amira, quota_events=2)
    expect(amira.patch(where, {"title": "Later"}, scope="following"), 200)


def test_who_is_given_an_event_needs_room_for_it(amira, bela, limit):
    bela.shares(bela.creates()["id"], amira)
    given = amira.creates()["id"]
    limit(bela, quota_events=1)
    refused(amira.post(f"/api/events/{given}/transfer", {"user_id": bela.id}), "no room")
    assert amira.sees(given)["owner_id"] == amira.id
    limit(bela, quota_events=2)
    expect(amira.post(f"/api/events/{given}/transfer", {"user_id": bela.id}), 200)
    limit(amira, quota_events=1)
    amira.creates()  # the one that he gave away counts for him no more


def test_who_gives_an_event_away_needs_room_for_its_history(amira, bela, limit):
    """Two who know each other would hand it to and fro for ever, a whole version each time."""
    bela.shares(bela.creates()["id"], amira)
    given = amira.creates(description="x" * 50000)["id"]
    limit(amira, quota_history_bytes=60000)
    refused(amira.post(f"/api/events/{given}/transfer", {"user_id": bela.id}), "history")
    assert amira.sees(given)["owner_id"] == amira.id


def test_who_is_to_get_the_events_of_an_account_needs_room_for_them(amira, bela, limit):
    for _ in range(3):
        amira.creates()
    bela.knows(amira)
    limit(bela, quota_events=3)
    gone = dict(events="transfer", to=bela.id)
    refused(amira.delete("/api/users/me", **gone), "owner has no room", "live events")
    limit(bela, quota_events=4)
    expect(amira.delete("/api/users/me", **gone), 204)


def test_a_long_history_counts_until_it_is_removed(start, new_database):
    person = Person(start().client, "amira")
    path = f"/api/events/{person.creates()['id']}"
    for number in range(100):
        expect(person.patch(path, {"title": f"No. {number}"}), 200)
    expect(person.delete(path), 200)
    expect(person.delete(path + "/purge"), 204)
    assert invariants.broken(new_database) == []
    end = time.monotonic() + 30
    while new_database.rows("SELECT count(*) AS n FROM events")[0]["n"] > 0:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert invariants.broken(new_database) == []
    (counted,) = new_database.rows("SELECT sum(history_bytes) AS n FROM event_counts")
    (purge,) = new_database.rows("SELECT bytes FROM audit WHERE action = 'event.purge'")
    assert counted["n"] == purge["bytes"]


def test_of_many_at_once_exactly_as_many_are_made_as_there_is_room_for(amira, limit):
    limit(amira, quota_events=5)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: amira.post("/api/events", event()), range(48)))
    statuses = [reply.status for reply in replies]
    assert (statuses.count(201), statuses.count(409)) == (5, 43), statuses
    assert amira.get("/api/events").json["total"] == 5


# -- Bytes of events -------------------------------------------------------------------------------


def test_bytes_count_for_the_owner_whoever_adds_them(amira, bela, limit):
    mine = amira.creates()["id"]
    amira.shares(mine, bela, "Editor")
    limit(amira, quota_bytes=10_000)
    long = {"description": "x" * 12_000}
    refused(amira.patch(f"/api/events/{mine}", long), "bytes of live events", "of 10000")
    refused(amira.put(f"/api/events/{mine}", long), "bytes of live events")
    refused(amira.patch("/api/events/batch", {"items": [{"id": mine, **long}]}), "bytes")
    told = refused(bela.patch(f"/api/events/{mine}", long), "no room")
    assert "10000" not in told
    amira.changes(mine, description="x" * 6_000)
    refused(amira.post("/api/events", event(description="x" * 6_000)), "bytes of live events")
    amira.changes(mine, description=None)
    amira.creates(description="x" * 6_000)


def test_going_back_to_a_longer_version_needs_room_too(amira, limit):
    mine = amira.creates(description="x" * 12_000)["id"]
    amira.changes(mine, description=None)
    limit(amira, quota_bytes=10_000)
    refused(amira.post(f"/api/events/{mine}/rollback/1"), "bytes of live events")


# -- History ---------------------------------------------------------------------------------------


def test_history_counts_for_who_wrote_it_and_purging_frees_it(amira, bela, limit, shared):
    mine = amira.creates(description="x" * 5_000)["id"]
    amira.shares(mine, bela, "Editor")
    before = used(shared, amira, "history_bytes")
    for i in range(3):
        expect(bela.patch(f"/api/events/{mine}", {"title": f"Title {i}"}), 200)
    assert used(shared, amira, "history_bytes") == before
    written = used(shared, bela, "history_bytes")
    assert written > 3 * 5_000
    limit(bela, quota_history_bytes=written)
    refused(bela.patch(f"/api/events/{mine}", {"title": "No more"}), "history", "purging")
    refused(bela.post("/api/events", event()), "history")
    where = f"/api/events/{mine}/rollback/1"
    refused(bela.post(where), "history")
    refused(bela.post(f"/api/events/{mine}/answer", {"answer": "yes"}), "history")
    expect(amira.delete(f"/api/events/{mine}"), 200)
    expect(amira.delete(f"/api/events/{mine}/purge"), 204)
    assert used(shared, bela, "history_bytes") == 0
    bela.creates()


def test_what_the_audit_trail_keeps_counts_for_who_caused_it(amira, bela, limit, shared):
    """It stays when the event is purged, and so does what it takes."""
    bela.knows(amira)
    before = used(shared, amira, "history_bytes")
    mine = amira.creates(**SERIES)["id"]
    amira.shares(mine, bela)
    role = f"/api/events/{mine}/permissions/{bela.id}"
    expect(amira.put(role, {"role": "Editor"}), 200)
    where = f"/api/events/{mine}/occurrences/2025-03-05T09:00:00Z"
    tail = expect(amira.patch(where, {"title": "B"}, scope="following"), 200).json["new_event"]
    expect(amira.delete(role), 204)
    expect(amira.post(f"/api/events/{tail['id']}/transfer", {"user_id": bela.id}), 200)
    for person, number in ((amira, mine), (bela, tail["id"])):
        expect(person.delete(f"/api/events/{number}"), 200)
        expect(person.delete(f"/api/events/{number}/purge"), 204)
    kept = shared.database.rows(
        "SELECT action, bytes FROM audit WHERE substr(action, 1, 6) = 'event.'"
        f" AND user_id = {amira.id} AND subject IN ('event {mine}', 'event {tail['id']}')"
        " ORDER BY id"
    )
    actions = "share permission_change share unshare transfer purge".split()
    assert [line["action"] for line in kept] == [f"event.{action}" for action in actions]
    assert all(256 < int(line["bytes"]) < 600 for line in kept), kept
    assert used(shared, amira, "history_bytes") - before == sum(int(line["bytes"]) for line in kept)
    limit(amira, quota_history_bytes=before + 600)
    refused(amira.post("/api/events", event()), "history", "audit trail")


def test_who_shares_and_purges_for_ever_comes_to_an_end(amira, bela, limit, shared):
    limit(amira, quota_history_bytes=10_000)
    body = {"users": [{"user_id": bela.id, "role": "Viewer"}]}
    for _ in range(60):
        made = amira.post("/api/events", event())
        if made.status == 201:
            mine = f"/api/events/{made.json['id']}"
            amira.post(f"{mine}/share", body)
            expect(amira.delete(mine), 200)
            expect(amira.delete(f"{mine}/purge"), 204)
    refused(amira.post("/api/events", event()), "history")
    (lines,) = shared.database.rows(
        f"SELECT count(*) AS n FROM audit WHERE user_id = {amira.id} AND bytes > 0"
    )
    assert 10 < lines["n"] < 40


def test_deleting_leaving_and_signing_in_always_work(amira, bela, limit):
    mine = amira.creates()["id"]
    other = bela.creates()["id"]
    bela.shares(other, amira)
    limit(amira, quota_events=0, quota_bytes=0, quota_history_bytes=0, quota_grants=0)
    amira.sign_in()
    expect(amira.delete(f"/api/events/{other}/permissions/{amira.id}"), 204)
    expect(amira.delete(f"/api/events/{mine}"), 200)
    refused(amira.post(f"/api/events/{mine}/restore"), "of 0")
    expect(amira.delete(f"/api/events/{mine}/purge"), 204)
    expect(amira.delete("/api/users/me"), 204)


# -- Roles -----------------------------------------------------------------------------------------


def test_roles_count_for_who_gave_them(amira, bela, person, limit):
    mine = amira.creates()["id"]
    others = [bela, person("chen"), person("dora")]
    limit(amira, quota_grants=2)
    amira.shares(mine, others[0])
    amira.shares(mine, others[1])
    body = {"users": [{"user_id": others[2].id, "role": "Viewer"}]}
    refused(amira.post(f"/api/events/{mine}/share", body), "roles given to others", "2 of 2")
    role = f"/api/events/{mine}/permissions/{others[0].id}"
    expect(amira.put(role, {"role": "Editor"}), 200)
    expect(amira.delete(role), 204)
    expect(amira.post(f"/api/events/{mine}/share", body), 200)


# -- Who sets them ---------------------------------------------------------------------------------


def test_only_administrators_set_quotas(amira, root, limit):
    assert "quota_events" not in expect(amira.get("/api/users/me"), 200).json
    for path in ("/api/users/me", f"/api/users/{amira.id}"):
        expect(amira.patch(path, {"quota_events": 10**6}), 422, "quota_events")
    assert limit(amira, quota_events=7)["quota_events"] == 7
    mine = expect(amira.get("/api/users/me"), 200).json
    assert mine["quota_events"] == 7
    expect(amira.put("/api/users/me", mine), 200)
    assert "quota_events" not in limit(amira, quota_events=None)
    expect(root.patch(f"/api/users/{amira.id}", {"quota_events": -1}), 422, "quota_events")


def test_a_new_account_may_have_its_own(root, client):
    made = expect(
        root.post(
            "/api/users",
            {
                "username": f"quota-{root.id}-{random.randrange(10**9)}",
                "email": f"quota-{random.randrange(10**9)}@example.org",
                "password": PASSWORD,
                "quota_events": 1,
            },
        ),
        201,
    ).json
    assert made["quota_events"] == 1
    made = Person(client, made["username"], register=False)
    made.creates()
    refused(made.post("/api/events", event()), "1 of 1")


def test_the_command_line_shows_and_sets_them(new_database):
    def user(*arguments, stdin=""):
        return program.run(new_database, "user", *arguments, stdin=stdin)

    assert user("add", "amira", "amira@example.org", stdin=PASSWORD + "\n").returncode == 0
    shown = user("quota", "amira")
    assert shown.returncode == 0
    assert "events              0 of 50000\n" in shown.stdout
    assert "grants              0 of 10000\n" in shown.stdout
    assert "history             0 of 1073741824\n" in shown.stdout
    assert "bytes               0 of 536870912\n" in shown.stdout
    assert "0 of 7\n" in user("quota", "amira", "events", "7").stdout
    assert "0 of 50000\n" in user("quota", "amira", "events", "default").stdout
    assert user("quota", "amira", "events", "many").returncode == 2
    assert user("quota", "amira", "shoes", "1").returncode == 2
    assert user("quota", "nobody").returncode == 1
    (line,) = new_database.rows(
        "SELECT count(*) AS n FROM audit WHERE action = 'user.quota' AND subject = 'user 1'"
    )
    assert line["n"] == 2


# -- The counts ------------------------------------------------------------------------------------


class Chaos:
    """Does whatever comes to its mind, allowed or not."""

    def __init__(self, people, seed):
        self.people = people
        self.random = random.Random(seed)
        self.events = []

    def any_event(self):
        return self.random.choice(self.events) if self.events else 0

    def create(self, person):
        body = event(
            description="x" * self.random.randrange(300),
            **(SERIES if self.random.random() < 0.5 else {}),
        )
        reply = person.post("/api/events", body)
        if reply.status == 201:
            self.events.append(reply.json["id"])
        return reply

    def batch(self, person):
        reply = person.post("/api/events/batch", [event()] * self.random.randrange(1, 4))
        if reply.status == 201:
            self.events += [made["id"] for made in reply.json]
        return reply

    def change(self, person):
        length = self.random.randrange(400)
        return person.patch(f"/api/events/{self.any_event()}", {"description": "y" * length})

    def roll_back(self, person):
        return person.post(
            f"/api/events/{self.any_event()}/rollback/{self.random.randrange(1, 4)}"
        )

    def split(self, person):
        where = f"/api/events/{self.any_event()}/occurrences/2025-03-05T09:00:00Z"
        scope = self.random.choice(["this", "following", "all"])
        reply = person.patch(where, {"title": f"Part {self.random.random()}"}, scope=scope)
        if reply.status == 200 and reply.json["new_event"] is not None:
            self.events.append(reply.json["new_event"]["id"])
        return reply

    def share(self, person):
        other = self.random.choice(self.people)
        role = self.random.choice(["Editor", "Viewer"])
        body = {"users": [{"user_id": other.id, "role": role}]}
        return person.post(f"/api/events/{self.any_event()}/share", body)

    def change_role(self, person):
        other = self.random.choice(self.people)
        path = f"/api/events/{self.any_event()}/permissions/{other.id}"
        return person.put(path, {"role": self.random.choice(["Editor", "Viewer"])})

    def revoke(self, person):
        other = self.random.choice(self.people)
        return person.delete(f"/api/events/{self.any_event()}/permissions/{other.id}")

    def transfer(self, person):
        other = self.random.choice(self.people)
        return person.post(f"/api/events/{self.any_event()}/transfer", {"user_id": other.id})

    def delete(self, person):
        return person.delete(f"/api/events/{self.any_event()}")

    def restore(self, person):
        return person.post(f"/api/events/{self.any_event()}/restore")

    def purge(self, person):
        return person.delete(f"/api/events/{self.any_event()}/purge")

    def step(self):
        deeds = [
            *[self.create, self.batch, self.change, self.change, self.split, self.share] * 2,
            *[self.roll_back, self.change_role, self.revoke, self.transfer],
            *[self.delete, self.restore, self.purge],
        ]
        reply = self.random.choice(deeds)(self.random.choice(self.people))
        if reply.status >= 500:
            raise Unexpected(str(reply))


def test_the_counts_are_what_is_there_after_anything(start, new_database, long_run):
    server = start()
    people = [Person(server.client, f"person-{i}") for i in range(5)]
    chaos = [Chaos(people, seed) for seed in range(4)]

    def run(one):
        for _ in range(2000 if long_run else 120):
            one.step()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(run, chaos))
    assert invariants.broken(new_database) == []
    people[1].shares(people[1].creates()["id"], people[0])
    expect(people[0].delete("/api/users/me", events="transfer", to=people[1].id), 204)
    expect(people[2].delete("/api/users/me", events="delete"), 204)
    assert invariants.broken(new_database) == []
