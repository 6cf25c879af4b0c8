"""docs/schema.sql, which `fasti schema` prints, is the schema of a new database, whole."""

import os
import sqlite3
import subprocess

import pytest

from support import databases, program, schema


@pytest.fixture
def two_parts(tmp_path):
    """Each kind of database in its newest form, as SQL."""
    parts = {}
    for name in schema.HEADINGS:
        database = databases.create(name, tmp_path / name)
        done = program.run(database, "migrate")
        assert done.returncode == 0, done.stderr
        parts[name] = schema.part(database)
        database.drop()
    return parts


def printed(*arguments):
    return subprocess.run(
        [str(program.PROGRAM), "schema", *arguments], capture_output=True, text=True, timeout=30
    )


@pytest.mark.databases("postgres")
def test_the_file_is_the_schema_of_both_databases(two_parts):
    whole = schema.HEAD + "".join(two_parts.values())
    if os.environ.get("FASTI_TEST_WRITE_SCHEMA"):
        schema.FILE.write_text(whole, encoding="utf-8")
    assert schema.FILE.read_text(encoding="utf-8") == whole


@pytest.mark.databases("postgres")
def test_the_program_prints_it_whole_or_for_one_database(two_parts):
    assert printed().stdout == schema.FILE.read_text(encoding="utf-8")
    for name, text in two_parts.items():
        done = printed("--engine", name)
        assert (done.returncode, done.stdout) == (0, text)
        assert printed(f"--engine={name}").stdout == text
    for wrong in (("--engine", "oracle"), ("--engine",), ("sqlite",)):
        done = printed(*wrong)
        assert (done.returncode, done.stdout) == (2, "") and "schema [--engine" in done.stderr


@pytest.mark.databases("sqlite")
def test_it_makes_the_same_schema_once_more_on_sqlite(tmp_path):
    text = printed("--engine", "sqlite").stdout
    copy = databases.create("sqlite", tmp_path / "copy")
    connection = sqlite3.connect(copy.file)
    connection.executescript(text)
    connection.close()
    assert schema.part(copy) == text


@pytest.mark.databases("postgres")
def test_it_makes_the_same_schema_once_more_on_postgresql(tmp_path):
    text = printed("--engine", "postgres").stdout
    copy = databases.create("postgres", tmp_path / "copy")
    connection = databases.connect(copy.url)
    connection.cursor().execute(text)
    connection.close()
    assert schema.part(copy) == text
    copy.drop()
