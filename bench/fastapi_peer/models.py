"""The six tables of the old system, and its blacklist of tokens."""

from datetime import datetime, timezone

from sqlalchemy import (Boolean, Column, DateTime, ForeignKey, Integer, String, Text,
                        UniqueConstraint)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()

OWNER, EDITOR, VIEWER = 1, 2, 3
ROLE_NAMES = {OWNER: "Owner", EDITOR: "Editor", VIEWER: "Viewer"}


def now():
    return datetime.now(timezone.utc)


def moment(**options):
    return Column(DateTime(timezone=True), nullable=False, default=now, **options)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    username = Column(String(255), unique=True, index=True, nullable=False)
    email = Column(String(255), unique=True, index=True, nullable=False)
    hashed_password = Column(String(255), nullable=False)
    created_at = moment()
    updated_at = moment()


class Role(Base):
    __tablename__ = "roles"
    id = Column(Integer, primary_key=True)
    name = Column(String(50), unique=True, nullable=False)
    description = Column(String(255))


class Event(Base):
    __tablename__ = "events"
    id = Column(Integer, primary_key=True)
    title = Column(String(255), nullable=False)
    description = Column(Text)
    start_time = Column(DateTime(timezone=True), nullable=False, index=True)
    end_time = Column(DateTime(timezone=True), nullable=False)
    location = Column(String(255))
    owner_id = Column(ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)
    is_recurring = Column(Boolean, nullable=False, default=False)
    recurrence_pattern = Column(JSONB)
    created_at = moment()
    updated_at = moment(onupdate=now)
    permissions = relationship("EventPermission", lazy="raise", order_by="EventPermission.id")


class EventPermission(Base):
    __tablename__ = "event_permissions"
    __table_args__ = (UniqueConstraint("event_id", "user_id"),)
    id = Column(Integer, primary_key=True)
    event_id = Column(ForeignKey("events.id", ondelete="CASCADE"), nullable=False, index=True)
    user_id = Column(ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)
    role_id = Column(ForeignKey("roles.id", ondelete="RESTRICT"), nullable=False, index=True)
    user = relationship("User", lazy="raise")


class EventVersion(Base):
    __tablename__ = "event_versions"
    __table_args__ = (UniqueConstraint("event_id", "version_number"),)
    id = Column(Integer, primary_key=True)
    event_id = Column(ForeignKey("events.id", ondelete="CASCADE"), nullable=False, index=True)
    version_number = Column(Integer, nullable=False)
    data = Column(JSONB, nullable=False)
    changed_by_user_id = Column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    timestamp = moment()


class ChangelogEntry(Base):
    __tablename__ = "changelog"
    id = Column(Integer, primary_key=True)
    event_id = Column(ForeignKey("events.id", ondelete="CASCADE"), nullable=False, index=True)
    version_id = Column(ForeignKey("event_versions.id", ondelete="CASCADE"), index=True)
    user_id = Column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    timestamp = moment(index=True)
    changes = Column(JSONB, nullable=False)
    version = relationship("EventVersion", lazy="raise")
    user = relationship("User", lazy="raise")


class BlacklistedToken(Base):
    __tablename__ = "token_blacklist"
    token_hash = Column(String(64), primary_key=True)
    created_at = moment()
