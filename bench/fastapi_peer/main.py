"""The operations that the benchmark asks for, as the old system offered them."""

from datetime import datetime
from typing import Optional

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordRequestForm
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from database import session_of_request
from models import (EDITOR, OWNER, ChangelogEntry, Event, EventPermission, EventVersion, User)
from schemas import (BatchBody, Batch, EventPatch, NewEvent, Registration, Share, changes_between,
                     document_of, show_entry, show_event, show_permission, show_user)
from security import (current_user, find_event, find_role, hash_password, is_password,
                      issue_tokens)

app = FastAPI(openapi_url=None)
Database = Depends(session_of_request)
Me = Depends(current_user)


# -- Accounts --------------------------------------------------------------------------------------

@app.post("/api/auth/register", status_code=201)
def register(body: Registration, session: Session = Database):
    user = User(username=body.username, email=body.email.lower(),
                hashed_password=hash_password(body.password))
    session.add(user)
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(409, "The user name or the e-mail address is taken.")
    return JSONResponse({"user": show_user(user), **issue_tokens(user)}, 201)


@app.post("/api/auth/login")
def log_in(form: OAuth2PasswordRequestForm = Depends(), session: Session = Database):
    user = session.scalars(select(User).where(or_(User.username == form.username,
                                                  User.email == form.username.lower()))).first()
    session.rollback()  # the connection must not wait for bcrypt
    if user is None or not is_password(form.password, user.hashed_password):
        raise HTTPException(401, "Wrong name or password.", {"WWW-Authenticate": "Bearer"})
    return JSONResponse({"user": show_user(user), **issue_tokens(user)})


# -- Events ----------------------------------------------------------------------------------------

def add_events(session, user, bodies):
    """Events, owner's grants, first versions and changelog: four statements, however many."""
    events = [Event(**body.dict(), owner_id=user.id) for body in bodies]
    session.add_all(events)
    session.flush()
    versions = [EventVersion(event_id=event.id, version_number=1, data=document_of(event),
                             changed_by_user_id=user.id) for event in events]
    session.add_all(versions)
    session.add_all(EventPermission(event_id=event.id, user_id=user.id, role_id=OWNER)
                    for event in events)
    session.flush()
    session.add_all(ChangelogEntry(event_id=version.event_id, version_id=version.id,
                                   user_id=user.id, changes=changes_between({}, version.data))
                    for version in versions)
    session.commit()
    return events


@app.post("/api/events", status_code=201)
def create_event(body: NewEvent, session: Session = Database, me: User = Me):
    event, = add_events(session, me, [body])
    return JSONResponse(show_event(event, OWNER), 201, {"Location": f"/api/events/{event.id}"})


@app.post("/api/events/batch", status_code=201)
def create_events(body: BatchBody, session: Session = Database, me: User = Me):
    bodies = body.events if isinstance(body, Batch) else body
    events = add_events(session, me, bodies)
    return JSONResponse([show_event(event, OWNER) for event in events], 201)


@app.get("/api/events")
def list_events(skip: int = Query(0, ge=0), limit: int = Query(100, ge=1, le=1000),
                title: Optional[str] = None, owner_id: Optional[int] = None,
                from_: Optional[datetime] = Query(None, alias="from"),
                to: Optional[datetime] = None, count: bool = True, session: Session = Database,
                me: User = Me):
    conditions = [EventPermission.user_id == me.id]
    if title is not None:
        conditions.append(Event.title.ilike(f"%{title}%"))
    if owner_id is not None:
        conditions.append(Event.owner_id == owner_id)
    if from_ is not None:
        conditions.append(or_(Event.end_time > from_, Event.is_recurring))
    if to is not None:
        conditions.append(Event.start_time < to)
    query = (select(Event, EventPermission.role_id)
             .join(EventPermission, EventPermission.event_id == Event.id).where(*conditions))
    rows = session.execute(query.order_by(Event.start_time, Event.id)
                           .offset(skip).limit(limit)).all()
    total = None
    if count:
        total = session.scalar(select(func.count()).select_from(Event)
                               .join(EventPermission, EventPermission.event_id == Event.id)
                               .where(*conditions))
    return JSONResponse({"items": [show_event(event, role) for event, role in rows],
                         "total": total, "next_cursor": None})


