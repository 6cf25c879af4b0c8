"""The contract as a whole: what every operation must do, for each that is declared."""

import json
import pathlib

import pytest

from support import operations, program
from support.contract import Contract
from support.people import Person, expect, unused_name

ROOT = pathlib.Path(__file__).parents[2]
OPERATIONS = [
    pytest.param(method, path, operation, id=f"{method} {path}")
    for method, path, operation in Contract(program.document()).operations()
]
WITH_BODY = [one for one in OPERATIONS if "requestBody" in one.values[2]]
every_operation = pytest.mark.parametrize("method, path, operation", OPERATIONS)
every_body = pytest.mark.parametrize("method, path, operation", WITH_BODY)
_scenes = {}


@pytest.fixture
def scene(client, root):
    """One for all tests of a server; the caller may be administrator, so that nothing is 403."""
    if client not in _scenes:
        scene = operations.gather(client).set()
        expect(root.patch(f"/api/users/{scene.owner.id}", {"is_admin": True}), 200)
        reply = expect(scene.owner.get("/api/auth/sessions"), 200).json
        sessions = reply["items"] if isinstance(reply, dict) else reply
        scene.session_id = sessions[0]["id"]
        _scenes[client] = scene
    return _scenes[client]


def declares(operation, status):
    return str(status) in operation["responses"]


def needs_token(operation):
    return any("401" == status for status in operation["responses"]) and operation.get("security")


# -- The document ----------------------------------------------------------------------------------


def test_the_committed_document_is_the_one_the_program_prints():
    assert json.loads((ROOT / "docs" / "openapi.json").read_text()) == program.document()


def test_the_server_shows_the_document_the_program_prints(client):
    assert expect(client.request("GET", "/openapi.json"), 200).json == program.document()


def test_the_document_is_openapi_3_1_with_everything_a_client_needs():
    document = program.document()
    assert document["openapi"] == "3.1.0"
    assert list(document["components"]["securitySchemes"]) == ["password", "bearer"]  # as shown
    schemes = document["components"]["securitySchemes"].values()
    flows = [scheme["flows"]["password"] for scheme in schemes if "flows" in scheme]
    assert flows[0]["tokenUrl"].endswith("/api/auth/login")
    seen = set()
    for method, path, operation in Contract(document).operations():
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["tags"], where
        assert operation["operationId"] not in seen, where
        seen.add(operation["operationId"])
        named = {
            part["name"] for part in operation.get("parameters", []) if part.get("in") == "path"
        }
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}, where
        assert any(status.startswith(("2", "3")) for status in operation["responses"]), where
        for status, answer in operation["responses"].items():
            assert "$ref" in answer or answer["description"], f"{where} {status}"


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_of_the_document_leads_somewhere():
    document = program.document()
    for reference in set(references(document)):
        node = document
        assert reference.startswith("#/")
        for step in reference[2:].split("/"):
            node = node[step.replace("~1", "/").replace("~0", "~")]


# -- Every operation -------------------------------------------------------------------------------


@every_operation
def test_without_a_token_it_is_401_before_anything_else(scene, client, method, path, operation):
    if not operation.get("security"):
        assert not declares(operation, 401) or path.startswith("/api/auth/")
        return
    target = operations.path_of(path, scene)
    reply = client.request(method, target, operations.body_of(method, path, scene))
    assert expect(reply, 401).headers["WWW-Authenticate"] == "Bearer"
    reply = client.request(method, target + "?no_such=1", b"{", token="nonsense")
    assert "invalid_token" in expect(reply, 401).headers["WWW-Authenticate"]


@every_operation
def test_an_unknown_parameter_is_422(scene, method, path, operation):
    if not declares(operation, 422):
        return
    target = operations.path_of(path, scene)
    body = operations.body_of(method, path, scene)
    expect(scene.owner.ask(method, target, body, no_such_parameter=1), 422, "no_such_parameter")


@every_operation
def test_another_method_is_405_and_options_name_the_right_ones(
    scene, contract, method, path, operation
):
    target = operations.path_of(path, scene)
    allowed = {name.upper() for name in contract.document["paths"][path]}
    allow = expect(scene.owner.ask("OPTIONS", target), 204).headers["Allow"]
    assert allowed <= {name.strip() for name in allow.split(",")}
    for other in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
        reply = scene.owner.ask(other, target, {} if other != "GET" else None)
        # GET /api/events/batch is GET /api/events/{event_id} with an id that is none.
        assert reply.status in (405, 404), str(reply)
        if reply.status == 405:
            assert reply.headers["Allow"] == allow


@every_operation
def test_head_is_get_without_a_body(request, scene, method, path, operation):
    if method != "GET":
        return
    if path in ("/", "/redoc", "/setup") or path.startswith("/docs"):
        request.getfixturevalue("pages")
    target = operations.path_of(path, scene)
    query = {"username": scene.viewer.username} if path.endswith("/lookup") else {}
    got = scene.owner.ask("GET", target, **query)
    head = scene.owner.ask("HEAD", target, **query)
    assert (head.status, head.body) == (got.status, b"")
    for name in ("Content-Type", "ETag"):
        assert head.headers[name] == got.headers[name]


@every_body
def test_a_body_that_is_no_json_is_400(scene, method, path, operation):
    target = operations.path_of(path, scene)
    for wrong in (b"{", b"", b"nonsense", b"{} {}"):
        optional = not operation["requestBody"].get("required")
        if wrong == b"" and optional:
            continue
        expect(scene.owner.ask(method, target, wrong), 400)


