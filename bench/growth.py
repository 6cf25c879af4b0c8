"""bench/run --growth: does it stay as fast when there is a hundred times as much? Both databases,
Fasti alone. Writes growth.md.

A million events, 50,000 people, one event with 100,000 versions and one person with 50,000 grants
are not made through the API, which would take hours, but copied by SQL from what is there."""

import os
import sqlite3
from dataclasses import replace
from statistics import median

import report
from data import EDITS, MINE, Account, fill
from operations import OPERATIONS, measure
from systems import ROOT, FastiPostgres, FastiSqlite, psql

TIMED = ("read", "list", "page", "month", "diff", "changelog", "create", "update")
PEOPLE = 50000
EACH = 20          # events of each of them: a million in all
VERSIONS = 100000  # of the first event
GRANTS = 50000     # of one person
BY_NAME = {operation.name: operation for operation in OPERATIONS}


class SqliteDatabase:
    def __init__(self, system):
        self.connection = sqlite3.connect(system.file, isolation_level=None)

    def run(self, text):
        self.connection.execute(text)

    def columns(self, table):
        return [row[1] for row in self.connection.execute(f"PRAGMA table_info({table})")]

    def settle(self):
        self.run("ANALYZE")
        self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        self.connection.close()


class PostgresDatabase:
    def __init__(self, system):
        self.name = system.database

    def run(self, text):
        psql(self.name, text)

    def columns(self, table):
        return psql(self.name, "SELECT column_name FROM information_schema.columns"
                    f" WHERE table_name = '{table}' AND table_schema = 'public'").split()

    def settle(self):
        self.run("VACUUM ANALYZE")
        self.run("CHECKPOINT")


class Copier:
    """INSERT … SELECT within a database. The server is stopped: on SQLite it owns the file."""

    def __init__(self, system):
        self.is_sqlite = system.name == "fasti-sqlite"
        self.database = (SqliteDatabase if self.is_sqlite else PostgresDatabase)(system)

    def copy(self, table, source, changed):
        """All columns but id of the rows `m`; `changed` says what becomes of some of them."""
        columns = [c for c in self.database.columns(table) if c != "id"]
        values = ", ".join(changed.get(c, "m." + c) for c in columns)
        self.database.run(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} "
                          f"FROM {source}")

    def numbers(self, first, last):
        """A table of the numbers n from first to last."""
        if self.is_sqlite:
            return ("(WITH RECURSIVE c(n) AS (SELECT {0} UNION ALL SELECT n + 1 FROM c "
                    "WHERE n < {1}) SELECT n FROM c) c").format(first, last)
        return f"generate_series({first}, {last}) c(n)"


def grow(system, people, versions, grants):
    wide = Account(system, "wide")
    newest = system.me.call("GET", f"/api/events/{system.first}")["version_number"]
    system.stop()
    by = Copier(system)
    run = by.database.run

    by.copy("users", f"{by.numbers(1, people)} CROSS JOIN (SELECT * FROM users "
            f"WHERE id = {system.me.id}) m",
            {c: f"'grown.' || c.n{end}" for c, end in (
                ("username", ""), ("username_key", ""), ("email", " || '@example.org'"),
                ("email_key", " || '@example.org'"))})
    others = "(SELECT id AS user_id FROM users WHERE username LIKE 'grown.%') o"
    few = f"m.id >= {system.first} AND m.id < {system.first + EACH}"
    by.copy("events", f"{others} CROSS JOIN events m WHERE {few} ORDER BY o.user_id, m.id",
            {"owner_id": "o.user_id", "uid": "m.uid || '-' || o.user_id"})
    # Each of these with the event that it is a copy of: its uid begins with that one's.
    grown = "events e CROSS JOIN events f"
    copied = (f"length(e.uid) > 36 AND f.owner_id = {system.me.id} "
              "AND f.uid = substr(e.uid, 1, 36) ORDER BY e.id")
    by.copy("event_permissions", f"{grown} CROSS JOIN event_permissions m WHERE m.event_id = f.id "
            f"AND m.user_id = {system.me.id} AND {copied}",
            {"event_id": "e.id", "user_id": "e.owner_id"})
    by.copy("event_versions", f"{grown} CROSS JOIN event_versions m WHERE m.event_id = f.id "
            f"AND m.version_number = 1 AND {copied}", {"event_id": "e.id"})
    run(f"INSERT INTO event_counts (user_id, shard, events) SELECT user_id, 0, {EACH} "
        f"FROM {others}")

    by.copy("event_permissions", "(SELECT p.* FROM event_permissions p JOIN users u "
            f"ON u.id = p.user_id WHERE u.username LIKE 'grown.%' ORDER BY p.id LIMIT {grants}) m",
            {"user_id": str(wide.id), "role_id": "3", "meaning": "3"})
    run(f"INSERT INTO event_counts (user_id, shard, events) VALUES ({wide.id}, 0, {grants})")

    many = by.numbers(newest + 1, versions)
    for table in ("event_versions", "changelog"):
        unique = {"version_id": "NULL"} if table == "changelog" else {}
        by.copy(table, f"{many} CROSS JOIN (SELECT * FROM {table} WHERE event_id = {system.first} "
                "AND version_number = 3) m ORDER BY c.n", {"version_number": "c.n", **unique})
    run(f"UPDATE events SET version_number = {versions} WHERE id = {system.first}")
    by.database.settle()
    os.sync()  # what was copied is on the disk before anything is measured
    system.wide = wide


