"""All-day events are dates, and take the days of whoever looks."""

import datetime as dt
import random
import zoneinfo

import pytest

from support.people import expect

UTC = dt.timezone.utc
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
SOME_ZONES = ["America/Los_Angeles", "Asia/Tokyo", "Europe/Berlin"]
ZONES = SOME_ZONES + [
    "Africa/Cairo", "Africa/Casablanca", "America/Adak", "America/Asuncion", "America/Havana",
    "America/New_York", "America/Nuuk", "America/Santiago", "America/St_Johns",
    "America/Sao_Paulo", "Antarctica/Troll", "Asia/Beirut", "Asia/Kathmandu", "Asia/Kolkata",
    "Asia/Pyongyang", "Asia/Tehran", "Atlantic/Azores", "Australia/Eucla",
    "Australia/Lord_Howe", "Europe/Dublin", "Europe/London", "Europe/Moscow",
    "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]  # fmt: skip


def text(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(said):
    return dt.datetime.fromisoformat(said.replace("Z", "+00:00"))


def lives_in(person, zone):
    expect(person.patch("/api/users/me", {"timezone": zone}), 200)
    return person


def day(first, last=None, **members):
    """A whole day, or several, as they are shown: midnights in UTC."""
    last = dt.date.fromisoformat(last or first) + DAY
    times = {"start_time": f"{first}T00:00:00Z", "end_time": f"{last}T00:00:00Z"}
    return {"all_day": True, **times, **members}


def busy(person, start, end, **query):
    users = expect(person.get("/api/freebusy", **{"from": start, "to": end}, **query), 200).json
    return [(time["start_time"], time["end_time"]) for time in users["users"][0]["busy"]]


def found(person, path, start, end):
    return expect(person.get(path, **{"from": start, "to": end}), 200).json["items"]


# -- Whose days ------------------------------------------------------------------------------------


def test_an_all_day_event_takes_the_day_of_its_owner(amira):
    """F5."""
    lives_in(amira, "America/Los_Angeles")
    amira.creates(**day("2027-07-01"))
    assert busy(amira, "2027-06-30T00:00:00Z", "2027-07-04T00:00:00Z") == [
        ("2027-07-01T07:00:00Z", "2027-07-02T07:00:00Z")
    ]
    evening = {"start_time": "2027-07-02T03:00:00Z", "end_time": "2027-07-02T04:00:00Z"}
    expect(amira.post("/api/events", {"title": "x", **evening}, conflicts="reject"), 409)
    before = {"start_time": "2027-07-01T01:00:00Z", "end_time": "2027-07-01T02:00:00Z"}
    expect(amira.post("/api/events", {"title": "x", **before}, conflicts="reject"), 201)
    clash = expect(amira.post("/api/events/conflicts", {**day("2027-06-30")}), 200).json
    assert [one["start_time"] for one in clash["conflicts"]] == ["2027-07-01T01:00:00Z"]


def test_others_see_the_days_of_whom_they_ask_about(amira, bela):
    lives_in(amira, "Asia/Tokyo")
    lives_in(bela, "America/New_York")
    amira.knows(bela)
    amira.creates(**day("2027-07-01"))
    assert busy(bela, "2027-06-29T00:00:00Z", "2027-07-04T00:00:00Z", user_ids=amira.id) == [
        ("2027-06-30T15:00:00Z", "2027-07-01T15:00:00Z")
    ]


def test_no_busy_time_reaches_out_of_the_window(amira):
    """F6."""
    amira.creates(start_time="2027-03-05T09:00:00Z", end_time="2027-04-04T09:00:00Z")
    window = ("2027-03-10T00:00:00Z", "2027-03-12T00:00:00Z")
    assert busy(amira, *window) == [window]
    window = ("2027-03-02T00:00:00Z", "2027-03-10T00:00:00Z")
    assert busy(amira, *window) == [("2027-03-05T09:00:00Z", "2027-03-10T00:00:00Z")]


def test_a_day_is_in_the_windows_that_it_reaches_into(amira):
    lives_in(amira, "America/Los_Angeles")
    made = amira.creates(**day("2027-07-01"))
    series = amira.creates(
        **day("2027-06-24"), recurrence_pattern={"rrule": "FREQ=WEEKLY;COUNT=2"}
    )
    for start, end, is_there in (
        ("2027-07-02T06:59:59Z", "2027-07-02T08:00:00Z", True),
        ("2027-07-02T07:00:00Z", "2027-07-02T08:00:00Z", False),
        ("2027-07-01T06:00:00Z", "2027-07-01T07:00:00Z", False),
        ("2027-07-01T06:00:00Z", "2027-07-01T07:00:01Z", True),
    ):
        items = found(amira, "/api/occurrences", start, end)
        expected = [(made["id"], made["start_time"]), (series["id"], made["start_time"])]
        seen = [(item["event_id"], item["start_time"]) for item in items]
        assert sorted(seen) == (sorted(expected) if is_there else []), (start, end)
        listed = {item["id"] for item in found(amira, "/api/events", start, end)}
        assert listed == ({made["id"], series["id"]} if is_there else
                          {series["id"]} if start < "2027-07-01T12" else set()), (start, end)
        own = found(amira, f"/api/events/{made['id']}/occurrences", start, end)
        assert len(own) == is_there


def test_a_calendar_of_many_days_is_read_page_by_page(amira):
    lives_in(amira, "Pacific/Kiritimati")
    body = [{"title": f"{i}", **day("2027-06-30")} for i in range(4)]
    body += [{"title": f"{i}", **day("2027-07-01")} for i in range(5)]
    expect(amira.post("/api/events/batch", body), 201)
    query = {"from": "2027-06-30T10:00:00Z", "to": "2027-06-30T11:00:00Z", "limit": 2}
    seen = []
    for _ in range(9):
        page = expect(amira.get("/api/occurrences", **query), 200).json
        seen += [item["start_time"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == ["2027-07-01T00:00:00Z"] * 5


# -- Local midnight is the date, everywhere --------------------------------------------------------


@pytest.mark.parametrize(
    "zone, start, until, days",
    [
        ("Europe/Berlin", "2027-06-01T00:00:00+02:00", "2027-06-05T00:00:00+02:00", 5),
        ("Europe/Berlin", "2027-06-01T00:00:00+02:00", "20270604T220000Z", 5),
        ("Europe/Berlin", "2027-06-01T00:00:00+02:00", "2027-06-01T00:00:00+02:00", 1),
        ("Europe/Berlin", "2027-06-01T00:00:00Z", "20270605T000000Z", 5),
        ("America/New_York", "2027-06-01T00:00:00-04:00", "20270606T035959Z", 5),
        ("America/New_York", "2027-06-01T00:00:00-04:00", "20270605T040000Z", 5),
        ("America/New_York", "2027-06-01T00:00:00Z", "20270605", 5),
        ("Pacific/Kiritimati", "2027-06-01T00:00:00+14:00", "2027-06-05T00:00:00+14:00", 5),
        ("Pacific/Pago_Pago", "2027-06-01T00:00:00-11:00", "2027-06-05T23:59:59-11:00", 5),
    ],
)
def test_until_takes_the_day_of_the_zone(amira, zone, start, until, days):
    """F7."""
    rule = (
        {"rrule": f"FREQ=DAILY;UNTIL={until}"} if "-" not in until else
        {"freq": "daily", "until": until}
    )
    begin = dt.datetime.fromisoformat(start.replace("Z", "+00:00"))
    made = amira.creates(
        start_time=start, end_time=(begin + DAY).isoformat(), timezone=zone, all_day=True,
        recurrence_pattern=rule,
    )
    last = dt.date(2027, 6, days).strftime("%Y%m%d")
    assert made["recurrence_pattern"]["rrule"] == f"FREQ=DAILY;UNTIL={last}"
    path = f"/api/events/{made['id']}"
    assert len(expect(amira.get(f"{path}/occurrences"), 200).json["items"]) == days
    sent = {name: made[name] for name in ("recurrence_pattern", "start_time", "end_time")}
    assert amira.changes(made["id"], **sent)["version_number"] == 1


def test_local_midnight_is_the_date_in_each_member_alone(amira):
    """F11."""
    made = amira.creates(
        start_time="2027-07-01T00:00:00+02:00", end_time="2027-07-03T00:00:00+02:00",
        timezone="Europe/Berlin", all_day=True,
    )
    assert made["start_time"] == "2027-07-01T00:00:00Z"
    changed = amira.changes(made["id"], end_time="2027-07-04T00:00:00+02:00")
    assert changed["end_time"] == "2027-07-04T00:00:00Z"
    changed = amira.changes(made["id"], start_time="2027-07-02T00:00:00+02:00")
    assert changed["start_time"] == "2027-07-02T00:00:00Z"
    for wrong in ("2027-07-05T01:00:00+02:00", "2027-07-05T00:00:00+01:00"):
        reply = amira.patch(f"/api/events/{made['id']}", {"end_time": wrong})
        assert expect(reply, 422).faults() == {"end_time": "all_day_midnight"}
    reply = amira.patch(f"/api/events/{made['id']}", {"end_time": "2027-07-02T00:00:00+02:00"})
    assert expect(reply, 422).faults() == {"end_time": "time_order"}


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_local_midnight_is_the_date_in_the_path_of_an_occurrence(amira, scope):
    made = amira.creates(
        **day("2027-07-01", timezone="Europe/Berlin"),
        recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=5"},
    )
    path = f"/api/events/{made['id']}/occurrences/2027-07-02T22:00:00Z"
    move = {"start_time": "2027-07-04T00:00:00+02:00", "end_time": "2027-07-05T00:00:00+02:00"}
    if scope == "this":
        edited = expect(amira.patch(path, move, scope=scope), 200).json["event"]
        own = {"start_time": "2027-07-04T00:00:00Z", "end_time": "2027-07-05T00:00:00Z"}
        assert edited["recurrence_overrides"] == {"2027-07-03T00:00:00Z": own}
    else:
        edited = expect(amira.patch(path, move, scope=scope), 200).json
        event = edited["new_event"] or edited["event"]
        start = "2027-07-04T00:00:00Z" if scope == "following" else "2027-07-02T00:00:00Z"
        assert event["start_time"] == start
    expect(amira.delete(path.replace("02T22:00:00", "03T22:30:00")), 404)


# -- Against a model, minute by minute -------------------------------------------------------------


def changes_of(zone, rng):
    """The days around which the clock changes, and one more."""
    noons = [dt.datetime(2026, 1, 1, 12, tzinfo=zone) + i * DAY for i in range(730)]
    days = [a.date() for a, b in zip(noons, noons[1:]) if a.utcoffset() != b.utcoffset()]
    return rng.sample(days, min(len(days), 2)) + [noons[rng.randrange(700)].date()]


def minutes_of(zone, start, end):
    """Of each minute of the window, what the clock shows there."""
    count = (end - start) // MINUTE
    return [(start + i * MINUTE).astimezone(zone).date() for i in range(count)]


class Model:
    """What takes whom which minutes, told without a zone's rules but what its clock shows."""

    def __init__(self, zone, middle):
        start = dt.datetime.combine(middle - 4 * DAY, dt.time(), UTC)
        self.start, self.end = start, start + 8 * DAY
        self.dates = minutes_of(zone, self.start, self.end)

    def of_dates(self, first, last):
        return {i for i, date in enumerate(self.dates) if first <= date < last}

    def of_moments(self, start, end):
        first = max(0, (start - self.start) // MINUTE)
        return set(range(first, min(len(self.dates), max(0, (end - self.start) // MINUTE))))

    def of_event(self, made):
        start, end = moment(made["start_time"]), moment(made["end_time"])
        if made["all_day"]:
            return self.of_dates(start.date(), end.date())
        return self.of_moments(start, end)


def random_event(rng, model):
    at = model.start + rng.randrange(-2, 9) * DAY
    if rng.random() < 0.5:
        at = dt.datetime.combine(at.date(), dt.time(), UTC)
        times = {"start_time": at, "end_time": at + rng.randrange(1, 3) * DAY, "all_day": True}
    else:
        at += rng.randrange(24 * 60) * MINUTE
        times = {"start_time": at, "end_time": at + rng.randrange(1, 900) * MINUTE}
    times["start_time"], times["end_time"] = text(times["start_time"]), text(times["end_time"])
    return {"title": "x", **times}


def must_be_busy_as_the_model(person, model, events):
    expected = set().union(*(model.of_event(event) for event in events))
    seen = set()
    for start, end in busy(person, text(model.start), text(model.end)):
        assert model.start <= moment(start) < moment(end) <= model.end
        seen |= model.of_moments(moment(start), moment(end))
    assert seen == expected


def must_conflict_as_the_model(person, model, events, rng):
    for _ in range(8):
        probe = random_event(rng, model)
        own = model.of_event({"all_day": False, **probe})
        if not own or min(own) == 0 or max(own) == len(model.dates) - 1:
            continue
        reply = expect(person.post("/api/events/conflicts", probe), 200).json
        expected = {event["id"] for event in events if own & model.of_event(event)}
        assert {one["event_id"] for one in reply["conflicts"]} == expected, probe


def must_be_in_windows_as_in_the_model(person, model, events, rng):
    for _ in range(6):
        first = rng.randrange(len(model.dates) - 60)
        last = first + rng.choice([1, 30, 600])
        window = [text(model.start + i * MINUTE) for i in (first, min(last, len(model.dates)))]
        looked_at = set(range(first, min(last, len(model.dates))))
        expected = {event["id"] for event in events if looked_at & model.of_event(event)}
        for path, name in (("/api/occurrences", "event_id"), ("/api/events", "id")):
            assert {item[name] for item in found(person, path, *window)} == expected, window


def pytest_generate_tests(metafunc):
    if "zone_name" in metafunc.fixturenames:
        zones = ZONES if metafunc.config.getoption("--long") else SOME_ZONES
        metafunc.parametrize("zone_name", zones)


def test_all_day_is_as_a_model_has_it_minute_by_minute(amira, zone_name):
    rng = random.Random(zone_name)
    zone = zoneinfo.ZoneInfo(zone_name)
    lives_in(amira, zone_name)
    for middle in changes_of(zone, rng):
        model = Model(zone, middle)
        body = [random_event(rng, model) for _ in range(10)]
        events = expect(amira.post("/api/events/batch", body), 201).json
        must_be_busy_as_the_model(amira, model, events)
        must_conflict_as_the_model(amira, model, events, rng)
        must_be_in_windows_as_in_the_model(amira, model, events, rng)
        for event in events:
            expect(amira.delete(f"/api/events/{event['id']}"), 200)


# -- A dry run looks at the reader's days ----------------------------------------------------------


@pytest.mark.parametrize(
    "zone, start, end, expected",
    [
        ("America/Los_Angeles", "2027-07-07T06:00:00Z", "2027-07-07T07:00:00Z", [6]),
        ("America/Los_Angeles", "2027-07-07T06:00:00Z", "2027-07-07T07:00:01Z", [6, 7]),
        ("Pacific/Kiritimati", "2027-07-06T10:00:00Z", "2027-07-06T11:00:00Z", [7]),
        ("UTC", "2027-07-06T10:00:00Z", "2027-07-06T11:00:00Z", [6]),
    ],
)
def test_a_dry_run_shows_the_days_of_the_reader(amira, zone, start, end, expected):
    lives_in(amira, zone)
    made = amira.creates(
        **day("2027-07-01", timezone="Europe/Berlin"),
        recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=20"},
    )
    path = f"/api/events/{made['id']}/occurrences/2027-07-01T00:00:00Z"
    window = {"from": start, "to": end, "dry_run": "true", "scope": "all"}
    for change, fate in (({"title": "x"}, "kept"), ({"location": "y"}, "kept")):
        preview = expect(amira.patch(path, change, **window), 200).json["preview"]
        days = [int(step["occurrence"][8:10]) for step in preview[fate]]
        assert (days, preview[f"{fate}_count"]) == (expected, len(expected))
    longer = {"end_time": "2027-07-03T00:00:00Z"}  # two days: the one before reaches in, too
    preview = expect(amira.patch(path, longer, **window), 200).json["preview"]
    days = [int(step["occurrence"][8:10]) for step in preview["moved"]]
    assert sorted(days) == [expected[0] - 1] + expected


def test_a_dry_run_begins_with_the_readers_day(amira):
    lives_in(amira, "America/Los_Angeles")
    made = amira.creates(**day("2027-07-01"), recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=20"})
    path = f"/api/events/{made['id']}/occurrences/2027-07-11T00:00:00Z"
    reply = expect(amira.patch(path, {"title": "x"}, scope="following", dry_run="true"), 200)
    preview = reply.json["preview"]
    assert (preview["from"], preview["kept_count"]) == ("2027-07-11T07:00:00Z", 10)
