"""Random edits of series against a model that knows sets of wall-clock times, and no rule but when
one is given: dateutil says what that yields. After each edit the server must show the same set.

20,000 edits with --long, on each database a part."""

import copy
import datetime
import random
import zoneinfo

import pytest
from dateutil import rrule

from support.people import event, expect

UTC = datetime.UTC
DAY = datetime.timedelta(days=1)
WINDOW = {"from": "2026-11-15T00:00:00Z", "to": "2027-12-15T00:00:00Z"}
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
HOURS = [(8, 0), (9, 30), (12, 0), (15, 15), (18, 45)]
NAMES = ["Standup", "Review", "Planning", "Retro"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def written(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


class Series:
    """One event: the wall-clock times at which it happens, and what is different there."""

    def __init__(self, zone, all_day, start, length, rule, rdates):
        self.zone = zone
        self.all_day = all_day
        self.start = start
        self.length = length
        self.title = NAMES[0]
        self.rdates = set(rdates)
        self.take_rule(rule)
        self.overrides = {}

    def take_rule(self, rule):
        self.rule = rule
        self.of_rule = set(rrule.rrulestr(rule, dtstart=self.start))

    @property
    def starts(self):
        return sorted(self.of_rule | self.rdates)

    def moment(self, local):
        zone = UTC if self.all_day else zoneinfo.ZoneInfo(self.zone)
        return local.replace(tzinfo=zone).astimezone(UTC)

    def local(self, moment):
        zone = UTC if self.all_day else zoneinfo.ZoneInfo(self.zone)
        return moment.astimezone(zone).replace(tzinfo=None)

    def shown(self):
        """(original start, start, end, title) of each, as the server lists them."""
        rows = []
        for local in self.starts:
            original = self.moment(local)
            own = self.overrides.get(local, {})
            if own.get("cancelled"):
                continue
            start = own.get("start", original)
            end = own.get("end", start + self.length)
            title = own.get("title", self.title)
            rows.append((written(original), written(start), written(end), title))
        return sorted(rows, key=lambda row: (row[1], row[0]))

    def move(self, by):
        """All of it; what an override has moved stays, an end alone goes along."""
        moved = {}
        for local, own in self.overrides.items():
            own = dict(own)
            if "end" in own and "start" not in own:
                own["end"] += self.moment(local + by) - self.moment(local)
            moved[local + by] = own
        self.overrides = moved
        self.start += by
        self.of_rule = {local + by for local in self.of_rule}
        self.rdates = {local + by for local in self.rdates}

    def drop(self):
        """The overrides that have no occurrence any more: their starts."""
        gone = [local for local in self.overrides if local not in self.starts]
        for local in gone:
            del self.overrides[local]
        return sorted(written(self.moment(local)) for local in gone)

    def put(self, local, own):
        if own:
            self.overrides[local] = own
        else:
            self.overrides.pop(local, None)

    def change_one(self, local, title, start, end):
        own = dict(self.overrides.get(local, {}))
        own.pop("cancelled", None)
        if start is not None and end is None and "end" in own:
            own["end"] += start - own.get("start", self.moment(local))
        for name, value in (("title", title), ("start", start), ("end", end)):
            if value is not None:
                own[name] = value
        self.put(local, own)

    def change_all(self, local, title, start, end):
        """Seen from the occurrence that was edited."""
        original = self.moment(local)
        own = dict(self.overrides.get(local, {}))
        if end is not None:
            self.length = end - (start if start is not None else own.get("start", original))
        own.pop("cancelled", None)
        if title is not None:
            self.title = title
            own.pop("title", None)
        if start is not None:
            own.pop("start", None)
        if start is not None or end is not None:
            own.pop("end", None)
        self.put(local, own)
        if start is not None:
            self.move(self.local(start) - local)

    def cut(self, local):
        """The part from there on; this keeps what lies before."""
        tail = copy.deepcopy(self)
        tail.of_rule = {one for one in self.of_rule if one >= local}
        tail.rdates = {one for one in self.rdates if one >= local}
        tail.overrides = {one: own for one, own in self.overrides.items() if one >= local}
        tail.start = local
        self.of_rule -= tail.of_rule
        self.rdates -= tail.rdates
        self.overrides = {one: own for one, own in self.overrides.items() if one < local}
        for part in (self, tail):
            part.settle_rule()
        return tail

    def settle_rule(self):
        """Dates alone are the first of them, once, and the others."""
        if not self.of_rule:
            self.start = min(self.rdates)
            self.of_rule = {self.start}
            self.rdates -= self.of_rule


class Walk:
    """A person's series, and the model of each."""

    def __init__(self, amira, chance):
        self.amira = amira
        self.chance = chance
        self.model = {}
        self.versions = {}

    def begin(self):
        chance = self.chance
        all_day = chance.random() < 0.25
        hour, minute = (0, 0) if all_day else chance.choice(HOURS)
        first = datetime.datetime(2027, chance.randint(1, 3), chance.randint(1, 28), hour, minute)
        rule = self.any_rule(first)
        start = rrule.rrulestr(rule, dtstart=first)[0]
        length = DAY if all_day else datetime.timedelta(minutes=chance.choice([30, 60, 90]))
        more = {start + chance.randint(1, 60) * DAY for _ in range(chance.randint(0, 2))}
        series = Series(chance.choice(ZONES), all_day, start, length, rule, more)
        made = self.amira.creates(
            title=series.title,
            all_day=all_day,
            timezone=series.zone,
            start_time=written(series.moment(start)),
            end_time=written(series.moment(start) + length),
            recurrence_pattern={
                "rrule": rule,
                "rdates": [written(series.moment(one)) for one in more],
            },
        )
        self.keep(made, series)

    def any_rule(self, first):
        chance = self.chance
        end = f"COUNT={chance.randint(3, 9)}"
        if chance.random() < 0.3:
            end = f"UNTIL={first + chance.randint(7, 60) * DAY:%Y%m%d}T235959"
        step = chance.choice(["", ";INTERVAL=2", ";INTERVAL=3"])
        days = ",".join(sorted(chance.sample(DAYS, chance.randint(1, 3)), key=DAYS.index))
        days = ",".join({*days.split(","), DAYS[first.weekday()]})
        return chance.choice(
            [
                f"FREQ=DAILY{step};{end}",
                f"FREQ=WEEKLY{step};{end}",
                f"FREQ=WEEKLY{step};BYDAY={days};{end}",
                f"FREQ=MONTHLY;COUNT={chance.randint(2, 4)}",
                f"FREQ=MONTHLY;BYMONTHDAY={first.day};COUNT={chance.randint(2, 4)}",
            ]
        )

    # -- What is the same on both sides.

    def keep(self, document, series):
        self.model[document["id"]] = series
        self.versions[document["id"], document["version_number"]] = copy.deepcopy(series)

    def check(self, event_id):
        path = f"/api/events/{event_id}/occurrences"
        reply = expect(self.amira.get(path, **WINDOW, limit=1000), 200)
        listed = [
            (one["occurrence"], one["start_time"], one["end_time"], one["title"])
            for one in reply.json["items"]
        ]
        listed.sort(key=lambda row: (row[1], row[0]))
        assert listed == self.model[event_id].shown()

    def run(self, edits):
        doors = [
            self.edit_one,
            self.edit_all,
            self.edit_following,
            self.take_away,
            self.move_event,
            self.merge_overrides,
            self.give_rule,
            self.give_dates,
            self.roll_back,
            self.change_zone,
        ]
        for _ in range(edits):
            self.forget_the_short()
            event_id = self.chance.choice(sorted(self.model))
            door = self.chance.choice(doors)
            try:
                for changed in door(event_id, self.model[event_id]):
                    self.check(changed)
            except AssertionError as problem:
                raise AssertionError(f"{door.__name__} of {event_id}") from problem

    def forget_the_short(self):
        while True:
            self.model = {one: kept for one, kept in self.model.items() if len(kept.starts) > 1}
            if len(self.model) > 1:
                return
            self.begin()

    # -- Edits.

    def any_change(self, series, local):
        """A title, a start, an end of an occurrence, or several of them."""
        chance = self.chance
        own = series.overrides.get(local, {})
        title = chance.choice(NAMES) if chance.random() < 0.4 else None
        start = end = None
        if chance.random() < 0.6:
            days = chance.choice([0, 0, 0, -1, 1, 2])
            hour, minute = (0, 0) if series.all_day else chance.choice(HOURS)
            start = series.moment(local.replace(hour=hour, minute=minute) + days * DAY)
        if chance.random() < 0.3:
            longer = DAY if series.all_day else datetime.timedelta(minutes=30)
            begins = start if start is not None else own.get("start", series.moment(local))
            end = begins + chance.randint(1, 3) * longer
        body = {"title": title, "start_time": start and written(start)}
        body["end_time"] = end and written(end)
        return title, start, end, {name: value for name, value in body.items() if value}

    def occurrence(self, event_id, series, first=0):
        local = self.chance.choice(series.starts[first:])
        where = written(series.moment(local))
        return local, f"/api/events/{event_id}/occurrences/{where}"

    def edit_one(self, event_id, series):
        local, path = self.occurrence(event_id, series)
        title, start, end, body = self.any_change(series, local)
        series.change_one(local, title, start, end)
        reply = expect(self.amira.patch(path, body), 200).json
        assert reply["dropped_overrides"] == []
        self.keep(reply["event"], series)
        return [event_id]

    def try_first(self, path, body, scope):
        """What a dry run says will happen."""
        query = {"scope": scope, "dry_run": "true", "limit": 1000}
        return self.amira.patch(path, body, **query, **WINDOW)

    def edit_all(self, event_id, series):
        local, path = self.occurrence(event_id, series)
        title, start, end, body = self.any_change(series, local)
        after = copy.deepcopy(series)
        after.change_all(local, title, start, end)
        tried = self.try_first(path, body, "all")
        reply = self.amira.patch(path, body, scope="all")
        assert tried.status == reply.status
        if self.is_refused(reply, series, after):
            return [event_id]
        self.compare_try(tried.json["preview"], [series], [after])
        dropped = after.drop()
        assert sorted(expect(reply, 200).json["dropped_overrides"]) == dropped == []
        self.keep(reply.json["event"], after)
        return [event_id]

    def is_refused(self, reply, series, after):
        """Months are not of one length: to another day their rules may not be moved."""
        moves = {one.date() for one in series.starts} != {one.date() for one in after.starts}
        if reply.status == 422 and moves and "MONTHLY" in series.rule:
            assert [fault["type"] for fault in reply.json["errors"]] == ["series_not_movable"]
            return True
        expect(reply, 200)
        return False

    def compare_try(self, preview, befores, afters):
        assert preview["is_complete"]
        were = sorted(row[1:3] for one in befores for row in one.shown())
        are = sorted(row[1:3] for one in afters for row in one.shown())
        told = [(one["start_time"], one["end_time"]) for one in preview["kept"]]
        gone = [(one["start_time"], one["end_time"]) for one in preview["removed"]]
        gone += [(one["start_time"], one["end_time"]) for one in preview["moved"]]
        new = [(one["new_start_time"], one["new_end_time"]) for one in preview["added"]]
        new += [(one["new_start_time"], one["new_end_time"]) for one in preview["moved"]]
        assert sorted(told + gone) == were
        assert sorted(told + new) == are

    def edit_following(self, event_id, series):
        local, path = self.occurrence(event_id, series, first=1)
        title, start, end, body = self.any_change(series, local)
        head = copy.deepcopy(series)
        tail = head.cut(local)
        was = copy.deepcopy(tail)
        tail.change_all(local, title, start, end)
        tried = self.try_first(path, body, "following")
        reply = self.amira.patch(path, body, scope="following")
        assert tried.status == reply.status
        if self.is_refused(reply, was, tail):
            return [event_id]
        self.compare_try(tried.json["preview"], [series], [head, tail])
        done = reply.json
        assert done["dropped_overrides"] == []
        # A part that begins with one of the dates may start with the first of its rule.
        tail.start = tail.local(read(done["new_event"]["start_time"]))
        assert tail.start in tail.starts
        self.keep(done["event"], head)
        self.keep(done["new_event"], tail)
        return [done["event"]["id"], done["new_event"]["id"]]

    def take_away(self, event_id, series):
        if self.chance.random() < 0.2:
            local, path = self.occurrence(event_id, series, first=1)
            series.cut(local)
            reply = expect(self.amira.delete(path, scope="following"), 200).json
        else:
            local, path = self.occurrence(event_id, series)
            series.overrides[local] = {"cancelled": True}
            reply = expect(self.amira.delete(path), 200).json
        self.keep(reply["event"], series)
        return [event_id]

    def move_event(self, event_id, series):
        """By the event's own start, through PATCH, PUT or a batch."""
        chance = self.chance
        hour, minute = (0, 0) if series.all_day else chance.choice(HOURS)
        start = series.start.replace(hour=hour, minute=minute)
        if "MONTHLY" not in series.rule and series.start in series.starts:
            start += chance.randint(-2, 2) * DAY
        if series.start not in series.of_rule:
            return []
        length = series.length * chance.choice([1, 1, 2])
        series.move(start - series.start)
        series.length = length
        body = {
            "start_time": written(series.moment(start)),
            "end_time": written(series.moment(start) + length),
        }
        self.keep(self.change_event(event_id, body), series)
        return [event_id]

    def change_event(self, event_id, body, doors=("patch", "put", "batch")):
        path = f"/api/events/{event_id}"
        door = self.chance.choice(doors)
        if door == "batch":
            items = {"items": [{"id": event_id, **body}]}
            return expect(self.amira.patch("/api/events/batch", items), 200).json[0]
        ask = self.amira.patch if door == "patch" else self.amira.put
        return expect(ask(path, body), 200).json

    def merge_overrides(self, event_id, series):
        patch = {}
        for local in self.chance.sample(series.starts, min(2, len(series.starts))):
            own = dict(series.overrides.get(local, {}))
            key = written(series.moment(local))
            kind = self.chance.choice(["remove", "cancel", "title", "untitle"])
            if kind == "remove":
                patch[key] = None
                own = {}
            elif kind == "cancel":
                patch[key] = {"cancelled": True}
                own = {"cancelled": True}
            elif kind == "title":
                own.pop("cancelled", None)
                own["title"] = self.chance.choice(NAMES)
                patch[key] = {"title": own["title"]}
            else:
                own.pop("title", None)
                patch[key] = {"title": None}
            series.put(local, own)
        body = {"recurrence_overrides": patch}
        self.keep(self.change_event(event_id, body, doors=("patch", "batch")), series)
        return [event_id]

    def give_rule(self, event_id, series):
        """Dates that are not named stay; overrides without an occurrence are told."""
        if series.start not in series.starts:
            return []
        rule = self.any_rule(series.start)
        if rrule.rrulestr(rule, dtstart=series.start)[0] != series.start:
            return []
        series.take_rule(rule)
        dropped = series.drop()
        body = {"recurrence_pattern": {"rrule": rule}}
        done = self.change_event(event_id, body, doors=("patch", "batch"))
        assert sorted(done.get("dropped_overrides", [])) == dropped
        self.keep(done, series)
        return [event_id]

    def give_dates(self, event_id, series):
        days = self.chance.sample(range(1, 60), self.chance.randint(0, 3))
        series.rdates = {series.start + day * DAY for day in days}
        dropped = series.drop()
        rdates = [written(series.moment(one)) for one in sorted(series.rdates)]
        body = {"recurrence_pattern": {"rdates": rdates or self.chance.choice([None, []])}}
        if not series.starts:
            return []
        done = self.change_event(event_id, body, doors=("patch", "batch"))
        assert sorted(done.get("dropped_overrides", [])) == dropped
        self.keep(done, series)
        return [event_id]

    def roll_back(self, event_id, series):
        known = sorted(version for one, version in self.versions if one == event_id)
        version = self.chance.choice(known)
        then = copy.deepcopy(self.versions[event_id, version])
        reply = self.amira.post(f"/api/events/{event_id}/rollback/{version}", None)
        if reply.status == 409:
            assert then.shown() == series.shown()
            return [event_id]
        done = expect(reply, 200).json
        assert "dropped_overrides" not in done
        self.keep(done, then)
        return [event_id]

    def change_zone(self, event_id, series):
        """Another clock for the same moments, where the first occurrence keeps its day."""
        zone = self.chance.choice(ZONES)
        start = series.moment(series.start)
        is_simple = "MONTHLY" not in series.rule and series.start in series.of_rule
        then = copy.copy(series)
        then.zone = zone
        local = then.local(start)
        if series.all_day or not is_simple or not 5 <= local.hour <= 22:
            return []
        rdates = {series.moment(one) for one in series.rdates}
        moved = copy.deepcopy(series)
        moved.zone = zone
        by = local - series.start
        moved.start = local
        moved.of_rule = {one + by for one in series.of_rule}
        moved.rdates = {moved.local(moment) for moment in rdates}
        moved.overrides = {}
        for one, own in series.overrides.items():
            own = dict(own)
            where = one + by if one not in series.rdates else moved.local(series.moment(one))
            if "end" in own and "start" not in own:
                own["end"] += moved.moment(where) - series.moment(one)
            moved.overrides[where] = own
        self.keep(self.change_event(event_id, {"timezone": zone}, doors=("patch", "batch")), moved)
        return [event_id]


@pytest.mark.parametrize("part", range(4))
def test_random_edits_do_what_a_model_of_sets_says(person, long_run, part):
    edits = 2500 if long_run else 60
    seed = 1028 + part
    walk = Walk(person("editor"), random.Random(seed))
    for _ in range(edits // 20):
        walk.run(20)
        walk.model = {}
