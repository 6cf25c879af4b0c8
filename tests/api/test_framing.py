"""HTTP over raw sockets: every vector of framing_vectors.py, then pipelining and slow bytes."""

import json
import re
import socket
import time

import pytest

from framing_vectors import (
    ANY,
    BODY,
    CLOSED,
    LOGIN,
    NEXT,
    OPEN,
    TAKEN,
    VECTORS,
    get,
    post,
)

pytestmark = pytest.mark.databases("sqlite")

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n")


class Talk:
    """What came back, and whether the server closed."""

    def __init__(self, server, data, quiet_s=0.4):
        self.received = b""
        self.is_closed = False
        with socket.create_connection((server.host, server.port), timeout=15) as connection:
            try:
                connection.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all of it was sent
            connection.settimeout(quiet_s)
            try:
                while chunk := connection.recv(65536):
                    self.received += chunk
                self.is_closed = True
            except socket.timeout:
                pass
            except ConnectionResetError:
                self.is_closed = True
        self.statuses = [int(status) for status in STATUS.findall(self.received)]


def check_refusal(received, status):
    """Whoever says no, the program or its library: it is one whole reply of the usual form."""
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert fields[b"Content-Type"] == b"application/problem+json", head
    assert fields[b"X-Content-Type-Options"] == b"nosniff"
    assert fields[b"Referrer-Policy"] == b"no-referrer"
    assert fields[b"Cross-Origin-Resource-Policy"] == b"same-origin"
    assert fields[b"Content-Security-Policy"].startswith(b"default-src 'none'")
    assert fields[b"Cache-Control"] == b"no-store"
    assert fields[b"Date"].endswith(b" GMT")
    assert int(fields[b"Content-Length"]) == len(body), received
    problem = json.loads(body)
    assert problem["status"] == status
    assert problem["instance"].encode() == fields[b"X-Request-Id"]
    assert {"type", "title", "detail"} <= set(problem)


def test_there_are_enough_vectors():
    assert len(VECTORS) >= 150
    assert len({vector.name for vector in VECTORS}) == len(VECTORS)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_vector_gets_its_status_and_never_a_second_answer(server, vector):
    talk = Talk(server, vector.data + (NEXT if vector.connection == CLOSED else b""))
    talk.statuses = [status for status in talk.statuses if status != 100]
    assert len(talk.statuses) == 1, talk.received
    assert talk.statuses[0] in vector.statuses, talk.received
    if talk.statuses[0] >= 400:
        check_refusal(talk.received.removeprefix(CONTINUE), talk.statuses[0])
    if vector.connection != ANY:
        assert talk.is_closed == (vector.connection == CLOSED), talk.received


def test_only_hosts_on_the_list_are_answered_where_there_is_one(start):
    server = start(FASTI_ALLOWED_HOSTS="127.0.0.1, Calendar.example.org,[::1],b.example:8443")
    listed = [b"127.0.0.1:8000", b"calendar.EXAMPLE.org", b"calendar.example.org:1", b"[::1]:80"]
    for host in [*listed, b"[::1]", b"b.example:8443"]:
        assert Talk(server, get(host=b"Host: " + host)).statuses == [200], host
    others = [b"example.org", b"calendar.example.org.evil", b"xcalendar.example.org", b"127.0.0.10"]
    for host in [*others, b"[::2]", b"b.example", b"b.example:84", b"calendar"]:
        talk = Talk(server, get(host=b"Host: " + host) + NEXT)
        assert talk.statuses == [421] and talk.is_closed, host
    assert Talk(server, b"GET /healthz HTTP/1.0\r\n\r\n").statuses == [421]


def test_the_next_request_on_an_open_connection_is_answered(server):
    for vector in (vector for vector in VECTORS if vector.connection == OPEN):
        talk = Talk(server, vector.data + get(b"Connection: close"), quiet_s=5)
        statuses = [status for status in talk.statuses if status != 100]
        assert len(statuses) == 2, vector.name
        assert statuses[1] == 200, vector.name


