"""Events: create, read, change, delete, restore, purge."""

import pytest

from support.people import event, expect

MEMBERS = {
    "id",
    "uid",
    "title",
    "description",
    "location",
    "start_time",
    "end_time",
    "timezone",
    "all_day",
    "status",
    "transparency",
    "is_recurring",
    "recurrence_pattern",
    "recurrence_overrides",
    "owner_id",
    "version_number",
    "my_role",
    "created_at",
    "updated_at",
    "updated_by",
    "deleted_at",
}


# -- Create ----------------------------------------------------------------------------------------


def test_create_gives_the_whole_event(amira):
    reply = expect(amira.post("/api/events", event()), 201)
    made = reply.json
    assert MEMBERS <= set(made)
    assert made["title"] == "Town hall"
    assert made["start_time"] == "2025-03-03T09:00:00Z"
    assert made["end_time"] == "2025-03-03T10:00:00Z"
    assert made["owner_id"] == amira.id
    assert made["version_number"] == 1
    assert made["my_role"] == "Owner"
    assert made["timezone"] == "UTC"
    assert made["status"] == "confirmed"
    assert made["all_day"] is False
    assert made["is_recurring"] is False
    for absent in ("description", "location", "recurrence_pattern", "deleted_at"):
        assert made[absent] is None
    assert reply.etag == '"1"'
    assert reply.headers["Location"].endswith(f"/api/events/{made['id']}")


def test_create_keeps_every_member_it_is_given(amira):
    given = {
        "title": "Équipe produit – revue 🧘",
        "description": "Line one\nLine two\ttabbed <b>not html</b>",
        "location": "Zürich HB",
        "start_time": "2025-03-03T09:00:00.25+02:00",
        "end_time": "2025-03-03T10:00:00+02:00",
        "timezone": "Europe/Zurich",
        "status": "tentative",
        "uid": "a-uid-of-my-own-4711@example.org",
    }
    made = expect(amira.post("/api/events", given), 201).json
    given["start_time"] = "2025-03-03T07:00:00.25Z"
    given["end_time"] = "2025-03-03T08:00:00Z"
    assert {name: made[name] for name in given} == given
    assert {name: amira.sees(made["id"])[name] for name in given} == given


def test_create_gives_each_event_a_uid_of_its_own(amira):
    assert amira.creates()["uid"] != amira.creates()["uid"]


def test_a_uid_is_unique_among_the_events_of_one_owner_alone(amira, bela):
    made = expect(amira.post("/api/events", event(uid="choir@example.org")), 201).json
    assert made["uid"] == "choir@example.org"
    expect(amira.post("/api/events", event(uid="choir@example.org")), 409)
    expect(amira.post("/api/events/batch", [event(), event(uid="choir@example.org")]), 409)
    assert amira.get("/api/events").json["total"] == 1
    expect(bela.post("/api/events", event(uid="choir@example.org")), 201)


def test_create_takes_the_zone_of_its_user(amira):
    expect(amira.patch("/api/users/me", {"timezone": "Asia/Tokyo"}), 200)
    assert amira.creates()["timezone"] == "Asia/Tokyo"


@pytest.mark.parametrize("missing", ["title", "start_time", "end_time"])
def test_create_names_what_is_missing(amira, missing):
    expect(amira.post("/api/events", event(**{missing: ...})), 422, missing)


@pytest.mark.parametrize(
    "members",
    [
        {"title": ""},
        {"title": "x" * 256},
        {"title": None},
        {"title": 7},
        {"location": "x" * 256},
        {"description": "x" * (64 * 1024 + 1)},
        {"status": "maybe"},
        {"all_day": "yes"},
        {"all_day": 1},
        {"is_recurring": None},
        {"timezone": "Mars/Olympus"},
        {"start_time": None},
        {"recurrence_overrides": []},
    ],
    ids=lambda members: str(members)[:40],
)
def test_create_refuses_what_is_out_of_bounds(amira, members):
    expect(amira.post("/api/events", event(**members)), 422, *members)


@pytest.mark.parametrize("letter", ["x", "é", "客", "🧘"])
def test_a_title_may_have_255_characters_in_any_script(amira, letter):
    assert amira.creates(title=letter * 255)["title"] == letter * 255
    expect(amira.post("/api/events", event(title=letter * 256)), 422, "title")


