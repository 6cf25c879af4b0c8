"""A small HTTP client: keeps its connection, changes nothing of what it is given, and shows every
reply to the recorder."""

import http.client
import json
import socket
import threading
import time
import urllib.parse

TIMEOUT_S = 30
IDLE_S = 5


class Reply:
    """What came back."""

    def __init__(self, method, target, status, headers, body):
        self.method = method
        self.target = target
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def etag(self):
        return self.headers["ETag"]

    def faults(self):
        """{"start_time": "missing", "2.title": "…"}: the 422's faults, without body/query."""
        return {
            ".".join(str(step) for step in fault["loc"][1:]): fault["type"]
            for fault in self.json["errors"]
        }

    def __str__(self):
        shown = self.body[:2000].decode("utf-8", "replace")
        return f"{self.method} {self.target[:200]} -> {self.status} {shown}"


def same_problem(one, other):
    """Are two problem replies the same, but for the request they are about?"""

    def without_instance(reply):
        headers = {
            name: value
            for name, value in reply.headers.items()
            if name not in ("X-Request-Id", "Date", "Content-Length", "Connection")
        }
        instance = json.loads(reply.body)["instance"].encode()
        return reply.status, headers, reply.body.replace(instance, b"")

    return without_instance(one) == without_instance(other)


class Client:
    """Talks to one server, from one of this machine's addresses; each thread has its own
    connection."""

    def __init__(self, server, address=None):
        self.server = server
        self.address = address
        self.recorder = None
        self._local = threading.local()

    def close(self):
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _connect(self):
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(
                self.server.host,
                self.server.port,
                timeout=TIMEOUT_S,
                source_address=(self.address, 0) if self.address else None,
            )
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._local.connection = connection
        return connection

    def _exchange(self, method, target, body, headers):
        connection = self._connect()
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        elif method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", "0")
        try:
            connection.endheaders(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before the end of the body: the answer is there to be read
        response = connection.getresponse()
        content = response.read()
        if response.will_close:
            self.close()
        return Reply(method, target, response.status, response.headers, content)

    def request(self, method, path, body=None, headers=(), query=None, token=None, recorded=True):
        """Sends a request. `body`: bytes go as they are, anything else as JSON."""
        headers = list(headers.items() if isinstance(headers, dict) else headers)
        given = {name.lower() for name, _ in headers}
        if token is not None:
            headers.append(("Authorization", f"Bearer {token}"))
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None and "content-type" not in given:
            headers.append(("Content-Type", "application/json"))
        target = path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else "")
        if time.monotonic() - getattr(self._local, "used_at", 0) > IDLE_S:
            self.close()  # the server ends idle connections; nothing else is tried twice
        try:
            reply = self._exchange(method, target, body, headers)
        except Exception:
            self.close()  # whatever it was, the connection is in no known state
            raise
        self._local.used_at = time.monotonic()
        if self.recorder is not None and recorded:
            self.recorder.record(reply)
        return reply

    def form(self, path, pairs, **more):
        """Posts a form, as HTML and OAuth 2 clients do."""
        return self.request(
            "POST",
            path,
            urllib.parse.urlencode(pairs).encode(),
            headers=[("Content-Type", "application/x-www-form-urlencoded")],
            **more,
        )