def time_all(system, given, label, rows, operations):
    """Each once for nothing, as everywhere: caches are cold after the start."""
    for operation in operations:
        measure(system, operation, 8, 0.5)
        runs = [measure(system, operation, 8, given.seconds) for _ in range(given.runs)]
        rows[(system.title, operation.title, label)] = {
            k: median(r[k] for r in runs) for k in ("rps", "p50_us", "p99_us")}


def of_wide(name):
    """The operation, asked by the one with many grants."""
    operation = BY_NAME[name]
    return replace(operation, title=f"{operation.title.split(' of ')[0]} of {GRANTS:,} grants",
                   who="wide", prepare=None,
                   path=lambda system: operation.path(replace_me(system)))


def replace_me(system):
    """The same system, as the one with many grants sees it: a cursor is its reader's own."""
    class View:
        name, me, first = system.name, system.wide, system.first
    return View


def write(rows, sizes, given):
    people, versions, grants = sizes
    few, many = MINE, MINE + people * EACH
    out = ["# Growth", "", "Written by `bench/run --growth`.", "", *report.machine(),
           f"- Medians of {given.runs} runs of {given.seconds:g} s, 8 connections.", "",
           f"## From {few:,} events to {many:,}", "",
           f"From a dozen people to {people:,}. The reader has {MINE:,} events both times. Diff "
           f"and changelog are of an event with {EDITS + 1} versions first, and {versions:,} then. "
           f"The last lines, asked by a person with {grants:,} grants, stand beside the reader's.",
           "", *report.head("database", "operation", "p50 ms, few", "p50 ms, many", "times",
                            "wanted")]
    for (title, name, label), row in rows.items():
        if label == "few":
            then = rows[(title, name, "many")]
            wanted = "≤ 1.3" if name.startswith("read") else "≤ 1.5" if "list" in name else ""
            out.append(report.line(title, name, report.milliseconds(row["p50_us"]),
                                   report.milliseconds(then["p50_us"]),
                                   f"{then['p50_us'] / row['p50_us']:.2f}", wanted))
        elif label == "wide":
            out.append(report.line(title, name, "", report.milliseconds(row["p50_us"]), "", ""))
    return "\n".join(out) + "\n"


def main(given):
    rows = {}
    sizes = (5000, 10000, 5000) if given.quick else (PEOPLE, VERSIONS, GRANTS)
    timed = [BY_NAME[name] for name in TIMED]
    for make in (FastiSqlite, FastiPostgres):
        if given.systems and make.name not in given.systems.split(","):
            continue
        system = make().start()
        try:
            system.counts = {}
            fill(system)
            time_all(system, given, "few", rows, timed)
            grow(system, *sizes)
            system.start()
            time_all(system, given, "many", rows, timed)
            time_all(system, given, "wide", rows, [of_wide("list"), of_wide("page"),
                                                   of_wide("month")])
        finally:
            system.stop()
    text = write(rows, sizes, given)
    print(text)
    if not given.quick and not given.systems:
        with open(os.path.join(ROOT, "bench", "growth.md"), "w", encoding="utf-8") as file:
            file.write(text)
