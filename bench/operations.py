"""What is asked of every system, and how the load is put on it."""

import json
import os
import subprocess
from dataclasses import dataclass
from typing import Callable, Optional

from data import FRIENDS, MINE, PASSWORD, TO_SHARE, event_body
from systems import BUILD, CORES

JUNE = "from=2026-06-01T00:00:00Z&to=2026-07-01T00:00:00Z"


@dataclass
class Operation:
    name: str
    title: str
    path: Callable  # of the system
    method: str = "GET"
    body: Optional[Callable] = None  # of the system; text
    who: str = "me"                  # whose token
    expect: int = 200
    at_most: int = 0                 # requests in one run; 0: as many as go in its time
    connections: tuple = (8, 256)
    prepare: Optional[Callable] = None  # of the system, before each run; gives more headers
    content_type: str = "application/json"
    of_peer: bool = True             # the peer can do it too


def any_of_mine(system):
    return f"/api/events/{{random {system.first} {MINE}}}"


def read_tag(system):
    system.me.call("GET", f"/api/events/{system.first + 7}")
    return [f"If-None-Match: {system.last_headers['ETag']}"]


def next_page(system):
    """The second page of 20. The peer knows no cursors: it skips, and may leave the counting."""
    if system.name == "peer":
        return "/api/events?limit=20&skip=20&count=false"
    cursor = system.me.call("GET", "/api/events?limit=20")["next_cursor"]
    return f"/api/events?limit=20&cursor={cursor}"


def month(system):
    return f"/api/events?{JUNE}&limit=1000"


def new_event(system):
    return json.dumps(event_body(77)).replace("Planning 77", "Event {count}")


def fifty_events(system):
    return json.dumps([event_body(i) for i in range(50)])


def new_title(system):
    return '{"title": "Changed {count}"}'


def new_grant(system):
    return f'{{"user_id": {{div {system.first_friend} {TO_SHARE}}}, "role_id": 3}}'


def sign_in(system):
    return f"username={system.login.name}&password={PASSWORD}"


OPERATIONS = [
    Operation("read", "read one", any_of_mine),
    Operation("unchanged", "read one, 304", lambda s: f"/api/events/{s.first + 7}", expect=304,
              prepare=read_tag),
    Operation("list", "list 20 of 10,000, with their number", lambda s: "/api/events?limit=20"),
    Operation("page", "list 20 of 10,000, next page", next_page),
    Operation("month", "month of 432 events and 100 series", month),
    Operation("calendar", "the same month, each occurrence",
              lambda s: f"/api/calendar?{JUNE}&limit=1000", of_peer=False),
    Operation("freebusy", "free/busy of the same month", lambda s: f"/api/freebusy?{JUNE}",
              of_peer=False),
    Operation("diff", "diff of two versions", lambda s: f"/api/events/{s.first}/diff/3/90"),
    Operation("changelog", "changelog of 100",
              lambda s: f"/api/events/{s.first}/changelog?limit=100"),
    Operation("create", "create", lambda s: "/api/events", "POST", new_event, "writer", 201),
    Operation("update", "update with history", any_of_mine, "PUT", new_title),
    Operation("batch", "create 50 at once", lambda s: "/api/events/batch", "POST", fifty_events,
              "writer", 201, connections=(8,)),
    Operation("share", "share",
              lambda s: f"/api/events/{{mod {s.first_to_share} {TO_SHARE}}}/share", "POST",
              new_grant, "sharer", at_most=1500),
    Operation("login", "sign in", lambda s: "/api/auth/login", "POST", sign_in, None,
              connections=(8,), content_type="application/x-www-form-urlencoded"),
]


def chosen(given, operation):
    """Over how many connections it is to be measured."""
    return [n for n in operation.connections if given.connections in (None, n)]


def load_command(system, operation, connections, seconds):
    """The command line of one load on one system."""
    start = system.counts.get(operation.name, 0)
    command = [os.path.join(BUILD, "bench", "load"), "--port", str(system.port),
               "--connections", str(connections), "--seconds", str(seconds),
               "--requests", str(operation.at_most), "--start", str(start),
               "--expect", str(operation.expect), "--method", operation.method,
               "--path", operation.path(system)]
    if operation.who:
        token = getattr(system, operation.who).token
        command += ["--header", f"Authorization: Bearer {token}"]
    if operation.body:
        command += ["--header", f"Content-Type: {operation.content_type}",
                    "--body", operation.body(system)]
    for header in operation.prepare(system) if operation.prepare else []:
        command += ["--header", header]
    return command


def measure(system, operation, connections, seconds):
    """One run; gives what load reports and what the machine spent on it."""
    command = load_command(system, operation, connections, seconds)
    server, database = system.cpu()
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    server, database = (after - before for after, before in zip(system.cpu(), (server, database)))
    requests = max(report["requests"], 1)
    report["rps"] = report["requests"] / report["seconds"]
    report["server_us"] = server / requests * 1e6
    report["database_us"] = database / requests * 1e6
    system.counts[operation.name] = system.counts.get(operation.name, 0) + report["sent"]
    if operation.name == "share":
        assert system.counts["share"] < TO_SHARE * FRIENDS, "no pairs left to share"
    return report
