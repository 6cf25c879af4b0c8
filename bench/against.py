"""bench/run --against COMMIT: this program beside another commit's, in turns on the same data.

Each pair of runs gives one ratio, so that what else the machine does meets both. A target is met
when the median of the ratios reaches it, or when it lies between their quartiles and the ratio of
CPU per request reaches it: then it is the machine that cannot tell, and the CPU decides."""

import dataclasses
import json
import os
import statistics
import subprocess
import sys

from data import FRIENDS, TO_SHARE, fill
from operations import OPERATIONS, measure
from systems import HOME, ROOT, FastiPostgres, FastiSqlite


def say(text):
    print(text, file=sys.stderr, flush=True)


def build(commit):
    """The program of that commit, from a checkout of its own."""
    tree = os.path.join(HOME, "against")

    def run(*command, cwd=tree):
        subprocess.run(command, cwd=cwd, check=True, stdout=sys.stderr)

    run("git", "worktree", "add", "--detach", tree, commit, cwd=ROOT)
    try:
        os.symlink(os.path.join(ROOT, "node_modules"), os.path.join(tree, "node_modules"))
        folder = os.path.join(HOME, "against-build")
        run("meson", "setup", folder, tree, "-Dbuildtype=release", "-Ddebug=true",
            "-Dtests=disabled")
        run("ninja", "-C", folder)
    finally:
        run("git", "worktree", "remove", "--force", tree, cwd=ROOT)
    return os.path.join(folder, "fasti")


def of_before(kind, program):
    class Before(kind):
        name = kind.name + "-before"
        title = kind.title + ", before"
        if kind.database:
            database = kind.database + "_before"

        def __init__(self):
            super().__init__()
            if not self.database:
                self.file = os.path.join(HOME, "fasti-before.db")
                self.url = f"sqlite:///{self.file}"

        def command(self):
            return [program, "serve"]

    return Before


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
        pair = []
        try:
            for make in (kind, of_before(kind, program)):
                say(f"== filling {make.title}")
                system = make().start()
                pair.append(system)
                system.counts = {}
                fill(system)
            for operation in OPERATIONS:
                if wanted and operation.name not in wanted:
                    continue
                for connections in operation.connections:
                    lines.append(one_line(given, *pair, operation, connections,
                                          target_of(operation.name)))
        finally:
            for system in pair:
                system.stop()
    if given.keep:
        with open(given.keep, "w", encoding="utf-8") as file:
            json.dump(lines, file, indent=1)
    print(table(given, lines))
    if not all(line["met"] for line in lines):
        raise SystemExit(1)
