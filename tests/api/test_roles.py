"""Who may do what: every operation on an event, as everybody, in every state.

The operations come from the program's own document; the table below is written once more, so
that a change of the program's table is noticed."""

import pytest

from support import operations, program
from support.client import same_problem
from support.contract import Contract
from support.people import Person, expect

TABLE = {
    "read": {"owner", "editor", "viewer"},
    "update": {"owner", "editor"},
    "delete": {"owner"},
    "transfer": {"owner"},
    "share": {"owner"},
    "leave": {"owner", "editor", "viewer"},
    "answer": {"owner", "editor", "viewer"},
}
ACTIONS = {
    ("GET", "/api/events/{event_id}"): "read",
    ("GET", "/api/events/{event_id}/permissions"): "read",
    ("GET", "/api/events/{event_id}/history"): "read",
    ("GET", "/api/events/{event_id}/history/{version}"): "read",
    ("GET", "/api/events/{event_id}/diff/{v1}/{v2}"): "read",
    ("GET", "/api/events/{event_id}/changelog"): "read",
    ("GET", "/api/events/{event_id}/occurrences"): "read",
    ("PUT", "/api/events/{event_id}"): "update",
    ("PATCH", "/api/events/{event_id}"): "update",
    ("POST", "/api/events/{event_id}/rollback/{version}"): "update",
    ("PATCH", "/api/events/{event_id}/occurrences/{original_start}"): "update",
    ("DELETE", "/api/events/{event_id}/occurrences/{original_start}"): "update",
    ("DELETE", "/api/events/{event_id}"): "delete",
    ("POST", "/api/events/{event_id}/restore"): "delete",
    ("DELETE", "/api/events/{event_id}/purge"): "delete",
    ("POST", "/api/events/{event_id}/transfer"): "transfer",
    ("POST", "/api/events/{event_id}/share"): "share",
    ("PUT", "/api/events/{event_id}/permissions/{user_id}"): "share",
    ("DELETE", "/api/events/{event_id}/permissions/{user_id}"): "leave",
    ("POST", "/api/events/{event_id}/answer"): "answer",
}
# Restoring and purging are about an event in the trash.
ONLY_IN_TRASH = {
    ("POST", "/api/events/{event_id}/restore"),
    ("DELETE", "/api/events/{event_id}/purge"),
}
# In the trash an event is there for its owner alone, and only for these; history stays readable.
IN_TRASH = ONLY_IN_TRASH | {
    ("GET", "/api/events/{event_id}/history"),
    ("GET", "/api/events/{event_id}/history/{version}"),
    ("GET", "/api/events/{event_id}/diff/{v1}/{v2}"),
    ("GET", "/api/events/{event_id}/changelog"),
}
ACTORS = ["owner", "editor", "viewer", "revoked", "stranger", "anonymous", "disabled", "signed_out"]
_scenes = {}


def test_the_program_s_table_is_the_one_of_the_contract():
    access = program.document()["components"]["x-fasti-access"]
    shown = {
        action: {role for role in ("owner", "editor", "viewer") if row[role]}
        for action, row in access.items()
    }
    assert shown == TABLE


def test_every_operation_on_an_event_has_its_action():
    shown = {
        (method, path): operation.get("x-fasti-action")
        for method, path, operation in Contract(program.document()).operations()
        if "{event_id}" in path
    }
    assert shown == ACTIONS


@pytest.fixture
def scene(shared, client):
    if client not in _scenes:
        _scenes[client] = operations.gather(client)
    return _scenes[client].set()


def state_of(scene):
    """All that an operation could have changed."""
    owner, where = scene.owner, f"/api/events/{scene.event_id}"
    return [
        owner.get(path).json
        for path in (where, f"{where}/permissions", f"{where}/history", f"{where}/changelog")
    ] + [owner.get("/api/events", deleted="true", limit=1000).json["total"]]


def ask(scene, person, method, path, **more):
    leaves = method == "DELETE" and path.endswith("/permissions/{user_id}")
    user = person if leaves and person in (scene.editor, scene.viewer) else scene.viewer
    target = operations.path_of(path, scene, user)
    return person.ask(method, target, operations.body_of(method, path, scene), **more)


