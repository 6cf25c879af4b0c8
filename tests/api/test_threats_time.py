"""Odd times."""

import datetime
import time

import pytest

from support.people import Person, event, expect, unused_name

WRONG = [
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "-2025-01-01T00:00:00Z",
    "1899-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "2025-03-03T24:00:00Z",
    "2025-03-03T25:00:00Z",
    "2025-03-03T09:60:00Z",
    "2025-03-03T09:00:61Z",
    "2025-02-29T09:00:00Z",
    "2024-02-30T09:00:00Z",
    "2100-02-29T09:00:00Z",
    "2025-04-31T09:00:00Z",
    "2025-00-03T09:00:00Z",
    "2025-13-03T09:00:00Z",
    "2025-03-00T09:00:00Z",
    "2025-03-32T09:00:00Z",
    "2025-03-03T09:00:00+24:00",
    "2025-03-03T09:00:00+14:01",
    "2025-03-03T09:00:00-00:00",
    "2025-03-03T09:00:00-0000",
    "2025-03-03T09:00:00+05",
    "2025-03-03T09:00:00+05:60",
    "2025-03-03T09:00:00",
    "2025-03-03 09:00:00",
    "2025-03-03T09:00",
    "2025-03-03",
    "2025-W10-1T09:00:00Z",
    "20250303T090000Z",
    "2025-03-03T09:00:00,5Z",
    "2025-03-03T09:00:00.Z",
    "2025-03-03T09:00:00.1234567890Z",
    "2025-03-03T09:00:00ZZ",
    "2025-03-03T09:00:00Z ",
    " 2025-03-03T09:00:00Z",
    "2025-03-03T09:00:00 Z",
    "2025-3-3T9:00:00Z",
    "２025-03-03T09:00:00Z",
    "1900-01-01T00:00:00+14:00",
    "2199-12-31T23:59:59-14:00",
    "now",
    "",
    "1741000000",
    "Mon, 03 Mar 2025 09:00:00 GMT",
    "2025-03-03T09:00:00Europe/Zurich",
]  # fmt: skip
RIGHT = {
    "2025-03-03T09:00:00Z": "2025-03-03T09:00:00Z",
    "2025-03-03t09:00:00z": "2025-03-03T09:00:00Z",
    "2025-03-03T09:00:00+00:00": "2025-03-03T09:00:00Z",
    "2025-03-03T10:00:00+01:00": "2025-03-03T09:00:00Z",
    "2025-03-03T03:30:00-05:30": "2025-03-03T09:00:00Z",
    "2025-03-03T23:00:00+14:00": "2025-03-03T09:00:00Z",
    "2025-03-03T09:00:00.500Z": "2025-03-03T09:00:00.5Z",
    "2025-03-03T09:00:00.000000Z": "2025-03-03T09:00:00Z",
    "2025-03-03T09:00:00.000001Z": "2025-03-03T09:00:00.000001Z",
    "2025-03-03T09:00:00.123456000Z": "2025-03-03T09:00:00.123456Z",
    "2024-02-29T09:00:00Z": "2024-02-29T09:00:00Z",
    "1900-01-01T00:00:00Z": "1900-01-01T00:00:00Z",
    "1969-12-31T09:59:59.5Z": "1969-12-31T09:59:59.5Z",
    "1970-01-01T00:00:00Z": "1970-01-01T00:00:00Z",
    "2199-12-31T00:00:00Z": "2199-12-31T00:00:00Z",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_time_that_is_none_is_named(amira, text):
    expect(amira.post("/api/events", event(start_time=text)), 422, "start_time")
    expect(amira.post("/api/events", event(end_time=text)), 422, "end_time")


@pytest.mark.parametrize("value", [1741000000, 1.5, True, None, [], {}], ids=str)
def test_a_time_is_text(amira, value):
    expect(amira.post("/api/events", event(start_time=value)), 422, "start_time")


@pytest.mark.parametrize("text, shown", RIGHT.items())
def test_a_time_comes_back_in_utc(amira, text, shown):
    made = amira.creates(start_time=text, end_time=shown[:11] + "12:00:00Z")
    assert made["start_time"] == shown
    assert amira.sees(made["id"])["start_time"] == shown


@pytest.mark.parametrize("text", ["2025-03-03T09:00:60Z", "2025-06-30T23:59:60Z"])
def test_a_leap_second_is_refused_or_the_next_second(amira, text):
    reply = amira.post("/api/events", event(start_time=text, end_time="2025-12-03T10:00:00Z"))
    if reply.status == 201:
        assert reply.json["start_time"] in ("2025-03-03T09:01:00Z", "2025-07-01T00:00:00Z")
    else:
        expect(reply, 422, "start_time")


def test_an_event_lasts_at_most_ten_years(amira):
    expect(amira.post("/api/events", event(end_time="2036-01-01T00:00:00Z")), 422, "end_time")
    amira.creates(end_time="2035-03-01T00:00:00Z")


@pytest.mark.parametrize(
    "zone",
    [
        "Mars/Olympus",
        "../../etc/passwd",
        "/etc/passwd",
        "Europe/../Europe/Zurich",
        "posix/Europe/Zurich",
        "right/UTC",
        "TZ=UTC",
        "CET-1CEST",
        "<+03>-3",
        ":Europe/Zurich",
        "Europe/Zurich\n",
        "europe/zurich ",
        "Europe",
        "x" * 1000,
        "",
        "zone.tab",
        "leapseconds",
        7,
    ],
    ids=repr,
)
def test_a_zone_that_is_none_is_named(amira, zone):
    reply = amira.post("/api/events", event(timezone=zone))
    if zone == "Europe/Zurich\n" and reply.status == 400:
        return
    expect(reply, 422, "timezone")


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Zurich", "America/Argentina/Buenos_Aires", "Etc/GMT+5"]
)
def test_a_zone_is_kept_as_it_is_named(amira, zone):
    assert amira.creates(timezone=zone)["timezone"] == zone


def test_all_day_dates_do_not_shift_with_the_zone(amira):
    for zone in ("UTC", "Pacific/Kiritimati", "America/Los_Angeles"):
        made = amira.creates(
            all_day=True,
            timezone=zone,
            start_time="2025-03-03T00:00:00Z",
            end_time="2025-03-04T00:00:00Z",
        )
        assert made["start_time"] == "2025-03-03T00:00:00Z"
        assert made["end_time"] == "2025-03-04T00:00:00Z"


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns", "Pacific/Apia"])
def test_the_zone_of_the_server_does_not_matter(start, zone):
    server = start(TZ=zone)
    somebody = Person(server.client, unused_name("traveller"))
    seen = somebody.sees(somebody.creates()["id"])
    assert seen["start_time"] == "2025-03-03T09:00:00Z"
    assert seen["end_time"] == "2025-03-03T10:00:00Z"
    made = datetime.datetime.fromisoformat(seen["created_at"].replace("Z", "+00:00"))
    assert -1 < time.time() - made.timestamp() < 60
