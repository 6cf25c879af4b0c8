"""What takes place when: occurrences, the calendar, free/busy and previews."""

import datetime

import pytest

from support import program
from support.client import same_problem
from support.people import expect

WEEKLY = {
    "title": "Stand-up",
    "location": "Room 4",
    "start_time": "2025-03-03T09:00:00Z",
    "end_time": "2025-03-03T09:15:00Z",
    "recurrence_pattern": {"rrule": "FREQ=WEEKLY;COUNT=5"},
}
MARCH = {"from": "2025-03-01T00:00:00Z", "to": "2025-04-01T00:00:00Z"}


def occurrences(person, event_id, **query):
    return expect(person.get(f"/api/events/{event_id}/occurrences", **query), 200).json


def calendar(person, **query):
    return expect(person.get("/api/calendar", **query), 200).json


def starts(page):
    return [item["start_time"] for item in page["items"]]


def follow(person, path, **query):
    """All items, a page at a time."""
    found, cursor = [], {}
    while True:
        page = expect(person.get(path, **query, **cursor), 200).json
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        assert len(page["items"]) == query["limit"]
        cursor = {"cursor": page["next_cursor"]}


# -- Occurrences -----------------------------------------------------------------------------------


def test_occurrences_show_what_was_moved_changed_and_cancelled(amira):
    made = amira.creates(
        **WEEKLY,
        recurrence_overrides={
            "2025-03-10T09:00:00Z": {"title": "Retrospective", "location": None},
            "2025-03-17T09:00:00Z": {"cancelled": True},
            "2025-03-24T09:00:00Z": {
                "start_time": "2025-03-25T14:00:00Z",
                "end_time": "2025-03-25T15:00:00Z",
                "status": "tentative",
            },
        },
    )
    items = occurrences(amira, made["id"])["items"]
    assert [(item["occurrence"], item["start_time"], item["end_time"]) for item in items] == [
        ("2025-03-03T09:00:00Z", "2025-03-03T09:00:00Z", "2025-03-03T09:15:00Z"),
        ("2025-03-10T09:00:00Z", "2025-03-10T09:00:00Z", "2025-03-10T09:15:00Z"),
        ("2025-03-24T09:00:00Z", "2025-03-25T14:00:00Z", "2025-03-25T15:00:00Z"),
        ("2025-03-31T09:00:00Z", "2025-03-31T09:00:00Z", "2025-03-31T09:15:00Z"),
    ]
    assert [item["is_override"] for item in items] == [False, True, True, False]
    assert [item["title"] for item in items] == [
        "Stand-up",
        "Retrospective",
        "Stand-up",
        "Stand-up",
    ]
    assert [item["location"] for item in items] == ["Room 4", None, "Room 4", "Room 4"]
    assert [item["status"] for item in items] == [
        "confirmed",
        "confirmed",
        "tentative",
        "confirmed",
    ]
    assert {item["event_id"] for item in items} == {made["id"]}
    assert {item["my_role"] for item in items} == {"Owner"}


def test_the_window_of_occurrences_is_half_open(amira):
    event_id = amira.creates(**WEEKLY)["id"]
    query = {"from": "2025-03-10T09:14:59Z", "to": "2025-03-24T09:00:00Z"}
    assert starts(occurrences(amira, event_id, **query)) == [
        "2025-03-10T09:00:00Z",
        "2025-03-17T09:00:00Z",
    ]
    query = {"from": "2025-03-10T09:15:00Z", "to": "2025-03-24T09:00:01Z"}
    assert starts(occurrences(amira, event_id, **query)) == [
        "2025-03-17T09:00:00Z",
        "2025-03-24T09:00:00Z",
    ]


def test_occurrences_keep_the_wall_clock(amira):
    event_id = amira.creates(**WEEKLY, timezone="Europe/Zurich")["id"]
    assert starts(occurrences(amira, event_id))[-2:] == [
        "2025-03-24T09:00:00Z",
        "2025-03-31T08:00:00Z",
    ]


