"""What one request, one page and one document may take."""

import datetime
import json
import pathlib
import re
import time

import psycopg2
import pytest

from support import program
from support.people import event, expect

KIB = 1024
MIB = 1024 * KIB
PAGE_BYTES = 4 * MIB
DOCUMENT_BYTES = 256 * KIB
LONG = "x" * (60 * KIB)


def makes(person, count, **members):
    """So many events with a long description each; gives their ids."""
    ids = []
    while len(ids) < count:
        some = [
            event(
                title=f"Event {len(ids) + i:04}",
                start_time=f"2025-03-03T09:{(len(ids) + i) % 60:02}:00Z",
                description=LONG,
                **members,
            )
            for i in range(min(15, count - len(ids)))
        ]
        ids += [made["id"] for made in expect(person.post("/api/events/batch", some), 201).json]
    return ids


def next_link(reply):
    found = re.search(r"<([^>]+)>; rel=\"next\"", reply.headers.get("Link", ""))
    return found and found[1]


def pages(person, path, **query):
    """All pages of a list, by their Link."""
    replies = [expect(person.get(path, **query), 200)]
    while (target := next_link(replies[-1])) is not None:
        replies.append(expect(person.get(target), 200))
    return replies


# -- Pages -----------------------------------------------------------------------------------------


def assert_pages(replies, most=PAGE_BYTES + 2 * 64 * KIB):
    assert len(replies) > 1
    assert all(len(reply.body) <= most for reply in replies)
    assert all(len(reply.body) > PAGE_BYTES / 2 for reply in replies[:-1])


def in_short(long_run, is_part):
    """Of cases that take seconds each and differ little, the short form does a part."""
    if not long_run and not is_part:
        pytest.skip("a part of the long form")


@pytest.mark.parametrize("sort_by", ["start_time", "-start_time", "title", "-updated_at"])
def test_a_page_of_events_ends_after_4_mib_and_the_next_goes_on(amira, sort_by, long_run):
    in_short(long_run, sort_by in ("start_time", "-updated_at"))
    ids = makes(amira, 90)
    replies = pages(amira, "/api/events", limit=1000, sort_by=sort_by)
    assert_pages(replies)
    seen = [item["id"] for reply in replies for item in reply.json["items"]]
    assert sorted(seen) == sorted(ids) and len(seen) == len(ids)
    assert replies[0].json["total"] == 90
    assert replies[0].json["next_cursor"] in next_link(replies[0])
    assert replies[-1].json["next_cursor"] is None


def test_a_page_of_the_changelog_ends_after_4_mib(amira):
    made = amira.creates()["id"]
    for i in range(60):
        amira.changes(made, description=f"{i} {LONG}")
    for order in ("asc", "desc"):
        replies = pages(amira, f"/api/events/{made}/changelog", limit=1000, order=order)
        assert_pages(replies, PAGE_BYTES + 4 * 64 * KIB)
        versions = [entry["version_number"] for reply in replies for entry in reply.json]
        assert versions == sorted(range(1, 62), reverse=order == "desc")


def test_a_page_of_occurrences_ends_after_4_mib(amira):
    made = amira.creates(
        description=LONG, recurrence_pattern={"freq": "daily", "count": 100}
    )["id"]
    window = {"from": "2025-03-01T00:00:00Z", "to": "2025-12-01T00:00:00Z"}
    for path in (f"/api/events/{made}/occurrences", "/api/calendar"):
        replies = pages(amira, path, limit=1000, **window)
        starts = [item["occurrence"] for reply in replies for item in reply.json["items"]]
        assert len(set(starts)) == len(starts) == 100 and starts == sorted(starts), path
        assert all(len(reply.body) <= PAGE_BYTES + 128 * KIB for reply in replies), path


def test_a_page_of_the_calendar_ends_after_4_mib_and_the_next_goes_on(amira):
    """Of single events and series together, in the order that one long page would have."""
    ids = makes(amira, 90)
    for hour in (9, 10):
        ids.append(
            amira.creates(
                title="Series",
                start_time=f"2025-03-03T{hour:02}:30:00Z",
                end_time=f"2025-03-03T{hour:02}:40:00Z",
                recurrence_pattern={"freq": "daily", "count": 3},
            )["id"]
        )
    window = {"from": "2025-03-01T00:00:00Z", "to": "2025-04-01T00:00:00Z"}
    replies = pages(amira, "/api/calendar", limit=1000, **window)
    assert_pages(replies)
    places = [
        (item["start_time"], item["event_id"]) for reply in replies for item in reply.json["items"]
    ]
    assert len(places) == 90 + 2 * 3
    assert places == sorted(places) and len(set(places)) == len(places)
    assert {event_id for _, event_id in places} == set(ids)


