#!/usr/bin/python3
"""Every zone of the system against Python's zoneinfo, both ways: 0 differences.

    timezone.py <probe> [moments per zone, 200]

The moments are random ones of 1900 to 2100 and, for each zone, the seconds around its changes:
that is where the two ways of reading a wall clock that jumps can differ.
"""

import random
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

EPOCH = datetime(1970, 1, 1)
FIRST = int((datetime(1900, 1, 1) - EPOCH).total_seconds())
LAST = int((datetime(2100, 1, 1) - EPOCH).total_seconds())
NO_ZONES = {"localtime", "posixrules", "Factory"}


def offset(zone, moment):
    utc = datetime.fromtimestamp(moment, timezone.utc)
    return int(utc.astimezone(zone).utcoffset().total_seconds())


def moment_of(zone, local):
    """The moment of a local time: fold=0 is the first of two, and in a gap the offset before."""
    wall = EPOCH + timedelta(seconds=local)
    return local - int(wall.replace(tzinfo=zone, fold=0).utcoffset().total_seconds())


def changes(zone, dice, count):
    """Some moments at which the zone's offset changes, by bisection between two that differ."""
    found = []
    day = 86400
    start = dice.randrange(FIRST, LAST - 400 * day)
    for low in range(start, start + 400 * day, 20 * day):
        high = low + 20 * day
        if offset(zone, low) == offset(zone, high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if offset(zone, middle) == offset(zone, low):
                low = middle
            else:
                high = middle
        found.append(high)
    return found[:count]


def questions(name, zone, dice, count):
    asked = []
    for change in changes(zone, dice, 4):
        for shift in (-1, 0, 1):
            asked.append(change + shift)
            for around in (change - 1, change):
                asked.append(change + offset(zone, around) + shift)
        asked.append(change + (offset(zone, change) + offset(zone, change - 1)) // 2)
    asked = [a for a in asked if FIRST <= a < LAST][:count]
    return asked + [dice.randrange(FIRST, LAST) for _ in range(count - len(asked))]


def main():
    probe = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    dice = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    names = sorted(
        n for n in available_timezones()
        if n not in NO_ZONES and (Path("/usr/share/zoneinfo") / n).is_file()
    )
    lines, expected = [], []
    for name in names:
        zone = ZoneInfo(name)
        for asked in questions(name, zone, dice, count):
            lines.append(f"{name} {asked}")
            expected.append(f"{offset(zone, asked)} {moment_of(zone, asked)}")
    run = subprocess.run([probe], input="\n".join(lines) + "\n", text=True, check=True,
                         capture_output=True)
    answers = run.stdout.splitlines()
    assert len(answers) == len(expected), f"{len(answers)} answers to {len(expected)} questions"
    wrong = [t for t in zip(lines, answers, expected) if t[1] != t[2]]
    for line, answer, right in wrong[:20]:
        print(f"{line}: {answer}, but Python says {right}")
    print(f"{len(names)} zones, {len(lines)} moments, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