def test_an_event_that_does_not_repeat_occurs_once(amira):
    made = amira.creates()
    (item,) = occurrences(amira, made["id"])["items"]
    assert item["occurrence"] == item["start_time"] == made["start_time"]
    assert item["end_time"] == made["end_time"]
    assert not item["is_override"] and not item["is_recurring"]


def test_pages_of_an_endless_series_follow_one_another(amira):
    event_id = amira.creates(**{**WEEKLY, "recurrence_pattern": {"rrule": "FREQ=DAILY"}})["id"]
    reply = amira.get(f"/api/events/{event_id}/occurrences", limit=3)
    first = expect(reply, 200).json
    link = reply.headers["Link"].split(">")[0][1:]
    second = expect(amira.get(link), 200).json
    assert second == occurrences(amira, event_id, limit=3, cursor=first["next_cursor"])
    assert starts(first) + starts(second) == [f"2025-03-0{day}T09:00:00Z" for day in range(3, 9)]


def test_a_cursor_is_good_for_its_own_list_only(amira):
    event_id = amira.creates(**WEEKLY)["id"]
    where = f"/api/events/{event_id}/occurrences"
    cursor = expect(amira.get(where, limit=1), 200).json["next_cursor"]
    expect(amira.get("/api/calendar", cursor=cursor, limit=1), 422, "cursor")
    expect(amira.get(where, cursor=cursor, limit=1, **MARCH), 422, "cursor")
    expect(amira.get(where, cursor=cursor[:-2]), 422, "cursor")


