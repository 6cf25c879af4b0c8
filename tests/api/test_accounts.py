"""Accounts: register, sign in and out, refresh, sessions, passwords."""

import concurrent.futures

import pytest

from support.people import PASSWORD, Person, expect, unused_name

TOKEN_MEMBERS = {"user", "access_token", "refresh_token", "token_type", "expires_in"}
USER_MEMBERS = {
    "id",
    "username",
    "email",
    "is_admin",
    "timezone",
    "display_name",
    "free_busy",
    "created_at",
    "updated_at",
}


def new_account(**members):
    name = unused_name("new")
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    body.update(members)
    return {key: value for key, value in body.items() if value is not ...}


def register(client, **members):
    return client.request("POST", "/api/auth/register", new_account(**members))


def login(client, username, password):
    return client.form("/api/auth/login", {"username": username, "password": password})


def refresh(client, token):
    return client.request("POST", "/api/auth/refresh", {"refresh_token": token})


def is_signed_in(person):
    return person.get("/api/users/me").status == 200


# -- Register --------------------------------------------------------------------------------------


def test_register_gives_the_account_and_both_tokens(client):
    account = new_account()
    reply = expect(client.request("POST", "/api/auth/register", account), 201)
    assert set(reply.json) == TOKEN_MEMBERS
    assert USER_MEMBERS <= set(reply.json["user"])
    assert reply.json["user"]["username"] == account["username"]
    assert reply.json["user"]["email"] == account["email"]
    assert reply.json["user"]["is_admin"] is False
    assert reply.json["token_type"] == "bearer"
    assert reply.json["expires_in"] == 30 * 60
    assert "no-store" in reply.headers["Cache-Control"]


def test_the_token_of_a_registration_works_at_once(client):
    reply = register(client)
    me = client.request("GET", "/api/users/me", token=reply.json["access_token"])
    assert expect(me, 200).json["id"] == reply.json["user"]["id"]


@pytest.mark.parametrize("missing", ["username", "email", "password"])
def test_register_names_what_is_missing(client, missing):
    expect(register(client, **{missing: ...}), 422, missing)


def test_register_names_every_fault_at_once(client):
    reply = register(client, username="x", email="no address", password="short")
    expect(reply, 422, "username", "email", "password")


@pytest.mark.parametrize("name", ["ab", "a" * 51, "with space", "semi;colon", "a/b", "a@b", ""])
def test_register_refuses_a_username_of_other_characters_or_length(client, name):
    expect(register(client, username=name), 422, "username")


@pytest.mark.parametrize("form", ["{0}.dot", "{0}_under", "{0}-dash", "{0}9", "UPPER{0}"])
def test_register_takes_letters_digits_dot_underscore_and_dash(client, form):
    name = form.format(unused_name("n"))
    assert expect(register(client, username=name), 201).json["user"]["username"] == name


def test_register_refuses_a_member_that_gives_rights(client):
    for member in ("is_admin", "role", "id", "is_active", "created_at"):
        expect(register(client, **{member: 1}), 422, member)


def test_register_can_be_closed(start):
    server = start(FASTI_SIGNUP="closed")
    expect(register(server.client), 403)


# -- Log in ----------------------------------------------------------------------------------------


def test_login_takes_the_form_of_the_old_system(client, amira):
    reply = expect(login(client, amira.username, PASSWORD), 200)
    assert set(reply.json) == TOKEN_MEMBERS
    assert reply.json["user"]["id"] == amira.id


def test_login_takes_an_address_as_the_username_whatever_its_case(client, amira):
    assert expect(login(client, amira.email.upper(), PASSWORD), 200).json["user"]["id"] == amira.id


def test_login_takes_json_too(client, amira):
    body = {"username": amira.username, "password": PASSWORD}
    reply = expect(client.request("POST", "/api/auth/login", body), 200)
    assert reply.json["user"]["username"] == amira.username


def test_login_takes_what_an_oauth_client_sends(client, amira):
    pairs = {
        "grant_type": "password",
        "username": amira.username,
        "password": PASSWORD,
        "scope": "",
    }
    expect(client.form("/api/auth/login", pairs), 200)


def test_login_refuses_another_grant_type(client, amira):
    pairs = {"grant_type": "implicit", "username": amira.username, "password": PASSWORD}
    reply = client.form("/api/auth/login", pairs)
    assert reply.status in (400, 422)
    assert "error" in reply.json


def test_a_failed_login_carries_the_error_of_oauth(client, amira):
    reply = expect(login(client, amira.username, "not the password"), 401)
    assert reply.json["error"] == "invalid_grant"


# -- Refresh ---------------------------------------------------------------------------------------


def test_refresh_gives_a_new_pair(client, amira):
    reply = expect(refresh(client, amira.refresh_token), 200)
    assert set(reply.json) == TOKEN_MEMBERS
    assert reply.json["refresh_token"] != amira.refresh_token
    me = client.request("GET", "/api/users/me", token=reply.json["access_token"])
    assert expect(me, 200).json["id"] == amira.id


def test_refresh_takes_the_form_of_oauth(client, amira):
    pairs = {"grant_type": "refresh_token", "refresh_token": amira.refresh_token}
    expect(client.form("/api/auth/refresh", pairs), 200)


@pytest.mark.parametrize("token", ["", "x", "not.a.token", "é" * 40, "a" * 3000])
def test_refresh_with_nonsense_is_401_or_422(client, token):
    assert refresh(client, token).status in (401, 422)


