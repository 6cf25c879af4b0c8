#!/usr/bin/python3
"""Random rules against python-dateutil: 0 unexplained differences.

    rrule.py <probe> [--rules 3000] [--seed 1] [--long]

Each rule is asked for its first occurrences, for its last one, and again from a random moment:
what a seek gives must be what the walk from the start gives. Where dateutil is known to read a rule
otherwise than RFC 5545 it is asked a rule that it reads as the RFC does (`as_the_rfc`), so that
those rules are compared, too. The classes:

  week_set     A WEEKLY rule with BYSETPOS. dateutil lets the first week begin at DTSTART.
               RFC 5545 3.3.10: "A set of recurrence instances starts at the beginning of the
               interval defined by the FREQ rule part."
  mixed_days   BYDAY=MO,1TU. dateutil wants a day that is Monday and first Tuesday.
               RFC 5545 3.3.10: "The BYDAY rule part specifies a COMMA-separated list of days of the
               week": a list names alternatives, as in every other BY part.
  week_day     BYWEEKNO without a part that names days. dateutil takes all seven.
               RFC 5545 3.3.10: "Information, not contained in the rule, necessary to determine the
               various recurrence instance start time and dates are derived from the Start Time
               (DTSTART) component attribute."
  week_edge    BYWEEKNO that is negative, 52 or 53, near New Year: dateutil gives the days of
               December in week 1 of the next year no negative number, and those of January in the
               last year's week the number -1 or one that it works out from this year's length.
               These rules are asked without BYWEEKNO, and the weeks are chosen here.
               RFC 5545 3.3.10: "This corresponds to weeks according to week numbering as defined
               in [ISO.8601.2004]": a week is one week, on both sides of New Year.
  sixth_day    BYDAY=20MO in a month: an IndexError in dateutil, no day to us.
               RFC 5545 3.3.10: "Recurrence rules may generate recurrence instances with an invalid
               date […] Such recurrence instances MUST be ignored".
  no_match     A rule up to HOURLY that can never occur: dateutil refuses it, we yield nothing.
               RFC 5545 3.3.10: "BYxxx rule parts for a period of time that is the same or greater
               than the frequency generally reduce or limit the number of occurrences of the
               recurrence generated": here to none.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
from datetime import datetime, timedelta

from dateutil import rrule as du

EPOCH = datetime(1970, 1, 1)
END = datetime(2200, 1, 1)
FREQUENCIES = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
FIRST = 24  # occurrences that are compared
PATIENCE_S = 0.03  # dateutil tries second after second; what it found by then is compared


# -- Rules ------------------------------------------------------------------------------------


def some(dice, low, high, most, signed=False):
    values = set()
    for _ in range(dice.randint(1, most)):
        value = dice.randint(low, high)
        values.add(-value if signed and value and dice.random() < 0.3 else value)
    return sorted(values)


def random_days(dice, frequency, has_weeks):
    days = set()
    numbered = frequency in ("YEARLY", "MONTHLY") and not has_weeks and dice.random() < 0.6
    for _ in range(dice.choice([1, 1, 2, 3, 5])):
        day = dice.choice(DAYS)
        if numbered and dice.random() < 0.85:
            most = 5 if frequency == "MONTHLY" or dice.random() < 0.5 else 53
            n = dice.randint(1, most)
            day = f"{-n if dice.random() < 0.4 else n}{day}"
        days.add(day)
    return sorted(days)


def random_rule(dice):
    frequency = dice.choice(FREQUENCIES)
    parts = {"FREQ": frequency}
    small = frequency in ("HOURLY", "MINUTELY", "SECONDLY")
    chance = 0.25 if small else 0.35

    if dice.random() < 0.5:
        parts["INTERVAL"] = dice.choice([2, 2, 3, 4, 5, 7, 10, 12, dice.randint(1, 100)])
    if dice.random() < chance:
        parts["BYMONTH"] = some(dice, 1, 12, 4)
    if frequency == "YEARLY" and dice.random() < 0.25:
        parts["BYWEEKNO"] = some(dice, 1, 53, 4, signed=True)
    if frequency in ("YEARLY", "HOURLY", "MINUTELY", "SECONDLY") and dice.random() < chance / 2:
        parts["BYYEARDAY"] = some(dice, 1, 366, 40, signed=True)
    if frequency != "WEEKLY" and dice.random() < chance:
        parts["BYMONTHDAY"] = some(dice, 1, 31, 5, signed=True)
    if dice.random() < chance + 0.1:
        parts["BYDAY"] = random_days(dice, frequency, "BYWEEKNO" in parts)
    if dice.random() < 0.2:
        parts["BYHOUR"] = some(dice, 0, 23, 4)
    if dice.random() < 0.2:
        parts["BYMINUTE"] = some(dice, 0, 59, 4)
    if dice.random() < 0.15:
        parts["BYSECOND"] = some(dice, 0, 59, 3)
    if any(p.startswith("BY") for p in parts) and dice.random() < 0.25:
        parts["BYSETPOS"] = some(dice, 1, dice.choice([3, 8, 40]), 3, signed=True)
    if dice.random() < 0.4:
        parts["WKST"] = dice.choice(DAYS)
    if dice.random() < 0.25:
        parts["COUNT"] = dice.choice([1, 2, 5, 10, 20, dice.randint(1, 40)])
    elif dice.random() < 0.2:
        parts["UNTIL"] = None  # set when the start is known
    return parts


def text_of(parts):
    def value(v):
        return ",".join(str(x) for x in v) if isinstance(v, list) else str(v)

    return ";".join(f"{name}={value(v)}" for name, v in parts.items())


# -- dateutil, asked as the RFC means it --------------------------------------------------------


def as_the_rfc(parts, start):
    """(rule for dateutil, its start, why); what it yields before the real start is passed over."""
    parts, why = dict(parts), set()
    names_days = any(p in parts for p in ("BYDAY", "BYMONTHDAY", "BYYEARDAY"))
    if "BYWEEKNO" in parts and not names_days:
        parts["BYDAY"] = [DAYS[start.weekday()]]
        why.add("week_day")
    days = parts.get("BYDAY", [])
    within_month = parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts
    if within_month and any(len(d) > 2 and abs(int(d[:-2])) > 5 for d in days):
        days = parts["BYDAY"] = [d for d in days if len(d) == 2 or abs(int(d[:-2])) <= 5]
        why.add("sixth_day")
    if any(len(d) == 2 for d in days) and any(len(d) > 2 for d in days):
        numbered = {d for d in days if len(d) > 2}
        for day in (d for d in days if len(d) == 2):
            numbered |= {f"{n}{day}" for n in range(1, 6 if within_month else 54)}
        parts["BYDAY"] = sorted(numbered)
        why.add("mixed_days")
    if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
        parts.setdefault("BYDAY", [DAYS[start.weekday()]])
        for name, at_start in (("BYHOUR", start.hour), ("BYMINUTE", start.minute),
                               ("BYSECOND", start.second)):
            parts.setdefault(name, [at_start])
        back = (start.weekday() - DAYS.index(parts.get("WKST", "MO"))) % 7
        start = (start - timedelta(days=back)).replace(hour=0, minute=0, second=0)
        why.add("week_set")
    if any(n < 0 or n >= 52 for n in parts.get("BYWEEKNO", [])):
        why.add("week_edge")
    return parts, start, why


def weeks_in(year, week_start):
    return (first_week(year + 1, week_start) - first_week(year, week_start)).days // 7


def first_week(year, week_start):
    """RFC 5545 3.3.10: "Week number one of the calendar year is the first week that contains at
    least four (4) days in that calendar year." """
    new_year = datetime(year, 1, 1)
    begins = new_year - timedelta(days=(new_year.weekday() - week_start) % 7)
    return begins if (new_year - begins).days <= 3 else begins + timedelta(days=7)


