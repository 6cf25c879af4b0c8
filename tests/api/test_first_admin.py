"""The first administrator: by the link that the server prints, or by its settings."""

import concurrent.futures
import re
import time

import pytest

from support import program
from support.people import PASSWORD, Person, expect, unused_name


def link_of(server):
    while b" is ready." not in server.log:
        time.sleep(0.01)
    found = re.search(rb"http://127\.0\.0\.1:\d+/setup#t=([0-9a-f]{64})\n", server.log)
    return found and found[1].decode()


def make_admin(server, token, **more):
    name = unused_name("chief")
    body = {"token": token, "username": name, "email": f"{name}@example.org", "password": PASSWORD}
    return server.client.request("POST", "/api/setup", {**body, **more})


def about(server):
    return expect(server.client.request("GET", "/api/about"), 200).json


def test_the_link_makes_the_first_administrator(start, new_database):
    server = start()
    assert about(server)["needs_setup"] is True
    token = link_of(server)
    expect(make_admin(server, "0" * 64), 404)
    expect(make_admin(server, token, password="short"), 422, "password")
    made = expect(make_admin(server, token), 201).json
    assert made["user"]["is_admin"] is True
    me = server.client.request("GET", "/api/users", token=made["access_token"])
    assert expect(me, 200).json["total"] == 1
    assert about(server)["needs_setup"] is False
    expect(make_admin(server, token), 404)
    server.stop()
    again = start()
    assert link_of(again) is None
    assert b"The first account" not in again.log
    expect(make_admin(again, token), 404)


def test_of_two_with_the_link_one_is_the_first(start):
    server = start()
    token = link_of(server)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: make_admin(server, token), range(4)))
    assert sorted(reply.status for reply in replies) == [201, 404, 404, 404]


def test_a_name_that_is_taken_makes_no_administrator(start):
    server = start()
    bela = Person(server.client, "bela")
    expect(make_admin(server, link_of(server), username=bela.username), 409)


ADMIN = {
    "FASTI_ADMIN_USERNAME": "chief",
    "FASTI_ADMIN_EMAIL": "chief@example.org",
    "FASTI_ADMIN_PASSWORD": PASSWORD,
}


def test_settings_make_the_first_administrator_once(start, new_database):
    password = new_database.directory / "password"
    password.write_text(PASSWORD + "\n")
    password.chmod(0o600)
    settings = {**ADMIN, "FASTI_ADMIN_PASSWORD": None, "FASTI_ADMIN_PASSWORD_FILE": str(password)}
    server = start(**settings)
    assert link_of(server) is None
    chief = Person(server.client, "chief", register=False)
    assert chief.user["is_admin"] is True
    change = {"current_password": PASSWORD, "new_password": "another four plain words"}
    expect(chief.post("/api/auth/password", change), 204)
    server.stop()
    assert b"made the first administrator" in server.log and b"chief" not in server.log
    server = start(**settings)
    Person(server.client, "chief", password="another four plain words", register=False)
    assert len(new_database.rows("SELECT id FROM users")) == 1


@pytest.mark.parametrize(
    "change, words",
    [
        ({"FASTI_ADMIN_EMAIL": None}, "belong together"),
        ({"FASTI_ADMIN_EMAIL": "nowhere"}, "FASTI_ADMIN_EMAIL: "),
        ({"FASTI_ADMIN_USERNAME": "with space"}, "FASTI_ADMIN_USERNAME: "),
        ({"FASTI_ADMIN_PASSWORD": "password"}, "FASTI_ADMIN_PASSWORD: "),
    ],
)
def test_settings_that_make_no_administrator_refuse_to_start(new_database, change, words):
    done = program.run(new_database, "serve", **{**ADMIN, **change})
    assert done.returncode == 3
    assert words in done.stderr
    assert PASSWORD not in done.stderr


def test_an_account_of_the_same_name_is_not_overwritten(start, new_database):
    server = start()
    Person(server.client, "chief")
    server.stop()
    server = start(**ADMIN)
    Person(server.client, "chief", register=False)
    rows = new_database.rows("SELECT is_admin FROM users")
    assert [bool(row["is_admin"]) for row in rows] == [False]
    assert link_of(server) is not None
    assert b"no first administrator was made" in server.log
