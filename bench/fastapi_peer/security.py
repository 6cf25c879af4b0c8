"""Who asks, and what they may do."""

import hashlib
import os
import secrets
from datetime import datetime, timedelta, timezone

import bcrypt
import jwt
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from database import session_of_request
from models import EDITOR, OWNER, VIEWER, BlacklistedToken, Event, EventPermission, User

SECRET_KEY = os.environ["SECRET_KEY"]
MINUTES = int(os.environ.get("ACCESS_TOKEN_EXPIRE_MINUTES", "30"))
bearer = OAuth2PasswordBearer(tokenUrl="/api/auth/login")


def hash_password(password):
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(12)).decode()


def is_password(password, hashed):
    return bcrypt.checkpw(password.encode(), hashed.encode())


def issue_token(user, lifetime, kind):
    now = datetime.now(timezone.utc)
    claims = {"sub": str(user.id), "iat": now, "exp": now + lifetime, "type": kind,
              "jti": secrets.token_hex(8)}
    return jwt.encode(claims, SECRET_KEY, algorithm="HS256")


def issue_tokens(user):
    return {"access_token": issue_token(user, timedelta(minutes=MINUTES), "access"),
            "refresh_token": issue_token(user, timedelta(days=30), "refresh"),
            "token_type": "bearer", "expires_in": MINUTES * 60}


def current_user(token: str = Depends(bearer),
                 session: Session = Depends(session_of_request)) -> User:
    unauthorized = HTTPException(401, "Sign in.", {"WWW-Authenticate": "Bearer"})
    try:
        claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"])
    except jwt.PyJWTError:
        raise unauthorized
    if claims.get("type") != "access":
        raise unauthorized
    digest = hashlib.sha256(token.encode()).hexdigest()
    is_blacklisted = exists().where(BlacklistedToken.token_hash == digest)
    user = session.scalars(
        select(User).where(User.id == int(claims["sub"]), ~is_blacklisted)).first()
    if user is None:
        raise unauthorized
    return user


def find_event(session, event_id, user, allowed=(OWNER, EDITOR, VIEWER)):
    """The event with its grants and their people in one statement, and the caller's role."""
    event = session.scalars(
        select(Event).where(Event.id == event_id)
        .options(joinedload(Event.permissions).joinedload(EventPermission.user))
    ).unique().first()
    role = event and next((p.role_id for p in event.permissions if p.user_id == user.id), None)
    return permit(event, role, allowed)


def find_role(session, event_id, user, allowed=(OWNER, EDITOR, VIEWER), locked=False):
    """The event without its grants, and the caller's role."""
    query = (select(Event, EventPermission.role_id)
             .join(EventPermission, EventPermission.event_id == Event.id)
             .where(Event.id == event_id, EventPermission.user_id == user.id))
    row = session.execute(query.with_for_update(of=Event) if locked else query).first()
    return permit(*(row or (None, None)), allowed)


def permit(event, role, allowed):
    if role is None:
        raise HTTPException(404, "There is no such event.")
    if role not in allowed:
        raise HTTPException(403, "Your role does not let you do this.")
    return event, role