def test_create_refuses_an_end_before_its_start(amira):
    for end in ("2025-03-03T08:59:59.999999Z", "2025-03-03T08:59:59Z"):
        expect(amira.post("/api/events", event(end_time=end)), 422, "end_time")


def test_create_names_every_fault_at_once(amira):
    body = event(title="", start_time="soon", colour="red")
    expect(amira.post("/api/events", body), 422, "title", "start_time", "colour")


def test_an_unknown_member_is_refused_and_the_nearest_named(amira):
    reply = expect(amira.post("/api/events", event(titel="x")), 422, "titel")
    assert reply.faults()["titel"] == "unknown_field"
    assert "title" in reply.json["errors"][0]["msg"]


@pytest.mark.parametrize(
    "members",
    [
        {"id": 7},
        {"owner_id": 1},
        {"version_number": 9},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"updated_by": 1},
        {"deleted_at": "2020-01-01T00:00:00Z"},
        {"my_role": "Owner"},
    ],
    ids=str,
)
def test_create_refuses_read_only_members(amira, members):
    reply = expect(amira.post("/api/events", event(**members)), 422, *members)
    assert set(reply.faults().values()) == {"read_only"}


# -- Repeating events ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern, rule",
    [
        ({"rrule": "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10"}, "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10"),
        ({"rrule": "freq=daily;count=5"}, "FREQ=DAILY;COUNT=5"),
        ({"rrule": "RRULE:COUNT=5;FREQ=DAILY"}, "FREQ=DAILY;COUNT=5"),
        (
            {"freq": "weekly", "interval": 1, "by_day": ["MO", "WE"], "count": 10},
            "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10",
        ),
        (
            {"frequency": "weekly", "days_of_week": ["MO", "WE"], "count": 10},
            "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10",
        ),
        ({"freq": "DAILY", "interval": 2, "count": 5}, "FREQ=DAILY;INTERVAL=2;COUNT=5"),
        ({"frequency": "yearly"}, "FREQ=YEARLY"),
    ],
    ids=str,
)
def test_a_pattern_comes_back_in_canonical_form(amira, pattern, rule):
    made = amira.creates(recurrence_pattern=pattern)
    assert made["is_recurring"] is True
    shown = made["recurrence_pattern"]
    parts = shown["rrule"].split(";")
    assert parts[0] == rule.split(";")[0]
    assert sorted(parts) == sorted(rule.split(";"))
    assert shown["rdates"] == []
    assert "every" in shown["text"].lower()
    assert amira.sees(made["id"])["recurrence_pattern"] == shown


@pytest.mark.parametrize(
    "pattern",
    [
        {"rrule": "FREQ=FORTNIGHTLY"},
        {"rrule": "FREQ=WEEKLY;INTERVAL=0"},
        {"rrule": "FREQ=WEEKLY;COUNT=0"},
        {"rrule": "FREQ=WEEKLY;COUNT=2;UNTIL=20260101T000000Z"},
        {"rrule": "FREQ=WEEKLY;BYDAY=XX"},
        {"rrule": "FREQ=MONTHLY;BYMONTHDAY=32"},
        {"rrule": "FREQ=DAILY;FREQ=DAILY"},
        {"rrule": "FREQ=DAILY;COLOUR=RED"},
        {"rrule": "BYDAY=MO"},
        {"rrule": ""},
        {"rrule": None},
        {"rrule": "FREQ=DAILY;UNTIL=20240101T000000Z"},
        {"freq": "daily", "count": -1},
        {"freq": "daily", "interval": 1.5},
        {"freq": "daily", "by_day": ["XX"]},
        {"freq": "daily", "until": "soon"},
        {"note": "every other Friday, unless it rains"},
        [],
        "FREQ=DAILY;COLOUR=RED",
        7,
    ],
    ids=str,
)
def test_a_pattern_that_is_nonsense_is_refused(amira, pattern):
    reply = amira.post("/api/events", event(recurrence_pattern=pattern))
    expect(reply, 422)
    assert all(place.startswith("recurrence_pattern") for place in reply.faults())


