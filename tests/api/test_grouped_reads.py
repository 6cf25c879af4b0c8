"""On PostgreSQL, reads that come together share a round trip; each is answered as if alone, and
what takes long holds up nobody."""

import concurrent.futures
import contextlib
import functools
import signal
import threading
import time

import pytest
from support import databases
from support.people import Person, expect, unused_name

pytestmark = pytest.mark.databases("postgres")

EVENTS = 6


@pytest.fixture
def single(start):
    """A server with one network thread, through which all requests go."""
    return start(FASTI_THREADS="1")


@contextlib.contextmanager
def holding(database, table):
    """Nobody can read the table meanwhile."""
    connection = databases.connect(database.url)
    connection.autocommit = False
    connection.cursor().execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    yield
    connection.rollback()
    connection.close()


def all_at_once(server, work):
    """Starts each of `work` on a connection of its own, and lets the server see none before it
    sees all; gives the futures."""
    ready = threading.Barrier(len(work) + 1)

    def run(one):
        expect(server.client.request("GET", "/healthz", recorded=False), 200)  # connects
        ready.wait()
        ready.wait()
        return one()

    pool = concurrent.futures.ThreadPoolExecutor(len(work))
    asked = [pool.submit(run, one) for one in work]
    ready.wait()
    server.process.send_signal(signal.SIGSTOP)
    ready.wait()
    time.sleep(0.1)
    server.process.send_signal(signal.SIGCONT)
    pool.shutdown(wait=False)
    return asked


def test_reads_that_come_together_are_answered_each_for_itself(single):
    amira, bela = (Person(single.client, unused_name(name)) for name in ("amira", "bela"))
    events = [amira.creates(title=f"Event {n}") for n in range(EVENTS)]
    amira.shares(events[0]["id"], bela)
    gone = Person(single.client, unused_name("gone"))
    expect(gone.post("/api/auth/logout"), 200)

    def read_own(number):
        reply = expect(amira.get(f"/api/events/{events[number]['id']}"), 200)
        assert reply.json["title"] == f"Event {number}"

    def read_list():
        page = expect(amira.get("/api/events", limit=2), 200).json
        assert page["total"] == EVENTS and len(page["items"]) == 2

    def read_shared():
        seen = expect(bela.get(f"/api/events/{events[0]['id']}"), 200).json
        assert seen["my_role"] == "Viewer"
        assert expect(bela.get("/api/events"), 200).json["total"] == 1

    work = [
        *(functools.partial(read_own, number) for number in range(EVENTS)),
        read_list,
        read_shared,
        lambda: expect(bela.get(f"/api/events/{events[1]['id']}"), 404),
        lambda: expect(bela.get("/api/events/999999"), 404),
        lambda: expect(gone.get("/api/events"), 401),
        lambda: expect(amira.get("/api/events", limit=0), 422),
        lambda: expect(
            amira.get(f"/api/events/{events[2]['id']}", {"If-None-Match": '"1"'}), 304
        ),
    ]
    for _ in range(4):
        for one in all_at_once(single, 3 * work):
            one.result()


def test_what_may_take_long_holds_up_no_other_read(single):
    amira = Person(single.client, unused_name("amira"))
    event_id = amira.creates(title="Quick")["id"]
    slow = [f"/api/events/{event_id}/history", f"/api/events/{event_id}/changelog"]
    with holding(single.database, "event_versions, changelog"):
        asked = all_at_once(single, [functools.partial(amira.get, path) for path in slow])
        begun = time.monotonic()
        assert amira.sees(event_id)["title"] == "Quick"
        assert expect(amira.get("/api/events"), 200).json["total"] == 1
        expect(single.client.request("GET", "/readyz"), 200)
        assert time.monotonic() - begun < 1, "a quick read waited for a slow one"
        assert not any(one.done() for one in asked)
    for one in asked:
        expect(one.result(), 200)


@pytest.mark.parametrize("search", [{"q": "quick"}, {"sort_by": "title"}, {"limit": 1000}])
def test_a_list_that_may_look_at_many_events_holds_up_nobody(single, search):
    amira = Person(single.client, unused_name("amira"))
    amira.creates(title="Quick")
    with holding(single.database, "events"):
        asked = all_at_once(single, [functools.partial(amira.get, "/api/events", **search)])
        begun = time.monotonic()
        expect(amira.get("/api/users/me"), 200)
        assert time.monotonic() - begun < 1, "somebody waited for a search"
        assert not asked[0].done()
    assert expect(asked[0].result(), 200).json["total"] == 1


def test_a_group_that_fails_is_answered_one_by_one(single):
    """The connections are cut under the groups, and again where each then asks by itself."""
    amira = Person(single.client, unused_name("amira"))
    event_id = amira.creates(title="Still there")["id"]
    admin = databases.connect(single.database.admin_url)

    def cut_waiting():
        end = time.monotonic() + 10
        cut = 0
        while cut == 0:
            assert time.monotonic() < end, "nobody waits"
            with admin.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = %s AND wait_event_type = 'Lock'",
                    (single.database.database,),
                )
                cut = cursor.fetchone()[0]
        time.sleep(0.1)
        return cut

    with holding(single.database, "sessions"):
        read = functools.partial(amira.get, f"/api/events/{event_id}")
        asked = all_at_once(single, [read] * 8)
        assert cut_waiting() < 8, "they were no group"
        cut_waiting()
    for one in asked:
        assert expect(one.result(), 200).json["title"] == "Still there"
    admin.close()