@pytest.mark.parametrize(
    "query, fault",
    [
        ({"from": "2025-03-02T00:00:00Z", "to": "2025-03-02T00:00:00Z"}, "to"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2025-03-02T00:00:00"}, "to"),
        ({"limit": 0}, "limit"),
        ({"limit": 5001}, "limit"),
        ({"skip": 1}, "skip"),
    ],
)
def test_a_window_that_is_none_is_refused(amira, query, fault):
    event_id = amira.creates()["id"]
    for path in (f"/api/events/{event_id}/occurrences", "/api/calendar"):
        expect(amira.get(path, **query), 422, fault)


# -- The calendar ----------------------------------------------------------------------------------


def test_the_calendar_shows_everything_i_may_read_in_order(amira, bela):
    amira.creates(**WEEKLY)
    shared = bela.creates(
        title="Review", start_time="2025-03-10T08:00:00Z", end_time="2025-03-10T12:00:00Z"
    )
    bela.shares(shared["id"], amira)
    bela.creates(
        title="Private", start_time="2025-03-10T08:00:00Z", end_time="2025-03-10T09:00:00Z"
    )
    trashed = amira.creates(
        title="Trashed", start_time="2025-03-10T08:30:00Z", end_time="2025-03-10T09:00:00Z"
    )
    expect(amira.delete(f"/api/events/{trashed['id']}"), 200)
    shown = [(item["title"], item["start_time"]) for item in calendar(amira, **MARCH)["items"]]
    assert shown == [
        ("Stand-up", "2025-03-03T09:00:00Z"),
        ("Review", "2025-03-10T08:00:00Z"),
        ("Stand-up", "2025-03-10T09:00:00Z"),
        ("Stand-up", "2025-03-17T09:00:00Z"),
        ("Stand-up", "2025-03-24T09:00:00Z"),
        ("Stand-up", "2025-03-31T09:00:00Z"),
    ]
    roles = {item["title"]: item["my_role"] for item in calendar(amira, **MARCH)["items"]}
    assert roles == {"Stand-up": "Owner", "Review": "Viewer"}


def test_the_calendar_shows_what_was_moved_to_before_its_series(amira):
    moved = {"start_time": "2025-02-28T09:00:00Z", "end_time": "2025-02-28T10:00:00Z"}
    amira.creates(**WEEKLY, recurrence_overrides={"2025-03-03T09:00:00Z": moved})
    query = {"from": "2025-02-28T00:00:00Z", "to": "2025-03-01T00:00:00Z"}
    assert starts(calendar(amira, **query)) == ["2025-02-28T09:00:00Z"]


def test_the_pages_of_the_calendar_are_the_calendar(amira):
    for hour in (8, 9, 9, 9, 10):
        start, end = f"2025-03-03T{hour:02}:00:00Z", f"2025-03-03T{hour + 1:02}:00:00Z"
        amira.creates(title="Once", start_time=start, end_time=end)
        amira.creates(**{**WEEKLY, "start_time": start, "end_time": end})
    whole = calendar(amira, **MARCH)
    assert whole["next_cursor"] is None
    assert len(whole["items"]) == 5 + 5 * 5
    order = [(item["start_time"], item["event_id"]) for item in whole["items"]]
    assert order == sorted(order)
    for limit in (1, 2, 3, 7, 29, 30):
        assert follow(amira, "/api/calendar", limit=limit, **MARCH) == whole["items"]


def test_the_calendar_looks_at_most_400_days_ahead(amira):
    query = {"from": "2025-01-01T00:00:00Z", "to": "2026-02-05T00:00:00Z"}
    assert calendar(amira, **query)["items"] == []
    expect(amira.get("/api/calendar", **{**query, "to": "2026-02-05T00:00:01Z"}), 422, "to")


def test_the_calendar_without_a_window_is_the_month_ahead(amira):
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    times = [now + datetime.timedelta(days=days) for days in (-2, 2, 30, 33)]
    for time in times:
        end = time + datetime.timedelta(hours=1)
        amira.creates(start_time=time.isoformat(), end_time=end.isoformat())
    shown = starts(calendar(amira))
    assert shown == [time.isoformat().replace("+00:00", "Z") for time in times[1:3]]


# -- Rules that are hard to follow -----------------------------------------------------------------

# Takes place at 09:00 on 3 March 2025, and then every three to four years: eight times a day are
# tried for it. From its start to the end of the calendar that is more than one rule may cost.
RARE = "FREQ=SECONDLY;INTERVAL=9973;BYHOUR=0,3,6,9,12,15,18,21;BYMINUTE=0;BYSECOND=0"
# Where it stands in 2026 is found by counting 56,000 times since 1990.
COUNTED = "FREQ=HOURLY;INTERVAL=5;BYDAY=MO,TU,WE,TH,FR,SA;COUNT=100000"


def refused(reply, member, fault):
    assert expect(reply, 422).faults() == {member: fault}
    return reply.json["errors"][0]["msg"]


def repeating(rule, start="2025-03-03T09:00:00Z", end="2025-03-03T09:15:00Z"):
    return {
        "title": "Rare",
        "start_time": start,
        "end_time": end,
        "recurrence_pattern": {"rrule": rule},
    }


def test_occurrences_of_a_rule_that_is_too_complex_are_refused(amira):
    path = f"/api/events/{amira.creates(**repeating(RARE))['id']}/occurrences"
    assert "shorter time" in refused(amira.get(path), "to", "recurrence_too_complex")
    page = expect(amira.get(path, to="2030-01-01T00:00:00Z"), 200).json
    assert starts(page) == ["2025-03-03T09:00:00Z", "2028-08-01T00:00:00Z"]


def test_a_rule_that_is_too_complex_does_not_take_the_calendar_away(amira):
    # With COUNT it is followed from the start.
    rare = amira.creates(**repeating(RARE + ";COUNT=50"))
    daily = amira.creates(**repeating("FREQ=DAILY"))
    window = {"from": "2100-01-01T00:00:00Z", "to": "2100-01-08T00:00:00Z"}
    path = f"/api/events/{rare['id']}/occurrences"
    refused(amira.get(path, **window), "to", "recurrence_too_complex")
    shown = calendar(amira, **window)["items"]
    assert [item["event_id"] for item in shown] == [daily["id"]] * 7


@pytest.mark.parametrize(
    "rule, fault",
    [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "recurrence_never"),
        ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20250303T100000Z", "recurrence_never"),
        (
            "FREQ=MINUTELY;INTERVAL=7;BYDAY=MO;BYHOUR=0,7,14,21;BYMINUTE="
            + ",".join(str(n) for n in range(60) if n % 7 != 1),
            "recurrence_too_complex",
        ),
    ],
)
def test_a_rule_that_would_never_take_place_is_refused(amira, rule, fault):
    body = repeating(rule)
    trial = {name: body[name] for name in ("recurrence_pattern", "start_time")}
    replies = [
        amira.post("/api/events", body),
        amira.patch(f"/api/events/{amira.creates(**WEEKLY)['id']}", trial),
        amira.post("/api/recurrence/preview", trial),
        amira.post("/api/events/conflicts", body),
    ]
    for reply in replies:
        refused(reply, "recurrence_pattern", fault)