def test_the_refusal_says_which_part_of_the_rule_is_wrong(amira):
    body = event(recurrence_pattern={"rrule": "FREQ=MONTHLY;BYMONTHDAY=32"})
    reply = expect(amira.post("/api/events", body), 422)
    assert "BYMONTHDAY" in reply.json["errors"][0]["msg"]


def test_is_recurring_follows_the_pattern(amira):
    made = amira.creates(recurrence_pattern={"freq": "daily", "count": 3})
    assert made["is_recurring"] is True
    changed = amira.changes(made["id"], recurrence_pattern=None)
    assert (changed["is_recurring"], changed["recurrence_pattern"]) == (False, None)
    for members in ({"recurrence_pattern": {}}, {"is_recurring": False, "recurrence_pattern": {}}):
        plain = amira.creates(**members)
        assert (plain["is_recurring"], plain["recurrence_pattern"]) == (False, None)


def test_is_recurring_alone_never_ends_a_series(amira):
    made = amira.creates(recurrence_pattern={"freq": "daily", "count": 3})
    path = f"/api/events/{made['id']}"
    for change in (amira.patch, amira.put):
        reply = change(path, {"location": "Hall", "is_recurring": False})
        assert expect(reply, 422).faults() == {"is_recurring": "recurrence_contradiction"}
    assert amira.sees(made["id"])["recurrence_pattern"] == made["recurrence_pattern"]
    ended = amira.changes(made["id"], is_recurring=False, recurrence_pattern=None)
    assert (ended["is_recurring"], ended["recurrence_pattern"]) == (False, None)


def test_an_empty_pattern_never_ends_a_series(amira):
    """As a generated client sends what nobody filled in."""
    made = amira.creates(recurrence_pattern={"freq": "daily", "count": 3})
    path = f"/api/events/{made['id']}"
    item = {"id": made["id"], "location": "Room 9", "recurrence_pattern": {}}
    for change in (amira.patch, amira.put):
        reply = expect(change(path, {"location": "Hall", "recurrence_pattern": {}}), 200)
        assert reply.json["recurrence_pattern"] == made["recurrence_pattern"]
        both = {"is_recurring": False, "recurrence_pattern": {}}
        assert expect(change(path, both), 422).faults() == {
            "is_recurring": "recurrence_contradiction"
        }
    expect(amira.patch("/api/events/batch", {"items": [item]}), 200)
    whole = f"{path}/occurrences/{made['start_time']}?scope=all"
    expect(amira.patch(whole, {"location": "Yard", "recurrence_pattern": {}}), 200)
    now = amira.sees(made["id"])
    assert (now["location"], now["recurrence_pattern"]) == ("Yard", made["recurrence_pattern"])


@pytest.mark.parametrize(
    "members",
    [
        {"is_recurring": True},
        {"is_recurring": False, "recurrence_pattern": {"freq": "daily"}},
        {"is_recurring": True, "recurrence_pattern": None},
    ],
    ids=str,
)
def test_is_recurring_cannot_contradict_the_pattern(amira, members):
    reply = expect(amira.post("/api/events", event(**members)), 422)
    assert set(reply.faults()) <= {"is_recurring", "recurrence_pattern"}


def test_an_override_belongs_to_an_occurrence(amira):
    rule = {"freq": "daily", "count": 3}
    override = {
        "2025-03-04T09:00:00Z": {"title": "Moved hall"},
        "2025-03-05T09:00:00Z": {"cancelled": True},
    }
    made = amira.creates(recurrence_pattern=rule, recurrence_overrides=override)
    assert made["recurrence_overrides"] == override
    for wrong in (
        {"2025-03-04T10:00:00Z": {"title": "x"}},
        {"tomorrow": {"title": "x"}},
        {"2025-03-04T09:00:00Z": {"colour": "red"}},
        {"2025-03-04T09:00:00Z": {"owner_id": 1}},
        {"2025-03-04T09:00:00Z": 7},
    ):
        body = event(recurrence_pattern=rule, recurrence_overrides=wrong)
        reply = expect(amira.post("/api/events", body), 422)
        assert all(place.startswith("recurrence_overrides") for place in reply.faults())


