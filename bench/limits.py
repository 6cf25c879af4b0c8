"""What the parts could do at best with the statements of a request.

The statements are not written here a second time: PostgreSQL logs what Fasti sends it for one
request of an operation, and that is replayed, by pgbench over as many connections as Fasti has, and
by a loop over SQLite. So they follow the program."""

import os
import re
import subprocess
import sys
import time
from datetime import datetime, timezone

from systems import BUILD, CORES, HOME, PG_PORT, psql

CONNECTIONS = 4 * CORES  # Fasti's own to PostgreSQL
PLANNING = " ".join(f"-c {setting}" for setting in (  # as store/driver/postgres.c sets them
    "plan_cache_mode=force_generic_plan", "random_page_cost=1.1", "enable_seqscan=off",
    "max_parallel_workers_per_gather=0", "jit=off"))


def set_logging(mode):
    psql("postgres", f"ALTER SYSTEM SET log_statement = '{mode}'")
    psql("postgres", "SELECT pg_reload_conf()")
    time.sleep(0.5)


def server_log():
    path = os.path.join(os.path.dirname(HOME), "postgres", "log")
    with open(path, encoding="utf-8") as log:
        return log.read()


def capture(ask):
    """The statements that PostgreSQL gets while `ask` runs: [(text, [value or None])]."""
    set_logging("all")
    before = len(server_log())
    ask()
    time.sleep(0.3)
    text = server_log()[before:]
    set_logging("none")
    found = []
    entries = re.split(r"^\d{4}-\d\d-\d\d .*? \[\d+\] ", text, flags=re.M)[1:]
    for entry in entries:
        if match := re.match(r"LOG:  (?:execute \S+|statement): (.*)", entry, re.S):
            found.append((" ".join(match[1].split()), []))
        elif match := re.match(r"DETAIL:  [Pp]arameters: (.*)", entry, re.S):
            values = re.findall(r"\$\d+ = (NULL|'(?:[^']|'')*')", match[1])
            found[-1] = (found[-1][0], [None if v == "NULL" else v[1:-1].replace("''", "'")
                                        for v in values])
    return [s for s in found if not re.match(r"ALTER SYSTEM|SELECT pg_reload", s[0])]


def parameters_of(values, random):
    """Each value as (kind, …): `random` says which values stand for a range (low, count)."""
    for value in values:
        if value is None:
            yield ("null",)
        elif value in random:
            yield ("random", *random[value])
        else:
            yield ("value", value)


# -- pgbench --------------------------------------------------------------------------------------

def pgbench_script(statements, random):
    """The script, and its constants as -D options."""
    lines, options, names = [], [], {}
    for value, (low, count) in random.items():
        names[value] = f"r{len(names)}"
        lines.append(f"\\set {names[value]} random({low}, {low + count - 1})")
    for number, (text, values) in enumerate(statements):
        for at, value in reversed(list(enumerate(values, 1))):
            if value is None:
                put = "NULL"
            elif value in random:
                put = f":{names[value]}"
            else:
                put = f":p{number}_{at}"
                options += ["-D", f"p{number}_{at}={value}"]
            text = re.sub(rf"\${at}\b", put, text)
        lines.append(text + ";")
    # In one round trip, as Fasti sends what it can. Of a write it must wait for some: there this is
    # more than it could reach.
    at = len(random)
    lines[at:] = ["\\startpipeline", *lines[at:], "\\endpipeline"]
    return "\n".join(lines) + "\n", options


def pgbench(database, statements, random, seconds, connections=CONNECTIONS):
    """Rounds of the statements per second."""
    script, options = pgbench_script(statements, random)
    path = os.path.join(HOME, "pgbench.sql")
    with open(path, "w", encoding="utf-8") as file:
        file.write(script)
    command = [os.environ["BENCH_PGBENCH"], "-n", "-M", "prepared", "-c", str(connections), "-j",
               str(CORES), "-T", str(max(1, round(seconds))), "-f", path, *options, "-h",
               "127.0.0.1", "-p", PG_PORT, "-U", "postgres", database]
    done = subprocess.run(command, capture_output=True, text=True,
                          env={**os.environ, "PGOPTIONS": PLANNING})
    match = re.search(r"^tps = ([\d.]+)", done.stdout, re.M)
    if done.returncode != 0 or not match:
        print(f"pgbench: {done.stderr[-600:]}", file=sys.stderr)
        return None
    return float(match[1])


# -- SQLite ---------------------------------------------------------------------------------------

def sqlite_value(value):
    """SQLite keeps moments as microseconds and truth as numbers."""
    if value in ("t", "f"):
        return f"i {int(value == 't')}"
    if re.fullmatch(r"-?\d{1,18}", value):
        return f"i {value}"
    if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00", value):
        moment = datetime.fromisoformat(value[:19]).replace(tzinfo=timezone.utc)
        fraction = value[19:-3].lstrip(".").ljust(6, "0")
        return f"i {int(moment.timestamp()) * 1000000 + int(fraction)}"
    return "t " + value.replace("\n", " ")


def sqlite_script(statements, random):
    lines = []
    for text, values in statements:
        if re.match(r"(BEGIN|COMMIT|START|SET|SAVEPOINT|RELEASE)\b", text, re.I):
            continue
        # A search is PostgreSQL's own; no list here has one.
        text = re.sub(r"CASE WHEN octet_length.*? END", "TRUE", text)
        lines.append("S " + re.sub(r" FOR (NO KEY )?(UPDATE|SHARE)( OF \w+)?$", "", text))
        for parameter in parameters_of(values, random):
            kind, *rest = parameter
            lines.append("P " + {"null": lambda: "n", "value": lambda: sqlite_value(*rest),
                                 "random": lambda: f"r {rest[0]} {rest[1]}"}[kind]())
    return "\n".join(lines) + "\n"


def sqlite_loop(file, statements, random, seconds, group=0):
    """Rounds of the statements per second: every core reads, or one thread writes."""
    command = [os.path.join(BUILD, "bench", "sqlite_loop"), file, str(1 if group else CORES),
               str(seconds), str(group)]
    done = subprocess.run(command, input=sqlite_script(statements, random), capture_output=True,
                          text=True)
    if done.returncode != 0:
        print(f"sqlite_loop: {done.stderr[-600:]}", file=sys.stderr)
        return None
    return float(done.stdout)