def is_in_weeks(moment, numbers, week_start):
    year = moment.year
    if moment >= first_week(year + 1, week_start):
        year += 1
    elif moment < first_week(year, week_start):
        year -= 1
    week = (moment - first_week(year, week_start)).days // 7 + 1
    return week in numbers or week - weeks_in(year, week_start) - 1 in numbers


def positions(parts, found, start):
    """BYSETPOS and COUNT by hand, on a yearly rule that dateutil gave without them."""
    chosen = []
    years = {}
    for moment in found:
        years.setdefault(moment.year, []).append(moment)
    for _, members in sorted(years.items()):
        if "BYSETPOS" in parts:
            wanted = {p - 1 if p > 0 else len(members) + p for p in parts["BYSETPOS"]}
            members = [m for i, m in enumerate(members) if i in wanted]
        chosen += [m for m in members if m >= start]
    return chosen


def weeks_by_hand(parts, start, until):
    """A rule of the class week_edge: dateutil without that part, on the days that are in it."""
    week_start = DAYS.index(parts.get("WKST", "MO"))
    plain = {k: v for k, v in parts.items() if k not in ("BYWEEKNO", "BYSETPOS", "COUNT", "UNTIL")}
    plain.setdefault("BYHOUR", [start.hour])
    plain.setdefault("BYMINUTE", [start.minute])
    plain.setdefault("BYSECOND", [start.second])
    rule = du.rrulestr(text_of(plain), dtstart=datetime(start.year, 1, 1))
    horizon = datetime(start.year + 60, 1, 1)
    found = []
    for moment in rule:
        if moment >= horizon or len(found) > 20000:
            break
        if is_in_weeks(moment, parts["BYWEEKNO"], week_start):
            found.append(moment)
    last_year = found[-1].year if found else start.year
    whole = [m for m in found if m.year < last_year] if len(found) > 20000 else found
    chosen = [m for m in positions(parts, whole, start) if until is None or m <= until]
    if "COUNT" in parts:
        chosen = chosen[: parts["COUNT"]]
    return chosen[:FIRST], "cut"