@app.get("/api/events/{event_id}")
def read_event(event_id: int, if_none_match: Optional[str] = Header(None),
               session: Session = Database, me: User = Me):
    event, role = find_event(session, event_id, me)
    tag = f'"{int(event.updated_at.timestamp() * 1e6)}"'
    if if_none_match == tag:
        return Response(status_code=304, headers={"ETag": tag})
    permissions = [show_permission(p, p.user) for p in event.permissions]
    return JSONResponse({**show_event(event, role), "permissions": permissions},
                        headers={"ETag": tag})


@app.put("/api/events/{event_id}")
def update_event(event_id: int, body: EventPatch, session: Session = Database, me: User = Me):
    event, role = find_role(session, event_id, me, (OWNER, EDITOR), locked=True)
    before = document_of(event)
    for name, value in body.dict(exclude_unset=True).items():
        setattr(event, name, value)
    if event.end_time <= event.start_time:
        raise HTTPException(422, "end_time must be later than start_time")
    after = document_of(event)
    if after != before:
        newest = session.scalar(select(func.max(EventVersion.version_number))
                                .where(EventVersion.event_id == event_id)) or 0
        version = EventVersion(event_id=event_id, version_number=newest + 1, data=after,
                               changed_by_user_id=me.id)
        session.add(version)
        session.flush()
        session.add(ChangelogEntry(event_id=event_id, version_id=version.id, user_id=me.id,
                                   changes=changes_between(before, after)))
        session.commit()
    return JSONResponse(show_event(event, role))


# -- Sharing ---------------------------------------------------------------------------------------

@app.post("/api/events/{event_id}/share")
def share_event(event_id: int, body: Share, session: Session = Database, me: User = Me):
    find_role(session, event_id, me, (OWNER,), locked=True)
    user = session.get(User, body.user_id)
    if user is None:
        raise HTTPException(404, "There is no such person.")
    permission = EventPermission(event_id=event_id, user_id=body.user_id, role_id=body.role_id)
    entry = ChangelogEntry(event_id=event_id, user_id=me.id,
                           changes={"permissions": {"old": None, "new": body.dict()}})
    session.add_all([permission, entry])
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(409, "The event is already shared with this person.")
    return JSONResponse(show_permission(permission, user))


# -- History ---------------------------------------------------------------------------------------

@app.get("/api/events/{event_id}/diff/{v1}/{v2}")
def diff(event_id: int, v1: int, v2: int, session: Session = Database, me: User = Me):
    find_role(session, event_id, me)
    versions = dict(session.execute(
        select(EventVersion.version_number, EventVersion.data)
        .where(EventVersion.event_id == event_id, EventVersion.version_number.in_((v1, v2)))).all())
    if v1 not in versions or v2 not in versions:
        raise HTTPException(404, "There is no such version.")
    changes = changes_between(versions[v1], versions[v2])
    return JSONResponse({"event_id": event_id, "from_version": v1, "to_version": v2,
                         "changes": [{"field": name, "change_type": "modified",
                                      "old_value": change["old"], "new_value": change["new"]}
                                     for name, change in changes.items()]})


@app.get("/api/events/{event_id}/changelog")
def changelog(event_id: int, skip: int = Query(0, ge=0), limit: int = Query(100, ge=1, le=1000),
              session: Session = Database, me: User = Me):
    find_role(session, event_id, me)
    entries = session.scalars(
        select(ChangelogEntry).where(ChangelogEntry.event_id == event_id)
        .options(joinedload(ChangelogEntry.version).load_only(EventVersion.version_number),
                 joinedload(ChangelogEntry.user))
        .order_by(ChangelogEntry.id).offset(skip).limit(limit)).all()
    return JSONResponse([show_entry(entry) for entry in entries])
