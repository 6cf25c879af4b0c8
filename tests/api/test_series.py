"""Editing a series: one occurrence, those that follow, or all."""

import pytest

from support.client import same_problem
from support.people import expect

FIRST = "2025-03-03T08:00:00Z"
FOURTH = "2025-03-24T08:00:00Z"


@pytest.fixture
def series(amira):
    """Ten Mondays at nine in Zurich; the clocks are put forward before the fifth."""
    return amira.creates(
        start_time=FIRST,
        end_time="2025-03-03T09:00:00Z",
        timezone="Europe/Zurich",
        recurrence_pattern={"rrule": "FREQ=WEEKLY;COUNT=10"},
    )


def where(event, start=FOURTH):
    return f"/api/events/{event['id']}/occurrences/{start}"


def edit(person, event, body, start=FOURTH, **query):
    return expect(person.patch(where(event, start), body, **query), 200).json


def remove(person, event, start=FOURTH, **query):
    return expect(person.delete(where(event, start), **query), 200).json


def history(person, event_id):
    return expect(person.get(f"/api/events/{event_id}/history"), 200).json["items"]


# -- This ------------------------------------------------------------------------------------------


def test_this_writes_an_override(amira, series):
    reply = amira.patch(where(series), {"title": "Other", "location": None})
    done = expect(reply, 200).json
    assert done["event"]["recurrence_overrides"] == {FOURTH: {"title": "Other", "location": None}}
    assert (done["new_event"], done["preview"], done["dropped_overrides"]) == (None, None, [])
    assert reply.etag == '"2"'
    assert amira.sees(series["id"])["recurrence_overrides"] == done["event"]["recurrence_overrides"]
    again = edit(amira, series, {"start_time": "2025-03-24T10:00:00Z"})["event"]
    assert again["recurrence_overrides"][FOURTH] == {
        "title": "Other",
        "location": None,
        "start_time": "2025-03-24T10:00:00Z",
    }


def test_an_edit_that_says_nothing_new_makes_no_version(amira, series):
    edit(amira, series, {"title": "Other"})
    assert edit(amira, series, {"title": "Other"})["event"]["version_number"] == 2
    assert edit(amira, series, {})["event"]["version_number"] == 2
    assert len(history(amira, series["id"])) == 2


def test_delete_this_cancels_the_occurrence_and_a_change_brings_it_back(amira, series):
    done = remove(amira, series, comment="Holiday")
    assert done["event"]["recurrence_overrides"] == {FOURTH: {"cancelled": True}}
    assert history(amira, series["id"])[0]["comment"] == "Holiday"
    assert remove(amira, series)["event"]["version_number"] == 2
    assert edit(amira, series, {})["event"]["recurrence_overrides"] is None


def test_one_occurrence_does_not_repeat(amira, series):
    reply = amira.patch(where(series), {"recurrence_pattern": "FREQ=DAILY"})
    expect(reply, 422, "recurrence_pattern")


def test_an_occurrence_ends_no_earlier_than_it_starts(amira, series):
    for scope in ("this", "following", "all"):
        before = FOURTH.replace("T08:00:00", "T07:59:59")
        assert before != FOURTH
        reply = amira.patch(where(series), {"end_time": before}, scope=scope)
        assert expect(reply, 422, "end_time").faults()["end_time"] == "time_order"
    assert amira.sees(series["id"])["version_number"] == 1


# -- Following -------------------------------------------------------------------------------------


def test_following_splits_the_series(amira, series):
    done = edit(amira, series, {"title": "Later"}, scope="following", comment="New team")
    event, new = done["event"], done["new_event"]
    assert event["recurrence_pattern"]["rrule"] == "FREQ=WEEKLY;COUNT=3"
    assert new["recurrence_pattern"]["rrule"] == "FREQ=WEEKLY;COUNT=7"
    assert (event["title"], new["title"]) == ("Town hall", "Later")
    assert (event["version_number"], new["version_number"]) == (2, 1)
    assert (event["series_of"], new["series_of"]) == (None, event["id"])
    assert new["start_time"] == FOURTH and new["uid"] != event["uid"]
    assert new["my_role"] == "Owner" and new["timezone"] == "Europe/Zurich"
    for shown in (event, new):
        assert {**amira.sees(shown["id"]), "permissions": 0} == {**shown, "permissions": 0}
        assert history(amira, shown["id"])[0]["comment"] == "New team"
    document = expect(amira.get(f"/api/events/{new['id']}/history/1"), 200).json["data"]
    assert document["series_of"] == event["id"]


