"""The zones whose rules 2026 changes, with the files of both releases under a running server, and
zones of no place that change as zones have changed before: random series and what the calendar
shows of them agree with a model of wall clocks alone.

tests/data/zones: of Debian's tzdata 2025b and of PyPI's tzdata 2026.6 (2026f), in the public
domain; made/ is source text for zic(8)."""

import datetime
import json
import pathlib
import random
import subprocess
import time
import zoneinfo

import pytest

from support import invariants, program, wall
from support.people import Person, event, expect, unused_name
from support.wall import UTC, text
from support.zones import Zones

DATA = pathlib.Path(__file__).parents[1] / "data" / "zones"
OLD, NEW = "2025b", "2026f"
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
DAY = datetime.timedelta(days=1)
SEEN_DAYS = 390
MODELLED_DAYS = 1500
WITHIN_S = 60
MONTHS = ["2026-11", "2027-03", "2027-07", "2027-10"]


class Real:
    """The six zones, as both releases have them."""

    names = [
        "America/Vancouver",
        "America/Edmonton",
        "America/Winnipeg",
        "Africa/Casablanca",
        "America/Havana",
        "Europe/Chisinau",
    ]
    moving = names
    crowded = []  # days on which occurrences of the day before fall, too

    def __init__(self, _directory):
        self.files = {OLD: DATA / OLD, NEW: DATA / NEW}
        self.load()

    def load(self):
        self.zones = {release: {} for release in self.files}
        for release, directory in self.files.items():
            for name in self.names:
                with open(directory / name, "rb") as file:
                    self.zones[release][name] = zoneinfo.ZoneInfo.from_file(file, name)

    def put(self, zones, release):
        """The release first."""
        zones.release(release)
        for name in self.names:
            zones.put(self.files[release] / name, name)


class Made(Real):
    """A summer time goes, one comes, a zone gets another name, a day is left out."""

    names = ["Test/Ends", "Test/Begins", "Test/Old", "Test/Skips"]
    moving = ["Test/Ends", "Test/Begins", "Test/Skips"]
    crowded = [datetime.date(2027, 7, 2)]

    def __init__(self, directory):
        self.files = {OLD: directory / OLD, NEW: directory / NEW}
        for release, source in ((OLD, "before.zi"), (NEW, "after.zi")):
            command = ["/usr/sbin/zic", "-d", self.files[release], DATA / "made" / source]
            subprocess.run(command, check=True)
        self.load()

    def put(self, zones, release):
        super().put(zones, release)
        if release == NEW:
            zones.put(self.files[NEW] / "Test/New", "Test/New")
            zones.link("Test/New", "Test/Old")


def moment(clock, zone):
    """RFC 5545 3.3.5: of two equal times the first; in a gap the offset before it."""
    return clock.replace(tzinfo=zone, fold=0).astimezone(UTC)


class Series:
    """A random event: its body for the old release, and what each release shows of it."""

    def __init__(self, chance, change):
        self.change = change
        self.name = chance.choice(change.names)
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
        self.overrides, self.known = {}, {}
        if chance.random() > 0.2:
            self.repeat(chance)

    def is_plain(self, clock):
        """Is it there once, in both releases?"""
        return all(
            clock.replace(tzinfo=zones[self.name], fold=0).utcoffset()
            == clock.replace(tzinfo=zones[self.name], fold=1).utcoffset()
            for zones in self.change.zones.values()
        )

    def plain(self, draw):
        return next(clock for clock in iter(draw, None) if self.is_plain(clock))

    def zone(self, release):
        return self.change.zones[release][self.name]

    def repeat(self, chance):
        kind = chance.randrange(4)
        if kind == 0:
            self.rule, self.step = "FREQ=DAILY;INTERVAL=3", 3
        elif kind == 1:
            self.rule = "FREQ=DAILY"
        elif kind == 2:
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
        elif ends == 1 and self.is_plain(until):
            self.until = until
            written = moment(until, self.zone(OLD))
            self.rule += f";UNTIL={written.strftime('%Y%m%dT%H%M%SZ')}"
        for _ in range(chance.randrange(3)):
            extra = self.start + chance.randrange(300) * DAY + datetime.timedelta(minutes=45)
            if self.is_plain(extra):
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
        clocks = [clock for clock in self.clocks() if clock < end and self.is_plain(clock)]
        chosen = chance.sample(clocks, min(len(clocks), chance.randrange(5)))
        chosen += [clock for clock in clocks if clock.date() in self.change.crowded]
        for clock in chosen:
            moved = clock + datetime.timedelta(hours=chance.randrange(-5, 30))
            ended = moved + datetime.timedelta(hours=2)
            if not self.is_plain(moved) or not self.is_plain(ended):
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
        zone = self.zone(OLD)
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
        zone = self.zone(release)
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

    def occurrences(self, release, overrides):
        """(start, end, title) of all. Two that fall on one moment, as a day that is left out makes
        them, are one."""
        zone = self.zone(release)
        length = moment(self.end, zone) - moment(self.start, zone)
        at_moment, found = {}, []
        for clock in self.clocks():
            at = moment(clock, zone)
            if clock in overrides or at not in at_moment:
                at_moment[at] = clock
        for at, clock in at_moment.items():
            override = overrides.get(clock, {})
            start = moment(override["start_time"], zone) if "start_time" in override else at
            end = moment(override["end_time"], zone) if "end_time" in override else start + length
            if not override.get("cancelled"):
                found.append((text(start), text(end), override.get("title", "Series")))
        return sorted(found)

    def shown(self, release, window, overrides=None):
        """Those that reach into the window."""
        overrides = self.overrides if overrides is None else overrides
        key = release, bool(overrides)  # all of them, or none
        if key not in self.known:
            self.known[key] = self.occurrences(release, overrides)
        return [one for one in self.known[key] if one[0] < window["to"] and one[1] > window["from"]]


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


