"""Signing in under attack: whom it keeps waiting, whom it locks out, what the trail says of it
(docs/RELIABILITY.md)."""

import concurrent.futures
import http.client
import json
import threading
import time

import pytest

from support import program
from support.people import PASSWORD, Person, expect, unused_name

WRONG = "not the right words"
STRANGERS = 300  # as many as may fail at once
KNOWN, NEW = "192.0.2.1", "203.0.113.9"


def afar(address):
    return {"X-Forwarded-For": address}


def sign_in(client, name, password, address, recorded=True):
    body = {"username": name, "password": password}
    return client.request("POST", "/api/auth/login", body, afar(address), recorded=recorded)


@pytest.fixture
def limited(start):
    """A server as it is run, behind a proxy that says whose each request is."""
    return start(FASTI_RATE_LIMIT="on", FASTI_TRUSTED_PROXIES="127.0.0.1")


@pytest.fixture
def amira(limited):
    account = {"username": "amira", "email": "amira@example.org", "password": PASSWORD}
    reply = limited.client.request("POST", "/api/auth/register", account, afar(KNOWN))
    expect(reply, 201)
    return reply.json


# -- bcrypt ----------------------------------------------------------------------------------------


def post(server, path, body, headers):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    headers = {"Content-Type": "application/json", **headers}
    started = time.monotonic()
    connection.request("POST", path, json.dumps(body), headers)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status, time.monotonic() - started


@pytest.mark.parametrize("rate_limit", ["on", "off"])
def test_who_hashes_much_keeps_nobody_from_signing_in(start, rate_limit):
    """Fifty connections of one account; the one who signs in comes from another address. Without a
    limit they all wait for bcrypt, and he goes before them."""
    server = start(
        FASTI_RATE_LIMIT=rate_limit, FASTI_TRUSTED_PROXIES="127.0.0.1", FASTI_BCRYPT_COST="10"
    )
    attacker = Person(server.client, unused_name("mallory"))
    victim = Person(server.client, unused_name("amira"))
    login = {"username": victim.username, "password": PASSWORD}
    alone = min(post(server, "/api/auth/login", login, afar(NEW))[1] for _ in range(3))
    stop = threading.Event()
    body = {"current_password": WRONG, "new_password": "another four plain words"}
    headers = {"Authorization": f"Bearer {attacker.token}", **afar("198.51.100.1")}
    statuses = set()

    def attack():
        while not stop.is_set():
            statuses.add(post(server, "/api/auth/password", body, headers)[0])
            time.sleep(0.01)

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        for _ in range(50):
            pool.submit(attack)
        time.sleep(1)
        try:
            replies = [post(server, "/api/auth/login", login, afar(NEW)) for _ in range(5)]
        finally:
            stop.set()
    assert statuses <= {401, 429, 503}
    assert (429 in statuses) == (rate_limit == "on")
    assert {status for status, _ in replies} == {200}
    most = 2 * alone + 0.2 if rate_limit == "on" else 3 * alone + 0.5
    assert min(took for _, took in replies) < most


# -- Locks -----------------------------------------------------------------------------------------


def besiege(server, name):
    """More than a hundred tries from so many addresses that none of them is refused."""
    for number in range(11):
        for _ in range(10):
            expect(sign_in(server.client, name, WRONG, f"198.51.100.{number}"), 401)


def test_an_attacker_does_not_lock_the_owner_out(limited, amira):
    besiege(limited, "amira")
    expect(sign_in(limited.client, "amira", PASSWORD, "198.51.100.1"), 401)
    for _ in range(5):
        expect(sign_in(limited.client, "amira", WRONG, KNOWN), 401)
    expect(sign_in(limited.client, "amira", PASSWORD, KNOWN), 200)
    expect(sign_in(limited.client, "amira", PASSWORD, NEW), 200)


def test_who_is_signed_in_changes_the_password_during_an_attack(limited, amira):
    besiege(limited, "amira")
    change = {"current_password": PASSWORD, "new_password": "another four plain words"}
    token = amira["access_token"]
    expect(limited.client.request("POST", "/api/auth/password", change, token=token), 204)


def test_a_session_guesses_no_password(limited, amira):
    change = {"current_password": WRONG, "new_password": "another four plain words"}
    token = amira["access_token"]
    for number in range(12):
        if number == 11:
            change["current_password"] = PASSWORD
        reply = limited.client.request("POST", "/api/auth/password", change, token=token)
        expect(reply, 401)
        assert reply.json["title"] == "Wrong user name or password"
    expect(sign_in(limited.client, "amira", PASSWORD, KNOWN), 200)


