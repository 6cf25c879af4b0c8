"""Users: oneself, finding others, and what administrators do."""

import pytest

from support import program
from support.client import same_problem
from support.people import PASSWORD, Person, expect, unused_name

FULL = {
    "id",
    "username",
    "email",
    "is_admin",
    "is_active",
    "timezone",
    "display_name",
    "free_busy",
    "created_at",
    "updated_at",
}


# -- Oneself ---------------------------------------------------------------------------------------


def test_me_is_the_whole_account(amira):
    me = expect(amira.get("/api/users/me"), 200).json
    assert me["id"] == amira.id
    assert me["username"] == amira.username
    assert me["email"] == amira.email
    assert {"is_admin", "timezone", "created_at", "updated_at"} <= set(me)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_me_can_be_changed_in_part(amira, method):
    name = unused_name("renamed")
    me = expect(amira.ask(method, "/api/users/me", {"username": name}), 200).json
    assert (me["username"], me["email"]) == (name, amira.email)
    me = expect(amira.ask(method, "/api/users/me", {"timezone": "Europe/Zurich"}), 200).json
    assert (me["username"], me["timezone"]) == (name, "Europe/Zurich")


def test_me_can_be_read_changed_and_put_back(amira):
    me = amira.get("/api/users/me").json
    me["timezone"] = "Asia/Tokyo"
    assert expect(amira.put("/api/users/me", me), 200).json["timezone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    "members",
    [{"is_admin": True}, {"id": 1}, {"created_at": "2020-01-01T00:00:00Z"}, {"is_active": False}],
    ids=str,
)
def test_me_cannot_change_what_only_others_may(amira, members):
    expect(amira.patch("/api/users/me", members), 422, *members)
    assert amira.get("/api/users/me").json["is_admin"] is False


@pytest.mark.parametrize("member", ["hashed_password", "__proto__", "token_version"])
def test_me_refuses_members_that_are_none(amira, member):
    reply = expect(amira.patch("/api/users/me", {member: "x"}), 422, member)
    assert reply.faults()[member] == "unknown_field"


def test_me_refuses_a_zone_that_is_none(amira):
    expect(amira.patch("/api/users/me", {"timezone": "Europe/Atlantis"}), 422, "timezone")


def test_me_cannot_take_the_name_or_address_of_another(amira, bela):
    name = expect(amira.put("/api/users/me", {"username": bela.username}), 409)
    address = expect(amira.patch("/api/users/me", {"email": bela.email.upper()}), 409)
    assert same_problem(name, address)


def test_me_can_go_when_nobody_shares_my_events(amira):
    amira.creates()
    expect(amira.delete("/api/users/me"), 204)


def test_me_cannot_go_without_a_word_on_shared_events(amira, bela):
    amira.shares(amira.creates()["id"], bela)
    expect(amira.delete("/api/users/me"), 409)
    expect(amira.get("/api/users/me"), 200)


def test_me_can_go_and_take_the_events_along(amira, bela):
    event = amira.creates()
    amira.shares(event["id"], bela)
    expect(amira.delete("/api/users/me", events="delete"), 204)
    expect(bela.get(f"/api/events/{event['id']}"), 404)


def test_me_can_go_and_leave_the_events_to_another(amira, bela):
    bela.knows(amira)
    event = amira.creates(title="Left behind")
    amira.shares(event["id"], bela)
    expect(amira.delete("/api/users/me", events="transfer", to=bela.id), 204)
    left = bela.sees(event["id"])
    assert (left["title"], left["owner_id"], left["my_role"]) == ("Left behind", bela.id, "Owner")


def test_history_outlives_its_author(amira, bela):
    bela.knows(amira)
    event = amira.creates()
    amira.shares(event["id"], bela)
    expect(amira.delete("/api/users/me", events="transfer", to=bela.id), 204)
    entries = expect(bela.get(f"/api/events/{event['id']}/changelog"), 200).json
    assert entries[0]["change_type"] == "create"
    assert entries[0]["user_id"] == amira.id
    assert entries[0]["user_details"] == {"id": amira.id, "username": amira.username, "email": None}
    versions = expect(bela.get(f"/api/events/{event['id']}/history"), 200).json["items"]
    assert versions[-1]["changed_by"] == {"id": amira.id, "username": amira.username}


@pytest.mark.parametrize(
    "query",
    [{"events": "burn"}, {"events": "transfer"}, {"to": 1}, {"events": "transfer", "to": "x"}],
    ids=str,
)
def test_me_can_go_only_with_a_clear_word(amira, bela, query):
    amira.shares(amira.creates()["id"], bela)
    assert amira.delete("/api/users/me", **query).status == 422


def test_events_cannot_be_left_to_nobody_or_oneself(amira, bela):
    amira.shares(amira.creates()["id"], bela)
    nobody = amira.delete("/api/users/me", events="transfer", to=999_999_999)
    assert expect(nobody, 409).json["type"].endswith("not_known")
    oneself = amira.delete("/api/users/me", events="transfer", to=amira.id)
    assert expect(oneself, 422).faults() == {"to": "unknown_user"}
    expect(amira.get("/api/users/me"), 200)


# -- Finding others --------------------------------------------------------------------------------


def test_lookup_finds_by_exact_name_or_address(amira, bela):
    expected = {"id": bela.id, "username": bela.username, "display_name": None}
    assert expect(amira.get("/api/users/lookup", username=bela.username), 200).json == expected
    assert expect(amira.get("/api/users/lookup", email=bela.email), 200).json == expected


def test_lookup_finds_nothing_by_a_part(amira, bela):
    expect(amira.get("/api/users/lookup", username=bela.username + "x"), 404)
    expect(amira.get("/api/users/lookup", username="%"), 404)
    expect(amira.get("/api/users/lookup", email="@example.org"), 404)


