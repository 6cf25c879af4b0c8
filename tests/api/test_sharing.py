"""Sharing: grant, change, revoke, leave, transfer."""

import pytest

from support.client import same_problem
from support.people import expect

PERMISSION = {
    "id",
    "event_id",
    "user_id",
    "username",
    "email",
    "role_id",
    "role_name",
    "granted_by",
    "granted_at",
    "answer",
}


@pytest.fixture
def event_id(amira):
    return amira.creates()["id"]


def share(person, event_id, *users):
    return person.post(f"/api/events/{event_id}/share", {"users": list(users)})


def permissions(person, event_id):
    return expect(person.get(f"/api/events/{event_id}/permissions"), 200).json


def roles(person, event_id):
    return {entry["username"]: entry["role_name"] for entry in permissions(person, event_id)}


# -- Grant -----------------------------------------------------------------------------------------


def test_share_takes_an_id_a_name_or_an_address_and_a_role_or_its_id(amira, person, event_id):
    one, two, three = person("one"), person("two"), person("three")
    reply = share(
        amira,
        event_id,
        {"user_id": one.id, "role": "Editor"},
        {"username": two.username, "role_id": 3},
        {"email": three.email.upper(), "role": "Viewer"},
    )
    expect(reply, 200)
    assert roles(amira, event_id) == {
        amira.username: "Owner",
        one.username: "Editor",
        two.username: "Viewer",
        three.username: "Viewer",
    }
    assert reply.json == permissions(amira, event_id)


def test_share_takes_the_body_of_the_old_system(amira, bela, event_id):
    body = {"user_id": bela.id, "role_id": 2}
    reply = expect(amira.post(f"/api/events/{event_id}/share", body), 200).json
    assert set(reply) == PERMISSION
    assert (reply["event_id"], reply["user_id"], reply["role_id"]) == (event_id, bela.id, 2)
    assert (reply["role_name"], reply["granted_by"]) == ("Editor", amira.id)


def test_permissions_name_the_owner_first(amira, bela, event_id):
    amira.shares(event_id, bela)
    rows = permissions(amira, event_id)
    assert [row["role_name"] for row in rows] == ["Owner", "Viewer"]
    assert all(set(row) == PERMISSION for row in rows)
    assert [row["email"] for row in rows] == [amira.email, None]


def test_addresses_are_for_oneself(amira, bela, person, event_id):
    chen = person("chen")
    amira.shares(event_id, bela, "Editor")
    amira.shares(event_id, chen)
    seen = {row["username"]: row["email"] for row in permissions(bela, event_id)}
    assert seen == {amira.username: None, bela.username: bela.email, chen.username: None}
    inside = {row["username"]: row["email"] for row in bela.sees(event_id)["permissions"]}
    assert inside == seen
    details = expect(bela.get(f"/api/events/{event_id}/changelog"), 200).json[0]["user_details"]
    assert (details["username"], details["email"]) == (amira.username, None)


def test_a_shared_event_can_be_read_at_once(amira, bela, event_id):
    expect(bela.get(f"/api/events/{event_id}"), 404)
    amira.shares(event_id, bela)
    assert bela.sees(event_id)["my_role"] == "Viewer"


def test_sharing_twice_is_a_conflict(amira, bela, person, event_id):
    amira.shares(event_id, bela)
    expect(share(amira, event_id, {"user_id": bela.id, "role": "Editor"}), 409)
    other = {"user_id": person("other").id, "role": "Viewer"}
    twice = share(amira, event_id, other, other)
    assert twice.status in (409, 422)
    assert roles(amira, event_id) == {amira.username: "Owner", bela.username: "Viewer"}


def test_sharing_with_the_owner_is_a_conflict(amira, event_id):
    expect(share(amira, event_id, {"user_id": amira.id, "role": "Viewer"}), 409)
    assert roles(amira, event_id) == {amira.username: "Owner"}


def test_sharing_is_all_or_nothing(amira, bela, event_id):
    good = {"user_id": bela.id, "role": "Viewer"}
    assert share(amira, event_id, good, {"username": "nobody-at-all", "role": "Viewer"}).status in (
        404,
        422,
    )
    assert share(amira, event_id, good, {"user_id": bela.id, "role": "King"}).status == 422
    assert roles(amira, event_id) == {amira.username: "Owner"}


@pytest.mark.parametrize(
    "user",
    [
        {"role": "Viewer"},
        {"user_id": 1},
        {"user_id": 1, "role": "Owner"},
        {"user_id": 1, "role_id": 1},
        {"user_id": 1, "role_id": 4},
        {"user_id": 1, "role_id": 0},
        {"user_id": 1, "role": "viewer!"},
        {"user_id": 1, "role": None},
        {"user_id": "1", "role": "Viewer"},
        {"user_id": 1.0, "role": "Viewer"},
        {"user_id": True, "role": "Viewer"},
        {"user_id": 1, "username": "amira", "role": "Viewer"},
        {"user_id": 1, "role": "Viewer", "role_id": 2},
        {"user_id": 1, "role": "Viewer", "granted_by": 1},
        7,
        None,
    ],
    ids=str,
)
def test_a_grant_that_is_none_is_refused(amira, event_id, user):
    expect(share(amira, event_id, user), 422)
    if isinstance(user, dict):
        expect(amira.post(f"/api/events/{event_id}/share", user), 422)


@pytest.mark.parametrize("body", [{}, [], {"users": []}, {"users": None}, {"users": {}}], ids=str)
def test_a_share_with_nobody_is_refused(amira, event_id, body):
    expect(amira.post(f"/api/events/{event_id}/share", body), 422)


