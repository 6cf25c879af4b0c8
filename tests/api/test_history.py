"""History: versions, diff, rollback, changelog."""

import pytest

from support.client import same_problem
from support.people import Person, expect

ENTRY = {
    "change_set_id",
    "id",
    "event_id",
    "version_id",
    "version_number",
    "user_id",
    "user_details",
    "timestamp",
    "change_type",
    "changes",
    "comment",
}


@pytest.fixture
def event_id(amira):
    """An event of four versions: Town hall, One, Two in Room 4, Two without a room."""
    event = amira.creates(description="Bring numbers.")
    amira.changes(event["id"], title="One")
    amira.changes(event["id"], title="Two", location="Room 4")
    amira.changes(event["id"], location=None)
    return event["id"]


def history(person, event_id, **query):
    return expect(person.get(f"/api/events/{event_id}/history", **query), 200).json


def version(person, event_id, number):
    return expect(person.get(f"/api/events/{event_id}/history/{number}"), 200).json


def diff(person, event_id, one, two):
    return expect(person.get(f"/api/events/{event_id}/diff/{one}/{two}"), 200).json


def changelog(person, event_id, **query):
    return expect(person.get(f"/api/events/{event_id}/changelog", **query), 200).json


# -- Versions --------------------------------------------------------------------------------------


def test_history_is_newest_first_without_a_gap(amira, event_id):
    page = history(amira, event_id)
    assert [row["version_number"] for row in page["items"]] == [4, 3, 2, 1]
    assert page["total"] == 4
    assert [row["change_type"] for row in page["items"]] == ["update"] * 3 + ["create"]
    assert [set(row["changed_fields"]) for row in page["items"][:3]] == [
        {"location"},
        {"title", "location"},
        {"title"},
    ]
    by = {"id": amira.id, "username": amira.username}
    assert all(row["changed_by"] == by for row in page["items"])


def test_history_pages(amira, event_id):
    first = history(amira, event_id, limit=3)
    assert [row["version_number"] for row in first["items"]] == [4, 3, 2]
    rest = history(amira, event_id, limit=3, cursor=first["next_cursor"])
    assert [row["version_number"] for row in rest["items"]] == [1]
    skipped = history(amira, event_id, limit=2, skip=1)
    assert [row["version_number"] for row in skipped["items"]] == [3, 2]


def test_a_version_is_the_whole_document(amira, event_id):
    first = version(amira, event_id, 1)
    assert first["version_number"] == 1
    assert first["data"]["title"] == "Town hall"
    assert first["data"]["description"] == "Bring numbers."
    assert first["title"] == "Town hall"
    assert version(amira, event_id, 3)["data"]["location"] == "Room 4"


def test_the_newest_version_is_the_present_state(amira, event_id):
    now = amira.sees(event_id)
    newest = version(amira, event_id, now["version_number"])
    for member in ("title", "description", "location", "start_time", "end_time", "timezone"):
        assert newest["data"][member] == now[member]


def test_a_version_that_is_not_there_is_not_found(amira, event_id):
    for number in ("0", "5", "-1", "x", "01", "1.0", "9" * 30):
        expect(amira.get(f"/api/events/{event_id}/history/{number}"), 404)


def test_a_version_belongs_to_its_event(amira, event_id):
    other = amira.creates()["id"]
    expect(amira.get(f"/api/events/{other}/history/2"), 404)
    expect(amira.get(f"/api/events/{other}/diff/1/2"), 404)
    expect(amira.post(f"/api/events/{other}/rollback/2"), 404)


# -- Diff ------------------------------------------------------------------------------------------


def test_diff_says_what_was_added_removed_and_modified(amira, event_id):
    assert diff(amira, event_id, 1, 3) == {
        "event_id": event_id,
        "from_version": 1,
        "to_version": 3,
        "changes": [
            {
                "field": "title",
                "change_type": "modified",
                "old_value": "Town hall",
                "new_value": "Two",
            },
            {"field": "location", "change_type": "added", "old_value": None, "new_value": "Room 4"},
        ],
    }
    (removed,) = diff(amira, event_id, 3, 4)["changes"]
    assert (removed["change_type"], removed["old_value"]) == ("removed", "Room 4")


