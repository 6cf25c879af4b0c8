"""What the server owes the network around it: limits, the log, proxies, other origins, packing,
TLS, and the end."""

import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from framing_vectors import CLOSED, NEXT, VECTORS
from support import program
from support.people import Person, event, expect, unused_name

pytestmark = pytest.mark.databases("sqlite")

BAD_CONFIG = 3
PER_ADDRESS = 64


def dial(server, source="127.0.0.1"):
    return socket.create_connection((server.host, server.port), 15, source_address=(source, 0))


def ask(connection, *lines, target="/healthz", method="GET"):
    """One request on an open connection: status, fields, body; status None: it was closed."""
    head = "\r\n".join([f"{method} {target} HTTP/1.1", "Host: localhost", *lines, "", ""])
    try:
        connection.sendall(head.encode())
        reply = http.client.HTTPResponse(connection, method=method)
        reply.begin()
    except (http.client.BadStatusLine, BrokenPipeError, ConnectionResetError):
        return None, {}, b""
    return reply.status, reply.headers, reply.read()


def metric(server, name):
    text = ask(dial(server), target="/metrics")[2].decode()
    return int(re.search(rf"^{name} (\d+)$", text, re.MULTILINE)[1])


# -- The log ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def server_with_a_pipe(database, **settings):
    """A server whose log goes into a pipe that nobody reads yet."""
    ends = os.pipe()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [str(program.PROGRAM), "serve"],
        env=program.environment(database, FASTI_LISTEN=f"127.0.0.1:{port}", **settings),
        cwd=database.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=ends[1],
    )
    os.close(ends[1])
    process.host, process.port, process.log = "127.0.0.1", port, ends[0]
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            dial(process).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.01)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def flood(server, count):
    """`count` pipelined requests on a few connections; how many were answered."""
    answered = 0
    while answered < count:
        with dial(server) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 500)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
            answered += received.count(b"HTTP/1.1 200 OK\r\n")
    return answered


def test_a_log_that_nobody_reads_costs_lines_and_never_an_answer(new_database):
    with server_with_a_pipe(new_database) as server:
        start = time.monotonic()
        assert flood(server, 12000) >= 12000
        assert ask(dial(server), target="/readyz")[0] == 200
        assert time.monotonic() - start < 30
        lost = metric(server, "fasti_log_lines_dropped_total")
        assert lost > 1000
        text = b""
        os.set_blocking(server.log, False)
        end = time.monotonic() + 5
        while b"nobody read the log" not in text and time.monotonic() < end:
            with contextlib.suppress(BlockingIOError):
                text += os.read(server.log, 65536)
        lines = [json.loads(line) for line in text.rpartition(b"\n")[0].splitlines()]
        (told,) = [line for line in lines if "nobody read the log" in line["message"]]
        assert int(told["lines"]) >= lost
        flood(server, 12000)  # and it is full again
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0


def test_a_log_that_is_read_loses_nothing(new_database):
    with server_with_a_pipe(new_database) as server:
        text = []
        pieces = iter(lambda: os.read(server.log, 65536), b"")
        reader = threading.Thread(target=lambda: text.extend(pieces))
        reader.start()
        asked = flood(server, 12000)
        assert metric(server, "fasti_log_lines_dropped_total") == 0
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0
        reader.join()
        assert b"".join(text).count(b'"path":"/healthz"') == asked


# -- Connections -----------------------------------------------------------------------------------


def check_turned_away(connection, status):
    """What is said to a connection that is one too many, before it says anything."""
    reply = http.client.HTTPResponse(connection)
    reply.begin()
    problem = json.loads(reply.read())
    assert reply.status == problem["status"] == status
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["Retry-After"].isdigit()
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["X-Request-Id"] == problem["instance"]
    assert reply.headers["Connection"] == "close"
    assert connection.recv(1) == b""


