"""bench/run --growth: does it stay as fast when there is a hundred times as much? Both databases,
Fasti alone. Writes growth.md."""

import os
import sqlite3
from statistics import median

import report
from data import MINE, Account, fill
from operations import OPERATIONS, measure
from systems import ROOT, FastiPostgres, FastiSqlite, psql

TIMED = ("read", "list", "page", "month", "changelog")
COPIES = 99  # of my 10,000 events, for as many other people: a million in all
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


def grow(system, copies):
    """Copies my events, with a grant and a version each, for `copies` new people. The server is
    stopped meanwhile: on SQLite it owns the file."""
    for number in range(copies):
        Account(system, f"grown.{number}")
    system.stop()
    database = (SqliteDatabase if system.name == "fasti-sqlite" else PostgresDatabase)(system)

    def copy(table, source, changed):
        """INSERT … SELECT of all columns but id; `changed` says what becomes of some of them."""
        columns = [c for c in database.columns(table) if c != "id"]
        values = ", ".join(changed.get(c, "m." + c) for c in columns)
        database.run(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {source}")

    mine = f"owner_id = {system.me.id}"
    others = "(SELECT * FROM users WHERE username LIKE 'grown.%')"
    copy("events", f"events m CROSS JOIN {others} o WHERE m.{mine} ORDER BY o.id, m.id",
         {"owner_id": "o.id", "uid": "m.uid || '-' || o.id"})
    grown = f"events e JOIN {others} o ON o.id = e.owner_id"
    grant = f"(SELECT * FROM event_permissions WHERE event_id = {system.first + 1} LIMIT 1) m"
    copy("event_permissions", f"{grown} CROSS JOIN {grant} ORDER BY e.id",
         {"event_id": "e.id", "user_id": "o.id"})
    version = f"(SELECT * FROM event_versions WHERE event_id = {system.first + 1} LIMIT 1) m"
    copy("event_versions", f"{grown} CROSS JOIN {version} ORDER BY e.id", {"event_id": "e.id"})
    database.settle()


def time_all(system, given, label, rows):
    for name in TIMED:
        runs = [measure(system, BY_NAME[name], 8, given.seconds) for _ in range(given.runs)]
        rows[(system.title, name, label)] = {k: median(r[k] for r in runs)
                                             for k in ("rps", "p50_us", "p99_us")}


def write(rows, copies, given):
    out = ["# Growth", "", "Written by `bench/run --growth`.", "", *report.machine(),
           f"- Medians of {given.runs} runs of {given.seconds:g} s, 8 connections.", "",
           f"## From {MINE:,} to {MINE * (copies + 1):,} events", "",
           f"The reader has {MINE:,} of them both times.", "",
           *report.head("database", "operation", "p50 ms, few", "p50 ms, many", "times",
                        "wanted")]
    for (title, name, label), row in rows.items():
        if label == "small":
            big = rows[(title, name, "big")]
            wanted = {"read": "≤ 1.3", "list": "≤ 1.5", "page": "≤ 1.5"}.get(name, "")
            out.append(report.line(title, BY_NAME[name].title,
                                   report.milliseconds(row["p50_us"]),
                                   report.milliseconds(big["p50_us"]),
                                   f"{big['p50_us'] / row['p50_us']:.2f}", wanted))
    return "\n".join(out) + "\n"


def main(given):
    rows = {}
    copies = 9 if given.quick else COPIES
    for make in (FastiSqlite, FastiPostgres):
        if given.systems and make.name not in given.systems.split(","):
            continue
        system = make().start()
        try:
            system.counts = {}
            fill(system)
            time_all(system, given, "small", rows)
            grow(system, copies)
            system.start()
            time_all(system, given, "big", rows)
        finally:
            system.stop()
    text = write(rows, copies, given)
    print(text)
    if not given.quick and not given.systems:
        with open(os.path.join(ROOT, "bench", "growth.md"), "w", encoding="utf-8") as file:
            file.write(text)
