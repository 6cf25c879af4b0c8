"""What somebody meets who has just come: ./run, the messages of commands, the start page."""

import os
import pathlib
import pty
import re
import subprocess

import pytest

from support import databases, program
from support.people import PASSWORD

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run_as(name, database, *arguments, stdin=""):
    return subprocess.run(
        [name, *arguments],
        executable=str(program.PROGRAM),
        input=stdin,
        env=program.environment(database),
        cwd=database.directory,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("name, shown", [
    ("./run", "./run"), ("../fasti/run", "../fasti/run"), ("/usr/bin/fasti", "fasti"),
    ("build/fasti", "fasti"), ("run", "fasti")])
def test_messages_name_commands_as_they_were_called(new_database, name, shown):
    for arguments in (("help",), ("hlep",), ("user",), ("help", "migrate")):
        done = run_as(name, new_database, *arguments)
        text = done.stdout + done.stderr
        assert set(re.findall(r"(?:`|Usage: |       )(\S*(?:run|fasti)) ", text)) == {shown}, text
    done = run_as(name, new_database, "demo")
    assert done.returncode == 0 and f"`{shown} serve`" in done.stdout


@pytest.mark.databases("sqlite")
def test_run_hands_its_own_name_on_and_builds_what_it_serves():
    text = (ROOT / "run").read_text()
    assert 'exec -a "$called" "$program" "${@:-serve}"' in text
    assert "build build fasti\n" in text
    assert '--cache "$PWD/' in (ROOT / "tools" / "setup.sh").read_text()


def test_what_is_wrong_with_an_account_is_said_in_sentences(new_database):
    done = program.run(new_database, "user", "add", "a", "no address", stdin=PASSWORD + "\n")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert [line.split(":")[1] for line in lines] == [" username", " email"], lines
    assert "errors" not in done.stderr and "request" not in done.stderr


def in_a_terminal(database, *arguments):
    """What a command says to somebody at a terminal who types nothing, and its exit code."""
    mine, its = pty.openpty()
    process = subprocess.Popen(
        [str(program.PROGRAM), *arguments],
        env=program.environment(database),
        cwd=database.directory,
        stdin=its,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    os.close(its)
    try:
        said = process.communicate(timeout=20)[0].decode()
    finally:
        process.kill()
        os.close(mine)
    return process.returncode, said


def test_nobody_is_asked_for_a_password_of_nobody(new_database):
    assert program.run(new_database, "migrate").returncode == 0
    code, said = in_a_terminal(new_database, "user", "passwd", "nobody")
    assert (code, said) == (1, "fasti: There is no user nobody.\n")


@pytest.mark.pages
def test_the_start_page_asks_where_it_is_served(client):
    page = client.request("GET", "/").body.decode()
    assert "8000" not in page and '<span id="origin">' in page
    assert '<script src="/docs/start.js"></script>' in page
    script = client.request("GET", "/docs/start.js")
    assert script.status == 200 and b"window.location.origin" in script.body
    assert b"pre-wrap" in client.request("GET", "/docs/page.css").body


@pytest.mark.databases("sqlite")
def test_the_readme_and_the_help_say_the_same_defaults(new_database):
    shown = program.run(new_database, "help").stdout
    assert "Network threads; 0: one a core." in shown
    readme = (ROOT / "README.md").read_text()
    rows = dict(re.findall(r"^\| `(FASTI_\w+)` \| (.*?) \|", readme, re.M))
    assert rows["FASTI_THREADS"] == "`0`"


@pytest.mark.databases("postgres")
def test_who_may_make_no_tables_is_told_what_to_do(tmp_path):
    database = databases.create("postgres", tmp_path / "foreign")
    name = f"mover_{os.getpid()}"
    admin = databases.connect(database.url)
    admin.cursor().execute(
        f"CREATE ROLE {name} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    url = re.sub(r"//[^@]*@", f"//{name}@", database.url)
    try:
        done = program.run(database, "migrate", DATABASE_URL=url)
        assert done.returncode == 4
        assert f"Permission denied for schema public: {name}" in done.stderr
        assert f"`createdb -O {name}`" in done.stderr
        database.load_old_system()
        done = program.run(database, "migrate", DATABASE_URL=url)
        assert done.returncode == 4 and "events (postgres)" in done.stderr
    finally:
        admin.cursor().execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
        admin.close()
        database.drop()