def test_right_sign_ins_lock_nobody_out(limited, amira):
    for number in range(120):
        expect(sign_in(limited.client, "amira", PASSWORD, f"198.51.100.{number}"), 200)


def test_one_password_over_all_accounts_slows_strangers_alone(limited, amira):
    for number in range(STRANGERS + 20):
        address = f"198.51.{100 + number // 200}.{number % 200}"
        reply = sign_in(limited.client, f"somebody-{number}", WRONG, address)
        if number < STRANGERS:
            expect(reply, 401)
    expect(reply, 429)
    assert int(reply.headers["Retry-After"]) > 0
    expect(sign_in(limited.client, "amira", PASSWORD, NEW), 429)
    expect(sign_in(limited.client, "amira", PASSWORD, KNOWN), 200)


def test_a_wrong_password_is_not_titled_sign_in_first(client, person):
    amira = person("amira")
    reply = client.form("/api/auth/login", {"username": amira.username, "password": WRONG})
    assert expect(reply, 401).json["title"] == "Wrong user name or password"
    assert reply.json["error"] == "invalid_grant"


@pytest.mark.parametrize("costs", [("4", "10"), ("10", "4")], ids=["dearer", "cheaper"])
def test_time_does_not_tell_whose_hash_is_of_another_cost(start, costs):
    """After a change of FASTI_BCRYPT_COST; in time of the processor, for others use it too."""
    server = start(FASTI_BCRYPT_COST=costs[0])
    amira = Person(server.client, unused_name("amira"))
    server.stop()
    server = start(FASTI_BCRYPT_COST=costs[1])

    def took(name):
        before = server.cpu_s()
        for _ in range(6):
            login = {"username": name, "password": WRONG}
            expect(server.client.request("POST", "/api/auth/login", login), 401)
        return server.cpu_s() - before

    assert 0.7 < took(amira.username) / took(unused_name("nobody")) < 1.43


# -- Bodies of nobody ------------------------------------------------------------------------------


def test_a_body_of_nobody_is_not_looked_at(client):
    """As large as they come, and as dear to judge as can be."""
    members = {f"start_tim{number}": 1 for number in range(9000)}
    refused = client.request("POST", "/api/events", b"[[[")
    expect(refused, 401)
    expect(client.request("POST", "/api/events", members), 401)
    expect(client.request("POST", "/api/events", members, token="forged.for.us"), 401)


def test_a_body_of_many_unknown_members_is_judged_quickly(server, person):
    amira = person("amira")
    members = {f"start_tim{number}": 1 for number in range(9000)}
    before = server.cpu_s()
    for _ in range(10):
        assert len(expect(amira.post("/api/events", members), 422).json["errors"]) == 100
    if not program.is_sanitized():
        assert (server.cpu_s() - before) / 10 < 0.04


# -- As clients of FastAPI send it -----------------------------------------------------------------


def test_parameters_without_a_value_are_left_out_and_unknown_ones_ignored(client, person):
    amira = person("amira")
    pairs = [("grant_type", ""), ("username", amira.username), ("password", PASSWORD)]
    pairs += [("scope", ""), ("client_id", ""), ("client_secret", ""), ("extra", "1")]
    expect(client.form("/api/auth/login", pairs), 200)
    quoted = [('"grant_type', "")] + pairs[1:]
    expect(client.form("/api/auth/login", quoted), 200)
    expect(client.form("/api/auth/login", pairs[:2]), 422, "password")
    expect(client.form("/api/auth/login", pairs + [("username", "bela")]), 422, "username")
    expect(client.form("/api/auth/refresh", [("refresh_token", "x"), ("scope", "")]), 401)


def parts(pairs, boundary="b0undary", end="--"):
    text = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in pairs
    )
    return (text + f"--{boundary}{end}\r\n").encode()


def post_parts(client, body, boundary="b0undary"):
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return client.request("POST", "/api/auth/login", body, headers)


def test_sign_in_takes_multipart(client, person):
    amira = person("amira")
    pairs = [("username", amira.username), ("password", PASSWORD), ("grant_type", "")]
    assert expect(post_parts(client, parts(pairs)), 200).json["user"]["id"] == amira.id
    wrong = [("username", amira.username), ("password", "zwölf wörter ☂")]
    expect(post_parts(client, parts(wrong)), 401)