def test_refresh_without_a_token_names_it(client):
    reply = client.request("POST", "/api/auth/refresh", {})
    expect(reply, 422, "refresh_token")


def test_an_access_token_is_no_refresh_token(client, amira):
    expect(refresh(client, amira.token), 401)


# -- Log out and sessions --------------------------------------------------------------------------


def test_logout_ends_this_session_at_once(client, amira):
    other = Person(client, amira.username, register=False)
    reply = expect(amira.post("/api/auth/logout"), 200)
    assert isinstance(reply.json["message"], str)
    assert not is_signed_in(amira)
    expect(refresh(client, amira.refresh_token), 401)
    assert is_signed_in(other)


def test_logout_of_all_ends_every_session(client, amira):
    other = Person(client, amira.username, register=False)
    expect(amira.post("/api/auth/logout", all="true"), 200)
    assert not is_signed_in(amira)
    assert not is_signed_in(other)
    expect(refresh(client, other.refresh_token), 401)


def test_sessions_show_where_one_is_signed_in(client, amira):
    body = {"username": amira.username, "password": PASSWORD}
    agent = {"User-Agent": "a telephone"}
    expect(client.request("POST", "/api/auth/login", body, agent), 200)
    reply = expect(amira.get("/api/auth/sessions"), 200).json
    sessions = reply["items"] if isinstance(reply, dict) else reply
    assert len(sessions) == 2
    assert "a telephone" in [session["agent"] for session in sessions]
    assert {session["address"] for session in sessions} == {"127.0.0.1"}


def sessions_of(person):
    reply = expect(person.get("/api/auth/sessions"), 200).json
    return reply["items"] if isinstance(reply, dict) else reply


def test_a_session_can_be_ended_from_another(client, amira):
    known = {session["id"] for session in sessions_of(amira)}
    other = Person(client, amira.username, register=False)
    (new,) = {session["id"] for session in sessions_of(amira)} - known
    expect(amira.get(f"/api/auth/sessions/{new}"), 200)
    expect(amira.delete(f"/api/auth/sessions/{new}"), 204)
    assert not is_signed_in(other)
    expect(refresh(client, other.refresh_token), 401)
    assert is_signed_in(amira)
    expect(amira.delete(f"/api/auth/sessions/{new}"), 404)


def test_all_other_sessions_can_be_ended_at_once(client, amira, bela):
    others = [Person(client, amira.username, register=False) for _ in range(2)]
    expect(amira.delete("/api/auth/sessions"), 204)
    assert [session["is_current"] for session in sessions_of(amira)] == [True]
    assert not any(is_signed_in(other) for other in others)
    assert is_signed_in(bela)


def test_another_person_s_session_is_not_found(amira, bela):
    (session,) = sessions_of(amira)
    expect(bela.get(f"/api/auth/sessions/{session['id']}"), 404)
    expect(bela.delete(f"/api/auth/sessions/{session['id']}"), 404)
    assert is_signed_in(amira)


# -- Passwords -------------------------------------------------------------------------------------


def test_a_new_password_works_and_ends_all_other_sessions(client, amira):
    other = Person(client, amira.username, register=False)
    body = {"current_password": PASSWORD, "new_password": "another four plain words"}
    expect(amira.post("/api/auth/password", body), 204)
    assert is_signed_in(amira)
    assert not is_signed_in(other)
    expect(refresh(client, other.refresh_token), 401)
    expect(login(client, amira.username, PASSWORD), 401)
    expect(login(client, amira.username, "another four plain words"), 200)


def test_a_new_password_needs_the_present_one(client, amira):
    body = {"current_password": "not the password", "new_password": "another four plain words"}
    expect(amira.post("/api/auth/password", body), 401)
    expect(login(client, amira.username, PASSWORD), 200)


@pytest.mark.parametrize("new", ["", "short", "a" * 73, None])
def test_a_new_password_obeys_the_rules(amira, new):
    body = {"current_password": PASSWORD, "new_password": new}
    expect(amira.post("/api/auth/password", body), 422, "new_password")


def test_who_signs_in_while_his_hash_is_renewed_gets_in_or_is_told_to_try_again(
    start, new_database
):
    server = start()
    mine = Person(server.client, unused_name("mine"))
    server.stop()
    mine.client = start(FASTI_BCRYPT_COST="5").client
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tries = [pool.submit(login, mine.client, mine.username, PASSWORD) for _ in range(8)]
        replies = [one.result() for one in tries]
    assert {reply.status for reply in replies} <= {200, 503}
    assert 200 in {reply.status for reply in replies}
    assert all("Retry-After" in reply.headers for reply in replies if reply.status == 503)
    mine.sign_in()


def test_signing_in_renews_a_hash_of_another_cost(start, new_database):
    server = start()
    mine = Person(server.client, unused_name("mine"))
    updated_at = mine.user["updated_at"]

    def stored():
        (row,) = new_database.rows("SELECT hashed_password FROM users")
        return row["hashed_password"]

    for cost in (6, 6, 5):
        server.stop()
        before = stored()
        server = start(FASTI_BCRYPT_COST=str(cost))
        mine.client = server.client
        expect(login(server.client, mine.username, "not the one"), 401)
        assert stored() == before
        mine.sign_in()
        assert stored()[:7] == f"$2b$0{cost}$"
        assert (stored() == before) == (before[:7] == f"$2b$0{cost}$")
    assert mine.user["updated_at"] == updated_at
    mine.sign_in()
    expect(mine.get("/api/users/me"), 200)
