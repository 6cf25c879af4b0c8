"""One bad neighbour: one account does a costly thing as fast as it can, and another person, who
reads, writes and signs in beside it, hardly feels it. Both are people of the default settings:
passwords cost what they cost, and limits are on.

The long form (`./test --long neighbours`, alone on the machine) does each of the things, counts the
slowest of a hundred, and shows that a program without the budgets fails. The short one, beside
other tests that want the same processors, does the three that it was shown to fail without them,
one for each kind of what the person does; it counts the medians, and grants three times as much."""

import base64
import datetime
import json
import os
import pathlib
import queue
import time

import pytest

from support import program
from support.client import Client
from support.neighbour import NEIGHBOUR, Attack, Request, measure
from support.people import Person, event, expect, unused_name

HOSTILE = "FREQ=SECONDLY;BYDAY=MO,WE,TH,FR,SA,SU"
LONG = "FREQ=HOURLY;INTERVAL=5;BYDAY=MO,TU,WE,TH,FR,SA;COUNT=100000"
YEARS = ("2027-06-01T00:00:00Z", "2036-05-01T00:00:00Z")
DEFAULTS = {"FASTI_BCRYPT_COST": None, "FASTI_RATE_LIMIT": None}


def hostile(number=0, **members):
    """A second of each day that there is none of in the window, asked for second by second."""
    return event(
        title=f"Hostile {number}",
        start_time="2027-05-31T00:00:00Z",
        end_time="2027-05-31T00:00:01Z",
        is_recurring=True,
        recurrence_pattern={"rrule": HOSTILE},
        **members,
    )


def long_series(number=0):
    return event(
        title=f"Long {number}",
        start_time="1990-01-01T00:00:00Z",
        end_time="1990-01-01T00:01:00Z",
        is_recurring=True,
        recurrence_pattern={"rrule": LONG},
    )


def minutes(count, first="2026-06-01T00:00:00+00:00"):
    """As many events of a minute, one after another."""
    start = datetime.datetime.fromisoformat(first)
    found = []
    for number in range(count):
        at = start + datetime.timedelta(minutes=2 * number)
        end = at + datetime.timedelta(minutes=1)
        found.append(event(start_time=at.isoformat(), end_time=end.isoformat()))
    return found


def create_all(person, events, at_once=100):
    """Creates them in batches; what a quota refuses is refused."""
    ids = []
    for first in range(0, len(events), at_once):
        reply = person.post("/api/events/batch", events[first : first + at_once])
        if reply.status == 201:
            ids += [one["id"] for one in reply.json]
    return ids


def get(person, *paths):
    return [Request("GET", path, None, person.token) for path in paths]


def send(person, method, path, *bodies):
    return [Request(method, path, json.dumps(body), person.token) for body in bodies]


# -- The costly things: each prepares what it needs, and gives what is sent over and over ----------


def searches(mallory, victim):
    create_all(mallory, [event(description="a" * 65000)] * 60, at_once=3)
    return get(mallory, "/api/events?q=" + "a" * 199 + "b")


def windows_of_hostile_series(mallory, victim):
    create_all(mallory, [hostile(n) for n in range(200)])
    window = "from=2028-01-01T00:00:00Z&to=2028-12-31T00:00:00Z"
    return get(mallory, f"/api/calendar?{window}", f"/api/freebusy?user_ids={mallory.id}&{window}")


def conflicts_of_hostile_series(mallory, victim):
    create_all(mallory, [hostile()])
    years = {"start_time": YEARS[0], "end_time": YEARS[1]}
    return send(mallory, "POST", "/api/events/conflicts",
                event(**years, is_recurring=True, recurrence_pattern={"rrule": "FREQ=SECONDLY"}))


def creations_that_reject_conflicts(mallory, victim):
    create_all(mallory, [hostile(n) for n in range(100)])
    return send(mallory, "POST", "/api/events?conflicts=reject",
                event(start_time="2030-06-02T00:00:00Z", end_time="2030-06-02T00:01:00Z"),
                hostile(1))


def batches_that_reject_conflicts(mallory, victim):
    create_all(mallory, [long_series(n) for n in range(150)])
    return send(mallory, "POST", "/api/events/batch?conflicts=reject", minutes(100))