def ask_dateutil(parts, start, until):
    """The first occurrences, and "more", "ended" or "cut" (no more patience)."""
    other, other_start, why = as_the_rfc(parts, start)
    if other.get("BYDAY") == []:
        return [], "ended", why
    if "week_edge" in why:
        return *weeks_by_hand(other, start, until), why
    count = other.pop("COUNT", None) if other_start != start else None
    other.pop("UNTIL", None)
    try:
        rule = du.rrulestr(text_of(other), dtstart=other_start)
    except ValueError as e:
        assert "empty" in str(e), (text_of(other), e)
        return [], "ended", {"no_match"}
    found = []
    try:
        with Patience():
            for moment in rule:
                if moment < start:
                    continue
                if moment >= END or (until is not None and moment > until):
                    return found, "ended", why
                found.append(moment)
                if len(found) == FIRST:
                    return found, "more", why
                if len(found) == count:
                    return found, "ended", why
    except ValueError as e:
        assert "gcd" in str(e) or "Invalid" in str(e), (text_of(other), e)
        return found, "ended", why | {"no_match"}
    except TimeoutError:
        return found, "cut", why
    return found, "ended", why


class Patience:
    """Rings after PATIENCE_S."""

    def __enter__(self):
        signal.signal(signal.SIGALRM, self.ring)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)

    @staticmethod
    def ring(*_):
        raise TimeoutError


# -- The comparison -----------------------------------------------------------------------------


def seconds(moment):
    return int((moment - EPOCH).total_seconds())


