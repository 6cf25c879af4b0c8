"""Mass assignment, odd text, look-alike names and addresses."""

import pytest

from support.people import PASSWORD, Person, event, expect, unused_name
from test_accounts import new_account, register

CONTROLS = [chr(code) for code in range(0x20) if chr(code) not in "\n\t\0"] + ["\x7f"]


# -- Mass assignment (C4) --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["__proto__", "constructor", "hashed_password", "role", "is_admin", "$where", ""]
)
def test_a_member_that_is_none_is_refused_everywhere(amira, name):
    made = amira.creates()
    for reply in (
        amira.post("/api/events", event(**{name: 1})),
        amira.patch(f"/api/events/{made['id']}", {name: 1}),
        amira.post("/api/events/batch", [event(**{name: 1})]),
        amira.patch("/api/events/batch", {"items": [{"id": made["id"], name: 1}]}),
    ):
        expect(reply, 422)
        assert {fault["type"] for fault in reply.json["errors"]} == {"unknown_field"}
    assert amira.sees(made["id"])["version_number"] == 1


@pytest.mark.parametrize("how", ["PUT", "PATCH", "batch"])
def test_ownership_cannot_be_written(amira, bela, how):
    made = amira.creates()
    body = {"owner_id": bela.id}
    if how == "batch":
        reply = amira.patch("/api/events/batch", {"items": [{"id": made["id"], **body}]})
    else:
        reply = amira.ask(how, f"/api/events/{made['id']}", body)
    expect(reply, 422)
    assert amira.sees(made["id"])["owner_id"] == amira.id


@pytest.mark.parametrize(
    "member, value",
    [
        ("title", 1),
        ("title", ["x"]),
        ("title", {"$ne": 1}),
        ("title", True),
        ("all_day", "true"),
        ("all_day", 0),
        ("start_time", {"$gt": ""}),
        ("status", 1),
        ("description", 1.5),
        ("location", False),
    ],
)
def test_a_value_of_another_type_is_refused(amira, member, value):
    expect(amira.post("/api/events", event(**{member: value})), 422, member)


# -- Text (C5, C8) ---------------------------------------------------------------------------------


@pytest.mark.parametrize("control", CONTROLS, ids=lambda letter: f"U+{ord(letter):04X}")
def test_a_control_in_a_text_is_refused(amira, control):
    expect(amira.post("/api/events", event(title=f"a{control}b")), 422, "title")
    expect(amira.post("/api/events", event(description=f"a{control}b")), 422, "description")


def test_line_ends_and_tabs_are_text(amira):
    made = amira.creates(description="one\n\ttwo")
    assert made["description"] == "one\n\ttwo"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE events; --",
        "{{7*7}} ${7*7} %s%n",
        "\u202etxet desrever",
        "zero\u200bwidth",
        "cafe\u0301",
        "𝕱𝖆𝖘𝖙𝖎 \U0001f469\u200d\U0001f4bb",
        "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    ],
)
def test_text_comes_back_as_it_went_in(amira, text):
    made = amira.creates(title=text, description=text, location=text)
    seen = amira.sees(made["id"])
    assert (seen["title"], seen["description"], seen["location"]) == (text, text, text)
    found = expect(amira.get("/api/events", title=text), 200).json["items"]
    assert [item["id"] for item in found] == [made["id"]]


# -- Names and addresses (C8) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "\u0430mira",
        "am\u0131ra",
        "\uff41mira",
        "amira\u200b",
        "\u202eamira",
        "a\u017fk",
        "名前名前",
        "amira\n",
        " amira",
        "amira ",
        "a\0b",
        "a" * 300,
    ],
)
def test_a_look_alike_of_a_name_cannot_be_registered(client, name):
    reply = register(client, username=name)
    assert reply.status in (400, 422), str(reply)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@",
        "a@",
        "@b.org",
        "a@b@c.org",
        "a b@example.org",
        "a@exam ple.org",
        "a@b\r\nBcc: c@d.org",
        "a@b.org\n",
        "a@b.org,c@d.org",
        "A <a@b.org>",
        '"a b"@b.org',
        "a(comment)@b.org",
        "a@[127.0.0.1]",
        "\u0131@example.org",
        "jos\u00e9@example.org",
        "a@-example.org",
        "a@example..org",
        ".a@example.org",
        "a..b@example.org",
        "a.@example.org",
        "x" * 65 + "@example.org",
        "x@" + "y" * 260 + ".org",
        "x" * 60 + "@" + ".".join(["y" * 60] * 4) + ".org",
        7,
        None,
        ["a@b.org"],
    ],
    ids=repr,
)
def test_an_address_that_is_none_is_refused(client, address):
    expect(register(client, email=address), 422, "email")


@pytest.mark.parametrize(
    "given, same",
    [
        ("{0}@EXAMPLE.org", "{0}@example.ORG"),
        ("{0}@b\u00fccher.example", "{0}@xn--bcher-kva.example"),
        ("{0}@B\u00dcCHER.example", "{0}@b\u00fccher.example"),
    ],
)
def test_two_spellings_of_one_address_are_one_address(client, given, same):
    local = unused_name("mail")
    expect(register(client, email=given.format(local)), 201)
    expect(register(client, email=same.format(local)), 409)
    expect(register(client, email=same.format(local.upper())), 409)


def test_a_look_alike_address_does_not_sign_in_as_another(client, person):
    amira = person("mike")
    turkish = amira.email.replace("i", "\u0131", 1)
    for name in (turkish, amira.username.replace("i", "\u0131", 1), amira.username + "\u200b"):
        reply = client.form("/api/auth/login", {"username": name, "password": PASSWORD})
        assert reply.status in (401, 422)


def test_a_name_may_not_look_like_an_address_of_somebody(client, amira):
    expect(client.request("POST", "/api/auth/register", new_account(username=amira.email)), 422)


def test_names_are_told_apart_by_letters_and_found_in_any_case(client, amira, bela):
    upper = Person(client, amira.username.upper(), register=False)
    assert upper.id == amira.id
    found = expect(bela.get("/api/users/lookup", username=amira.username.upper()), 200)
    assert found.json["id"] == amira.id
