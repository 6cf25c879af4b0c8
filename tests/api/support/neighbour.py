"""A person who uses the calendar as people do, and a neighbour who does one costly thing as fast as
he can: each in a process of its own, from an address of its own.

Quiet and attack take turns, and of the figures of all turns the median counts: what the machine
does beside it falls on both."""

import collections
import http.client
import json
import math
import multiprocessing
import os
import socket
import statistics
import threading
import time

PERSON, NEIGHBOUR = "127.0.0.1", "127.0.0.2"
PACES = {"read": 100, "write": 20, "sign in": 0.5}  # a second; below every limit of one address
TIMEOUT_S = 60

Request = collections.namedtuple("Request", "method path body token", defaults=(None, None))


class Connection:
    """Sends one request after another from an address, and connects anew when it must."""

    def __init__(self, server, address):
        self.place = (server.host, server.port)
        self.address = address
        self.connection = None

    def _connect(self):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                *self.place, timeout=TIMEOUT_S, source_address=(self.address, 0)
            )
            self.connection.connect()
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _ask(self, request):
        self._connect()
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
        if request.token:
            headers["Authorization"] = f"Bearer {request.token}"
        self.connection.request(request.method, request.path, request.body, headers)

    def send(self, request, due=None):
        """The status and how long it took since it was due (None: now), or (0, seconds) when the
        connection broke."""
        began = due or time.monotonic()
        try:
            self._ask(request)
            reply = self.connection.getresponse()
            reply.read()
            if reply.will_close:
                self.close()
            return reply.status, time.monotonic() - began
        except (OSError, http.client.HTTPException):
            self.close()
            return 0, time.monotonic() - began

    def turn_away(self, request):
        """Asks, and does not take the reply."""
        try:
            self._ask(request)
            time.sleep(1)
        except OSError:
            pass
        self.close()
        return 0, 0

    def send_half(self, request):
        """Says that a long body comes, and sends the half of it."""
        try:
            self._connect()
            self.connection.putrequest(request.method, request.path)
            self.connection.putheader("Content-Length", str(1024 * 1024))
            self.connection.putheader("Content-Type", "application/json")
            self.connection.putheader("Authorization", f"Bearer {request.token}")
            self.connection.endheaders()
            self.connection.send(b"[" + b" " * (512 * 1024))
            time.sleep(1)
        except OSError:
            pass
        self.close()
        return 0, 0

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


# -- The person ------------------------------------------------------------------------------------


def _paced(connection, pace, seconds, next_request, found):
    """Sends at a pace, never two at once. Each counts from when it was due, so that one long halt
    is felt by all that fell due in it."""
    began = time.monotonic()
    for number in range(math.ceil(seconds * pace)):
        due = began + number / pace
        time.sleep(max(0, due - time.monotonic()))
        found.append(connection.send(next_request(number), due))


def _use(server, person, events, seconds, results):
    window = "from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z"
    reads = [f"/api/events/{events[0]}", "/api/events?limit=20", f"/api/calendar?{window}"]
    sign_in = json.dumps({"username": person.username, "password": person.password})
    kinds = {
        "read": lambda n: Request("GET", reads[n % 3], None, person.token),
        "write": lambda n: Request(
            "PATCH",
            f"/api/events/{events[n % len(events)]}",
            json.dumps({"title": f"Town hall {n} {time.monotonic_ns()}"}),
            person.token,
        ),
        "sign in": lambda n: Request("POST", "/api/auth/login", sign_in),
    }
    found = {kind: [] for kind in kinds}
    threads = [
        threading.Thread(
            target=_paced,
            args=(Connection(server, PERSON), PACES[kind], seconds, request, found[kind]),
        )
        for kind, request in kinds.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(found)


def used(server, person, events, seconds):
    """What somebody saw who read, wrote and signed in: {kind: [(status, seconds), …]}."""
    results = multiprocessing.Queue()
    process = multiprocessing.Process(
        target=_use, args=(server, person, events, seconds, results), daemon=True
    )
    process.start()
    found = results.get(timeout=seconds + 2 * TIMEOUT_S)
    process.join()
    return found


# -- The neighbour ---------------------------------------------------------------------------------


def _attack(server, requests, ways, addresses, stopped, counts):
    os.nice(19)  # what the neighbour's own program costs is not what the server lets him cost

    def go_on(first, way):
        connection = Connection(server, addresses[first % len(addresses)])
        number = first
        while not stopped.is_set():
            status, _ = getattr(connection, way)(requests[number % len(requests)])
            with counts.get_lock():
                counts[status] += way == "send"
            number += len(ways)
            if status in (0, 401, 429, 503):
                time.sleep(0.01)  # even he would otherwise only keep himself busy

    threads = [threading.Thread(target=go_on, args=one) for one in enumerate(ways)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Attack:
    """Somebody at work on as many connections as `ways` has names of what Connection does, between
    `with` and its end. `statuses` says how often he got which."""

    def __init__(self, server, requests, ways=("send",) * 16, addresses=(NEIGHBOUR,)):
        self.stopped = multiprocessing.Event()
        self.counts = multiprocessing.Array("i", 600)
        self.process = multiprocessing.Process(
            target=_attack,
            args=(server, requests, ways, addresses, self.stopped, self.counts),
            daemon=True,
        )

    def __enter__(self):
        self.process.start()
        time.sleep(0.3)
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.process.join(timeout=TIMEOUT_S)
        if self.process.is_alive():
            self.process.kill()

    @property
    def statuses(self):
        return {status: count for status, count in enumerate(self.counts) if count}


# -- Both ------------------------------------------------------------------------------------------


def percentile(times, part):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


class Figures:
    """What people saw in some turns, in ms."""

    def __init__(self, part):
        self.part = part  # which of the reads and writes counts: 0.99, or the median
        self.turns = []
        self.replies = collections.Counter()

    def add(self, found):
        of_turn = {}
        for kind, replies in found.items():
            part = 0.5 if kind == "sign in" else self.part
            of_turn[kind] = percentile([seconds * 1000 for _, seconds in replies], part)
            self.replies.update(status for status, _ in replies)
        self.turns.append(of_turn)

    def __getitem__(self, kind):
        return statistics.median(turn[kind] for turn in self.turns)

    @property
    def refused(self):
        return {code: count for code, count in self.replies.items() if not 200 <= code < 300}

    @property
    def are_disturbed(self):
        """Was the machine, with nobody attacking, not the same all the time?"""
        reads = [turn["read"] for turn in self.turns]
        return max(reads) > 2 * min(reads) + 2


def measure(server, people, prepare, turns, seconds, part, connections=16):
    """(quiet, attacked, statuses): what `people` see, who are two pairs of somebody and his events,
    one to whom the neighbour does nothing and one to whom he does what he can."""
    quiet, attacked, statuses = Figures(part), Figures(part), collections.Counter()
    for _ in range(turns):
        requests = prepare()  # in neither: what the database has to do after it falls on the quiet
        quiet.add(used(server, *people[0], seconds))
        with Attack(server, requests, ("send",) * connections) as attack:
            attacked.add(used(server, *people[1], seconds))
        statuses.update(attack.statuses)
    return quiet, attacked, dict(statuses)
