"""Who is known to whom, and what others may do to somebody they do not know."""

import pytest
from support.people import PASSWORD, Person, event, expect

WINDOW = {"from": "2025-03-03T00:00:00Z", "to": "2025-03-04T00:00:00Z"}
SLOT = {"start_time": "2025-03-03T09:30:00Z", "end_time": "2025-03-03T09:45:00Z"}


@pytest.fixture
def mallory(person):
    return person("mallory")


@pytest.fixture
def victim(person):
    return person("victim")


def busy(reader, of):
    return reader.get("/api/freebusy", user_ids=of.id, **WINDOW)


def is_busy(one):
    return expect(busy(one, one), 200).json["users"][0]["busy"] != []


def conflicts(one):
    found = expect(one.post("/api/events/conflicts", SLOT), 200).json["conflicts"]
    rejected = one.post("/api/events", event(title="Own", **SLOT), conflicts="reject")
    assert rejected.status == (409 if found else 201)
    if not found:
        expect(one.delete(f"/api/events/{rejected.json['id']}"), 200)
    return [conflict["event_id"] for conflict in found]


def answers(one, event_id, answer):
    return expect(one.post(f"/api/events/{event_id}/answer", {"answer": answer}), 200).json


def permission_of(reader, event_id, one):
    rows = expect(reader.get(f"/api/events/{event_id}/permissions"), 200).json
    return next(row for row in rows if row["user_id"] == one.id)


# -- What occupies me ------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["Editor", "Viewer"])
def test_an_event_of_somebody_unknown_occupies_my_time_only_after_yes(mallory, victim, role):
    event_id = mallory.creates()["id"]
    mallory.shares(event_id, victim, role)
    assert victim.sees(event_id)["my_role"] == role
    assert expect(victim.get("/api/events"), 200).json["total"] == 1
    assert expect(victim.get("/api/calendar", **WINDOW), 200).json["items"] != []
    assert (is_busy(victim), conflicts(victim)) == (False, [])
    for answer in ("maybe", "no", None):
        assert answers(victim, event_id, answer)["answer"] == answer
        assert (is_busy(victim), conflicts(victim)) == (False, [])
    answers(victim, event_id, "yes")
    assert (is_busy(victim), conflicts(victim)) == (True, [event_id])


def test_an_event_of_somebody_known_occupies_my_time_unless_no(amira, bela):
    bela.knows(amira)
    event_id = amira.creates()["id"]
    amira.shares(event_id, bela)
    assert (is_busy(bela), conflicts(bela)) == (True, [event_id])
    answers(bela, event_id, "no")
    assert (is_busy(bela), conflicts(bela)) == (False, [])
    answers(bela, event_id, "maybe")
    assert is_busy(bela)


def test_what_becomes_of_an_answered_event_makes_nobody_known(amira, mallory, victim):
    event_id = amira.creates()["id"]
    amira.shares(event_id, victim)
    answers(victim, event_id, "yes")
    mallory.shares(mallory.creates()["id"], amira)
    expect(amira.post(f"/api/events/{event_id}/transfer", {"user_id": mallory.id}), 200)
    expect(mallory.put(f"/api/events/{event_id}/permissions/{victim.id}", {"role": "Editor"}), 200)
    expect(busy(mallory, victim), 404)
    assert busy(amira, victim).status == 200


# -- The answer ------------------------------------------------------------------------------------


def test_an_answer_is_told_and_makes_no_version(amira, bela):
    before = amira.creates()
    amira.shares(before["id"], bela)
    assert permission_of(amira, before["id"], bela)["answer"] is None
    given = answers(bela, before["id"], "maybe")
    assert (given["user_id"], given["answer"]) == (bela.id, "maybe")
    answers(bela, before["id"], "yes")
    answers(bela, before["id"], "yes")
    assert permission_of(amira, before["id"], bela)["answer"] == "yes"
    seen = amira.sees(before["id"])
    assert seen["version_number"] == before["version_number"]
    assert [one["answer"] for one in seen["permissions"]] == [None, "yes"]
    entries = expect(amira.get(f"/api/events/{before['id']}/changelog"), 200).json
    assert [(one["change_type"], one["changes"]) for one in entries[2:]] == [
        ("answer", {"answer": {"old": None, "new": "maybe"}}),
        ("answer", {"answer": {"old": "maybe", "new": "yes"}}),
    ]
    assert expect(amira.get(f"/api/events/{before['id']}/history"), 200).json["total"] == 1