def ask(probe, lines):
    run = subprocess.run([probe], input="\n".join(lines) + "\n", text=True, check=True,
                         capture_output=True)
    answers = [a.split() for a in run.stdout.splitlines()]
    assert len(answers) == len(lines), f"{len(answers)} answers to {len(lines)} questions"
    return [(a[0], a[1:] if a[0] == "fault" else [int(x) for x in a[1:]]) for a in answers]


def make_cases(dice, count):
    cases = []
    while len(cases) < count:
        parts = random_rule(dice)
        start = datetime(dice.randint(1901, 2040), dice.randint(1, 12), dice.randint(1, 28),
                         dice.randint(0, 23), dice.choice([0, 0, 15, 30, dice.randint(0, 59)]),
                         dice.choice([0, 0, 0, dice.randint(0, 59)]))
        if dice.random() < 0.1:
            start = start.replace(month=dice.choice([1, 3, 5, 12]), day=dice.randint(29, 31))
        until = None
        if "UNTIL" in parts:
            until = start + timedelta(seconds=dice.randint(0, 10 ** dice.randint(3, 9)))
            until = min(until, END - timedelta(seconds=1))
            parts["UNTIL"] = until.strftime("%Y%m%dT%H%M%SZ")
        cases.append((parts, start, until))
    return cases


def compare(probe, cases, dice, tally):
    texts = [f"{text_of(parts)} {seconds(start)} -" for parts, start, _ in cases]
    ours = ask(probe, [f"{t} - {FIRST}" for t in texts])
    froms = [dice.choice(found or [seconds(start)]) + dice.choice([-1, 0, 0, 1])
             for (_, found), (_, start, _) in zip(ours, cases)]
    sought = ask(probe, [f"{t} {f} {FIRST}" for t, f in zip(texts, froms)])
    lasts = ask(probe, [f"{t} - last" for t in texts])
    wrong = 0
    for case, text, mine, begin, again, last in zip(cases, texts, ours, froms, sought, lasts):
        result, found = mine
        expected, ending, why = ask_dateutil(*case)
        expected = [seconds(m) for m in expected]
        for reason in why or {"alike"}:
            tally[reason] = tally.get(reason, 0) + 1
        if ending == "cut":
            tally["cut short"] = tally.get("cut short", 0) + 1
        faults = []
        if result in ("complex", "fault"):
            faults.append(result)
            tally[result] = tally.get(result, 0) + 1
        if found[: len(expected)] != expected or (ending != "cut" and
                                                  (len(found) > len(expected) or
                                                   result != ending)):
            faults.append("occurrences")
        tail = [m for m in found if m >= begin]
        if again[1][: len(tail)] != tail or (result == "ended" and again[1] != tail):
            faults.append("seek")
        if result == "ended" and found and last != ("more", [found[-1]]):
            faults.append(f"last {last}")
        if result == "ended" and not found and last[0] != "ended":
            faults.append(f"last {last}")
        if faults:
            wrong += 1
            if wrong <= 10:
                print(f"{', '.join(faults)}: {text} ({case[1]}) {why}")
                starts = [str(EPOCH + timedelta(seconds=s)) for s in found[:6]]
                print(f"   we       {result} {starts}")
                print(f"   dateutil {ending} "
                      f"{[str(EPOCH + timedelta(seconds=s)) for s in expected[:6]]}")
    return wrong


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("probe")
    arguments.add_argument("--rules", type=int, default=3000)
    arguments.add_argument("--short", type=int, help="so many without FASTI_TEST_LONG")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--long", action="store_true", help="100,000 rules")
    given = arguments.parse_args()
    dice = random.Random(given.seed)
    is_short = given.short is not None and "FASTI_TEST_LONG" not in os.environ
    left = 100_000 if given.long else given.short if is_short else given.rules
    total, wrong, tally = left, 0, {}

    while left > 0:
        cases = make_cases(dice, min(left, 1000))
        wrong += compare(given.probe, cases, dice, tally)
        left -= len(cases)
    print(f"{total} rules, seed {given.seed}: {wrong} unexplained differences; {tally}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