@pytest.mark.parametrize(
    "body, status",
    [
        (parts([("username", "amira")]), 422),
        (parts([("username", "a"), ("username", "b"), ("password", "c")]), 422),
        (parts([]), 422),
        (b"", 422),
        (b"--b0undary\r\nContent-Disposition: form-data; name=", 400),
        (b"a preamble and no parts", 422),
        (parts([("username", "\x00"), ("password", "c")]), 400),
        (parts([("username", "a"), ("password", "c")]).replace(b"c\r", b"\xff\r"), 400),
        (parts([(f"name-{number}", "x") for number in range(40)]), 400),
        (parts([("username", "a"), ("password", "x" * 5000)]), 413),
    ],
)
def test_multipart_that_says_nothing_is_refused(client, body, status):
    expect(post_parts(client, body), status)


def test_refresh_without_a_body_says_what_is_missing(client):
    expect(client.request("POST", "/api/auth/refresh"), 422, "refresh_token")
    expect(client.request("POST", "/api/auth/login"), 422, "username", "password")


# -- The trail -------------------------------------------------------------------------------------


def trail(database):
    query = "SELECT user_name, action, subject, address FROM audit ORDER BY id"
    return [tuple(row.values()) for row in database.rows(query)]


def test_who_comes_and_goes_is_in_the_trail(limited, amira, new_database):
    before = len(trail(new_database))
    tokens = expect(sign_in(limited.client, "amira", PASSWORD, NEW), 200).json
    expect(sign_in(limited.client, "amira", WRONG, NEW), 401)
    expect(sign_in(limited.client, "a password typed here", WRONG, NEW), 401)
    ask = limited.client.request
    expect(ask("POST", "/api/auth/logout", headers=afar(NEW), token=tokens["access_token"]), 200)
    assert trail(new_database)[before:] == [
        ("amira", "user.sign_in", "user 1", NEW),
        (None, "user.sign_in_failed", "user 1", NEW),
        (None, "user.sign_in_failed", "nobody", NEW),
        ("amira", "user.sign_out", "user 1", NEW),
    ]


def test_failures_do_not_fill_the_disk(limited, amira, new_database):
    before = len(trail(new_database))
    for _ in range(19):
        sign_in(limited.client, "amira", WRONG, NEW)
    actions = [action for _, action, _, _ in trail(new_database)[before:]]
    assert actions == ["user.sign_in_failed"] * 10 + ["user.locked"]


def test_to_end_no_session_leaves_no_line(root, person):
    amira = person("amira")
    second = Person(amira.client, amira.username, register=False)
    for _ in range(3):
        expect(second.delete("/api/auth/sessions"), 204)
    found = expect(root.get("/api/admin/audit", subject=f"user {amira.id}"), 200).json
    assert [line["action"] for line in found["items"]].count("user.sign_out") == 1


def test_a_stolen_refresh_token_is_in_the_trail(limited, amira, new_database):
    def renew(token):
        return limited.client.request("POST", "/api/auth/refresh", {"refresh_token": token})

    second = expect(renew(amira["refresh_token"]), 200).json
    expect(renew(second["refresh_token"]), 200)
    expect(renew(amira["refresh_token"]), 401)
    assert trail(new_database)[-1][1:3] == ("session.replayed", "user 1")


def test_administrators_read_what_became_of_rights(root, person):
    amira, bela = person("amira"), person("bela")
    event_id = amira.creates()["id"]
    amira.shares(event_id, bela, "Editor")
    bela.knows(amira)
    expect(amira.post(f"/api/events/{event_id}/transfer", {"user_id": bela.id}), 200)
    found = expect(root.get("/api/admin/audit", subject=f"event {event_id}"), 200).json
    assert [line["action"] for line in found["items"]] == ["event.transfer", "event.share"]
    assert {line["user_name"] for line in found["items"]} == {amira.username}
    assert {line["address"] for line in found["items"]} == {"127.0.0.1"}
    expect(amira.get("/api/admin/audit"), 403)
    first = expect(root.get("/api/admin/audit", limit=1), 200).json
    second = expect(root.get("/api/admin/audit", limit=1, cursor=first["next_cursor"]), 200).json
    assert second["items"][0]["id"] < first["items"][0]["id"]
    expect(root.get("/api/admin/audit", limit=1, cursor="forged"), 422)
