"""The databases that the suite runs on: a file of SQLite, a database of a PostgreSQL cluster."""

import contextlib
import os
import pathlib
import shutil
import sqlite3
import uuid

import psycopg2

OLD_SYSTEM = pathlib.Path(__file__).parents[2] / "data" / "old-system.sql"


def names():
    """Which databases to test, in FASTI_TEST_DATABASES; both unless said otherwise."""
    chosen = os.environ.get("FASTI_TEST_DATABASES", "sqlite,postgres").split(",")
    if "postgres" in chosen and not os.environ.get("FASTI_TEST_POSTGRES"):
        raise RuntimeError(
            "FASTI_TEST_POSTGRES must be the URL of a PostgreSQL cluster for tests, or "
            "FASTI_TEST_DATABASES=sqlite must say that SQLite alone is meant."
        )
    return chosen


def connect(url):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    return connection


class Sqlite:
    name = "sqlite"

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.file = self.directory / "fasti.db"
        self.url = f"sqlite:///{self.file}"

    def rows(self, query):
        [found] = self.rows_of([(query, ())])
        return found

    def rows_of(self, queries):
        """What each of many (query, values) gives."""
        file = f"file:{self.file}?mode=ro"
        with contextlib.closing(sqlite3.connect(file, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [[dict(row) for row in connection.execute(*one)] for one in queries]

    def change(self, *statements):
        """While no server runs: the file is its own."""
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def drop(self):
        shutil.rmtree(self.directory, ignore_errors=True)


class Postgres:
    name = "postgres"

    def __init__(self, directory, admin_url=None, encoding="UTF8", template="template0"):
        self.directory = pathlib.Path(directory)
        self.admin_url = admin_url or os.environ["FASTI_TEST_POSTGRES"]
        self.database = "fasti_" + uuid.uuid4().hex[:12]
        server, _, query = self.admin_url.partition("?")
        self.url = server.rsplit("/", 1)[0] + "/" + self.database + ("?" + query if query else "")
        with connect(self.admin_url).cursor() as cursor:
            cursor.execute(
                f"CREATE DATABASE {self.database} ENCODING '{encoding}' TEMPLATE {template}"
                " STRATEGY FILE_COPY"  # half the work: no file is written twice
            )

    def load_old_system(self):
        """Fills the database as the FastAPI system left it; psql's own commands are left out."""
        lines = OLD_SYSTEM.read_text(encoding="utf-8").splitlines(keepends=True)
        script = "".join(line for line in lines if not line.startswith("\\"))
        connection = connect(self.url)
        connection.cursor().execute(script)
        connection.close()

    def rows(self, query, *values):
        [found] = self.rows_of([(query, values)])
        return found

    def rows_of(self, queries):
        """What each of many (query, values) gives: a connection costs as much as some of them."""
        with contextlib.closing(connect(self.url)) as connection:
            found = []
            for query, values in queries:
                cursor = connection.cursor()
                cursor.execute(query, values)
                names = [column.name for column in cursor.description]
                found.append([dict(zip(names, row)) for row in cursor.fetchall()])
            return found

    def change(self, *statements):
        with contextlib.closing(connect(self.url)) as connection:
            for statement in statements:
                connection.cursor().execute(statement)

    def drop(self):
        connection = connect(self.admin_url)
        connection.cursor().execute(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
        connection.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def create(name, directory, **more):
    """`more`, for PostgreSQL: another cluster (`admin_url`), encoding or template."""
    pathlib.Path(directory).mkdir(parents=True, exist_ok=True)
    return {"sqlite": Sqlite, "postgres": Postgres}[name](directory, **more)