# -- Change and revoke -----------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{"role": "Editor"}, {"role_id": 2}], ids=str)
def test_a_grant_can_be_changed(amira, bela, event_id, body):
    amira.shares(event_id, bela)
    where = f"/api/events/{event_id}/permissions/{bela.id}"
    changed = expect(amira.put(where, body), 200).json
    assert (set(changed), changed["role_name"]) == (PERMISSION, "Editor")
    expect(bela.patch(f"/api/events/{event_id}", {"title": "Edited"}), 200)
    expect(amira.put(where, {"role": "Viewer"}), 200)
    expect(bela.patch(f"/api/events/{event_id}", {"title": "Again"}), 403)


def test_a_grant_cannot_become_ownership(amira, bela, event_id):
    amira.shares(event_id, bela)
    where = f"/api/events/{event_id}/permissions/{bela.id}"
    for body in ({"role": "Owner"}, {"role_id": 1}):
        assert amira.put(where, body).status in (409, 422)
    assert roles(amira, event_id)[bela.username] == "Viewer"


def test_the_owner_s_own_grant_cannot_be_changed_or_revoked(amira, bela, event_id):
    amira.shares(event_id, bela, "Editor")
    where = f"/api/events/{event_id}/permissions/{amira.id}"
    expect(amira.put(where, {"role": "Viewer"}), 409)
    expect(amira.delete(where), 409)
    assert roles(amira, event_id)[amira.username] == "Owner"


def test_a_revoked_grant_is_gone_at_once(amira, bela, event_id):
    amira.shares(event_id, bela, "Editor")
    expect(amira.delete(f"/api/events/{event_id}/permissions/{bela.id}"), 204)
    never = expect(bela.get("/api/events/999999999"), 404)
    assert same_problem(expect(bela.get(f"/api/events/{event_id}"), 404), never)
    expect(bela.patch(f"/api/events/{event_id}", {"title": "Mine"}), 404)
    assert bela.get("/api/events").json["total"] == 0
    expect(amira.delete(f"/api/events/{event_id}/permissions/{bela.id}"), 404)


def test_a_grant_that_is_not_there_is_not_found(amira, bela, event_id):
    stranger = expect(
        amira.put(f"/api/events/{event_id}/permissions/{bela.id}", {"role": "Editor"}), 404
    )
    nobody = expect(
        amira.put(f"/api/events/{event_id}/permissions/999999999", {"role": "Editor"}), 404
    )
    assert same_problem(stranger, nobody)


@pytest.mark.parametrize("role", ["Editor", "Viewer"])
def test_one_may_leave(amira, bela, event_id, role):
    amira.shares(event_id, bela, role)
    expect(bela.delete(f"/api/events/{event_id}/permissions/{bela.id}"), 204)
    expect(bela.get(f"/api/events/{event_id}"), 404)


def test_an_editor_cannot_touch_grants(amira, bela, person, event_id):
    chen, stranger = person("chen"), person("stranger")
    amira.shares(event_id, bela, "Editor")
    amira.shares(event_id, chen)
    before = roles(amira, event_id)
    expect(share(bela, event_id, {"user_id": stranger.id, "role": "Viewer"}), 403)
    for who in (bela, chen, amira):
        where = f"/api/events/{event_id}/permissions/{who.id}"
        expect(bela.put(where, {"role": "Owner"}), 403)
        expect(bela.put(where, {"role": "Editor"}), 403)
        if who is not bela:
            expect(bela.delete(where), 403)
    expect(bela.post(f"/api/events/{event_id}/transfer", {"user_id": bela.id}), 403)
    assert roles(amira, event_id) == before


# -- Transfer --------------------------------------------------------------------------------------


def test_a_transfer_makes_another_the_owner_and_the_old_one_an_editor(amira, bela, event_id):
    amira.shares(event_id, bela)
    bela.knows(amira)
    moved = expect(amira.post(f"/api/events/{event_id}/transfer", {"user_id": bela.id}), 200).json
    assert moved["owner_id"] == bela.id
    assert roles(bela, event_id) == {bela.username: "Owner", amira.username: "Editor"}
    expect(amira.delete(f"/api/events/{event_id}"), 403)
    expect(bela.delete(f"/api/events/{event_id}"), 200)


def test_a_transfer_to_somebody_who_has_an_event_with_this_uid_says_so(amira, bela):
    mine = amira.creates(uid="choir@example.org")
    bela.creates(uid="choir@example.org")
    bela.knows(amira)
    refused = expect(amira.post(f"/api/events/{mine['id']}/transfer", {"user_id": bela.id}), 409)
    assert "uid" in refused.json["detail"]
    assert roles(amira, mine["id"]) == {amira.username: "Owner"}


def test_a_transfer_to_nobody_or_oneself_is_refused(amira, event_id):
    expect(amira.post(f"/api/events/{event_id}/transfer", {"user_id": 999_999_999}), 409)
    where = f"/api/events/{event_id}/transfer"
    assert amira.post(where, {"user_id": amira.id}).status in (409, 422)
    for wrong in (None, "1", 0, -1, 1.5):
        expect(amira.post(where, {"user_id": wrong}), 422, "user_id")


def test_sharing_is_in_the_changelog(amira, bela, event_id):
    bela.knows(amira)
    amira.shares(event_id, bela)
    where = f"/api/events/{event_id}/permissions/{bela.id}"
    expect(amira.put(where, {"role": "Editor"}), 200)
    expect(amira.delete(where), 204)
    amira.shares(event_id, bela)
    expect(amira.post(f"/api/events/{event_id}/transfer", {"user_id": bela.id}), 200)
    entries = expect(bela.get(f"/api/events/{event_id}/changelog"), 200).json
    assert [entry["change_type"] for entry in entries] == [
        "create",
        "share",
        "permission_change",
        "unshare",
        "share",
        "transfer",
    ]