# -- Read ------------------------------------------------------------------------------------------


def test_a_single_event_carries_its_permissions(amira, bela):
    made = amira.creates()
    amira.shares(made["id"], bela)
    seen = amira.sees(made["id"])
    assert [entry["username"] for entry in seen["permissions"]] == [amira.username, bela.username]
    assert bela.sees(made["id"])["my_role"] == "Viewer"


def test_a_known_version_is_not_sent_again(amira):
    where = f"/api/events/{amira.creates()['id']}"
    reply = expect(amira.get(where), 200)
    again = expect(amira.get(where, {"If-None-Match": reply.etag}), 304)
    assert (again.body, again.etag) == (b"", reply.etag)
    expect(amira.get(where, {"If-None-Match": f'"7", W/{reply.etag}'}), 304)
    expect(amira.get(where, {"If-None-Match": '"7"'}), 200)


def test_a_trailing_slash_makes_no_difference(amira):
    made = amira.creates()
    assert expect(amira.get(f"/api/events/{made['id']}/"), 200).json["id"] == made["id"]
    expect(amira.post("/api/events/", event()), 201)


# -- Change ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_of_one_member_leaves_the_others(amira, method):
    made = amira.creates(description="Bring numbers.", location="Room 4")
    reply = expect(amira.ask(method, f"/api/events/{made['id']}", {"title": "Retro"}), 200)
    changed = reply.json
    assert (changed["title"], changed["description"], changed["location"]) == (
        "Retro",
        "Bring numbers.",
        "Room 4",
    )
    assert (changed["version_number"], changed["updated_by"]) == (2, amira.id)
    assert reply.etag == '"2"'


def test_null_removes_an_optional_member(amira):
    made = amira.creates(description="Bring numbers.")
    assert amira.changes(made["id"], description=None)["description"] is None
    expect(amira.patch(f"/api/events/{made['id']}", {"title": None}), 422, "title")


def test_an_event_can_be_read_changed_and_put_back(amira):
    made = amira.creates(recurrence_pattern={"freq": "daily", "count": 3})
    seen = amira.sees(made["id"])
    seen["title"] = "Changed"
    changed = expect(amira.put(f"/api/events/{made['id']}", seen), 200).json
    assert (changed["title"], changed["version_number"]) == ("Changed", 2)
    assert changed["recurrence_pattern"] == made["recurrence_pattern"]


@pytest.mark.parametrize("member", ["id", "owner_id", "version_number", "created_at", "updated_at"])
def test_a_read_only_member_with_another_value_is_refused(amira, member):
    made = amira.creates()
    other = "2020-01-01T00:00:00Z" if member.endswith("_at") else made[member] + 1
    reply = amira.patch(f"/api/events/{made['id']}", {member: other, "title": "Changed"})
    assert expect(reply, 422, member).faults()[member] == "read_only"
    assert amira.sees(made["id"]) == {**made, "permissions": amira.sees(made["id"])["permissions"]}


@pytest.mark.parametrize("body", [{}, {"title": "Town hall"}], ids=str)
def test_a_change_that_changes_nothing_makes_no_version(amira, body):
    made = amira.creates()
    reply = expect(amira.patch(f"/api/events/{made['id']}", body), 200)
    assert (reply.json["version_number"], reply.etag) == (1, '"1"')
    assert reply.json["updated_at"] == made["updated_at"]


def test_a_change_is_judged_together_with_what_is_there(amira):
    made = amira.creates()
    reply = amira.patch(f"/api/events/{made['id']}", {"start_time": "2025-03-03T11:00:00Z"})
    assert set(expect(reply, 422).faults()) <= {"start_time", "end_time"}
    amira.changes(made["id"], start_time="2025-03-03T11:00:00Z", end_time="2025-03-03T12:00:00Z")


def test_a_comment_is_kept_with_the_change(amira):
    made = amira.creates()
    reply = amira.patch(f"/api/events/{made['id']}", {"title": "Changed"}, comment="Asked by Béla")
    expect(reply, 200)
    assert amira.get(f"/api/events/{made['id']}/changelog").json[-1]["comment"] == "Asked by Béla"
    too_long = amira.patch(f"/api/events/{made['id']}", {"title": "Again"}, comment="x" * 501)
    expect(too_long, 422, "comment")


