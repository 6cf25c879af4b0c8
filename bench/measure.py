"""bench/run calls this: starts the systems, fills them, measures them in turns, reports."""

import argparse
import json
import os
import sys

import against
import growth
import instructions
import limits
import recurrence
import report
import storms
from data import MINE, fill
from operations import OPERATIONS, chosen, measure
from systems import ROOT, FastiPostgres, FastiSqlite, Hello, Peer, resident_mib


GROUP = 256  # writes that share a commit on SQLite: LIMIT_GROUP_COMMIT of src/base/limits.h


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("--quick", action="store_true", help="one short run of each")
    parser.add_argument("--growth", action="store_true", help="a hundred times as many events")
    parser.add_argument("--storms", action="store_true",
                        help="reads while others storm in, and connections that wait")
    parser.add_argument("--recurrence", action="store_true", help="occurrences beside libical")
    parser.add_argument("--against", metavar="COMMIT",
                        help="the program of another commit in turns with this one")
    parser.add_argument("--pairs", type=int, help="of runs with --against, 15 by default")
    parser.add_argument("--target", default="0.97", metavar="RATIO[,OPERATION=RATIO]",
                        help="what --against must reach, 0.97 by default")
    parser.add_argument("--instructions", action="store_true",
                        help="instructions (callgrind), system calls and statements of a request "
                        "of each kind; with --against, of both")
    parser.add_argument("--runs", type=int, help="runs of each measurement, 5 by default")
    parser.add_argument("--seconds", type=float, help="length of a run, 3 by default")
    parser.add_argument("--only", help="operations, by commas: "
                        + ",".join(o.name for o in OPERATIONS))
    parser.add_argument("--connections", type=int, help="8 or 256; both by default")
    parser.add_argument("--systems", help="systems, by commas: fasti-sqlite,fasti-postgres,peer")
    parser.add_argument("--keep", metavar="FILE", help="write every single run there, as JSON; "
                        "--against keeps what it tells, in build-bench/against.json by default")
    given = parser.parse_args()
    given.runs = given.runs or (1 if given.quick else 5)
    given.pairs = given.pairs or (1 if given.quick else 15)
    given.seconds = given.seconds or (1 if given.quick else 2 if given.against else 3)
    return given


def start_all(names):
    systems = []
    for make in (FastiSqlite, FastiPostgres, Peer):
        if names and make.name not in names.split(","):
            continue
        say(f"== filling {make.title}")
        system = make().start()
        system.counts = {}
        fill(system)
        system.resident_start = resident_mib(system.process.pid)
        systems.append(system)
    return systems


def measure_operation(given, systems, operation, connections, rows):
    """The runs of one line of the table, one system after another, then the next round."""
    others = []
    if operation.name in ("read", "list") and any(s.name == "fasti-sqlite" for s in systems):
        others.append(Hello(reply_size(systems[0], operation)).start())
        others[0].counts = {}
        others[0].me = systems[0].me
        others[0].first = systems[0].first
    for run in range(-1, given.runs):
        for system in systems + others:
            if system.name == "peer" and not operation.of_peer:
                continue
            result = measure(system, operation, connections, 0.5 if run < 0 else given.seconds)
            if run < 0:
                continue  # the first one warms caches up
            result.update(system=system.name, operation=operation.name, connections=connections)
            rows.append(result)
            say(f"{operation.name:10} {connections:4} {system.name:15} {result['rps']:10.0f}/s "
                f"p50 {result['p50_us']:7} p99 {result['p99_us']:7} µs  CPU "
                f"{result['server_us']:7.1f} + {result['database_us']:.1f} µs"
                + (f"  ERRORS {result['errors']} {result['statuses']}" if result["errors"] else ""))
    for system in others:
        system.stop()


def reply_size(system, operation):
    system.me.call("GET", operation.path(system).replace(
        f"{{random {system.first} {MINE}}}", str(system.first + 77)))
    return system.last_size


def measure_limits(given, systems, rows):
    """The statements of read, list and update by themselves."""
    by_name = {system.name: system for system in systems}
    source = by_name.get("fasti-postgres")
    if source is None:
        return
    for name, statements, random, group in limits_of(source):
        results = []
        for _ in range(given.runs):
            results.append(("pgbench", limits.pgbench(source.database, statements, random,
                                                      given.seconds)))
            if "fasti-sqlite" in by_name:
                file = by_name["fasti-sqlite"].file
                results.append(("sqlite-loop", limits.sqlite_loop(
                    file, statements, shift(random, source, by_name["fasti-sqlite"]),
                    given.seconds, group)))
        for system, rps in results:
            if rps is not None:
                rows.append({"system": system, "operation": name, "rps": rps,
                             "statements": len(statements)})
                say(f"{name:10}      {system:15} {rps:10.0f}/s ({len(statements)} statements)")


def limits_of(source):
    """For each operation its statements, which values to vary, and how SQLite groups writes."""
    # Its id and its version must be numbers that are not some other parameter too.
    mine, one = (source.first, MINE), source.first + 4321
    read = limits.capture(lambda: source.me.call("GET", f"/api/events/{one}"))
    yield "read", read, {str(one): mine}, 0
    page = limits.capture(lambda: source.me.call("GET", "/api/events?limit=20"))
    yield "list", page, {}, 0
    for number in range(60):
        source.me.call("PUT", f"/api/events/{one}", {"title": f"Edited {number}"})
    version = source.me.call("GET", f"/api/events/{one}")["version_number"] + 1
    update = limits.capture(lambda: source.me.call("PUT", f"/api/events/{one}",
                                                   {"title": "What it costs"}))
    # An event of its own and a version of its own every time: both are unique together.
    yield "update", update, {str(one): mine, str(version): (1000000, 1000000000)}, GROUP


def shift(random, source, target):
    """The ranges of ids in another database."""
    return {value: (low - source.first + target.first, count) if low == source.first
            else (low, count) for value, (low, count) in random.items()}


def write_storms(given):
    systems = start_all(given.systems or "fasti-sqlite,fasti-postgres")
    try:
        lines = storms.section(given, systems)
    finally:
        for system in systems:
            system.stop()
    print("\n".join(lines))
    if not given.quick and not given.systems:
        storms.put_section(lines)


def main():
    given = arguments()
    rows = []
    systems = []
    if given.instructions:
        instructions.main(given)
        return
    if given.against:
        against.main(given)
        return
    if given.growth:
        growth.main(given)
        return
    if given.storms:
        write_storms(given)
        return
    if given.recurrence:
        print("\n".join(recurrence.section()))
        return
    try:
        systems = start_all(given.systems)
        for operation in OPERATIONS:
            if given.only and operation.name not in given.only.split(","):
                continue
            for connections in chosen(given, operation):
                measure_operation(given, systems, operation, connections, rows)
        memory = {s.name: (s.resident_start, resident_mib(s.process.pid)) for s in systems}
        measure_limits(given, systems, rows)
        strain = [] if given.only else storms.section(
            given, [s for s in systems if s.name.startswith("fasti")])
    finally:
        for system in systems:
            system.stop()
    if given.keep:
        with open(given.keep, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)
    text = report.write(rows, memory, recurrence.section(), given, strain)
    print(text)
    if not given.quick and not given.only and not given.systems:
        with open(os.path.join(ROOT, "bench", "results.md"), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