def test_one_address_has_64_connections_and_no_stranger_pays_for_it(start):
    server = start(FASTI_RATE_LIMIT="on")
    server.client.close()
    with contextlib.ExitStack() as open_ones:
        ours = [open_ones.enter_context(dial(server, "127.1.111.151")) for _ in range(PER_ADDRESS)]
        for connection in ours:
            assert ask(connection)[0] == 200
        for _ in range(3):
            check_turned_away(dial(server, "127.1.111.151"), 429)
        # Who has sent his request already reads the reply all the same.
        late = dial(server, "127.1.111.151")
        assert ask(late)[0] == 429
        for number in range(20):
            assert ask(open_ones.enter_context(dial(server)))[0] == 200, number
        assert metric(server, "fasti_http_connections_refused_total") == 4
        ours[0].close()
        end = time.monotonic() + 5
        while ask(again := dial(server, "127.1.111.151"))[0] == 429:
            again.close()
            assert time.monotonic() < end
        again.close()


def test_only_a_trusted_proxy_has_more(start):
    server = start(FASTI_RATE_LIMIT="on", FASTI_TRUSTED_PROXIES="127.0.9.0/24")
    server.client.close()
    with contextlib.ExitStack() as open_ones:
        for _ in range(PER_ADDRESS * 3):
            assert ask(open_ones.enter_context(dial(server, "127.0.9.7")))[0] == 200
        for _ in range(PER_ADDRESS):
            assert ask(open_ones.enter_context(dial(server, "127.0.8.7")))[0] == 200
        check_turned_away(dial(server, "127.0.8.7"), 429)


def test_who_finds_every_place_taken_is_told_so(new_database, tmp_path):
    few = tmp_path / "fasti-with-few-files"
    few.write_text(f'#!/bin/sh\nulimit -n 200\nexec "{program.PROGRAM}" "$@"\n')
    few.chmod(0o700)
    server = program.Server(new_database, program=few)
    server.client.close()
    with contextlib.ExitStack() as open_ones:
        refused = 0
        for _ in range(200):
            connection = open_ones.enter_context(dial(server))
            status = ask(connection)[0]
            assert status in (200, 503)
            refused += status == 503
        assert refused >= 80
        check_turned_away(dial(server), 503)
    end = time.monotonic() + 5
    while ask(dial(server))[0] != 200:
        assert time.monotonic() < end
    server.stop()


# -- Health and metrics ----------------------------------------------------------------------------


def test_a_flood_of_readiness_checks_is_limited_and_no_other_traffic_is(start):
    server = start(FASTI_RATE_LIMIT="on")
    statuses = [server.client.request("GET", "/readyz").status for _ in range(200)]
    assert statuses[0] == 200 and statuses[-1] == 429
    expect(server.client.request("GET", "/healthz"), 200)
    expect(server.client.request("GET", "/api/roles"), 401)
    server.client.close()


FORWARDED = [
    *(
        f"X-Forwarded-For: {value}"
        for value in (
            "203.0.113.9", "1.2.3.4:5678", "[2001:db8::1]", "[2001:db8::1]:443", "unknown", "", ",",
            "1.1.1.1,", "127.0.0.1", "::1", "localhost", "203.0.113.9, 127.0.0.1", "garbage,,",
        )
    ),
    "Forwarded: for=127.0.0.1",
    "X-Real-IP: 203.0.113.9",
    "Via: 1.1 proxy",
    "X-Forwarded-Proto: https",
    "x-forwarded: 203.0.113.9",
    "X-Original-Forwarded-For: 203.0.113.9",
    "CF-Connecting-IP: 203.0.113.9",
    "True-Client-IP: 203.0.113.9",
    "X-Client-IP: 203.0.113.9",
    "X-Cluster-Client-Ip: 203.0.113.9",
    "X-Envoy-External-Address: 203.0.113.9",
    "Forwarded-For: 203.0.113.9",
]  # fmt: skip