def test_only_who_can_read_an_event_answers(amira, mallory):
    event_id = amira.creates()["id"]
    expect(mallory.post(f"/api/events/{event_id}/answer", {"answer": "yes"}), 404)
    answers(amira, event_id, "no")
    assert is_busy(amira), "one's own event occupies one's time"
    for wrong in ({}, {"answer": "perhaps"}, {"answer": True}):
        amira.shares(event_id, mallory) if wrong == {} else None
        expect(mallory.post(f"/api/events/{event_id}/answer", wrong), 422, "answer")


# -- Free and busy ---------------------------------------------------------------------------------


def test_a_forced_share_opens_nobodys_times(mallory, victim):
    victim.creates(title="Oncologist")
    nobody = expect(mallory.get("/api/freebusy", user_ids=999_999_999, **WINDOW), 404)
    mallory.shares(mallory.creates()["id"], victim, "Editor")
    refused = expect(busy(mallory, victim), 404)
    assert refused.json["detail"] == nobody.json["detail"]
    expect(busy(victim, mallory), 200)


def test_times_are_open_to_whom_one_shared_with_until_it_is_taken_back(amira, bela):
    event_id = bela.creates()["id"]
    bela.shares(event_id, amira)
    assert expect(busy(amira, bela), 200).json["users"][0]["busy"] != []
    expect(bela.delete(f"/api/events/{event_id}/permissions/{amira.id}"), 204)
    expect(busy(amira, bela), 404)


def test_everybody_says_who_sees_their_times(amira, bela, mallory):
    assert bela.user["free_busy"] == "known"
    bela.shares(bela.creates()["id"], amira)
    rules = [("everyone", 200, 200), ("nobody", 404, 404), ("known", 200, 404)]
    for rule, known, stranger in rules:
        changed = expect(bela.patch("/api/users/me", {"free_busy": rule}), 200).json
        assert changed["free_busy"] == rule
        assert (busy(amira, bela).status, busy(mallory, bela).status) == (known, stranger)
        expect(busy(bela, bela), 200)
    expect(bela.patch("/api/users/me", {"free_busy": "friends"}), 422, "free_busy")


def test_new_accounts_begin_as_the_setting_says(start):
    from support.people import Person

    server = start(FASTI_FREE_BUSY="everyone")
    assert Person(server.client, "amira").user["free_busy"] == "everyone"


# -- Addresses -------------------------------------------------------------------------------------


def test_an_address_is_for_who_named_the_person_by_it(amira, bela, victim, root):
    event_id = amira.creates()["id"]
    amira.shares(event_id, bela)
    body = {"users": [{"email": victim.email.upper(), "role": "Editor"}]}
    reply = expect(amira.post(f"/api/events/{event_id}/share", body), 200).json
    addresses = {row["username"]: row["email"] for row in reply}
    assert addresses == {
        amira.username: amira.email,
        bela.username: None,
        victim.username: victim.email,
    }
    assert permission_of(bela, event_id, victim)["email"] is None
    victim.changes(event_id, title="Edited")
    for reader, shown in ((amira, victim.email), (bela, None), (victim, victim.email)):
        last = expect(reader.get(f"/api/events/{event_id}/changelog"), 200).json[-1]
        assert last["user_details"]["email"] == shown
    amira.shares(event_id, root)
    assert permission_of(root, event_id, bela)["email"] == bela.email
    other = "x-" + victim.email
    expect(victim.patch("/api/users/me", {"email": other}), 200)
    assert permission_of(amira, event_id, victim)["email"] is None
    assert amira.sees(event_id)["permissions"][2]["email"] is None


def test_sharing_by_id_or_name_shows_no_address(mallory, victim, amira):
    event_id = mallory.creates()["id"]
    one = {"user_id": victim.id, "role_id": 2}
    assert expect(mallory.post(f"/api/events/{event_id}/share", one), 200).json["email"] is None
    two = {"username": amira.username, "role": "Viewer"}
    assert expect(mallory.post(f"/api/events/{event_id}/share", two), 200).json["email"] is None
    where = f"/api/events/{event_id}/permissions/{victim.id}"
    assert expect(mallory.put(where, {"role": "Viewer"}), 200).json["email"] is None