def batches_of_series_that_reject_conflicts(mallory, victim):
    """A short body of many that never end; each meets the one before."""
    create_all(mallory, minutes(1))
    batch = [event(start_time="2026-06-01T00:00:00Z", end_time="2026-06-01T00:01:00Z",
                   recurrence_pattern={"rrule": "FREQ=DAILY"}) for _ in range(500)]
    return send(mallory, "POST", "/api/events/batch?conflicts=reject", batch)


def big_batches(mallory, victim):
    return send(mallory, "POST", "/api/events/batch", minutes(500))


def dry_runs(mallory, victim):
    series = mallory.creates(**long_series())
    path = f"/api/events/{series['id']}/occurrences/1990-01-01T00:00:00Z?scope=all&dry_run=true"
    return send(mallory, "PATCH", path, {"start_time": "1990-01-01T01:00:00Z",
                                         "end_time": "1990-01-01T01:01:00Z"})


def deletions_of_accounts(mallory, victim):
    """Two large ones in each turn; who is gone is refused."""
    requests = []
    for _ in range(2):
        doomed = Person(mallory.client, unused_name("doomed"))
        create_all(doomed, minutes(5000), at_once=500)
        requests.append(Request("DELETE", "/api/users/me?events=delete", None, doomed.token))
    return requests


deletions_of_accounts.is_used_up = True


def wrong_passwords(mallory, victim):
    return send(mallory, "POST", "/api/auth/login",
                *({"username": name, "password": "not the one, 1"}
                  for name in (mallory.username, "nobody-at-all", "root")))


def wrong_password_changes(mallory, victim):
    return send(mallory, "POST", "/api/auth/password",
                {"current_password": "not the one, 1", "new_password": "another one, 2"})


def passwords_of_nobody(mallory, victim):
    return send(mallory, "PATCH", "/api/users/999999", {"password": "a password of nobody, 1"})


def failing_writes(mallory, victim):
    mine = mallory.creates()
    return (send(mallory, "POST", f"/api/events/{mine['id']}/rollback/99", {})
            + send(mallory, "PATCH", f"/api/events/{mine['id']}", {"end_time": YEARS[0],
                                                                   "start_time": YEARS[1]})
            + send(mallory, "POST", f"/api/events/{mine['id']}/share",
                   {"users": [{"user_id": 999999, "role": "Viewer"}]}))


def uploads(mallory, victim):
    mine = mallory.creates()
    return send(mallory, "PATCH", f"/api/events/{mine['id']}",
                *({"description": letter * 65000} for letter in "abcdefgh"))


def shares_to_the_victim(mallory, victim):
    """The person beside has them in his own windows."""
    ids = create_all(mallory, [hostile(n) for n in range(200)])
    body = {"users": [{"user_id": victim.id, "role": "Editor"}]}
    return [request for one in ids
            for request in send(mallory, "POST", f"/api/events/{one}/share", body)]


def bodies_of_nobody(mallory, victim):
    """What somebody without an account sends."""
    body = json.dumps({f"member_{n}": "x" for n in range(9000)})
    return [Request("POST", "/api/events", body)]


def long_lists(mallory, victim):
    create_all(mallory, [event(description="x" * 60000)] * 90, at_once=3)
    return get(mallory, "/api/events?limit=1000",
               "/api/calendar?from=2025-03-01T00:00:00Z&to=2025-03-31T00:00:00Z")


def long_histories(mallory, victim):
    series = mallory.creates(is_recurring=True, recurrence_pattern={"rrule": "FREQ=DAILY;COUNT=90"})
    for day in range(1, 29):
        mallory.patch(f"/api/events/{series['id']}/occurrences/2025-03-{day + 2:02}T09:00:00Z",
                      {"description": "y" * 60000})
    return get(mallory, f"/api/events/{series['id']}/changelog?limit=1000",
               f"/api/events/{series['id']}/history?limit=1000")


def free_busy_of_many(mallory, victim):
    create_all(mallory, [event(description="x" * 60000)] * 60, at_once=3)
    many = [Person(Client(mallory.client.server, f"127.0.3.{n}"), unused_name("many"))
            for n in range(1, 10)]
    for one in many:
        expect(one.patch("/api/users/me", {"free_busy": "everyone"}), 200)
        create_all(one, [event(description="x" * 60000)] * 30, at_once=3)
    ids = ",".join(str(one.id) for one in [mallory, *many])
    window = "from=2025-01-01T00:00:00Z&to=2025-12-31T00:00:00Z"
    return get(mallory, f"/api/freebusy?user_ids={ids}&{window}",
               f"/api/freebusy?user_ids={mallory.id}&{window}")