def test_a_rule_that_never_occurs_takes_place_on_its_rdates(amira):
    pattern = {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "rdates": ["2025-03-07T09:00:00Z"]}
    made = amira.creates(**{**WEEKLY, "recurrence_pattern": pattern})
    assert starts(occurrences(amira, made["id"])) == pattern["rdates"]


def creates_many(person, body, count):
    """In small batches: what a hostile rule costs is paid in the writer."""
    made = []
    for _ in range(0, count, 25):
        made += expect(person.post("/api/events/batch", [body] * 25), 201).json
    return made


def within_a_second(server, ask):
    before = server.cpu_s()
    reply = ask()
    if not program.is_sanitized():
        assert server.cpu_s() - before < 1
    return reply


def test_hundreds_of_hostile_series_of_mine_are_left_out_by_name_within_a_second(amira, server):
    body = repeating(COUNTED, "1990-03-03T09:00:00Z", "1990-03-03T09:15:00Z")
    plain = amira.creates(
        **repeating("FREQ=DAILY", "1980-03-03T09:00:00Z", "1980-03-03T09:15:00Z")
    )
    creates_many(amira, body, 300)
    left_out = [{"event_id": None, "owner_id": amira.id, "reason": "too_much_work"}]
    page = within_a_second(server, lambda: calendar(amira, limit=5000, **JANUARY))
    assert page["incomplete"] == left_out
    assert plain["id"] in [item["event_id"] for item in page["items"]]
    busy = within_a_second(server, lambda: amira.get("/api/freebusy", **JANUARY))
    assert expect(busy, 200).json["incomplete"] == left_out
    found = within_a_second(server, lambda: amira.post("/api/events/conflicts", SLOT))
    assert expect(found, 200).json["incomplete"] == left_out
    # Where a conflict may be missed because of what is mine, nothing is created.
    body = {"title": "Lunch", **SLOT}
    reply = within_a_second(server, lambda: amira.post("/api/events", body, conflicts="reject"))
    assert "simpler rules" in refused(reply, "", "recurrence_too_complex")


JANUARY = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
SLOT = {"start_time": "2026-01-09T09:30:00Z", "end_time": "2026-01-09T09:31:00Z"}
HOSTILE = [
    COUNTED,
    "FREQ=SECONDLY;BYDAY=MO,WE,TH,FR,SA,SU;COUNT=100000",
    "FREQ=MINUTELY;INTERVAL=7;BYDAY=MO,TU,WE,TH,FR,SA;COUNT=99999",
]