def test_ids_cannot_be_walked_by_sharing(start):
    from support.people import Person

    server = start(FASTI_RATE_LIMIT="on")
    mallory, victim = (Person(server.client, name) for name in ("mallory", "victim"))
    event_id = mallory.creates()["id"]
    where = f"/api/events/{event_id}/share"
    # Nobody there, alone or in a list, to share with or to block: each is counted and stays so.
    for n in range(33):
        expect(mallory.post(where, {"user_id": 1000 + n, "role": "Viewer"}), 404)
        expect(mallory.post("/api/users/me/blocks", {"user_id": 1000 + n}), 422, "user_id")
        by_list = {"users": [{"user_id": 1000 + n, "role": "Viewer"}]}
        expect(mallory.post(where, by_list), 404)
    known = {"users": [{"user_id": victim.id, "role": "Viewer"}]}
    expect(mallory.post(where, known), 200)
    refused = expect(mallory.post(where, {"user_id": 1000, "role": "Viewer"}), 429)
    assert int(refused.headers["retry-after"]) > 3600
    expect(mallory.post("/api/users/me/blocks", {"user_id": 1000}), 429)
    # Whom one sees already is no stranger, a name is no number, and others count for themselves.
    second = mallory.creates()["id"]
    expect(mallory.post(f"/api/events/{second}/share", known), 200)
    chen = Person(server.client, "chen")
    expect(mallory.post(where, {"username": chen.username, "role": "Viewer"}), 200)
    others = chen.creates()["id"]
    body = {"user_id": victim.id, "role": "Viewer"}
    expect(chen.post(f"/api/events/{others}/share", body), 200)


def test_to_be_told_again_is_counted_once(start, new_database):
    from support.people import Person

    server = start(FASTI_RATE_LIMIT="on")
    mallory, victim = (Person(server.client, name) for name in ("mallory", "victim"))
    headers = {"Idempotency-Key": "a-block"}
    for n in range(102):
        reply = mallory.post("/api/users/me/blocks", {"user_id": victim.id}, headers)
        assert expect(reply, 200).headers["Idempotent-Replayed"] == ("true" if n > 0 else None)
    # With another body the key is refused, whoever that names.
    for number in (1000, mallory.id):
        other = mallory.post("/api/users/me/blocks", {"user_id": number}, headers)
        expect(other, 422, "Idempotency-Key")
    key = f"day by id {mallory.id}"
    (counted,) = new_database.rows(f"SELECT count FROM login_attempts WHERE key = '{key}'")
    assert counted["count"] == 1
    for n in range(99):
        expect(mallory.post("/api/users/me/blocks", {"user_id": 1000 + n}), 422, "user_id")
    expect(mallory.post("/api/users/me/blocks", {"user_id": 2000}), 429)


def test_what_is_refused_otherwise_counts_as_well(start):
    """Whoever is named is counted, though nothing is given: the list holds somebody twice, the
    quota is reached, no more can be blocked."""
    from support.people import Person

    server = start(FASTI_RATE_LIMIT="on", FASTI_ADMIN_USERNAME="root",
                   FASTI_ADMIN_PASSWORD=PASSWORD, FASTI_ADMIN_EMAIL="root@example.org")
    root = Person(server.client, "root", register=False)
    mallory, victim, full = (Person(server.client, name) for name in ("mallory", "victim", "full"))
    where = f"/api/events/{mallory.creates()['id']}/share"
    twice = [{"user_id": victim.id, "role": "Viewer"}, {"user_id": mallory.id, "role": "Viewer"}]
    for _ in range(100):
        expect(mallory.post(where, {"users": twice}), 409)
    expect(mallory.post(where, {"users": twice}), 429)
    expect(root.patch(f"/api/users/{full.id}", {"quota_grants": 0}), 200)
    where = f"/api/events/{full.creates()['id']}/share"
    for _ in range(100):
        expect(full.post(where, twice[0]), 409)
    expect(full.post(where, twice[0]), 429)


def test_a_list_with_somebody_who_is_not_there_shares_nothing(mallory, victim):
    event_id = mallory.creates()["id"]
    people = [{"user_id": one, "role": "Viewer"} for one in (victim.id, 999_999_999)]
    expect(mallory.post(f"/api/events/{event_id}/share", {"users": people}), 404)
    expect(victim.get(f"/api/events/{event_id}"), 404)
    assert len(mallory.sees(event_id)["permissions"]) == 1


# -- Transfer --------------------------------------------------------------------------------------