@pytest.mark.parametrize("trusted", [None, "127.0.0.1", "127.0.0.0/8, ::1"])
def test_metrics_are_for_this_machine_itself_and_not_through_a_proxy(second_server, trusted):
    server = second_server(f"trusts {trusted}", FASTI_TRUSTED_PROXIES=trusted)
    expect(server.client.request("GET", "/metrics"), 403 if trusted else 200)
    with dial(server) as connection:
        for line in FORWARDED:
            assert ask(connection, line, target="/metrics")[0] == 403, line


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8000", 200), ("127.8.8.8", 200), ("[::1]:8000", 200), ("LocalHost", 200),
     ("calendar.example.org", 403), ("localhost.example.org", 403), ("192.0.2.1", 403),
     ("[2001:db8::1]", 403)],
)
def test_metrics_are_for_who_asks_this_machine_by_a_name_of_its_own(server, host, status):
    """A page that was made to lead here (DNS rebinding) says its own name, and so do most proxies;
    nginx of old speaks HTTP/1.0 unless it is told otherwise."""
    for version, expected in (("1.1", status), ("1.0", 403)):
        with dial(server) as connection:
            lines = ["GET /metrics HTTP/" + version, f"Host: {host}", "Connection: close", "", ""]
            connection.sendall("\r\n".join(lines).encode())
            reply = connection.makefile("rb").readline()
            assert reply.split()[1] == str(expected).encode(), (version, reply)


def test_metrics_are_for_who_has_the_token(start):
    token = "a-token-for-prometheus-0123"
    server = start(FASTI_TRUSTED_PROXIES="127.0.0.1", FASTI_METRICS_TOKEN=token)
    with dial(server) as connection:
        for given, status in (
            (f"Bearer {token}", 200),
            (f"bearer {token}", 200),
            (f"Bearer {token}x", 403),
            (f"Bearer {token[:-1]}", 403),
            ("Bearer ", 403),
            (f"Basic {token}", 403),
        ):
            for line in (None, "X-Forwarded-For: 203.0.113.9"):
                lines = [f"Authorization: {given}", *([line] if line else [])]
                assert ask(connection, *lines, target="/metrics")[0] == status, lines
    done = program.run(server.database, "config", FASTI_METRICS_TOKEN=token)
    assert token not in done.stdout + done.stderr


# -- Other origins ---------------------------------------------------------------------------------

ORIGIN = "https://app.example.org"


@pytest.fixture
def with_cors(second_server):
    return second_server("cors", FASTI_CORS_ORIGINS=f"{ORIGIN}, http://localhost:5173")


def test_a_page_of_a_listed_origin_may_read_replies(with_cors):
    for origin in (ORIGIN, "http://localhost:5173"):
        reply = with_cors.client.request("GET", "/api/events", headers={"Origin": origin})
        expect(reply, 401)
        assert reply.headers["Access-Control-Allow-Origin"] == origin
        assert reply.headers["Access-Control-Allow-Credentials"] is None
        assert "Origin" in reply.headers["Vary"]
        exposed = reply.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"ETag", "Link", "Location", "RateLimit", "X-Request-Id"} <= set(exposed)


@pytest.mark.parametrize(
    "origin",
    [
        None, "null", "*", "", "https://app.example.org.evil.org", "https://evilapp.example.org",
        "http://app.example.org", "https://app.example.org:8443", "https://app.example.org/",
        "https://example.org", "https://APP.example.org", "http://localhost",
        "http://localhost:51730",
    ],
)  # fmt: skip
def test_no_other_origin_is_let_in(with_cors, origin):
    headers = {} if origin is None else {"Origin": origin}
    reply = with_cors.client.request("GET", "/healthz", headers=headers)
    assert not [name for name in reply.headers if name.startswith("Access-Control")]
    assert "Origin" in reply.headers["Vary"]


def test_a_preflight_says_what_the_address_takes(with_cors):
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,if-match",
    }
    reply = with_cors.client.request("OPTIONS", "/api/events/1", headers=headers)
    expect(reply, 204)
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert {"GET", "PUT", "PATCH", "DELETE"} <= set(
        reply.headers["Access-Control-Allow-Methods"].split(", ")
    )
    allowed = reply.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type", "if-match", "idempotency-key"} <= set(allowed)
    assert int(reply.headers["Access-Control-Max-Age"]) <= 600


def test_without_the_setting_there_is_no_cors(client):
    reply = client.request("OPTIONS", "/api/events", headers={"Origin": ORIGIN})
    assert not [name for name in reply.headers if name.startswith("Access-Control")]
    assert reply.headers["Vary"] is None


# -- Packing ---------------------------------------------------------------------------------------