def test_following_ends_an_endless_series_in_utc_and_one_of_whole_days_by_date(amira):
    timed = amira.creates(
        start_time=FIRST, end_time="2025-03-03T09:00:00Z", recurrence_pattern="FREQ=WEEKLY"
    )
    done = edit(amira, timed, {"title": "Later"}, scope="following")
    assert done["event"]["recurrence_pattern"]["rrule"] == "FREQ=WEEKLY;UNTIL=20250324T075959Z"
    assert done["new_event"]["recurrence_pattern"]["rrule"] == "FREQ=WEEKLY"
    days = amira.creates(
        start_time="2025-03-03T00:00:00Z",
        end_time="2025-03-04T00:00:00Z",
        all_day=True,
        recurrence_pattern="FREQ=WEEKLY",
    )
    done = edit(amira, days, {"title": "Later"}, "2025-03-24T00:00:00Z", scope="following")
    assert done["event"]["recurrence_pattern"]["rrule"] == "FREQ=WEEKLY;UNTIL=20250323"


def test_rdates_and_overrides_go_to_their_side(amira, series):
    amira.changes(
        series["id"],
        recurrence_pattern={
            "rrule": "FREQ=WEEKLY;COUNT=10",
            "rdates": ["2025-03-05T08:00:00Z", "2025-04-02T07:00:00Z"],
        },
        recurrence_overrides={
            "2025-03-10T08:00:00Z": {"title": "Early"},
            "2025-03-31T07:00:00Z": {"title": "Late"},
        },
    )
    done = edit(amira, series, {"start_time": "2025-03-24T10:00:00Z"}, scope="following")
    event, new = done["event"], done["new_event"]
    assert event["recurrence_pattern"]["rdates"] == ["2025-03-05T08:00:00Z"]
    assert event["recurrence_overrides"] == {"2025-03-10T08:00:00Z": {"title": "Early"}}
    assert new["recurrence_pattern"]["rdates"] == ["2025-04-02T09:00:00Z"]
    assert new["recurrence_overrides"] == {"2025-03-31T09:00:00Z": {"title": "Late"}}
    assert done["dropped_overrides"] == []


def test_grants_are_copied_and_the_owner_stays(amira, bela, person, series):
    viewer = person("viewer")
    amira.shares(series["id"], bela, "Editor")
    amira.shares(series["id"], viewer)
    new = edit(bela, series, {"title": "Later"}, scope="following")["new_event"]
    assert (new["owner_id"], new["my_role"]) == (amira.id, "Editor")
    assert new["updated_by"] == bela.id
    assert amira.sees(new["id"])["my_role"] == "Owner"
    assert viewer.sees(new["id"])["my_role"] == "Viewer"
    roles = expect(amira.get(f"/api/events/{new['id']}/permissions"), 200).json
    assert [(grant["user_id"], grant["role_name"]) for grant in roles] == [
        (amira.id, "Owner"),
        (bela.id, "Editor"),
        (viewer.id, "Viewer"),
    ]


def test_delete_following_ends_the_series(amira, series):
    done = remove(amira, series, scope="following")
    assert done["event"]["recurrence_pattern"]["rrule"] == "FREQ=WEEKLY;COUNT=3"
    assert done["new_event"] is None and done["event"]["deleted_at"] is None
    assert expect(amira.get("/api/events"), 200).json["total"] == 1


def test_following_from_the_first_occurrence_is_the_whole_series(amira, series):
    done = edit(amira, series, {"title": "All"}, FIRST, scope="following")
    assert (done["event"]["title"], done["new_event"]) == ("All", None)
    assert remove(amira, series, FIRST, scope="following")["event"]["deleted_at"] is not None


def test_following_with_another_pattern(amira, series):
    done = edit(
        amira, series, {"recurrence_pattern": {"rrule": "FREQ=DAILY;COUNT=2"}}, scope="following"
    )
    assert done["event"]["recurrence_pattern"]["rrule"] == "FREQ=WEEKLY;COUNT=3"
    assert done["new_event"]["recurrence_pattern"]["rrule"] == "FREQ=DAILY;COUNT=2"
    same = edit(amira, done["new_event"], {"recurrence_pattern": None}, scope="all")
    assert same["event"]["is_recurring"] is False


def test_the_link_ends_with_the_event_it_leads_to(amira, series):
    new = edit(amira, series, {"title": "Later"}, scope="following")["new_event"]
    assert amira.changes(new["id"], series_of=series["id"])["version_number"] == 1
    expect(amira.patch(f"/api/events/{new['id']}", {"series_of": None}), 422, "series_of")
    expect(amira.delete(f"/api/events/{series['id']}"), 200)
    expect(amira.delete(f"/api/events/{series['id']}/purge"), 204)
    assert amira.sees(new["id"])["series_of"] is None


