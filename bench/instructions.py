"""bench/run --instructions: what a request costs in instructions of the program (callgrind), in
system calls (strace) and in statements (PostgreSQL's log).

One network thread, one connection, SQLite; the difference between a run with many requests and one
with few, so that the start does not count. The same code gives the same number within some tenths
of a percent, whatever else the machine does."""

import http.client
import json
import os
import re
import shutil
import signal
import tempfile
from dataclasses import dataclass
from typing import Callable, Optional

from against import before_of, build
from data import Account, event_body
from limits import capture
from systems import BUILD, HOME, FastiPostgres, FastiSqlite, process_tree

FRIENDS, EVENTS, SERIES, EDITS = 25, 1000, 100, 20
FEBRUARY = "from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z&limit=1000"


@dataclass
class Request:
    name: str
    path: Callable  # of the filled system and the request's number
    method: str = "GET"
    body: Optional[Callable] = None
    few: int = 50
    many: int = 550


def share_path(system, number):
    return f"/api/events/{system.first + number // FRIENDS}/share"


def new_grant(system, number):
    return {"user_id": system.first_friend + number % FRIENDS, "role_id": 3}


def first_event(system, _):
    return f"/api/events/{system.first}"


REQUESTS = [
    Request("read", first_event),
    Request("list", lambda s, n: "/api/events?limit=20"),
    Request("month", lambda s, n: f"/api/events?{FEBRUARY}", few=5, many=30),
    Request("calendar", lambda s, n: f"/api/calendar?{FEBRUARY}", few=5, many=30),
    Request("changelog", lambda s, n: f"/api/events/{s.first}/changelog?limit=20"),
    Request("create", lambda s, n: "/api/events", "POST", lambda s, n: event_body(77)),
    Request("update", first_event, "PUT", lambda s, n: {"title": f"Changed {n}"}),
    Request("share", share_path, "POST", new_grant),
]


def fill_some(system):
    system.me = me = Account(system, "amira")
    friends = [Account(system, f"friend{i}") for i in range(FRIENDS)]
    system.first_friend = friends[0].id
    system.first = me.add_events(EVENTS, SERIES)
    for i in range(EDITS):
        me.call("PUT", f"/api/events/{system.first}", {"title": f"Edited {i}"})
    for friend in friends:  # so that each knows who will share with them
        given = friend.call("POST", "/api/events", event_body(0))["id"]
        friend.call("POST", f"/api/events/{given}/share", {"user_id": me.id, "role_id": 3})


def send(system, request, numbers):
    """The requests of these numbers, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", system.port)
    headers = {"Authorization": f"Bearer {system.me.token}", "Content-Type": "application/json"}
    for number in numbers:
        body = request.body and json.dumps(request.body(system, number))
        connection.request(request.method, request.path(system, number), body, headers)
        reply = connection.getresponse()
        text = reply.read()
        assert reply.status < 300, text
    connection.close()


class Filled(FastiSqlite):
    """A database that a program has filled, for its counted runs to have copies of."""
    name, cost = "fasti-filled", "4"

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(dir=HOME)
        self.program = program
        self.file = os.path.join(self.folder, "fasti.db")
        self.url = f"sqlite:///{self.file}"

    def command(self):
        return [self.program, "serve"]

    def environment(self):
        return {**super().environment(), "FASTI_THREADS": "1", "FASTI_LOG_LEVEL": "info",
                "FASTI_DATA_DIR": self.folder}


class Counted(Filled):
    name = "fasti-counted"

    def __init__(self, filled, tool):
        super().__init__(filled.program)
        shutil.copy(filled.file, self.file)
        for name in ("me", "first", "first_friend"):
            setattr(self, name, getattr(filled, name))
        self.tool, self.report = tool, os.path.join(self.folder, "report")

    def command(self):
        tools = {
            "callgrind": ["valgrind", "--tool=callgrind", f"--log-file={self.report}",
                          f"--callgrind-out-file={os.environ.get('BENCH_CALLGRIND', '/dev/null')}"],
            "strace": ["strace", "-f", "-c", "-o", self.report],
        }
        return [*tools[self.tool], *super().command()]

    def collected(self):
        """Ends the server; gives what the tool counted in all its life."""
        os.kill(process_tree(self.process.pid)[-1], signal.SIGTERM)  # strace hands on no signal
        self.process.wait(60)
        self.process = None
        with open(self.report, encoding="utf-8") as report:
            text = report.read()
        if self.tool == "callgrind":
            return int(re.search(r"Collected : (\d+)", text)[1])
        return int(re.search(r"^100\.00 +\S+ +\S+ +(\d+) .*total$", text, re.M)[1])


def count(filled, tool, request, requests):
    system = Counted(filled, tool).start()
    try:
        send(system, request, range(requests))
        return system.collected()
    finally:
        system.stop()
        shutil.rmtree(system.folder)


def per_request(filled, tool, request):
    many, few = (count(filled, tool, request, n) for n in (request.many, request.few))
    return (many - few) / (request.many - request.few)


def statements(kind, requests):
    """How many PostgreSQL gets for one of each, BEGIN and COMMIT among them."""
    system = kind().start()
    try:
        fill_some(system)
        counts = []
        for request in requests:
            send(system, request, [0])  # so that all are prepared
            counts.append(len(capture(lambda: send(system, request, [1]))))
        return counts
    finally:
        system.stop()


class Cheap(FastiPostgres):
    cost = "4"


def main(given):
    before = build(given.against) if given.against else None
    programs = ([before] if before else []) + [os.path.join(BUILD, "fasti")]
    wanted = [r for r in REQUESTS if not given.only or r.name in given.only.split(",")]
    systems = []
    for program in programs:
        systems.append(Filled(program).start())
        fill_some(systems[-1])
        systems[-1].stop()
    kinds = ([before_of(Cheap, before)] if before else []) + [Cheap]
    statement_counts = list(zip(*(statements(kind, wanted) for kind in kinds)))
    change = "before → now" if before else "now"
    print(f"| a request, {change} | instructions | system calls | statements |")
    print("|---|---|---|---|")
    for request, of_postgres in zip(wanted, statement_counts):
        row = [" → ".join(f"{per_request(s, 'callgrind', request):,.0f}" for s in systems),
               " → ".join(f"{per_request(s, 'strace', request):,.1f}" for s in systems),
               " → ".join(map(str, of_postgres))]
        print(f"| {request.name} | {' | '.join(row)} |", flush=True)
