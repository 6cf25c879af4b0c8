"""bench/run --storms: how long reads wait while others sign in or write, and what connections cost
that only wait. Fasti alone, on both databases. Fills in its part of results.md."""

import json
import os
import resource
import socket
import subprocess
import time
from statistics import median

import report
from operations import OPERATIONS, load_command, measure
from systems import ROOT, resident_mib

READERS = (8, 256)    # connections that read
IDLE = (1000, 10000)  # connections that wait
STORMS = ((None, 0), ("login", 8), ("create", 64))  # what others do, over how many connections
HEADING = "## Under strain"
BY_NAME = {operation.name: operation for operation in OPERATIONS}


def reads_during(system, storm, connections, readers, seconds):
    """Reads while a storm goes on; gives what load says of both."""
    if storm is None:
        return measure(system, BY_NAME["read"], readers, seconds), None
    noise = subprocess.Popen(load_command(system, BY_NAME[storm], connections, seconds + 1),
                             stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    reads = measure(system, BY_NAME["read"], readers, seconds)
    told = json.loads(noise.communicate()[0])
    system.counts[storm] = system.counts.get(storm, 0) + told["sent"]
    return reads, told


def measure_storms(system, given, rows):
    """All storms take turns in every round, as the systems do elsewhere."""
    for run in range(-1, given.runs):
        for readers in READERS:
            for storm, connections in STORMS:
                reads, noise = reads_during(system, storm, connections, readers,
                                            0.5 if run < 0 else given.seconds)
                if run < 0:
                    continue  # warms up
                rows.append({"title": system.title, "readers": readers, "storm": storm,
                             "connections": connections, "rps": reads["rps"],
                             "p50_us": reads["p50_us"], "p99_us": reads["p99_us"],
                             "errors": reads["errors"] + (noise["errors"] if noise else 0),
                             "noise": noise["requests"] / noise["seconds"] if noise else 0})


# -- Connections that wait ------------------------------------------------------------------------

def ask(system, connections):
    """A read over each of the connections: who is not answered with 200 is a failure."""
    request = (f"GET /api/events/{system.first} HTTP/1.1\r\nHost: localhost\r\n"
               f"Authorization: Bearer {system.me.token}\r\n\r\n").encode()
    for connection in connections:
        connection.sendall(request)
    for connection in connections:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200"), "a connection is not served"


def idle_mib(system, count):
    """Memory without and with `count` open connections, each of which has read an event and reads
    another afterwards. The server is a fresh one: what it keeps of the database is not counted."""
    system.stop()
    system.start()
    connections = [socket.create_connection(("127.0.0.1", system.port))]
    ask(system, connections)
    before = resident_mib(system.process.pid)
    connections += [socket.create_connection(("127.0.0.1", system.port))
                    for _ in range(count - 1)]
    ask(system, connections)
    after = resident_mib(system.process.pid)
    ask(system, connections)
    for connection in connections:
        connection.close()
    return before, after


def measure_idle(system, rows):
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for count in IDLE:
        if count + 100 <= most:
            rows.append((system.title, count, *idle_mib(system, count)))
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))


# -- The report -----------------------------------------------------------------------------------

def storm_lines(rows):
    runs = {}
    for row in rows:
        key = (row["title"], row["readers"], row["storm"], row["connections"])
        runs.setdefault(key, []).append(row)
    for (title, readers, storm, connections), found in runs.items():
        middle = {name: median(row[name] for row in found)
                  for name in ("noise", "rps", "p50_us", "p99_us")}
        wanted = "p99 ≤ 50" if storm else "p99 ≤ 3 × p50" if readers == max(READERS) else ""
        yield report.line(
            title, readers, f"{BY_NAME[storm].title}, {connections}" if storm else "none",
            report.number(middle["noise"]) if storm else "", report.number(middle["rps"]),
            report.milliseconds(middle["p50_us"]), report.milliseconds(middle["p99_us"]), wanted,
            sum(row["errors"] for row in found) or "")


def section(given, systems):
    """Measures; gives the lines of the report."""
    storms, idle = [], []
    for system in systems:
        measure_storms(system, given, storms)
        measure_idle(system, idle)
    out = [HEADING, "", *report.machine()[:1],
           f"- Medians of {given.runs} runs of {given.seconds:g} s, the storms taking turns.", "",
           "Read one, while others do something else over connections of their own:", "",
           *report.head("system", "connections that read", "storm, connections",
                        "of it, requests/s", "reads/s", "p50 ms", "p99 ms", "wanted", "errors"),
           *storm_lines(storms), "",
           "Memory in MiB with open connections that wait, each of which has read an event before "
           "and reads one after. The server is freshly started, so next to nothing of the "
           "database is in it:", "",
           *report.head("system", "connections", "with one", "with all", "KiB each", "wanted")]
    for title, count, before, after in idle:
        out.append(report.line(title, report.number(count), f"{before:.1f}", f"{after:.1f}",
                               f"{(after - before) * 1024 / count:.1f}",
                               "≤ 32 MiB" if count == 1000 else ""))
    return out


def put_section(lines):
    """Replaces this section, which is the last one, in results.md, and says when that was."""
    path = os.path.join(ROOT, "bench", "results.md")
    text = "# Measured"
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read().split(HEADING)[0]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([text.rstrip("\n"), "", *lines]) + "\n")
