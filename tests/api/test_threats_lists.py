"""Attacks on lists and queries."""

import pytest

from support.people import expect


@pytest.mark.parametrize(
    "name, value",
    [
        ("limit", value)
        for value in (
            "0",
            "-1",
            "1001",
            "1000000000",
            "ten",
            "1.5",
            "0x10",
            " 1",
            "1e2",
            "+5",
            "9" * 30,
        )
    ]
    + [("skip", value) for value in ("-1", "text", "1.0", "9" * 30)]
    + [("owner_id", value) for value in ("0x1", "text", "9" * 30, "1;DROP TABLE users")]
    + [
        ("sort_by", value)
        for value in (
            "id",
            "owner_id",
            "--title",
            "title;",
            "title desc",
            "password",
            "(SELECT 1)",
            "START_TIME",
        )
    ]
    + [("role", value) for value in ("Admin", "4", "'")]
    + [("deleted", value) for value in ("maybe", "2")]
    + [("is_recurring", "perhaps")]
    + [
        (name, value)
        for name in ("from", "to", "start_time_after", "start_time_before", "updated_since")
        for value in ("now", "2025-01-01", "2025-01-01T00:00:00", "0", "2025-13-01T00:00:00Z")
    ]
    + [("title", "x" * 201), ("q", "é" * 101), ("location", "x" * 300)],
)
def test_a_value_out_of_range_is_named(amira, name, value):
    query = {name: value}
    if name in ("from", "to"):
        query = {"from": "2025-01-01T00:00:00Z", "to": "2025-02-01T00:00:00Z", **query}
    expect(amira.get("/api/events", **query), 422, name)


def test_an_unknown_parameter_is_named_with_the_nearest(amira):
    reply = expect(amira.get("/api/events", titel="x"), 422, "titel")
    assert reply.faults()["titel"] == "unknown_field"
    assert "title" in reply.json["errors"][0]["msg"]


@pytest.mark.parametrize("text", ["limit=1&limit=2", "title=a&title=a", "limit=1&l%69mit=2"])
def test_a_repeated_parameter_is_refused(amira, text):
    expect(amira.get(f"/api/events?{text}"), 422)


def test_every_wrong_parameter_is_named_at_once(amira):
    reply = amira.get("/api/events", limit=0, skip=-1, colour="red", sort_by="x")
    expect(reply, 422, "limit", "skip", "colour", "sort_by")


def test_a_window_has_both_ends_and_at_most_400_days(amira):
    expect(amira.get("/api/events", **{"from": "2025-01-01T00:00:00Z"}), 422, "to")
    expect(amira.get("/api/events", to="2025-01-01T00:00:00Z"), 422, "to")
    occurrence = f"/api/events/{amira.creates()['id']}/occurrences/2025-03-03T09:00:00Z"
    backwards = {"from": "2025-02-01T00:00:00Z", "to": "2025-01-01T00:00:00Z"}
    long = {"from": "2025-01-01T00:00:00Z", "to": "2026-02-05T00:00:01Z"}
    for query, fault in ((backwards, "time_order"), (long, "window_too_long")):
        for reply in (
            amira.get("/api/events", **query),
            amira.get("/api/calendar", **query),
            amira.get("/api/freebusy", **query),
            amira.delete(occurrence, dry_run="true", **query),
        ):
            assert expect(reply, 422).faults() == {"to": fault}


def test_deep_paging_needs_a_cursor(amira):
    expect(amira.get("/api/events", skip=10_001), 422, "skip")
    expect(amira.get("/api/events", skip=10_000), 200)


@pytest.mark.parametrize(
    "term", ["%", "_", "\\", "%%", "a%", "\\%", "*", ".*", "[a-z]", "'", '"', "''"]
)
def test_wildcards_are_letters_like_any_other(amira, term):
    amira.creates(title="plain")
    amira.creates(title=f"with {term} inside")
    for name in ("title", "q"):
        items = expect(amira.get("/api/events", **{name: term}), 200).json["items"]
        assert [item["title"] for item in items] == [f"with {term} inside"]


@pytest.mark.parametrize(
    "term", ["'; DROP TABLE events; --", "' OR '1'='1", "\\'; SELECT 1; --", "$1", "1) OR (1=1"]
)
def test_a_search_term_is_never_a_query(amira, term):
    amira.creates()
    assert expect(amira.get("/api/events", title=term), 200).json["items"] == []
    assert expect(amira.get("/api/events", q=term), 200).json["total"] == 0
    assert expect(amira.get("/api/events"), 200).json["total"] == 1


@pytest.mark.parametrize(
    "text", ["title=%00", "title=a%00b", "title=%ff", "q=%c0%af", "title=%ed%a0%80"]
)
def test_text_that_is_none_is_refused_before_the_database(amira, text):
    assert amira.get(f"/api/events?{text}").status in (400, 422)


# -- Cursors ---------------------------------------------------------------------------------------


@pytest.fixture
def cursor(amira):
    for day in range(1, 5):
        amira.creates(title=f"Day {day}")
    return amira.get("/api/events", limit=2).json["next_cursor"]


def is_refused(reply):
    return reply.status in (400, 422)


@pytest.mark.parametrize(
    "wrong", ["x", "AAAA", "0", "é", "x" * 2000, "../../etc/passwd", "e30="]
)
def test_a_cursor_that_is_none_is_refused(amira, cursor, wrong):
    assert is_refused(amira.get("/api/events", limit=2, cursor=wrong))


def test_a_cursor_altered_anywhere_is_refused(amira, cursor):
    for place in range(0, len(cursor), 3):
        other = "A" if cursor[place] != "A" else "Q"
        altered = cursor[:place] + other + cursor[place + 1 :]
        assert is_refused(amira.get("/api/events", limit=2, cursor=altered)), place
    assert is_refused(amira.get("/api/events", limit=2, cursor=cursor[:-1]))
    assert is_refused(amira.get("/api/events", limit=2, cursor=cursor + "A"))


def test_a_cursor_belongs_to_its_user(amira, bela, cursor):
    bela.creates()
    assert is_refused(bela.get("/api/events", limit=2, cursor=cursor))


def test_a_cursor_belongs_to_its_filters_and_order(amira, cursor):
    assert is_refused(amira.get("/api/events", limit=2, cursor=cursor, title="Day"))
    assert is_refused(amira.get("/api/events", limit=2, cursor=cursor, sort_by="-title"))
    assert is_refused(amira.get("/api/events", limit=2, cursor=cursor, deleted="true"))


def test_a_cursor_belongs_to_its_list(root, amira, cursor):
    assert is_refused(amira.get("/api/users", cursor=cursor))


def test_cursor_and_skip_exclude_each_other(amira, cursor):
    assert is_refused(amira.get("/api/events", limit=2, cursor=cursor, skip=1))