def outsider(scene, actor, root):
    """Somebody who had a right, and whose token is no longer worth anything."""
    person = Person(scene.owner.client, operations.unused_name(actor))
    scene.owner.shares(scene.event_id, person, "Editor")
    if actor == "disabled":
        expect(root.patch(f"/api/users/{person.id}", {"is_active": False}), 200)
    else:
        expect(person.post("/api/auth/logout"), 200)
    return person


def absent_answer(scene, person, method, path):
    """What the same operation gives for an event that never was."""
    present, scene.event_id = scene.event_id, operations.UNKNOWN_ID
    body = operations.body_of(method, path, scene)
    reply = person.ask(method, operations.path_of(path, scene), body)
    scene.event_id = present
    return expect(reply, 404)


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("method, path", ACTIONS, ids=lambda value: value)
def test_on_a_live_event(scene, root, actor, method, path):
    if actor in ("disabled", "signed_out"):
        person = outsider(scene, actor, root)
    elif actor == "anonymous":
        person = None
    else:
        person = scene.people()[actor]
    before = state_of(scene)

    if person is None:
        target = operations.path_of(path, scene)
        body = operations.body_of(method, path, scene)
        reply = scene.owner.client.request(method, target, body)
    else:
        reply = ask(scene, person, method, path)

    if actor in ("anonymous", "disabled", "signed_out"):
        expect(reply, 401)
    elif actor in ("revoked", "stranger"):
        assert same_problem(expect(reply, 404), absent_answer(scene, person, method, path))
    elif actor not in TABLE[ACTIONS[method, path]]:
        expect(reply, 403)
    elif (method, path) in ONLY_IN_TRASH:
        expect(reply, 409)
    else:
        assert reply.status in (200, 201, 204), str(reply)
        return
    assert state_of(scene) == before, "a refused request left a trace"


@pytest.mark.parametrize("actor", ACTORS[:5])
@pytest.mark.parametrize("method, path", ACTIONS, ids=lambda value: value)
def test_on_an_event_in_the_trash(scene, actor, method, path):
    expect(scene.owner.delete(f"/api/events/{scene.event_id}"), 200)
    person = scene.people()[actor]
    reply = ask(scene, person, method, path)
    if (method, path) in IN_TRASH and actor == "owner":
        assert reply.status in (200, 204), str(reply)
    else:
        assert same_problem(expect(reply, 404), absent_answer(scene, person, method, path))


@pytest.mark.parametrize(
    "number",
    [
        "-1",
        "0",
        "0x1",
        "01",
        "+1",
        str(2**63),
        str(2**64),
        "1%00",
        "1;",
        "%2e%2e",
        "text",
        "1.0",
        "%31%20",
        "１",
        "1e0",
        "null",
        "1%2f2",
    ],
)
@pytest.mark.parametrize("method, path", ACTIONS, ids=lambda value: value)
def test_an_id_that_is_none_is_not_found(amira, client, method, path, number):
    if not number.isascii():
        number = "%EF%BC%91"
    scene = operations.Scene(amira, amira, amira, amira, amira, event_id=number)
    body = operations.body_of(method, path, scene)
    reply = amira.ask(method, operations.path_of(path, scene), body)
    expect(reply, 404)


def test_the_body_of_a_change_may_not_name_another_event(amira):
    one, two = amira.creates()["id"], amira.creates()["id"]
    reply = amira.put(f"/api/events/{one}", {"id": two, "title": "Changed"})
    assert expect(reply, 422, "id").faults()["id"] == "read_only"
    assert amira.sees(two)["title"] == amira.sees(one)["title"] == "Town hall"


def test_a_share_with_nobody_does_not_tell_whether_an_account_exists(amira, bela):
    event_id = amira.creates()["id"]
    where = f"/api/events/{event_id}/share"
    replies = [
        amira.post(where, {"users": [{**user, "role": "Viewer"}]})
        for user in (
            {"user_id": 999_999_999},
            {"username": "no-such-name"},
            {"email": "no@example.org"},
        )
    ]
    assert {reply.status for reply in replies} <= {404, 422}
    assert all("999" not in reply.json["detail"] for reply in replies)