def test_a_transfer_goes_only_to_who_knows_me(mallory, victim):
    event_id = mallory.creates()["id"]
    where = f"/api/events/{event_id}/transfer"
    mallory.shares(event_id, victim, "Editor")
    refused = expect(mallory.post(where, {"user_id": victim.id}), 409)
    nobody = expect(mallory.post(where, {"user_id": 999_999_999}), 409)
    assert refused.json["type"].endswith("not_known")
    assert {**refused.json, "instance": ""} == {**nobody.json, "instance": ""}
    expect(mallory.delete("/api/users/me", events="transfer", to=victim.id), 409)
    answers(victim, event_id, "yes")
    assert expect(mallory.post(where, {"user_id": victim.id}), 200).json["owner_id"] == victim.id


def test_handing_over_makes_no_room_for_more_that_waits(start):
    """Who changes a role gave it: what waits then waits for an answer to him."""
    from support.people import Person

    server = start(FASTI_RATE_LIMIT="off")
    mallory, second, victim = (Person(server.client, n) for n in ("mallory", "second", "victim"))
    second.shares(second.creates()["id"], mallory)
    answers(mallory, expect(mallory.get("/api/events"), 200).json["items"][0]["id"], "yes")
    batch = [event(title=str(n)) for n in range(200)]
    mine = expect(second.post("/api/events/batch", batch), 201).json
    for one in mine:
        second.shares(one["id"], victim)
    given = mallory.creates()["id"]
    mallory.shares(given, victim)
    mallory.shares(given, second)
    answers(second, given, "yes")
    expect(mallory.post(f"/api/events/{given}/transfer", {"user_id": second.id}), 200)
    refused = expect(second.put(f"/api/events/{given}/permissions/{victim.id}",
                                {"role": "Editor"}), 409)
    assert refused.json["type"].endswith("quota")
    expect(second.delete(f"/api/events/{mine[0]['id']}/permissions/{victim.id}"), 204)
    expect(second.put(f"/api/events/{given}/permissions/{victim.id}", {"role": "Editor"}), 200)


# -- Blocks ----------------------------------------------------------------------------------------


def test_whoever_is_blocked_gives_nothing_and_cannot_tell(mallory, victim, bela):
    old = mallory.creates()["id"]
    new = mallory.creates()["id"]
    mallory.shares(old, victim, "Editor")
    mallory.shares(old, bela)
    answers(victim, old, "yes")
    blocks = expect(victim.post("/api/users/me/blocks", {"user_id": mallory.id}), 200).json
    assert [(one["user_id"], one["username"]) for one in blocks] == [(mallory.id, mallory.username)]
    assert expect(victim.get("/api/users/me/blocks"), 200).json == blocks
    given = mallory.shares(new, victim, "Editor")
    assert [(row["username"], row["answer"]) for row in given][1:] == [(victim.username, None)]
    assert permission_of(mallory, old, victim)["answer"] == "yes"
    for event_id in (old, new):
        expect(victim.get(f"/api/events/{event_id}"), 404)
        expect(victim.get(f"/api/events/{event_id}/permissions"), 404)
        expect(victim.patch(f"/api/events/{event_id}", {"title": "x"}), 404)
        expect(victim.post(f"/api/events/{event_id}/answer", {"answer": "yes"}), 404)
    mallory.changes(new, start_time="2025-03-03T09:10:00Z")
    expect(mallory.delete(f"/api/events/{old}"), 200)
    expect(mallory.post(f"/api/events/{old}/restore"), 200)
    nothing = {"items": [], "total": 0, "next_cursor": None}
    assert expect(victim.get("/api/events"), 200).json == nothing
    assert expect(victim.get("/api/calendar", **WINDOW), 200).json["items"] == []
    assert (is_busy(victim), conflicts(victim)) == (False, [])
    expect(busy(mallory, victim), 404)
    expect(mallory.post(f"/api/events/{old}/transfer", {"user_id": victim.id}), 409)
    expect(victim.delete(f"/api/users/me/blocks/{mallory.id}"), 204)
    expect(victim.delete(f"/api/users/me/blocks/{mallory.id}"), 404)
    assert expect(victim.get("/api/users/me/blocks"), 200).json == []
    assert expect(victim.get("/api/events"), 200).json["total"] == 2
    assert is_busy(victim)


MANY = 1000
FILL = {
    "sqlite": [
        f"""INSERT INTO users (username, email, hashed_password, created_at, updated_at)
        WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT {MANY})
        SELECT 'n' || n, 'n' || n, 'x', 0, 0 FROM n""",
        """INSERT INTO blocks (user_id, blocked_id, created_at)
        SELECT {user}, id, 0 FROM users WHERE hashed_password = 'x'""",
    ],
    "postgres": [
        f"""INSERT INTO users (username, email, hashed_password)
        SELECT 'n' || n, 'n' || n, 'x' FROM generate_series(1, {MANY}) n""",
        """INSERT INTO blocks (user_id, blocked_id, created_at)
        SELECT {user}, id, now() FROM users WHERE hashed_password = 'x'""",
    ],
}


