"""The same data in every system, all of it through the API."""

import copy
from datetime import datetime, timedelta, timezone

FRIENDS = 10     # people to share with
MINE = 10000     # events of the one who reads
SERIES = 100     # of them repeat
SHARED = 200     # of them are shared with two friends
EDITS = 100      # changes of the first event
TO_SHARE = 2500  # events of the one who shares, times FRIENDS: pairs to share once each
PASSWORD = "a-long-enough-secret"
QUOTAS = ("quota_events", "quota_bytes", "quota_history_bytes", "quota_grants")
BEGIN = datetime(2026, 1, 1, 8, tzinfo=timezone.utc)
WORDS = ("Planning", "Dentist", "Review", "Standup", "Town hall", "Interview", "Zürich trip")


def text_of(moment):
    return moment.isoformat().replace("+00:00", "Z")


def event_body(number, is_series=False):
    """Event `number`: every 100 minutes one of an hour, 700 days long."""
    start = BEGIN + timedelta(minutes=100 * (number % 10000))
    body = {"title": f"{WORDS[number % 7]} {number}", "location": f"Room {number % 40}",
            "description": "What we talk about, whom to ask, and what to bring. " * 2,
            "start_time": text_of(start), "end_time": text_of(start + timedelta(hours=1))}
    if is_series:
        body["is_recurring"] = True
        body["recurrence_pattern"] = {"freq": "weekly", "interval": 1, "by_day": ["MO", "WE"]}
    return body


class Account:
    def __init__(self, system, name):
        self.system = system
        reply = system.call("POST", "/api/auth/register", {
            "username": name, "email": f"{name}@example.org", "password": PASSWORD})
        self.name, self.id, self.token = name, reply["user"]["id"], reply["access_token"]

    def call(self, method, path, body=None):
        return self.system.call(method, path, body, self.token)

    def add_events(self, count, series=0):
        """Gives the first id; the others follow it without gaps."""
        bodies = [event_body(i, is_series=i % (count // series) == 1 if series else False)
                  for i in range(count)]
        ids = []
        for i in range(0, count, 200):
            ids += [e["id"] for e in self.call("POST", "/api/events/batch", bodies[i:i + 200])]
        assert ids == list(range(ids[0], ids[0] + count)), "ids have gaps"
        return ids[0]


def lift_quotas(system):
    """Quotas are not what is measured; some systems have none."""
    if not system.admin:
        return
    name, password = system.admin
    token = system.call("POST", "/api/auth/login", f"username={name}&password={password}",
                        form=True)["access_token"]
    for account in (system.me, system.writer, system.sharer):
        system.call("PATCH", f"/api/users/{account.id}", dict.fromkeys(QUOTAS, 10**12), token)


def fill(system):
    """Fills an empty system; leaves in it what the operations need to know."""
    system.me = Account(system, "amira")
    friends = [Account(system, f"friend{i}") for i in range(FRIENDS)]
    system.first_friend = friends[0].id
    assert [f.id for f in friends] == list(range(friends[0].id, friends[0].id + FRIENDS))
    system.writer = Account(system, "writer")
    system.sharer = Account(system, "sharer")
    system.login = Account(system, "signs.in")
    lift_quotas(system)
    system.first = system.me.add_events(MINE, SERIES)
    system.first_to_share = system.sharer.add_events(TO_SHARE)
    for i in range(EDITS):
        system.me.call("PUT", f"/api/events/{system.first}", {"title": f"Edited {i}"})
    for friend in friends:  # who shared with nobody would take no more than 200 from him
        given = friend.call("POST", "/api/events", event_body(0))["id"]
        friend.call("POST", f"/api/events/{given}/share",
                    {"user_id": system.sharer.id, "role_id": 3})
    step = MINE // SHARED
    for i in range(SHARED):
        for friend in (friends[i % FRIENDS], friends[(i + 3) % FRIENDS]):
            system.me.call("POST", f"/api/events/{system.first + i * step}/share",
                           {"user_id": friend.id, "role_id": 2 + i % 2})


def adopt(system, filled):
    """The same for a system whose database is a copy of that of one that was filled."""
    for name in ("first", "first_friend", "first_to_share"):
        setattr(system, name, getattr(filled, name))
    for name in ("me", "writer", "sharer", "login"):
        account = copy.copy(getattr(filled, name))
        account.system = system
        setattr(system, name, account)
