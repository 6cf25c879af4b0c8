"""bench/run --against COMMIT: this program beside another commit's, in turns on the same data.

The other program fills a database; this one gets a copy of it, which it brings to its own schema
when it starts. Each pair of runs gives one ratio, so that what else the machine does meets both. A
target is met when the median of the ratios reaches it, or when it lies between their quartiles and
the ratio of CPU per request reaches it: then it is the machine that cannot tell, and the CPU
decides."""

import dataclasses
import json
import os
import shutil
import statistics
import subprocess
import sys

from data import FRIENDS, TO_SHARE, adopt, fill, lift_quotas
from operations import OPERATIONS, chosen, measure
from systems import BUILD, HOME, ROOT, FastiPostgres, FastiSqlite, psql


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(*command, cwd=ROOT):
    subprocess.run(command, cwd=cwd, check=True, stdout=sys.stderr)


def build(commit):
    """The program of that commit, made in a checkout of its own, and kept."""
    name = subprocess.run(["git", "rev-parse", "--verify", "--quiet", commit + "^{commit}"],
                          cwd=ROOT, text=True, capture_output=True).stdout.strip()
    if not name:
        raise SystemExit(f"bench/run: there is no commit {commit}")
    kept = os.path.join(BUILD, "against", name)
    if os.path.exists(kept):
        return kept
    tree, folder = os.path.join(HOME, "against"), os.path.join(HOME, "against-build")
    run("git", "worktree", "add", "--detach", tree, name)
    try:
        os.symlink(os.path.join(ROOT, "node_modules"), os.path.join(tree, "node_modules"))
        run("meson", "setup", folder, "-Dbuildtype=release", "-Ddebug=true", "-Dtests=disabled",
            cwd=tree)
        run("ninja", "-C", folder)
    finally:
        run("git", "worktree", "remove", "--force", tree)
    os.makedirs(os.path.dirname(kept), exist_ok=True)
    shutil.move(os.path.join(folder, "fasti"), kept)
    return kept


def before_of(kind, program):
    """The same system with another program and a database of its own."""
    class Before(kind):
        name = kind.name + "-before"
        title = kind.title + ", before"
        file_name = "fasti-before.db"
        database = kind.database and kind.database + "_before"
        admin = None  # an older one knows no quotas

        def command(self):
            return [program, "serve"]

    return Before


def start_both(kind, program, systems):
    """Appends this program's system, then the other's, to `systems`, for its caller to stop."""
    before = before_of(kind, program)()
    systems.append(before)
    say(f"== filling {before.title}")
    fill(before.start())
    before.stop()
    if kind.database:
        now = kind(template=before.database)
    else:
        now = kind()
        shutil.copy(before.file, now.file)
    adopt(now, before)
    systems.insert(0, now)
    for system in systems:
        system.counts = {}
        system.start()
        lift_quotas(system)
        if system.database:
            psql(system.database, "VACUUM ANALYZE")


def targets_of(given):
    """The target for each name, from "0.97,create=0.75"."""
    targets = {}
    for part in given.target.split(","):
        name, _, value = part.rpartition("=")
        targets[name] = float(value)
    return lambda name: targets.get(name, targets.get("", 0.0))


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def judge(low, median, high, cpu, target):
    return median >= target or (low <= target <= high and cpu >= target)


def one_line(given, now, before, operation, connections, target):
    """The pairs of one operation over so many connections."""
    if operation.at_most:  # so that the pairs of people and events last for all runs
        runs = (given.pairs + 1) * len(operation.connections)
        operation = dataclasses.replace(operation, at_most=TO_SHARE * FRIENDS // runs - 1)
    ratios, costs = [], {"now": [], "before": []}
    rates = {"now": [], "before": []}
    for system in (before, now):
        measure(system, operation, connections, 0.5)  # warms caches up
    for pair in range(given.pairs):
        order = [("now", now), ("before", before)]
        for side, system in order if pair % 2 == 0 else reversed(order):
            result = measure(system, operation, connections, given.seconds)
            if result["errors"]:
                raise SystemExit(f"{system.name}: {operation.name}: {result['statuses']}")
            rates[side].append(result["rps"])
            costs[side].append(result["server_us"] + result["database_us"])
        ratios.append(rates["now"][-1] / rates["before"][-1])
    low, median, high = quartiles(ratios)
    cost = {side: statistics.median(values) for side, values in costs.items()}
    cpu = cost["before"] / cost["now"] if cost["now"] else 1.0
    line = {
        "database": "PostgreSQL" if now.database else "SQLite", "operation": operation.name,
        "connections": connections, "low": low, "median": median, "high": high, "cpu": cpu,
        "now_us": cost["now"], "before_us": cost["before"],
        "now_rps": statistics.median(rates["now"]),
        "before_rps": statistics.median(rates["before"]), "target": target,
        "met": judge(low, median, high, cpu, target),
    }
    say(f"{line['database']:10} {operation.name:10} {connections:4}  {median:5.2f} "
        f"({low:.2f} to {high:.2f})  CPU {cpu:5.2f}  {line['before_us']:8.1f} -> "
        f"{line['now_us']:8.1f} µs  {'met' if line['met'] else 'MISSED'}")
    return line


def table(given, lines):
    text = [
        f"| against {given.against}, {given.pairs} pairs of {given.seconds:g} s | connections "
        "| ratio (quartiles) | CPU per request, before → now | ratio of CPU | target |",
        "|---|---|---|---|---|---|",
    ]
    for line in lines:
        text.append(
            f"| {line['operation']}, {line['database']} | {line['connections']} "
            f"| {line['median']:.2f} ({line['low']:.2f} to {line['high']:.2f}) "
            f"| {line['before_us']:.0f} → {line['now_us']:.0f} µs | {line['cpu']:.2f} "
            f"| {line['target']:g}: {'met' if line['met'] else '**missed**'} |")
    return "\n".join(text)


def main(given):
    program = build(given.against)
    target_of = targets_of(given)
    wanted = given.only.split(",") if given.only else None
    lines = []
    for kind in (FastiSqlite, FastiPostgres):
        if given.systems and kind.name not in given.systems.split(","):
            continue
        systems = []
        try:
            start_both(kind, program, systems)
            for operation in OPERATIONS:
                if wanted and operation.name not in wanted:
                    continue
                for connections in chosen(given, operation):
                    lines.append(one_line(given, *systems, operation, connections,
                                          target_of(operation.name)))
        finally:
            for system in systems:
                system.stop()
    with open(given.keep or os.path.join(BUILD, "against.json"), "w", encoding="utf-8") as file:
        json.dump(lines, file, indent=1)
    print(table(given, lines))
    if not all(line["met"] for line in lines):
        raise SystemExit(1)
