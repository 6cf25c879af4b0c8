"""The zones whose rules 2026 changes, with the files of both releases under a running server:
random series and what the calendar shows of them agree with a model of wall clocks alone.

tests/data/zones: of Debian's tzdata 2025b and of PyPI's tzdata 2026.6 (2026f), in the public
domain."""

import datetime
import os
import pathlib
import random
import shutil
import time
import zoneinfo

from support import invariants, wall
from support.people import Person, event, expect, unused_name
from support.wall import UTC, text

DATA = pathlib.Path(__file__).parents[1] / "data" / "zones"
OLD, NEW = "2025b", "2026f"
NAMES = [
    "America/Vancouver",
    "America/Edmonton",
    "America/Winnipeg",
    "Africa/Casablanca",
    "America/Havana",
    "Europe/Chisinau",
]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
DAY = datetime.timedelta(days=1)
SEEN_DAYS = 390
MODELLED_DAYS = 1500
WITHIN_S = 60
MONTHS = ["2026-11", "2027-03", "2027-10"]


def load(release, name):
    with open(DATA / release / name, "rb") as file:
        return zoneinfo.ZoneInfo.from_file(file, name)


ZONES = {release: {name: load(release, name) for name in NAMES} for release in (OLD, NEW)}


def moment(clock, zone):
    """RFC 5545 3.3.5: of two equal times the first; in a gap the offset before it."""
    return clock.replace(tzinfo=zone, fold=0).astimezone(UTC)


def is_plain(clock, name):
    """Is it there once, in both releases?"""
    return all(
        clock.replace(tzinfo=zones[name], fold=0).utcoffset()
        == clock.replace(tzinfo=zones[name], fold=1).utcoffset()
        for zones in ZONES.values()
    )


class Series:
    """A random event: its body for the old release, and what each release shows of it."""

    def __init__(self, chance):
        self.name = chance.choice(NAMES)
        self.start = self.plain(
            lambda: datetime.datetime(2026, 1, 1)
            + chance.randrange(3 * 365) * DAY
            + datetime.timedelta(minutes=30 * chance.randrange(48))
        )
        self.end = self.plain(
            lambda: self.start + datetime.timedelta(minutes=chance.choice([15, 60, 90, 600]))
        )
        self.days, self.step = range(7), 1
        self.rule, self.count, self.until, self.rdates = None, 1, None, []
        self.overrides = {}
        if chance.random() > 0.2:
            self.repeat(chance)

    def plain(self, draw):
        return next(clock for clock in iter(draw, None) if is_plain(clock, self.name))

    def repeat(self, chance):
        kind = chance.randrange(3)
        if kind == 0:
            self.rule, self.step = "FREQ=DAILY;INTERVAL=3", 3
        elif kind == 1:
            self.days = {self.start.weekday()}
            self.rule = "FREQ=WEEKLY"
        else:
            self.days = {self.start.weekday(), chance.randrange(7)}
            self.rule = "FREQ=WEEKLY;BYDAY=" + ",".join(DAYS[day] for day in sorted(self.days))
        self.count = None
        ends = chance.randrange(3)
        until = self.start + chance.randrange(1, 400) * DAY
        if ends == 0:
            self.count = chance.randrange(1, 150)
            self.rule += f";COUNT={self.count}"
        elif ends == 1 and is_plain(until, self.name):
            self.until = until
            written = moment(until, ZONES[OLD][self.name])
            self.rule += f";UNTIL={written.strftime('%Y%m%dT%H%M%SZ')}"
        for _ in range(chance.randrange(3)):
            extra = self.start + chance.randrange(300) * DAY + datetime.timedelta(minutes=45)
            if is_plain(extra, self.name):
                self.rdates.append(extra)

    def clocks(self):
        """The wall-clock times of its occurrences."""
        found = []
        for day in range(0, MODELLED_DAYS, self.step):
            clock = self.start + day * DAY
            if self.until is not None and clock > self.until:
                break
            if self.count is not None and len(found) == self.count:
                break
            if clock.weekday() in self.days:
                found.append(clock)
        return sorted({*found, *self.rdates})

    def override(self, chance):
        end = self.start + SEEN_DAYS * DAY
        clocks = [clock for clock in self.clocks() if clock < end and is_plain(clock, self.name)]
        for clock in chance.sample(clocks, min(len(clocks), chance.randrange(5))):
            moved = clock + datetime.timedelta(hours=chance.randrange(-5, 30))
            ended = moved + datetime.timedelta(hours=2)
            if not is_plain(moved, self.name) or not is_plain(ended, self.name):
                continue
            self.overrides[clock] = chance.choice(
                [
                    {"cancelled": True},
                    {"title": "Renamed"},
                    {"start_time": moved},
                    {"start_time": moved, "end_time": ended},
                ]
            )

    def body(self):
        zone = ZONES[OLD][self.name]
        made = event(
            title="Series",
            start_time=text(moment(self.start, zone)),
            end_time=text(moment(self.end, zone)),
            timezone=self.name,
        )
        if self.rule is not None:
            rdates = [text(moment(clock, zone)) for clock in self.rdates]
            made["recurrence_pattern"] = {"rrule": self.rule, "rdates": rdates}
        return made

    def written_overrides(self, release=OLD):
        zone = ZONES[release][self.name]
        return {
            text(moment(clock, zone)): {
                key: text(moment(value, zone)) if key.endswith("_time") else value
                for key, value in override.items()
            }
            for clock, override in self.overrides.items()
        }

    def window(self):
        start = self.start.replace(tzinfo=UTC)
        return {"from": text(start - DAY), "to": text(start + SEEN_DAYS * DAY)}

    def shown(self, release, window, overrides=None):
        """(start, end, title) of what reaches into the window."""
        zone = ZONES[release][self.name]
        overrides = self.overrides if overrides is None else overrides
        length = moment(self.end, zone) - moment(self.start, zone)
        found = []
        for clock in self.clocks():
            override = overrides.get(clock, {})
            start = moment(override.get("start_time", clock), zone)
            end = start + length
            if "end_time" in override:
                end = moment(override["end_time"], zone)
            reaches = text(start) < window["to"] and text(end) > window["from"]
            if reaches and not override.get("cancelled"):
                found.append((text(start), text(end), override.get("title", "Series")))
        return sorted(found)