# -- All -------------------------------------------------------------------------------------------


def test_all_moves_the_series_by_the_wall_clock(amira, series):
    fifth = "2025-03-31T07:00:00Z"  # nine o'clock in summer
    edit(amira, series, {"title": "Own"}, fifth)
    done = edit(amira, series, {"start_time": "2025-03-25T10:00:00Z"}, scope="all")["event"]
    assert done["start_time"] == "2025-03-04T10:00:00Z"
    assert done["end_time"] == "2025-03-04T11:00:00Z"
    assert done["recurrence_overrides"] == {"2025-04-01T09:00:00Z": {"title": "Own"}}


def test_an_override_without_an_occurrence_is_told(amira, series):
    edit(amira, series, {"title": "Own"}, "2025-03-10T08:00:00Z")
    body = {"recurrence_pattern": {"rrule": "FREQ=WEEKLY;INTERVAL=3"}}
    done = edit(amira, series, body, scope="all")
    assert done["dropped_overrides"] == ["2025-03-10T08:00:00Z"]
    assert done["event"]["recurrence_overrides"] is None


def test_a_rule_that_names_days_does_not_move_to_another_day(amira):
    event = amira.creates(recurrence_pattern="FREQ=MONTHLY;BYDAY=1MO")
    body = {"start_time": "2025-03-04T09:00:00Z"}
    reply = amira.patch(where(event, event["start_time"]), body, scope="all")
    assert expect(reply, 422, "start_time").faults()["start_time"] == "series_not_movable"


def test_delete_all_is_the_trash_and_takes_the_owner(amira, bela, series):
    amira.shares(series["id"], bela, "Editor")
    for scope, start in (("all", FOURTH), ("following", FIRST)):
        expect(bela.delete(where(series, start), scope=scope), 403)
    done = remove(amira, series, scope="all")
    assert done["event"]["deleted_at"] is not None
    expect(amira.get(f"/api/events/{series['id']}"), 404)
    expect(amira.post(f"/api/events/{series['id']}/restore"), 200)


def test_an_event_that_does_not_repeat_is_its_only_occurrence(amira):
    event = amira.creates()
    done = edit(amira, event, {"title": "Changed"}, event["start_time"])
    assert (done["event"]["title"], done["event"]["recurrence_overrides"]) == ("Changed", None)
    assert remove(amira, event, event["start_time"])["event"]["deleted_at"] is not None


# -- A dry run -------------------------------------------------------------------------------------


def test_a_dry_run_shows_what_would_happen_and_changes_nothing(amira, series):
    body = {"start_time": "2025-03-24T10:00:00Z"}
    query = {"scope": "following", "dry_run": "true"}
    reply = amira.patch(where(series), body, **query, limit=2, **{"from": FIRST})
    done = expect(reply, 200).json
    preview = done["preview"]
    assert (done["event"], done["new_event"], reply.etag) == (None, None, '"1"')
    counts = [preview[f"{fate}_count"] for fate in ("added", "removed", "moved", "kept")]
    assert counts == [0, 0, 7, 3]
    assert preview["is_complete"] is True
    assert [step["occurrence"] for step in preview["moved"]] == [FOURTH, "2025-03-31T07:00:00Z"]
    assert preview["moved"][1]["new_start_time"] == "2025-03-31T09:00:00Z"
    assert amira.sees(series["id"])["version_number"] == 1
    assert expect(amira.get("/api/events"), 200).json["total"] == 1


@pytest.mark.parametrize(
    "scope, counts", [("this", (1, 6)), ("following", (7, 0)), ("all", (10, 0))]
)
def test_a_dry_run_of_a_removal(amira, series, scope, counts):
    preview = remove(amira, series, scope=scope, dry_run="true")["preview"]
    assert (preview["removed_count"], preview["kept_count"]) == counts
    assert amira.sees(series["id"])["version_number"] == 1


def test_a_dry_run_of_a_new_rule_adds_and_removes(amira, series):
    body = {"recurrence_pattern": {"rrule": "FREQ=WEEKLY;INTERVAL=2;COUNT=5"}}
    preview = edit(amira, series, body, FIRST, scope="all", dry_run="true")["preview"]
    assert (preview["kept_count"], preview["removed_count"], preview["added_count"]) == (5, 5, 0)
    body = {"recurrence_pattern": {"rrule": "FREQ=WEEKLY;COUNT=12"}}
    preview = edit(amira, series, body, FIRST, scope="all", dry_run="true")["preview"]
    assert (preview["kept_count"], preview["added_count"]) == (10, 2)
    assert preview["added"][0]["start_time"] is None


