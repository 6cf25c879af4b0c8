"""bench/run --instructions: what a request costs in instructions of the program, by callgrind.

One network thread, one connection, SQLite; the difference between a run with many requests and one
with few, so that the start does not count. The same code gives the same number within some tenths
of a percent, whatever else the machine does."""

import http.client
import os
import re
import shutil
import signal
import tempfile

from against import build
from data import Account, event_body
from systems import BUILD, HOME, FastiSqlite

FEW, MANY = 100, 1100
EVENTS, EDITS = 50, 20
PATHS = (
    ("read one", "/api/events/{first}"),
    ("list 20", "/api/events?limit=20"),
    ("changelog of 20", "/api/events/{first}/changelog?limit=20"),
)


class Counted(FastiSqlite):
    name, cost = "fasti-counted", "4"

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(dir=HOME)
        self.program = program
        self.url = f"sqlite:///{self.folder}/fasti.db"

    def command(self):
        return ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                f"--log-file={self.folder}/callgrind", self.program, "serve"]

    def environment(self):
        return {**super().environment(), "FASTI_THREADS": "1", "FASTI_LOG_LEVEL": "info",
                "FASTI_DATA_DIR": self.folder}

    def collected(self):
        """Ends the server; gives the instructions of all its life."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.process = None
        with open(os.path.join(self.folder, "callgrind"), encoding="utf-8") as log:
            return int(re.search(r"Collected : (\d+)", log.read())[1])


def instructions(program, path, count):
    system = Counted(program).start()
    try:
        me = Account(system, "amira")
        events = me.call("POST", "/api/events/batch", [event_body(i) for i in range(EVENTS)])
        first = events[0]["id"]
        for i in range(EDITS):
            me.call("PUT", f"/api/events/{first}", {"title": f"Edited {i}"})
        connection = http.client.HTTPConnection("127.0.0.1", system.port)
        for _ in range(count):
            connection.request("GET", path.format(first=first),
                               headers={"Authorization": f"Bearer {me.token}"})
            reply = connection.getresponse()
            reply.read()
            assert reply.status == 200
        connection.close()
        return system.collected()
    finally:
        system.stop()
        shutil.rmtree(system.folder)


def per_request(program, path):
    many, few = (instructions(program, path, count) for count in (MANY, FEW))
    return (many - few) // (MANY - FEW)


def main(given):
    before = build(given.against) if given.against else None
    print(f"| instructions a request | {'before | ' if before else ''}now |")
    print(f"|---|{'---|' if before else ''}---|")
    for name, path in PATHS:
        programs = ([before] if before else []) + [os.path.join(BUILD, "fasti")]
        counts = [f"{per_request(program, path):,}" for program in programs]
        print(f"| {name} | {' | '.join(counts)} |", flush=True)