@pytest.mark.parametrize("rule", HOSTILE)
def test_what_others_put_there_takes_no_view_away(person, server, rule):
    victim, mallory, friend = person("victim"), person("mallory"), person("friend")
    for one in (mallory, friend):  # or nothing of theirs would count
        victim.knows(one)
    start, end = "1990-03-05T09:00:00Z", "1990-03-05T09:00:01Z"
    count = 200 if rule == COUNTED else 50
    for one in creates_many(mallory, repeating(rule, start, end), count):
        mallory.shares(one["id"], victim, "Editor")
    noon = {"start_time": "2026-01-05T12:00:00Z", "end_time": "2026-01-05T13:00:00Z"}
    own = victim.creates(**noon, recurrence_pattern={"rrule": "FREQ=DAILY"})
    theirs = friend.creates(
        start_time="2026-01-05T15:00:00Z",
        end_time="2026-01-05T16:00:00Z",
        recurrence_pattern={"rrule": "FREQ=DAILY"},
    )
    friend.shares(theirs["id"], victim, "Editor")

    page = within_a_second(server, lambda: calendar(victim, limit=5000, **JANUARY))
    days = [item["event_id"] for item in page["items"]]
    if page["next_cursor"] is None:
        assert days.count(own["id"]) == days.count(theirs["id"]) == 27
    assert {one["owner_id"] for one in page["incomplete"]} <= {mallory.id}
    assert calendar(victim, limit=5000, **JANUARY) == page
    other_name = expect(victim.get("/api/occurrences", limit=5000, **JANUARY), 200).json
    assert other_name["items"] == page["items"]

    reply = within_a_second(server, lambda: victim.get("/api/freebusy", **JANUARY))
    (mine,) = expect(reply, 200).json["users"]
    assert {one["owner_id"] for one in reply.json["incomplete"]} <= {mallory.id}
    for hour in ("12", "15"):
        moment = f"2026-01-07T{hour}:30:00Z"
        assert any(one["start_time"] <= moment < one["end_time"] for one in mine["busy"])

    body = {"start_time": "2026-01-07T15:30:00Z", "end_time": "2026-01-07T15:45:00Z"}
    reply = within_a_second(server, lambda: victim.post("/api/events/conflicts", body))
    assert theirs["id"] in [one["event_id"] for one in expect(reply, 200).json["conflicts"]]
    assert {one["owner_id"] for one in reply.json["incomplete"]} <= {mallory.id}
    if rule == COUNTED:
        for view in (page, reply.json):
            assert [one["owner_id"] for one in view["incomplete"]] == [mallory.id]
    body = {"title": "Lunch", "start_time": "2026-01-04T03:00:00.5Z"}  # a Sunday
    body["end_time"] = "2026-01-04T03:00:00.75Z"
    reply = within_a_second(server, lambda: victim.post("/api/events", body, conflicts="reject"))
    assert reply.status in (201, 409)
    assert "conflicts" in reply.json or reply.status == 201


def test_long_series_of_somebody_else_leave_mine_and_a_friends(person):
    """More bytes than one page has, which begin before all others."""
    victim, mallory, friend = person("victim"), person("mallory"), person("friend")
    long = repeating("FREQ=DAILY", "2026-01-02T09:00:00Z", "2026-01-02T09:00:01Z")
    long["description"] = "x" * 60_000
    for _ in range(6):
        for one in expect(mallory.post("/api/events/batch", [long] * 15), 201).json:
            mallory.shares(one["id"], victim, "Editor")
    noon = {"start_time": "2026-01-05T12:00:00Z", "end_time": "2026-01-05T13:00:00Z"}
    own = victim.creates(**noon, recurrence_pattern={"rrule": "FREQ=DAILY"})
    other = friend.creates(**noon, recurrence_pattern={"rrule": "FREQ=DAILY"})
    friend.shares(other["id"], victim)
    window = {"from": "2026-01-05T11:00:00Z", "to": "2026-01-05T13:00:00Z"}
    page = calendar(victim, **window)
    assert {own["id"], other["id"]} <= {item["event_id"] for item in page["items"]}
    assert page["incomplete"] == [
        {"event_id": None, "owner_id": mallory.id, "reason": "too_many_series"}
    ]


def test_of_more_owners_than_a_page_has_room_for_each_is_shown_or_named(person):
    """One series of each, and of each nearly all that an event may hold."""
    victim = person("victim")
    long = repeating("FREQ=DAILY", "2026-01-02T09:00:00Z", "2026-01-02T09:00:01Z")
    long["recurrence_overrides"] = {
        f"2026-01-{day:02}T09:00:00Z": {"description": "x" * 60_000} for day in range(2, 6)
    }
    owners = [person(f"owner{n}") for n in range(20)]
    for owner in owners:
        owner.shares(owner.creates(**long)["id"], victim)
    page = calendar(victim, **{"from": "2026-01-10T08:00:00Z", "to": "2026-01-10T10:00:00Z"})
    shown = {item["owner_id"] for item in page["items"]}
    named = {one["owner_id"] for one in page["incomplete"]}
    assert shown | named == {owner.id for owner in owners}
    assert "too_many_series" in [one["reason"] for one in page["incomplete"]]