def refreshes(mallory, victim):
    return send(mallory, "POST", "/api/auth/refresh", {"refresh_token": mallory.refresh_token},
                {"refresh_token": base64.b64encode(b"x" * 60).decode()})


def registrations(mallory, victim):
    return send(mallory, "POST", "/api/auth/register",
                *({"username": unused_name("many"), "email": f"{unused_name('m')}@example.org",
                   "password": "a password of many, 1"} for _ in range(500)))


COSTLY = [
    searches, windows_of_hostile_series, conflicts_of_hostile_series,
    creations_that_reject_conflicts, batches_that_reject_conflicts,
    batches_of_series_that_reject_conflicts, big_batches, dry_runs,
    deletions_of_accounts, wrong_passwords, wrong_password_changes, passwords_of_nobody,
    failing_writes, uploads, shares_to_the_victim, bodies_of_nobody, long_lists, long_histories,
    free_busy_of_many, refreshes, registrations,
]
CONTROLLED = [  # a program without the budgets fails these, each by the kind that is named
    (searches, "read"),
    (batches_that_reject_conflicts, "write"),
    (wrong_password_changes, "sign in"),
]
SHORT = [costly for costly, _ in CONTROLLED]
BATCHES = [big_batches, batches_that_reject_conflicts]
BEFORE = os.environ.get("FASTI_TEST_BEFORE_BUDGETS")


def limits_of(quiet, database_name, costly, times):
    """What each kind may take at most, in ms. What a write takes on PostgreSQL is the database's
    affair: there it is held against the quiet. `times`: where tests run beside it, more of it."""
    writes = 60 if costly in BATCHES else 15
    if database_name != "sqlite":
        writes = max(writes, 2 * quiet["write"] + 15)
    return {
        "read": max(quiet["read"] * 1.2, quiet["read"] + 5 * times),
        "write": writes * times,
        "sign in": (2 * quiet["sign in"] + 200) * times,
    }


class Neighbourhood:
    """Somebody, his twin to whom nobody does anything, and mallory with something costly."""

    def __init__(self, server, database_name, costly, times=1):
        self.server = server
        self.times = times
        self.database_name = database_name
        self.costly = costly
        self.people = []
        for name in ("twin", "victim"):
            somebody = Person(server.client, unused_name(name))
            self.people.append((somebody, [somebody.creates()["id"] for _ in range(20)]))
        self.victim = self.people[1][0]
        self.mallory = Person(Client(server, NEIGHBOUR), unused_name("mallory"))
        self.requests = None

    def prepare(self):
        if self.requests is None or getattr(self.costly, "is_used_up", False):
            self.requests = self.costly(self.mallory, self.victim)
        return self.requests

    def measure(self, *form):
        """(what it was, which kinds took too long, whether something else was in the way)"""
        quiet, attacked, statuses = measure(
            self.server, self.people, self.prepare, *form
        )
        most = limits_of(quiet, self.database_name, self.costly, self.times)
        told = [
            f"{kind} {quiet[kind]:.1f} -> {attacked[kind]:.1f} ms (at most {most[kind]:.1f})"
            for kind in most
        ]
        told.append(f"refused {attacked.refused}; the neighbour got {statuses}")
        assert set(statuses) - {0, 429}, "the neighbour asked for nothing"
        over = {kind for kind in most if attacked[kind] > most[kind]}
        over |= {"refused"} if attacked.refused else set()
        return "; ".join(told), over, quiet.are_disturbed


@pytest.fixture
def long_alone(long_run):
    """Figures of a long form mean something where no other worker of pytest runs tests."""
    return long_run and "PYTEST_XDIST_WORKER" not in os.environ


@pytest.mark.parametrize("costly", COSTLY, ids=lambda costly: costly.__name__)
def test_one_bad_neighbour(costly, start, database_name, long_alone):
    if costly not in SHORT and not long_alone:
        pytest.skip("a part of the long form")
    if program.is_sanitized():
        pytest.skip("a build with a sanitizer")
    times = 1 if long_alone else 3
    place = Neighbourhood(start(**DEFAULTS), database_name, costly, times)
    form = (5, 2, 0.99) if long_alone else (1, 1.5, 0.5)
    tries = []
    for _ in range(3):
        told, over, is_disturbed = place.measure(*form)
        tries.append(told)
        print(told)
        if not over:
            break
        if long_alone and not is_disturbed:
            pytest.fail(told)
    else:
        pytest.fail("\n".join(tries))
    expect(place.victim.get("/api/users/me"), 200)