# -- Refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("start", ["2025-03-24T08:00:01Z", "tomorrow", "2025-03-24", "1"])
def test_what_is_no_occurrence_is_not_found(amira, series, method, start):
    body = {"title": "x"} if method == "PATCH" else None
    expect(amira.ask(method, where(series, start), body), 404)


def test_the_original_start_may_be_written_with_any_offset(amira, series):
    edit(amira, series, {"title": "x"}, "2025-03-24T09:00:00%2B01:00")


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize(
    "query, fault",
    [
        ({"scope": "some"}, "scope"),
        ({"from": FOURTH, "to": FIRST}, "to"),
        ({"from": FIRST, "to": "2027-03-03T08:00:00Z"}, "to"),
        ({"limit": 0}, "limit"),
        ({"when": "now"}, "when"),
    ],
)
def test_parameters_are_checked(amira, series, method, query, fault):
    body = {"title": "x"} if method == "PATCH" else None
    expect(amira.ask(method, where(series), body, **query), 422, fault)


def test_the_body_is_checked(amira, series):
    expect(amira.patch(where(series), {"title": "", "start_time": 1}), 422, "title", "start_time")
    expect(amira.patch(where(series), {"cancelled": True}), 422, "cancelled")


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_if_match_is_honoured(amira, series, method):
    body = {"title": "x"} if method == "PATCH" else None
    amira.changes(series["id"], title="Two")
    expect(amira.ask(method, where(series), body, {"If-Match": '"1"'}), 412)
    assert amira.sees(series["id"])["version_number"] == 2
    expect(amira.ask(method, where(series), body, {"If-Match": '"2"'}), 200)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_overrides_have_an_end(amira, method):
    event = amira.creates(recurrence_pattern="FREQ=HOURLY")
    starts = [
        f"2025-{4 + i // 600:02}-{1 + i // 24 % 25:02}T{i % 24:02}:00:00Z" for i in range(1000)
    ]
    amira.changes(event["id"], recurrence_overrides={s: {"cancelled": True} for s in starts})
    body = {"title": "x"} if method == "PATCH" else None
    expect(amira.ask(method, where(event, event["start_time"]), body), 409)
    expect(amira.ask(method, where(event, starts[7]), body), 200)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_who_may_not_edit_changes_nothing(amira, bela, person, series, method, scope):
    body = {"title": "x"} if method == "PATCH" else None
    amira.shares(series["id"], bela)
    stranger = person("stranger")
    expect(bela.ask(method, where(series), body, scope=scope), 403)
    foreign = expect(stranger.ask(method, where(series), body, scope=scope), 404)
    absent = expect(stranger.ask(method, where({"id": 999_999_999}), body, scope=scope), 404)
    assert same_problem(foreign, absent)
    expect(amira.client.request(method, where(series), body), 401)
    assert amira.sees(series["id"])["version_number"] == 1


def test_a_patch_without_a_body_is_refused(amira, series):
    expect(amira.patch(where(series)), 415)


# -- What is put somewhere is there, or is refused -------------------------------------------------


def monthly(person, start, rule):
    return person.creates(
        start_time=f"{start}T09:00:00Z", end_time=f"{start}T10:00:00Z", recurrence_pattern=rule
    )


@pytest.mark.parametrize(
    "start, rule, at, to",
    [
        ("2027-10-02", "FREQ=MONTHLY", "2028-08-02", "2028-07-31"),
        ("2027-03-01", "FREQ=YEARLY", "2028-03-01", "2028-02-29"),
        ("2027-01-31", "FREQ=MONTHLY;UNTIL=20271231T235959Z", "2027-01-31", "2027-02-01"),
        ("2027-01-31", "FREQ=MONTHLY", "2027-03-31", "2027-03-30"),
        ("2027-01-02", "FREQ=MONTHLY", "2027-03-02", "2027-03-31"),
        ("2027-01-02", "FREQ=MONTHLY;BYMONTHDAY=2", "2027-03-02", "2027-03-31"),
        ("2027-01-15", "FREQ=MONTHLY", "2027-03-15", "2027-04-15"),
        ("2028-02-29", "FREQ=YEARLY", "2028-02-29", "2028-02-28"),
    ],
)
def test_a_move_that_the_rule_cannot_follow_is_refused(amira, start, rule, at, to):
    event = monthly(amira, start, rule)
    for scope in ("all", "following"):
        reply = amira.patch(
            where(event, f"{at}T09:00:00Z"), {"start_time": f"{to}T09:00:00Z"}, scope=scope
        )
        assert expect(reply, 422).faults() == {"start_time": "series_not_movable"}
    assert amira.sees(event["id"])["version_number"] == 1