# -- Edits that collide ----------------------------------------------------------------------------


def test_an_edit_of_the_version_one_saw_is_applied(amira):
    made = amira.creates()
    reply = amira.patch(f"/api/events/{made['id']}", {"title": "Mine"}, {"If-Match": '"1"'})
    assert expect(reply, 200).etag == '"2"'
    again = amira.patch(f"/api/events/{made['id']}", {"title": "Any"}, {"If-Match": "*"})
    expect(again, 200)


@pytest.mark.parametrize("tag", ['"2"', 'W/"1"', '"0"', "1", '"x"', '""', '"01"', '"1" "2"'])
def test_an_edit_of_another_version_is_refused(amira, tag):
    made = amira.creates()
    reply = amira.patch(f"/api/events/{made['id']}", {"title": "Mine"}, {"If-Match": tag})
    assert reply.status in ((412,) if tag in ('"2"', 'W/"1"', '"0"') else (400, 412))
    assert amira.sees(made["id"])["title"] == "Town hall"


def test_without_if_match_the_last_write_wins(amira):
    made = amira.creates()
    amira.changes(made["id"], title="One")
    assert amira.changes(made["id"], title="Two")["version_number"] == 3


# -- Delete, restore, purge ------------------------------------------------------------------------


def test_a_deleted_event_goes_to_the_trash(amira):
    made = amira.creates()
    gone = expect(amira.delete(f"/api/events/{made['id']}"), 200).json
    assert gone["id"] == made["id"]
    assert gone["deleted_at"] is not None
    expect(amira.get(f"/api/events/{made['id']}"), 404)
    listed = amira.get("/api/events").json["items"]
    assert made["id"] not in [item["id"] for item in listed]
    trash = expect(amira.get("/api/events", deleted="true"), 200).json["items"]
    assert made["id"] in [item["id"] for item in trash]


def test_a_restored_event_is_what_it_was(amira, bela):
    made = amira.creates(description="Bring numbers.")
    amira.shares(made["id"], bela, "Editor")
    expect(amira.delete(f"/api/events/{made['id']}"), 200)
    expect(bela.get(f"/api/events/{made['id']}"), 404)
    back = expect(amira.post(f"/api/events/{made['id']}/restore"), 200).json
    for member in ("id", "uid", "title", "description", "start_time", "owner_id"):
        assert back[member] == made[member]
    assert back["deleted_at"] is None
    assert bela.sees(made["id"])["my_role"] == "Editor"
    types = [
        entry["change_type"] for entry in amira.get(f"/api/events/{made['id']}/changelog").json
    ]
    assert types == ["create", "share", "delete", "restore"]


def test_an_event_that_is_not_in_the_trash_is_neither_restored_nor_purged(amira):
    made = amira.creates()
    expect(amira.post(f"/api/events/{made['id']}/restore"), 409)
    expect(amira.delete(f"/api/events/{made['id']}/purge"), 409)
    assert amira.sees(made["id"])["version_number"] == 1


def test_the_number_of_a_purged_event_is_never_given_again(amira):
    last = expect(amira.post("/api/events/batch", [event(), event()]), 201).json[-1]
    expect(amira.delete(f"/api/events/{last['id']}"), 200)
    expect(amira.delete(f"/api/events/{last['id']}/purge"), 204)
    after = expect(amira.post("/api/events/batch", [event(), event()]), 201).json
    assert last["id"] < after[0]["id"] < after[1]["id"] < amira.creates()["id"]


def test_a_purged_event_is_gone_for_good(amira):
    made = amira.creates()
    expect(amira.delete(f"/api/events/{made['id']}"), 200)
    expect(amira.delete(f"/api/events/{made['id']}/purge"), 204)
    expect(amira.get(f"/api/events/{made['id']}"), 404)
    expect(amira.post(f"/api/events/{made['id']}/restore"), 404)
    expect(amira.get(f"/api/events/{made['id']}/changelog"), 404)
    trash = amira.get("/api/events", deleted="true").json["items"]
    assert made["id"] not in [item["id"] for item in trash]
