"""What the description says of every operation alike is true of each, and generators can use it."""

import builtins
import re

import pytest

from support import operations, program
from support.contract import Contract
from support.people import Person, event, expect, unused_name
from test_contract import references, scene  # noqa: F401  (a fixture)

DOCUMENT = program.document()
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    pytest.param(method, path, id=f"{method} {path}")
    for method, path, _ in Contract(DOCUMENT).operations()
]

# java.lang, and what JavaScript, C#, Kotlin, Swift and Rust have without an import.
OWN_CLASSES = """
    Array ArrayList Attribute BigInt Boolean Box Byte Character Class ClassLoader Cloneable
    Comparable Compiler Console Date DateTime Decimal Delegate Deprecated Dictionary Double Enum
    Environment Error Exception Float Function FunctionalInterface Guid HashMap Instant Integer
    Iterable Iterator List Long Map Math Module None Nothing Number Object Option Override
    Package Pair Process Promise Proxy Random Range Record Result Runnable Runtime SafeVarargs
    Self Set Short Some String StringBuilder SuppressWarnings Symbol System Task Thread
    ThreadLocal Throwable Tuple Type Unit Vec Void WeakMap
""".split()


@pytest.mark.parametrize("method, path", OPERATIONS)
def test_a_query_that_cannot_be_read_is_400(scene, method, path):  # noqa: F811
    target = operations.path_of(path, scene)
    body = operations.body_of(method, path, scene)
    for query in ("?a=%zz", "?a=%ff", "?access_token=x"):
        expect(scene.owner.ask(method, target + query, body), 400)


@pytest.mark.parametrize("method, path", OPERATIONS)
def test_what_is_too_long_is_414_or_431(scene, method, path):  # noqa: F811
    target = operations.path_of(path, scene)
    body = operations.body_of(method, path, scene)
    expect(scene.owner.ask(method, target + "?a=" + "x" * 9000, body), 414)
    many = [(f"X-Filler-{number}", "x" * 400) for number in range(25)]
    expect(scene.owner.ask(method, target, body, many), 431)


def test_the_description_says_where_the_server_is_found(client, start):
    def servers(client):
        return expect(client.request("GET", "/openapi.json"), 200).json["servers"]

    assert servers(client) == [{"url": "/"}]
    url = "https://calendar.example.org/fasti"
    assert servers(start(FASTI_PUBLIC_URL=url).client) == [{"url": url}]


# -- For generators --------------------------------------------------------------------------------


def test_operations_have_names_that_functions_can_have():
    names = {
        (method, path): operation["operationId"]
        for method, path, operation in Contract(DOCUMENT).operations()
    }
    for name in names.values():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name) and len(name) <= 24, name
    assert names["PATCH", "/api/events/{event_id}"] == "update_event"
    assert names["PUT", "/api/events/{event_id}"] == "replace_event"
    assert names["POST", "/api/events"] == "create_event"


def test_no_schema_has_a_default_that_clients_would_send():
    for name, schema in SCHEMAS.items():
        for member, described in schema.get("properties", {}).items():
            assert "default" not in described, f"{name}.{member}"


def test_no_schema_hides_a_class_of_a_language():
    for name in SCHEMAS:
        assert name not in OWN_CLASSES and not hasattr(builtins, name), name


def test_no_schema_has_the_name_of_a_function_that_makes_another():
    """Go's clients make a Block by NewBlock(), which can be no type then."""
    assert not {name for name in SCHEMAS if f"New{name}" in SCHEMAS}


def test_every_member_has_a_type_but_those_that_hold_any_value():
    untyped = {
        f"{name}.{member}"
        for name, schema in SCHEMAS.items()
        for member, described in schema.get("properties", {}).items()
        if not {"type", "$ref", "anyOf", "enum"} & set(described)
    }
    assert untyped == {"FieldChange.old_value", "FieldChange.new_value", "AuditEntry.detail"}


def test_tags_and_responses_are_defined_and_used():
    used = [tag for _, _, one in Contract(DOCUMENT).operations() for tag in one["tags"]]
    assert [tag["name"] for tag in DOCUMENT["tags"]] == list(dict.fromkeys(used))
    responses = {
        reference.rsplit("/", 1)[1]
        for reference in references(DOCUMENT)
        if reference.startswith("#/components/responses/")
    }
    assert responses == set(DOCUMENT["components"]["responses"])
    for name, schema in SCHEMAS.items():
        for member in ("password", "new_password"):
            described = schema.get("properties", {}).get(member)
            if described is not None and name != "Login":
                assert (described["minLength"], described["maxLength"]) == (8, 72), name


def examples():
    """{(METHOD, path): the example of its body}"""
    return {
        (method, path): operation["requestBody"]["content"]["application/json"]["example"]
        for method, path, operation in Contract(DOCUMENT).operations()
        if "requestBody" in operation
    }


def test_examples_succeed_as_they_are(start):
    """In a calendar where amira owns the event 7, and the person 8 is bela."""
    shown = examples()
    server = start()
    body = shown["POST", "/api/auth/register"]
    expect(server.client.request("POST", "/api/auth/register", body), 201)
    amira = Person(server.client, body["username"], body["password"], register=False)
    for number in range(amira.id + 1, 8):
        Person(server.client, unused_name())
    bela = Person(server.client, "bela")
    assert bela.id == 8
    dora = Person(server.client, "dora")
    made = [amira.creates(recurrence_pattern="FREQ=WEEKLY;COUNT=10") for _ in range(9)]
    assert made[6]["id"] == 7
    amira.shares(7, dora)
    bela.knows(amira)
    path = {
        "{event_id}": "7",
        "{user_id}": str(dora.id),
        "{version}": "1",
        "{original_start}": event()["start_time"],
    }
    amira.changes(7, title="Another")
    left_out = {
        "/api/auth/register",  # done
        "/api/auth/refresh",  # needs a token of one's own
        "/api/setup",  # and one of the server's
        "/api/users",  # for administrators
        "/api/users/{user_id}",
        "/api/auth/password",  # at the end
    }
    last = [
        ("POST", "/api/events/{event_id}/transfer"),
        ("PATCH", "/api/events/batch"),
        ("DELETE", "/api/events/batch"),
    ]
    order = sorted(shown, key=lambda one: (last.index(one) if one in last else -1, one))
    for method, template in order:
        if template in left_out:
            continue
        target = template
        for name, value in path.items():
            target = target.replace(name, value)
        reply = amira.ask(method, target, shown[method, template])
        assert reply.status in (200, 201, 204), str(reply)
        if template.endswith("/blocks"):
            expect(amira.delete(f"{target}/8"), 204)
        if template.endswith("/transfer"):
            expect(bela.post(target, {"user_id": amira.id}), 200)
    expect(amira.post("/api/auth/password", shown["POST", "/api/auth/password"]), 204)