class Zones:
    def __init__(self, directory):
        self.directory = directory
        self.put(OLD)

    def put(self, release):
        """As an upgrade does: by renames, the release first."""
        for name in ["tzdata.zi", *NAMES]:
            at = self.directory / name
            at.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(DATA / release / name, f"{at}.new")
            os.replace(f"{at}.new", at)


def shown(items):
    return sorted((item["start_time"], item["end_time"], item["title"]) for item in items)


def pages(person, path, **query):
    found, cursor = [], {}
    while True:
        page = expect(person.get(path, limit=1000, **query, **cursor), 200).json
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def merged(found, window):
    """The times that they take together, within the window."""
    busy = []
    for start, end, _ in sorted(found):
        start, end = max(start, window["from"]), min(end, window["to"])
        if busy and start <= busy[-1][1]:
            busy[-1][1] = max(busy[-1][1], end)
        else:
            busy.append([start, end])
    return busy


def wait_until_all_follow(database, release):
    end = time.monotonic() + WITHIN_S
    stale = f"SELECT count(*) AS n FROM events WHERE zone_release <> '{release}'"
    while database.rows(stale)[0]["n"] > 0:
        assert time.monotonic() < end
        time.sleep(0.2)


def check(person, made, release):
    for event_id, series in made.items():
        window = series.window()
        found = shown(wall.occurrences(person, event_id, **window))
        assert found == series.shown(release, window), (event_id, vars(series))
        if series.rule is not None:
            now = person.sees(event_id)
            assert (now["recurrence_overrides"] or {}) == series.written_overrides(release)
    for month in MONTHS:
        window = {"from": f"{month}-01T00:00:00Z", "to": f"{month}-28T00:00:00Z"}
        check_window(person, made, release, window)


def check_window(person, made, release, window):
    """The calendar, the list and free/busy."""
    of_each = {event_id: series.shown(release, window) for event_id, series in made.items()}
    expected = sorted(one for found in of_each.values() for one in found)
    assert shown(pages(person, "/api/calendar", **window)) == expected
    listed = {item["id"] for item in pages(person, "/api/events", **window)}
    assert listed >= {event_id for event_id, found in of_each.items() if found}
    busy = expect(person.get("/api/freebusy", **window), 200).json
    taken = [[one["start_time"], one["end_time"]] for one in busy["users"][0]["busy"]]
    assert taken == merged(expected, window) and busy["incomplete"] == []


def check_rollback(person, made, release):
    """To version 1, which had no overrides, and to version 2, which had them."""
    for event_id, series in made.items():
        if not series.overrides:
            continue
        window = series.window()
        for version, overrides in ((1, {}), (2, series.overrides)):
            path = f"/api/events/{event_id}/rollback/{version}"
            expect(person.post(path), 200)
            found = shown(wall.occurrences(person, event_id, **window))
            assert found == series.shown(release, window, overrides), (event_id, vars(series))


def series_of(person, chance):
    """{event id: its series}"""
    made = {}
    for _ in range(40):
        series = Series(chance)
        event_id = person.creates(**series.body())["id"]
        made[event_id] = series
        if series.rule is not None:
            series.override(chance)
        if series.overrides:
            person.changes(event_id, recurrence_overrides=series.written_overrides())
    return made


def test_series_keep_their_clocks_in_both_releases(start, new_database, tmp_path, long_run):
    chance = random.Random(2026)
    zones = Zones(tmp_path / "zoneinfo")
    server = start(TZDIR=str(zones.directory), FASTI_RATE_LIMIT="off")
    people = [Person(server.client, unused_name("amira")) for _ in range(50 if long_run else 1)]
    series = [series_of(person, chance) for person in people]
    for release in (OLD, NEW, OLD):
        zones.put(release)
        wait_until_all_follow(new_database, release)
        assert not invariants.broken(new_database)
        for person, made in zip(people, series):
            check(person, made, release)
            if release == NEW:
                check_rollback(person, made, release)