def test_more_series_than_one_view_looks_into_leave_mine_and_name_whose(person, long_run):
    """One more than LIMIT_SERIES of somebody else's, which begin before mine."""
    victim, mallory = person("victim"), person("mallory")
    if not long_run:
        pytest.skip("needs 10,001 series")
    body = repeating("FREQ=DAILY", "2026-01-02T09:00:00Z", "2026-01-02T09:00:01Z")
    for start in range(0, 10_001, 500):
        batch = [body] * min(500, 10_001 - start)
        for one in expect(mallory.post("/api/events/batch", batch), 201).json:
            mallory.shares(one["id"], victim)
    noon = {"start_time": "2026-01-05T12:00:00Z", "end_time": "2026-01-05T13:00:00Z"}
    own = victim.creates(**noon, recurrence_pattern={"rrule": "FREQ=DAILY"})
    window = {"from": "2026-01-05T11:00:00Z", "to": "2026-01-05T13:00:00Z"}
    page = calendar(victim, limit=5000, **window)
    assert own["id"] in [item["event_id"] for item in page["items"]]
    assert page["incomplete"] == [
        {"event_id": None, "owner_id": mallory.id, "reason": "too_many_series"}
    ]


def test_a_rule_that_is_too_complex_alone_is_named_alone(amira):
    rare = amira.creates(**repeating(RARE + ";COUNT=50"))
    window = {"from": "2100-01-01T00:00:00Z", "to": "2100-01-08T00:00:00Z"}
    assert calendar(amira, **window)["incomplete"] == [
        {"event_id": rare["id"], "owner_id": amira.id, "reason": "recurrence_too_complex"}
    ]


# -- Free and busy ---------------------------------------------------------------------------------


def test_freebusy_joins_what_touches_and_says_nothing_else(amira, bela):
    def busy(start, end, **members):
        return bela.creates(
            start_time=f"2025-03-05T{start}:00Z", end_time=f"2025-03-05T{end}:00Z", **members
        )

    bela.knows(amira)
    busy("09:00", "10:00")
    busy("10:00", "11:00", title="Secret")
    busy("10:30", "10:45")
    busy("12:00", "13:00")
    busy("12:30", "14:00", status="tentative")
    busy("15:00", "16:00", status="cancelled")
    expect(bela.delete(f"/api/events/{busy('17:00', '18:00')['id']}"), 200)
    query = {"from": "2025-03-05T09:30:00Z", "to": "2025-03-06T00:00:00Z"}
    reply = expect(amira.get("/api/freebusy", user_ids=f"{bela.id},{amira.id}", **query), 200)
    repeated = amira.get("/api/freebusy", user_ids=[bela.id, amira.id], **query)
    assert expect(repeated, 200).json == reply.json
    assert reply.json == {
        "from": query["from"],
        "to": query["to"],
        "users": [
            {
                "user_id": bela.id,
                "busy": [
                    {"start_time": "2025-03-05T09:30:00Z", "end_time": "2025-03-05T11:00:00Z"},
                    {"start_time": "2025-03-05T12:00:00Z", "end_time": "2025-03-05T14:00:00Z"},
                ],
            },
            {"user_id": amira.id, "busy": []},
        ],
        "incomplete": [],
    }


def test_freebusy_leaves_out_cancelled_occurrences_and_what_one_has_not_answered(amira, bela):
    made = bela.creates(
        **WEEKLY,
        recurrence_overrides={
            "2025-03-10T09:00:00Z": {"cancelled": True},
            "2025-03-17T09:00:00Z": {"status": "cancelled"},
        },
    )
    bela.shares(made["id"], amira, "Viewer")
    reply = expect(amira.get("/api/freebusy", user_ids=f"{bela.id},{amira.id}", **MARCH), 200)
    bela_busy, amira_busy = reply.json["users"]
    assert [one["start_time"][:10] for one in bela_busy["busy"]] == [
        "2025-03-03",
        "2025-03-24",
        "2025-03-31",
    ]
    assert amira_busy["busy"] == []