def test_diff_works_backwards_and_of_a_version_with_itself(amira, event_id):
    back = diff(amira, event_id, 3, 1)
    assert {change["field"] for change in back["changes"]} == {"title", "location"}
    assert {change["new_value"] for change in back["changes"]} == {"Town hall", None}
    assert diff(amira, event_id, 2, 2)["changes"] == []


def test_diff_compares_overrides_one_by_one(amira):
    event = amira.creates(recurrence_pattern={"freq": "daily", "count": 5})
    where = "2025-03-04T09:00:00Z"
    amira.changes(event["id"], recurrence_overrides={where: {"title": "Moved"}})
    amira.changes(event["id"], recurrence_overrides={where: {"title": "Moved again"}})
    (change,) = diff(amira, event["id"], 2, 3)["changes"]
    assert change["field"] == f"recurrence_overrides.{where}.title"
    assert (change["old_value"], change["new_value"]) == ("Moved", "Moved again")


def test_diff_with_a_version_that_is_not_there_is_not_found(amira, event_id):
    for pair in ("1/9", "9/1", "0/1", "x/1", "1/x"):
        expect(amira.get(f"/api/events/{event_id}/diff/{pair}"), 404)


# -- Rollback --------------------------------------------------------------------------------------


def test_rollback_is_a_new_version(amira, event_id):
    reply = expect(amira.post(f"/api/events/{event_id}/rollback/1"), 200)
    back = reply.json
    assert (back["title"], back["location"], back["version_number"]) == ("Town hall", None, 5)
    assert reply.etag == '"5"'
    assert diff(amira, event_id, 1, 5)["changes"] == []
    newest = history(amira, event_id)["items"][0]
    assert (newest["version_number"], newest["change_type"]) == (5, "rollback")


def test_null_is_no_body_where_there_need_not_be_one(amira, event_id):
    reply = amira.post(f"/api/events/{event_id}/rollback/1", b" null\n")
    assert expect(reply, 200).json["version_number"] == 5
    assert history(amira, event_id)["items"][0]["comment"] is None
    expect(amira.post(f"/api/events/{event_id}/transfer", b"null"), 400)


def test_rollback_takes_a_comment(amira, event_id):
    expect(amira.post(f"/api/events/{event_id}/rollback/1", {"comment": "A mistake."}), 200)
    assert history(amira, event_id)["items"][0]["comment"] == "A mistake."
    assert changelog(amira, event_id)[-1]["comment"] == "A mistake."


def test_rollback_to_the_present_state_is_a_conflict(amira, event_id):
    expect(amira.post(f"/api/events/{event_id}/rollback/4"), 409)
    assert amira.sees(event_id)["version_number"] == 4


def test_rollback_to_a_version_that_is_not_there_is_not_found(amira, event_id):
    for number in ("0", "5", "-1", "x"):
        expect(amira.post(f"/api/events/{event_id}/rollback/{number}"), 404)


def test_rollback_never_brings_back_grants_or_the_owner(amira, bela, event_id):
    bela.knows(amira)
    amira.shares(event_id, bela, "Editor")
    amira.changes(event_id, title="Three")
    expect(amira.delete(f"/api/events/{event_id}/permissions/{bela.id}"), 204)
    expect(amira.post(f"/api/events/{event_id}/rollback/4"), 200)
    expect(bela.get(f"/api/events/{event_id}"), 404)
    amira.shares(event_id, bela)
    expect(amira.post(f"/api/events/{event_id}/transfer", {"user_id": bela.id}), 200)
    back = expect(amira.post(f"/api/events/{event_id}/rollback/1"), 200).json
    assert (back["owner_id"], back["my_role"]) == (bela.id, "Editor")


def test_rollback_obeys_if_match(amira, event_id):
    stale = amira.post(f"/api/events/{event_id}/rollback/1", headers={"If-Match": '"3"'})
    expect(stale, 412)
    expect(amira.post(f"/api/events/{event_id}/rollback/1", headers={"If-Match": '"4"'}), 200)


# -- Changelog -------------------------------------------------------------------------------------