def test_lookup_needs_one_of_the_two(amira, bela):
    assert amira.get("/api/users/lookup").status == 422
    both = amira.get("/api/users/lookup", username=bela.username, email=bela.email)
    assert both.status == 422


def test_people_who_share_an_event_see_each_other(amira, bela, person):
    stranger = person("stranger")
    amira.shares(amira.creates()["id"], bela)
    expected = {"id": bela.id, "username": bela.username, "display_name": None}
    assert expect(amira.get(f"/api/users/{bela.id}"), 200).json == expected
    expect(bela.get(f"/api/users/{amira.id}"), 200)
    absent = expect(stranger.get("/api/users/999999999"), 404)
    assert same_problem(expect(stranger.get(f"/api/users/{bela.id}"), 404), absent)


def test_the_list_of_people_shows_those_one_shares_with(amira, bela, person):
    person("stranger")
    amira.shares(amira.creates()["id"], bela)
    reply = expect(amira.get("/api/users"), 200).json
    assert {user["username"] for user in reply["items"]} - {amira.username} == {bela.username}
    assert all(set(user) == {"id", "username", "display_name"} for user in reply["items"])


# -- Administrators --------------------------------------------------------------------------------


def test_an_administrator_sees_full_records(root, amira):
    record = expect(root.get(f"/api/users/{amira.id}"), 200).json
    assert set(record) == FULL
    assert record["is_active"] is True


def test_an_administrator_pages_through_everybody(root, person):
    made = {person(f"page{n}").username for n in range(3)}
    found, cursor = set(), None
    while True:
        query = {"limit": 50, **({"cursor": cursor} if cursor else {})}
        page = expect(root.get("/api/users", **query), 200).json
        found |= {user["username"] for user in page["items"]}
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert made <= found


def test_an_administrator_makes_changes_and_ends_an_account(root, client):
    name = unused_name("made")
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    made = expect(root.post("/api/users", body), 201)
    where = made.headers["Location"]
    assert where.endswith(f"/api/users/{made.json['id']}")
    somebody = Person(client, name, register=False)
    assert expect(root.patch(where, {"is_admin": True}), 200).json["is_admin"] is True
    assert expect(root.put(where, {"is_admin": False}), 200).json["is_admin"] is False
    expect(root.delete(where), 204)
    expect(root.get(where), 404)
    expect(somebody.get("/api/users/me"), 401)


def test_an_administrator_cannot_make_a_taken_account(root, amira):
    body = {"username": amira.username, "email": "x-" + amira.email, "password": PASSWORD}
    expect(root.post("/api/users", body), 409)


def test_an_administrator_cannot_rename_to_a_taken_name(root, amira, bela):
    expect(root.patch(f"/api/users/{amira.id}", {"username": bela.username}), 409)
    expect(root.put(f"/api/users/{amira.id}", {"email": bela.email}), 409)


def test_an_administrator_cannot_delete_shared_events_by_accident(root, amira, bela):
    amira.shares(amira.creates()["id"], bela)
    expect(root.delete(f"/api/users/{amira.id}"), 409)


def test_nobody_else_may_do_what_administrators_do(amira, bela):
    amira.shares(amira.creates()["id"], bela)
    body = {"username": unused_name(), "email": "x@example.org", "password": PASSWORD}
    expect(amira.post("/api/users", body), 403)
    expect(amira.patch(f"/api/users/{bela.id}", {"is_admin": True}), 403)
    expect(amira.put(f"/api/users/{bela.id}", {"is_active": False}), 403)
    expect(amira.delete(f"/api/users/{bela.id}"), 403)
    expect(bela.get("/api/users/me"), 200)


def test_an_administrator_has_no_rights_on_other_people_s_events(root, amira):
    event = amira.creates()
    expect(root.get(f"/api/events/{event['id']}"), 404)


def test_rights_are_read_at_every_request_and_not_from_the_token(root, amira):
    expect(root.patch(f"/api/users/{amira.id}", {"is_admin": True}), 200)
    expect(amira.get("/api/users/1"), 200)
    body = {
        "username": unused_name(),
        "email": unused_name() + "@example.org",
        "password": PASSWORD,
    }
    expect(amira.post("/api/users", body), 201)
    expect(root.patch(f"/api/users/{amira.id}", {"is_admin": False}), 200)
    expect(amira.post("/api/users", body), 403)


def test_the_last_administrator_stays_one(start, new_database):
    for command in (("migrate",), ("user", "add", "chief", "chief@example.org", "--admin")):
        done = program.run(new_database, *command, stdin=PASSWORD + "\n")
        assert done.returncode == 0, done.stderr
    chief = Person(start().client, "chief", register=False)
    where = f"/api/users/{chief.id}"
    expect(chief.patch(where, {"is_admin": False}), 409)
    expect(chief.patch(where, {"is_active": False}), 409)
    expect(chief.delete(where), 409)
    expect(chief.delete("/api/users/me"), 409)
    second = Person(chief.client, unused_name("second"))
    expect(chief.patch(f"/api/users/{second.id}", {"is_admin": True}), 200)
    assert expect(chief.patch(where, {"is_admin": False}), 200).json["is_admin"] is False


# -- Roles -----------------------------------------------------------------------------------------


def test_roles_are_the_three_of_the_old_system(amira):
    roles = expect(amira.get("/api/roles"), 200).json
    assert [(role["id"], role["name"]) for role in roles] == [
        (1, "Owner"),
        (2, "Editor"),
        (3, "Viewer"),
    ]
    assert all(set(role) == {"id", "name", "description"} for role in roles)