def test_freebusy_of_nobody_named_is_my_own(amira):
    amira.creates(start_time="2025-03-05T09:00:00Z", end_time="2025-03-05T10:00:00Z")
    (mine,) = expect(amira.get("/api/freebusy", **MARCH), 200).json["users"]
    assert mine["user_id"] == amira.id
    assert len(mine["busy"]) == 1


def test_freebusy_of_a_stranger_is_that_of_nobody(amira, bela):
    stranger = expect(amira.get("/api/freebusy", user_ids=bela.id, **MARCH), 404)
    nobody = expect(amira.get("/api/freebusy", user_ids=999_999_999, **MARCH), 404)
    assert same_problem(stranger, nobody)


def test_freebusy_takes_people_with_commas_or_one_by_one(amira, bela):
    bela.knows(amira)
    amira.shares(amira.creates()["id"], bela)
    commas = expect(amira.get("/api/freebusy", user_ids=f"{bela.id},{amira.id}", **MARCH), 200)
    path = f"/api/freebusy?from={MARCH['from']}&to={MARCH['to']}"
    apart = amira.get(f"{path}&user_ids={bela.id}&user_ids={amira.id}")
    assert expect(apart, 200).json == commas.json
    for repeated in (f"{amira.id},{amira.id}", f"{amira.id}&user_ids={amira.id}"):
        reply = amira.get(f"{path}&user_ids={repeated}")
        assert expect(reply, 422).faults() == {"user_ids.1": "repeated"}


def test_freebusy_of_another_says_that_it_is_incomplete_and_not_why(person):
    asker, bela, mallory = person("asker"), person("bela"), person("mallory")
    bela.shares(bela.creates()["id"], asker)
    bela.knows(mallory)
    body = repeating(COUNTED, "1990-03-03T09:00:00Z", "1990-03-03T09:15:00Z")
    for one in creates_many(mallory, body, 200):
        mallory.shares(one["id"], bela, "Editor")
    reply = expect(asker.get("/api/freebusy", user_ids=bela.id, **JANUARY), 200)
    assert reply.json["incomplete"] == [
        {"event_id": None, "owner_id": bela.id, "reason": "too_much_work"}
    ]


def test_freebusy_of_another_with_too_much_of_his_own_tells_the_first_of_it(person):
    asker, bela = person("asker"), person("bela")
    minutes = bela.creates(
        start_time="2025-03-01T00:00:00Z",
        end_time="2025-03-01T00:00:30Z",
        recurrence_pattern={"rrule": "FREQ=MINUTELY"},
    )
    bela.shares(minutes["id"], asker)
    reply = expect(asker.get("/api/freebusy", user_ids=f"{bela.id},{asker.id}", **MARCH), 200)
    assert len(reply.json["users"][0]["busy"]) == 5000
    assert reply.json["incomplete"] == [
        {"event_id": None, "owner_id": bela.id, "reason": "too_much_work"}
    ]


def test_freebusy_of_the_minutes_of_somebody_else_names_him(person):
    victim, mallory = person("victim"), person("mallory")
    victim.knows(mallory)
    minutes = mallory.creates(
        start_time="2025-03-01T00:00:00Z",
        end_time="2025-03-01T00:00:30Z",
        recurrence_pattern={"rrule": "FREQ=MINUTELY"},
    )
    mallory.shares(minutes["id"], victim, "Editor")
    victim.creates(start_time="2025-03-05T09:00:00Z", end_time="2025-03-05T10:00:00Z")
    reply = expect(victim.get("/api/freebusy", **MARCH), 200)
    assert len(reply.json["users"][0]["busy"]) == 1
    assert reply.json["incomplete"] == [
        {"event_id": None, "owner_id": mallory.id, "reason": "too_many_occurrences"}
    ]


