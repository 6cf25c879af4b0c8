"""A sound request for every operation, so that a test can go through all of them."""

import dataclasses

from support.people import PASSWORD, Person, event, unused_name

UNKNOWN_ID = "999999999"


@dataclasses.dataclass
class Scene:
    """A shared event with two versions, and the people around it."""

    owner: Person
    editor: Person
    viewer: Person
    revoked: Person
    stranger: Person
    event_id: int = 0
    session_id: int = 0

    def people(self):
        return {
            name: getattr(self, name)
            for name in ("owner", "editor", "viewer", "revoked", "stranger")
        }

    def set(self):
        """A fresh event for the same people; it repeats, so that an editor may cancel one."""
        self.event_id = self.owner.creates(recurrence_pattern="FREQ=WEEKLY;COUNT=10")["id"]
        self.owner.changes(self.event_id, title="Second state")
        self.owner.shares(self.event_id, self.editor, "Editor")
        self.owner.shares(self.event_id, self.viewer, "Viewer")
        self.owner.shares(self.event_id, self.revoked, "Editor")
        where = f"/api/events/{self.event_id}/permissions/{self.revoked.id}"
        assert self.owner.delete(where).status == 204
        return self


def gather(client):
    scene = Scene(
        *(Person(client, unused_name(field.name)) for field in dataclasses.fields(Scene)[:5])
    )
    for given in (scene.editor, scene.viewer, scene.revoked):
        given.knows(scene.owner)  # otherwise the owner's shares would wait, and only so many may
    return scene


def account():
    name = unused_name("made")
    return {"username": name, "email": f"{name}@example.org", "password": PASSWORD}


# (METHOD, path) -> the body, for a scene; operations without a body are not here.
BODIES = {
    ("POST", "/api/auth/register"): lambda scene: account(),
    ("POST", "/api/setup"): lambda scene: {"token": "0" * 64, **account()},
    ("POST", "/api/auth/login"): lambda scene: {
        "username": scene.owner.username,
        "password": PASSWORD,
    },
    ("POST", "/api/auth/refresh"): lambda scene: {"refresh_token": scene.owner.refresh_token},
    ("POST", "/api/auth/password"): lambda scene: {
        "current_password": PASSWORD,
        "new_password": PASSWORD,
    },
    ("PUT", "/api/users/me"): lambda scene: {"timezone": "UTC"},
    ("PATCH", "/api/users/me"): lambda scene: {"timezone": "UTC"},
    ("POST", "/api/users"): lambda scene: account(),
    ("PUT", "/api/users/{user_id}"): lambda scene: {"timezone": "UTC"},
    ("PATCH", "/api/users/{user_id}"): lambda scene: {"timezone": "UTC"},
    ("POST", "/api/events"): lambda scene: event(),
    ("POST", "/api/events/batch"): lambda scene: {"events": [event()]},
    ("PATCH", "/api/events/batch"): lambda scene: {"items": [{"id": scene.event_id, "title": "x"}]},
    ("DELETE", "/api/events/batch"): lambda scene: {"ids": [scene.event_id]},
    ("POST", "/api/events/conflicts"): lambda scene: {"event_id": scene.event_id},
    ("POST", "/api/recurrence/preview"): lambda scene: {
        "recurrence_pattern": {"rrule": "FREQ=DAILY"},
        "start_time": "2025-03-03T09:00:00Z",
    },
    ("PUT", "/api/events/{event_id}"): lambda scene: {"title": "Changed"},
    ("PATCH", "/api/events/{event_id}"): lambda scene: {"title": "Changed"},
    ("PATCH", "/api/events/{event_id}/occurrences/{original_start}"): lambda scene: {
        "title": "Changed"
    },
    ("POST", "/api/events/{event_id}/share"): lambda scene: {
        "user_id": scene.stranger.id,
        "role_id": 3,
    },
    ("PUT", "/api/events/{event_id}/permissions/{user_id}"): lambda scene: {"role": "Editor"},
    ("POST", "/api/events/{event_id}/transfer"): lambda scene: {"user_id": scene.editor.id},
    ("POST", "/api/events/{event_id}/answer"): lambda scene: {"answer": "yes"},
    ("POST", "/api/users/me/blocks"): lambda scene: {"user_id": scene.stranger.id},
}


def path_of(path, scene, user=None):
    """The path with the scene's values in place of its {names}."""
    values = {
        "event_id": scene.event_id,
        "user_id": (user or scene.viewer).id,
        "original_start": event()["start_time"],
        "version": 1,
        "v1": 1,
        "v2": 2,
        "from_version": 1,
        "to_version": 2,
        "version_number": 1,
        "session_id": scene.session_id,
        "id": scene.session_id,
        "file": "icon.svg",
    }
    return path.format(**values)


def body_of(method, path, scene):
    make = BODIES.get((method, path))
    return make(scene) if make else None
