"""Finding occurrences, beside libical: what build-bench/bench/rrule_bench says, as a table."""

import os
import subprocess

from systems import ROOT

PROGRAM = os.path.join(ROOT, "build-bench", "bench", "rrule_bench")


def measure():
    """(question, Fasti's µs, libical's µs, whether both found the same) of each question."""
    done = subprocess.run([PROGRAM], capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [(question, float(ours), float(theirs), same) for question, ours, theirs, same in rows]


def table(rows):
    out = ["| question | Fasti, µs | libical, µs | libical ÷ Fasti | the same found |",
           "|---|---|---|---|---|"]
    for question, ours, theirs, same in rows:
        out.append(f"| {question} | {ours:,.1f} | {theirs:,.1f} | {theirs / ours:,.0f} × "
                   f"| {same} |")
    return out


SECTION = [
    "", "## Recurrence", "",
    "Reading a rule and finding its twelve occurrences 36 years after its start, and all of March "
    "2026 over 1,000 series of four kinds; one thread, the best of five rounds. libical jumps to "
    "the window where it can: not in a rule with COUNT, which is every fourth of the 1,000.", "",
]
