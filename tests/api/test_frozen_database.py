"""A PostgreSQL that is there and does not answer costs those who need it a 503 in time, and nobody
else anything."""

import concurrent.futures
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import pytest
from support.people import Person, expect, unused_name

pytestmark = pytest.mark.databases("postgres")

ROOT = pathlib.Path(__file__).parents[2]
# The time of a statement, of the wait for a thread, and of another statement or a new connection.
LONGEST_S = 3 + 11 + 3
HEALTH_S = 0.05


def run_as_server(home, script):
    done = subprocess.run(
        ["bash", "-euc", f". tools/setup.sh; . tools/private-postgres; {script}", "-", str(home)],
        cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.fixture
def postgres(shared, monkeypatch):  # whose own database is not this one
    """A PostgreSQL of the test's own: the processes of it."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="fasti-frozen-"))
    port, pid = run_as_server(
        home, 'private_postgres_start "$1" fsync=off; echo $POSTGRES_PORT $POSTGRES_PID')
    monkeypatch.setenv("FASTI_TEST_POSTGRES", f"postgresql://postgres@127.0.0.1:{port}/postgres")

    def processes():
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(pid), *map(int, children)]

    yield processes
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(pid), signal.SIGINT)
    while pathlib.Path(f"/proc/{pid}").exists():
        time.sleep(0.05)
    shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def frozen(processes):
    stopped = processes()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


class Health(threading.Thread):
    """Asks for it all the time, and keeps the longest time that the answer took."""

    def __init__(self, client):
        super().__init__()
        self.client = client
        self.longest = 0.0
        self.asked = 0
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.wait(0.01):
            begun = time.monotonic()
            expect(self.client.request("GET", "/healthz", recorded=False), 200)
            self.longest = max(self.longest, time.monotonic() - begun)
            self.asked += 1


def test_a_database_that_does_not_answer_is_felt_by_nobody_who_needs_none(
        postgres, new_database, start):
    server = start()
    amira = Person(server.client, unused_name("amira"))
    event_id = amira.creates(title="Before")["id"]

    def timed(ask):
        begun = time.monotonic()
        reply = ask()
        return reply, time.monotonic() - begun

    asks = [
        lambda: amira.get(f"/api/events/{event_id}"),
        lambda: amira.get("/api/events", limit=20),
        lambda: amira.get(f"/api/events/{event_id}/changelog"),
        lambda: amira.patch(f"/api/events/{event_id}", {"title": "Meanwhile"}),
    ]
    health = Health(server.client)
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        with frozen(postgres):
            health.start()
            asked = [pool.submit(timed, ask) for ask in 10 * asks]
            replies = [one.result() for one in asked]
    health.is_over.set()
    health.join()

    for reply, took in replies:
        expect(reply, 503)
        assert int(reply.headers["Retry-After"]) > 0
        assert took < LONGEST_S
    assert health.asked > 100 and health.longest <= HEALTH_S
    for ask in asks:
        expect(ask(), 200)