def get(server, person, path, **headers):
    headers = {"Authorization": f"Bearer {person.token}", **headers} if person else headers
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ask(dial(server), *lines, target=path)


def test_json_over_a_kibibyte_is_packed_for_who_takes_it(server, person):
    amira = person()
    created = expect(amira.post("/api/events", event(description="x y z " * 1000)), 201).json
    path = f"/api/events/{created['id']}"
    status, plain_fields, plain = get(server, amira, path)
    assert status == 200 and plain_fields["Content-Encoding"] is None
    assert plain_fields["Vary"] == "Accept-Encoding"
    status, fields, packed = get(server, amira, path, Accept_Encoding="gzip")
    assert status == 200 and fields["Content-Encoding"] == "gzip"
    assert fields["Vary"] == "Accept-Encoding"
    assert len(packed) < len(plain) / 4
    assert gzip.decompress(packed) == plain
    for welcome in ("gzip;q=0", "identity", "br", "identity;q=1, gzip;q=0.1"):
        assert get(server, amira, path, Accept_Encoding=welcome)[1]["Content-Encoding"] is None
    # The tag names the version, for If-Match and If-None-Match alike.
    assert fields["ETag"] == plain_fields["ETag"] == '"1"'
    status, known, body = get(server, amira, path, Accept_Encoding="gzip", If_None_Match='"1"')
    assert status == 304 and body == b"" and known["ETag"] == '"1"'
    assert known["Vary"] == "Accept-Encoding"
    changed = amira.patch(path, {"title": "t"}, headers={"If-Match": fields["ETag"]})
    expect(changed, 200)


def test_head_says_what_get_would(server, person):
    amira = person()
    created = expect(amira.post("/api/events", event(description="x y z " * 1000)), 201).json
    line = f"Authorization: Bearer {amira.token}"
    path = f"/api/events/{created['id']}"
    for more in ([], ["Accept-Encoding: gzip"]):
        got = ask(dial(server), line, *more, target=path)[1]
        head = ask(dial(server), line, *more, target=path, method="HEAD")[1]
        for name in ("Content-Length", "Content-Encoding", "Vary", "ETag", "Content-Type"):
            assert got[name] == head[name], name


def test_what_is_small_or_holds_a_token_is_not_packed(server, person):
    amira = person()
    small = get(server, amira, "/api/users/me", Accept_Encoding="gzip")
    assert small[0] == 200 and small[1]["Content-Encoding"] is None and len(small[2]) < 1024
    login = json.dumps({"username": amira.username, "password": amira.password})
    connection = dial(server)
    connection.sendall(
        b"POST /api/auth/login HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (len(login), login.encode())
    )
    reply = http.client.HTTPResponse(connection)
    reply.begin()
    assert reply.status == 200 and reply.headers["Content-Encoding"] is None
    assert "access_token" in json.loads(reply.read())


def test_the_description_of_the_api_is_packed(server):
    plain = ask(dial(server), target="/openapi.json")
    packed = ask(dial(server), "Accept-Encoding: gzip", target="/openapi.json")
    assert len(packed[2]) < len(plain[2]) / 4
    assert gzip.decompress(packed[2]) == plain[2]


# -- What can be turned off ------------------------------------------------------------------------


def test_the_pages_about_the_api_can_be_turned_off(second_server):
    server = second_server("no docs", FASTI_DOCS="off")
    paths = ("/docs", "/redoc", "/openapi.json", "/docs/swagger-ui.css", "/docs/")
    for path in paths:
        assert ask(dial(server), target=path)[0] == 404, path
    assert ask(dial(server))[0] == 200
    assert b"try it" not in server.log


def test_null_is_as_good_as_no_body_where_there_need_not_be_one(person):
    amira = person()
    created = expect(amira.post("/api/events", event()), 201).json
    expect(amira.patch(f"/api/events/{created['id']}", {"title": "Another"}), 200)
    path = f"/api/events/{created['id']}/rollback/1"
    assert expect(amira.post(path, b" null\n"), 200).json["version_number"] == 3
    for body in (b"nul", b"null null", b"nullx", b"null\x00"):
        expect(amira.post(path, body), 400)


