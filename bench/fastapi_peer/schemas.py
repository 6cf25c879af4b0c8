"""What requests carry, checked by pydantic; what replies carry, as plain dictionaries."""

from datetime import datetime
from typing import List, Optional, Union

from pydantic import VERSION, BaseModel, Field, root_validator

from models import ROLE_NAMES

# The members that versions and diffs are made of.
MEMBERS = ("title", "description", "start_time", "end_time", "location", "is_recurring",
           "recurrence_pattern")


class Strict(BaseModel):
    class Config:
        extra = "forbid"


def matches(expression):
    """The argument of Field: Debian 12 has pydantic 1, Debian 13 has 2."""
    return {"regex" if VERSION.startswith("1.") else "pattern": expression}


class Registration(Strict):
    username: str = Field(min_length=3, max_length=50, **matches(r"^[A-Za-z0-9._-]+$"))
    email: str = Field(max_length=254, **matches(r"^[^@\s]+@[^@\s]+$"))
    password: str = Field(min_length=8, max_length=72)


def check_times(values):
    start, end = values.get("start_time"), values.get("end_time")
    for moment in (start, end):
        if moment is not None and moment.tzinfo is None:
            raise ValueError("a time needs an offset")
    if start is not None and end is not None and end <= start:
        raise ValueError("end_time must be later than start_time")
    return values


class NewEvent(Strict):
    title: str = Field(min_length=1, max_length=255)
    description: Optional[str] = Field(None, max_length=65536)
    start_time: datetime
    end_time: datetime
    location: Optional[str] = Field(None, max_length=255)
    is_recurring: bool = False
    recurrence_pattern: Optional[dict] = None

    @root_validator(skip_on_failure=True)
    def end_after_start(cls, values):
        return check_times(values)


class EventPatch(Strict):
    title: Optional[str] = Field(None, min_length=1, max_length=255)
    description: Optional[str] = Field(None, max_length=65536)
    start_time: Optional[datetime] = None
    end_time: Optional[datetime] = None
    location: Optional[str] = Field(None, max_length=255)
    is_recurring: Optional[bool] = None
    recurrence_pattern: Optional[dict] = None

    @root_validator(skip_on_failure=True)
    def end_after_start(cls, values):
        return check_times(values)


class Batch(Strict):
    events: List[NewEvent] = Field(max_items=500)


BatchBody = Union[Batch, List[NewEvent]]


class Share(Strict):
    user_id: int
    role_id: int = Field(ge=1, le=3)


def text_of(moment):
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def document_of(event):
    """The state of an event that a version keeps."""
    return {"title": event.title, "description": event.description,
            "start_time": text_of(event.start_time), "end_time": text_of(event.end_time),
            "location": event.location, "is_recurring": event.is_recurring,
            "recurrence_pattern": event.recurrence_pattern}


def changes_between(before, after):
    return {name: {"old": before.get(name), "new": after.get(name)}
            for name in MEMBERS if before.get(name) != after.get(name)}


def show_user(user):
    return {"id": user.id, "username": user.username, "email": user.email,
            "created_at": text_of(user.created_at), "updated_at": text_of(user.updated_at)}


def show_permission(permission, user):
    return {"id": permission.id, "event_id": permission.event_id, "user_id": permission.user_id,
            "username": user.username, "email": user.email, "role_id": permission.role_id,
            "role_name": ROLE_NAMES[permission.role_id]}


def show_event(event, role_id):
    return {"id": event.id, **document_of(event), "owner_id": event.owner_id,
            "my_role": ROLE_NAMES[role_id], "created_at": text_of(event.created_at),
            "updated_at": text_of(event.updated_at)}


def show_entry(entry):
    return {"id": entry.id, "event_id": entry.event_id, "version_id": entry.version_id,
            "version_number": entry.version and entry.version.version_number,
            "user_id": entry.user_id,
            "user_details": entry.user and {"id": entry.user.id, "username": entry.user.username,
                                            "email": entry.user.email},
            "timestamp": text_of(entry.timestamp), "changes": entry.changes}
