"""Attacks on accounts and their flows."""

import concurrent.futures

import pytest

from support.client import same_problem
from support.people import PASSWORD, Person, expect, unused_name
from test_accounts import is_signed_in, login, new_account, refresh, register


def test_unknown_wrong_and_disabled_get_one_answer(client, person, root):
    amira, disabled = person("amira"), person("disabled")
    expect(root.patch(f"/api/users/{disabled.id}", {"is_active": False}), 200)
    unknown = expect(login(client, unused_name("nobody"), PASSWORD), 401)
    wrong = expect(login(client, amira.username, "not the password"), 401)
    off = expect(login(client, disabled.username, PASSWORD), 401)
    assert same_problem(unknown, wrong)
    assert same_problem(unknown, off)


def test_a_taken_name_and_a_taken_address_get_one_answer(client, amira):
    name = expect(register(client, username=amira.username), 409)
    address = expect(register(client, email=amira.email), 409)
    both = expect(register(client, username=amira.username, email=amira.email), 409)
    assert same_problem(name, address)
    assert same_problem(name, both)


def test_a_taken_name_is_taken_in_any_case(client, amira):
    expect(register(client, username=amira.username.upper()), 409)
    expect(register(client, email=amira.email.upper()), 409)


def test_a_refused_registration_changes_nothing(client, amira):
    expect(register(client, username=amira.username, password="the attacker's own words"), 409)
    expect(login(client, amira.username, "the attacker's own words"), 401)
    expect(login(client, amira.username, PASSWORD), 200)


def in_parallel(count, work):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def test_of_parallel_registrations_of_one_name_one_succeeds(client):
    account = new_account()
    replies = in_parallel(8, lambda _: client.request("POST", "/api/auth/register", account))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 7


def test_of_parallel_registrations_of_one_address_one_succeeds(client):
    address = unused_name("shared") + "@example.org"
    replies = in_parallel(8, lambda _: register(client, email=address))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 7


# -- Passwords -------------------------------------------------------------------------------------

ACCEPTED = {
    "72 bytes": "0123456789ab" * 6,
    "72 bytes in 18 characters": "🧘" * 18,
    "8 bytes": "q9!zR%k2",
    "spaces at both ends": "  plain words 1  ",
    "not composed": "cafe\u0301 creme 1",
    "emoji": "🧘🧘🧘🧘 a1",
}
REFUSED = {
    "7 bytes": "q9!zR%k",
    "73 bytes": "0123456789ab" * 6 + "x",
    "73 bytes in 19 characters": "🧘" * 18 + "x",
    "a NUL": "four plain\0words",
    "1 MB": "a" * 200_000,
    "empty": "",
    "among the commonest": "password",
    "among the commonest too": "12345678",
    "a number": 1234567890,
    "null": None,
    "a list": ["four plain words"],
}


@pytest.mark.parametrize("password", ACCEPTED.values(), ids=ACCEPTED)
def test_a_password_is_taken_byte_for_byte(client, password):
    account = new_account(password=password)
    expect(client.request("POST", "/api/auth/register", account), 201)
    expect(login(client, account["username"], password), 200)
    for other in (password.strip(), password.lower(), password[:-1], password + " "):
        if other != password:
            assert login(client, account["username"], other).status == 401


@pytest.mark.parametrize("password", REFUSED.values(), ids=REFUSED)
def test_a_password_outside_the_rules_is_refused(client, password):
    reply = register(client, password=password)
    assert reply.status in (400, 413, 422)
    if reply.status == 422:
        assert "password" in reply.faults()


def test_a_decomposed_password_is_not_the_composed_one(client):
    account = new_account(password="caf\u00e9 creme 12")
    expect(client.request("POST", "/api/auth/register", account), 201)
    expect(login(client, account["username"], "cafe\u0301 creme 12"), 401)


@pytest.mark.parametrize("length", [73, 1000, 3000])
def test_a_login_with_a_long_password_is_a_plain_failure(client, amira, length):
    expect(login(client, amira.username, (PASSWORD + "x" * length)[:length]), 401)


def test_a_login_body_is_small(client):
    expect(login(client, "somebody", "x" * 5000), 413)


def test_of_parallel_changes_of_a_password_one_succeeds(client, amira):
    present, seen = PASSWORD, set()
    for turn in range(10):

        def change(number):
            body = {"current_password": present, "new_password": f"plain words {turn} {number}"}
            return amira.post("/api/auth/password", body).status

        statuses = in_parallel(8, change)
        assert statuses.count(204) == 1
        assert set(statuses) <= {204, 401, 409}
        present = f"plain words {turn} {statuses.index(204)}"
        expect(login(client, amira.username, present), 200)
        seen |= set(statuses)
        if 409 in seen:
            break


