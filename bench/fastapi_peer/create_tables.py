"""Makes the tables in the empty database at DATABASE_URL."""

from database import engine, make_session
from models import ROLE_NAMES, Base, Role

Base.metadata.create_all(engine)
with make_session.begin() as session:
    session.add_all(Role(id=number, name=name) for number, name in ROLE_NAMES.items())