@pytest.mark.parametrize(
    "query, fault",
    [
        ({"user_ids": "x"}, "user_ids.0"),
        ({"user_ids": ",".join("1" * 51)}, "user_ids"),
        ({"from": "2025-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}, "to"),
    ],
)
def test_freebusy_refuses_what_it_cannot_answer(amira, query, fault):
    expect(amira.get("/api/freebusy", **query), 422, fault)


def test_freebusy_of_too_much_asks_for_a_shorter_time(amira):
    rule = {"rrule": "FREQ=MINUTELY"}
    amira.creates(
        start_time="2025-03-01T00:00:00Z", end_time="2025-03-01T00:00:30Z", recurrence_pattern=rule
    )
    expect(amira.get("/api/freebusy", **MARCH), 422, "to")
    day = {"from": "2025-03-01T00:00:00Z", "to": "2025-03-02T00:00:00Z"}
    (mine,) = expect(amira.get("/api/freebusy", **day), 200).json["users"]
    assert len(mine["busy"]) == 24 * 60


# -- Trying out a rule -----------------------------------------------------------------------------


def preview(person, rule, **members):
    body = {"recurrence_pattern": rule, "start_time": "2026-03-02T09:00:00Z", **members}
    return person.post("/api/recurrence/preview", body)


def test_a_preview_says_what_a_rule_means_and_when(amira):
    reply = preview(amira, {"rrule": "FREQ=MONTHLY;BYDAY=2TU,-1FR"}, count=4)
    assert expect(reply, 200).json == {
        "text": "every second Tuesday and the last Friday of the month",
        "starts": [
            "2026-03-10T09:00:00Z",
            "2026-03-27T09:00:00Z",
            "2026-04-14T09:00:00Z",
            "2026-04-24T09:00:00Z",
        ],
    }


def test_a_preview_keeps_the_wall_clock_of_its_zone(amira):
    reply = preview(amira, {"freq": "weekly"}, timezone="Europe/Zurich")
    assert len(expect(reply, 200).json["starts"]) == 10
    assert reply.json["starts"][3:5] == ["2026-03-23T09:00:00Z", "2026-03-30T08:00:00Z"]
    amira.ask("PATCH", "/api/users/me", {"timezone": "Europe/Zurich"})
    assert preview(amira, {"freq": "weekly"}).json == reply.json


def test_a_preview_ends_with_the_rule(amira):
    rule = {"rrule": "FREQ=DAILY;COUNT=2", "rdates": ["2026-05-01T00:00:00Z"]}
    assert expect(preview(amira, rule, count=100), 200).json["starts"] == [
        "2026-03-02T09:00:00Z",
        "2026-03-03T09:00:00Z",
        "2026-05-01T00:00:00Z",
    ]


@pytest.mark.parametrize(
    "rule, members, fault",
    [
        ({"rrule": "FREQ=DAILY;INTERVAL=0"}, {}, "recurrence_pattern.rrule"),
        ({"freq": "daily", "by_day": ["XX"]}, {}, "recurrence_pattern.by_day"),
        ({"freq": "fortnightly"}, {}, "recurrence_pattern.freq"),
        ({"original": 7}, {}, "recurrence_pattern.original"),
        ({"rrule": "FREQ=DAILY;UNTIL=20260101"}, {}, "recurrence_pattern"),
        ({"rrule": "FREQ=DAILY"}, {"timezone": "Mars/Base"}, "timezone"),
        ({"rrule": "FREQ=DAILY"}, {"count": 101}, "count"),
        ({"rrule": "FREQ=DAILY"}, {"count": 0}, "count"),
        ({"rrule": "FREQ=DAILY"}, {"start_time": "soon"}, "start_time"),
        (None, {}, "recurrence_pattern"),
    ],
)
def test_a_preview_says_which_part_is_wrong(amira, rule, members, fault):
    reply = expect(preview(amira, rule, **members), 422)
    assert any(found.startswith(fault) for found in reply.faults()), str(reply)
