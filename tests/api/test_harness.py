"""The harness itself: each kind of breach must be caught, or silence means nothing."""

import email.message
import json

import pytest

from support import coverage, program
from support.client import Reply, same_problem
from support.contract import Contract, Mismatch, Recorder

DOCUMENT = {
    "paths": {
        "/api/things/{thing_id}": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                        }
                    },
                    "404": {"$ref": "#/components/responses/NotFound"},
                }
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "properties": {"id": {"type": "integer"}, "name": {"type": ["string", "null"]}},
                "required": ["id", "name"],
            }
        },
        "responses": {"NotFound": {"content": {"application/problem+json": {}}}},
    },
}
USUAL = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Request-Id": "r1",
    "Cache-Control": "no-store",
}
PROBLEM = {
    "type": "urn:fasti:problem:not-found",
    "title": "Not found",
    "status": 404,
    "detail": "There is no such thing.",
    "instance": "r1",
}


def reply(status=200, body=None, method="GET", target="/api/things/7", **headers):
    if body is None:
        body = {"id": 7, "name": "x"} if status < 400 else {**PROBLEM, "status": status}
    message = email.message.Message()
    kind = "application/json" if status < 400 else "application/problem+json"
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in {"Content-Type": kind, **USUAL, **changed}.items():
        if value is not None:
            message[name] = value
    return Reply(method, target, status, message, json.dumps(body).encode())


def test_what_is_declared_is_fine():
    contract = Contract(DOCUMENT)
    assert contract.check(reply()) == "/api/things/{thing_id}"
    assert contract.check(reply(404)) == "/api/things/{thing_id}"
    assert contract.check(reply(404, target="/api/nothing")) is None


@pytest.mark.parametrize(
    "breach",
    [
        reply(201),
        reply(409),
        reply(body={"id": 7, "name": "x", "secret": 1}),
        reply(body={"id": 7}),
        reply(body={"id": "7", "name": "x"}),
        reply(body={"id": True, "name": "x"}),
        reply(body=[]),
        reply(Content_Type="text/html"),
        reply(target="/api/others/7"),
        reply(method="DELETE"),
        reply(X_Content_Type_Options=None),
        reply(Referrer_Policy=None),
        reply(X_Request_Id=None),
        reply(Cache_Control="public"),
        reply(Server="fasti 1.0"),
        reply(404, Content_Type="application/json"),
        *[
            reply(404, body={name: value for name, value in PROBLEM.items() if name != missing})
            for missing in PROBLEM
        ],
        reply(404, body={**PROBLEM, "status": 400}),
        reply(404, body={**PROBLEM, "instance": "r2"}),
        reply(404, body={**PROBLEM, "detail": "No full stop"}),
        reply(404, body={**PROBLEM, "detail": "One sentence. And another."}),
        reply(404, body={**PROBLEM, "detail": 'relation "users" does not exist.'}),
        reply(404, body={**PROBLEM, "detail": "Cannot read /var/lib/fasti."}),
        reply(404, body={**PROBLEM, "detail": "SELECT id FROM users failed."}),
        reply(404, body={**PROBLEM, "errors": []}),
    ],
    ids=str,
)
def test_a_breach_of_the_contract_is_caught(breach):
    with pytest.raises(Mismatch):
        Contract(DOCUMENT).check(breach)


@pytest.mark.parametrize(
    "schema", [{"const": 7}, {"items": {"oneOf": []}}, {"$ref": "#/x", "minimum": 1}], ids=str
)
def test_a_schema_that_nothing_would_be_held_against_is_caught(schema):
    document = {**DOCUMENT, "components": {**DOCUMENT["components"], "schemas": {"Thing": schema}}}
    with pytest.raises(Mismatch):
        Contract(document)


def test_a_server_error_is_caught_even_when_it_is_declared(tmp_path):
    with open(tmp_path / "replies", "w", encoding="utf-8") as file:
        recorder = Recorder("sqlite", Contract(DOCUMENT), file)
        recorder.record(reply())
        with pytest.raises(Mismatch):
            recorder.record(reply(500))


def test_what_was_never_seen_is_named(tmp_path):
    contract = Contract(DOCUMENT)
    with open(tmp_path / "replies-sqlite-1.jsonl", "w", encoding="utf-8") as file:
        Recorder("sqlite", contract, file).record(reply())
    assert coverage.never_seen(contract, ["sqlite"], tmp_path) == [
        "sqlite: GET /api/things/{thing_id} -> 404"
    ]
    assert len(coverage.never_seen(contract, ["sqlite", "postgres"], tmp_path)) == 3


def test_two_problems_are_the_same_only_when_every_byte_is():
    one = reply(404)
    other = reply(404, body={**PROBLEM, "instance": "r2"}, X_Request_Id="r2")
    assert same_problem(one, other)
    assert not same_problem(one, reply(404, body={**PROBLEM, "title": "Gone"}))
    assert not same_problem(one, reply(404, X_Extra="1"))
    assert not same_problem(one, reply(404, body={**PROBLEM, "more": 1}))


@pytest.mark.parametrize(
    "line",
    [
        b"==7==ERROR: AddressSanitizer: heap-use-after-free",
        b"x.c:3:4: runtime error: signed integer overflow",
        b"WARNING: ThreadSanitizer: data race (pid=7)",
        b"==7==ERROR: LeakSanitizer: detected memory leaks",
        b"fasti: x.c:3: main: Assertion `false' failed.",
    ],
)
def test_a_report_in_the_log_is_noticed(line):
    assert program.SANITIZER_REPORT.search(b"a line\n" + line + b"\n")
