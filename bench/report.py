"""The results as Markdown: medians, and what they are beside each other."""

import platform
import statistics
import subprocess
from datetime import date

from operations import OPERATIONS
from systems import CORES, ROOT, psql

TARGETS = {  # operation: Fasti on SQLite, on PostgreSQL, times the peer
    "read": (100, 30), "list": (100, 40), "create": (25, 10), "update": (25, 12),
}
NAMES = {"fasti-sqlite": "Fasti, SQLite", "fasti-postgres": "Fasti, PostgreSQL",
         "peer": "FastAPI, PostgreSQL", "hello": "bare libmicrohttpd",
         "pgbench": "pgbench, the same statements",
         "sqlite-loop": "SQLite's loop, the same statements"}


def said(command):
    return subprocess.run(command, shell=True, cwd=ROOT, capture_output=True,
                          text=True).stdout.strip()


def machine():
    # libmicrohttpd12 and postgresql-15 in Debian 12, libmicrohttpd12t64 and postgresql-17 in 13.
    packages = " ".join(["'libmicrohttpd12*'", "libsqlite3-0", "libpq5", "'postgresql-1[0-9]'",
                         "python3-fastapi", "python3-sqlalchemy", "python3-psycopg2",
                         "python3-uvicorn", "python3-uvloop"])
    form = "${db:Status-Status} ${Package} ${Version}\\n"
    versions = said(f"dpkg-query -W -f '{form}' {packages}"
                    " | sed -n 's/^installed //p' | paste -sd, | sed 's/,/, /g'")
    settings = psql("postgres", "SELECT string_agg(name || '=' || current_setting(name), ', ')"
                    " FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit',"
                    " 'shared_buffers', 'full_page_writes')").strip()
    return [
        f"- {date.today()}, commit {said('git rev-parse --short HEAD')}"
        + (" with changes" if said("git status --porcelain -- src") else ""),
        f"- {CORES} cores, {said('lscpu | sed -n s/Model.name:[[:space:]]*//p')}, "
        f"Linux {platform.release()}, {said('cc --version | head -n 1')}",
        f"- {versions}, Python {platform.python_version()}",
        f"- PostgreSQL: {settings}; SQLite: WAL, synchronous=FULL",
    ]


class Table:
    """Medians of the runs by (system, operation, connections)."""

    def __init__(self, rows):
        self.runs = {}
        for row in rows:
            key = (row["system"], row["operation"], row.get("connections"))
            self.runs.setdefault(key, []).append(row)

    def value(self, name, *key):
        found = [row[name] for row in self.runs.get(key, []) if name in row]
        return statistics.median(found) if found else None

    def spread(self, *key):
        found = [row["rps"] for row in self.runs.get(key, [])]
        return (max(found) - min(found)) / statistics.median(found) if len(found) > 1 else 0

    def times(self, system, *key):
        ours, theirs = self.value("rps", system, *key), self.value("rps", "peer", *key)
        return ours / theirs if ours and theirs else None


def number(value, digits=0):
    if value is None:
        return "–"
    return f"{value:,.{digits}f}"


def times_text(value):
    if value is None:
        return "–"
    return f"{value:.0f} ×" if value >= 10 else f"{value:.1f} ×"


def milliseconds(value):
    if value is None:
        return "–"
    return f"{value / 1000:.2f}" if value < 10000 else f"{value / 1000:.0f}"


def line(*cells):
    return "| " + " | ".join(str(c) for c in cells) + " |"


def head(*cells):
    return [line(*cells), "|" + "---|" * len(cells)]


