"""People who use the calendar."""

import itertools
import os

PASSWORD = "four plain words, 1 number"
_numbers = itertools.count(1)


class Unexpected(AssertionError):
    """The server answered something else than the test expects."""


def expect(reply, status, *faults):
    """The reply, when it has this status and, for a 422, exactly these faults."""
    if reply.status != status:
        raise Unexpected(f"expected {status}: {reply}")
    if faults and set(reply.faults()) != set(faults):
        raise Unexpected(f"expected faults in {faults}: {reply}")
    return reply


def unused_name(name="person"):
    return f"{name}-{os.getpid()}-{next(_numbers)}"


class Person:
    """Somebody with an account, signed in."""

    def __init__(self, client, username, password=PASSWORD, email=None, register=True):
        self.client = client
        self.username = username
        self.password = password
        self.email = email or f"{username}@example.org"
        if register:
            self._take(
                expect(
                    client.request(
                        "POST",
                        "/api/auth/register",
                        {"username": username, "email": self.email, "password": password},
                    ),
                    201,
                ).json
            )
        else:
            self.sign_in()

    def _take(self, tokens):
        self.user = tokens["user"]
        self.id = tokens["user"]["id"]
        self.token = tokens["access_token"]
        self.refresh_token = tokens["refresh_token"]

    def sign_in(self):
        reply = self.client.form(
            "/api/auth/login", {"username": self.username, "password": self.password}
        )
        self._take(expect(reply, 200).json)
        return self

    def ask(self, method, path, body=None, headers=(), **query):
        return self.client.request(method, path, body, headers, query, token=self.token)

    def get(self, path, headers=(), **query):
        return self.ask("GET", path, None, headers, **query)

    def post(self, path, body=None, headers=(), **query):
        return self.ask("POST", path, body, headers, **query)

    def put(self, path, body=None, headers=(), **query):
        return self.ask("PUT", path, body, headers, **query)

    def patch(self, path, body=None, headers=(), **query):
        return self.ask("PATCH", path, body, headers, **query)

    def delete(self, path, body=None, headers=(), **query):
        return self.ask("DELETE", path, body, headers, **query)

    # What most tests begin with.

    def creates(self, **members):
        """A new event of this person's."""
        return expect(self.post("/api/events", event(**members)), 201).json

    def changes(self, event_id, **members):
        return expect(self.patch(f"/api/events/{event_id}", members), 200).json

    def shares(self, event_id, other, role="Viewer"):
        body = {"users": [{"user_id": other.id, "role": role}]}
        return expect(self.post(f"/api/events/{event_id}/share", body), 200).json

    def knows(self, other):
        """Somebody is known to whom he gave something: long before what tests look at."""
        at = {"start_time": "1999-03-03T09:00:00Z", "end_time": "1999-03-03T10:00:00Z"}
        self.shares(self.creates(**at)["id"], other)

    def sees(self, event_id):
        return expect(self.get(f"/api/events/{event_id}"), 200).json


def event(**members):
    """The body of a sound event; `members` replace or, with `...`, remove members."""
    body = {
        "title": "Town hall",
        "start_time": "2025-03-03T09:00:00Z",
        "end_time": "2025-03-03T10:00:00Z",
    }
    body.update(members)
    return {name: value for name, value in body.items() if value is not ...}