def test_one_person_blocks_at_most_a_thousand(start):
    server = start()
    victim, mallory = (Person(server.client, name) for name in ("victim", "mallory"))
    server.stop()
    fill = FILL[server.database.name]
    server.database.change(*(statement.format(user=victim.id) for statement in fill))
    server = start(server.database)
    victim = Person(server.client, "victim", register=False)
    blocks = expect(victim.get("/api/users/me/blocks"), 200).json
    assert len(blocks) == MANY
    refused = expect(victim.post("/api/users/me/blocks", {"user_id": mallory.id}), 409)
    assert refused.json["type"].endswith("quota")
    again = expect(victim.post("/api/users/me/blocks", {"user_id": blocks[0]["user_id"]}), 200)
    assert again.json == blocks
    expect(victim.delete(f"/api/users/me/blocks/{blocks[0]['user_id']}"), 204)
    expect(victim.post("/api/users/me/blocks", {"user_id": mallory.id}), 200)


# -- What may wait ---------------------------------------------------------------------------------


def test_two_hundred_shares_of_somebody_unknown_may_wait(mallory, victim):
    made = expect(mallory.post("/api/events/batch", [event() for _ in range(201)]), 201).json
    for one in made[:200]:
        mallory.shares(one["id"], victim)
    last = made[200]["id"]
    body = {"user_id": victim.id, "role_id": 3}
    refused = expect(mallory.post(f"/api/events/{last}/share", body), 409)
    assert refused.json["type"].endswith("quota")
    answers(victim, made[0]["id"], "no")
    expect(mallory.post(f"/api/events/{last}/share", body), 200)
    answers(victim, made[1]["id"], "yes")
    mallory.shares(mallory.creates()["id"], victim)


# -- Splits ----------------------------------------------------------------------------------------


def daily(**members):
    return event(recurrence_pattern="FREQ=DAILY;COUNT=400", **members)


def split(one, event_id, day):
    where = f"/api/events/{event_id}/occurrences/2025-{day}T09:00:00Z"
    return one.patch(where, {"title": "Tail"}, scope="following")


def test_a_split_by_an_editor_gives_nobody_more_than_there_was_and_shows(amira, bela, person):
    chen = person("chen")
    head = expect(amira.post("/api/events", daily()), 201).json["id"]
    amira.shares(head, bela, "Editor")
    amira.shares(head, chen)
    tail = expect(split(bela, head, "03-05"), 200).json["new_event"]
    assert (tail["owner_id"], tail["series_of"]) == (amira.id, head)
    rows = [permission_of(amira, tail["id"], one) for one in (amira, bela, chen)]
    assert [row["role_name"] for row in rows] == ["Owner", "Editor", "Viewer"]
    created = expect(amira.get(f"/api/events/{tail['id']}/changelog"), 200).json[0]
    assert (created["change_type"], created["user_id"]) == ("create", bela.id)
    assert tail["id"] in [one["id"] for one in expect(amira.get("/api/events"), 200).json["items"]]
    # The owner takes back both; who was revoked before a split is in none of its parts.
    expect(amira.delete(f"/api/events/{head}/permissions/{bela.id}"), 204)
    expect(split(bela, head, "03-04"), 404)
    again = expect(split(bela, tail["id"], "03-07"), 200).json["new_event"]["id"]
    for part in (tail["id"], again):
        expect(amira.delete(f"/api/events/{part}/permissions/{bela.id}"), 204)
        expect(bela.get(f"/api/events/{part}"), 404)
    later = expect(split(amira, again, "03-09"), 200).json["new_event"]["id"]
    expect(bela.get(f"/api/events/{later}"), 404)


def test_splits_give_no_more_than_may_wait(mallory, victim):
    made = expect(mallory.post("/api/events/batch", [event() for _ in range(199)]), 201).json
    for one in made:
        mallory.shares(one["id"], victim)
    series = expect(mallory.post("/api/events", daily()), 201).json["id"]
    mallory.shares(series, victim)
    refused = expect(split(mallory, series, "03-05"), 409)
    assert refused.json["type"].endswith("quota")
    answers(victim, made[0]["id"], "no")
    expect(split(mallory, series, "03-05"), 200)