@pytest.mark.skipif(BEFORE is None, reason="./test --long neighbours makes the program of before")
@pytest.mark.parametrize(
    "costly, kind", CONTROLLED, ids=lambda value: getattr(value, "__name__", None)
)
def test_without_the_budgets_it_is_felt(costly, kind, new_database, database_name):
    """The same measurement of a program from before there were budgets: it can fail. One turn, and
    on SQLite a few connections, for what they ask for takes it minutes."""
    connections = 2 if database_name == "sqlite" and kind != "sign in" else 16
    server = program.Server(new_database, program=pathlib.Path(BEFORE), **DEFAULTS)
    try:
        told, over, _ = Neighbourhood(server, database_name, costly).measure(
            1, 3, 0.99, connections
        )
    except queue.Empty:
        told, over = "some of his requests had no reply for minutes", {kind}
    finally:
        server.kill()
    print(told)
    assert kind in over, told


# -- Memory ----------------------------------------------------------------------------------------

GREEDY = [long_lists, long_histories, free_busy_of_many, searches, uploads,
          windows_of_hostile_series, batches_of_series_that_reject_conflicts]
GREEDY_IN_SHORT = [long_lists, uploads, windows_of_hostile_series,
                   batches_of_series_that_reject_conflicts]
MEMORY_BYTES = 1024**3
BACK_KIB = 32 * 1024  # what an allocator keeps for the next


@pytest.fixture
def narrow(tmp_path):
    """The program, in a process that may have a gibibyte of memory of its own."""
    script = tmp_path / "fasti-in-a-gibibyte"
    script.write_text(f'#!/bin/sh\nexec prlimit --data={MEMORY_BYTES} "{program.PROGRAM}" "$@"\n')
    script.chmod(0o755)
    return script


HOSTILE_ADDRESSES = [f"127.0.1.{number}" for number in range(1, 11)]
HOSTILE_WAYS = ["send"] * 6 + ["turn_away"] * 3 + ["send_half"]


def settled_kib(server):
    """What it keeps when nobody asks for anything."""
    least = server.resident_kib("RssAnon")
    for _ in range(10):
        time.sleep(0.1)
        least = min(least, server.resident_kib("RssAnon"))
    return least


def test_a_hundred_hostile_clients_find_it_alive(narrow, new_database, long_alone):
    """They ask for the most there is, without a limit of how often; some do not take what they
    asked for, and some never end what they send."""
    if program.is_sanitized():
        pytest.skip("a build with a sanitizer")
    server = program.Server(new_database, program=narrow)
    asked = []
    for costly in GREEDY if long_alone else GREEDY_IN_SHORT:
        mallory = Person(server.client, unused_name("mallory"))
        asked.append(costly(mallory, mallory))
    requests = [one for group in zip(*(group * 24 for group in asked)) for one in group]
    with Attack(server, requests, HOSTILE_WAYS) as attack:
        time.sleep(1)  # what it makes once for all times
    before_kib = settled_kib(server)
    most_kib = before_kib
    with Attack(server, requests, HOSTILE_WAYS * 10, HOSTILE_ADDRESSES) as attack:
        end = time.monotonic() + (60 if long_alone else 3)
        while time.monotonic() < end:
            assert server.process.poll() is None, server.last_words()
            most_kib = max(most_kib, server.resident_kib("RssAnon"))
            time.sleep(0.1)
    others = {
        status: count
        for status, count in attack.statuses.items()
        if not 200 <= status < 300 and not 400 <= status < 500 and status != 503
    }
    deadline = time.monotonic() + 30
    while settled_kib(server) > before_kib + BACK_KIB and time.monotonic() < deadline:
        pass
    after_kib = settled_kib(server)
    print(f"{before_kib} KiB before, at most {most_kib} KiB, {after_kib} KiB afterwards; "
          f"replies {attack.statuses}")
    assert not others
    assert after_kib <= before_kib + BACK_KIB
    Person(server.client, unused_name("later")).creates()
    server.stop()