# -- Memory ----------------------------------------------------------------------------------------


def test_what_takes_more_memory_than_a_request_may_is_refused_whole(amira, bela, server):
    ids = makes(amira, 250)
    items = [{"id": one, "title": "Another"} for one in ids]

    def refuse(times):
        for _ in range(times):
            reply = expect(amira.patch("/api/events/batch", {"items": items}), 422)
            assert "more than one request may take" in reply.json["detail"]

    refuse(3)
    before = server.resident_kib("RssAnon")
    refuse(6)
    end = time.monotonic() + 5  # what a request took is given back after its reply
    while not program.is_sanitized() and server.resident_kib("RssAnon") - before >= 32 * KIB:
        assert time.monotonic() < end, server.resident_kib("RssAnon") - before
        time.sleep(0.05)
    assert amira.sees(ids[0])["version_number"] == 1
    assert amira.sees(ids[-1])["title"] != "Another"
    expect(amira.patch("/api/events/batch", {"items": items[:5]}), 200)
    bela.creates()


def peak_kib(server, ask):
    """How much the process has grown at the most while it was asked."""
    pathlib.Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
    before = server.resident_kib("VmHWM")
    ask()
    return server.resident_kib("VmHWM") - before


def series_of_minutes(count):
    """So many daily ones that never meet."""
    return [
        event(
            start_time=f"2025-03-03T{n // 30:02}:{n % 30 * 2:02}:00Z",
            end_time=f"2025-03-03T{n // 30:02}:{n % 30 * 2 + 1:02}:00Z",
            recurrence_pattern={"rrule": "FREQ=DAILY"},
        )
        for n in range(count)
    ]


def test_a_batch_of_series_that_rejects_conflicts_takes_little_memory(amira, server):
    """One of 100 KB took 150 MB, and one that changes as many 210."""
    if program.is_sanitized():
        pytest.skip("a build with a sanitizer")
    made = []

    def create():
        reply = amira.post("/api/events/batch", series_of_minutes(500), conflicts="reject")
        made.extend(one["id"] for one in expect(reply, 201).json)

    def change():
        items = [{"id": one, "end_time": series["end_time"].replace(":00Z", ":30Z")}
                 for one, series in zip(made, series_of_minutes(500))]
        reply = amira.patch("/api/events/batch", {"items": items}, conflicts="reject")
        expect(reply, 200)

    assert peak_kib(server, create) < 48 * KIB
    assert peak_kib(server, change) < 64 * KIB


# -- Bodies ----------------------------------------------------------------------------------------


def test_a_body_of_events_has_at_most_a_mebibyte_and_others_64_kib(amira):
    made = amira.creates()["id"]
    padding = " " * (64 * KIB)

    def sends(method, path, body, size):
        text = json.dumps(body)
        return amira.ask(method, path, (text + " " * (size - len(text))).encode())

    patch = {"title": "Padded"}
    expect(sends("PATCH", f"/api/events/{made}", patch, MIB), 200)
    expect(sends("PATCH", f"/api/events/{made}", patch, MIB + 1), 413)
    expect(sends("POST", "/api/events", event(), MIB + 1), 413)
    expect(sends("POST", "/api/events/batch", [event()], MIB), 201)
    share = {"users": [{"user_id": 10**9, "role": "Viewer"}]}
    expect(sends("POST", f"/api/events/{made}/share", share, len(padding)), 404)
    expect(sends("POST", f"/api/events/{made}/share", share, len(padding) + 1), 413)
    expect(sends("PATCH", "/api/users/me", {}, 64 * KIB + 1), 413)