# -- Refresh tokens --------------------------------------------------------------------------------


def test_reuse_of_a_grandparent_ends_the_whole_family(client, amira):
    first = amira.refresh_token
    second = expect(refresh(client, first), 200).json
    third = expect(refresh(client, second["refresh_token"]), 200).json
    expect(refresh(client, first), 401)
    expect(refresh(client, third["refresh_token"]), 401)
    assert client.request("GET", "/api/users/me", token=third["access_token"]).status == 401


def test_reuse_of_a_token_leaves_other_sessions_alone(client, amira):
    other = Person(client, amira.username, register=False)
    second = expect(refresh(client, amira.refresh_token), 200).json
    expect(refresh(client, second["refresh_token"]), 200)
    expect(refresh(client, amira.refresh_token), 401)
    assert is_signed_in(other)
    expect(refresh(client, other.refresh_token), 200)


def test_of_parallel_refreshes_at_most_one_line_lives_on(client, amira):
    replies = in_parallel(8, lambda _: refresh(client, amira.refresh_token))
    assert {reply.status for reply in replies} <= {200, 401}
    given = {reply.json["refresh_token"] for reply in replies if reply.status == 200}
    alive = [token for token in given if refresh(client, token).status == 200]
    assert len(alive) <= 1


def test_every_wrong_refresh_token_gets_one_answer(client, amira, bela):
    expect(bela.post("/api/auth/logout"), 200)
    altered = amira.refresh_token[:-2] + ("AA" if amira.refresh_token[-2:] != "AA" else "BB")
    answers = [
        expect(refresh(client, token), 401)
        for token in (bela.refresh_token, altered, "x" * len(altered))
    ]
    assert same_problem(answers[0], answers[1])
    assert same_problem(answers[0], answers[2])


def test_a_disabled_account_cannot_refresh_or_go_on(client, amira, root):
    expect(root.patch(f"/api/users/{amira.id}", {"is_active": False}), 200)
    assert not is_signed_in(amira)
    expect(refresh(client, amira.refresh_token), 401)
    expect(root.patch(f"/api/users/{amira.id}", {"is_active": True}), 200)
    expect(login(client, amira.username, PASSWORD), 200)


def test_a_deleted_account_is_gone(client, amira):
    expect(amira.delete("/api/users/me"), 204)
    assert not is_signed_in(amira)
    expect(refresh(client, amira.refresh_token), 401)
    expect(login(client, amira.username, PASSWORD), 401)


# -- Forms -----------------------------------------------------------------------------------------


def post_form(client, path, text):
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    return client.request("POST", path, text.encode(), headers)


def test_a_form_with_a_repeated_name_is_refused(client, amira):
    text = f"username={amira.username}&username=other&password={PASSWORD}"
    assert post_form(client, "/api/auth/login", text.replace(" ", "+")).status in (400, 422)


@pytest.mark.parametrize(
    "text", ["", "username", "=", "&&&&", "username=%zz&password=x", "username=%00&password=x"]
)
def test_a_broken_form_is_refused(client, text):
    assert post_form(client, "/api/auth/login", text).status in (400, 401, 422)


def test_credentials_in_the_query_are_refused(client, amira):
    query = {"username": amira.username, "password": PASSWORD}
    reply = client.request("POST", "/api/auth/login", {}, query=query)
    assert reply.status in (400, 422)


def test_a_form_is_no_json_elsewhere(amira):
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    expect(amira.post("/api/events", b"title=x", headers), 415)


def test_token_replies_are_never_stored(client, amira):
    for reply in (
        login(client, amira.username, PASSWORD),
        login(client, amira.username, "wrong words here"),
        refresh(client, amira.refresh_token),
    ):
        assert "no-store" in reply.headers["Cache-Control"]


def test_replies_never_carry_a_password_or_its_hash(client, amira, root):
    account = new_account(password="canary words 4711 x")
    for reply in (
        client.request("POST", "/api/auth/register", account),
        login(client, account["username"], "canary words 4711 x"),
        login(client, account["username"], "canary words 4711 y"),
        root.get("/api/users", limit=1000),
        amira.get("/api/users/me"),
    ):
        assert b"canary words" not in reply.body
        assert b"$2b$" not in reply.body


def test_the_log_never_carries_a_secret(client, server):
    account = new_account(password="canary words 0815 x")
    reply = expect(client.request("POST", "/api/auth/register", account), 201).json
    login(client, account["username"], "canary words 0815 y")
    client.request("GET", "/api/users/me", token=reply["access_token"])
    refresh(client, reply["refresh_token"])
    for secret in ("canary words", reply["access_token"], reply["refresh_token"]):
        assert secret.encode() not in server.log