def wait_until_all_follow(database, zones):
    end = time.monotonic() + WITHIN_S
    while True:
        done = program.run(database, "zones", "--json", TZDIR=str(zones.directory))
        found = json.loads(done.stdout)
        assert found["unknown"] == 0
        if found["stale"] == 0:
            return
        assert time.monotonic() < end, found
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


def check_conflicts(person, made, release, chance):
    """What an event that is not there, alone or every week, would meet."""
    for weeks in (1, 1, 1, 6):
        start = datetime.datetime(2026, 1, 1, tzinfo=UTC) + chance.randrange(1300) * DAY
        start += datetime.timedelta(minutes=15 * chance.randrange(96))
        length = datetime.timedelta(hours=chance.choice([1, 4] if weeks > 1 else [1, 4, 20]))
        windows = [
            {
                "from": text(start + week * 7 * DAY),
                "to": text(start + week * 7 * DAY + length),
            }
            for week in range(weeks)
        ]
        body = {"start_time": windows[0]["from"], "end_time": windows[0]["to"]}
        if weeks > 1:
            body["recurrence_pattern"] = {"rrule": f"FREQ=WEEKLY;COUNT={weeks}"}
        reply = expect(person.post("/api/events/conflicts", {**body, "timezone": "UTC"}), 200).json
        expected = [
            one
            for window in windows
            for series in made.values()
            for one in series.shown(release, window)
        ]
        assert len(expected) < 100 and reply["incomplete"] == []
        assert shown(reply["conflicts"]) == sorted(expected), (body, release)


def overrides_of_versions(person, event_id, series):
    """By number; a version that a zone file made has those of the one before."""
    page = expect(person.get(f"/api/events/{event_id}/history", limit=1000), 200).json
    found = {}
    for version in reversed(page["items"]):
        number = version["version_number"]
        is_of_a_file = version["change_type"] == "zone_update"
        found[number] = found[number - 1] if is_of_a_file else series.written[number]
    return found


def check_rollback(person, event_id, series, release):
    """To every version there is, and then to the one with all overrides."""
    window = series.window()
    versions = overrides_of_versions(person, event_id, series)
    newest, present = max(versions), versions[max(versions)]
    full = max(number for number in versions if versions[number] == series.overrides)
    for version in [*versions, full]:
        overrides = versions[version]
        reply = person.post(f"/api/events/{event_id}/rollback/{version}")
        if overrides == present:
            expect(reply, 409)
            continue
        newest, present = newest + 1, overrides
        assert expect(reply, 200).json["version_number"] == newest
        series.written[newest] = overrides
        found = shown(wall.occurrences(person, event_id, **window))
        assert found == series.shown(release, window, overrides), (event_id, vars(series))


def series_of(person, chance, change):
    """{event id: its series}"""
    made = {}
    for _ in range(40):
        series = Series(chance, change)
        event_id = person.creates(**series.body())["id"]
        made[event_id] = series
        series.written = {1: {}}
        if series.rule is not None:
            series.override(chance)
        if series.overrides:
            person.changes(event_id, recurrence_overrides=series.written_overrides())
            series.written[2] = series.overrides
    return made


def check_zone_changes(person, made, change):
    """Only of zones whose rules are others, and each from one release to the other."""
    found = pages(person, "/api/zone-changes")
    assert found
    for item in found:
        assert item["event_id"] in made and item["timezone"] in change.moving
        releases = [item["old"]["zone_release"], item["new"]["zone_release"]]
        assert sorted(releases) == sorted([OLD, NEW])


@pytest.mark.parametrize("kind", [Real, Made])
def test_series_keep_their_clocks_in_both_releases(start, new_database, tmp_path, long_run, kind):
    chance = random.Random(2026)
    change = kind(tmp_path / "made")
    zones = Zones(tmp_path / "zoneinfo")
    change.put(zones, OLD)
    server = start(TZDIR=str(zones.directory), FASTI_RATE_LIMIT="off")
    people = [Person(server.client, unused_name("amira")) for _ in range(50 if long_run else 1)]
    series = [series_of(person, chance, change) for person in people]
    for release, is_running in ((OLD, True), (NEW, True), (OLD, long_run)):
        change.put(zones, release)
        if not is_running:
            server.restart()
        wait_until_all_follow(new_database, zones)
        assert not invariants.broken(new_database)
        for person, made in zip(people, series):
            check(person, made, release)
            check_conflicts(person, made, release, chance)
            for event_id in list(made)[:: 5 if long_run else 1]:
                check_rollback(person, event_id, made[event_id], release)
    for person, made in zip(people, series):
        check(person, made, OLD)
        check_zone_changes(person, made, change)