def summary(table):
    out = head("operation", "connections", "Fasti, SQLite", "Fasti, PostgreSQL", "FastAPI",
               "SQLite ÷ FastAPI", "PostgreSQL ÷ FastAPI", "wanted")
    for operation in OPERATIONS:
        for connections in operation.connections:
            key = (operation.name, connections)
            values = [table.value("rps", s, *key)
                      for s in ("fasti-sqlite", "fasti-postgres", "peer")]
            if not any(values):
                continue
            wanted = TARGETS.get(operation.name)
            out.append(line(operation.title, connections, *map(number, values),
                            times_text(table.times("fasti-sqlite", *key)),
                            times_text(table.times("fasti-postgres", *key)),
                            f"{wanted[0]} ×, {wanted[1]} ×" if wanted else ""))
    return out


def details(table):
    out = head("operation", "connections", "system", "requests/s", "spread", "p50 ms", "p99 ms",
               "CPU µs, server", "CPU µs, database", "errors")
    for operation in OPERATIONS:
        for connections in operation.connections:
            for system in ("fasti-sqlite", "fasti-postgres", "peer", "hello"):
                key = (system, operation.name, connections)
                if table.value("rps", *key) is None:
                    continue
                out.append(line(
                    operation.title, connections, NAMES[system],
                    number(table.value("rps", *key)), f"{table.spread(*key):.0%}",
                    milliseconds(table.value("p50_us", *key)),
                    milliseconds(table.value("p99_us", *key)),
                    number(table.value("server_us", *key), 1),
                    number(table.value("database_us", *key), 1),
                    sum(row["errors"] for row in table.runs[key]) or ""))
    return out


def limits(table):
    out = head("operation", "limit", "requests/s", "Fasti, best", "share of the limit", "wanted")
    pairs = [("read", "hello", "fasti-sqlite", "60 %"), ("read", "sqlite-loop", "fasti-sqlite", ""),
             ("read", "pgbench", "fasti-postgres", "80 %"), ("list", "hello", "fasti-sqlite", ""),
             ("list", "sqlite-loop", "fasti-sqlite", ""), ("list", "pgbench", "fasti-postgres", ""),
             ("update", "sqlite-loop", "fasti-sqlite", ""),
             ("update", "pgbench", "fasti-postgres", "")]
    for operation, limit, system, wanted in pairs:
        for connections in (8, 256):
            at = connections if limit == "hello" else None
            most = table.value("rps", limit, operation, at)
            ours = table.value("rps", system, operation, connections)
            if most and ours:
                out.append(line(f"{operation}, {connections} connections", NAMES[limit],
                                number(most), f"{number(ours)} ({NAMES[system]})",
                                f"{ours / most:.0%}", wanted))
            # A server must do both, and each of them alone already takes the whole machine.
            hello = table.value("rps", "hello", operation, connections)
            if limit == "pgbench" and most and ours and hello:
                both = 1 / (1 / most + 1 / hello)
                out.append(line(f"{operation}, {connections} connections",
                                f"{NAMES[limit]}, then {NAMES['hello']}", number(both),
                                f"{number(ours)} ({NAMES[system]})", f"{ours / both:.0%}", ""))
    return out


def write(rows, memory, occurrences, given, more):
    table = Table(rows)
    out = ["# Measured", "", "Written by `bench/run`; docs/PERFORMANCE.md says what it means.", "",
           *machine(),
           f"- Medians of {given.runs} runs of {given.seconds:g} s each, the systems taking turns; "
           "a warm-up of 0.5 s before the first. Server, database and load share the machine.",
           "", "## Requests per second", "", *summary(table),
           "", "## Beside the limits", "", *limits(table),
           *occurrences,
           "", "## In full", "", "CPU is what the kernel counted for all processes of the server, "
           "and of PostgreSQL, divided by the requests. Spread: (largest − smallest) ÷ median of "
           "requests/s.", "", *details(table),
           "", "## Resident memory, MiB", "",
           "On SQLite with what it has read of the database file, which is mapped.", "",
           *head("system", "after filling", "at the end")]
    out += [line(NAMES[name], number(first, 1), number(last, 1))
            for name, (first, last) in memory.items()]
    out += ["", *more] if more else []
    return "\n".join(out) + "\n"