@pytest.mark.parametrize(
    "start, rule, at, to",
    [
        ("2027-10-02", "FREQ=MONTHLY", "2028-08-02", "2028-08-05"),
        ("2027-03-01", "FREQ=YEARLY", "2028-03-01", "2028-03-20"),
        ("2028-02-28", "FREQ=YEARLY", "2030-02-28", "2030-02-27"),
        ("2027-01-04", "FREQ=WEEKLY", "2027-02-01", "2027-01-31"),
    ],
)
def test_a_day_that_the_rule_takes_from_its_start_moves(amira, start, rule, at, to):
    event = monthly(amira, start, rule)
    edit(amira, event, {"start_time": f"{to}T09:00:00Z"}, f"{at}T09:00:00Z", scope="all")
    window = {"from": f"{to}T00:00:00Z", "to": f"{to}T23:00:00Z"}
    reply = expect(amira.get(f"/api/events/{event['id']}/occurrences", **window), 200)
    assert [item["start_time"] for item in reply.json["items"]] == [f"{to}T09:00:00Z"]


@pytest.mark.parametrize("scope", ["all", "following"])
def test_a_new_end_of_an_occurrence_that_was_moved_gives_its_length_to_the_others(amira, scope):
    event = monthly(amira, "2027-01-04", "FREQ=WEEKLY;COUNT=4")
    at = "2027-01-11T09:00:00Z"
    edit(amira, event, {"start_time": "2027-01-11T15:00:00Z"}, at)
    done = edit(amira, event, {"end_time": "2027-01-11T16:30:00Z"}, at, scope=scope)
    after = done["new_event"] or done["event"]
    window = {"from": "2027-01-11T00:00:00Z", "to": "2027-02-11T00:00:00Z"}
    reply = expect(amira.get(f"/api/events/{after['id']}/occurrences", **window), 200)
    assert [(item["start_time"], item["end_time"]) for item in reply.json["items"]] == [
        ("2027-01-11T15:00:00Z", "2027-01-11T16:30:00Z"),
        ("2027-01-18T09:00:00Z", "2027-01-18T10:30:00Z"),
        ("2027-01-25T09:00:00Z", "2027-01-25T10:30:00Z"),
    ]


def test_a_new_end_of_an_occurrence_that_was_moved_forward_is_no_end_before_its_start(amira):
    event = amira.creates(
        start_time="2027-01-04T15:00:00Z",
        end_time="2027-01-04T16:00:00Z",
        recurrence_pattern="FREQ=WEEKLY;COUNT=4",
    )
    at = "2027-01-11T15:00:00Z"
    edit(amira, event, {"start_time": "2027-01-11T09:00:00Z"}, at)
    done = edit(amira, event, {"end_time": "2027-01-11T10:30:00Z"}, at, scope="following")
    assert done["new_event"]["end_time"] == "2027-01-11T16:30:00Z"


@pytest.mark.parametrize(
    "zone, start, hours",
    [
        ("Europe/Berlin", "2028-03-20T01:15:00Z", 1),
        ("Europe/Berlin", "2028-03-20T02:15:00Z", -1),
        ("Pacific/Apia", "2011-12-25T20:00:00Z", 1),
    ],
)
def test_a_dry_run_over_a_gap_counts_each_occurrence_once(amira, zone, start, hours):
    day, clock = start[:10], int(start[11:13])
    event = amira.creates(
        start_time=start,
        end_time=f"{day}T{clock + 1}:15:00Z" if clock > 9 else f"{day}T{clock + 1:02}:15:00Z",
        timezone=zone,
        recurrence_pattern="FREQ=DAILY;COUNT=12",
    )
    start_time = f"{day}T{clock + hours:02}{start[13:]}"
    whole = {"from": f"{day}T00:00:00Z", "to": f"{day[:4]}-12-31T23:00:00Z"}
    query = {"scope": "all", "dry_run": "true", **whole}
    shown = expect(amira.patch(where(event, start), {"start_time": start_time}, **query), 200)
    preview = shown.json["preview"]
    reply = expect(amira.get(f"/api/events/{event['id']}/occurrences", **whole), 200)
    assert preview["moved_count"] + preview["kept_count"] == len(reply.json["items"])
    assert (preview["added_count"], preview["removed_count"]) == (0, 0)