@every_body
def test_a_body_of_another_type_is_415(scene, method, path, operation):
    target = operations.path_of(path, scene)
    for type_ in ("text/plain", "application/xml", "application/json; charset=utf-7", "json"):
        expect(scene.owner.ask(method, target, b"{}", {"Content-Type": type_}), 415)
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    expect(scene.owner.ask(method, target, b"{}", packed), 415)


@every_body
def test_a_body_that_is_too_large_is_413(scene, method, path, operation):
    target = operations.path_of(path, scene)
    body = b'{"title": "' + b"x" * (1024 * 1024) + b'"}'
    expect(scene.owner.ask(method, target, body), 413)


@every_body
def test_an_unknown_member_is_422(scene, method, path, operation):
    target = operations.path_of(path, scene)
    body = operations.body_of(method, path, scene) or {}
    for name in ("no_such_member", "__proto__", "constructor"):
        reply = expect(scene.owner.ask(method, target, {**body, name: 1}), 422)
        assert reply.faults()[name] == "unknown_field"


@every_operation
def test_what_is_not_there_is_404(scene, method, path, operation):
    if "{" not in path:
        return
    body = operations.body_of(method, path, scene)
    for number in (operations.UNKNOWN_ID, "text", "0", "-1"):
        target = path
        for name in ("event_id", "user_id", "session_id", "id", "file"):
            target = target.replace("{" + name + "}", number)
        if "{" in target:
            target = operations.path_of(target, scene)
        expect(scene.owner.ask(method, target, body), 404)


@every_operation
def test_input_is_never_echoed(scene, method, path, operation):
    target = operations.path_of(path, scene)
    reply = scene.owner.ask(
        method, target, b'{"canary-4711": "canary-4711"}', canary4712="canary-4711"
    )
    if reply.status >= 400:
        told = reply.body.replace(b'"canary-4711"', b"").replace(b"canary4712", b"")
        assert b"canary-4711" not in told or reply.status == 422


@every_operation
def test_a_stale_if_match_is_412_and_a_missing_one_428_where_required(
    scene, strict, method, path, operation
):
    if not declares(operation, 412):
        return
    for where, headers, status in (
        (scene, {"If-Match": '"99"'}, 412),
        (strict, {}, 428),
        (strict, {"If-Match": '"99"'}, 412),
    ):
        if status == 428 and not declares(operation, 428):
            continue
        fresh = where.owner.creates()["id"]
        present, where.event_id = where.event_id, fresh
        if path.endswith("/restore"):
            stale = {"If-Match": '"1"'}
            expect(where.owner.delete(f"/api/events/{fresh}", headers=stale), 200)
        target, body = operations.path_of(path, where), operations.body_of(method, path, where)
        where.event_id = present
        expect(where.owner.ask(method, target, body, headers), status)


@pytest.fixture
def strict(client, second_server):
    """A scene on a server that requires If-Match."""
    server = second_server("strict", FASTI_REQUIRE_IF_MATCH="true")
    if server not in _scenes:
        people = [Person(server.client, unused_name("strict")) for _ in range(2)]
        _scenes[server] = operations.Scene(*people, *[people[1]] * 3)
        _scenes[server].event_id = people[0].creates()["id"]
    return _scenes[server]


@pytest.fixture
def throttled(second_server):
    server = second_server("throttled", FASTI_RATE_LIMIT="on")
    if server not in _scenes:
        person = Person(server.client, unused_name("busy"))
        _scenes[server] = operations.Scene(
            *[person] * 5, event_id=person.creates()["id"], session_id=1
        )
    return _scenes[server]


@every_operation
def test_too_many_requests_are_429_with_retry_after(throttled, method, path, operation):
    if not declares(operation, 429):
        return
    target = operations.path_of(path, throttled)
    body = operations.body_of(method, path, throttled)
    for _ in range(100):
        use_up_the_allowance(throttled.owner.client)
        reply = throttled.owner.ask(method, target, body)
        if reply.status == 429:
            assert int(reply.headers["Retry-After"]) > 0
            assert reply.headers["RateLimit"] and reply.headers["RateLimit-Policy"]
            return
    raise AssertionError(f"{method} {path} without a 429")


def use_up_the_allowance(client):
    """By the cheapest request that counts, without a token, until it is refused."""
    for _ in range(5000):
        if client.request("GET", "/api/roles", recorded=False).status == 429:
            return


# -- Around the operations -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/nothing", "/api/nothing", "/api", "/api/events/1/nothing", "/docs/x"]
)
def test_a_path_that_is_none_is_404(client, amira, path):
    expect(client.request("GET", path), 404)
    expect(amira.get(path), 404)


def test_the_request_id_is_taken_when_it_is_sound(client):
    for given in ("abc-123", "0f8fad5b-d9cb-469f-a165-70867728950e"):
        reply = client.request("GET", "/healthz", headers={"X-Request-Id": given})
        assert reply.headers["X-Request-Id"] == given
    for wrong in ("", "x" * 200, "with space", "<script>", 'q"uote'):
        reply = client.request("GET", "/healthz", headers={"X-Request-Id": wrong})
        assert reply.headers["X-Request-Id"] != wrong


def test_two_requests_have_two_ids(client):
    ids = {client.request("GET", "/healthz").headers["X-Request-Id"] for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.pages
@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/setup"])
def test_pages_are_html_with_a_strict_policy(client, path):
    reply = expect(client.request("GET", path), 200)
    assert reply.headers["Content-Type"].startswith("text/html")
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "http:" not in policy and "https:" not in policy
    text = reply.body.decode()
    assert "https://cdn" not in text and "//unpkg" not in text


def test_metrics_are_not_for_who_comes_through_a_proxy(client):
    expect(client.request("GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.1"}), 403)
