"""One engine per process; one session, and so one transaction, per request."""

import json
import os

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(
    os.environ["DATABASE_URL"], future=True, pool_size=20, max_overflow=20,
    executemany_mode="values_plus_batch",
    json_serializer=lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")))
make_session = sessionmaker(engine, future=True, expire_on_commit=False)


def session_of_request() -> Session:
    with make_session() as session:
        yield session
