"""What takes place when: occurrences, the calendar, free/busy and previews (API.md, Time)."""

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


# -- Rules that are hard to follow (THREATS C10) ---------------------------------------------------

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


def test_a_thousand_hostile_series_are_refused_within_a_second_of_cpu(amira, server):
    body = repeating(COUNTED, "1990-03-03T09:00:00Z", "1990-03-03T09:15:00Z")
    for _ in range(2):
        expect(amira.post("/api/events/batch", [body] * 500), 201)
    window = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    slot = {"start_time": "2026-01-09T09:00:00Z", "end_time": "2026-01-09T09:01:00Z"}
    asked = [
        ("to", lambda: amira.get("/api/calendar", **window)),
        ("to", lambda: amira.get("/api/freebusy", **window)),
        ("", lambda: amira.post("/api/events/conflicts", slot)),
        ("", lambda: amira.post("/api/events", {"title": "Lunch", **slot}, conflicts="reject")),
    ]
    for member, ask in asked:
        before = server.cpu_s()
        assert "simpler rules" in refused(ask(), member, "recurrence_too_complex")
        if not program.is_sanitized():
            assert server.cpu_s() - before < 1


# -- Free and busy ---------------------------------------------------------------------------------


def test_freebusy_joins_what_touches_and_says_nothing_else(amira, bela):
    def busy(start, end, **members):
        return bela.creates(
            start_time=f"2025-03-05T{start}:00Z", end_time=f"2025-03-05T{end}:00Z", **members
        )

    amira.shares(amira.creates()["id"], bela)
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
    }


def test_freebusy_leaves_out_cancelled_occurrences_and_what_one_only_views(amira, bela):
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