def test_pipelined_requests_are_answered_one_to_one_in_order(server):
    names = [b"r%d" % number for number in range(30)]
    requests = [get(b"X-Request-Id: " + name) for name in names[:-1]]
    requests.append(get(b"X-Request-Id: " + names[-1], b"Connection: close"))
    talk = Talk(server, b"".join(requests), quiet_s=10)
    assert talk.is_closed
    assert re.findall(rb"X-Request-Id: (r\d+)\r\n", talk.received) == names


def test_a_request_is_the_same_however_it_is_cut(server):
    data = post(
        b"Content-Length: %d" % len(BODY), b"Connection: close", b"X-Request-Id: cut", body=BODY
    )
    answers = set()
    for cut in range(1, len(data)):
        with socket.create_connection((server.host, server.port), timeout=15) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(data[:cut])
            connection.sendall(data[cut:])
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
        answers.add(re.sub(rb"Date: [^\r]*", b"", received))
    assert len(answers) == 1
    assert int(STATUS.match(answers.pop()).group(1)) in TAKEN


@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS if vector.connection == CLOSED],
    ids=lambda vector: vector.name,
)
def test_a_vector_behind_sound_requests_leaves_their_answers_alone(server, vector):
    talk = Talk(server, get(b"X-Request-Id: one") + get(b"X-Request-Id: two") + vector.data + NEXT)
    assert talk.statuses[:2] == [200, 200], talk.received
    assert len(talk.statuses) == 3 and talk.statuses[2] in vector.statuses, talk.received
    assert talk.is_closed


def test_a_vector_on_a_connection_that_was_used_before_is_refused_as_well(server):
    for vector in (vector for vector in VECTORS if vector.connection == CLOSED):
        with socket.create_connection((server.host, server.port), timeout=15) as connection:
            connection.sendall(get())
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
            received = b""
            try:
                connection.sendall(vector.data + NEXT)
                while chunk := connection.recv(65536):
                    received += chunk
            except (BrokenPipeError, ConnectionResetError):
                pass
        statuses = [int(status) for status in STATUS.findall(received)]
        assert len(statuses) == 1 and statuses[0] in vector.statuses, (vector.name, received)


def test_a_request_that_expects_nothing_does_not_cost_the_next_its_answer(server):
    one = get(b"Expect: 100-continue", b"X-Request-Id: one")
    two = get(b"X-Request-Id: two", b"Connection: close")
    talk = Talk(server, one + two, quiet_s=5)
    # RFC 9110 10.1.1: a server may leave 100 out where there is no content.
    assert [status for status in talk.statuses if status != 100] == [200, 200], talk.received
    assert talk.statuses.count(100) <= 1
    assert re.findall(rb"X-Request-Id: (\w+)", talk.received) == [b"one", b"two"]


def test_who_expects_100_gets_it_before_he_sends(server):
    with socket.create_connection((server.host, server.port), timeout=15) as connection:
        connection.sendall(post(b"Content-Length: %d" % len(BODY), b"Expect: 100-continue"))
        assert connection.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY)
        assert int(STATUS.match(connection.recv(65536)).group(1)) in TAKEN


def test_a_body_that_does_not_come_is_408_and_closed(server):
    start = time.monotonic()
    talk = Talk(server, post(b"Content-Length: 10", body=b"{"), quiet_s=20)
    assert talk.statuses == [408]
    assert talk.is_closed
    assert 8 < time.monotonic() - start < 15


def test_a_head_that_drips_is_cut_within_half_a_minute(server):
    with socket.create_connection((server.host, server.port), timeout=15) as connection:
        connection.sendall(b"POST " + LOGIN + b" HTTP/1.1\r\nHost: a\r\nX: ")
        start = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while time.monotonic() - start < 30:
                connection.sendall(b"x")
                time.sleep(0.5)


def test_the_answer_to_head_has_the_headers_of_get_and_no_body(server):
    got = Talk(server, get(b"Connection: close", b"X-Request-Id: h"), quiet_s=5).received
    head = Talk(
        server, get(b"Connection: close", b"X-Request-Id: h", method=b"HEAD"), quiet_s=5
    ).received
    without_date = re.compile(rb"Date: [^\r]*")
    assert without_date.sub(b"", head) == without_date.sub(
        b"", got.split(b"\r\n\r\n")[0] + b"\r\n\r\n"
    )