# -- TLS -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    key, cert = directory / "key.pem", directory / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    key.chmod(0o600)
    return {"FASTI_TLS_CERT": str(cert), "FASTI_TLS_KEY": str(key)}


@contextlib.contextmanager
def tls_server(database, **settings):
    with server_with_a_pipe(database, **settings) as server:
        yield server
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0


def handshake(server, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context.wrap_socket(dial(server))


def test_tls_is_1_2_or_later(new_database, certificate):
    with tls_server(new_database, **certificate) as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            connection = handshake(server, version)
            status, fields, _ = ask(connection)
            assert status == 200 and fields["Strict-Transport-Security"]
            connection.close()
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                handshake(server, version)


TLS_VECTORS = [vector for vector in VECTORS if vector.connection == CLOSED]


def test_over_tls_every_refusal_is_the_same(new_database, certificate):
    with tls_server(new_database, **certificate) as server:
        for vector in TLS_VECTORS:
            for before in (b"", b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"):
                connection = handshake(server, ssl.TLSVersion.TLSv1_3)
                received = b""
                with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
                    connection.sendall(before + vector.data + NEXT)
                with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
                    while chunk := connection.recv(65536):
                        received += chunk
                connection.close()
                statuses = [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]
                assert statuses[:-1] == [200] * bool(before), (vector.name, received)
                assert statuses[-1] in vector.statuses, (vector.name, received)
                assert received.count(b"application/problem+json") == 1, (vector.name, received)


# -- Start -----------------------------------------------------------------------------------------


def refusal(database, **settings):
    done = program.run(database, "serve", **settings)
    assert done.returncode == BAD_CONFIG, done.stderr
    return done.stderr


def test_a_data_directory_that_others_may_write_is_refused(new_database, tmp_path):
    for mode in (0o777, 0o770, 0o702, 0o1777):
        directory = tmp_path / f"data-{mode:o}"
        directory.mkdir()
        directory.chmod(mode)
        told = refusal(new_database, FASTI_DATA_DIR=str(directory))
        assert "chmod 700" in told and str(directory) in told


def test_a_key_that_others_may_read_or_write_is_refused(new_database, certificate, tmp_path):
    key = tmp_path / "key.pem"
    key.write_bytes(open(certificate["FASTI_TLS_KEY"], "rb").read())
    for mode in (0o644, 0o640, 0o620, 0o602):
        key.chmod(mode)
        settings = {**certificate, "FASTI_TLS_KEY": str(key)}
        assert "chmod 600" in refusal(new_database, **settings)


@pytest.mark.parametrize(
    "secret",
    ["abcdefgh" * 4, "01234567890123456789012345678901", "passwordpasswordpassword12345678"],
)
def test_a_secret_that_can_be_guessed_is_refused(new_database, secret):
    told = refusal(new_database, SECRET_KEY=secret)
    assert "SECRET_KEY" in told and secret not in told


@pytest.mark.parametrize(
    "value", ["localhost", "10.0.0.0/33", "10.0.0.1, nobody", "10.0.0.1:80", "2001:db8::/129"]
)
def test_a_proxy_that_is_no_address_is_refused(new_database, value):
    assert "FASTI_TRUSTED_PROXIES" in refusal(new_database, FASTI_TRUSTED_PROXIES=value)


# -- The end ---------------------------------------------------------------------------------------


def test_clients_that_keep_their_connection_alive_are_told_of_the_end(start):
    server = start()
    person = Person(server.client, unused_name())
    token = person.token
    server.client.close()
    outcomes = []

    def keep_asking():
        connection = http.client.HTTPConnection(server.host, server.port, timeout=15)
        body = json.dumps(event())
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            while True:
                connection.request("POST", "/api/events", body=body, headers=headers)
                reply = connection.getresponse()
                reply.read()
                if reply.headers["Connection"] == "close":
                    outcomes.append("told")
                    return
        except OSError as error:
            outcomes.append(repr(error))

    clients = [threading.Thread(target=keep_asking) for _ in range(8)]
    for client in clients:
        client.start()
    time.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    for client in clients:
        client.join()
    assert outcomes == ["told"] * 8
    assert server.process.wait(10) == 0