# -- Documents -------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["a", "é", "€", "😀"])
def test_a_description_has_at_most_64_kib_of_utf_8(amira, letter):
    size = len(letter.encode())
    longest = letter * (64 * KIB // size)
    made = amira.creates(description=longest)
    assert made["description"] == longest
    for reply in (
        amira.post("/api/events", event(description=longest + "a" * size)),
        amira.patch(f"/api/events/{made['id']}", {"description": longest + letter}),
    ):
        assert expect(reply, 422).faults() == {"description": "string_too_long"}


def size_of(document):
    return len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


@pytest.mark.parametrize("letter", ["x", '"', "\n", "€"])
def test_an_event_with_its_overrides_stays_one_document_of_256_kib(amira, letter, long_run):
    in_short(long_run, letter in ('"', "€"))
    made = amira.creates(recurrence_pattern={"freq": "daily", "count": 60})["id"]
    text = letter * (20 * KIB // len(letter.encode()))
    statuses = []
    for day in range(3, 29):
        where = f"/api/events/{made}/occurrences/2025-03-{day:02}T09:00:00Z"
        reply = amira.patch(where, {"description": text})
        statuses.append(reply.status)
        if reply.status == 422:
            assert reply.faults() == {"description": "document_too_large"}
            assert "256 KiB" in reply.json["errors"][0]["msg"]
    assert 200 in statuses and 422 in statuses
    assert statuses == sorted(statuses)
    now = amira.sees(made)
    del now["permissions"]
    assert DOCUMENT_BYTES / 2 < size_of(now) <= DOCUMENT_BYTES
    overrides = {f"2025-03-{day}T09:00:00Z": {"description": text} for day in range(10, 29)}
    reply = amira.patch(f"/api/events/{made}", {"recurrence_overrides": overrides})
    assert expect(reply, 422).faults() == {"recurrence_overrides": "document_too_large"}
    items = {"items": [{"id": made, "recurrence_overrides": overrides}]}
    reply = expect(amira.patch("/api/events/batch", items), 422)
    assert reply.faults() == {"items.0.recurrence_overrides": "document_too_large"}
    assert amira.sees(made)["version_number"] == now["version_number"]
    where = f"/api/events/{made}/occurrences/2025-03-03T09:00:00Z"
    expect(amira.delete(where), 200)  # which makes it shorter


def test_the_changelog_of_a_changed_override_has_that_one_alone(amira):
    starts = [f"2025-03-{day:02}T09:00:00Z" for day in range(3, 13)]
    made = amira.creates(
        recurrence_pattern={"freq": "daily", "count": 60},
        recurrence_overrides={start: {"description": "x" * 5000} for start in starts},
    )["id"]
    expect(amira.patch(f"/api/events/{made}/occurrences/{starts[4]}", {"title": "Other"}), 200)
    rest = amira.sees(made)["recurrence_overrides"]
    del rest[starts[5]]
    expect(amira.put(f"/api/events/{made}", {"recurrence_overrides": rest}), 200)
    entries = expect(amira.get(f"/api/events/{made}/changelog"), 200).json
    assert len(entries[0]["changes"]["recurrence_overrides"]["new"]) == 10
    both = entries[1]["changes"]["recurrence_overrides"]
    assert set(both["old"]) == set(both["new"]) == {starts[4]}
    assert both["new"][starts[4]]["title"] == "Other"
    assert entries[2]["changes"]["recurrence_overrides"] == {
        "old": {starts[5]: {"description": "x" * 5000}},
        "new": None,
    }


# -- The last year ---------------------------------------------------------------------------------

LAST = "2199-12-31T00:00:00Z"


def moves_beyond(amira, made, event_id):
    """Every way to let an event or an occurrence end in the year 2200."""
    path = f"/api/events/{event_id}"
    where = f"{path}/occurrences/{made['start_time']}"
    yield amira.patch(where, {"start_time": LAST}, scope="all")
    yield amira.patch(where, {"start_time": LAST}, scope="this")
    yield amira.patch(where, {"start_time": LAST}, scope="following")
    yield amira.patch(path, {"start_time": LAST, "end_time": "2200-01-01T00:00:00Z"})
    yield amira.patch(path, {"recurrence_overrides": {made["start_time"]: {"start_time": LAST}}})


@pytest.mark.parametrize("rule", [{}, {"recurrence_pattern": {"freq": "daily", "count": 2}}])
def test_no_event_ends_after_the_year_2199(amira, rule):
    made = amira.creates(
        start_time="2199-12-29T00:00:00Z", end_time="2199-12-30T00:00:00Z", **rule
    )
    for reply in moves_beyond(amira, made, made["id"]):
        expect(reply, 422)
    now = amira.sees(made["id"])
    assert now["version_number"] == 1
    expect(amira.put(f"/api/events/{made['id']}", now), 200)


# -- Search ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["a", "ä", "語"])
def test_a_search_takes_time_by_the_length_of_the_texts_alone(amira, letter, long_run):
    """However nearly the words match everywhere."""
    in_short(long_run, letter != "ä")
    description = letter * (64_000 // len(letter.encode()))
    for _ in range(21):
        body = [event(description=description) for _ in range(5)]
        expect(amira.post("/api/events/batch", body), 201)
    began = time.monotonic()
    reply = amira.get("/api/events", q=letter * (199 // len(letter.encode())) + "b")
    took = time.monotonic() - began
    found = expect(reply, 200).json
    assert found["items"] == [] and found["total"] == 0
    assert program.is_sanitized() or took < 1


ALIKE = [
    ("Straße ÄÖÜ", ["äöü", "STRASSE", "strasse Ä", "a\u0308o\u0308u\u0308"]),
    ("ΑΒΓ αβγ", ["αβγ ΑΒΓ"]),
    ("ΟΔΟΣ ς", ["οδος σ", "ΟΔΟΣ Σ"]),
    ("100 % sure_thing", ["0 % S", "sure_"]),
    ("back\\slash", ["K\\S"]),
    ("Kelvin \u212a", ["kelvin k", "\u212aELVIN"]),
    ("İstanbul", ["i\u0307stanbul", "stanbul"]),
    ("Ⱥⱥ", ["ⱥȺ"]),
    ("Cafe\u0301 noir", ["café", "CAFÉ", "cafe\u0301"]),
    ("Vo\u0302\u0323", ["vộ", "Vo\u0323\u0302"]),
    ("Ω\u2126", ["ωω"]),
    ("한국", ["\u1112\u1161\u11ab\u1100\u116e\u11a8"]),
    ("***=(a|b)[c]$^", ["***=(A|B)[C]$^", "|", "(a|b"]),
]
NOT_ALIKE = ["%%", "cafe noir", "istanbul.", "a.b", "^", "ıstanbul", "sure-thing"]


def test_a_search_finds_what_is_written_otherwise(amira):
    """F17, F19: in any case, composed or not, the same on both databases."""
    for text, _ in ALIKE:
        amira.creates(title=text)
        amira.creates(title="-", location=text, description=text)
    for text, queries in ALIKE:
        for query in queries:
            for member in ("title", "location", "q"):
                items = expect(amira.get("/api/events", **{member: query}), 200).json["items"]
                found = {item["location"] or item["title"] for item in items}
                assert text in found, (member, query)
    for query in NOT_ALIKE:
        found = expect(amira.get("/api/events", q=query), 200).json
        assert query == "^" or found["items"] == [], query


def test_a_search_finds_what_an_event_is_now(amira):
    made = amira.creates(title="Übung")
    path = f"/api/events/{made['id']}"

    def finds(query):
        return [item["id"] for item in expect(amira.get("/api/events", q=query), 200).json["items"]]

    assert finds("übung") == [made["id"]]
    expect(amira.patch(path, {"title": "Exercise"}), 200)
    assert finds("übung") == [] and finds("EXERCISE") == [made["id"]]
    expect(amira.patch(path, {"description": "ÉTÉ"}), 200)
    assert finds("été") == finds("exercise") == [made["id"]]
    expect(amira.post(f"{path}/rollback/1"), 200)
    assert finds("été") == finds("exercise") == [] and finds("ÜBUNG") == [made["id"]]
    expect(amira.delete(path), 200)
    assert finds("übung") == []
    expect(amira.delete(f"{path}/purge"), 204)


def test_a_search_finds_an_occurrence_by_its_own_texts(amira):
    """N3."""
    made = amira.creates(
        title="Weekly", location="Here", recurrence_pattern={"rrule": "FREQ=WEEKLY;COUNT=4"}
    )
    path = f"/api/events/{made['id']}"
    starts = [item["occurrence"] for item in
              expect(amira.get(f"{path}/occurrences"), 200).json["items"]]
    own = {"title": "Déjeuner", "location": "Upstairs", "description": "Bring forks"}
    expect(amira.patch(f"{path}/occurrences/{starts[1]}", own), 200)

    def finds(**query):
        return [item["id"] for item in expect(amira.get("/api/events", **query), 200).json["items"]]

    for query in ({"title": "déj"}, {"title": "week"}, {"q": "FORKS"}, {"q": "upstairs"},
                  {"location": "upst"}, {"location": "here"}, {"q": "de\u0301jeuner"}):
        assert finds(**query) == [made["id"]], query
    for query in ({"title": "fork"}, {"location": "week"}, {"q": "weekly\u0301"},
                  {"q": "weeklydéjeuner"}):
        assert finds(**query) == [], query
    expect(amira.patch(f"{path}/occurrences/{starts[1]}", {"title": "Weekly"}), 200)
    assert finds(title="déj") == []
    tail = expect(amira.patch(f"{path}/occurrences/{starts[2]}?scope=following",
                              {"title": "Später"}), 200).json["new_event"]
    assert finds(title="SPÄTER") == [tail["id"]]



@pytest.mark.databases("postgres")
def test_a_stranger_does_not_wait_for_who_writes_to_an_event(amira, bela, shared):
    made = amira.creates()["id"]
    connection = psycopg2.connect(shared.database.url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM events WHERE id = %s FOR UPDATE", (made,))
        began = time.monotonic()
        expect(bela.patch(f"/api/events/{made}", {"title": "Mine"}), 404)
        expect(bela.delete(f"/api/events/{made}"), 404)
        assert time.monotonic() - began < 1
    connection.rollback()
    connection.close()
    amira.changes(made, title="Still mine")


# -- What keeps no writer --------------------------------------------------------------------------


def cpu_of_threads(server):
    """What each thread of the server has used so far, in milliseconds."""
    used = {}
    for task in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir():
        used[task.name] = int((task / "schedstat").read_text().split()[0]) / 1e6
    return used


def growth(before, after):
    return {task: used - before.get(task, 0) for task, used in after.items()}


class Writing:
    """The threads that small writes need, which are the network's and the writer."""

    def __init__(self, server, person):
        if program.is_sanitized():
            pytest.skip("a sanitizer is slower on purpose")
        self.server = server
        before = cpu_of_threads(server)
        for _ in range(40):
            person.creates()
        used = growth(before, cpu_of_threads(server))
        self.tasks = {task for task in used if used[task] > 0.2}

    def take(self, ask, *body, **query):
        """The reply, what they have used for it, and what all threads have, in milliseconds."""
        before = cpu_of_threads(self.server)
        reply = ask(*body, **query)
        used = growth(before, cpu_of_threads(self.server))
        return reply, sum(used[task] for task in used if task in self.tasks), sum(used.values())


def hostile(number):
    """Half a description of marks that all have to be put in order: 8 KiB take a millisecond."""
    return "e" + "\u0301\u0323" * 7900 + f" {number:03}"


@pytest.mark.databases("sqlite")
def test_the_writer_does_not_fold_what_a_body_brings(amira, server):
    """By the CPU of the threads that small writes need, which are the network's and the writer: to
    fold a MiB takes longer than all else that is done with it."""
    writing = Writing(server, amira)

    def takes(ask, body, status):
        body = json.dumps(body, ensure_ascii=False).encode()
        reply, in_the_way, used = writing.take(ask, "/api/events/batch", body)
        assert in_the_way < used / 2, (reply.target, in_the_way, used)
        return expect(reply, status).json

    made = takes(amira.post, [event(description=hostile(i)) for i in range(31)], 201)
    items = [{"id": one["id"], "description": hostile(i + 50)} for i, one in enumerate(made)]
    takes(amira.patch, {"items": items}, 200)
    found = expect(amira.get("/api/events", q="080"), 200).json
    assert [one["id"] for one in found["items"]] == [made[30]["id"]]


MOST_MS = 15


def day(number, hour=9, minute=0):
    at = datetime.datetime(2025, 3, 3, hour, minute) + datetime.timedelta(number)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def many_overrides(title="Moved"):
    """Nine hundred that come to some 220 KiB."""
    return {
        day(number): {
            "title": f"{title} {number}",
            "description": "y" * 120,
            "start_time": day(number, 9, 30),
            "end_time": day(number, 10, 30),
        }
        for number in range(900)
    }


@pytest.mark.databases("sqlite")
def test_the_writer_follows_no_long_series(amira, server):
    """Where others wait for it; by the CPU of the threads that small writes need."""
    writing = Writing(server, amira)
    rule = {"rrule": "FREQ=DAILY;COUNT=900"}
    made = amira.creates(recurrence_pattern=rule)["id"]
    path = f"/api/events/{made}"
    later = {"start_time": day(0, 11), "end_time": day(0, 12)}
    changes = [
        ("all at once", amira.put, path, {"recurrence_overrides": many_overrides()}),
        ("start", amira.patch, path, later),
        ("zone", amira.patch, path, {"timezone": "Africa/Abidjan"}),
        ("rule", amira.patch, path, {"recurrence_pattern": {"rrule": "FREQ=DAILY;COUNT=901"}}),
        ("title", amira.patch, path, {"title": "Another"}),
        ("others", amira.put, path, {"recurrence_overrides": {
            day(int(number), 11): {"title": f"Other {number}"} for number in range(900)}}),
        ("rollback", amira.post, f"{path}/rollback/3", {}),
        ("this", amira.patch, f"{path}/occurrences/{day(5, 11)}", {"title": "This"}),
        ("all", amira.patch, f"{path}/occurrences/{day(0, 11)}?scope=all",
         {"start_time": day(0, 12), "end_time": day(0, 13)}),
        ("following", amira.patch, f"{path}/occurrences/{day(100, 12)}?scope=following",
         {"title": "From here"}),
        ("cancelled", amira.delete, f"{path}/occurrences/{day(7, 12)}", None),
        ("batch", amira.patch, "/api/events/batch",
         {"items": [{"id": made, "start_time": day(0, 14), "end_time": day(0, 15)}]}),
    ]
    found = []
    for name, ask, target, body in changes:
        reply, in_the_way, used = writing.take(ask, target, body)
        expect(reply, 200)
        found.append((name, round(in_the_way, 1), round(used, 1)))
    print(found)
    assert all(in_the_way < MOST_MS for _, in_the_way, _ in found), found


@pytest.mark.databases("sqlite")
def test_the_writer_does_not_compare_all_that_was_looked_at(amira, server):
    """Beside 20,000 events of the same months, of which none has changed meanwhile."""
    for hour in range(9, 19):
        for begin in range(0, 400, 100):
            body = [
                event(start_time=day(n, hour, minute), end_time=day(n, hour, minute + 10))
                for n in range(begin, begin + 100)
                for minute in range(0, 50, 10)
            ]
            expect(amira.post("/api/events/batch", body), 201)
    writing = Writing(server, amira)
    rule = {"rrule": "FREQ=DAILY;COUNT=400"}
    found = []
    for hour in (20, 21, 22):
        series = event(start_time=day(0, hour), end_time=day(0, hour + 1), recurrence_pattern=rule)
        reply, in_the_way, used = writing.take(
            amira.post, "/api/events", series, conflicts="reject"
        )
        expect(reply, 201)
        found.append((round(in_the_way, 1), round(used, 1)))
    print(found)
    assert all(in_the_way < MOST_MS for in_the_way, _ in found), found


LONG_SERIES = 11


def test_what_was_looked_at_before_the_writer_counts_once(amira):
    """The look and the write of a change have each what a request may take."""
    rule = {"rrule": "FREQ=DAILY;COUNT=55"}
    body = event(recurrence_pattern=rule, start_time=day(0), end_time=day(0, 10))
    overrides = {day(number): {"description": "y" * 3900} for number in range(55)}
    made = []
    for _ in range(LONG_SERIES):
        made.append(expect(amira.post("/api/events", body), 201).json["id"])
        expect(amira.put(f"/api/events/{made[-1]}", {"recurrence_overrides": overrides}), 200)
    items = [{"id": one, "title": "Another"} for one in made]
    expect(amira.patch("/api/events/batch", {"items": items}), 200)
    assert all(amira.sees(one)["title"] == "Another" for one in made)