def test_the_changelog_is_the_array_of_the_old_system(amira, event_id):
    entries = changelog(amira, event_id)
    assert all(ENTRY <= set(entry) for entry in entries)
    assert [entry["change_type"] for entry in entries] == ["create"] + ["update"] * 3
    assert [entry["version_number"] for entry in entries] == [1, 2, 3, 4]
    assert [entry["version_id"] for entry in entries] == [1, 2, 3, 4]
    assert entries[1]["changes"] == {"title": {"old": "Town hall", "new": "One"}}
    assert entries[3]["changes"] == {"location": {"old": "Room 4", "new": None}}
    assert entries[0]["user_details"] == {
        "id": amira.id,
        "username": amira.username,
        "email": amira.email,
    }
    assert entries[0]["changes"]["title"] == {"old": None, "new": "Town hall"}


def test_the_changelog_can_be_turned_round(amira, event_id):
    assert changelog(amira, event_id, order="desc") == changelog(amira, event_id)[::-1]
    expect(amira.get(f"/api/events/{event_id}/changelog", order="sideways"), 422, "order")


def test_the_changelog_pages_by_its_link(amira, event_id):
    reply = expect(amira.get(f"/api/events/{event_id}/changelog", limit=3), 200)
    assert len(reply.json) == 3
    assert 'rel="next"' in reply.headers["Link"]
    last = expect(amira.get(f"/api/events/{event_id}/changelog", limit=3, skip=3), 200)
    assert [entry["version_number"] for entry in last.json] == [4]
    assert "Link" not in last.headers


def test_a_version_id_of_the_changelog_is_what_the_paths_take(amira, event_id):
    for entry in changelog(amira, event_id):
        assert (
            version(amira, event_id, entry["version_id"])["version_number"] == entry["version_id"]
        )


def test_a_rollback_is_in_the_changelog_like_any_change(amira, event_id):
    expect(amira.post(f"/api/events/{event_id}/rollback/2"), 200)
    entry = changelog(amira, event_id)[-1]
    assert (entry["change_type"], entry["version_number"]) == ("rollback", 5)
    assert entry["changes"] == {"title": {"old": "Two", "new": "One"}}


def test_a_refused_change_leaves_no_trace(amira, event_id):
    before = changelog(amira, event_id)
    amira.patch(f"/api/events/{event_id}", {"title": ""})
    amira.patch(f"/api/events/{event_id}", {"title": "x"}, {"If-Match": '"1"'})
    amira.post(f"/api/events/{event_id}/rollback/4")
    assert changelog(amira, event_id) == before


def test_every_author_is_named(amira, bela, event_id):
    amira.shares(event_id, bela, "Editor")
    bela.changes(event_id, title="By bela")
    assert changelog(amira, event_id)[-1]["user_details"]["username"] == bela.username
    assert history(amira, event_id)["items"][0]["changed_by"]["username"] == bela.username
    assert amira.sees(event_id)["updated_by"] == bela.id


@pytest.mark.parametrize("path", ["history", "history/1", "diff/1/2", "changelog", "permissions"])
def test_a_stranger_learns_nothing(amira, bela, event_id, path):
    foreign = expect(bela.get(f"/api/events/{event_id}/{path}"), 404)
    absent = expect(bela.get(f"/api/events/999999999/{path}"), 404)
    assert same_problem(foreign, absent)


@pytest.mark.parametrize("data", ['{"title":[]}', '{"start_time":"never"}'])
def test_a_version_of_another_program_that_is_no_event_can_only_be_read(start, new_database, data):
    server = start()
    amira = Person(server.client, "amira")
    event_id = amira.creates()["id"]
    amira.changes(event_id, title="Changed")
    server.stop()
    new_database.change(f"UPDATE event_versions SET data = '{data}' WHERE version_number = 1")
    amira = Person(start().client, "amira", register=False)
    where = f"/api/events/{event_id}"
    expect(amira.get(f"{where}/history/1"), 200)
    for refused in (amira.get(f"{where}/diff/1/2"), amira.post(f"{where}/rollback/1")):
        assert "can only be read" in expect(refused, 409).json["detail"]
    assert amira.sees(event_id)["title"] == "Changed"
